"""The view that asks any conditional: chips on the left, the answer on the right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import card, figure_pane, framed, note
from astroviz.dashboards.live import Live, on_tick
from astroviz.dashboards.question_board import QuestionBoard
from astroviz.dashboards.shell import Shell
from astroviz.dashboards.voice import Headline
from astroviz.plots.corner import Corner
from astroviz.plots.dependency import DependencyPlot
from astroviz.stars.conditional_view import LARGEST, QUESTIONS, TOKENS
from astroviz.stars.encoder import DEPENDENCIES
from astroviz.stars.explorer import StarsExplorer
from astroviz.stars.question import column_of

__all__ = ["ASKED", "QuestionView"]

ASKED = ("source", "row", "surveys", "states", "values", "errors", "seed", "n_draws", "wanted",
         "given", "hidden", "within", "dependency", "exact")  # fmt: skip
_FORMULA_CSS = """
.formula { font: 13px/1.45 ui-monospace, SFMono-Regular, Menlo, monospace; }
.kind { font-weight: 600; text-transform: capitalize; }
"""


class QuestionView:
    r"""Given, wanted, ignored: any conditional of the joint model.

    Arguments:
        explorer: The state of the page.
        engine: Answers the questions.
        shell: The frame.
    """

    def __init__(self, explorer: StarsExplorer, engine: Any, shell: Shell) -> None:
        self.explorer, self.shell = explorer, shell
        self.draws: Any = None
        self.board = QuestionBoard(self._on_board, sizing_mode="stretch_both", margin=0)
        self.mask = DependencyPlot(TOKENS, dark=shell.dark)
        self.corner = self._new_corner()
        self.corner_pane = figure_pane(self.corner.layout)
        self.headline = Headline(height=24, sizing_mode="stretch_width", margin=(0, 0, 4, 0))
        self.formula = note("", margin=(0, 14, 2, 14))
        self.formula.stylesheets = [*self.formula.stylesheets, _FORMULA_CSS]
        self.layout = self._make_layout()
        self.live = Live(
            engine, (shell.client, "question"), self._show, self._failed,
            lambda busy: on_tick(shell.document, lambda: shell.show_busy(busy)), shell.document,
        )  # fmt: skip
        explorer.param.watch(lambda *_: self.ask(), [*ASKED, "view"])
        shell.param.watch(self._on_dark, "dark")
        self.ask()

    def _make_layout(self) -> pn.Column:
        examples = pmui.Select(
            label="", options={"start from ...": "", **{q.name: q.name for q in QUESTIONS}},
            value="", size="small", width=190, margin=(0, 4), align="center",
            description="Questions to start from",
        )  # fmt: skip
        examples.param.watch(self._on_example, "value")
        masks = pmui.RadioButtonGroup(
            options=list(DEPENDENCIES), value=self.explorer.dependency, size="small", margin=0,
            align="center",
        )  # fmt: skip
        masks.param.watch(lambda e: setattr(self.explorer, "dependency", e.new), "value")
        self.explorer.param.watch(lambda e: setattr(masks, "value", e.new), "dependency")
        left = card("Given, wanted, ignored", self.board, tools=(examples,), width=430,
                    sizing_mode="stretch_height")  # fmt: skip
        answer = card("Answer", self.formula, framed(self.corner_pane))
        network = card(
            "Who listens to whom",
            framed(figure_pane(self.mask.layout)),
            note("<p class='faint'>M<sub>E</sub> of the attention layers; the path beside them "
                 "hears every token. Strong cells: tokens of this question.</p>",
                 margin=(0, 14, 4, 14)),
            tools=(masks,), width=400, sizing_mode="stretch_height",
        )  # fmt: skip
        panels = pn.Row(left, answer, network, sizing_mode="stretch_both", margin=0,
                        styles={"gap": "10px"})  # fmt: skip
        return pn.Column(self.headline, panels, sizing_mode="stretch_both",
                         margin=(0, 12, 12, 12), min_height=590)  # fmt: skip

    def _new_corner(self) -> Corner:
        """Axes of the first four things that are wanted."""
        self._shown = tuple(self.explorer.wanted[:LARGEST])
        return Corner([column_of(name) for name in self._shown], dark=self.shell.dark)

    def close(self) -> None:
        """The tab is gone."""
        self.live.close()

    # --- following hands and state ------------------------------------------------------------

    def _on_board(self, message: Mapping[str, Any]) -> None:
        try:
            self.explorer.tell(message)
        except (ValueError, TypeError, KeyError) as error:
            self.shell.say(_sentence(error), "warning")
            self.board.param.trigger("shown")  # the chip goes back to where it was

    def _on_example(self, event: Any) -> None:
        if event.new:
            try:
                self.explorer.start_question(event.new)
            except ValueError as error:
                self.shell.say(_sentence(error), "warning")

    def _on_dark(self, event: Any) -> None:
        self.corner.set_dark(event.new)
        self.mask.set_dark(event.new)

    def ask(self) -> None:
        """Show the question as it stands and have it answered."""
        if self.explorer.view != "question":
            return
        explorer = self.explorer
        try:
            kind, question = explorer.asked_words()
            mask, told = explorer.listening()
        except ValueError as error:
            self._failed(_sentence(error))
            return
        self.board.show(explorer.places())
        self.mask.update(mask, told)
        self.headline.sentence = (
            f"A {kind} of {explorer.title()}: drag a chip to another place, or press g, w or i "
            "on it, and the answer follows."
        )
        self._words = f"<span class='kind'>{kind}</span> " + _code(question)
        self._say("")
        if self._shown != tuple(explorer.wanted[:LARGEST]):
            self.corner = self._new_corner()
            self.corner_pane.object = self.corner.layout
        self.live.ask(explorer.conditional)

    def _say(self, more: str) -> None:
        self.formula.object = f"<p>{self._words}<br>{more}</p>"

    def _show(self, draws: Any, complete: bool) -> None:
        self.draws = draws
        if draws.names[:LARGEST] != self._shown:
            return  # of a question before
        self.corner.update(np.stack([draws[name] for name in self._shown], -1), fit=complete)
        self._say(self.explorer.answer_words(draws))

    def _failed(self, sentence: str) -> None:
        self.shell.say(sentence, "error")


def _code(text: str) -> str:
    return "<span class='formula'>" + text.replace("<", "&lt;").replace(">", "&gt;") + "</span>"


def _sentence(error: Exception) -> str:
    text = str(error.args[0] if error.args else error)
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
