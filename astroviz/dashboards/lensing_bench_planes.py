"""Image plane and source plane of the bench: pictures, curves, linked cursors, hands."""

from __future__ import annotations

from typing import Any

import numpy as np
import panel_material_ui as pmui

from astroviz.dashboards.appearance import card, figure_pane, framed
from astroviz.dashboards.newest import Newest
from astroviz.dashboards.room_view import choice
from astroviz.lensing.bench_state import LOOKS
from astroviz.plots.image import LAYERS, ImagePlot, Layer

__all__ = ["Planes"]

_IMAGE = {
    name: LAYERS[name]
    for name in ("glow", "levels", "saddles", "critical", "images", "cursor", "names")
} | {
    "grips": Layer("points", "#ffffff", {"size": 9, "marker": "square", "line_width": 1.5,
                                         "fill_alpha": 0.25}),
    "lens": LAYERS["lens"],
}  # fmt: skip
_SOURCE = {
    "cut": Layer("curves", "#56b4e9", {"line_width": 1, "line_dash": "dotted"}),
    "caustic": LAYERS["caustic"],
    "source": LAYERS["source"],
    "cursor": LAYERS["cursor"],
}
_STEPS = (0.3, 0.5, 0.75, 1.1, 1.6, 2.3, 3.2, 4.5)  # arcsec: half windows of the source plane
_LOOKS = {
    "data": ("asinh", "flux", "flux / brightest of the source"),
    "clean": ("asinh", "flux", "flux / brightest of the source"),
    "magnification": ("linear", "spread", "log\u2081\u2080 |magnification|"),
}
_TOOLS = {"Move": "move", "Paint": "paint", "Erase": "erase"}


class Planes:
    r"""Two pictures that know of each other, and what a hand does to them.

    Arguments:
        explorer: The state of the page.
        shell: Its document and its theme.
    """

    def __init__(self, explorer: Any, shell: Any) -> None:
        self.explorer, self.shell = explorer, shell
        dark = shell.dark
        self.image = ImagePlot("bench-image", dark, layers=_IMAGE, scaling="asinh",
                               label=_LOOKS["data"][2])  # fmt: skip
        self.source = ImagePlot("bench-source", dark, layers=_SOURCE, scaling="asinh",
                                label="flux / brightest")  # fmt: skip
        self.picture: Any = None
        self.traces = True
        self._hold: tuple[str, float, float] | None = None
        self._reach = 0.0
        self.cursors = Newest(shell.document, self._show_cursors, lambda _: None)
        self.look = choice(
            explorer, "bench_look", {words: name for name, words in LOOKS.items()},
            explorer.param.bench_look.doc, 128,
        )  # fmt: skip
        painting = explorer.bench_source == "paint"
        self.tool = pmui.RadioButtonGroup(
            options=_TOOLS, value="paint" if painting else "move", size="small", margin=0,
            align="center", description="What the pointer does in the source plane",
            visible=painting,
        )  # fmt: skip
        self.wipe = pmui.Button(
            label="Clear", icon="delete", variant="text", size="small", align="center", margin=0,
            description="Wipe the canvas", visible=painting,
        )  # fmt: skip
        self.wipe.on_click(lambda _: setattr(explorer, "strokes", []))
        explorer.param.watch(self._on_kind, "bench_source")
        self.image_card = card(
            "Image plane", framed(figure_pane(self.image.layout)), tools=(self.look,)
        )
        self.source_card = card(
            "Source plane", framed(figure_pane(self.source.layout)), tools=(self.tool, self.wipe)
        )
        self._listen()

    @property
    def plots(self) -> tuple[ImagePlot, ImagePlot]:
        """Both pictures."""
        return self.image, self.source

    def close(self) -> None:
        """The tab is gone."""
        self.cursors.close()

    # Showing

    def let_trace(self, traces: bool) -> None:
        """Whether rays follow the pointer; not where a mode draws its own images."""
        self._leave()
        self.traces = traces

    def show(self, picture: Any) -> None:
        """Show what there is to see."""
        self.picture = picture
        look = self.explorer.bench_look
        scaling, colours, label = _LOOKS[look]
        self.image.restyle(scaling, colours, label)
        limits = None
        if look != "magnification":
            # steady while noise and resolution change: the sky is three of its sigma deep
            limits = (-3 * picture.noise, float(picture.clean.max()) * 1.02)
        self.image.update(picture.look(look), picture.pixel_scale, limits=limits)
        self.image.set_layer("critical", picture.critical)
        self.show_grips()
        self.show_source()

    def show_source(self, scale: float = 1.0) -> None:
        """Show the source plane; a mass sheet makes all of it `scale` times as large."""
        picture = self.picture
        x, y = picture.source_centre
        self._fit(picture.source_reach * scale)
        self.source.update(
            picture.stamp, picture.source_scale * scale, centre=(x * scale, y * scale),
            limits=(0.0, 1.0), fit=False,
        )  # fmt: skip
        self.source.set_layer("caustic", [curve * scale for curve in picture.caustics])
        self.source.set_layer("cut", [picture.cut * scale] if len(picture.cut) else [])
        self.source.set_layer("source", [[x * scale, y * scale]])

    def show_grips(self) -> None:
        """Show where the lens can be held."""
        grips = self.explorer.grips()
        self.image.set_layer("lens", [grips["centre"]])
        self.image.set_layer("grips", [grips["major"], grips["minor"]])

    def _fit(self, reach: float) -> None:
        """Another window only where this one no longer suits: steady under a hand."""
        if not 0.42 * self._reach < reach <= self._reach:
            self._reach = next((step for step in _STEPS if step >= reach), reach)
            half = self._reach
            self.source.fit((-half, half, -half, half))

    # Cursors

    def _listen(self) -> None:
        self.image.on_hover(lambda x, y: self._hover("image", x, y))
        self.source.on_hover(lambda x, y: self._hover("source", x, y))
        for plot in self.plots:
            plot.on_leave(self._leave)
        self.image.on_drag(self._drag_lens)
        self.source.on_drag(self._drag_source)
        self.source.on_tap(self._tap_source)

    def _hover(self, where: str, x: float, y: float) -> None:
        if self.picture is None or self._hold is not None or not self.traces:
            return
        rays = self.picture.rays

        def make() -> Any:
            place = rays.source_of(x, y) if where == "image" else (x, y)
            return place, rays.images(*place), (x, y) if where == "image" else None

        self.cursors.ask(lambda: make)

    def _show_cursors(self, found: Any) -> None:
        place, images, pointed = found
        self.source.set_layer("cursor", [place])
        self.image.set_layer("images", [(one.x, one.y) for one in images])
        self.image.set_layer("cursor", [pointed] if pointed else [])
        count = len(images)
        strength = sum(abs(one.magnification) for one in images)
        words = f"{count} image{'' if count == 1 else 's'}, {strength:.3g} \u00d7 in all"
        if count > 8:
            words = "a ring"
        self.source.figure.title.text = f"({place[0]:+.2f}, {place[1]:+.2f})\u2033: {words}"
        self.image.figure.title.text = (
            f"ray from ({pointed[0]:+.2f}, {pointed[1]:+.2f})\u2033" if pointed
            else "all images of the place in the source plane"
        )  # fmt: skip

    def _leave(self) -> None:
        if not self.traces:
            return
        self.source.set_layer("cursor")
        for name in ("images", "cursor"):
            self.image.set_layer(name)
        for plot in self.plots:
            plot.figure.title.text = " "

    # Hands

    def _drag_lens(self, x: float, y: float, phase: str) -> None:
        if phase == "start":
            self._hold = (self.explorer.grip_at(x, y), x, y)
            self._leave()
        elif self._hold is not None:
            grip, before_x, before_y = self._hold
            if phase == "move":
                self._hold = (grip, x, y)
                self.explorer.take_lens(grip, x, y, (x - before_x, y - before_y))
            else:
                self._hold = None

    def _drag_source(self, x: float, y: float, phase: str) -> None:
        if phase == "start":
            self._hold = ("source", x, y)
            self._leave()
            if self._painting:
                self.explorer.paint(x, y, self.tool.value == "erase")
        elif phase == "end":
            self._hold = None
        elif self._hold is not None:
            _, before_x, before_y = self._hold
            if not self._painting:
                self._hold = ("source", x, y)
                self.explorer.take_source((x - before_x, y - before_y))
            elif np.hypot(x - before_x, y - before_y) > 0.4 * self._brush:
                self._hold = ("source", x, y)
                self.explorer.paint(x, y, self.tool.value == "erase")

    def _tap_source(self, x: float, y: float) -> None:
        if self._painting:
            self.explorer.paint(x, y, self.tool.value == "erase")

    @property
    def _painting(self) -> bool:
        return self.explorer.bench_source == "paint" and self.tool.value != "move"

    @property
    def _brush(self) -> float:
        return float(self.explorer.brush * self.explorer.source_size)

    def _on_kind(self, event: Any) -> None:
        painting = event.new == "paint"
        self.tool.param.update(visible=painting, value="paint" if painting else "move")
        self.wipe.visible = painting
