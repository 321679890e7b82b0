"""The view *Trial*: every check on a model or on one's own draws, and the objects behind it."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

import panel as pn

from astroviz.accuracy.checks import CHECKS
from astroviz.dashboards.accuracy_trial_form import TrialForm
from astroviz.dashboards.accuracy_trial_panels import CellPanel, CheckPanel, ObjectPanel
from astroviz.dashboards.room_view import GAP, RoomView
from astroviz.plots.report_page import report_html

__all__ = ["TrialView"]

_ASKED = frozenset({"seed", "tried", "trial_case", "trial_count", "trial_draws", "trial_checks",
                    "trial_drop"})  # fmt: skip
_FIGURE = frozenset({"trial_check", "trial_figure"})
_CELLS = frozenset({"trial_kind", "trial_look", "trial_cell", "trial_bin"})
_OBJECT = frozenset({"trial_place", "trial_pick"})


class TrialView(RoomView):
    """The form and the verdicts, the figure of a check, where it fails, and for whom."""

    name = "trial"
    follows = _ASKED | _FIGURE | _CELLS | _OBJECT

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        dark = self.shell.dark
        self.check = CheckPanel(self.explorer, dark, self._on_rank)
        self.cells = CellPanel(self.explorer, dark)
        self.object = ObjectPanel(self)
        self.plots = (self.check, self.cells, self.object)
        self.form = TrialForm(self)
        middle = pn.Column(self.check.layout, self.cells.layout, sizing_mode="stretch_both",
                           margin=0, styles={**GAP, "flex": "5 1 0px"})  # fmt: skip
        self.object.layout.styles = {**self.object.layout.styles, "flex": "4 1 0px"}
        row = pn.Row(self.form.layout, middle, self.object.layout, sizing_mode="stretch_both",
                     margin=0, styles=GAP)  # fmt: skip
        self.layout = self.stack(row)
        self.start()

    # Following the state

    def follow(self, names: set[str]) -> None:
        """Draw what depends on these parameters."""
        if names & (_ASKED | _FIGURE):
            self.form.follow()
        if names & _ASKED:
            self._draw_all()
            # "Re-draw" asks for other simulations, and there were some
            anew = names == {"seed"} and self.explorer.trial_found() is None
            if anew and self._shown_before:
                self.form.start()
            self._shown_before = self.explorer.trial_found() is not None
            return
        if names & (_FIGURE | _CELLS):
            self._draw_check()
        if names & _CELLS:
            self.cells.show()
        if names & (_CELLS | _OBJECT):
            self.object.show()

    _shown_before = False

    def draw(self) -> None:
        """Draw what was found, if somebody looks; its sentence too."""
        if not self.seen:
            self._stale |= _ASKED
            return
        self._draw_all()
        self.form.refresh()
        self.say()
        self._shown_before = self.explorer.trial_found() is not None

    def _draw_all(self) -> None:
        self._draw_check()
        self.cells.show()
        self.object.show()

    def _draw_check(self) -> None:
        name = self.explorer.trial_shown_check()
        self.check.show(CHECKS[name].title if name in CHECKS else "Checks")

    def _on_rank(self, share: float) -> None:
        self.explorer.param.update(trial_bin=share, trial_place=0)

    # What every view offers

    def step(self, by: int) -> None:
        """The next or the previous object of the cell."""
        count = len(self.explorer.trial_listed())
        if count:
            here = min(self.explorer.trial_place, count - 1)
            self.explorer.trial_place = (here + by) % count

    def close(self) -> None:
        """The tab is gone."""
        super().close()
        self.form.job.cancel()

    def report(self) -> io.BytesIO:
        """The report as one HTML file."""
        return io.BytesIO(report_html(self.explorer.trial_report()).encode())

    def tables(self) -> Mapping[str, Callable[[], Any]]:
        """Verdicts, and the objects that are listed."""
        if self.explorer.trial_found() is None:
            return {}
        return {
            "Verdicts of the checks": self.explorer.trial_verdict_table,
            "Objects of the cell": self.explorer.trial_objects_table,
        }
