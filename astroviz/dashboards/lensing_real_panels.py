"""Panels of the first steps with a real lens: its files, its noise, its fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import panel as pn

from astroviz.dashboards.appearance import card, figure_pane, framed, note
from astroviz.dashboards.room_view import GAP
from astroviz.plots.curves import Curve, Curves
from astroviz.plots.image import ImagePlot, link_cursors
from astroviz.plots.ladder import Ladder

__all__ = ["FilesPanels", "FitPanels", "NoisePanels", "Panels", "row_of"]

_MIDDLE = np.zeros((1, 2))


def row_of(*parts: Any) -> pn.Row:
    """Panels beside each other, equally wide."""
    for part in parts:
        part.styles = {**(part.styles or {}), "flex": "1 1 0px"}
    return pn.Row(*parts, sizing_mode="stretch_both", margin=0, styles=GAP)


class Panels:
    r"""What one step shows.

    Arguments:
        dark: Whether the ground is dark.

    Attributes:
        plots: Figures, told of the dark theme.
        layout: To be put on the stage.
    """

    plots: tuple[Any, ...] = ()
    layout: Any

    def __init__(self, dark: bool) -> None:
        self.dark = dark

    def show(self, explorer: Any) -> None:
        """Draw the present state."""
        raise NotImplementedError

    def set_dark(self, dark: bool) -> None:
        """Change between light and dark ground."""
        for plot in self.plots:
            plot.set_dark(dark)


class FilesPanels(Panels):
    """Image, noise map, PSF."""

    def __init__(self, dark: bool) -> None:
        super().__init__(dark)
        self.image = ImagePlot(
            "real-image", dark, label="brightness (data units)", scaling="asinh",
            layers=("masked", "circle"),
        )  # fmt: skip
        self.noise = ImagePlot(
            "real-noise", dark, label="noise map (data units)", colours="spread", scaling="asinh",
            share=self.image,
        )  # fmt: skip
        self.psf = ImagePlot("real-psf", dark, label="PSF (sum 1)", scaling="asinh")
        self.plots = (self.image, self.noise, self.psf)
        link_cursors(self.image, self.noise)
        self.facts = note("", margin=(0, 14, 8, 14))
        right = pn.Column(
            card("PSF", framed(figure_pane(self.psf.layout))),
            card("What was read", self.facts, height=236, sizing_mode="stretch_width",
                 scroll="y-auto"),
            sizing_mode="stretch_both", margin=0, styles=GAP,
        )  # fmt: skip
        self.layout = row_of(
            card("Image", framed(figure_pane(self.image.layout))),
            card("Noise map", framed(figure_pane(self.noise.layout))),
            right,
        )

    def show(self, explorer: Any) -> None:
        """Draw the whole frame."""
        scene = explorer.real_files_scene()
        self.image.update(scene["image"], scene["pixel_scale"])
        self.image.set_layer("circle", _MIDDLE, explorer.real_radius)
        self.noise.update(scene["noise"], scene["pixel_scale"])
        self.psf.update(scene["psf"], scene["pixel_scale"])
        rows = "".join(
            f"<tr><td>{name}</td><td class='number'>{value}</td></tr>"
            for name, value in scene["facts"]
        )
        self.facts.object = f"<table>{rows}</table>"


class NoisePanels(Panels):
    """What blank sky says about the noise map."""

    def __init__(self, dark: bool) -> None:
        super().__init__(dark)
        self.ratio = ImagePlot(
            "real-ratio", dark, label="data / noise map", scaling="symmetric",
            layers=("circle",),
        )  # fmt: skip
        self.spread = Curves(
            "real-spread", "data / noise map on blank sky", "pixels (fraction per unit)",
            [
                Curve("blank sky", "posterior", "bars", alpha=0.4),
                Curve("as the map says", "truth", dash="dashed"),
                Curve("as it is", "literature"),
            ], dark,
        )  # fmt: skip
        self.lags = Curves(
            "real-lags", "distance (pixels)", "correlation (fraction)",
            [
                Curve("no correlation", "line", dash="dotted", width=1.0),
                Curve("along rows", "posterior", "points"),
                Curve("along columns", "excess", "points", dash="dashed"),
                Curve("used in the fit", "truth", dash="dashed"),
            ], dark,
        )  # fmt: skip
        self.plots = (self.ratio, self.spread, self.lags)
        curves = pn.Column(
            card("Scatter of blank sky", framed(figure_pane(self.spread.layout))),
            card("Correlation of neighbours", framed(figure_pane(self.lags.layout))),
            sizing_mode="stretch_both", margin=0, styles=GAP,
        )  # fmt: skip
        self.layout = row_of(
            card("Blank sky that the noise is measured on",
                 framed(figure_pane(self.ratio.layout))), curves
        )  # fmt: skip

    def show(self, explorer: Any) -> None:
        """Draw what was measured."""
        scene = explorer.real_noise_scene()
        self.ratio.update(scene["ratio"], scene["pixel_scale"], limits=(-4.0, 4.0))
        self.ratio.set_layer("circle", _MIDDLE, explorer.real_radius)
        self.spread.update(
            {
                "blank sky": (scene["edges"], scene["heights"]),
                "as the map says": (scene["grid"], scene["unit"]),
                "as it is": (scene["grid"], scene["measured"]),
            },
            f"Blank sky scatters {scene['std']:.2f} times as much as the noise map says.",
            (-4.0, 4.0), (0.0, scene["top"]),
        )  # fmt: skip
        self.lags.update(
            {
                "no correlation": ([0.0, 6.0], [0.0, 0.0]),
                "along rows": (scene["lag"], scene["rows"]),
                "along columns": (scene["lag"], scene["columns"]),
                "used in the fit": (scene["used_lag"], scene["used"]),
            },
            f"Neighbouring pixels are correlated by {scene['rows'][1]:.2f}.",
            (-0.1, 5.1), (-0.12, 1.08),
        )  # fmt: skip


class FitPanels(Panels):
    """Data, model, residual; the source and the Einstein radius beside the literature."""

    def __init__(self, dark: bool) -> None:
        super().__init__(dark)
        flux: dict[str, Any] = {"label": "data units", "scaling": "asinh"}
        self.data = ImagePlot("real-data", dark, **flux, layers=("critical",))
        self.model = ImagePlot("real-model", dark, **flux, share=self.data, layers=("critical",))
        self.left = ImagePlot(
            "real-left", dark, label="data \u2212 model (noise map)", scaling="symmetric",
            share=self.data,
        )  # fmt: skip
        self.source = ImagePlot(
            "real-source", dark, label="data units", layers=("caustic",),
        )  # fmt: skip
        self.radius = Ladder("real-radius", "Einstein radius (arcsec)", dark)
        self.plots = (self.data, self.model, self.left, self.source, self.radius)
        link_cursors(self.data, self.model, self.left)
        first = pn.Column(
            card("Data", framed(figure_pane(self.data.layout))),
            card("Residual", framed(figure_pane(self.left.layout))),
            sizing_mode="stretch_both", margin=0, styles=GAP,
        )  # fmt: skip
        second = pn.Column(
            card("Model: lens light and lensed source", framed(figure_pane(self.model.layout))),
            card("Source of the fit", framed(figure_pane(self.source.layout))),
            sizing_mode="stretch_both", margin=0, styles=GAP,
        )  # fmt: skip
        self.numbers = note("", margin=(0, 14, 8, 14))
        third = pn.Column(
            card("Einstein radius", framed(figure_pane(self.radius.layout)), height=210,
                 sizing_mode="stretch_width"),
            card("Lens", self.numbers, scroll="y-auto"),
            sizing_mode="stretch_both", margin=0, styles=GAP,
        )  # fmt: skip
        self.layout = row_of(first, second, third)

    def show(self, explorer: Any) -> None:
        """Draw the fit; the data alone until there is one."""
        scene = explorer.real_fit_scene()
        scale = scene["pixel_scale"]
        limits = scene["limits"]
        self.data.update(scene["data"], scale, limits=limits)
        self.model.update(scene["model"], scale, limits=limits)
        self.left.update(scene["residual"], scale, limits=(-4.0, 4.0))
        for plot in (self.data, self.model):
            plot.set_layer("critical", scene["critical"])
        self.source.update(scene["source"], scene["source_scale"], centre=scene["centre"])
        self.source.set_layer("caustic", scene["caustic"])
        self.radius.update(scene["rungs"])
        self.numbers.object = scene["table"]
