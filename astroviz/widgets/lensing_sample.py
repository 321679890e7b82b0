r"""Sampling a source in a notebook: draws that form while one looks, and what they add up to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import ipywidgets as ui
import numpy as np
from bokeh.layouts import column, row

from astroviz.lensing.lens import LENS_NAMES
from astroviz.lensing.sample_priors import PRIORS
from astroviz.lensing.sample_state import QUALITIES, SKIES
from astroviz.lensing.sampler_words import LABELS
from astroviz.plots.image import ImageGrid, ImagePlot
from astroviz.widgets.lensing import LensingWidget
from astroviz.widgets.lensing_stills import Still, still_of

if TYPE_CHECKING:
    from astroviz.core.draws import Draws

__all__ = ["SampleWidget"]

_LENS = frozenset(f"sample_{name}" for name in LENS_NAMES)
_ASKED = _LENS | {
    "sample_sky", "sample_truth", "sample_source", "sample_frame", "sample_noise", "sample_blur",
    "sample_sky_seed", "sample_mask", "sample_radius", "sample_covariance", "sample_prior",
    "sample_sampler", "sample_quality", "sample_count", "seed",
}  # fmt: skip
_SIDE = 250
_RESIDUAL = 4.0  # times the noise, the ends of the colours


class SampleWidget(LensingWidget):
    """Observation, draws, mean, standard deviation and residual, with the assumed lens."""

    name = "sample"
    title = "The source behind a lens"
    follows = frozenset(_ASKED)

    def build(self) -> list[Any]:
        """Choices, sliders, pictures."""
        self.cost, self.numbers = ui.HTML(), ui.HTML()
        count = ui.BoundedIntText(description="draws", min=1, max=32,
                                  layout=ui.Layout(width="150px"))  # fmt: skip
        choices = self.row(
            self.dropdown("sample_sky", "sky", [(v, k) for k, v in SKIES.items()]),
            self.dropdown("sample_prior", "prior", [(v, k) for k, v in PRIORS.items()]),
            self.dropdown("sample_sampler", "sampler", [(v, k) for k, v in LABELS.items()]),
            self.dropdown("sample_quality", "steps", [(v, k) for k, v in QUALITIES.items()]),
            self.control("sample_count", count), self.stop_button(),
            *self.usual(),
        )  # fmt: skip
        flux: dict[str, Any] = {"axes": None, "tools": ""}
        self.sky = ImagePlot("data", title="observation", scaling="asinh",
                             label="brightness (data units)", layers=("masked",))  # fmt: skip
        self.residual = ImagePlot("residual", title="(data \u2212 model) / noise",
                                  scaling="symmetric", **flux)  # fmt: skip
        self.truth = ImagePlot("truth", title="truth", bar=False, **flux)
        self.mean = ImagePlot("mean", title="mean of the draws", bar=False, **flux)
        self.spread = ImagePlot("sd", title="standard deviation", colours="spread", **flux)
        self.grid = ImageGrid("draws", label="brightness (prior units)", bar=True, columns=8)
        pictures = (self.sky, self.residual, self.truth, self.mean, self.spread)
        upper = row(*(one.layout for one in pictures), height=_SIDE, sizing_mode="stretch_width")
        lower = row(self.grid.layout, height=_SIDE, sizing_mode="stretch_width")
        canvas = self._make_canvas(column(upper, lower, sizing_mode="stretch_width"))
        return [choices, self.lens_sliders("sample_"), self.cost, canvas, self.numbers]

    def open_observation(self, explorer: Any, observation: Any) -> None:
        """Look at an observation of the user's."""
        explorer.sample_open(observation)

    def refresh(self, names: set[str]) -> None:
        """Ask for the draws of what is set."""
        self.cost.value = self.explorer.sample_cost()
        try:
            request = self.explorer.sample_request()
        except ValueError as error:
            self._say(str(error))
            return
        self._asker.ask(request)

    def preview(self, draws: Draws) -> None:
        """Draw what the chains look like so far."""
        self._draw(self.explorer.sample_pictures(draws))

    def show(self, draws: Draws) -> None:
        """Draw an answer."""
        self._draw(self.explorer.sample_pictures(draws))

    def stills(self) -> list[Still]:
        """Observation, truth, mean, standard deviation, residual, and some draws."""
        stills = [
            still_of(one) for one in (self.sky, self.truth, self.mean, self.spread, self.residual)
            if np.isfinite(one.image).any()
        ]  # fmt: skip
        limits = self.mean.limits
        return stills + [
            (f"draw {k + 1}", image, limits, "magma")
            for k, image in enumerate(self.grid.images[: 8 - len(stills)])
        ]

    def _draw(self, shown: Any) -> None:
        with self._canvas.together():
            self.sky.update(shown.data, shown.pixel_scale)
            self.sky.set_layer("masked", shown.outline)
            if shown.images is None:
                return
            self._draw_source(shown)
            self.residual.update(shown.residual, shown.pixel_scale, limits=(-_RESIDUAL, _RESIDUAL))
        self.numbers.value = _numbers(shown)

    def _draw_source(self, shown: Any) -> None:
        scale = shown.frame.width / shown.mean.shape[0]
        best = shown.mean if shown.truth is None else shown.truth
        limits = min(float(best.min()), 0.0), max(float(best.max()), 1e-3)
        centre = (shown.frame.x, shown.frame.y)
        truth = np.full_like(shown.mean, np.nan) if shown.truth is None else shown.truth
        self.truth.update(truth, scale, limits=limits, centre=centre)
        self.mean.update(shown.mean, scale, limits=limits, centre=centre)
        self.spread.update(shown.sd, scale, centre=centre,
                           limits=(0.0, max(float(shown.sd.max()), 1e-6)))  # fmt: skip
        self.grid.update(shown.images, limits=limits)


def _numbers(shown: Any) -> str:
    parts = [f"reduced \u03c7\u00b2 {shown.chi_square:.3f} (noise alone {shown.floor:.2f})"]
    if math.isfinite(shown.inside):
        parts.append(f"truth within 1 sd in {100 * shown.inside:.0f} % of pixels")
    parts.append(f"step {shown.step[0]} of {shown.step[1]}")
    return " &middot; ".join(parts)
