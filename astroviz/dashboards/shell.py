r"""The frame that every page sits in.

A page brings its explorer, its views and its drawers; the frame brings what every page must have:
the question in one line, presets and "surprise me", seed and re-draw, progress with cancel, undo
and redo, the address that restores the view, "show code", help, the model card, dark mode, keys,
and a place for sentences when something is wrong.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Any, Protocol

import panel as pn
import panel_material_ui as pmui
import param

from astroviz.dashboards.appearance import LINE, QuietPage, brand, note, spacer, text, wants_dark
from astroviz.dashboards.desk import Desk
from astroviz.dashboards.live import on_tick, together
from astroviz.dashboards.verdict_badge import badge_html, verdict_badge
from astroviz.dashboards.voice import Voice

__all__ = ["Drawer", "Explorer", "Shell", "View", "shell_of"]

_SHELLS: dict[str, Shell] = {}
ADDRESS_DELAY_S = 0.4
BUSY_DELAY_S = 0.3
DRAWER_WIDTH = 404
# Where a header is full, its question ends in an ellipsis, and no button goes over another.
SHORTENED = {"flex": "0 1 auto", "min-width": "0", "overflow": "hidden"}
ONE_LINE = (
    ":host * { min-width: 0; max-width: 100%; overflow: hidden; white-space: nowrap; "
    "text-overflow: ellipsis; }"
)
DRAWER_STYLE = {
    "position": "fixed",
    "right": "0",
    "top": "53px",
    "bottom": "0",
    "height": "calc(100vh - 53px)",
    "overflow-y": "auto",
    "overflow-x": "hidden",
    "background": "var(--panel-surface-color)",
    "border-left": f"1px solid {LINE}",
    "box-shadow": "-8px 0 24px rgba(0, 0, 0, 0.10)",
    "z-index": "1100",
}


# What is seen before the panels are there.
SKELETON = """
<style>
  :host, .bk-clearfix { height: 100%; }
  .panels { display: grid; gap: 10px; height: calc(100vh - 150px); margin: 30px 12px 12px;
    grid-template-columns: 1fr 1.2fr 1.2fr; }
  .panels i { border: 1px solid var(--line); border-radius: 8px;
    background: var(--panel-surface-color); }
</style>
<div class="panels" role="status" aria-label="The panels are on their way">
  <i></i><i></i><i></i></div>
"""


class Explorer(Protocol):
    """What the frame needs of a room's explorer (which is also `param.Parameterized`)."""

    param: Any
    can_undo: bool
    can_redo: bool

    def undo(self) -> Any:
        """Take the last step back."""

    def redo(self) -> Any:
        """Take it again."""

    def code(self) -> str:
        """The notebook cell that recreates the view."""

    def to_query(self) -> str:
        """The state as the query of an address."""

    def from_query(self, query: str) -> Sequence[str]:
        """Take on the state of an address; sentences about what could not be restored."""


@dataclass(frozen=True)
class View:
    """One view of a page: its name, which ends its address, how to build it, and what it asks.

    Where a view has no question of its own the page's stands in the header.
    """

    name: str
    label: str
    build: Callable[[], pn.viewable.Viewable]
    question: str = ""


@dataclass(frozen=True)
class Drawer:
    """Something behind a button on the right: built when it is first opened."""

    name: str
    label: str
    icon: str
    build: Callable[[], pn.viewable.Viewable]
    refresh: Callable[[], None] | None = None
    in_header: bool = True


def shell_of(document: Any) -> Shell | None:
    """The frame of the page that a document shows, for errors that surface elsewhere."""
    context = getattr(document, "session_context", None)
    return _SHELLS.get(context.id) if context is not None else None


class Shell(pn.viewable.Viewer):
    r"""The frame of one page in one browser tab.

    Arguments:
        explorer: The state of the page.
        title: Name on the browser's tab.
        question: What the page answers, in one line.
        address: Where the page lives, such as `/stars`; each view is one step below.
        views: The views, the first of which is shown unless the address says otherwise.
        drawers: What the buttons on the right open.
        controls: What stands in the bar under the header (presets, the object, seed).
        view: The view to start with; the first one by default.
        card: Gives the card of the model behind what is shown, whose verdict stands in the
            header; None where there is none.
    """

    view = param.String(doc="Name of the view that is shown.")
    dark = param.Boolean(default=False, doc="Light on dark, figures included.")
    drawer = param.String(doc="Name of the open drawer; empty when closed.")

    def __init__(
        self,
        explorer: Any,
        *,
        title: str,
        question: str,
        address: str,
        views: Sequence[View],
        drawers: Sequence[Drawer],
        controls: Sequence[Any] = (),
        view: str | None = None,
        card: Callable[[], Any] | None = None,
    ) -> None:
        self.explorer, self.title, self.address = explorer, title, address
        self._card = card
        self.views = {view.name: view for view in views}
        self.drawers = {drawer.name: drawer for drawer in drawers}
        self.document = pn.state.curdoc
        self.desk = Desk()
        self.client = secrets.token_hex(6)
        self._built: dict[str, Any] = {}
        self._contents: dict[str, Any] = {}
        self.failure = ""
        self._session = ""
        self._closed = False
        self._closing: list[Callable[[], None]] = []
        self._address_task: asyncio.TimerHandle | None = None
        self._busy_task: asyncio.TimerHandle | None = None
        super().__init__(view=view or next(iter(self.views)), dark=wants_dark())
        self._make_header(question)
        self._make_strip(controls)
        self._make_drawer()
        self.stage = pn.Column(sizing_mode="stretch_both", margin=0)
        self.page = self._make_page()
        self._watch()

    # --- building -------------------------------------------------------------------------

    def _make_header(self, question: str) -> None:
        options = {view.label: view.name for view in self.views.values()}
        self.tabs = pmui.RadioButtonGroup(
            options=options, value=self.view, size="small", margin=(0, 12), align="center"
        )
        self.tabs.link(self, value="view", bidirectional=True)
        self.undo_button = self.icon("undo", "Undo (Ctrl Z)", self._undo)
        self.redo_button = self.icon("redo", "Redo (Ctrl Y)", self._redo)
        buttons = [
            self.icon(drawer.icon, drawer.label, partial(self.toggle, drawer.name))
            for drawer in self.drawers.values()
            if drawer.in_header
        ]
        self.badge = verdict_badge()
        self.show_verdict()
        self.question = question
        self.question_line = text(
            question, faint=True, align="center", margin=(0, 8), styles=SHORTENED,
            stylesheets=[ONE_LINE],
        )  # fmt: skip
        tabs = [self.tabs] if len(self.views) > 1 else []
        self.header = [
            brand(),
            *tabs,
            self.question_line,
            spacer(),
            self.badge,
            self.undo_button,
            self.redo_button,
            *buttons,
        ]

    def show_verdict(self) -> None:
        """Say how the model behind what is shown did in its checks."""
        html = badge_html(self._card()) if self._card is not None else ""
        if self.badge.object != html:
            self.badge.object = html

    def _make_strip(self, controls: Sequence[Any]) -> None:
        self.voice = Voice(width=330, height=40, margin=0, align="center")
        self.strip = pn.Row(
            *controls,
            spacer(),
            self.voice,
            sizing_mode="stretch_width",
            height=40,
            margin=(8, 12, 0, 12),
        )

    def _make_drawer(self) -> None:
        self.drawer_title = text("", bold=True, size=15, align="center")
        close = self.icon("close", "Close (Esc)", lambda: setattr(self, "drawer", ""))
        self.drawer_body = pn.Column(margin=(0, 16, 24, 16), sizing_mode="stretch_width")
        head = pn.Row(
            self.drawer_title, spacer(), close, margin=(8, 8, 4, 16), sizing_mode="stretch_width"
        )
        # Not panel-material-ui's drawer: what a closed one holds is never drawn, which keeps the
        # page's loading screen up.
        self.drawer_box = pn.Column(
            head,
            self.drawer_body,
            visible=False,
            width=DRAWER_WIDTH,
            margin=0,
            styles=DRAWER_STYLE,
        )

    def _make_page(self) -> QuietPage:
        body = pn.Column(
            self.desk,
            self.strip,
            self.stage,
            sizing_mode="stretch_both",
            margin=0,
            styles={"height": "calc(100vh - 53px)", "overflow": "auto"},
        )
        return QuietPage(
            meta_title=f"{self.title} · astroviz",
            dark_theme=self.dark,
            header=self.header,
            main=[body, self.drawer_box],
        )

    def icon(self, icon: str, label: str, act: Callable[[], None]) -> pmui.IconButton:
        """A button that is an icon, with its name for the eye (tooltip) and the ear."""
        button = pmui.IconButton(
            icon=icon,
            description=label,
            label=label,
            color="default",
            size="small",
            margin=(0, 2),
            align="center",
        )
        button.on_click(lambda _: act())
        return button

    # --- wiring ---------------------------------------------------------------------------

    def _watch(self) -> None:
        self.page.param.watch(self._on_theme, "dark_theme")
        names = [name for name in self.explorer.param if name != "name"]
        self.explorer.param.watch(self._on_state, names)
        self.param.watch(lambda _: self.show_verdict(), "view")
        for key, act in (("undo", self._undo), ("redo", self._redo)):
            self.desk.on_key(key, act)
        self.desk.on_key("escape", lambda: setattr(self, "drawer", ""))
        for key in ("code", "help"):
            if key in self.drawers:
                self.desk.on_key(key, partial(self.toggle, key))
        context = getattr(self.document, "session_context", None)
        if context is not None:
            # Kept: when the session is destroyed its document no longer knows it.
            self._session = context.id
            _SHELLS[self._session] = self
            pn.state.on_session_destroyed(lambda _: self.close())
        self._on_state()

    def open(self) -> Shell:
        """Show the current view; call once the page's own parts exist.

        In a browser the bar and the frame come first: the figures, four models in five, follow as
        soon as the frame is on screen.
        """
        self.stage[:] = [note(SKELETON, sizing_mode="stretch_both")]
        pn.state.onload(self._open)
        return self

    def _open(self) -> None:
        if self._closed:
            return
        try:
            with together(self.document):
                self._show_view()
        except Exception as error:
            self.failure = str(error)
            words = f"<p>This view could not be drawn: {escape(self.failure)}</p>"
            self.stage[:] = [note(words, margin=(24, 12))]
            raise

    def on_close(self, act: Callable[[], None]) -> None:
        """Do something when the tab is gone (drop tickets, forget tables)."""
        self._closing.append(act)

    def close(self) -> None:
        """The tab is gone."""
        self._closed = True
        _SHELLS.pop(self._session, None)
        if self._address_task is not None:
            self._address_task.cancel()
        for act in self._closing:
            act()
        self._closing.clear()
        self._built.clear()
        self._contents.clear()

    @param.depends("view", watch=True)
    def _show_view(self) -> None:
        if self.view not in self._built:
            self._built[self.view] = self.views[self.view].build()
        self.stage[:] = [self._built[self.view]]
        words = text(self.views[self.view].question or self.question, faint=True).object
        if self.question_line.object != words:
            self.question_line.object = words
        self._on_state()

    def _on_theme(self, event: Any) -> None:
        with together(self.document):  # a thousand colours change
            self.dark = event.new
        self.desk.remember_theme(event.new)

    @param.depends("dark", watch=True)
    def _repaint(self) -> None:
        # After the views' own watchers, which were added later, have recoloured the figures.
        on_tick(self.document, self.desk.repaint)

    def toggle(self, name: str) -> None:
        """Open a drawer, or close it when it is the open one."""
        self.drawer = "" if self.drawer == name else name

    @param.depends("drawer", watch=True)
    def _show_drawer(self) -> None:
        if not self.drawer:
            self.drawer_box.visible = False
            return
        drawer = self.drawers[self.drawer]
        if self.drawer not in self._contents:
            self._contents[self.drawer] = drawer.build()
        if drawer.refresh is not None:
            drawer.refresh()
        self.drawer_title.object = text(drawer.label, bold=True, size=15).object
        self.drawer_body[:] = [self._contents[self.drawer]]
        self.drawer_box.visible = True

    def _on_state(self, *_: Any) -> None:
        self.undo_button.disabled = not self.explorer.can_undo
        self.redo_button.disabled = not self.explorer.can_redo
        if self.drawer and (refresh := self.drawers[self.drawer].refresh) is not None:
            refresh()
        self._schedule_address()

    def _schedule_address(self) -> None:
        """The address follows at rest: browsers refuse more than a hundred changes in 30 s."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        if self._address_task is not None:
            self._address_task.cancel()
        self._address_task = loop.call_later(
            ADDRESS_DELAY_S, lambda: on_tick(self.document, self._write_address)
        )

    def _write_address(self) -> None:
        query = self.explorer.to_query().lstrip("?")
        self.desk.set_address(f"{self.address}/{self.view}" + (f"?{query}" if query else ""))

    def _undo(self) -> None:
        if self.explorer.can_undo:
            self.explorer.undo()
            self._on_state()

    def _redo(self) -> None:
        if self.explorer.can_redo:
            self.explorer.redo()
            self._on_state()

    # --- what the page says -----------------------------------------------------------------

    def show_busy(self, busy: bool) -> None:
        """Show that an answer is on its way, when it takes long enough to be noticed."""
        if self._busy_task is not None:
            self._busy_task.cancel()
            self._busy_task = None
        if not busy:
            self._spin(False)
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # built to warm the server up or in a test: there is nobody to tell
            return
        self._busy_task = loop.call_later(
            BUSY_DELAY_S, lambda: on_tick(self.document, lambda: self._spin(True))
        )

    def _spin(self, on: bool) -> None:
        self.voice.busy = on

    def say(self, sentence: str, kind: str = "info") -> None:
        """Show a sentence over the page until it is closed: info, success, warning or error."""
        self.voice.param.update(sentence=sentence, kind=kind)

    def show_progress(
        self, sentence: str, fraction: float | None, cancel: Callable[[], None] | None = None
    ) -> None:
        """Show how far a long job is; an empty sentence takes the bar away."""
        self.voice.cancel = cancel
        self.voice.param.update(
            progress=sentence, fraction=fraction, cancellable=cancel is not None
        )

    def __panel__(self) -> QuietPage:
        return self.page


def plain_page(title: str, sentence: str, detail: str = "") -> QuietPage:
    """A page that has nothing but a sentence: a model that failed, a full house."""
    more = f'<p class="faint">{detail}</p>' if detail else ""
    body = pn.Column(
        text(title, size=20, bold=True, margin=(40, 0, 8, 0)),
        note(f"<p>{sentence}</p>{more}<p><a href='/'>Back to the gallery</a></p>"),
        width=640,
        align="center",
    )
    return QuietPage(meta_title=f"{title} · astroviz", main=[body])


def initial_query(arguments: Mapping[str, Sequence[bytes]]) -> str:
    """The query that a page was opened with, from Bokeh's session arguments."""
    from urllib.parse import urlencode

    pairs = [
        (name, value.decode("utf-8", "replace"))
        for name, values in arguments.items()
        for value in values
        if not name.startswith("bokeh")
    ]
    return urlencode(pairs)
