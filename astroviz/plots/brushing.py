r"""Maps of stars that are linked by the row numbers of their table.

A map holds the coordinates of all rows, so brushing means the same whether the rows are drawn one
by one or as a density: the box or lasso is compared with the coordinates, never with the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from bokeh.core.property.descriptors import UnsetValueError
from bokeh.events import Pan, PanStart, RangesUpdate, SelectionGeometry, Tap
from bokeh.models import (
    BoxSelectTool,
    ColumnDataSource,
    HoverTool,
    ImageRGBA,
    LassoSelectTool,
    Scatter,
    Segment,
)
from bokeh.plotting import figure

from astroviz.plots.columns import as_column
from astroviz.plots.frame import Chart, mark, tooltip
from astroviz.plots.raster import LARGEST_POINTS, count_points, flat, inside_polygon, shade

__all__ = ["RowMap", "rows_inside"]

_TAP_REACH = 14.0  # pixels
FEW = 5000  # so many of a great number are drawn one by one once they alone are in view
_PAUSE = 120  # ms without a newer range before a density is counted again
_EMPTY_IMAGE: dict[str, list[Any]] = {
    "image": [], "count": [], "x": [], "y": [], "dw": [], "dh": []
}  # fmt: skip

Brush = Callable[[np.ndarray, str], None]
Pick = Callable[[int], None]


def rows_inside(
    geometry: dict[str, Any], x: np.ndarray, y: np.ndarray, rows: np.ndarray
) -> np.ndarray:
    r"""Rows inside a box or lasso as Bokeh announces it.

    Arguments:
        geometry: `{"type": "rect", "x0", "x1", "y0", "y1"}` or `{"type": "poly", "x", "y"}`.
        x: Coordinates of the rows, shape :math:`(N,)`.
        y: Shape :math:`(N,)`.
        rows: Row numbers, shape :math:`(N,)`.

    Returns:
        The rows inside, in their order.
    """
    if geometry.get("type") == "rect":
        x0, x1 = sorted((geometry["x0"], geometry["x1"]))
        y0, y1 = sorted((geometry["y0"], geometry["y1"]))
        return rows[(x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)]
    if geometry.get("type") == "poly":
        corners = np.stack([np.asarray(geometry[k], dtype=float) for k in ("x", "y")], -1)
        # a lasso of thousands of corners says no more than one of 250
        corners = corners[:: max(1, len(corners) // 250)]
        return rows[inside_polygon(x, y, corners)]
    return rows[:0]


class RowMap(Chart):
    r"""A map of table rows with selection, current row, brushing and a density when they are many.

    Subclasses make `figure` and call `_set_rows`.
    """

    figure: figure

    def __init__(self, dark: bool = False) -> None:
        super().__init__(dark)
        nothing = np.empty(0)
        self.x, self.y, self.rows = nothing, nothing, np.empty(0, dtype=np.intp)
        self._errors: tuple[np.ndarray | None, np.ndarray | None] = (None, None)
        self._names: list[str] | None = None
        self.selection = np.empty(0, dtype=np.intp)
        self.current: int | None = None
        self._brushes: list[Brush] = []
        self._picks: list[Pick] = []
        self._modifiers: dict[str, bool] = {}
        self._waiting = self._listening = False
        self._seen: int | None = None  # rows in view, where only those are drawn
        self.points = ColumnDataSource(_columns(nothing, nothing, self.rows))
        self.chosen = ColumnDataSource({"x": as_column([]), "y": as_column([])})
        self.here = ColumnDataSource({"x": as_column([]), "y": as_column([])})
        self.density = ColumnDataSource(dict(_EMPTY_IMAGE))
        self.chosen_density = ColumnDataSource(dict(_EMPTY_IMAGE))
        self.ink.watch(self.redraw)

    @property
    def is_density(self) -> bool:
        """Whether there are too many rows to draw one by one."""
        return len(self.rows) > LARGEST_POINTS

    @property
    def note(self) -> str:
        """How the rows are drawn, so that nothing is thinned out in silence."""
        if self.is_density and self._seen is not None:
            return f"{self._seen:,} of {len(self.rows):,} stars in view"
        if self.is_density:
            return f"density of {len(self.rows):,} stars"
        return f"{len(self.rows):,} stars" if len(self.rows) != 1 else "1 star"

    def select(self, rows: Any, current: int | None = None) -> None:
        r"""Highlight rows, and the row that the page is about.

        Arguments:
            rows: Row numbers of the table; those that the map does not have are left out.
            current: One row number.
        """
        self.selection = np.unique(np.asarray(rows, dtype=np.intp))
        self.current = None if current is None else int(current)
        self._draw_selection()
        self._announce()

    def on_brush(self, callback: Brush) -> None:
        """Call with row numbers and `replace`, `add`, `remove` or `intersect` after a brush."""
        if not self._brushes:
            self.figure.on_event(SelectionGeometry, self._on_geometry)
            self.figure.on_event(PanStart, self._on_start)
            self._listen()
        self._brushes.append(callback)

    def on_pick(self, callback: Pick) -> None:
        """Call with the row number of a star that was tapped."""
        if not self._picks:
            self.figure.on_event(Tap, self._on_tap)
        self._picks.append(callback)

    def nearest(self, x: float, y: float, reach: float = _TAP_REACH) -> int | None:
        """Row nearest to a place, None when no row is within `reach` pixels."""
        if len(self.rows) == 0:
            return None
        width, height = self._pixels()
        ranges = self.figure.x_range, self.figure.y_range
        scale = [
            size / max(abs(r.end - r.start), 1e-12)
            for r, size in zip(ranges, (width, height), strict=True)
        ]
        distance = np.hypot((self.x - x) * scale[0], (self.y - y) * scale[1])
        best = int(np.argmin(distance))
        return int(self.rows[best]) if distance[best] <= reach else None

    def redraw(self) -> None:
        """Draw rows and selection again, as points or as a density of the present ranges."""
        self._seen = None
        if self.is_density:
            self._listen()
            if self._draw_few():
                return
            self.points.data = _columns(self.x[:0], self.y[:0], self.rows[:0])
            counts, place = self._count(self.x, self.y)
            self.density.data = {
                "image": [shade(counts, self.ink.dark)],
                "count": [counts.astype(np.float32)],
                **place,
            }
        else:
            self.density.data = dict(_EMPTY_IMAGE)
            self.points.data = _columns(self.x, self.y, self.rows, self._errors, self._names)
        self._draw_selection()

    def _draw_few(self) -> bool:
        """Draw those in view one by one where a zoom has left few of many."""
        (x0, x1), (y0, y1) = self._ends()
        seen = (self.x >= x0) & (self.x <= x1) & (self.y >= y0) & (self.y <= y1)
        count = int(np.count_nonzero(seen))
        if count > FEW:
            return False
        self._seen = count
        names = None if self._names is None else [self._names[k] for k in np.flatnonzero(seen)]
        errors = tuple(None if error is None else error[seen] for error in self._errors)
        self.density.data = dict(_EMPTY_IMAGE)
        self.points.data = _columns(self.x[seen], self.y[seen], self.rows[seen], errors, names)
        self._draw_selection()
        return True

    def _ends(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """The present ranges, lower end first."""
        x, y = self.figure.x_range, self.figure.y_range
        return (min(x.start, x.end), max(x.start, x.end)), (
            min(y.start, y.end),
            max(y.start, y.end),
        )

    def _set_rows(
        self,
        x: np.ndarray,
        y: np.ndarray,
        rows: np.ndarray | None,
        errors: tuple[np.ndarray | None, np.ndarray | None] = (None, None),
        names: Sequence[str] | None = None,
    ) -> None:
        """Hold the rows that have a place."""
        x, y = np.asarray(x, dtype=np.float32), np.asarray(y, dtype=np.float32)
        rows = np.arange(len(x)) if rows is None else np.asarray(rows, dtype=np.intp)
        if not len(x) == len(y) == len(rows):
            raise ValueError(
                f"{len(x)} x, {len(y)} y and {len(rows)} rows do not go together; "
                "give one of each per star"
            )
        good = np.isfinite(x) & np.isfinite(y)
        self.x, self.y, self.rows = x[good], y[good], rows[good]
        self._errors = tuple(
            None if error is None else np.asarray(error, dtype=np.float32)[good]
            for error in errors
        )  # type: ignore[assignment]
        self._names = None if names is None else list(np.asarray(names)[good])

    def _draw_rows(self, plot: figure) -> None:
        """Add the glyphs of rows, selection and current row."""
        ink = self.ink
        place = {"x": "x", "y": "y", "dw": "dw", "dh": "dh"}
        picture = mark(plot, ink, self.density, ImageRGBA(image="image", **place))
        mark(plot, ink, self.chosen_density, ImageRGBA(image="image", **place))
        for ends in (
            {"x0": "x_low", "x1": "x_high", "y0": "y", "y1": "y"},
            {"x0": "x", "x1": "x", "y0": "y_low", "y1": "y_high"},
        ):
            bar = Segment(**ends, line_alpha=0.35)
            mark(plot, ink, self.points, bar, line_color="points")
        dot = Scatter(x="x", y="y", size=5, fill_alpha=0.65, line_color=None)
        dots = mark(plot, ink, self.points, dot, fill_color="points")
        chosen = Scatter(x="x", y="y", size=7, line_width=0.75, fill_alpha=0.95)
        mark(plot, ink, self.chosen, chosen, fill_color="selection", line_color="paper")
        for size, role, width in ((17, "paper", 4), (17, "current", 2)):
            ring = Scatter(x="x", y="y", size=size, fill_color=None, line_width=width)
            mark(plot, ink, self.here, ring, line_color=role)
        box = BoxSelectTool(renderers=[], continuous=False)
        lasso = LassoSelectTool(renderers=[], continuous=False)
        for tool in (box, lasso):
            ink.paint(tool.overlay, fill_color="selection", line_color="selection")
            tool.overlay.update(fill_alpha=0.08, line_alpha=0.8, line_dash="dashed")
        plot.add_tools(
            box,
            lasso,
            HoverTool(renderers=[dots], tooltips=tooltip([], "@name")),
            HoverTool(renderers=[picture], tooltips=tooltip([("stars here", "@count{0,0}")])),
        )
        plot.toolbar.active_drag = box

    def _draw_selection(self) -> None:
        inside = np.isin(self.rows, self.selection) if len(self.selection) else None
        x, y = (self.x[inside], self.y[inside]) if inside is not None else (self.x[:0], self.y[:0])
        many = len(x) > LARGEST_POINTS
        shown = slice(0, 0) if many else slice(None)
        self.chosen.data = {"x": as_column(x[shown]), "y": as_column(y[shown])}
        if many:
            counts, place = self._count(x, y)
            image = flat(counts, self.ink("selection"))
            self.chosen_density.data = {
                "image": [image], "count": [counts.astype(np.float32)], **place
            }  # fmt: skip
        elif self.chosen_density.data["image"]:
            self.chosen_density.data = dict(_EMPTY_IMAGE)
        here = self.rows == self.current if self.current is not None else slice(0, 0)
        self.here.data = {"x": as_column(self.x[here]), "y": as_column(self.y[here])}

    def _count(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, dict[str, list[float]]]:
        """Counts over the present ranges and where their picture belongs."""
        ends = self._ends()
        width, height = self._pixels()
        counts = self._aggregate(x, y, ends[0], ends[1], max(width // 2, 8), max(height // 2, 8))
        (x0, x1), (y0, y1) = ends
        return counts, {"x": [x0], "y": [y0], "dw": [x1 - x0], "dh": [y1 - y0]}

    def _aggregate(
        self,
        x: np.ndarray,
        y: np.ndarray,
        x_range: tuple[float, float],
        y_range: tuple[float, float],
        width: int,
        height: int,
    ) -> np.ndarray:
        return count_points(x, y, x_range, y_range, width, height)

    def _pixels(self) -> tuple[int, int]:
        """Size of the frame; a guess until a browser has told."""
        try:
            return max(int(self.figure.inner_width), 16), max(int(self.figure.inner_height), 16)
        except UnsetValueError:
            return 480, 400

    def _listen(self) -> None:
        """Follow pans and zooms, which need a server behind the figure."""
        if not self._listening:
            self._listening = True
            self.figure.on_event(RangesUpdate, self._on_ranges)

    def _on_ranges(self, _event: Any) -> None:
        document = self.figure.document
        if not self.is_density or self._waiting:
            return
        if document is None or document.session_context is None:
            self.redraw()
            return
        self._waiting = True
        document.add_timeout_callback(self._after_pause, _PAUSE)

    def _after_pause(self) -> None:
        self._waiting = False
        self.redraw()
        self._announce()

    def _on_start(self, event: Pan) -> None:
        self._modifiers = dict(getattr(event, "modifiers", None) or {})

    def _on_geometry(self, event: SelectionGeometry) -> None:
        if not event.final or event.geometry is None:
            return
        rows = rows_inside(dict(event.geometry), self.x, self.y, self.rows)
        shift, ctrl = (bool(self._modifiers.get(key)) for key in ("shift", "ctrl"))
        mode = {(1, 0): "add", (0, 1): "intersect", (1, 1): "remove"}.get((shift, ctrl), "replace")
        for callback in self._brushes:
            callback(rows, mode)

    def _on_tap(self, event: Tap) -> None:
        row = self.nearest(event.x, event.y)
        if row is not None:
            for callback in self._picks:
                callback(row)


def _columns(
    x: np.ndarray,
    y: np.ndarray,
    rows: np.ndarray,
    errors: Sequence[np.ndarray | None] = (None, None),
    names: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Columns of the points; error bars of zero length where there is no error."""
    dx, dy = (np.zeros(len(x)) if e is None else np.nan_to_num(e) for e in errors)
    columns: dict[str, Any] = {
        "x": as_column(x),
        "y": as_column(y),
        "row": rows.astype(np.int32),
        "x_low": as_column(x - dx),
        "x_high": as_column(x + dx),
        "y_low": as_column(y - dy),
        "y_high": as_column(y + dy),
    }
    columns["name"] = [f"row {row}" for row in rows] if names is None else list(names)
    return columns
