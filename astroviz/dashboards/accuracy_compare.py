"""The view *Compare* of the accuracy lab: which of two posteriors is nearer to the truth?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import panel as pn

from astroviz.dashboards.accuracy_compare_form import CompareForm
from astroviz.dashboards.appearance import card, figure_pane, framed
from astroviz.dashboards.job import Job
from astroviz.dashboards.newest import Newest
from astroviz.dashboards.room_view import GAP, RoomView
from astroviz.plots.compare_figures import CompareFigures

__all__ = ["CompareView"]

_PAIR = frozenset({
    "compare_source", "compare_references", "compare_count", "compare_other", "compare_shift_a",
    "compare_width_a", "compare_forgotten_a", "compare_shift_b", "compare_width_b",
    "compare_forgotten_b", "seed", "tried", "live_count", "live_draws",
})  # fmt: skip


class CompareView(RoomView):
    """The form, one object closely, scores, how they grow, and the difference."""

    name = "compare"
    follows = _PAIR | {"compare_row"}

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        self.scene: Any = None
        self.figures = CompareFigures(self.shell.dark)
        self.plots = self.figures.plots
        self.job = Job(self.shell, lambda: self.form.refresh())
        self.form = CompareForm(self)
        document = self.shell.document
        self.pictures = Newest(document, self._show, self._sorry)
        self.others = Newest(document, self._show_other, self._no_other)
        self.layout = self._make_layout()
        self.start()

    def _make_layout(self) -> pn.Column:
        figures = self.figures
        buttons = [self.step_button(words, icon, by) for words, icon, by in (
            ("Previous object", "chevron_left", -1), ("Next object", "chevron_right", 1),
        )]  # fmt: skip
        left = pn.Column(
            card("One object, and the balls that are counted",
                 framed(figure_pane(figures.look.layout)), tools=tuple(buttons)),
            card("Is the difference real?", framed(figure_pane(figures.difference.layout))),
            sizing_mode="stretch_both", margin=0, styles=GAP,
        )  # fmt: skip
        right = pn.Column(
            card("MIRA scores, with errors", framed(figure_pane(figures.scores.layout))),
            card("As objects come in", framed(figure_pane(figures.running.layout))),
            sizing_mode="stretch_both", margin=0, styles=GAP,
        )  # fmt: skip
        for column in (left, right):
            column.styles = {**column.styles, "flex": "1 1 0px"}
            for k, one in enumerate(column.objects):
                one.styles = {**one.styles, "flex": f"{4 if k == 0 else 3} 1 0px"}
        panels = pn.Row(
            self.form.layout, left, right, sizing_mode="stretch_both", margin=0, styles=GAP
        )
        return self.stack(panels)

    # --- following the state ------------------------------------------------------------------

    def follow(self, names: set[str]) -> None:
        """Score, or look at another object."""
        self.form.follow()
        if names & _PAIR:
            self.pictures.ask(self.explorer.compare_asking)
        elif self.scene is not None:
            self.figures.show_look(self.scene, self.explorer.compare_row)

    def _show(self, scene: Any) -> None:
        self.scene = scene
        self.say()
        if scene is None:
            self.figures.clear("Nothing to compare yet.")
            self.form.tell("<p class='faint'>Nothing to compare yet.</p>")
            return
        self.figures.show(scene)
        self.figures.show_look(scene, self.explorer.compare_row)
        self.form.tell(f"<p>{scene.verdict()}</p>{scene.numbers()}")
        self.others.ask(lambda: self.explorer.compare_asking(other=True))

    def _show_other(self, scene: Any) -> None:
        if scene is not None and self.pictures.idle:
            self.figures.show_other(scene)

    def _no_other(self, sentence: str) -> None:
        """The other references cannot be had; what is seen from these stays."""
        if self.scene is not None:
            told = f"<p>{self.scene.verdict()}</p>{self.scene.numbers()}"
            self.form.tell(f"{told}<p class='faint'>{sentence}</p>")

    def _sorry(self, sentence: str) -> None:
        self.scene = None
        self.figures.clear(sentence)
        self.form.tell(f"<p class='faint'>{sentence}.</p>")
        self.shell.say(sentence, "error")

    # --- what can be done ---------------------------------------------------------------------

    def simulate(self) -> None:
        """Let both models answer the same simulations."""
        try:
            work = self.explorer.compare_working()
        except ValueError as error:
            sentence = str(error)
            self.shell.say(sentence[:1].upper() + sentence[1:], "error")
            return
        self.job.start("Simulating, and asking both models", work, self._arrived)

    def _arrived(self, pair: Any) -> None:
        self.explorer.compare_keep(pair)
        self.follow(set(_PAIR))

    def compare_own(self, first: Any, second: Any) -> None:
        """Compare two trials of the user's."""
        try:
            self.explorer.compare_open(first, second)
        except ValueError as error:
            sentence = str(error)
            self._sorry(sentence[:1].upper() + sentence[1:])

    def step(self, by: int) -> None:
        """The next or the previous object."""
        if self.scene is not None:
            count = self.scene.pair[0].count
            self.explorer.compare_row = (self.explorer.compare_row + by) % count

    def close(self) -> None:
        """The tab is gone."""
        super().close()
        self.pictures.close()
        self.others.close()
        self.job.cancel()

    def tables(self) -> Mapping[str, Callable[[], Any]]:
        """Scores of all objects."""
        return {} if self.scene is None else {"Scores of every object": self.scene.table}
