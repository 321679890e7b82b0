r"""Where the stars of a table are: all-sky Mollweide map or a region in the tangent plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.core.properties import value
from bokeh.models import ColumnDataSource, CustomJS, Line, MultiLine, Text
from bokeh.plotting import figure

from astroviz.plots.brushing import RowMap
from astroviz.plots.columns import as_column
from astroviz.plots.frame import mark, new_figure
from astroviz.plots.projection import (
    FRAMES,
    Projection,
    graticule_step,
    nside_for,
    sky_counts,
)
from astroviz.plots.theme import FONT

__all__ = ["SkyMap", "graticule"]

# Both axes keep one scale: the window is widened to the shape of the frame, in the browser,
# because only it knows the shape.
_KEEP_SCALE = """
// Before a figure is laid out it has no size, and asking for it is an error.
const size = (name) => plot.property(name).is_unset ? 0 : plot[name];
const [w, h] = [size("inner_width"), size("inner_height")];
const [x, y, half_w, half_h] = ["x", "y", "half_width", "half_height"].map((k) => box.data[k][0]);
if (w > 0 && h > 0) {
  const scale = Math.max(half_w / w, half_h / h);
  plot.x_range.setv({start: x - scale * w, end: x + scale * w});
  plot.y_range.setv({start: y - scale * h, end: y + scale * h});
}
"""


def graticule(
    projection: Projection, x_range: tuple[float, float], y_range: tuple[float, float]
) -> dict[str, list[Any]]:
    r"""Lines of equal longitude and latitude over a window of the plane, with their labels.

    Arguments:
        projection: The map.
        x_range: Ends of the window.
        y_range: Ends of the window.

    Returns:
        `xs`, `ys`: lines; `x`, `y`, `text`: labels.
    """
    gx, gy = np.meshgrid(np.linspace(*x_range, 25), np.linspace(*y_range, 25))
    longitude, latitude = projection.inverse(gx.ravel(), gy.ravel())
    turned = (longitude - projection.centre[0] + 180.0) % 360.0 - 180.0
    # lines go on beyond the window, whose shape the browser may widen
    if not np.isfinite(latitude).any():
        return {key: [] for key in ("xs", "ys", "x", "y", "text")}
    low, high = float(np.nanmin(latitude)), float(np.nanmax(latitude))
    west, east = float(np.nanmin(turned)), float(np.nanmax(turned))
    if projection.view == "sky" and high - low > 120:
        low, high, west, east = -90.0, 90.0, -180.0, 180.0
    down = graticule_step(high - low)
    along = max(graticule_step(east - west, 12.0 if east - west > 180 else 6.0), down)
    found: dict[str, list[Any]] = {key: [] for key in ("xs", "ys", "x", "y", "text")}
    window = (*x_range, *y_range)
    wide, tall = 0.8 * (east - west), 0.8 * (high - low)
    if projection.view == "region":  # lines go on beyond a window that the browser may widen
        west, east = max(west - wide, -180.0), min(east + wide, 180.0)
        low, high = max(low - tall, -90.0), min(high + tall, 90.0)
    for level in _multiples(low, high, down):
        if abs(level) < 90:
            path = turned_line(projection, np.linspace(west, east, 181), np.full(181, level))
            _add(found, path, f"{_number(level)}\u00b0", window, left=True)
    for level in _multiples(west + projection.centre[0], east + projection.centre[0], along):
        offset = level - projection.centre[0]
        if abs(offset) >= 180 and projection.view == "sky":
            continue
        path = turned_line(projection, np.full(181, offset), np.linspace(low, high, 181))
        _add(found, path, f"{_number(level % 360)}\u00b0", window, left=False)
    return found


def turned_line(
    projection: Projection, offset: np.ndarray, latitude: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """A line given by longitudes from the middle of the map."""
    # exactly 180 degrees away, rounding would decide between the left and the right limb
    offset = np.clip(offset, -179.9999, 179.9999)
    return projection.place(projection.centre[0] + offset, latitude)


def _add(
    found: dict[str, list[Any]],
    path: tuple[np.ndarray, np.ndarray],
    text: str,
    window: tuple[float, float, float, float],
    left: bool,
) -> None:
    x, y = path
    found["xs"].append(as_column(x))
    found["ys"].append(as_column(y))
    x0, x1, y0, y1 = window
    inside = (x > x0) & (x < x1) & (y > y0) & (y < y1)
    if not inside.any():
        return
    # parallels are named at the left, meridians below, or along the equator of the whole sky
    far = x if left else (np.abs(y) if y1 - y0 > 1.5 else y)
    k = int(np.argmin(np.where(inside, far, np.inf)))
    for key, item in (("x", float(x[k])), ("y", float(y[k])), ("text", text)):
        found[key].append(item)


def _multiples(low: float, high: float, step: float) -> np.ndarray:
    return np.arange(np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9) + 1) * step


def _number(level: float) -> str:
    return f"{level:.4g}".replace("-", "\u2212")


class SkyMap(RowMap):
    r"""Positions of the stars.

    Arguments:
        frame: `equatorial` or `galactic`.
        view: `sky` for all of it in Mollweide projection, `region` for where the stars are.
        dark: Whether the ground is dark.
    """

    def __init__(self, frame: str = "equatorial", view: str = "sky", dark: bool = False) -> None:
        super().__init__(dark)
        self.projection = Projection(frame, view)
        nothing = np.empty(0)
        self._given: tuple[Any, ...] = (nothing, nothing, None, None)
        self._kept: tuple[np.ndarray, np.ndarray] = (nothing, nothing)
        self.lines = ColumnDataSource({"xs": [], "ys": []})
        self.labels = ColumnDataSource({"x": [], "y": [], "text": []})
        self.limb = ColumnDataSource({"x": as_column([]), "y": as_column([])})
        self.window = ColumnDataSource(
            {"x": [0.0], "y": [0.0], "half_width": [2.05], "half_height": [1.05]}
        )
        self.figure = self._make_figure()
        self.layout = self.figure
        self._draw_frame()
        self._announce()

    def update(
        self,
        ra: np.ndarray,
        dec: np.ndarray,
        rows: np.ndarray | None = None,
        names: Sequence[str] | None = None,
        fit: bool = True,
    ) -> str:
        r"""Show other stars.

        Arguments:
            ra: Right ascension, degrees, shape :math:`(N,)`; NaN where unknown.
            dec: Declination, degrees, shape :math:`(N,)`.
            rows: Row numbers of the table; 0 to :math:`N - 1` by default.
            names: Names to show under the pointer.
            fit: Whether the window may move.

        Returns:
            How the stars are drawn, as `note`.
        """
        self._given = (np.asarray(ra, float), np.asarray(dec, float), rows, names)
        self._project(fit)
        return self.note

    def set_frame(self, frame: str) -> None:
        """Change between equatorial and galactic coordinates."""
        self.projection = Projection(frame, self.projection.view)
        self._project(True)

    def set_view(self, view: str) -> None:
        """Change between the whole sky and the region of the stars."""
        self.projection = Projection(self.projection.frame, view)
        self._project(True)

    def describe(self) -> str:
        """Kind of map and counts in words."""
        kind = "All-sky Mollweide map" if self.projection.view == "sky" else "Map of a region"
        chosen = int(np.isin(self.rows, self.selection).sum())
        frame = self.projection.frame
        return f"{kind} in {frame} coordinates: {self.note}, {chosen:,} selected."

    def _project(self, fit: bool) -> None:
        """Put the stars on the plane; a region is centred on them."""
        ra, dec, rows, names = self._given
        good = np.isfinite(ra) & np.isfinite(dec)
        rows = np.arange(len(ra)) if rows is None else np.asarray(rows)
        names = None if names is None else np.asarray(names)[good]
        longitude, latitude = self.projection.to_frame(ra[good], dec[good])
        if self.projection.view == "region" and len(longitude) and fit:
            centre = _middle(longitude, latitude)
            self.projection = Projection(self.projection.frame, "region", centre)
        x, y = self.projection.place(longitude, latitude)
        seen = np.isfinite(x) & np.isfinite(y)
        self._kept = longitude[seen], latitude[seen]
        self._set_rows(x, y, rows[good], names=names)
        if fit:
            self._fit()
        self._draw_frame()
        self.redraw()
        self._announce()

    def _fit(self) -> None:
        x, y, half_width, half_height = 0.0, 0.0, 2.05, 1.05
        if self.projection.view == "region" and len(self.x):
            ends = [np.quantile(c, (0.005, 0.995)) for c in (self.x, self.y)]
            x, y = (float(e.mean()) for e in ends)
            half_width, half_height = (max(0.58 * float(np.ptp(e)), 0.004) for e in ends)
        box = {"x": x, "y": y, "half_width": half_width, "half_height": half_height}
        self.window.data = {key: [item] for key, item in box.items()}
        # a first guess; the browser corrects it to the shape of the frame
        width, height = self._pixels()
        scale = max(half_width / width, half_height / height)
        self.figure.x_range.update(start=x - scale * width, end=x + scale * width)
        self.figure.y_range.update(start=y - scale * height, end=y + scale * height)

    def _make_figure(self) -> figure:
        plot = new_figure(
            "sky", self.ink, tools="pan,wheel_zoom,reset", active_scroll="wheel_zoom",
            match_aspect=True, title=" ",
        )  # fmt: skip
        plot.axis.visible = plot.grid.visible = False
        plot.outline_line_alpha = 0
        plot.title.update(text_font_size="11px")
        self.ink.paint(plot.title, text_color="faint")
        line = MultiLine(xs="xs", ys="ys", line_width=1)
        mark(plot, self.ink, self.lines, line, level="underlay", line_color="hairline")
        limb = Line(x="x", y="y", line_width=1)
        mark(plot, self.ink, self.limb, limb, level="underlay", line_color="line")
        self._draw_rows(plot)
        # twice: the outline, which is painted over its own fill, keeps labels legible anywhere
        for outline, roles in ((3, {"text_outline_color": "paper"}), (0, {"text_color": "faint"})):
            text = Text(x="x", y="y", text="text", x_offset=3, y_offset=-2)
            text.update(text_font_size="10px", text_font=value(FONT), text_outline_width=outline)
            mark(plot, self.ink, self.labels, text, **roles)
        keep = CustomJS(args={"plot": plot, "box": self.window}, code=_KEEP_SCALE)
        plot.js_on_change("inner_width", keep)
        plot.js_on_change("inner_height", keep)
        self.window.js_on_change("data", keep)
        plot.js_on_event("reset", keep)
        return plot

    def _draw_frame(self) -> None:
        """Graticule and limb over the present window, somewhat beyond it."""
        ranges = self.figure.x_range, self.figure.y_range
        whole = self.projection.view == "sky"
        ends = [(r.start, r.end) for r in ranges]
        if whole and ends[0][1] - ends[0][0] > 2.0:
            ends = [(-2.05, 2.05), (-1.05, 1.05)]
        found = graticule(self.projection, ends[0], ends[1])
        self.lines.data = {key: found[key] for key in ("xs", "ys")}
        self.labels.data = {key: found[key] for key in ("x", "y", "text")}
        turn = np.linspace(0, 2 * np.pi, 181 if whole else 0)
        self.limb.data = {"x": as_column(2 * np.cos(turn)), "y": as_column(np.sin(turn))}
        _, longitude, latitude = FRAMES[self.projection.frame]
        self.figure.title.text = f"{self.projection.frame} ({longitude}, {latitude})"

    def _on_ranges(self, event: Any) -> None:
        super()._on_ranges(event)
        self._draw_frame()

    def _aggregate(
        self,
        x: np.ndarray,
        y: np.ndarray,
        x_range: tuple[float, float],
        y_range: tuple[float, float],
        width: int,
        height: int,
    ) -> np.ndarray:
        """Counts of the HEALPix pixel under each pixel of the picture."""
        gx = x_range[0] + (np.arange(width) + 0.5) * (x_range[1] - x_range[0]) / width
        gy = y_range[0] + (np.arange(height) + 0.5) * (y_range[1] - y_range[0]) / height
        mesh = np.meshgrid(gx, gy)
        longitude, latitude = self.projection.inverse(*mesh)
        whole = 81.0 if self.projection.view == "sky" else 57.3  # degrees per unit of the plane
        nside = nside_for(2.0 * whole * (x_range[1] - x_range[0]) / width)
        if x is self.x:
            own = self._kept
        else:
            own = self.projection.inverse(np.asarray(x, float), np.asarray(y, float))
        counts = sky_counts(own[0], own[1], nside)
        from healpy import ang2pix

        inside = np.isfinite(longitude)
        image = np.zeros((height, width), dtype=counts.dtype)
        image[inside] = counts[ang2pix(nside, longitude[inside], latitude[inside], lonlat=True)]
        return image


def _middle(longitude: np.ndarray, latitude: np.ndarray) -> tuple[float, float]:
    """Direction of the median unit vector: robust, and right across longitude 0."""
    lon, lat = np.radians(longitude), np.radians(latitude)
    x, y, z = np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)
    cx, cy, cz = (float(np.median(part)) for part in (x, y, z))
    return float(np.degrees(np.arctan2(cy, cx))), float(
        np.degrees(np.arctan2(cz, np.hypot(cx, cy)))
    )
