r"""What each survey buys, in a notebook: ridges while surveys arrive, bars of missing ones."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets as ui
from bokeh.layouts import row

from astroviz.plots.gains import GainBars
from astroviz.plots.ridgelines import Ridgelines
from astroviz.stars.information import Gain, expected_gain, missing_surveys
from astroviz.stars.spectrographs import SOURCES
from astroviz.stars.surveys_view import (
    GAINED,
    RIDGED,
    arriving,
    gain_words,
    gains_so_far,
    ridge_columns,
)
from astroviz.widgets.live import Answered, Asker, Worker
from astroviz.widgets.star_picker import WRAPPED, StarPicker
from astroviz.widgets.stills import surveys_png
from astroviz.widgets.tie import survey_switches
from astroviz.widgets.view import ViewWidget

if TYPE_CHECKING:
    from astroviz.core.draws import Draws
    from astroviz.core.engine import Engine

__all__ = ["SurveysWidget"]

_ASKED = ["source", "row", "surveys", "states", "values", "errors", "seed", "arrival"]
_DRAWN = ["prior", "overlays"]
_HEIGHT = 480


class SurveysWidget(ViewWidget):
    r"""The view of surveys for notebooks.

    `draws` are those of each ridge, by the survey that has just arrived; `gain` is the expected
    information gain of the surveys that have not looked, whose reader waits some seconds for it.

    Arguments:
        model: The model that answers; `astroviz.load("stars")` when None.
        table: A path, table or `Observations`; simulated example stars when None.
        engine: Who runs the model; one engine is shared by all widgets of a kernel by default.
        state: Any parameter of `StarsExplorer`: `arrival=["WISE", "Gaia"]`.

    Example:
        >>> view = SurveysWidget(row=1)  # doctest: +SKIP
        >>> view.explorer.arrival = ["2MASS", "Gaia"]  # doctest: +SKIP
        >>> view.draws["2MASS"]["log_age"].std(), view.gain.best("log_age")  # doctest: +SKIP
    """

    draws = Answered(None, allow_none=True, help="Draws of each ridge, by the survey it adds.")

    def __init__(
        self, model: Any = None, table: Any = None, engine: Engine | None = None, **state: Any
    ) -> None:
        self._ready = False
        super().__init__(model, table, engine, **{**state, "view": "surveys"})
        model = self.explorer.model
        self._known = {p.name: p for p in (*model.parameters, *model.derived)}
        self._askers = [
            Asker(self.engine, (self.client, "arrival", k), partial(self._answered, k),
                  self._failed) for k in range(len(SOURCES) + 1)
        ]  # fmt: skip
        self._worker = Worker(self._gained, lambda error: self._say_gain(f"No gain: {error}."))
        self.arrived: tuple[str, ...] = ()
        self._found: list[Draws | None] = []
        self._gain: Gain | None = None
        self._missing: tuple[str, ...] = ()
        self._gain_key = ""
        self.picker = StarPicker(self.explorer, self._say)
        self.ridges = Ridgelines(self._known["log_age"])
        self.bars = GainBars()
        self.bars.layout.update(width=430, sizing_mode="stretch_height")
        figures = row(
            self.ridges.layout, self.bars.layout, height=_HEIGHT, sizing_mode="stretch_width"
        )
        canvas = self._make_canvas(figures)
        self._gain_words = ui.HTML()
        self.children = [
            self._title, self.picker.box, self._make_switches(), self._make_order(), canvas,
            self._gain_words, self._status, self._make_code(),
        ]  # fmt: skip
        self.explorer.param.watch(lambda *_: self._ask(), _ASKED)
        self.explorer.param.watch(lambda *_: self._draw(), _DRAWN)
        self._ready = True
        self._show_head()
        self._ask()

    @property
    def gain(self) -> Gain | None:
        """The expected gain of the surveys that have not looked; None where all have."""
        self._worker.settle()
        return self._gain

    def sentence(self) -> str:
        """What is shown, and one gesture to try."""
        return (
            "each ridge knows what the ones above it know and one survey more. Let a survey "
            "arrive earlier or later, or switch one off to see what it would tell."
        )

    def picture(self) -> bytes | None:
        """The ridges, and the bars as far as they are known."""
        self.wait()
        columns, _, _ = ridge_columns(self.explorer, self._found, self.parameter.value)
        axis = self._known[self.parameter.value]
        return surveys_png(self.explorer, self.arrived, columns, axis, self._gain)

    def wait(self) -> None:
        """Wait until every ridge is there."""
        if self._ready:
            for asker in self._askers:
                asker.settle()

    def _make_switches(self) -> ui.HBox:
        self.parameter = ui.Dropdown(
            options=[(label, name) for label, name in RIDGED.items() if name in self._known],
            description="Ridges of", tooltip="The parameter whose posterior is drawn",
        )  # fmt: skip
        self.parameter.observe(self._on_parameter, "value")
        self.switches = survey_switches(self.explorer)
        parts = [self.parameter, ui.Label("Surveys in use:"), *self.switches.values()]
        return ui.HBox(parts, layout=ui.Layout(**WRAPPED))

    def _make_order(self) -> ui.HBox:
        self.earlier: dict[str, ui.Button] = {}
        self.later: dict[str, ui.Button] = {}
        self._places: dict[str, ui.HBox] = {}
        for survey in SOURCES:
            for way, step, sign in (("earlier", -1, "\u2190"), ("later", +1, "\u2192")):
                button = ui.Button(
                    description=sign, tooltip=f"Let {survey} arrive {way}",
                    layout=ui.Layout(width="2.4em"),
                )  # fmt: skip
                button.on_click(lambda _, survey=survey, step=step: self._move(survey, step))
                getattr(self, way)[survey] = button
            parts = [self.earlier[survey], ui.Label(survey), self.later[survey]]
            self._places[survey] = ui.HBox(parts)
        self._order = ui.HBox(layout=ui.Layout(**WRAPPED, grid_gap="12px"))
        return self._order

    def _move(self, survey: str, step: int) -> None:
        self.explorer.let_arrive(survey, step, self.arrived[1:])

    def _on_parameter(self, change: Any) -> None:
        with self._canvas.together():
            self.ridges.set_axis(self._known[change["new"]])
            self._draw()
        self._show_gain()

    # Ridges

    def _ask(self) -> None:
        try:
            order, questions = arriving(self.explorer)
        except ValueError as error:
            self._say(str(error))
            return
        self.arrived = tuple(name for name, _ in questions)
        self._found = [None] * len(questions)
        self._show_order(order)
        for asker, (_, request) in zip(self._askers, questions, strict=False):
            asker.ask(request)
        for asker in self._askers[len(questions) :]:
            asker.cancel()
        self._ask_gain()

    def _show_order(self, order: list[str]) -> None:
        for k, survey in enumerate(order):
            self.earlier[survey].disabled = k == 0
            self.later[survey].disabled = k == len(order) - 1
        first = ui.Label("Order of arrival:" if order else "No survey knows this star.")
        self._order.children = [first, *(self._places[survey] for survey in order)]

    def _answered(self, k: int, draws: Draws) -> None:
        if k >= len(self._found):
            return  # of an order before
        self._found[k] = draws
        self._draw()
        if all(found is not None for found in self._found):
            self._ready = False  # what observes the draws reads them without waiting
            try:
                self.draws = dict(zip(self.arrived, self._found, strict=True))
                self._say(self.ridges.describe(), "answer")
            finally:
                self._ready = True

    def _draw(self) -> None:
        name = self.parameter.value
        columns, weights, truth = ridge_columns(self.explorer, self._found, name)
        with self._canvas.together():
            self.ridges.update(self.arrived, columns, weights, truth)

    # The gain

    def _ask_gain(self) -> None:
        """Have the gain worked out anew, unless the star is the same."""
        posterior = self.explorer.model.posterior(self.explorer.observation())
        seed, inputs = self.explorer.seed, posterior.inputs()
        key = posterior.request(1, seed).content_key()
        if key == self._gain_key:
            return
        self._gain_key, self._gain = key, None
        self._missing = missing_surveys(inputs["states"])
        self._show_bars()
        if not self._missing:
            self._worker.cancel()
            self._say_gain("Every survey has looked at this star: there is none to add.")
            return
        self._say_gain("Working out what the other surveys would tell ...")
        self._worker.start(partial(expected_gain, posterior, None, GAINED, seed=seed))

    def _gained(self, gain: Gain) -> None:
        self._gain = gain
        self._show_bars()
        self._show_gain()

    def _show_bars(self) -> None:
        labels = [self._known[name].label for name in GAINED]
        with self._canvas.together():
            self.bars.update(self._missing, labels, *gains_so_far(self._missing, self._gain))

    def _show_gain(self) -> None:
        if self._gain is not None:
            self._say_gain(gain_words(self._gain, self.parameter.value))

    def _say_gain(self, sentence: str) -> None:
        self._gain_words.value = f'<div role="status">{sentence}</div>'
