r"""One sampler on many instruments, in a notebook: data, truth, mean, deviation, draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as ui
import numpy as np
from bokeh.layouts import column, row

from astroviz.lensing.problems import PROBLEMS
from astroviz.lensing.sample_priors import PRIORS
from astroviz.lensing.sampler_words import LABELS, cost
from astroviz.plots.image import ImageGrid, ImagePlot
from astroviz.plots.uv import UvPlot
from astroviz.widgets.lensing import LensingWidget
from astroviz.widgets.lensing_stills import Still, still_of

if TYPE_CHECKING:
    from astroviz.core.draws import Draws

__all__ = ["OperatorsWidget"]

_SPARE: dict[str, Any] = {"axes": None, "tools": ""}
_SIDE = 240


class OperatorsWidget(LensingWidget):
    """Deconvolution, visibilities, gaps, spectra: the same question on other data."""

    name = "operators"
    title = "One sampler, many problems"
    follows = frozenset({
        "operators_problem", "operators_sampler", "operators_quality", "operators_prior",
        "operators_count", "seed",
    })  # fmt: skip

    def build(self) -> list[Any]:
        """Choices, pictures, figures."""
        self.numbers = ui.HTML()
        choices = self.row(
            self.dropdown("operators_problem", "data", [(v, k) for k, v in PROBLEMS.items()],
                          "300px"),
            self.dropdown("operators_prior", "prior", [(v, k) for k, v in PRIORS.items()]),
            self.dropdown("operators_sampler", "sampler", [(v, k) for k, v in LABELS.items()]),
            self.dropdown("operators_quality", "steps", ["live", "reference"]),
            self.stop_button(), *self.usual(),
        )  # fmt: skip
        flux: dict[str, Any] = {"scaling": "asinh", **_SPARE}
        self.data = ImagePlot("operators-data", title="data", **flux)
        self.uv = UvPlot("operators-uv")
        self.truth = ImagePlot("operators-truth", title="truth", bar=False, **flux)
        self.mean = ImagePlot("operators-mean", title="mean", bar=False, **flux)
        self.sd = ImagePlot("operators-sd", title="standard deviation", colours="spread",
                            **_SPARE)  # fmt: skip
        self.error = ImagePlot("operators-error", title="(mean \u2212 truth) / sd",
                               scaling="symmetric", **_SPARE)  # fmt: skip
        self.grid = ImageGrid("operators-draws", bar=True, columns=9, scaling="asinh")
        pictures = (self.data, self.uv, self.truth, self.mean, self.sd, self.error)
        upper = row(*(one.layout for one in pictures), height=_SIDE, sizing_mode="stretch_width")
        lower = row(self.grid.layout, height=_SIDE, sizing_mode="stretch_width")
        canvas = self._make_canvas(column(upper, lower, sizing_mode="stretch_width"))
        return [choices, canvas, self.numbers]

    def refresh(self, names: set[str]) -> None:
        """Ask for the draws of what is set."""
        try:
            self._asker.ask(self.explorer.operators_request())
        except ValueError as error:
            self._say(str(error))

    def preview(self, draws: Draws) -> None:
        """Draw what the chains look like so far."""
        self.show(draws)

    def show(self, draws: Draws) -> None:
        """Draw an answer."""
        shown = self.explorer.operators_pictures(draws)
        if shown is None:
            return
        dishes = shown.baselines is not None
        with self._canvas.together():
            self.uv.figure.visible = dishes
            self.data.update(shown.dirty if dishes else shown.data, 1.0)
            if dishes:
                self.uv.update(shown.baselines[:, 0], shown.baselines[:, 1])
            if shown.images is not None:
                self._show_posterior(shown)
        if shown.images is None:
            return
        words = f"reduced \u03c7\u00b2 {shown.chi_square:.3f} (noise alone 1)"
        words += f" &middot; step {shown.step[0]} of {shown.step[1]}"
        if shown.variance_ratio is not None:
            words += f" &middot; variance {shown.variance_ratio:.2f} of the exact one"
        self.numbers.value = f"{words}<br>{cost(self.explorer.operators_sampler)}"

    def stills(self) -> list[Still]:
        """Data, truth, mean, deviation, error."""
        shown = (self.data, self.truth, self.mean, self.sd, self.error)
        return [still_of(one) for one in shown if np.isfinite(one.image).any()]

    def _show_posterior(self, shown: Any) -> None:
        limits = min(float(shown.truth.min()), 0.0), max(float(shown.truth.max()), 1e-6)
        self.truth.update(shown.truth, 1.0, limits=limits)
        self.mean.update(shown.mean, 1.0, limits=limits)
        self.sd.update(shown.sd, 1.0, limits=(0.0, max(float(shown.sd.max()), 1e-6)))
        self.error.update(shown.error, 1.0, limits=(-4.0, 4.0))
        self.grid.update(shown.images[:18], limits=limits)
