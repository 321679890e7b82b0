r"""Any conditional in a notebook: given, wanted, ignored, and the answer as a corner plot."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import ipywidgets as ui
import numpy as np
import traitlets
from bokeh.layouts import column

from astroviz.plots.corner import Corner
from astroviz.plots.dependency import DependencyPlot
from astroviz.stars.conditional_view import LARGEST, QUESTIONS, TOKENS
from astroviz.stars.encoder import DEPENDENCIES
from astroviz.stars.question import column_of
from astroviz.widgets.live import Answered, Asker
from astroviz.widgets.question_board import QuestionBoard
from astroviz.widgets.star_picker import WRAPPED, StarPicker
from astroviz.widgets.stills import question_png
from astroviz.widgets.tie import tie
from astroviz.widgets.view import ViewWidget

if TYPE_CHECKING:
    from astroviz.core.draws import Draws
    from astroviz.core.engine import Engine

__all__ = ["QuestionWidget"]

_ASKED = ["source", "row", "surveys", "states", "values", "errors", "seed", "n_draws", "wanted",
          "given", "hidden", "within", "dependency", "exact"]  # fmt: skip
_CORNER, _MASK = 520, 420  # heights, pixels


class QuestionWidget(ViewWidget):
    r"""The view of questions for notebooks; `draws` are of what is wanted.

    Arguments:
        model: The model that answers; `astroviz.load("stars")` when None.
        table: A path, table or `Observations`; simulated example stars when None.
        engine: Who runs the model; one engine is shared by all widgets of a kernel by default.
        state: Any parameter of `StarsExplorer`: `wanted=["log_age"]`, `given={"a_v": 0.5}`.

    Example:
        >>> view = QuestionWidget(wanted=["log_age", "w1"])  # doctest: +SKIP
        >>> view.explorer.hold("a_v", (0.2, 1.0))  # doctest: +SKIP
        >>> view.draws["w1"].mean()  # doctest: +SKIP
    """

    draws = Answered(None, allow_none=True, help="Draws of what is wanted.")

    def __init__(
        self, model: Any = None, table: Any = None, engine: Engine | None = None, **state: Any
    ) -> None:
        self._ready = False
        super().__init__(model, table, engine, **{**state, "view": "question"})
        self._asker = Asker(self.engine, (self.client, "question"), self._answered, self._failed)
        self.picker = StarPicker(self.explorer, self._say)
        self.board = QuestionBoard(self._on_board, width="400px", height=f"{_CORNER + _MASK}px")
        self.formula = ui.HTML()
        self.mask = DependencyPlot(TOKENS)
        self.corner = self._new_corner()
        # The corner plot is made anew for other columns: it has a place of its own.
        self._place = column(self.corner.layout, height=_CORNER, sizing_mode="stretch_width")
        self.mask.layout.update(height=_MASK, sizing_mode="stretch_width", max_width=560)
        figures = column(self._place, self.mask.layout, sizing_mode="stretch_width")
        canvas = self._make_canvas(figures)
        canvas.layout.flex = "1 1 500px"
        panels = ui.HBox([self.board, canvas], layout=ui.Layout(width="100%"))
        self.children = [
            self._title, self.picker.box, self._make_controls(), self.formula, panels,
            self._status, self._make_code(),
        ]  # fmt: skip
        self.explorer.param.watch(lambda *_: self._ask(), _ASKED)
        self._ready = True
        self._show_head()
        self._ask()

    def sentence(self) -> str:
        """What kind of question it is, and one gesture to try."""
        try:
            kind = self.explorer.asked_words()[0]
        except ValueError as error:  # set from Python so that it contradicts itself
            return _sentence(error)
        return (
            f"a {kind}. Drag a chip to another place, or press g, w or "
            "i on it, and the answer follows."
        )

    def picture(self) -> bytes | None:
        """The corner plot of what is wanted."""
        try:
            return question_png(self.explorer, self.draws)
        except ValueError:
            return None

    def wait(self) -> None:
        """Wait until the question that is being asked is answered."""
        if self._ready:
            self._asker.settle()

    def _make_controls(self) -> ui.HBox:
        explorer = self.explorer
        self.examples = ui.Dropdown(
            options=[("start from ...", ""), *((q.name, q.name) for q in QUESTIONS)],
            description="Question", tooltip="Questions to start from",
        )  # fmt: skip
        self.examples.observe(self._on_example, "value")
        self.dependency = ui.ToggleButtons(
            options=list(DEPENDENCIES), description="Listening",
            tooltips=["Which token of the network listens to which"] * len(DEPENDENCIES),
            style={"button_width": "auto"},
        )  # fmt: skip
        self.dependency.tooltip = explorer.param.dependency.doc
        self.seed = ui.BoundedIntText(description="Seed", max=2**31 - 1)
        self.n_draws = ui.BoundedIntText(description="Draws", min=100, max=50_000, step=100)
        self.exact = ui.Checkbox(description="exact", indent=False)
        for name in ("dependency", "seed", "n_draws", "exact"):
            control = getattr(self, name)
            control.tooltip = explorer.param[name].doc
            tie(explorer, name, control, self._say)
        for control, width in (
            (self.seed, "180px"), (self.n_draws, "180px"), (self.dependency, "max-content"),
            (self.exact, "max-content"),
        ):  # fmt: skip
            control.layout.width = width
        controls = [self.examples, self.dependency, self.seed, self.n_draws, self.exact]
        return ui.HBox(controls, layout=ui.Layout(**WRAPPED))

    def _new_corner(self) -> Corner:
        self._shown = tuple(self.explorer.wanted[:LARGEST])
        return Corner([column_of(name) for name in self._shown])

    # From the hand

    def _on_board(self, message: Mapping[str, Any]) -> None:
        try:
            self.explorer.tell(message)
        except (ValueError, TypeError, KeyError) as error:
            self._say(_sentence(error))
            self.board.take_back()

    def _on_example(self, change: Any) -> None:
        if change["new"]:
            try:
                self.explorer.start_question(change["new"])
            except ValueError as error:
                self._say(_sentence(error))
            self.examples.value = ""  # the same one may be wanted again

    # From the explorer

    def _ask(self) -> None:
        """Show the question as it stands and have it answered."""
        explorer = self.explorer
        try:
            kind, question = explorer.asked_words()
            mask, told = explorer.listening()
            request = explorer.conditional()
        except ValueError as error:
            self._say(_sentence(error))
            return
        self.board.show(explorer.places())
        self.formula.value = f"<b>{kind}</b> <code>{html.escape(question)}</code>"
        with self._canvas.together():
            self.mask.update(mask, told)
            if self._shown != tuple(explorer.wanted[:LARGEST]):
                self.corner = self._new_corner()
                self._place.children = [self.corner.layout]
        self._asker.ask(request)

    def _answered(self, draws: Draws) -> None:
        if tuple(draws.names[:LARGEST]) != self._shown:
            return  # of a question before
        self._ready = False  # what observes the draws reads them without waiting
        try:
            with self._canvas.together():
                self.corner.update(np.stack([draws[name] for name in self._shown], -1))
            self._say(self.explorer.answer_words(draws), "answer")
            self.draws = draws
        finally:
            self._ready = True

    @traitlets.validate("draws")
    def _check_draws(self, proposal: Any) -> Any:
        from astroviz.core.draws import Draws

        if not isinstance(proposal["value"], Draws | None):
            raise traitlets.TraitError("draws are read here; ask with `explorer` instead")
        return proposal["value"]


def _sentence(error: Exception) -> str:
    text = str(error.args[0] if error.args else error)
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
