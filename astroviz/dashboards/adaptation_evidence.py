"""The view of the evidence: coverage, distances, bias on the sky, baselines and populations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.adaptation_latent import PARAMETERS, choice
from astroviz.dashboards.adaptation_linked import GAP, LinkedView, brush, faint
from astroviz.dashboards.adaptation_words import CURVES
from astroviz.dashboards.appearance import card, figure_pane, framed, note
from astroviz.plots.baselines import BaselineTable
from astroviz.plots.bias_sky import BiasSky
from astroviz.plots.coverage_bars import CoverageComparison
from astroviz.plots.prior_shift import PriorShift
from astroviz.plots.training_film import TrainingFilm
from astroviz.stars.adaptation_scores import SHOWN

__all__ = ["EvidenceView"]

_DISTANCES = ("transport", "discrepancy", "sliced", "auc")
_GOALS = {"coverage": 0.9, "bias": 0.0}
_UNITS = {"age": "dex", "mass": "dex", "A_V": "mag"}
_USUAL = "coverage of log age"
_BESIDE = ("arm", "target", "title", "seeds", "stars")


class EvidenceView(LinkedView):
    """Four panels of what can be measured of an adaptation."""

    name = "evidence"

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        dark = self.shell.dark
        self.coverage = CoverageComparison(dark=dark)
        self.film = TrainingFilm(dark=dark)
        self.sky = BiasSky(dark=dark)
        self.baselines = BaselineTable(dark=dark)
        self.populations = PriorShift(dark=dark)
        self.plots = (self.coverage, self.film, self.sky, self.baselines, self.populations)
        self.film.on_scrub(page.scrub)
        self.sky.on_brush(lambda rows, mode: brush(self.explorer, rows + self.real_from, mode))
        self.sky.on_pick(self._on_pick)
        self.sky_words = note("", margin=(0, 14, 6, 14))
        self.last_words = note("", margin=(0, 14, 6, 14))
        self.last_pane = figure_pane(self.baselines.layout)
        self._make_choices()
        self.layout = self._make_layout()
        self.start()

    def show_populations(self) -> None:
        """Show the histograms of ages and masses instead of the baselines."""
        self.which.value = "populations"

    def _make_choices(self) -> None:
        small = {"size": "small", "margin": (0, 4), "align": "center"}
        self.figure = pmui.Select(
            options=self._figures(), value=self._first(), width=170, variant="standard",
            description="Figure of merit of the arms", **small,
        )  # fmt: skip
        self.which = pmui.RadioButtonGroup(
            options={"Baselines": "arms", "Populations": "populations"}, value="arms", **small
        )
        self.figure.param.watch(lambda _: self._show_last(), "value")
        self.which.param.watch(lambda _: self._show_which(), "value")

    def _make_layout(self) -> pn.Column:
        parameter = choice(
            self.explorer, "parameter", PARAMETERS, "Parameter whose bias is drawn", 120
        )
        coverage = card("Coverage of test stars", framed(figure_pane(self.coverage.layout)))
        film = card(
            "Distances of the two clouds: drag to go back in time",
            framed(figure_pane(self.film.layout)),
        )
        sky = card(
            "Bias on the sky", framed(figure_pane(self.sky.layout)), self.sky_words,
            tools=(parameter,),
        )  # fmt: skip
        last = card(
            "Baselines and populations", framed(self.last_pane), self.last_words,
            tools=(self.figure, self.which),
        )  # fmt: skip
        rows = [
            pn.Row(*pair, sizing_mode="stretch_both", margin=0, styles=GAP)
            for pair in ((coverage, film), (sky, last))
        ]
        # Nine arms need more room than a row of bars.
        rows[0].styles = {**GAP, "flex": "9 1 0px"}
        rows[1].param.update(margin=(10, 0, 0, 0), styles={**GAP, "flex": "11 1 0px"})
        panels = pn.Column(*rows, sizing_mode="stretch_both", margin=0)
        return self.stack(panels)

    # What is shown

    def show_film(self) -> None:
        """Another arm or another target."""
        found = self.explorer.coverage()
        self.coverage.update(found.parameters, found.levels, found.series, found.errors)
        steps, curves = self.explorer.curves()
        self.film.update(steps, {CURVES[name][0]: curves[name] for name in _DISTANCES})
        self.figure.options = self._figures()
        self._show_which()
        self.show_frame()

    def show_frame(self) -> None:
        """Another frame: the cursor moves, and the bias."""
        self.film.set_cursor(self.explorer.step)
        self._show_sky()

    def show_selection(self) -> None:
        """Ring the selection on the sky."""
        first, picked = self.real_from, self.explorer.picked
        rows = [row - first for row in self.explorer.selection if row >= first]
        here = None if picked is None or picked < first else picked - first
        self.sky.select(rows, here)

    def follow(self, names: Iterable[str]) -> None:
        """Another parameter."""
        if "parameter" in set(names):
            self._show_sky()

    def _show_sky(self) -> None:
        one = next(p for p in SHOWN if p.name == self.explorer.parameter)
        _, longitude, latitude, bias = self.explorer.bias_sky()
        self.sky.update(longitude, latitude, bias, one.label, one.unit)
        placed = np.isfinite(longitude)
        self.sky_words.object = (
            faint("Galactic coordinates of the real stars, at the frame that is shown.")
            if placed.any()
            else faint("These stars have no positions.")
        )

    def _figures(self) -> list[str]:
        """Figures that the table of arms has for this target."""
        rows = [
            row
            for row in self.explorer.experiment.card.metrics.get("table", [])
            if row["target"] == self.explorer.target
        ]
        return [name for name in rows[0] if name not in _BESIDE] if rows else []

    def _first(self) -> str | None:
        """Figure to begin with."""
        found = self._figures()
        return _USUAL if _USUAL in found else next(iter(found), None)

    def _show_which(self) -> None:
        populations = self.which.value == "populations"
        self.figure.visible = not populations
        plot = self.populations if populations else self.baselines
        if self.last_pane.object is not plot.layout:
            self.last_pane.object = plot.layout
        self._show_last()

    def _show_last(self) -> None:
        if self.which.value == "populations":
            self._show_shift()
        else:
            self._show_arms()

    def _show_arms(self) -> None:
        figure = self.figure.value
        if not figure:
            self.baselines.update([], [], [], "", "")
            self.last_words.object = faint("No baselines were run on this target.")
            return
        arms, values, spread = self.explorer.baselines(figure)
        goal = next((goal for word, goal in _GOALS.items() if figure.startswith(word)), None)
        unit = "" if figure.startswith("coverage") else _unit(figure)
        self.baselines.update(arms, values, spread, figure, unit, goal)
        seeds = max(
            (int(row["seeds"]) for row in self.explorer.experiment.card.metrics["table"]),
            default=0,
        )
        self.last_words.object = faint(
            f"Mean and spread over {seeds} seed{'s' * (seeds != 1)}, test stars that no arm "
            "learned from."
        )

    def _show_shift(self) -> None:
        shift = self.explorer.shift()
        for name, (edges, simulated, real) in shift.marginals().items():
            self.populations.update(name, edges, {"simulated": simulated, "real": real})
        known = (
            f"from {shift.labelled} labelled stars"
            if shift.labelled
            else "as the network without adaptation sees them"
        )
        self.last_words.object = faint(
            f"Real stars {known}: {shift.distance:.0%} of them would have to change age or mass "
            "to follow the simulator."
        )

    def _on_pick(self, row: int) -> None:
        self.explorer.picked = int(row) + self.real_from


def _unit(figure: str) -> str:
    return next((unit for word, unit in _UNITS.items() if word in figure), "")
