"""Panels of the last steps with a real lens: its source, the checks of it, several lenses."""

from __future__ import annotations

from typing import Any

import panel as pn

from astroviz.dashboards.appearance import card, figure_pane, framed, note
from astroviz.dashboards.lensing_real_panels import Panels, row_of
from astroviz.dashboards.room_view import GAP
from astroviz.plots.curves import Curve, Curves
from astroviz.plots.image import ImageGrid, ImagePlot
from astroviz.plots.ladder import Ladder

__all__ = ["CheckPanels", "FamilyPanels", "SourcePanels"]


class SourcePanels(Panels):
    """Mean and standard deviation of the source, draws of it, what each leaves over."""

    def __init__(self, dark: bool) -> None:
        super().__init__(dark)
        self.mean = ImagePlot("real-mean", dark, label="data units", layers=("caustic",))
        self.spread = ImagePlot(
            "real-sd", dark, label="data units", colours="spread", share=self.mean,
        )  # fmt: skip
        self.draws = ImageGrid("real-draws", dark, columns=4)
        self.left = ImagePlot(
            "real-draw-left", dark, label="data \u2212 model (noise map)", scaling="symmetric",
        )  # fmt: skip
        self.data = ImagePlot(
            "real-draw-data", dark, label="data units", scaling="asinh", share=self.left,
            layers=("critical",),
        )  # fmt: skip
        self.plots = (self.mean, self.spread, self.draws, self.left, self.data)
        self.chosen: int | None = None
        self._explorer: Any = None
        self._top = 1.0
        self.draws.on_pick(self._pick)
        first = pn.Column(
            card("Data", framed(figure_pane(self.data.layout))),
            card("Residual of the draw that is marked", framed(figure_pane(self.left.layout))),
            sizing_mode="stretch_both", margin=0, styles=GAP,
        )  # fmt: skip
        second = pn.Column(
            card("Source: mean of the draws", framed(figure_pane(self.mean.layout))),
            card("Source: standard deviation", framed(figure_pane(self.spread.layout))),
            sizing_mode="stretch_both", margin=0, styles=GAP,
        )  # fmt: skip
        third = card("Draws of the source, each with a lens of its own",
                     framed(figure_pane(self.draws.layout)))  # fmt: skip
        self.layout = row_of(first, second, third)

    def show(self, explorer: Any) -> None:
        """Draw the answer; the data alone until there is one."""
        self._explorer = explorer
        scene = explorer.real_source_scene()
        count = len(scene["samples"])
        if count and (self.chosen is None or self.chosen >= count):
            self.chosen = 0
        self.data.update(scene["data"], scene["pixel_scale"], limits=scene["limits"])
        self.data.set_layer("critical", scene["critical"])
        self._top = top = scene["top"]
        for plot, name, limits in (
            (self.mean, "mean", (0.0, top)), (self.spread, "sd", None)
        ):  # fmt: skip
            plot.update(scene[name], scene["source_scale"], centre=scene["centre"], limits=limits)
        self.mean.set_layer("caustic", scene["caustic"])
        self.draws.update(scene["samples"], scene["labels"], (0.0, top), self.chosen)
        self._show_draw()

    def _show_draw(self) -> None:
        scale, residual = self._explorer.real_draw_residual(self.chosen)
        self.left.update(residual, scale, limits=(-4.0, 4.0))

    def _pick(self, number: int) -> None:
        self.chosen = number
        self.draws.update(self.draws.images, self.draws.labels, (0.0, self._top), number)
        self._show_draw()

    def step(self, by: int) -> None:
        """Mark the next draw."""
        if len(self.draws.images):
            self._pick(((self.chosen or 0) + by) % len(self.draws.images))


class CheckPanels(Panels):
    """Residual power against noise, agreement of the chains, chi square beside its floor."""

    def __init__(self, dark: bool) -> None:
        super().__init__(dark)
        self.power = Curves(
            "real-power", "spatial frequency (cycles / arcsec)", "power (noise map = 1)",
            [
                Curve("noise of this frame, 68 %", "prior", "band", alpha=0.45),
                Curve("noise map as it is", "line", dash="dotted", width=1.25),
                Curve("residual, classic fit", "pinned", dash="dashed"),
                Curve("residual, score prior", "posterior"),
            ], dark,
        )  # fmt: skip
        self.chains = ImageGrid("real-chains", dark, columns=4)
        self.agreement = ImagePlot(
            "real-agreement", dark, label="R-hat (1 where chains agree)", colours="spread",
        )  # fmt: skip
        self.radius = Ladder("real-radius-check", "Einstein radius (arcsec)", dark)
        self.plots = (self.power, self.chains, self.agreement, self.radius)
        self.numbers = note("", margin=(0, 14, 8, 14))
        first = pn.Column(
            card("Power of what is left over", framed(figure_pane(self.power.layout))),
            card("Read off", self.numbers, height=220, sizing_mode="stretch_width",
                 scroll="y-auto"),
            sizing_mode="stretch_both", margin=0, styles=GAP,
        )  # fmt: skip
        second = pn.Column(
            card("Mean source of each chain", framed(figure_pane(self.chains.layout))),
            card("Where chains agree", framed(figure_pane(self.agreement.layout))),
            sizing_mode="stretch_both", margin=0, styles=GAP,
        )  # fmt: skip
        first.styles = {**first.styles, "flex": "5 1 0px"}
        second.styles = {**second.styles, "flex": "4 1 0px"}
        third = card("Einstein radius", framed(figure_pane(self.radius.layout)))
        third.styles = {**third.styles, "flex": "4 1 0px"}
        self.layout = pn.Row(
            first, second, third, sizing_mode="stretch_both", margin=0, styles=GAP
        )

    def show(self, explorer: Any) -> None:
        """Draw the checks of the answer, or of the fit alone."""
        scene = explorer.real_check_scene()
        self.power.update(scene["power"], scene["words"], scene["x_range"], scene["y_range"])
        self.chains.update(scene["chains"], scene["chain_labels"])
        self.agreement.update(
            scene["rhat"], scene["source_scale"], centre=scene["centre"], limits=(0.98, 1.3)
        )
        self.radius.update(scene["rungs"])
        self.numbers.object = scene["table"]


class FamilyPanels(Panels):
    """Sources and images of several lenses, all at one scale in kpc."""

    def __init__(self, dark: bool) -> None:
        super().__init__(dark)
        self.images = ImageGrid("real-family-images", dark, columns=6, scaling="asinh")
        self.sources = ImageGrid("real-family-sources", dark, columns=6)
        self.plots = (self.images, self.sources)
        self.words = note("", margin=(0, 14, 8, 14))
        panels = row_of(
            card("As seen, each as bright as the next", framed(figure_pane(self.images.layout))),
            card("Their sources at one scale", framed(figure_pane(self.sources.layout))),
        )
        self.layout = pn.Column(
            panels, card("Who they are", self.words, height=150, sizing_mode="stretch_width",
                         scroll="y-auto"),
            sizing_mode="stretch_both", margin=0, styles=GAP,
        )  # fmt: skip

    def show(self, explorer: Any) -> None:
        """Draw the lenses that are there."""
        scene = explorer.real_family_scene()
        self.images.update(scene["images"], scene["labels"], (0.0, 1.0))
        self.sources.update(scene["sources"], scene["kpc_labels"], (0.0, 1.0))
        self.words.object = scene["table"]
