"""Panels of the first steps with a real lens: its files, its noise, its fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import card, figure_pane, framed, note
from astroviz.dashboards.room_view import GAP
from astroviz.plots.curves import Curve, Curves
from astroviz.plots.image import ImagePlot, link_cursors
from astroviz.plots.ladder import Ladder

__all__ = ["FilesPanels", "FitPanels", "NoisePanels", "Panels", "row_of", "switch"]

_MIDDLE = np.zeros((1, 2))


def row_of(*parts: Any, shares: tuple[int, ...] = ()) -> pn.Row:
    """Panels beside each other, equally wide unless shares are given."""
    for part, share in zip(parts, shares or (1,) * len(parts), strict=True):
        part.styles = {**(part.styles or {}), "flex": f"{share} 1 0px"}
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
        image = card("Image", framed(figure_pane(self.image.layout)))
        beside = pn.Column(
            card("Noise map", framed(figure_pane(self.noise.layout))),
            card("PSF", framed(figure_pane(self.psf.layout))),
            sizing_mode="stretch_both", margin=0, styles=GAP,
        )  # fmt: skip
        self.layout = row_of(image, beside, shares=(8, 5))

    def show(self, explorer: Any) -> None:
        """Draw the whole frame."""
        scene = explorer.real_files_scene()
        self.image.update(scene["image"], scene["pixel_scale"])
        self.image.set_layer("circle", _MIDDLE, explorer.real_radius)
        self.noise.update(scene["noise"], scene["pixel_scale"])
        self.psf.update(scene["psf"], scene["pixel_scale"])


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
    """Data or model, residual, source, and the Einstein radius beside the literature."""

    def __init__(self, dark: bool) -> None:
        super().__init__(dark)
        self.data = ImagePlot(
            "real-data", dark, label="data units", scaling="asinh", layers=("critical",)
        )
        self.left = ImagePlot(
            "real-left", dark, label="data \u2212 model (noise map)", scaling="symmetric",
            share=self.data,
        )  # fmt: skip
        self.source = ImagePlot("real-source", dark, label="data units", layers=("caustic",))
        self.radius = Ladder("real-radius", "Einstein radius (arcsec)", dark)
        self.plots = (self.data, self.left, self.source, self.radius)
        link_cursors(self.data, self.left)
        self.scene: dict[str, Any] = {}
        self.which = switch({"Data": "data", "Model": "model"}, self._show_image)
        self.numbers = note("", margin=(0, 14, 8, 14))
        self.layout = row_of(
            _stack(
                card("Image", framed(figure_pane(self.data.layout)), tools=(self.which,)),
                card("Residual", framed(figure_pane(self.left.layout))),
            ),
            _stack(
                card("Source of the fit, with the caustic",
                     framed(figure_pane(self.source.layout))),
                card("Einstein radius", framed(figure_pane(self.radius.layout)), height=232,
                     sizing_mode="stretch_width"),
            ),
            card("Lens", self.numbers, scroll="y-auto"),
            shares=(5, 5, 4),
        )  # fmt: skip

    def show(self, explorer: Any) -> None:
        """Draw the fit; the data alone until there is one."""
        self.scene = scene = explorer.real_fit_scene()
        self._show_image()
        self.left.update(scene["residual"], scene["pixel_scale"], limits=(-4.0, 4.0))
        self.data.set_layer("critical", scene["critical"])
        self.source.update(scene["source"], scene["source_scale"], centre=scene["centre"])
        self.source.set_layer("caustic", scene["caustic"])
        self.radius.update(scene["rungs"])
        self.numbers.object = scene["table"]

    def _show_image(self) -> None:
        if self.scene:
            image = self.scene[self.which.value]
            self.data.update(image, self.scene["pixel_scale"], limits=self.scene["limits"])


def switch(options: dict[str, str], act: Callable[[], None]) -> pmui.RadioButtonGroup:
    """A small choice in the head of a panel of what it shows."""
    made = pmui.RadioButtonGroup(
        options=options, value=next(iter(options.values())), size="small", align="center",
        margin=(2, 0),
    )  # fmt: skip
    made.param.watch(lambda _: act(), "value")
    return made


def _stack(*parts: Any) -> pn.Column:
    return pn.Column(*parts, sizing_mode="stretch_both", margin=0, styles=GAP)
