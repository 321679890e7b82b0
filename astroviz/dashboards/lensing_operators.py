"""Samplers by instruments: a matrix of verdicts, and what each cell of it looks like."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import card, figure_pane, framed, note
from astroviz.dashboards.job import Job
from astroviz.dashboards.lensing_trust_badges import cell_of, coverage_of
from astroviz.dashboards.open_choice import open_choice
from astroviz.dashboards.paper import on_paper
from astroviz.dashboards.room_view import GAP, RoomView, choice
from astroviz.dashboards.watched import Watched
from astroviz.lensing.operators_state import JUDGED
from astroviz.lensing.problems import PROBLEMS
from astroviz.lensing.sample_priors import PRIORS
from astroviz.lensing.sampler_words import LABELS, cost
from astroviz.plots.image import ImageGrid, ImagePlot, link_cursors
from astroviz.plots.matrix import MatrixPlot
from astroviz.plots.uv import UvPlot

__all__ = ["OperatorsView"]

_ONE = frozenset({
    "operators_problem", "operators_sampler", "operators_quality", "operators_prior",
    "operators_count", "seed",
})  # fmt: skip
_QUICK = tuple(name for name in JUDGED if name != "smc")  # particles take minutes a cell
_ACROSS = {4: 4, 10: 5, 18: 6, 28: 7}  # pictures in a row
_SHORT = ("lens", "Hubble", "dishes", "hidden", "spectrum", "noise")
_SPARE: dict[str, Any] = {"axes": None, "tools": ""}
_DATA = {
    "lens": "image, asinh", "deconvolution": "image, wide pixels",
    "visibilities": "dirty image: the data carried back", "inpainting": "image, a part hidden",
    "grism": "dispersed image", "denoising": "noisy image",
}  # fmt: skip


class OperatorsView(RoomView):
    """The matrix and the data on the left, the posterior of the chosen cell on the right."""

    name = "operators"
    follows = _ONE | {"operators_truths"}

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        self.tests: dict[tuple[str, str], Any] = {}
        self.draws: Any = None
        self.shown: Any = None
        self.job = Job(self.shell, self._on_job)
        self._make_plots()
        self.numbers = note("", margin=(0, 12, 6, 12))
        self.said = note("", margin=(0, 12, 6, 12))
        self.answers = self.live("operators", self._show)
        self.watched = Watched(self.answers, self.shell, "Sampling the source", self.job)
        self.layout = self._make_layout()
        self._show_matrix()
        self.start()

    # --- building ---------------------------------------------------------------------------

    def _make_plots(self) -> None:
        dark = self.shell.dark
        self.matrix = MatrixPlot("operators-matrix", dark)
        self.matrix.on_pick(self._pick)
        self.data = ImagePlot("operators-data", dark, title="data", scaling="asinh", **_SPARE)
        self.reach = ImagePlot(
            "operators-reach", dark, title="what the data fix, 1 / sd", colours="spread", **_SPARE
        )
        self.uv = UvPlot("operators-uv", dark)
        flux = {"scaling": "asinh", **_SPARE, "bar": False}
        self.truth = ImagePlot("operators-truth", dark, title="truth", **flux)
        self.mean = ImagePlot("operators-mean", dark, title="mean", **flux)
        self.sd = ImagePlot("operators-sd", dark, title="standard deviation", colours="spread",
                            **_SPARE, bar=False)  # fmt: skip
        self.error = ImagePlot("operators-error", dark, title="(mean \u2212 truth) / sd",
                               scaling="symmetric", **_SPARE, bar=False)  # fmt: skip
        link_cursors(self.truth, self.mean, self.sd, self.error)
        on_paper(self.data, self.reach, self.truth, self.mean, self.sd, self.error)
        self.grid = ImageGrid("operators-draws", dark, label="brightness (prior units)", bar=True,
                              scaling="asinh")  # fmt: skip
        self.plots = (
            self.matrix, self.data, self.reach, self.uv, self.truth, self.mean, self.sd,
            self.error, self.grid,
        )  # fmt: skip

    def _make_layout(self) -> pn.Column:
        left = pn.Column(
            self._matrix_card(), self._data_card(), sizing_mode="stretch_both", margin=0,
            styles=GAP,
        )  # fmt: skip
        right = self._posterior_card()
        for part, share in ((left, 10), (right, 13)):
            part.styles = {**(part.styles or {}), "flex": f"{share} 1 0px"}
        panels = pn.Row(left, right, sizing_mode="stretch_both", margin=0, styles=GAP)
        return self.stack(panels)

    def _matrix_card(self) -> pn.Column:
        explorer = self.explorer
        sizes = choice(
            explorer, "operators_truths", {f"{n} skies": n for n in (8, 16, 32, 64)},
            "Observations of each cell", 82,
        )  # fmt: skip
        self.run_row = self._button("Measure its row", lambda: self.check(self._row()))
        self.run_all = self._button("All but SMC", lambda: self.check(_QUICK))
        made = card(
            "Variance, sampled over exact", framed(figure_pane(self.matrix.layout)), self.said,
            tools=(sizes, self.run_row, self.run_all),
        )  # fmt: skip
        made.styles = {**made.styles, "flex": "12 1 0px"}
        return made

    def _data_card(self) -> pn.Column:
        explorer = self.explorer
        what = choice(
            explorer, "operators_problem", {v: k for k, v in PROBLEMS.items()},
            "What is observed", 170,
        )  # fmt: skip
        self.side = pn.Column(sizing_mode="stretch_both", margin=0)
        self.side_panes = {
            True: figure_pane(self.uv.layout), False: figure_pane(self.reach.layout)
        }  # fmt: skip
        both = pn.Row(
            figure_pane(self.data.layout), self.side, sizing_mode="stretch_both", margin=0
        )
        made = card("Data", framed(both), tools=(what,))
        made.styles = {**made.styles, "flex": "10 1 0px"}
        return made

    def _posterior_card(self) -> pn.Column:
        explorer = self.explorer
        tools = (
            choice(explorer, "operators_prior", {v: k for k, v in PRIORS.items()},
                   "Prior of sources, which the truth follows", 150),
            choice(explorer, "operators_sampler", {v: k for k, v in LABELS.items()},
                   "How the posterior is sampled", 110),
            choice(explorer, "operators_quality", ["live", "reference"],
                   "Steps: to be watched, or to be believed", 90),
            open_choice(explorer, "operators_count", _ACROSS, "{:g} draws",
                        "Number of draws", 86),
        )  # fmt: skip
        summary = pn.Row(
            *(figure_pane(p.layout) for p in (self.truth, self.mean, self.sd, self.error)),
            sizing_mode="stretch_both", margin=0, styles={"flex": "10 1 0px"},
        )  # fmt: skip
        draws = figure_pane(self.grid.layout)
        draws.styles = {"flex": "17 1 0px"}
        body = pn.Column(summary, draws, sizing_mode="stretch_both", margin=0)
        return card("Posterior", framed(body), self.numbers, tools=tools)

    def _button(self, label: str, act: Callable[[], None]) -> pmui.Button:
        button = pmui.Button(label=label, variant="outlined", size="small", align="center",
                             margin=(0, 3))  # fmt: skip
        button.on_click(lambda _: act())
        return button

    # --- one cell -------------------------------------------------------------------------------

    def follow(self, names: set[str]) -> None:
        """Ask for what has changed."""
        if names & {"operators_problem", "operators_sampler"}:
            self.matrix.select(self._cell())
        if names & _ONE:
            self._ask()

    def step(self, by: int) -> None:
        """The next or the previous problem."""
        names = list(PROBLEMS)
        place = (names.index(self.explorer.operators_problem) + by) % len(names)
        self.explorer.operators_problem = names[place]

    def tables(self) -> Mapping[str, Callable[[], Any]]:
        """The draws, and the matrix where it was measured."""
        found: dict[str, Callable[[], Any]] = {}
        if self.draws is not None:
            draws = self.draws
            found["Draws of the source"] = lambda: self.explorer.operators_table(draws)
        if self.explorer.operators_studies():
            found["Matrix as measured here"] = self.explorer.operators_matrix_table
        return found

    def _ask(self) -> None:
        self.answers.ask(self.explorer.operators_request)
        self.watched.start()

    def _show(self, draws: Any, complete: bool) -> None:
        shown = self.explorer.operators_pictures(draws)
        if shown is None:
            return
        self.draws, self.shown = (draws if complete else None), shown
        self._show_data(shown)
        if shown.images is not None:
            self._show_posterior(shown)
            self._show_numbers(shown)

    def _show_data(self, shown: Any) -> None:
        dishes = shown.baselines is not None
        image = shown.dirty if dishes else shown.data
        self.data.update(image, 1.0, title=_DATA[shown.name])
        if dishes:
            self.uv.update(shown.baselines[:, 0], shown.baselines[:, 1])
        else:
            self.reach.update(shown.reach, 1.0)
        if list(self.side) != [self.side_panes[dishes]]:
            self.side[:] = [self.side_panes[dishes]]

    def _show_posterior(self, shown: Any) -> None:
        low, high = min(float(shown.truth.min()), 0.0), max(float(shown.truth.max()), 1e-6)
        self.truth.update(shown.truth, 1.0, limits=(low, high))
        self.mean.update(shown.mean, 1.0, limits=(low, high))
        self.sd.update(shown.sd, 1.0, limits=(0.0, max(float(shown.sd.max()), 1e-6)))
        self.error.update(shown.error, 1.0, limits=(-4.0, 4.0))
        self.grid.columns = _ACROSS.get(len(shown.images), 0)
        self.grid.update(shown.images, limits=(low, high))

    def _show_numbers(self, shown: Any) -> None:
        parts = [
            f"\u03c7\u00b2 {shown.chi_square:.3f} (noise alone 1)",
            f"step {shown.step[0]} of {shown.step[1]}",
        ]
        if shown.variance_ratio is not None:
            parts.append(f"variance {shown.variance_ratio:.2f} of the exact one here")
        line = " \u00b7 ".join(parts)
        words = f"<p>{line}</p><p class='faint'>{cost(self.explorer.operators_sampler)}</p>"
        if self.numbers.object != words:
            self.numbers.object = words

    # --- the matrix -----------------------------------------------------------------------------

    def _pick(self, row: int, column: int) -> None:
        self.explorer.param.update(
            operators_sampler=JUDGED[row], operators_problem=list(PROBLEMS)[column]
        )

    def _row(self) -> tuple[str, ...]:
        return (self.explorer.operators_sampler,)

    def _cell(self) -> tuple[int, int] | None:
        sampler = self.explorer.operators_sampler
        if sampler not in JUDGED:
            return None
        return JUDGED.index(sampler), list(PROBLEMS).index(self.explorer.operators_problem)

    def check(self, samplers: tuple[str, ...]) -> None:
        """Measure rows of the matrix; a sentence where a sampler is not in it."""
        wanted = tuple(name for name in samplers if name in JUDGED)
        if not wanted:
            name = LABELS[self.explorer.operators_sampler]
            self.shell.say(f"{name} is not in the matrix: choose one of its rows.", "info")
            return
        self.answers.cancel()
        work = self.explorer.operators_work(wanted, tuple(PROBLEMS))
        self.job.start("Measuring the matrix", work, self._keep)

    def _keep(self, found: Mapping[tuple[str, str], Any]) -> None:
        self.explorer.operators_keep(found)
        self.tests |= {cell: coverage_of(study) for cell, study in found.items()}
        self._show_matrix()

    def _show_matrix(self) -> None:
        studies, stored = self.explorer.operators_studies(), self.explorer.operators_stored()
        values = np.full((len(JUDGED), len(PROBLEMS)), math.nan)
        texts = [[""] * len(PROBLEMS) for _ in JUDGED]
        words = [["not measured yet: press \u201cMeasure its row\u201d"] * len(PROBLEMS)
                 for _ in JUDGED]  # fmt: skip
        for row, sampler in enumerate(JUDGED):
            for column, problem in enumerate(PROBLEMS):
                cell = (sampler, problem)
                title = f"{LABELS[sampler]}, {PROBLEMS[problem]}"
                made = cell_of(title, studies.get(cell), self.tests.get(cell), stored.get(cell))
                if made is not None:
                    values[row, column], texts[row][column], words[row][column] = made
        names = [LABELS[name] for name in JUDGED]
        self.matrix.update(names, _SHORT, values, texts, words, self._cell())
        here = (
            "measured here" if studies else ("shipped figures" if stored else "not measured yet")
        )
        self.said.object = (
            f"<p class='faint'>{here}; \u2713 variance, mean and coverage are right. Blue: too "
            "sure of itself; orange: too wide. Under the pointer: all figures.</p>"
        )

    def _on_job(self) -> None:
        for button in (self.run_row, self.run_all):
            button.disabled = self.job.running
