r"""Redshifts from photometry against those from spectra, a point for each galaxy, to be picked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from bokeh.core.property.descriptors import UnsetValueError
from bokeh.events import Tap
from bokeh.models import ColumnDataSource, HoverTool, Line, Scatter, Segment
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, add_legend, mark, new_figure, tooltip

__all__ = ["PhotoZ"]

_REACH = 16.0  # pixels
_FRAME = 420.0  # pixels of the frame until a browser has told
_KINDS = {
    "flat": ("flat prior", "prior", "circle", 5.0, 0.45),
    "population": ("population as prior", "posterior", "circle", 6.0, 0.8),
    "outlier": ("outlier", "truth", "diamond", 9.0, 0.95),
}


class PhotoZ(Chart):
    r"""Spectroscopic redshift across, photometric redshift upwards.

    Arguments:
        name: Short name, of the model and of saved files.
        dark: Whether the ground is dark.
    """

    def __init__(self, name: str = "photo-z", dark: bool = False) -> None:
        super().__init__(dark)
        self.sources = {kind: ColumnDataSource(_columns()) for kind in _KINDS}
        self.here = ColumnDataSource({key: as_column([]) for key in ("x", "y", "low", "high")})
        self.edges = ColumnDataSource({key: as_column([]) for key in ("x", "low", "high")})
        self._known = np.empty((0, 2))
        self._rows = np.empty(0, np.intp)
        self._picks: list[Callable[[int], None]] = []
        self._words = "Photometric against spectroscopic redshift; nothing yet."
        self.figure = self._make_figure(name)
        self.layout = self.figure
        self._announce()

    def update(
        self,
        truth: np.ndarray,
        found: np.ndarray,
        flat: np.ndarray,
        rows: np.ndarray,
        limit: float,
        words: str,
    ) -> None:
        r"""Show other galaxies.

        Arguments:
            truth: Spectroscopic redshifts, shape :math:`(n,)`; those without are left out.
            found: Photometric redshifts with the population as prior, shape :math:`(n,)`.
            flat: Likewise with a flat prior; NaN where there is none.
            rows: Row numbers of the table, shape :math:`(n,)`.
            limit: Of an outlier, on :math:`|\Delta z| / (1 + z)`.
            words: What it shows, for people who cannot see it.
        """
        truth, found, flat = (np.asarray(one, dtype=float) for one in (truth, found, flat))
        good = np.isfinite(truth) & np.isfinite(found)
        truth, found, flat = truth[good], found[good], flat[good]
        self._rows = np.asarray(rows, dtype=np.intp)[good]
        self._known = np.stack([truth, found], -1)
        far = np.abs(found - truth) > limit * (1 + truth)
        put(self.sources["flat"], _columns(truth, flat, self._rows))
        for kind, chosen in (("population", ~far), ("outlier", far)):
            put(self.sources[kind], _columns(truth[chosen], found[chosen], self._rows[chosen]))
        self._fit(np.concatenate([truth, found]), limit)
        self._words = words
        self._announce()

    def point_at(self, row: int | None, low: float = np.nan, high: float = np.nan) -> None:
        """Ring the galaxy that the page is about, with the 68 % interval of its redshift."""
        at = np.flatnonzero(self._rows == (-1 if row is None else row))
        place = self._known[at[:1]] if len(at) else np.empty((0, 2))
        put(self.here, {
            "x": as_column(place[:, 0]), "y": as_column(place[:, 1]),
            "low": as_column([low] * len(place)), "high": as_column([high] * len(place)),
        })  # fmt: skip

    def on_pick(self, callback: Callable[[int], None]) -> None:
        """Call with the row number of a galaxy that was clicked."""
        if not self._picks:
            self.figure.on_event(Tap, self._on_tap)
        self._picks.append(callback)

    def describe(self) -> str:
        """What is shown, in words."""
        return self._words

    def _fit(self, values: np.ndarray, limit: float) -> None:
        top = 1.06 * float(np.max(values, initial=0.05))
        for axis in (self.figure.x_range, self.figure.y_range):
            if axis.end != top:
                axis.update(start=0.0, end=top, reset_start=0.0, reset_end=top)
        x = np.array([0.0, top])
        put(self.edges, {
            "x": as_column(x), "low": as_column(x - limit * (1 + x)),
            "high": as_column(x + limit * (1 + x)),
        })  # fmt: skip

    def _make_figure(self, name: str) -> figure:
        plot = new_figure(
            name, self.ink, "redshift from the spectrum", "redshift from photometry",
            tools="pan,wheel_zoom,box_zoom,reset",
        )  # fmt: skip
        for key, dash in (("x", "solid"), ("low", "dashed"), ("high", "dashed")):
            line = Line(x="x", y=key, line_width=1, line_dash=dash)
            mark(plot, self.ink, self.edges, line, line_color="line")
        entries: dict[str, Any] = {}
        for kind, (words, role, marker, size, alpha) in _KINDS.items():
            dot = Scatter(x="x", y="y", marker=marker, size=size, fill_alpha=alpha, line_width=0.5)
            roles = {"fill_color": role, "line_color": "paper"}
            if kind == "flat":
                dot.fill_color, roles = None, {"line_color": role}
                dot.line_width = 1.0
            entries[words] = mark(plot, self.ink, self.sources[kind], dot, **roles)
        bar = Segment(x0="x", x1="x", y0="low", y1="high", line_width=2)
        mark(plot, self.ink, self.here, bar, line_color="current")
        for size, role, width in ((17, "paper", 4), (17, "current", 2)):
            ring = Scatter(x="x", y="y", size=size, fill_color=None, line_width=width)
            mark(plot, self.ink, self.here, ring, line_color=role)
        rows = [("from the spectrum", "@x{0.000}"), ("from photometry", "@y{0.000}")]
        shown = [entries[_KINDS[kind][0]] for kind in ("population", "outlier")]
        plot.add_tools(HoverTool(renderers=shown, tooltips=tooltip(rows, "galaxy @row")))
        add_legend(plot, self.ink, entries, location="top_left")
        return plot

    def _on_tap(self, event: Tap) -> None:
        if not len(self._known):
            return
        try:
            size = float(self.figure.inner_width), float(self.figure.inner_height)
        except UnsetValueError:
            size = _FRAME, _FRAME
        ends = self.figure.x_range.end, self.figure.y_range.end
        starts = self.figure.x_range.start, self.figure.y_range.start
        scale = [s / max(e - b, 1e-9) for s, e, b in zip(size, ends, starts, strict=True)]
        away = (self._known - [event.x, event.y]) * scale
        distance = np.hypot(away[:, 0], away[:, 1])
        best = int(np.argmin(distance))
        if distance[best] <= _REACH:
            for callback in self._picks:
                callback(int(self._rows[best]))


def _columns(x: Any = (), y: Any = (), rows: Any = ()) -> dict[str, Any]:
    return {"x": as_column(x), "y": as_column(y), "row": np.asarray(rows, dtype=np.int32)}
