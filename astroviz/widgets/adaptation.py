r"""An adaptation in a notebook: the latent space as a film, and what becomes of the answers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import ipywidgets as ui
import numpy as np
import traitlets

from astroviz.core.selection import combine
from astroviz.stars.adaptation_explorer import AdaptationExplorer
from astroviz.widgets.adaptation_controls import SWITCHES, AdaptationControls
from astroviz.widgets.adaptation_figures import AdaptationFigures
from astroviz.widgets.adaptation_live import LivePanel
from astroviz.widgets.adaptation_star import PickedStar
from astroviz.widgets.live import Answered, running_loop
from astroviz.widgets.stills import adaptation_png
from astroviz.widgets.view import ViewWidget

if TYPE_CHECKING:
    from astroviz.core.draws import Draws
    from astroviz.core.engine import Engine
    from astroviz.stars.adaptation_live import AdaptationJob, Verdict

__all__ = ["AdaptationWidget", "explore"]

_SCENE = ("target", "pairs", *SWITCHES)
# Names and decimals of the distances of `adaptation_film.CURVES`.
_DISTANCES = {"transport": ("OT cost", 3), "discrepancy": ("MMD", 4),
              "sliced": ("sliced Wasserstein", 3), "auc": ("classifier AUC", 2)}  # fmt: skip
_REST_S = 0.3  # a plan is worked out anew when the scrubber rests


class AdaptationWidget(ViewWidget):
    r"""The view of an adaptation for notebooks.

    `selection`, `picked` and `draws` can be read and observed, the first two set; all other state
    is in `explorer`, whose parameters can be read, set and observed. Stars are numbered in one
    list: simulated ones first, then real ones.

    Arguments:
        model: The experiment; `astroviz.load("stars/adaptation")` when None.
        table: What `adapt` adapts to: a path, table or `Observations`; None for mock galaxies.
        engine: Who runs what is asked; one engine is shared by all widgets of a kernel by default.
        state: Any parameter of `AdaptationExplorer`: `pairs=50`, `frame=3`, `picked=231`.

    Example:
        >>> view = AdaptationWidget(pairs=500)  # doctest: +SKIP
        >>> view.explorer.frame = 3  # doctest: +SKIP
        >>> view.adapt("census.csv", steps=300)  # doctest: +SKIP
        >>> view.verdict.text  # doctest: +SKIP
    """

    explorer: Any
    draws = Answered(None, allow_none=True, help="Posterior of the picked star, adapted.")
    draws_before = Answered(None, allow_none=True, help="The same without any adaptation.")
    selection = traitlets.List(traitlets.Int(), help="Numbers of the selected stars.")
    picked = traitlets.Int(None, allow_none=True, help="Number of the star that is looked at.")

    def __init__(
        self, model: Any = None, table: Any = None, engine: Engine | None = None, **state: Any
    ) -> None:
        self._ready = False
        super().__init__(model, None, engine)
        # What is wrong with a setting is said, and the view opens without it.
        wrong = self.explorer.restore(state)
        self._film: Any = None
        self._asked: Any = None
        self._rest: asyncio.TimerHandle | None = None
        self.star = PickedStar(
            self.explorer, self.engine, self.client, self._answered, self._failed
        )
        self.live = LivePanel(self.explorer, self.engine, self.client, self._say, self._ended)
        self.controls = AdaptationControls(self.explorer, self._say)
        self.figures = AdaptationFigures(self.explorer, self._pick, self._brush, self._say)
        self._distances = ui.HTML()
        canvas = self._make_canvas(self.figures.layout)
        self.children = [
            self._title, self.controls.box, canvas, self._distances, self.star.words,
            self.live.box, self._status, self._make_code(),
        ]  # fmt: skip
        self.explorer.param.watch(self._follow, self.explorer.state_names())
        self._ready = True
        self._refresh(set(self.explorer.state_names()))
        if table is not None:
            self._say(*self.live.prepare(table))
        if wrong:
            self._say(" ".join(wrong))

    def _make_explorer(self, model: Any, table: Any, state: dict[str, Any]) -> Any:
        return AdaptationExplorer(model)

    # What can be read and done

    @property
    def job(self) -> AdaptationJob | None:
        """What the last `adapt` made: `.model()` is the adapted network, `.film` its frames."""
        return self.live.job

    @property
    def verdict(self) -> Verdict | None:
        """What the last `adapt` has changed, waited for; None before the first."""
        self.live.run.settle()
        return self.live.verdict

    def adapt(
        self, table: Any = None, labels: Any = None, steps: int = 300, **switches: Any
    ) -> None:
        r"""Adapt a copy of the network, and show the film of it as it is made.

        Arguments:
            table: What to adapt to: a path, table or `Observations`; the one given before when
                None; a mock galaxy with the switches of the view when there is none, or False.
            labels: What is known of stars of the table: a second table with the same identifiers,
                None for its own columns, False for nothing.
            steps: Number of steps, some 0.2 s each.
            switches: `transport`, `discrepancy`, `guard`, `seed`; without a table also `pairs`
                and `floor`.
        """
        self.live.adapt(table, labels, steps, switches)

    def wait(self) -> None:
        """Wait until what is asked about the picked star is answered."""
        if self._ready:
            self.star.settle()

    def picture(self) -> bytes | None:
        """Latent space and truth against posterior mean."""
        return adaptation_png(self.explorer)

    # From the explorer

    def _follow(self, *events: Any) -> None:
        self._refresh({event.name for event in events})

    def _refresh(self, names: set[str]) -> None:
        """Draw what has changed, as one message."""
        film = self._film_key()
        other, self._film = film != self._film, film
        with self._canvas.together():
            if other or "projection" in names:
                self.figures.show_film()
            else:
                self._draw(names)
        if other:
            self.controls.refresh()
        elif "frame" in names:
            self.controls.show_frame()
        self._ask()
        self._tell()

    def _draw(self, names: set[str]) -> None:
        if "frame" in names:
            self.figures.show_frame()
            if self.explorer.link_kind == "plan":
                self._links_at_rest()
        if "parameter" in names:
            self.figures.show_parameter()
        if "colour" in names:
            self.figures.show_colours()
        if "links" in names:
            self.figures.show_links()
        if names & {"selection", "picked"}:
            self.figures.show_selection()

    def _links_at_rest(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
        loop = running_loop()
        if loop is None:
            self.figures.show_links()
        else:
            self._rest = loop.call_later(_REST_S, self._renew_links)

    def _renew_links(self) -> None:
        with self._canvas.together():
            self.figures.show_links()

    def _tell(self) -> None:
        """Say what is shown, and let the traits be as the explorer is."""
        self._show_head()
        found = self.explorer.distances()
        self._distances.value = " &middot; ".join(
            f"{label} {found[name]:.{decimals}f}" for name, (label, decimals) in _DISTANCES.items()
        )
        self.live.refresh()
        self.selection, self.picked = list(self.explorer.selection), self.explorer.picked

    def _film_key(self) -> tuple[Any, ...]:
        explorer = self.explorer
        state = tuple(getattr(explorer, name) for name in _SCENE)
        return (*state, id(explorer.live), len(explorer.film()))

    def _ask(self) -> None:
        """Ask about the picked star, if it is another one, or the network is."""
        explorer = self.explorer
        asked = (explorer.picked, id(explorer.live), *(getattr(explorer, n) for n in _SCENE))
        if asked != self._asked:
            self._asked = asked
            self.star.ask()

    def _answered(self, side: str, draws: Draws | None) -> None:
        self._ready = False  # what observes the draws reads them without waiting
        try:
            self.set_trait("draws" if side == "right" else "draws_before", draws)
        finally:
            self._ready = True

    def _ended(self) -> None:
        """A run is over: its network is another one than when it was asked."""
        self._asked = None
        self._ask()

    # From the hand and from Python

    def _pick(self, star: int) -> None:
        self.explorer.picked = int(star)

    def _brush(self, stars: np.ndarray, mode: Any) -> None:
        old = np.asarray(self.explorer.selection, dtype=int)
        self.explorer.selection = combine(old, np.asarray(stars), mode).tolist()

    @traitlets.validate("selection", "picked")
    def _check_stars(self, proposal: Any) -> Any:
        value = proposal["value"]
        stars = value if isinstance(value, list) else [] if value is None else [value]
        count = len(self.explorer.cast.domain)
        if wrong := [star for star in stars if not 0 <= star < count]:
            raise IndexError(f"star {wrong[0]} is not there: the film has {count} stars")
        return value

    @traitlets.observe("selection", "picked")
    def _stars_were_set(self, change: Any) -> None:
        if getattr(self.explorer, change["name"]) != change["new"]:
            setattr(self.explorer, change["name"], change["new"])

    @traitlets.validate("draws", "draws_before")
    def _check_draws(self, proposal: Any) -> Draws | None:
        from astroviz.core.draws import Draws

        if not isinstance(proposal["value"], Draws | None):
            raise traitlets.TraitError("draws are read here; pick a star to have others")
        return proposal["value"]


def explore(
    table: Any = None, model: Any = None, engine: Engine | None = None, **state: Any
) -> AdaptationWidget:
    """Open the view of an adaptation in a notebook; arguments as of `AdaptationWidget`."""
    return AdaptationWidget(model, table, engine, **state)
