"""What it costs to call noise Gaussian: a lens or a chirp under both likelihoods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import card, figure_pane, framed, note, text
from astroviz.dashboards.job import Job
from astroviz.dashboards.live import instant
from astroviz.dashboards.room_view import GAP, RoomView
from astroviz.dashboards.watched import Watched
from astroviz.lensing.noise_state import NOISE_KINDS
from astroviz.plots.corner import Corner
from astroviz.plots.curves import Curve, Curves
from astroviz.plots.density import Axis
from astroviz.plots.image import ImageGrid, ImagePlot
from astroviz.plots.lensing_figures import chirp_figure, coverage_figure, draw_coverage

__all__ = ["NoiseView"]

_ASKED = frozenset({"noise_mode", "noise_kind", "noise_strength", "noise_draws", "seed"})
_MODES = {"A lens": "lens", "A chirp": "chirp"}
_KEY = (
    "<span style='color:#3d8fc4'>\u2501</span> learned \u2003"
    "<span style='color:#e69f00'>\u2505</span> Gaussian \u2003"
    "<span style='color:#e2661a'>\u2605</span> put in"
)
_WORDS = (
    "Parameters move by Langevin steps along the score of the noise of what is left over, "
    "<i>s</i>(data \u2212 model): no formula of the noise is needed, only examples of it (SLIC)."
)


class NoiseView(RoomView):
    """Corner plot under both likelihoods, the data, noise of three kinds, coverage."""

    name = "noise"
    follows = _ASKED

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        self.job = Job(self.shell, self._on_job)
        self.draws: Any = None
        self._corners: dict[str, Corner] = {}
        self._make_plots(self.shell.dark)
        self._make_controls()
        self.answers = self.live("noise", self._show)
        self.watched = Watched(self.answers, self.shell, "Walking under both likelihoods")
        self.layout = self._make_layout()
        self.start()

    # --- building ---------------------------------------------------------------------------

    def _make_plots(self, dark: bool) -> None:
        self.data = ImagePlot("noise-data", dark, label="noise map = 1")
        self.patches = ImageGrid(
            "noise-patches", dark, columns=6, scaling="symmetric", label="noise map = 1", bar=True
        )
        self.series = chirp_figure(
            "noise-series", dark, legend="top_left", tools="xpan,xwheel_zoom,reset"
        )
        self.strains = Curves(
            "noise-strains", "time (s)", "noise (whitened), each shifted",
            [
                Curve("as it is", "truth", width=1.25),
                Curve("drawn from what was learned", "posterior", width=1.25),
                Curve("Gaussian of the same power", "pinned", width=1.25),
            ], dark, legend="top_right",
        )  # fmt: skip
        self.coverage = coverage_figure("noise-coverage", dark, legend="top_left")
        self.plots = (self.data, self.patches, self.series, self.strains, self.coverage)

    def _make_controls(self) -> None:
        explorer = self.explorer
        self.mode = self._group(_MODES, "noise_mode")
        self.kind = pmui.Select(
            label="Whose noise", options={words: name for name, words in NOISE_KINDS.items()},
            value=explorer.noise_kind, size="small", margin=(12, 4, 2, 0),
            sizing_mode="stretch_width",
        )  # fmt: skip
        self.kind.param.watch(lambda e: self._set("noise_kind", e.new), "value")
        self.strength = instant(pmui.FloatSlider)(
            label="noise (usual = 1)", start=0.25, end=4.0, step=0.05,
            value=explorer.noise_strength, size="small", margin=(8, 0, 0, 0),
            sizing_mode="stretch_width",
        )  # fmt: skip
        self.strength.param.watch(lambda e: self._set("noise_strength", float(e.new)), "value")
        self.measure_button = pmui.Button(
            label="Measure", icon="straighten", variant="outlined", size="small",
            description="Forty fresh simulations, each sampled under both likelihoods",
            margin=(10, 0, 2, 0),
        )  # fmt: skip
        self.measure_button.on_click(lambda _: self.measure())
        self.numbers = note("", margin=(10, 0, 0, 0))

    def _group(self, options: Mapping[str, str], name: str) -> pmui.RadioButtonGroup:
        group = pmui.RadioButtonGroup(
            options=dict(options), value=getattr(self.explorer, name), size="small",
            margin=(4, 0), sizing_mode="stretch_width",
        )  # fmt: skip
        group.param.watch(lambda event: self._set(name, event.new), "value")
        return group

    def _make_layout(self) -> pn.Column:
        body = pn.Column(
            note(f"<p class='faint'>{_WORDS}</p>"), self.mode, self.kind, self.strength,
            self.numbers, sizing_mode="stretch_both", margin=(2, 12, 8, 12), scroll="y-auto",
        )  # fmt: skip
        left = card("What is measured", body, width=268, sizing_mode="stretch_height")
        key = note(_KEY, align="center", sizing_mode="fixed", width=236)
        self.corner_card = card("Parameters", tools=(key,))
        self.seen_card = card("Data")
        self.patch_card = card("Noise")
        covered = card(
            "Coverage of the intervals", framed(figure_pane(self.coverage.layout)),
            tools=(self.measure_button,),
        )  # fmt: skip
        self.measure_button.margin = (0, 4)
        upper = pn.Row(self.seen_card, covered, sizing_mode="stretch_both", margin=0, styles=GAP)
        right = pn.Column(upper, self.patch_card, sizing_mode="stretch_both", margin=0, styles=GAP)
        for part, share in (
            (self.seen_card, 1), (covered, 1), (self.corner_card, 5), (right, 7)
        ):  # fmt: skip
            part.styles = {**(part.styles or {}), "flex": f"{share} 1 0px"}
        panels = pn.Row(
            left, self.corner_card, right, sizing_mode="stretch_both", margin=0, styles=GAP
        )
        return self.stack(panels)

    def _corner(self) -> Corner:
        """The corner plot of the present mode; made when it is first wanted."""
        mode = self.explorer.noise_mode
        if mode not in self._corners:
            axes = [Axis(*one) for one in self.explorer.noise_axes()]
            made = Corner(axes, dark=self.shell.dark)
            made.legend.visible = False  # its words are in the head of the panel
            self._corners[mode] = made
            self.plots = (*self.plots, made)
        return self._corners[mode]

    # --- questions and answers ----------------------------------------------------------------

    def follow(self, names: set[str]) -> None:
        """Ask for what has changed."""
        explorer = self.explorer
        for widget, name in (
            (self.mode, "noise_mode"), (self.kind, "noise_kind"),
            (self.strength, "noise_strength"),
        ):  # fmt: skip
            if widget.value != getattr(explorer, name):
                widget.value = getattr(explorer, name)
        self.kind.visible = explorer.noise_mode == "lens"
        if names & {"noise_mode"}:
            self._show_mode()
        if names & {"noise_mode", "noise_kind"}:
            self._show_coverage()
        if names & _ASKED:
            self.answers.ask(explorer.noise_request)
            self.watched.start()

    def _show_mode(self) -> None:
        lens = self.explorer.noise_mode == "lens"
        shown = (
            (self.corner_card, "Parameters", self._corner()),
            (self.seen_card, "Data" if lens else "Data and chirps that fit",
             self.data if lens else self.series),
            (self.patch_card, "Noise of three kinds",
             self.patches if lens else self.strains),
        )  # fmt: skip
        for place, title, plot in shown:
            place[0][0] = text(title, bold=True, align="center")
            place[1:] = [framed(figure_pane(plot.layout))]

    def _show(self, draws: Any, complete: bool) -> None:
        scene = self.explorer.noise_scene(draws)
        if scene.mode != self.explorer.noise_mode:
            return
        self.draws = draws
        corner = self._corner()
        self._fill_corner(corner, scene)
        if scene.mode == "lens":
            self.data.update(scene.data, scene.pixel_scale, limits=(-4.0, 8.0))
            self.patches.update(scene.patches, scene.labels, (-4.0, 4.0))
        else:
            self._show_series(scene)
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td class='number'>{escape(value)}</td></tr>"
            for name, value in scene.facts
        )
        self.numbers.object = f"<table>{rows}</table>"

    def _fill_corner(self, corner: Corner, scene: Any) -> None:
        corner.overlay("pinned", scene.gaussian if len(scene.gaussian) else None)
        corner.update(scene.learned)
        corner.mark("truth", scene.truth)
        corner.fit()

    def _show_series(self, scene: Any) -> None:
        values: dict[str, Any] = {
            "data": (scene.times, scene.data), "true chirp": (scene.times, scene.model),
        }  # fmt: skip
        bands = {"Gaussian, 90 %": scene.gaussian_band, "learned, 90 %": scene.learned_band}
        for label, band in bands.items():
            if len(band[0]) and (label.startswith("Gauss") or len(scene.learned)):
                values[label] = (scene.times, *band)
        top = 1.1 * float(abs(scene.data).max())
        self.series.update(
            values, "A noisy series, the true chirp, and chirps that fit it.",
            (float(scene.times[0]), float(scene.times[-1])), (-top, top),
        )  # fmt: skip
        kinds = ("as it is", "drawn from what was learned", "Gaussian of the same power")
        strains = {
            kind: (scene.times, one)
            for kind, one in zip(kinds, scene.strains, strict=False)
            if len(one)
        }
        self.strains.update(
            strains, "Noise as it is, as it was learned, and Gaussian noise of the same power.",
            (float(scene.times[0]), float(scene.times[-1])), scene.strain_range,
        )  # fmt: skip

    # --- coverage -----------------------------------------------------------------------------

    def _show_coverage(self) -> None:
        draw_coverage(self.coverage, self.explorer.noise_coverage())

    def measure(self) -> None:
        """Measure coverage on fresh simulations."""
        try:
            work = self.explorer.noise_measuring()
        except ValueError as error:
            sentence = str(error)
            self.shell.say(sentence[:1].upper() + sentence[1:], "error")
            return
        self.job.start("Measuring coverage", work, self._measured)

    def _measured(self, found: Any) -> None:
        self.explorer.noise_keep(found)
        self._show_coverage()

    def _on_job(self) -> None:
        self.measure_button.disabled = self.job.running

    # --- what every view offers -----------------------------------------------------------------

    def _set(self, name: str, value: Any) -> None:
        if getattr(self.explorer, name) != value:
            setattr(self.explorer, name, value)

    def step(self, by: int) -> None:
        """Other noise: the next or the previous seed."""
        self.explorer.seed = max(0, self.explorer.seed + by)

    def tables(self) -> Mapping[str, Callable[[], Any]]:
        """The draws under both likelihoods."""
        if self.draws is None:
            return {}
        return {"Draws under both likelihoods": lambda: self.explorer.noise_table(self.draws)}
