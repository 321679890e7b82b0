"""Panels of the last steps with a real lens: its source, the checks of it, several lenses."""

from __future__ import annotations

from typing import Any

import panel as pn

from astroviz.dashboards.appearance import card, figure_pane, framed, note
from astroviz.dashboards.lensing_real_panels import Panels, row_of, switch
from astroviz.dashboards.room_view import GAP
from astroviz.lensing.real_family import SIDE_KPC
from astroviz.plots.image import ImageGrid, ImagePlot, link_cursors
from astroviz.plots.ladder import Ladder
from astroviz.plots.lensing_figures import power_figure

__all__ = ["CheckPanels", "FamilyPanels", "SourcePanels"]


class SourcePanels(Panels):
    """Image, mean and standard deviation of the source, draws of it."""

    def __init__(self, dark: bool) -> None:
        super().__init__(dark)
        self.image = ImagePlot(
            "real-draw", dark, label="data units", scaling="asinh", layers=("critical",)
        )
        self.left = ImagePlot(
            "real-draw-left", dark, label="data \u2212 model (noise map)", scaling="symmetric",
        )  # fmt: skip
        self.mean = ImagePlot("real-mean", dark, label="data units", layers=("caustic",))
        self.spread = ImagePlot(
            "real-sd", dark, label="data units", colours="spread", share=self.mean
        )
        self.draws = ImageGrid("real-draws", dark, columns=10)
        self.plots = (self.image, self.left, self.mean, self.spread, self.draws)
        link_cursors(self.mean, self.spread)
        self.chosen: int | None = None
        self.scene: dict[str, Any] = {}
        self._explorer: Any = None
        self._top = 1.0
        self.draws.on_pick(self._pick)
        self.what = switch(
            {"Data": "data", "Model": "model", "Residual": "residual"}, self._show_image
        )
        self.which = switch({"Mean": "mean", "Truth": "truth"}, self._show_source)
        self.pictures = {
            name: framed(figure_pane(plot.layout))
            for name, plot in (("flux", self.image), ("left", self.left))
        }
        self.image_card = card("Image and draw", self.pictures["flux"], tools=(self.what,))
        upper = row_of(
            self.image_card,
            card("Source", framed(figure_pane(self.mean.layout)), tools=(self.which,)),
            card("Standard deviation", framed(figure_pane(self.spread.layout))),
        )
        self.layout = pn.Column(
            upper,
            card("Draws of the source: press one", framed(figure_pane(self.draws.layout)),
                 height=272, sizing_mode="stretch_width"),
            sizing_mode="stretch_both", margin=0, styles=GAP,
        )  # fmt: skip

    def show(self, explorer: Any) -> None:
        """Draw the answer; the data alone until there is one."""
        self._explorer = explorer
        self.scene = scene = explorer.real_source_scene()
        count = len(scene["samples"])
        if count and (self.chosen is None or self.chosen >= count):
            self.chosen = 0
        self.chosen = self.chosen if count else None
        self._top = scene["top"]
        self.which.visible = scene["truth"] is not None
        self.draws.columns = 2 * scene["columns"]
        self.spread.update(scene["sd"], scene["source_scale"], centre=scene["centre"])
        self._show_source()
        self.draws.update(scene["samples"], scene["labels"], (0.0, self._top), self.chosen)
        self._show_image()

    def _show_source(self) -> None:
        scene = self.scene
        if not scene:
            return
        if self.which.value == "truth" and scene["truth"] is not None:
            source, scale, centre = scene["truth"]
        else:
            source, scale, centre = scene["mean"], scene["source_scale"], scene["centre"]
        self.mean.update(source, scale, centre=centre, limits=(0.0, self._top), fit=False)
        self.mean.fit(self.spread.extent)
        self.mean.set_layer("caustic", scene["caustic"])

    def _show_image(self) -> None:
        if not self.scene:
            return
        what = str(self.what.value)
        scale, pictures = self._explorer.real_draw_pictures(self.chosen)
        residual = what == "residual"
        wanted = self.pictures["left" if residual else "flux"]
        if self.image_card[1] is not wanted:
            self.image_card[1] = wanted
        if residual:
            self.left.update(pictures["residual"], scale, limits=(-4.0, 4.0))
        else:
            self.image.update(pictures[what], scale, limits=self.scene["limits"])
            self.image.set_layer("critical", self.scene["critical"])

    def _pick(self, number: int) -> None:
        self.chosen = number
        self.draws.update(self.draws.images, self.draws.labels, (0.0, self._top), number)
        self._show_image()

    def step(self, by: int) -> None:
        """Mark the next draw."""
        if len(self.draws.images):
            self._pick(((self.chosen or 0) + by) % len(self.draws.images))


class CheckPanels(Panels):
    """Residual power against noise, agreement of the chains, chi square beside its floor."""

    def __init__(self, dark: bool) -> None:
        super().__init__(dark)
        self.power = power_figure("real-power", dark)
        self.chains = ImageGrid("real-chains", dark, columns=4)
        self.agreement = ImagePlot(
            "real-agreement", dark, label="R-hat (1 where chains agree)", colours="spread",
        )  # fmt: skip
        self.radius = Ladder("real-radius-check", "Einstein radius (arcsec)", dark)
        self.plots = (self.power, self.chains, self.agreement, self.radius)
        first = pn.Column(
            card("Power of what is left over", framed(figure_pane(self.power.layout))),
            card("Einstein radius", framed(figure_pane(self.radius.layout)), height=196,
                 sizing_mode="stretch_width"),
            sizing_mode="stretch_both", margin=0, styles=GAP,
        )  # fmt: skip
        second = pn.Column(
            card("Mean source of each chain", framed(figure_pane(self.chains.layout)), height=186,
                 sizing_mode="stretch_width"),
            card("Where chains agree", framed(figure_pane(self.agreement.layout))),
            sizing_mode="stretch_both", margin=0, styles=GAP,
        )  # fmt: skip
        self.layout = row_of(first, second, shares=(6, 5))

    def show(self, explorer: Any) -> None:
        """Draw the checks of the answer, or of the fit alone."""
        scene = explorer.real_check_scene()
        self.power.update(scene["power"], scene["words"], scene["x_range"], scene["y_range"])
        self.chains.columns = max(len(scene["chains"]), 1)
        self.chains.update(scene["chains"], scene["chain_labels"])
        self.agreement.update(
            scene["rhat"], scene["source_scale"], centre=scene["centre"], limits=(0.98, 1.3)
        )
        self.radius.update(scene["rungs"])


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
            card(
                f"Their sources, each frame {SIDE_KPC:g} kpc wide",
                framed(figure_pane(self.sources.layout)),
            ),
        )
        self.layout = pn.Column(
            panels, card("Who they are", self.words, height=150, sizing_mode="stretch_width",
                         scroll="y-auto"),
            sizing_mode="stretch_both", margin=0, styles=GAP,
        )  # fmt: skip

    def show(self, explorer: Any) -> None:
        """Draw the lenses that are there."""
        scene = explorer.real_family_scene()
        count = len(scene["images"])
        self.images.columns = self.sources.columns = 2 if count <= 4 else 3 if count <= 9 else 6
        self.images.update(scene["images"], scene["labels"], (0.0, 1.0))
        self.sources.update(scene["sources"], scene["kpc_labels"], (0.0, 1.0))
        self.words.object = scene["table"]
