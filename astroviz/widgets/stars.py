r"""The stars explorer in a notebook: controls and figures around `StarsExplorer`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from astroviz.core.draws import Draws
from astroviz.core.selection import as_rows
from astroviz.io.observations import Observations
from astroviz.widgets.controls import Controls
from astroviz.widgets.figures import Figures
from astroviz.widgets.live import Answered, Asker
from astroviz.widgets.picture import star_png
from astroviz.widgets.view import ViewWidget

if TYPE_CHECKING:
    from astroviz.core.engine import Engine

__all__ = ["StarsWidget", "explore"]

# What a change of these parameters asks of the model, and what it only draws anew.
_QUESTION = ["source", "row", "surveys", "states", "values", "errors", "seed", "n_draws", "steps",
             "exact"]  # fmt: skip
_ANSWER = ["prior", "prior_odds", "assume_young", "corner", "overlays", "pinned"]


# The star's widget holds the catalogue too; a name that is not known is refused by the explorer.
_VIEWS = {
    "star": ("astroviz.widgets.stars", "StarsWidget"),
    "question": ("astroviz.widgets.stars_question", "QuestionWidget"),
    "surveys": ("astroviz.widgets.stars_surveys", "SurveysWidget"),
    "maps": ("astroviz.widgets.stars_maps", "MapsWidget"),
}


class _RowsTrait(traitlets.TraitType):
    """Row numbers as an array; what is set is sorted and made unique."""

    default_value = ()

    def validate(self, obj: Any, value: Any) -> np.ndarray:
        return as_rows(value)


class StarsWidget(ViewWidget):
    r"""An explorer of young stars for notebooks.

    `selection`, `draws` and `observation` can be read, set and observed; all other state is in
    `explorer`, whose parameters can be read and set too.

    Arguments:
        model: The model that answers; `astroviz.load("stars")` when None.
        table: A path, table or `Observations`; simulated example stars when None.
        engine: Who runs the model; one engine is shared by all widgets of a kernel by default.
        state: Any parameter of `StarsExplorer`: `row=3`, `surveys=["Gaia", "2MASS"]`.

    Example:
        >>> view = StarsWidget(row=1)  # doctest: +SKIP
        >>> view.explorer.surveys = ["Gaia", "2MASS"]  # doctest: +SKIP
        >>> view.draws["log_age"].mean()  # doctest: +SKIP
    """

    selection = _RowsTrait(help="Rows of the selected stars, shape (k,), int.")
    draws = Answered(None, allow_none=True, help="Draws of the current star's posterior.")
    observation = traitlets.Any(help="The current star as the model is given it, one row.")

    def __init__(
        self,
        model: Any = None,
        table: Any = None,
        engine: Engine | None = None,
        **state: Any,
    ) -> None:
        self._ready = False
        super().__init__(model, table, engine, **state)
        key = self.client
        self._asker = Asker(self.engine, (key, "posterior"), self._answered, self._failed)
        self._pinner = Asker(self.engine, (key, "pinned"), self._pinned, self._failed)
        self._pinned_draws: Draws | None = None
        self._fit = True
        self.controls = Controls(self.explorer, self._say, self._code)
        self.figures = Figures(self.explorer, self._pick, self._brush, self._pick_band)
        canvas = self._make_canvas(self.figures.layout)
        self.children = [self._title, self.controls.box, canvas, self._status]
        self._watch()
        self._ready = True
        self._show_head()
        self._ask()

    def wait(self) -> None:
        """Wait until the question that is being asked is answered."""
        if self._ready:
            self._asker.settle()

    # From the explorer

    def _watch(self) -> None:
        watch = self.explorer.param.watch
        watch(lambda *events: self._ask(*events), _QUESTION)
        watch(lambda *_: self._show_answer(), _ANSWER)
        watch(lambda *_: self._show_selection(), ["selection", "row"])
        watch(lambda *_: self.figures.show_catalogue(),
              ["source", "blue", "red", "bright", "absolute"])  # fmt: skip
        watch(lambda *_: self._ask_pinned(), ["pinned", "overlays"])

    def _ask(self, *events: Any) -> None:
        """Ask for the posterior of what is shown now."""
        names = {event.name for event in events}
        # Ranges stay while values are dragged: the eye compares against fixed axes.
        self._fit = self._fit or not names <= {"values", "errors", "states", "surveys", "seed"}
        self.set_trait("observation", self.explorer.observation())
        self._asker.ask(self.explorer.request())

    def _answered(self, draws: Draws) -> None:
        self._show(draws)

    def _show(self, draws: Draws) -> None:
        """Take draws as the answer."""
        self._ready = False  # what observes the draws reads them without waiting
        try:
            fit, self._fit = self._fit, False
            self._last = draws
            with self._canvas.together():
                self.figures.show_star(draws, fit=fit)
                self.figures.show_draws(draws, fit=fit)
            self._say(self.explorer.summary(draws).text(), "answer")
            self.draws = draws
        finally:
            self._ready = True

    _last: Draws | None = None

    def _show_answer(self) -> None:
        """Draw the answer that is there anew: its weights or marks have changed."""
        if self._last is None or self._asker.busy:
            return
        with self._canvas.together():
            self.figures.show_draws(self._last, fit=False)
            self.figures.show_star(self._last, fit=False)
            self.figures.show_pinned(self._pinned_draws)
        summary = self.explorer.summary(self._last)
        self._say(summary.refusal or summary.text(), "answer")

    def _ask_pinned(self) -> None:
        questions = self.explorer.requests()
        if "pinned" in questions:
            self._pinner.ask(questions["pinned"])
        else:
            self._pinned_draws = None
            self.figures.show_pinned(None)

    def _pinned(self, draws: Draws) -> None:
        self._pinned_draws = draws
        self.figures.show_pinned(draws)

    def _show_selection(self) -> None:
        self.figures.show_selection()
        if not np.array_equal(self.selection, self.explorer.selection):
            self.set_trait("selection", self.explorer.selection)

    # From the figures

    def _pick(self, row: int) -> None:
        self.explorer.row = int(row)

    def _brush(self, rows: np.ndarray, mode: Any) -> None:
        self.explorer.select(rows, mode)

    def _pick_band(self, name: str) -> None:
        self.controls.editor.quantity.value = name

    # From Python

    @traitlets.default("selection")
    def _no_selection(self) -> np.ndarray:
        return as_rows(None)

    @traitlets.validate("selection")
    def _check_selection(self, proposal: Any) -> np.ndarray:
        rows: np.ndarray = proposal["value"]
        n = len(self.explorer.observations)
        if len(rows) and rows[-1] >= n:
            raise IndexError(f"row {rows[-1]} is not there: the table has {n} rows")
        return rows

    @traitlets.observe("selection")
    def _selection_was_set(self, change: Any) -> None:
        if not np.array_equal(change["new"], self.explorer.selection):
            self.explorer.selection = change["new"]

    @traitlets.validate("observation")
    def _check_observation(self, proposal: Any) -> Observations | None:
        """A star that is set becomes the table; one that the explorer shows passes."""
        if proposal["value"] is None:
            return None
        star: Observations = self.explorer.model.observe(proposal["value"])
        if self._ready and not _same(star, self.explorer.observation()):
            self.explorer.open_table(star, label="observation")
            star = self.explorer.observation()
        return star

    @traitlets.validate("draws")
    def _check_draws(self, proposal: Any) -> Draws | None:
        if not isinstance(proposal["value"], Draws | None):
            kind = type(proposal["value"]).__name__
            raise traitlets.TraitError(f"draws must be astroviz Draws, not {kind}")
        return proposal["value"]

    @traitlets.observe("draws")
    def _draws_were_set(self, change: Any) -> None:
        """Draws of the user's own are drawn in place of the answer."""
        if self._ready and change["new"] is not None and change["new"] is not self._last:
            self._asker.cancel()
            self._show(change["new"])

    def picture(self) -> bytes | None:
        """The spectrum and the corner plot."""
        return star_png(self.explorer, self.draws)


def _same(one: Observations, other: Observations) -> bool:
    arrays = ("values", "errors", "states")
    return len(one) == len(other) and all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True) for name in arrays
    )


def explore(
    table: Any = None, model: Any = None, engine: Engine | None = None, **state: Any
) -> ViewWidget:
    """Open a view of stars in a notebook, the one named by `view`; the star by default.

    Arguments:
        table: A path, table or `Observations`; simulated example stars when None.
        model: The model that answers.
        engine: Who runs it.
        state: Any parameter of `StarsExplorer`; `view` is `star`, `question`, `surveys` or `maps`.
    """
    place, name = _VIEWS.get(str(state.get("view", "star")), _VIEWS["star"])
    widget: type[ViewWidget] = getattr(importlib.import_module(place), name)
    return widget(model, table, engine, **state)
