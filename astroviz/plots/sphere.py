r"""Orientations on a static Mollweide map: what the sphere shows, where only figures can live.

Seen from outside, as a globe is: longitude grows to the right.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.core.properties import value
from bokeh.models import (
    ColorBar,
    ColumnDataSource,
    FixedTicker,
    HoverTool,
    Image,
    Line,
    LinearColorMapper,
    MultiLine,
    Scatter,
    Segment,
    Text,
)
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, mark, new_figure, tooltip
from astroviz.plots.orientation_colours import cyclic, density_ramp
from astroviz.plots.theme import FONT, TICK_SIZE

__all__ = ["SphereMap", "mollweide", "mollweide_grid"]

_WIDE, _HIGH = 400, 200  # pixels of a density


def mollweide(
    longitude: np.ndarray, latitude: np.ndarray, middle: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    r"""Places on an ellipse of half axes 2 and 1.

    Arguments:
        longitude: Rad, shape (N,).
        latitude: Rad, shape (N,).
        middle: Longitude in the middle of the map, rad.

    Returns:
        x, growing with longitude, and y, shape (N,) each.

    References:
        | Map Projections: A Working Manual (Snyder 1987), page 249

    Example:
        >>> x, y = mollweide(np.array([np.pi / 2]), np.array([0.0]))
        >>> x.tolist(), y.tolist()
        ([1.0], [0.0])
    """
    latitude = np.asarray(latitude, dtype=float)
    wanted = np.pi * np.sin(latitude)
    angle = 0.9 * latitude
    for _ in range(40):  # Newton; near the poles, where the slope vanishes, many small steps
        slope = np.maximum(2 + 2 * np.cos(2 * angle), 1e-9)
        angle = np.clip(angle - (2 * angle + np.sin(2 * angle) - wanted) / slope,
                        -np.pi / 2, np.pi / 2)  # fmt: skip
    offset = (np.asarray(longitude, dtype=float) - middle + np.pi) % (2 * np.pi) - np.pi
    return 2 / np.pi * offset * np.cos(angle), np.sin(angle)


def mollweide_grid(
    wide: int = _WIDE, high: int = _HIGH, middle: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Longitude and latitude (rad) of each pixel of a map; NaN outside, shape (high, wide)."""
    x = (np.arange(wide) + 0.5) * 4 / wide - 2
    y = ((np.arange(high) + 0.5) * 2 / high - 1)[:, None]
    angle = np.arcsin(y)
    latitude = np.arcsin(np.clip((2 * angle + np.sin(2 * angle)) / np.pi, -1, 1))
    with np.errstate(invalid="ignore"):
        longitude = np.where(x**2 / 4 + y**2 <= 1, np.pi * x / (2 * np.cos(angle)), np.nan)
    return longitude + middle, np.where(np.isfinite(longitude), latitude, np.nan)


class SphereMap(Chart):
    r"""Points, true places, arrows and a density of orientations.

    Arguments:
        dark: Whether the ground is dark.
        period: Tilts that differ by this are the same, degrees.
        name: Short name of the figure.
    """

    def __init__(self, dark: bool = False, period: float = 360.0, name: str = "sphere") -> None:
        super().__init__(dark)
        self.period = float(period)
        self.points = ColumnDataSource({k: as_column([]) for k in ("x", "y", "tilt", "size")})
        self.truth = ColumnDataSource({k: as_column([]) for k in ("x", "y", "tilt")})
        self.arrows = ColumnDataSource({k: as_column([]) for k in ("x0", "y0", "x1", "y1")})
        self.density = ColumnDataSource({"image": []})
        self.tilts = LinearColorMapper(palette=list(cyclic()), low=0.0, high=self.period)
        self.ramp = LinearColorMapper(
            palette=self._ramp(), low=0.0, high=1.0, nan_color="#00000000"
        )
        self.ink.watch(lambda: self.ramp.update(palette=self._ramp()))
        self._weights: tuple[int, Any] = (0, None)
        self.figure = self._make_figure(name)
        self.layout = self.figure
        self._announce()

    def update(
        self,
        angles: np.ndarray | None = None,
        weights: np.ndarray | None = None,
        truth: np.ndarray | None = None,
        density: np.ndarray | None = None,
        arrows: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> None:
        r"""Show other orientations; what is not given stays as it is.

        Arguments:
            angles: Longitude, latitude, tilt of each point, rad, shape (N, 3).
            weights: Sizes of the points are their square roots, shape (N,).
            truth: Longitude, latitude, tilt of true places, rad, shape (K, 3).
            density: Relative to uniform, HEALPix in ring order, shape (12 nside^2,); empty: none.
            arrows: Starts and ends, longitude and latitude, rad, two arrays of shape (M, 2).
        """
        if angles is not None:
            self._show_points(np.asarray(angles, dtype=float).reshape(-1, 3), weights)
        if truth is not None:
            put(self.truth, self._placed(np.asarray(truth, dtype=float).reshape(-1, 3)))
        if density is not None:
            self._show_density(np.asarray(density, dtype=float))
        if arrows is not None:
            self._show_arrows(*arrows)
        self._announce()

    def describe(self) -> str:
        """Counts, and the peak of the density, in words."""
        count, rings = len(self.points.data["x"]), len(self.truth.data["x"])
        said = [f"{count:,} orientations" if count else "", f"{rings} true" if rings else ""]
        if len(self.density.data["image"]):
            said.append(f"a density of at most {self.ramp.high:.3g} times uniform")
        found = ", ".join(text for text in said if text) or "nothing"
        return f"Mollweide map, seen from outside: {found}."

    def _placed(self, angles: np.ndarray) -> dict[str, np.ndarray]:
        x, y = mollweide(angles[:, 0], angles[:, 1])
        tilt = np.degrees(angles[:, 2]) % self.period
        return {"x": as_column(x), "y": as_column(y), "tilt": as_column(tilt)}

    def _show_points(self, angles: np.ndarray, weights: np.ndarray | None) -> None:
        weight = np.ones(len(angles)) if weights is None else np.asarray(weights, dtype=float)
        if weight.shape != (len(angles),):
            raise ValueError(f"there are {len(angles)} points but weights of shape {weight.shape}")
        mean = weight.mean() if len(weight) and weight.mean() > 0 else 1.0
        size = 4.0 * np.sqrt(np.minimum(weight / mean, 9))
        put(self.points, {**self._placed(angles), "size": as_column(size)})
        self.ramp.update(palette=self._ramp())

    def _show_density(self, density: np.ndarray) -> None:
        if density.size == 0:
            put(self.density, {"image": []})
            self.bar.visible = False
            return
        nside = round(np.sqrt(density.size / 12))
        if density.ndim != 1 or 12 * nside**2 != density.size:
            raise ValueError(f"a density has 12 nside^2 pixels, not shape {density.shape}")
        pixels, weights, inside = self._interpolation(nside)
        image = np.full((_HIGH, _WIDE), np.nan, dtype=np.float32)
        image[inside] = (density[pixels] * weights).sum(0)
        self.ramp.high = float(max(density.max(), 1e-9))
        self.bar.visible = True
        self.density.data = {"image": [image]}

    def _interpolation(self, nside: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Pixels around each pixel of the picture and their weights, kept for the next density."""
        if self._weights[0] != nside:
            from healpy import get_interp_weights

            longitude, latitude = mollweide_grid()
            inside = np.isfinite(longitude)
            found = get_interp_weights(nside, np.pi / 2 - latitude[inside], longitude[inside])
            self._weights = (nside, (*found, inside))
        kept: tuple[np.ndarray, np.ndarray, np.ndarray] = self._weights[1]
        return kept

    def _show_arrows(self, starts: np.ndarray, ends: np.ndarray) -> None:
        x0, y0 = mollweide(*np.asarray(starts, dtype=float).reshape(-1, 2).T)
        x1, y1 = mollweide(*np.asarray(ends, dtype=float).reshape(-1, 2).T)
        near = np.hypot(x1 - x0, y1 - y0) < 1  # the others go over the edge of the map
        placed = {"x0": x0, "y0": y0, "x1": x1, "y1": y1}
        put(self.arrows, {name: as_column(part[near]) for name, part in placed.items()})

    def _ramp(self) -> list[str]:
        """Quiet under points, whose colours mean something else."""
        return list(density_ramp(self.ink.dark, quiet=len(self.points.data["x"]) > 0))

    def _make_figure(self, name: str) -> figure:
        plot = new_figure(name, self.ink, tools="pan,wheel_zoom,reset", match_aspect=True)
        plot.x_range.update(start=-2.15, end=2.15)
        plot.y_range.update(start=-1.1, end=1.1)
        plot.axis.visible = plot.grid.visible = False
        plot.outline_line_alpha = plot.outline_line_width = 0
        picture = Image(image="image", x=-2, y=-1, dw=4, dh=2, color_mapper=self.ramp)
        mark(plot, self.ink, self.density, picture, level="underlay")
        self._draw_graticule(plot)
        way = Segment(x0="x0", y0="y0", x1="x1", y1="y1", line_width=1.5)
        mark(plot, self.ink, self.arrows, way, line_color="line")
        tint = {"field": "tilt", "transform": self.tilts}
        dot = Scatter(x="x", y="y", size="size", fill_color=tint, line_color=None, fill_alpha=0.8)
        dots = mark(plot, self.ink, self.points, dot)
        halo = Scatter(x="x", y="y", size=16, fill_color=None, line_width=6)
        mark(plot, self.ink, self.truth, halo, line_color="current")
        ring = Scatter(x="x", y="y", size=16, fill_color=None, line_color=tint, line_width=3)
        mark(plot, self.ink, self.truth, ring)
        tip = tooltip([("tilt", "@tilt{0.0}°")])
        plot.add_tools(HoverTool(renderers=[dots], tooltips=tip))
        wheel = self._bar(self.tilts, "tilt (degrees)", visible=True)
        wheel.ticker = FixedTicker(ticks=[self.period * k / 4 for k in range(5)])
        self.bar = self._bar(self.ramp, "density relative to uniform", visible=False)
        plot.add_layout(wheel, "below")
        plot.add_layout(self.bar, "above")
        return plot

    def _bar(self, mapper: LinearColorMapper, title: str, visible: bool) -> ColorBar:
        bar = ColorBar(
            color_mapper=mapper, title=title, height=7, padding=2, title_standoff=2, margin=0,
            label_standoff=3, border_line_color=None, background_fill_alpha=0, visible=visible,
            major_tick_line_color=None, bar_line_color=None, major_label_text_font=FONT,
            major_label_text_font_size=TICK_SIZE, title_text_font=FONT,
            title_text_font_size=TICK_SIZE, title_text_font_style="normal",
        )  # fmt: skip
        self.ink.paint(bar, major_label_text_color="faint", title_text_color="ink")
        return bar

    def _draw_graticule(self, plot: figure) -> None:
        along = np.radians(np.linspace(-90, 90, 91))
        across = np.radians(np.linspace(-179.999, 179.999, 181))
        lines = [mollweide(np.full(91, np.radians(k)), along) for k in range(-150, 180, 30)]
        lines += [mollweide(across, np.full(181, np.radians(k))) for k in (-60, -30, 0, 30, 60)]
        grid = ColumnDataSource({"xs": [x for x, _ in lines], "ys": [y for _, y in lines]})
        mark(plot, self.ink, grid, MultiLine(xs="xs", ys="ys", line_alpha=0.5), level="underlay",
             line_color="line")  # fmt: skip
        turn = np.linspace(0, 2 * np.pi, 181)
        limb = ColumnDataSource({"x": 2 * np.cos(turn), "y": np.sin(turn)})
        mark(plot, self.ink, limb, Line(x="x", y="y", line_width=1.3), line_color="line")
        x, _ = mollweide(np.radians(np.arange(-120, 121, 60)), np.zeros(5))
        px, py = mollweide(np.full(4, -np.pi), np.radians([-60, -30, 30, 60]))
        texts = [*(f"{k}°" for k in range(-120, 121, 60)), "-60°", "-30°", "30°", "60°"]
        labels = ColumnDataSource({
            "x": np.concatenate([x, px - 0.03]), "y": np.concatenate([np.full(5, -0.06), py]),
            "text": [text.replace("-", "\u2212") for text in texts],
            "align": ["center"] * 5 + ["right"] * 4,
        })  # fmt: skip
        text = Text(x="x", y="y", text="text", text_align="align", text_baseline="middle",
                    text_font_size="10px", text_font=value(FONT))  # fmt: skip
        mark(plot, self.ink, labels, text, text_color="faint")
