r"""The bench in a notebook: a lens and a source under a hand, in two linked planes."""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets as ui
import traitlets
from bokeh.layouts import row

from astroviz.lensing.bench_masses import MASSES
from astroviz.lensing.bench_stamps import KINDS
from astroviz.lensing.bench_state import LENS, LOOKS
from astroviz.plots.image import LAYERS, ImagePlot, Layer
from astroviz.widgets.lensing import LensingWidget
from astroviz.widgets.lensing_stills import Still, still_of

__all__ = ["BenchWidget"]

_SOURCE = ("source_x", "source_y", "source_size", "bench_snr", "bench_blur", "bench_scale")
_NUMBERS = frozenset({"lens_redshift", "source_redshift", "hubble_constant"})
_FOLLOWED = frozenset({
    *LENS, *_SOURCE, "seed", "bench_mass", "bench_extra", "bench_source", "source_number",
    "sersic_index", "sersic_ratio", "sersic_angle", "stamp", "strokes", "bench_field",
    "bench_look",
}) | _NUMBERS  # fmt: skip
_IMAGE = {name: LAYERS[name] for name in ("critical", "images", "cursor", "lens")} | {
    "grips": Layer("points", "#ffffff", {"size": 9, "marker": "square", "line_width": 1.5,
                                         "fill_alpha": 0.25}),
}  # fmt: skip
_STYLES = {
    "data": ("asinh", "flux", "flux / brightest of the source"),
    "clean": ("asinh", "flux", "flux / brightest of the source"),
    "magnification": ("linear", "spread", "log\u2081\u2080 |magnification|"),
}
_HEIGHT = 430


class BenchWidget(LensingWidget):
    """Image plane and source plane; drag the lens or the source, hover to trace rays.

    `image` holds the image that is shown, with noise, as an array; it can be observed.
    """

    name = "bench"
    title = "A lens on the bench"
    follows = _FOLLOWED
    image = traitlets.Any(None, allow_none=True, help="The image with noise, shape (n, n).")

    def build(self) -> list[Any]:
        """Sliders, two planes, numbers."""
        self.shown: Any = None
        self._hold: tuple[str, float, float] | None = None
        self.numbers = ui.HTML()
        number = ui.BoundedIntText(description="which one", min=0, max=999,
                                   layout=ui.Layout(width="180px"))  # fmt: skip
        choices = self.row(
            self.dropdown("bench_source", "source", [(v, k) for k, v in KINDS.items()]),
            self.control("source_number", number),
            self.dropdown("bench_mass", "mass", [(v, k) for k, v in MASSES.items()], "300px"),
            self.dropdown("bench_look", "show", [(v, k) for k, v in LOOKS.items()]),
            *self.usual(),
        )  # fmt: skip
        sliders = self.row(*(self._slider(name) for name in (*LENS, *_SOURCE, "bench_extra")))
        self.plane = ImagePlot("bench-image", title="image plane", layers=_IMAGE,
                               scaling="asinh", label=_STYLES["data"][2])  # fmt: skip
        self.source = ImagePlot("bench-source", title="source plane", scaling="asinh",
                                layers=("caustic", "source", "cursor"),
                                label="flux / brightest")  # fmt: skip
        for plot, drag in ((self.plane, self._drag_lens), (self.source, self._drag_source)):
            plot.on_drag(drag)
        self.plane.on_hover(self._trace)
        canvas = self._make_canvas(
            row(self.plane.layout, self.source.layout, height=_HEIGHT,
                sizing_mode="stretch_width")
        )  # fmt: skip
        return [choices, sliders, canvas, self.numbers]

    def refresh(self, names: set[str]) -> None:
        """Make the picture that is set; the last one stays where there is none."""
        try:
            self.shown = self.explorer.bench().picture()
        except ValueError as error:
            self._say(str(error))
            return
        self._status.value = ""
        with self._canvas.together():
            self._show_image()
            self._show_source()
        self.numbers.value = " &middot; ".join(
            f"{escape(name)} <b>{escape(value)}</b> {escape(unit)}"
            for name, (value, unit) in self.explorer.bench_figures(self.shown).items()
        )
        self.image = self.shown.image

    def stills(self) -> list[Still]:
        """Both planes."""
        return [still_of(self.plane, "image plane"), still_of(self.source, "source plane")]

    def bring(self, content: bytes, name: str = "your file") -> None:
        """Put a picture of yours behind the lens: bytes of a FITS, PNG or JPEG file."""
        try:
            self.explorer.bring(content, name)
        except ValueError as error:
            self._say(str(error))

    def _slider(self, name: str) -> Any:
        known = self.explorer.param[name]
        low, high = known.bounds
        slider = ui.FloatSlider(
            description=name.removeprefix("bench_").replace("_", " "), min=low, max=high,
            step=0.01, readout_format=".2f", layout=ui.Layout(width="310px"),
            style={"description_width": "120px"},
        )  # fmt: skip
        return self.control(name, slider)

    def _show_image(self) -> None:
        shown, look = self.shown, self.explorer.bench_look
        self.plane.restyle(*_STYLES[look])
        limits = None
        if look != "magnification":
            limits = (-3 * shown.noise, float(shown.clean.max()) * 1.02)
        self.plane.update(shown.look(look), shown.pixel_scale, limits=limits)
        self.plane.set_layer("critical", shown.critical)
        grips = self.explorer.grips()
        self.plane.set_layer("lens", [grips["centre"]])
        self.plane.set_layer("grips", [grips["major"], grips["minor"]])

    def _show_source(self) -> None:
        shown = self.shown
        self.source.update(
            shown.stamp, shown.source_scale, centre=shown.source_centre, limits=(0.0, 1.0),
            fit=False,
        )  # fmt: skip
        reach = shown.source_reach
        self.source.fit((-reach, reach, -reach, reach))
        self.source.set_layer("caustic", shown.caustics)
        self.source.set_layer("source", [shown.source_centre])

    def _trace(self, x: float, y: float) -> None:
        if self.shown is None or self._hold is not None:
            return
        place = self.shown.rays.source_of(x, y)
        images = [(one.x, one.y) for one in self.shown.rays.images(*place)]
        with self._canvas.together():
            self.source.set_layer("cursor", [place])
            self.plane.set_layer("images", images)
            self.plane.set_layer("cursor", [(x, y)])

    def _drag_lens(self, x: float, y: float, phase: str) -> None:
        if phase == "start":
            self._hold = (self.explorer.grip_at(x, y), x, y)
        elif phase == "end":
            self._hold = None
        elif self._hold is not None:
            grip, before_x, before_y = self._hold
            self._hold = (grip, x, y)
            self.explorer.take_lens(grip, x, y, (x - before_x, y - before_y))

    def _drag_source(self, x: float, y: float, phase: str) -> None:
        if phase == "start":
            self._hold = ("source", x, y)
        elif phase == "end":
            self._hold = None
        elif self._hold is not None:
            _, before_x, before_y = self._hold
            self._hold = ("source", x, y)
            self.explorer.take_source((x - before_x, y - before_y))
