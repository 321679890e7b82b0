r"""Learned noise in a notebook: parameters under a Gaussian and under a learned likelihood."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as ui
import numpy as np
from bokeh.layouts import column, row

from astroviz.lensing.noise_state import NOISE_KINDS
from astroviz.plots.corner import Corner
from astroviz.plots.density import Axis
from astroviz.plots.image import ImageGrid, ImagePlot
from astroviz.plots.lensing_figures import chirp_figure, coverage_figure, draw_coverage
from astroviz.widgets.lensing import LensingWidget
from astroviz.widgets.lensing_stills import Still, still_of

if TYPE_CHECKING:
    from astroviz.core.draws import Draws

__all__ = ["NoiseWidget"]

_HEIGHT = 460


class NoiseWidget(LensingWidget):
    """A corner plot under both likelihoods, data, noise patches, coverage."""

    name = "noise"
    title = "Noise that is not Gaussian"
    follows = frozenset({"noise_mode", "noise_kind", "noise_strength", "noise_draws", "seed"})

    def build(self) -> list[Any]:
        """Choices, the corner plot, data and noise, coverage."""
        self._corner_of = ""
        modes = [("a lens in an image", "lens"), ("a chirp in a series", "chirp")]
        strength = ui.FloatSlider(description="noise", min=0.25, max=4.0, step=0.05)
        measure = self.button(
            "Measure coverage", self.measure, "Fresh simulations under both likelihoods"
        )
        choices = self.row(
            self.dropdown("noise_mode", "what", modes),
            self.dropdown("noise_kind", "noise of", [(v, k) for k, v in NOISE_KINDS.items()]),
            self.control("noise_strength", strength), measure, self.stop_button(), *self.usual(),
        )  # fmt: skip
        self._make_plots()
        self._place = column(sizing_mode="stretch_both")
        side = column(self.data.layout, self.series.layout, sizing_mode="stretch_both")
        far = column(self.patches.layout, self.coverage.layout, sizing_mode="stretch_both")
        canvas = self._make_canvas(
            row(self._place, side, far, height=_HEIGHT, sizing_mode="stretch_width")
        )
        self.numbers = ui.HTML()
        return [choices, canvas, self.numbers]

    def _make_plots(self) -> None:
        self.data = ImagePlot("noise-data", title="data", label="data units")
        self.patches = ImageGrid("noise-patches", columns=4)
        self.series = chirp_figure("noise-series")
        self.coverage = coverage_figure("noise-coverage")

    def refresh(self, names: set[str]) -> None:
        """Ask for draws under both likelihoods."""
        self._show_coverage()
        self._asker.ask(self.explorer.noise_request())

    def show(self, draws: Draws) -> None:
        """Draw an answer."""
        scene = self.explorer.noise_scene(draws)
        with self._canvas.together():
            self._show_corner(scene)
            lens = scene.mode == "lens"
            self.data.figure.visible, self.series.figure.visible = lens, not lens
            self.patches.figure.visible = lens
            if lens:
                self.data.update(scene.data, scene.pixel_scale)
                self.patches.update(scene.patches, scene.labels, (-4.0, 4.0))
            else:
                self._show_series(scene)
        self.numbers.value = " &middot; ".join(
            f"{escape(name)} {escape(value)}" for name, value in scene.facts
        )

    def measure(self) -> None:
        """Measure coverage on fresh simulations."""
        self.work("Measuring coverage", self.explorer.noise_measuring, self._measured)

    def stills(self) -> list[Still]:
        """Data and noise of a lens; of a chirp there is no picture."""
        if self.explorer.noise_mode != "lens":
            return []
        patches = self.patches.images[:3]
        labels = [*self.patches.labels, "", "", ""]
        return [still_of(self.data, "data")] + [
            (labels[k], patch, (-4.0, 4.0), "RdBu_r") for k, patch in enumerate(patches)
        ]

    def _show_corner(self, scene: Any) -> None:
        if self._corner_of != scene.mode:
            self._corner_of = scene.mode
            self.corner = Corner([Axis(*one) for one in self.explorer.noise_axes()])
            self._place.children = [self.corner.layout]
        self.corner.overlay("pinned", scene.gaussian)
        self.corner.update(scene.learned if len(scene.learned) else scene.gaussian)
        self.corner.mark("truth", scene.truth)
        self.corner.fit()

    def _show_series(self, scene: Any) -> None:
        values: dict[str, Any] = {
            "data": (scene.times, scene.data), "true chirp": (scene.times, scene.model),
            "Gaussian, 90 %": (scene.times, *scene.gaussian_band),
        }  # fmt: skip
        if len(scene.learned):
            values["learned, 90 %"] = (scene.times, *scene.learned_band)
        top = 1.1 * float(np.abs(scene.data).max())
        ends = float(scene.times[0]), float(scene.times[-1])
        self.series.update(values, "A noisy series and chirps that fit it.", ends, (-top, top))

    def _show_coverage(self) -> None:
        draw_coverage(self.coverage, self.explorer.noise_coverage())

    def _measured(self, found: Any) -> None:
        self.explorer.noise_keep(found)
        with self._canvas.together():
            self._show_coverage()
