r"""Two colours of many galaxies: all and the selected, under a wedge that can be dragged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from bokeh.events import DoubleTap, Pan, PanEnd, PanStart
from bokeh.models import (
    ColumnDataSource,
    Image,
    Line,
    LinearColorMapper,
    Patch,
    Range1d,
    Scatter,
)
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, add_legend, mark, new_figure

__all__ = ["ColourPlane"]

Drag = Callable[[float, float, str], None]

_NO_IMAGE: dict[str, Any] = {key: [] for key in ("image", "x", "y", "dw", "dh")}
_SHADES = 48


class ColourPlane(Chart):
    r"""Density of all galaxies in grey, of the selected in colour, and a wedge of colours.

    Arguments:
        name: Short name: of the model, and of the files it is saved as.
        dark: Whether the ground is dark.
    """

    def __init__(self, name: str = "colour-plane", dark: bool = False) -> None:
        super().__init__(dark)
        self.everyone = ColumnDataSource(dict(_NO_IMAGE))
        self.chosen = ColumnDataSource(dict(_NO_IMAGE))
        self.wedge = ColumnDataSource({"x": as_column([]), "y": as_column([])})
        self.handles = ColumnDataSource({"x": as_column([]), "y": as_column([])})
        self._ramps: list[tuple[LinearColorMapper, str]] = []
        self._words = "Two colours of galaxies; nothing drawn yet."
        self.figure = self._make_figure(name)
        self.layout = self.figure
        self.ink.watch(self._colour)
        self._announce()

    def update(
        self,
        everyone: np.ndarray,
        chosen: np.ndarray,
        extent: tuple[float, float, float, float],
        labels: tuple[str, str],
    ) -> None:
        r"""Show other galaxies.

        Arguments:
            everyone: Counts of all galaxies on a grid, shape :math:`(n_y, n_x)`, row 0 lowest.
            chosen: Of the selected, likewise.
            extent: Left, right, lower and upper edge of the grid, mag.
            labels: Of both axes.
        """
        if np.shape(everyone) != np.shape(chosen):
            raise ValueError(
                f"grids of {np.shape(everyone)} and {np.shape(chosen)} cells do not lie upon "
                "each other; count both on one grid"
            )
        x0, x1, y0, y1 = (float(edge) for edge in extent)
        place = {"x": [x0], "y": [y0], "dw": [x1 - x0], "dh": [y1 - y0]}
        for source, counts in ((self.everyone, everyone), (self.chosen, chosen)):
            put(source, {"image": [_shade(counts)], **place})
        for axis, ends in ((self.figure.x_range, (x0, x1)), (self.figure.y_range, (y0, y1))):
            if (axis.start, axis.end) != ends:
                axis.update(start=ends[0], end=ends[1], reset_start=ends[0], reset_end=ends[1])
        for axis, label in zip((self.figure.xaxis[0], self.figure.yaxis[0]), labels, strict=True):
            if axis.axis_label != label:
                axis.axis_label = label
        part = float(np.sum(chosen)) / max(float(np.sum(everyone)), 1e-30)
        self._words = (
            f"Galaxies over {labels[0]} and {labels[1]}; {100 * part:.1f} % of them are selected."
        )
        self._announce()

    def show_wedge(
        self, corners: np.ndarray | None, handles: Sequence[Any] | np.ndarray = ()
    ) -> None:
        r"""Place the wedge.

        Arguments:
            corners: Of the region that it keeps, in order, shape :math:`(k, 2)`; None for none.
            handles: Where a hand can hold it, each of two colours.
        """
        there = np.zeros((0, 2))
        if corners is not None:
            there = np.asarray(corners, float)[[*range(len(corners)), 0]]  # closed
        put(self.wedge, {"x": as_column(there[:, 0]), "y": as_column(there[:, 1])})
        spots = np.asarray(handles, float).reshape(-1, 2)
        put(self.handles, {"x": as_column(spots[:, 0]), "y": as_column(spots[:, 1])})

    def on_drag(self, callback: Drag) -> None:
        """Call in a drag with both colours and `start`, `move` or `end`."""
        for kind, phase in ((PanStart, "start"), (Pan, "move"), (PanEnd, "end")):
            self.figure.on_event(kind, lambda event, p=phase: _told(callback, event, p))

    def on_double(self, callback: Callable[[float, float], None]) -> None:
        """Call with the place of a double click."""
        self.figure.on_event(DoubleTap, lambda event: _told(callback, event))

    def describe(self) -> str:
        """What is shown, in words."""
        return self._words

    # Parts

    def _make_figure(self, name: str) -> figure:
        plot = new_figure(
            name, self.ink, "colour (mag)", "colour (mag)", tools="wheel_zoom,reset",
            x_range=Range1d(-0.5, 2.0), y_range=Range1d(-0.5, 1.5), min_border_left=58,
        )  # fmt: skip
        for source, role in ((self.everyone, "prior"), (self.chosen, "posterior")):
            mapper = LinearColorMapper(low=0.0, high=1.0, palette=["#00000000"])
            self._ramps.append((mapper, role))
            glyph = Image(image="image", x="x", y="y", dw="dw", dh="dh", color_mapper=mapper)
            mark(plot, self.ink, source, glyph)
        self._colour()
        inside = Patch(x="x", y="y", fill_alpha=0.07, line_color=None)
        mark(plot, self.ink, self.wedge, inside, fill_color="truth")
        edge = Line(x="x", y="y", line_width=2)
        line = mark(plot, self.ink, self.wedge, edge, line_color="truth")
        grip = Scatter(x="x", y="y", size=12, marker="square", line_width=2)
        mark(plot, self.ink, self.handles, grip, line_color="truth", fill_color="paper")
        legend = add_legend(plot, self.ink, {"wedge": line}, location="bottom_right")
        legend.visible = False
        return plot

    def _colour(self) -> None:
        for mapper, role in self._ramps:
            alphas = np.linspace(0.0, 1.0, _SHADES) ** 0.7
            top = 150 if role == "prior" else 235
            mapper.palette = [f"{self.ink(role)}{round(top * alpha):02x}" for alpha in alphas]


def _shade(counts: np.ndarray) -> np.ndarray:
    """Logarithm of counts, from 0 (none) to 1 (the most)."""
    counts = np.asarray(counts, dtype=float)
    top = float(np.log1p(counts.max(initial=0.0)))
    return np.asarray(np.log1p(counts) / max(top, 1e-12), dtype=np.float32)


def _told(callback: Callable[..., None], event: Any, *more: Any) -> None:
    if event.x is not None and event.y is not None:
        callback(float(event.x), float(event.y), *more)
