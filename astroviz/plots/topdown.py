r"""Stars from above the Galactic plane, the Sun in the middle, smeared as their distances are."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from bokeh.core.properties import value
from bokeh.models import (
    ColorBar,
    ColumnDataSource,
    CustomJS,
    HoverTool,
    Image,
    Label,
    LinearColorMapper,
    LogColorMapper,
    MultiLine,
    Scatter,
    Text,
)
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, mark, new_figure, tooltip
from astroviz.plots.sky import _KEEP_SCALE
from astroviz.plots.theme import FONT, SEQUENTIAL, TICK_SIZE, Ink

__all__ = ["Picture", "TopDown", "empty_label"]

CIRCLES = (100.0, 200.0, 400.0, 800.0)  # pc
_RAMP = 200  # colours used of the 256: the ends are too near to white or to the dark ground
_EMPTY: dict[str, list[Any]] = {key: [] for key in ("image", "x", "y", "dw", "dh")}
_MEAN = "mean A_V of the stars (mag)"
_TINY = np.finfo(np.float32).tiny


class Picture:
    r"""A grid of numbers as colours, with its bar above the frame.

    Arguments:
        plot: Where it is drawn.
        ink: Colours it: dark for much on light ground, light for much on dark ground.
        title: Of the bar, with the unit.
        logarithmic: Whether colours follow the logarithm.
    """

    def __init__(self, plot: figure, ink: Ink, title: str, logarithmic: bool) -> None:
        self.ink = ink
        self.source = ColumnDataSource(dict(_EMPTY))
        kind = LogColorMapper if logarithmic else LinearColorMapper
        self.mapper = kind(palette=self._palette(), low=0.1, high=1.0)
        clear = "rgba(0, 0, 0, 0)"
        self.mapper.update(nan_color=clear, low_color=clear if logarithmic else None)
        glyph = Image(image="image", x="x", y="y", dw="dw", dh="dh", color_mapper=self.mapper)
        self.renderer = mark(plot, ink, self.source, glyph)
        self.bar = ColorBar(
            color_mapper=self.mapper, title=title, height=7, padding=2, title_standoff=2,
            label_standoff=3, margin=0, border_line_color=None, background_fill_alpha=0,
            major_tick_line_color=None, bar_line_color=None, major_label_text_font=FONT,
            major_label_text_font_size=TICK_SIZE, title_text_font=FONT,
            title_text_font_size=TICK_SIZE, title_text_font_style="normal",
        )  # fmt: skip
        ink.paint(self.bar, major_label_text_color="faint", title_text_color="ink")
        plot.add_layout(self.bar, "above")
        self.bar.visible = False
        ink.watch(lambda: self.mapper.update(palette=self._palette()))

    def show(
        self,
        values: np.ndarray,
        x_range: tuple[float, float],
        y_range: tuple[float, float],
        limits: tuple[float, float],
    ) -> None:
        r"""Show other numbers.

        Arguments:
            values: Shape :math:`(H, W)`, lowest y first; NaN is left clear.
            x_range: Ends of the grid.
            y_range: Likewise.
            limits: What has the first and the last colour.
        """
        low, high = limits
        high = high if high > low else low + max(abs(low), 1e-6)
        self.mapper.update(low=max(low, _TINY) if self._logarithmic else low, high=high)
        (x0, x1), (y0, y1) = x_range, y_range
        image = np.ascontiguousarray(values, dtype=np.float32)
        place = {"x": [x0], "y": [y0], "dw": [x1 - x0], "dh": [y1 - y0]}
        self.source.data = {"image": [image], **place}
        self.bar.visible = self.renderer.visible

    def clear(self) -> None:
        """Show nothing."""
        put(self.source, _EMPTY)
        self.bar.visible = False

    @property
    def visible(self) -> bool:
        """Whether it is seen, with its bar."""
        return bool(self.renderer.visible)

    @visible.setter
    def visible(self, visible: bool) -> None:
        self.renderer.visible = visible
        self.bar.visible = visible and bool(self.source.data["image"])

    @property
    def _logarithmic(self) -> bool:
        return isinstance(self.mapper, LogColorMapper)

    def _palette(self) -> list[str]:
        return list(SEQUENTIAL[-_RAMP:] if self.ink.dark else SEQUENTIAL[:_RAMP][::-1])


def empty_label(plot: figure, ink: Ink) -> Label:
    """A sentence in the corner of a frame, for when there is nothing to draw."""
    label = Label(
        x=12, y=10, x_units="screen", y_units="screen", text="", text_font_size="12px",
        text_font=FONT,
    )  # fmt: skip
    ink.paint(label, text_color="faint")
    plot.add_layout(label)
    return label


class TopDown(Chart):
    r"""Galactic X and Y of stars, by number or by the mean of a property.

    Arguments:
        mean_title: What the mean is of, with its unit.
        dark: Whether the ground is dark.
    """

    def __init__(
        self, mean_title: str = "mean A_V of the stars (mag)", dark: bool = False
    ) -> None:
        super().__init__(dark)
        self._stars = 0.0
        self._half = 0.0
        self.colour: Literal["stars", "mean"] = "stars"
        self.window = ColumnDataSource(
            {"x": [0.0], "y": [0.0], "half_width": [110.0], "half_height": [110.0]}
        )
        self.circles = ColumnDataSource(_circles())
        self.ray = ColumnDataSource({"x": as_column([]), "y": as_column([])})
        self.figure = self._make_figure(mean_title)
        self.layout = self.figure
        self._announce()

    def update(self, stars: np.ndarray, half_width: float, mean: np.ndarray | None = None) -> None:
        r"""Show other stars.

        Arguments:
            stars: Stars in each cell, shape :math:`(C, C)`, lowest Y first.
            half_width: The map reaches from minus to plus this, pc.
            mean: Mean of the property in each cell, same shape; NaN where there is none.
        """
        stars = np.asarray(stars, dtype=float)
        moved = half_width != self._half
        self._stars, self._half = float(stars.sum()), float(half_width)
        ends = (-self._half, self._half)
        if self._stars > 0:
            density = stars / (2 * half_width / len(stars)) ** 2 * 100
            top = float(density.max())
            self.number.show(density, ends, ends, (top / 300, top))
            self.empty.text = ""
        else:
            self.number.clear()
        finite = None if mean is None else mean[np.isfinite(mean)]
        if mean is not None and finite is not None and len(finite) and self._stars > 0:
            self.mean.show(mean, ends, ends, (0.0, float(np.quantile(finite, 0.98))))
        else:
            self.mean.clear()
        if moved:
            self._fit()
        self._announce()

    def say_empty(self, sentence: str) -> None:
        """Show a sentence instead of stars."""
        for picture in (self.number, self.mean):
            picture.clear()
        self._stars = 0.0
        self.lift()
        self.empty.text = sentence
        self._announce()

    def set_colour(self, colour: Literal["stars", "mean"]) -> None:
        """Colour by the number of `stars`, or by the `mean` of the property."""
        if colour not in ("stars", "mean"):
            raise ValueError(f"no colour {colour!r}; there are stars and mean")
        self.colour = colour
        self.number.visible, self.mean.visible = colour == "stars", colour == "mean"
        self._announce()

    def lift(self, x: np.ndarray | None = None, y: np.ndarray | None = None) -> None:
        """Show the draws of one star over the map, pc; none by default."""
        place = [as_column([] if part is None else part) for part in (x, y)]
        put(self.ray, dict(zip(("x", "y"), place, strict=True)))

    def describe(self) -> str:
        """What is shown, in words."""
        if not self._stars > 0:
            return f"Map from above the Galactic plane. {self.empty.text}".strip()
        what = "number of stars" if self.colour == "stars" else self.mean.bar.title
        return (
            f"Map from above the Galactic plane, {2 * self._half:.0f} pc wide, the Sun in the "
            f"middle, coloured by {what}: {self._stars:.1f} young stars."
        )

    def _fit(self) -> None:
        half = self._half
        for axis in (self.figure.x_range, self.figure.y_range):
            axis.update(start=-half, end=half)
        # last: what the browser makes of it must stand
        box = {"x": 0.0, "y": 0.0, "half_width": half, "half_height": half}
        self.window.data = {key: [item] for key, item in box.items()}

    def _make_figure(self, mean_title: str) -> figure:
        plot = new_figure(
            "top-down", self.ink, "X, towards the Galactic centre (pc)",
            "Y, in the direction of rotation (pc)", tools="pan,wheel_zoom,reset",
            active_scroll="wheel_zoom", match_aspect=True,
        )  # fmt: skip
        plot.grid.visible = False
        self.number = Picture(plot, self.ink, "young stars in 10 pc \u00d7 10 pc", True)
        self.mean = Picture(plot, self.ink, mean_title, False)
        self.mean.visible = False
        circle = MultiLine(xs="xs", ys="ys", line_width=1, line_dash="dashed")
        mark(plot, self.ink, self.circles, circle, line_color="line")
        sun = ColumnDataSource({"x": [0.0], "y": [0.0], "text": ["Sun"]})
        for glyph, role in (
            (Scatter(x="x", y="y", size=11, marker="circle_dot", fill_color=None), "ink"),
        ):
            mark(plot, self.ink, sun, glyph, line_color=role)
        self._write(plot, self.circles, x="x", y="y", x_offset=3, y_offset=-2)
        self._write(plot, sun, x="x", y="y", x_offset=9, y_offset=5)
        halo = Scatter(x="x", y="y", size=6, line_color=None, fill_alpha=0.8)
        mark(plot, self.ink, self.ray, halo, fill_color="paper")
        dots = Scatter(x="x", y="y", size=4, line_color=None)
        mark(plot, self.ink, self.ray, dots, fill_color="selection")
        self.empty = empty_label(plot, self.ink)
        here = [("X, Y", "$x{0}, $y{0} pc")]
        for picture, row in (
            (self.number, ("young stars in 10 pc \u00d7 10 pc", "@image{0.000}")),
            (self.mean, (mean_title, "@image{0.00}")),
        ):
            plot.add_tools(HoverTool(renderers=[picture.renderer], tooltips=tooltip([*here, row])))
        keep = CustomJS(args={"plot": plot, "box": self.window}, code=_KEEP_SCALE)
        plot.js_on_change("inner_width", keep)
        plot.js_on_change("inner_height", keep)
        self.window.js_on_change("data", keep)
        plot.js_on_event("reset", keep)
        return plot

    def _write(self, plot: figure, source: ColumnDataSource, **place: Any) -> None:
        """Texts that stay legible over any colour: over an outline in the ground's colour."""
        for outline, roles in ((3, {"text_outline_color": "paper"}), (0, {"text_color": "ink"})):
            text = Text(text="text", **place)
            text.update(text_font_size="10px", text_font=value(FONT), text_outline_width=outline)
            mark(plot, self.ink, source, text, **roles)


def _circles() -> dict[str, Any]:
    turn = np.linspace(0, 2 * np.pi, 181)
    return {
        "xs": [as_column(r * np.cos(turn)) for r in CIRCLES],
        "ys": [as_column(r * np.sin(turn)) for r in CIRCLES],
        "x": as_column([0.0] * len(CIRCLES)),
        "y": as_column(CIRCLES),
        "text": [f"{r:.0f} pc" for r in CIRCLES],
    }
