r"""A real lens in a notebook: from its files to the source behind it, with what is left over."""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets as ui
import numpy as np
from bokeh.layouts import column, row

from astroviz.lensing.real_case import COVARIANCES
from astroviz.lensing.real_state import BUDGETS, STEPS
from astroviz.plots.image import ImageGrid, ImagePlot
from astroviz.plots.ladder import Ladder
from astroviz.plots.lensing_figures import power_figure
from astroviz.widgets.lensing import LensingWidget
from astroviz.widgets.lensing_stills import Still, still_of

__all__ = ["RealWidget"]

_CASE = frozenset({
    "real_data", "real_folder", "real_pixel_scale", "real_redshift_lens", "real_redshift_source",
    "real_light", "real_radius", "real_covariance",
})  # fmt: skip
_SIDE = 270


class RealWidget(LensingWidget):
    """Data, model, residual and source of the classic fit; draws under the score prior; checks.

    `fit()` and `sample()` do the work; `explorer.real_fit()` and `explorer.real_answer()` hold
    what they found.
    """

    name = "real"
    title = "A real lens"
    follows = _CASE | {"seed", "real_step"}

    def build(self) -> list[Any]:
        """Choices and buttons, pictures, numbers."""
        self.numbers = ui.HTML()
        data = [("simulated example", "example"), ("a folder", "folder"), ("files", "upload")]
        folder = ui.Text(description="folder", placeholder="with image, noise and psf .fits",
                         continuous_update=False, layout=ui.Layout(width="380px"))  # fmt: skip
        radius = ui.FloatSlider(description='radius (")', min=0.3, max=10.0, step=0.1,
                                continuous_update=False)  # fmt: skip
        choices = self.row(
            self.dropdown("real_data", "lens", data), self.control("real_folder", folder),
            self.control("real_radius", radius),
            self.dropdown("real_covariance", "noise", [(v, k) for k, v in COVARIANCES.items()]),
            self._make_files(),
        )  # fmt: skip
        chains = ui.BoundedIntText(description="chains", min=2, max=8,
                                   layout=ui.Layout(width="150px"))  # fmt: skip
        work = self.row(
            self.dropdown("real_budget", "time", [(f"{s} s", s) for s in BUDGETS], "160px"),
            self.dropdown("real_step", "numbers of", [(v, k) for k, v in STEPS.items()]),
            self.button("Fit the lens", self.fit, "The classic fit: a Gaussian-process source"),
            self.control("real_chains", chains),
            self.button("Draw sources", self.sample, "With the score prior, for several lenses"),
            self.stop_button(), *self.usual(),
        )  # fmt: skip
        canvas = self._make_canvas(self._make_plots())
        return [choices, work, canvas, self.numbers]

    def _make_plots(self) -> Any:
        flux: dict[str, Any] = {"scaling": "asinh"}
        self.data = ImagePlot("real-data", title="data", layers=("critical",), **flux)
        self.model = ImagePlot("real-model", title="model", layers=("critical",),
                               share=self.data, **flux)  # fmt: skip
        self.left = ImagePlot("real-left", title="(data \u2212 model) / noise map",
                              scaling="symmetric", share=self.data)  # fmt: skip
        self.source = ImagePlot("real-source", title="source of the fit", layers=("caustic",))
        self.mean = ImagePlot("real-mean", title="mean of the draws", layers=("caustic",))
        self.spread = ImagePlot("real-sd", title="standard deviation", colours="spread",
                                share=self.mean)  # fmt: skip
        self.draws_grid = ImageGrid("real-draws", columns=5)
        self.radius = Ladder("real-radius", "Einstein radius (arcsec)")
        self.power = power_figure("real-power")
        rows = [
            row(*(one.layout for one in group), height=_SIDE, sizing_mode="stretch_width")
            for group in (
                (self.data, self.model, self.left, self.source),
                (self.mean, self.spread, self.draws_grid),
                (self.power, self.radius),
            )
        ]
        return column(*rows, sizing_mode="stretch_width")

    def open_observation(self, explorer: Any, observation: Any) -> None:
        """Look at an observation of the user's."""
        explorer.real_look(observation)

    def refresh(self, names: set[str]) -> None:
        """Show what is known of the lens."""
        try:
            with self._canvas.together():
                self._show_fit(self.explorer.real_fit_scene())
                self._show_source(self.explorer.real_source_scene())
                self._show_checks()
            self._show_numbers()
        except ValueError as error:
            words = str(error)
            self._say(f"{words[:1].upper()}{words[1:]}.")

    def fit(self) -> None:
        """Fit the lens."""
        self.work("Fitting the lens", self.explorer.real_fitting, self._found)

    def sample(self) -> None:
        """Draw sources under the score prior."""
        self.work("Drawing sources", self.explorer.real_sampling, self._found)

    def stills(self) -> list[Still]:
        """Data, model, residual, sources."""
        shown = (self.data, self.model, self.left, self.source, self.mean, self.spread)
        return [still_of(one) for one in shown if np.isfinite(one.image).any()]

    def _found(self, found: Any) -> None:
        self.explorer.real_keep(found)
        self._show_head()
        self.refresh(set())

    def _show_fit(self, scene: dict[str, Any]) -> None:
        scale, limits = scene["pixel_scale"], scene["limits"]
        self.data.update(scene["data"], scale, limits=limits)
        self.model.update(scene["model"], scale, limits=limits)
        self.left.update(scene["residual"], scale, limits=(-4.0, 4.0))
        for plot in (self.data, self.model):
            plot.set_layer("critical", scene["critical"])
        self.source.update(scene["source"], scene["source_scale"], centre=scene["centre"])
        self.source.set_layer("caustic", scene["caustic"])
        self.radius.update(scene["rungs"])

    def _show_source(self, scene: dict[str, Any]) -> None:
        top, place = scene["top"], {"centre": scene["centre"]}
        self.mean.update(scene["mean"], scene["source_scale"], limits=(0.0, top), **place)
        self.spread.update(scene["sd"], scene["source_scale"], **place)
        self.mean.set_layer("caustic", scene["caustic"])
        self.draws_grid.update(scene["samples"][:10], scene["labels"][:10], (0.0, top))

    def _show_checks(self) -> None:
        if self.explorer.real_fit() is None:
            self.power.update({}, "Nothing is fitted yet.", (0.0, 1.0), (0.0, 1.0))
            return
        scene = self.explorer.real_check_scene()
        self.power.update(scene["power"], scene["words"], scene["x_range"], scene["y_range"])

    def _show_numbers(self) -> None:
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>"
            for name, value in self.explorer.real_facts()
        )
        lens = self.explorer.real_fit_scene().get("table", "")
        self.numbers.value = f"<table>{rows}</table>{lens}"

    def _make_files(self) -> Any:
        made = ui.FileUpload(accept=".fits,.fit,.gz", multiple=True, description="Your files",
                             tooltip="Image, noise map and PSF as FITS")  # fmt: skip

        def heard(change: Any) -> None:
            files = change["new"]
            if not files:
                return
            try:
                self.explorer.real_upload(
                    [str(one["name"]) for one in files], [bytes(one["content"]) for one in files]
                )
            except (ValueError, OSError) as error:
                words = str(error)
                self._say(f"{words[:1].upper()}{words[1:]}.")

        made.observe(heard, "value")
        return made
