"""Sampling a source live: the observation, the draws as they form, their mean, their residual."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import card, figure_pane, framed, note
from astroviz.dashboards.job import Job
from astroviz.dashboards.lensing_sample_files import FilesForm
from astroviz.dashboards.lensing_sample_lens import LensCard
from astroviz.dashboards.lensing_sample_mask import MaskTools
from astroviz.dashboards.open_choice import open_choice
from astroviz.dashboards.paper import on_paper
from astroviz.dashboards.room_view import GAP, RoomView, choice
from astroviz.dashboards.watched import Watched
from astroviz.lensing.lens import LENS_NAMES
from astroviz.lensing.sample_priors import PRIORS
from astroviz.lensing.sample_state import COUNTS, QUALITIES, SKIES
from astroviz.lensing.sampler_words import LABELS
from astroviz.plots.curves import Curve, Curves
from astroviz.plots.image import LAYERS, ImageGrid, ImagePlot, Layer, link_cursors

__all__ = ["SampleView"]

_LENS = frozenset(f"sample_{name}" for name in LENS_NAMES)
_SKY = frozenset({
    "sample_sky", "sample_truth", "sample_source", "sample_frame", "sample_noise", "sample_blur",
    "sample_sky_seed", "sample_mask", "sample_radius", "sample_covariance",
})  # fmt: skip
_HOW = frozenset({"sample_prior", "sample_sampler", "sample_quality", "sample_count", "seed"})
_ASKED = _LENS | _SKY | _HOW
_SPARE: dict[str, Any] = {"axes": None, "tools": ""}
_RESIDUAL = 4.0  # times the noise, the ends of the colours


class SampleView(RoomView):
    """Observation and lens on the left, draws in the middle, what they add up to on the right."""

    name = "sample"
    follows = _ASKED

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        self.draws: Any = None
        self.shown: Any = None
        self._make_plots()
        self.lens = LensCard(self.explorer, self.explorer.observe_assumed)
        self.mask = MaskTools(self.explorer, self.sky, self.shell.say)
        self.job = Job(self.shell)
        self.files = FilesForm(self.explorer, self.shell.say, self._read)
        self.flag = pmui.Button(
            label="Does the prior fit?", icon="flag", variant="text", size="small",
            align="center", margin=0,
            description="Samples 208 simulated observations like this one, and says how unusual "
            "this one is among them",
        )  # fmt: skip
        self.flag.on_click(lambda _: self.ask_flag())
        self.flagged = ""
        self.cost = note("", margin=(0, 12, 8, 12), height=62)
        self.figures = note("", margin=(0, 12, 4, 12))
        self.answers = self.live("samples", self._show)
        self.watched = Watched(self.answers, self.shell, "Sampling the source", self.job)
        self.layout = self._make_layout()
        self.start()

    # --- building ---------------------------------------------------------------------------

    def _make_plots(self) -> None:
        dark = self.shell.dark
        layers = {
            "masked": LAYERS["masked"],
            "stroke": Layer("curves", "#56b4e9", {"line_width": 2}),
        }
        self.sky = ImagePlot(
            "sample-data", dark, label="brightness (data units)", scaling="asinh", layers=layers,
            tools="wheel_zoom,reset",
        )  # fmt: skip
        self.grid = ImageGrid(
            "sample-draws", dark, label="brightness (prior units)", bar=True, scaling="asinh"
        )
        flux = {"scaling": "asinh", **_SPARE, "bar": False}
        self.truth = ImagePlot("sample-truth", dark, title="truth", **flux)
        self.mean = ImagePlot("sample-mean", dark, title="mean", share=self.truth, **flux)
        self.sd = ImagePlot(
            "sample-sd", dark, title="standard deviation", colours="spread", share=self.truth,
            **_SPARE, bar=False,
        )  # fmt: skip
        link_cursors(self.truth, self.mean, self.sd)
        on_paper(self.truth, self.mean, self.sd)
        self.residual = ImagePlot(
            "sample-residual", dark, scaling="symmetric", **_SPARE,
            title="(data \u2212 model) / noise",
        )  # fmt: skip
        link_cursors(self.sky, self.residual)
        step = "step of the sampler"
        self.chi = Curves(
            "sample-chi", step, "reduced \u03c7\u00b2",
            [Curve("noise alone", "goal", dash="dashed", width=1.5), Curve("draws", "posterior")],
            dark, y_axis_type="log",
        )  # fmt: skip
        self.balance = Curves(
            "sample-balance", step, "score norm",
            [Curve("prior", "prior"), Curve("likelihood", "truth")], dark, y_axis_type="log",
        )  # fmt: skip
        self.plots = (
            self.sky, self.grid, self.truth, self.mean, self.sd, self.residual, self.chi,
            self.balance,
        )  # fmt: skip

    def _make_layout(self) -> pn.Column:
        panels = pn.Row(
            self._left(), self._middle(), self._right(),
            sizing_mode="stretch_both", margin=0, styles=GAP,
        )  # fmt: skip
        return self.stack(panels)

    def _left(self) -> pn.Column:
        sky = choice(
            self.explorer, "sample_sky", {v: k for k, v in SKIES.items()},
            "Which observation is looked at", 150,
        )  # fmt: skip
        observed = card(
            "Observation", self.files.layout, framed(figure_pane(self.sky.layout)),
            self.mask.layout, tools=(sky,),
        )  # fmt: skip
        return pn.Column(
            observed, self.lens.layout, width=352, sizing_mode="stretch_height", margin=0,
            styles=GAP,
        )  # fmt: skip

    def _middle(self) -> pn.Column:
        explorer = self.explorer
        tools = (
            choice(explorer, "sample_prior", {v: k for k, v in PRIORS.items()},
                   "Prior of sources", 132),
            choice(explorer, "sample_sampler", {v: k for k, v in LABELS.items()},
                   "How the posterior is sampled", 104),
            choice(explorer, "sample_quality", {v: k for k, v in QUALITIES.items()},
                   "Steps: to be watched, or to be believed", 80),
            open_choice(explorer, "sample_count", COUNTS, "{:g} draws",
                        "Number of posterior samples", 78),
        )  # fmt: skip
        middle = card("Draws", framed(figure_pane(self.grid.layout)), self.cost, tools=tools)
        middle.styles = {**middle.styles, "flex": "11 1 0px"}
        return middle

    def _right(self) -> pn.Column:
        three = pn.Row(
            *(figure_pane(plot.layout) for plot in (self.truth, self.mean, self.sd)),
            sizing_mode="stretch_both", margin=0,
        )  # fmt: skip
        upper = card(
            "Source",
            framed(three),
            self.figures,
            tools=(self.flag,),
            height=234,
            sizing_mode="stretch_width",
        )
        curves = pn.Column(
            figure_pane(self.chi.layout), figure_pane(self.balance.layout),
            sizing_mode="stretch_both", margin=0, styles={"flex": "10 1 0px"},
        )  # fmt: skip
        residual = figure_pane(self.residual.layout)
        residual.styles = {"flex": "11 1 0px"}
        both = pn.Row(residual, curves, sizing_mode="stretch_both", margin=0)
        lower = card("Does it fit, and who pulls?", framed(both))
        right = pn.Column(upper, lower, sizing_mode="stretch_both", margin=0, styles=GAP)
        right.styles = {**GAP, "flex": "10 1 0px"}
        return right

    # --- questions and answers ----------------------------------------------------------------

    def follow(self, names: set[str]) -> None:
        """Ask for what has changed."""
        self.files.layout.visible = self.explorer.sample_sky == "mine"
        self.lens.follow()
        self._show_cost()
        if names & _ASKED and not self._waits_for_files:
            self.flagged = ""
            self._ask()

    @property
    def _waits_for_files(self) -> bool:
        """Whether one's own files are to be looked at that are not here yet."""
        return bool(self.explorer.sample_sky == "mine" and not self.explorer.sample_has_files)

    def step(self, by: int) -> None:
        """The next or the previous simulated observation."""
        self.explorer.sample_sky_seed = (self.explorer.sample_sky_seed + by) % 2**31

    def tables(self) -> Mapping[str, Callable[[], Any]]:
        """The draws, once they are all there."""
        if self.draws is None or not len(self.draws):
            return {}
        draws = self.draws
        return {"Draws of the source": lambda: self.explorer.sample_table(draws)}

    def _ask(self) -> None:
        self.answers.ask(self.explorer.sample_request)
        self.watched.start()

    def ask_flag(self) -> None:
        """Ask whether the prior fits this observation; takes a minute or two."""
        try:
            work = self.explorer.sample_flag_work()
        except ValueError as error:
            self.shell.say(str(error)[:1].upper() + str(error)[1:] + ".", "warning")
            return
        self.answers.cancel()
        self.job.start("Sampling 208 simulated observations", work, self._show_flag)

    def _show_flag(self, flag: Any) -> None:
        name = PRIORS[flag.prior]
        if flag.raised:
            words = f"<b>Out of distribution</b> for {name}: p = {flag.p:.3f}"
        else:
            words = f"Nothing unusual under {name}: p = {flag.p:.2f}"
        self.flagged = f"{words}, score {flag.score:.2f} (1: one in a hundred)"
        if self.shown is not None and self.shown.images is not None:
            self.figures.object = _figures(self.shown, self.flagged)

    def _read(self, work: Any) -> None:
        """Find a first lens of files that were read, then sample them."""
        self.answers.cancel()
        self.job.start("Fitting a first lens to your files", work, self.explorer.sample_keep)

    def _show(self, draws: Any, complete: bool) -> None:
        self.draws = draws if complete else None
        self.shown = shown = self.explorer.sample_pictures(draws)
        self._show_sky(shown)
        if shown.images is None:
            return
        self._show_source(shown)
        self._show_fit(shown)
        if complete:
            self.say()

    def _show_sky(self, shown: Any) -> None:
        self.sky.update(shown.data, shown.pixel_scale)
        self.sky.set_layer("masked", shown.outline)

    def _show_source(self, shown: Any) -> None:
        frame = shown.frame
        place: dict[str, Any] = {"centre": (frame.x, frame.y)}
        scale = frame.width / shown.mean.shape[0]
        best = shown.truth if shown.truth is not None else shown.mean
        limits = _limits(best)
        self.grid.update(shown.images, limits=limits)
        exact = shown.exact if shown.truth is None else None
        left = shown.truth if exact is None else exact[0]
        title = "truth" if shown.truth is not None else ("exact mean" if exact else "no truth")
        empty = np.full_like(shown.mean, np.nan)
        self.truth.update(
            left if left is not None else empty, scale, limits=limits, title=title, **place
        )
        self.mean.update(shown.mean, scale, limits=limits, **place)
        self.sd.update(shown.sd, scale, limits=(0.0, max(float(np.max(shown.sd)), 1e-6)), **place)
        self.figures.object = _figures(shown, self.flagged)

    def _show_fit(self, shown: Any) -> None:
        self.residual.update(shown.residual, shown.pixel_scale, limits=(-_RESIDUAL, _RESIDUAL))
        steps = np.arange(1, len(shown.trace["sigma"]) + 1)
        ends = (0.0, float(max(shown.step[1], 2)))
        chi, floor = shown.trace["chi_square"], shown.floor
        clipped = np.clip(chi, 1e-3, 1e6)
        words = f"Reduced chi square by step, at last {chi[-1]:.3g}; noise alone {floor:.3g}."
        self.chi.update(
            {"draws": (steps, clipped), "noise alone": (ends, (floor, floor))}, words, ends,
            _decades(np.append(clipped[len(clipped) // 4 :], floor)),
        )  # fmt: skip
        prior, likelihood = shown.trace["prior_score"], shown.trace["likelihood_score"]
        both = np.concatenate([prior, likelihood])
        self.balance.update(
            {"prior": (steps, prior), "likelihood": (steps, likelihood)},
            "Norms of the scores of prior and likelihood by step.", ends, _decades(both),
        )  # fmt: skip

    def _show_cost(self) -> None:
        words = f"<p class='faint'>{escape(self.explorer.sample_cost())}</p>"
        if self.cost.object != words:
            self.cost.object = words


def _limits(image: np.ndarray) -> tuple[float, float]:
    low, high = float(np.nanmin(image)), float(np.nanmax(image))
    return min(low, 0.0), high if high > min(low, 0.0) else 1.0


def _decades(values: np.ndarray) -> tuple[float, float]:
    """Ends of a logarithmic axis around what is positive."""
    found = values[np.isfinite(values) & (values > 0)]
    if not found.size:
        return 0.1, 10.0
    low, high = math.log10(float(found.min())), math.log10(float(found.max()))
    margin = max(0.08 * (high - low), 0.1)
    return 10 ** (low - margin), 10 ** (high + margin)


def _figures(shown: Any, flagged: str) -> str:
    """Figures under the pictures of the source."""
    parts = [f"\u03c7\u00b2 {shown.chi_square:.3f} (noise alone {shown.floor:.2f})"]
    if math.isfinite(shown.inside):
        parts.append(f"truth within 1 sd in {100 * shown.inside:.0f} % of bright pixels")
    parts.append(f"step {shown.step[0]} of {shown.step[1]}")
    line = " \u00b7 ".join(parts)
    more = f"<p>{flagged}</p>" if flagged else ""
    return f"<p class='faint' style='margin-bottom:2px'>{line}</p>{more}"
