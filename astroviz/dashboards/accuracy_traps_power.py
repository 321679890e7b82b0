"""The panels on power: how often each check notices, how small a fault, how many false alarms."""

from __future__ import annotations

from typing import Any

import numpy as np
import panel as pn

from astroviz.accuracy.defects import DEFECTS
from astroviz.accuracy.studies import SUITE
from astroviz.accuracy.traps_words import HEADS, short
from astroviz.dashboards.accuracy_traps_panels import traps_of
from astroviz.dashboards.appearance import card, figure_pane, framed, note
from astroviz.dashboards.lensing_real_panels import Panels
from astroviz.dashboards.room_view import GAP, choice, regret
from astroviz.plots.caught_table import CaughtTable
from astroviz.plots.false_alarms import FalseAlarms
from astroviz.plots.power_curves import PowerCurves

__all__ = ["PowerPanels"]


class PowerPanels(Panels):
    r"""Three figures of stored studies.

    Arguments:
        view: The view: `explorer`, `shell`.
    """

    follows = frozenset({"traps_trap", "traps_check"})

    def __init__(self, view: Any) -> None:
        super().__init__(view.shell.dark)
        self.explorer = view.explorer
        self.curves = PowerCurves("traps-power", self.dark)
        self.table = CaughtTable("traps-half", self.dark)
        self.alarms = FalseAlarms("traps-alarms", self.dark)
        self.plots = (self.curves, self.table, self.alarms)
        self.table.on_pick(self._on_cell)
        self.about = note("", margin=(2, 14, 6, 14))
        explorer = self.explorer
        trap = choice(explorer, "traps_trap", traps_of(), explorer.param.traps_trap.doc, 150)
        checks = {short(name): name for name in explorer.param.traps_check.objects}
        check = choice(explorer, "traps_check", checks, explorer.param.traps_check.doc, 176)
        left = pn.Column(
            card("How often it is noticed", framed(figure_pane(self.curves.layout)),
                 tools=(trap, check)),
            card("False alarms", framed(figure_pane(self.alarms.layout))),
            sizing_mode="stretch_both", margin=0, styles={**GAP, "flex": "5 1 0px"},
        )  # fmt: skip
        right = card(
            "Smallest fault that is noticed in half of the repeats",
            framed(figure_pane(self.table.layout)), self.about,
        )  # fmt: skip
        right.styles = {**(right.styles or {}), "flex": "6 1 0px"}
        self._body = pn.Row(left, right, sizing_mode="stretch_both", margin=0, styles=GAP)
        self.layout = pn.Column(self._body, sizing_mode="stretch_both", margin=0)

    def show(self, _explorer: Any = None) -> None:
        """Draw what is stored."""
        try:
            found = self.explorer.traps_power()
        except ValueError as error:
            sentence = str(error)
            self.layout[:] = [regret(f"{sentence[:1].upper()}{sentence[1:]}.")]
            return
        chosen = short(self.explorer.traps_check)
        self.curves.update(found.sizes, found.rates, chosen, found.suite, found.level)
        names, rates, repeats = found.alarms
        self.alarms.update(names, rates, repeats, found.level, found.band)
        self._draw_table(found)
        self.about.object = f"<p class='faint'>{found.about}</p>"

    def close(self) -> None:
        """Nothing is at work."""

    def _draw_table(self, found: Any) -> None:
        words = {"caught": "", "missed": "never in half of the repeats", "no": "does not fit"}
        states, texts = [], []
        for row in found.half:
            states.append(["no" if np.isinf(v) else "missed" if np.isnan(v) else "caught"
                           for v in row])  # fmt: skip
            texts.append([f"{v:.2g}".lstrip("0") if np.isfinite(v) else
                          "never" if np.isnan(v) else "" for v in row])  # fmt: skip
        names = [found.suite if name == SUITE else short(name) for name in found.checks]
        said = [
            [words[state] or DEFECTS[trap].measure(size) for state, trap, size in
             zip(row, DEFECTS, sizes, strict=True)]
            for row, sizes in zip(states, found.half, strict=True)
        ]  # fmt: skip
        row = (
            found.checks.index(self.explorer.traps_check)
            if self.explorer.traps_check in found.checks
            else 0
        )
        columns = [HEADS[name] for name in DEFECTS]
        chosen = (row, list(DEFECTS).index(self.explorer.traps_trap))
        self.table.update(names, columns, states, texts, said, chosen)

    def _on_cell(self, row: int, column: int) -> None:
        found = self.explorer.traps_power()
        check = found.checks[row]
        known = self.explorer.param.traps_check.objects
        self.explorer.param.update(
            traps_trap=list(DEFECTS)[column],
            traps_check=check if check in known else self.explorer.traps_check,
        )
