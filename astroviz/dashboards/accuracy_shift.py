"""The view *Shift* of the accuracy lab: what was asked over what is known, and what tells both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import panel as pn

from astroviz.dashboards.accuracy_shift_form import ShiftForm
from astroviz.dashboards.accuracy_simulate import SimulateButton
from astroviz.dashboards.appearance import card, figure_pane, framed
from astroviz.dashboards.job import Job
from astroviz.dashboards.newest import Newest
from astroviz.dashboards.room_view import GAP, RoomView
from astroviz.plots.shift_figures import ShiftFigures

__all__ = ["ShiftView"]

_CASE = frozenset({"shift_source", "seed", "tried", "live_count", "live_draws"})
_LOOK = frozenset({"shift_x", "shift_y", "shift_row"})


class ShiftView(RoomView):
    """The form and its verdict, a plane, PQMass, scores of objects, importance of columns."""

    name = "shift"
    follows = _CASE | _LOOK

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        self.found: Any = None
        self.figures = ShiftFigures(self.shell.dark)
        self.figures.plane.on_pick(self.pick)
        self.plots = self.figures.plots
        self.job = Job(self.shell, lambda: self.form.refresh())
        self.simulate = SimulateButton(self, self.job)
        self.form = ShiftForm(self)
        document = self.shell.document
        self.pictures = Newest(document, self._show, self._sorry)
        self.lessons = Newest(document, self._taught, self._sorry)
        self.layout = self._make_layout()
        self.start()

    def _make_layout(self) -> pn.Column:
        figures = self.figures
        left = pn.Column(
            card("Asked, over known", framed(figure_pane(figures.plane.layout))),
            card("What tells them apart", framed(figure_pane(figures.importance.layout))),
            sizing_mode="stretch_both", margin=0, styles=GAP,
        )  # fmt: skip
        right = pn.Column(
            card("Are they one population?", framed(figure_pane(figures.population.layout))),
            card("How strange is each object?", framed(figure_pane(figures.objects.layout))),
            sizing_mode="stretch_both", margin=0, styles=GAP,
        )  # fmt: skip
        for part, share in ((left, 6), (right, 5)):
            part.styles = {**part.styles, "flex": f"{share} 1 0px"}
        for one in left.objects:
            one.styles = {**one.styles, "flex": f"{4 if one is left[0] else 3} 1 0px"}
        panels = pn.Row(
            self.form.layout, left, right, sizing_mode="stretch_both", margin=0, styles=GAP
        )
        return self.stack(panels)

    # --- following the state ------------------------------------------------------------------

    def follow(self, names: set[str]) -> None:
        """Compare, or look at another object or plane."""
        self.form.follow()
        if names & _CASE:
            self.pictures.ask(self.explorer.shift_asking)
        elif self.found is not None:
            self._look()

    def _show(self, found: Any) -> None:
        self.found = found
        self.say()
        if found is None:
            self.figures.clear()
            self.form.tell("<p class='faint'>Nothing to compare yet.</p>", "")
            return
        self.figures.show(found)
        self.form.follow()
        self._look()
        if found.classifier is None:
            self.lessons.ask(self.explorer.shift_teaching)

    def _taught(self, told: Any) -> None:
        if self.explorer.shift_keep_told(told):
            self.pictures.ask(self.explorer.shift_asking)

    def _look(self) -> None:
        found, explorer = self.found, self.explorer
        place = explorer.shift_place(found)
        x, y = explorer.shift_axes(found)
        self.figures.show_plane(found, x, y, place)
        self.form.tell(explorer.shift_verdict(found), explorer.shift_facts(found))

    def _sorry(self, sentence: str) -> None:
        self.shell.say(sentence, "error")

    # --- what can be done ---------------------------------------------------------------------

    def pick(self, row: int) -> None:
        """Look at an asked object."""
        asked = self.figures.plane.asked_row(row)
        if asked is not None:
            self.explorer.shift_row = asked

    def wanted(self) -> Any:
        """Work that simulates the model on trial."""
        return self.explorer.shift_working()

    def arrived(self, trial: Any) -> None:
        """Compare what was simulated."""
        self.explorer.shift_keep(trial)
        self.follow(set(_CASE))

    def compare_tables(self, known: Any, asked: Any, words: tuple[str, str]) -> None:
        """Compare two tables of the user's."""
        try:
            self.explorer.shift_open(known, asked, words=words)
        except ValueError as error:
            sentence = str(error)
            self._sorry(sentence[:1].upper() + sentence[1:])

    def step(self, by: int) -> None:
        """The next or the previous object, the strangest first."""
        if self.found is None:
            return
        order = list((-self.found.objects.ood_scores).argsort(kind="stable"))
        place = order.index(self.explorer.shift_place(self.found))
        self.explorer.shift_row = int(order[(place + by) % len(order)])

    def close(self) -> None:
        """The tab is gone."""
        super().close()
        self.pictures.close()
        self.lessons.close()
        self.job.cancel()

    def tables(self) -> Mapping[str, Callable[[], Any]]:
        """Scores of the objects, importance of the columns."""
        if self.found is None:
            return {}
        tables = {"Objects with their ood_score": self.found.table}
        if self.found.classifier is not None:
            tables["Importance of each column"] = self.found.importance_table
        return tables
