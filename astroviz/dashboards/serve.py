"""The server: the gallery, the pages, their health, their visitors."""

from __future__ import annotations

import gc
import logging
import secrets
import socket
import threading
from collections.abc import Callable, Mapping
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import panel as pn

from astroviz.dashboards.addresses import other_addresses
from astroviz.dashboards.gallery import PAGES, PageEntry, gallery
from astroviz.dashboards.memory import Tidy
from astroviz.dashboards.shell import plain_page, shell_of

__all__ = ["House", "make_server", "serve"]

logger = logging.getLogger(__name__)

# A table travels from the browser in one websocket message, base64-coded; Bokeh's own limit of
# 20 MB is too small for a catalogue. `dashboards.upload` says a sentence above this.
MESSAGE_LIMIT = 400 * 2**20

# A tab that is gone is forgotten after this time; a network that drops out may come back before.
CHECK_MS, LIFETIME_MS = 5_000, 15_000


class House:
    r"""What all pages of a server share: the engine, the models, the visitors.

    Arguments:
        engine: The inference engine.
        models: Model name to a loader or to the loaded model itself.
        max_sessions: Visitors above this number see a page that asks them to wait.
    """

    def __init__(
        self, engine: Any, models: Mapping[str, Any], max_sessions: int | None = None
    ) -> None:
        self.engine, self.max_sessions = engine, max_sessions
        self.failures: dict[str, str] = {}
        self.broken: dict[str, str] = {}
        self.sessions: set[str] = set()
        self.warming = False
        self._sources = dict(models)
        self._models: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._tidy = Tidy()

    def model(self, name: str) -> Any:
        """The model of this name, loaded once; None after a failure, which `failures` explains."""
        with self._lock:
            if name not in self._models and name not in self.failures:
                self._load(name)
            return self._models.get(name)

    def _load(self, name: str) -> None:
        source = self._sources.get(name)
        try:
            if source is None:
                raise KeyError(f"this server has no model named {name!r}")
            self._models[name] = source() if callable(source) else source
        except Exception as error:
            # Whatever is wrong with one model must not keep the other pages from being served.
            logger.exception("the model %s could not be loaded", name)
            self.failures[name] = str(error.args[0] if error.args else error)

    def obstacle(self, entry: PageEntry) -> str | None:
        """Why a page cannot be opened; None where it can."""
        return None if entry.opens_without else self.failures.get(entry.model)

    def load_all(self) -> None:
        """Load every model now, so that no visitor waits for it."""
        for name in self._sources:
            self.model(name)

    def health(self) -> dict[str, Any]:
        """What `/liveness` answers."""
        models = {name: self.failures.get(name, "ok") for name in self._sources}
        return {
            "status": "degraded" if self.failures or self.broken else "ok",
            "models": models,
            "broken_pages": self.broken,
            "sessions": len(self.sessions),
        }

    def admit(self, session: str) -> bool:
        """Let a visitor in, or not."""
        full = self.max_sessions is not None and len(self.sessions) >= self.max_sessions
        if full and session not in self.sessions:
            return False
        self.sessions.add(session)
        return True

    def leave(self, session: str) -> None:
        """A visitor's tab is gone."""
        self.sessions.discard(session)
        self._tidy.soon()


def _page(entry: PageEntry, house: House, view: str) -> Callable[[], Any]:
    """What Panel calls for each visitor of a route."""

    def build() -> Any:
        context = getattr(pn.state.curdoc, "session_context", None)
        session = context.id if context is not None else "none"
        if not house.admit(session):
            return plain_page(
                "All seats are taken",
                f"This server lets {house.max_sessions} visitors in at a time. "
                "Reload in a minute; a closed tab frees its seat within seconds.",
            )
        if context is not None:
            pn.state.on_session_destroyed(lambda _: house.leave(session))
        if house.warming and entry.warmed is not None and view not in entry.warmed:
            return plain_page(entry.title, "Built when somebody comes.")
        model = house.model(entry.model) if entry.model else None
        if model is None and not entry.opens_without:
            return plain_page(
                f"{entry.title}: not available",
                f"The model <b>{escape(entry.model)}</b> could not be loaded: "
                f"{escape(house.failures[entry.model])}",
                "The other pages work. The cause is in the server's log.",
            )
        try:
            page = entry.build(model, house.engine, view)
            house.broken.pop(entry.route, None)
            return page
        except Exception as error:
            # A page that cannot be built answers with a sentence, not with a stack trace.
            logger.exception("the page %s could not be built", entry.route)
            house.broken[entry.route] = str(error)
            return plain_page(f"{entry.title}: not available", escape(f"The page failed: {error}"))

    return build


def routes(house: House) -> dict[str, Callable[[], Any]]:
    """Every address that shows something, and what."""
    pages: dict[str, Callable[[], Any]] = {"/": lambda: gallery(house)}
    for entry in PAGES:
        for view in entry.views:
            pages[f"{entry.route}/{view}"] = _page(entry, house, view)
    return pages


def _say_it(house: House, error: Exception) -> None:
    """An error in any callback becomes a sentence on its page and a trace in the log."""
    logger.error("a callback failed", exc_info=error)
    shell = shell_of(pn.state.curdoc)
    if shell is not None:
        shell.say(f"That did not work: {error}", "error")
        if shell.failure:
            house.broken[shell.address] = shell.failure


def _password(path: Path | str | None) -> str | None:
    if path is None:
        return None
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    if not lines or not lines[0].strip():
        raise ValueError(f"the password file {path} is empty: put the password on its first line")
    return lines[0].strip()


def _origins(address: str, port: int) -> list[str]:
    """Who may open a websocket: pages that this server itself delivered."""
    hosts = {"localhost", "127.0.0.1", address}
    if address in ("0.0.0.0", "::", ""):
        hosts |= {socket.gethostname(), socket.getfqdn()}
    return sorted(f"{host}:{port}" for host in hosts if host)


def make_server(
    port: int = 5006,
    address: str = "127.0.0.1",
    show: bool = False,
    password_file: Path | str | None = None,
    max_sessions: int | None = None,
    models: Mapping[str, Any] | None = None,
    device: str = "auto",
    engine: Any = None,
    warm: bool = True,
) -> tuple[Any, House]:
    """A server that listens once its loop is started, and its house; `serve` has the arguments."""
    password = _password(password_file)
    if engine is None:
        from astroviz.core.engine import Engine

        engine = Engine(device=device)
    house = House(engine, models if models is not None else _shipped(device), max_sessions)
    house.load_all()
    pn.extension(notifications=False, reconnect=True)
    pn.config.exception_handler = partial(_say_it, house)
    security: dict[str, Any] = {}
    if password is not None:
        security = {"basic_auth": password, "cookie_secret": secrets.token_hex(32)}
    house.warming = warm
    try:
        server = pn.io.server.get_server(
            routes(house),
            port=port,
            address=address,
            show=show,
            websocket_origin=_origins(address, port),
            extra_patterns=other_addresses(house, PAGES),
            websocket_max_message_size=MESSAGE_LIMIT,
            check_unused_sessions_milliseconds=CHECK_MS,
            unused_session_lifetime_milliseconds=LIFETIME_MS,
            warm=warm,  # before anyone is there: a page without a visitor must not meet one with
            **security,
        )
    except OSError as error:
        raise OSError(
            f"port {port} of {address} cannot be used ({error.strerror}): choose another port."
        ) from error
    finally:
        house.warming = False
    house.sessions.clear()
    if warm:
        from astroviz.plots.raster import warm as warm_raster

        # Compiles for seconds, wanted by tables of more than 20,000 stars only.
        threading.Thread(target=warm_raster, name="astroviz-warm", daemon=True).start()
    return server, house


def _shipped(device: str) -> dict[str, Callable[[], Any]]:
    """Loaders of the models that the pages use."""
    from astroviz.core.registry import load

    return {
        name: (lambda name=name: load(name, device=device))  # type: ignore[misc]
        for name in dict.fromkeys(entry.model for entry in PAGES if entry.model)
    }


def serve(
    port: int = 5006,
    address: str = "127.0.0.1",
    show: bool = True,
    password_file: Path | str | None = None,
    max_sessions: int | None = None,
    models: Mapping[str, Any] | None = None,
    device: str = "auto",
) -> None:
    r"""Serve the gallery and every explorer until interrupted.

    Arguments:
        port: Port to listen on.
        address: Address to listen on; `127.0.0.1` is this machine only.
        show: Open a browser.
        password_file: File whose first line is the password of the pages.
        max_sessions: Visitors above this number are asked to wait.
        models: Model name to a loader or a model, instead of the shipped ones.
        device: Where the models run: auto, cpu, cuda, cuda:1 or mps.
    """
    server, house = make_server(port, address, show, password_file, max_sessions, models, device)
    for name, reason in house.failures.items():
        logger.warning("the page of %s is not available: %s", name, reason)
    logger.info("serving on http://%s:%d", address, port)
    # Panel collects garbage after each closed tab, which stops every other one for as long as
    # Python walks over all it has imported: 0.3 s. What is here now stays: no need to look at it.
    gc.collect()
    gc.freeze()
    server.start()
    try:
        server.io_loop.start()
    except KeyboardInterrupt:
        server.stop()
