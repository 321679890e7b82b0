r"""Two one-dimensional readings of an orientation density: where the axis points, and its roll."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, GridPlot, Line, Range1d, VArea
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, mark, new_figure, stand_in
from astroviz.plots.panels import arrange, fill_legend, legend_row

__all__ = ["AxisTilt"]

# What a curve is -> (role, dash); in the order of the legend.
_STYLE = {
    "model": ("posterior", "solid"),
    "truth": ("truth", "dashed"),
    "no messages": ("limit", "dotdash"),
    "uniform": ("faint", "dotted"),
}


class AxisTilt(Chart):
    r"""Density of the axis against the tidal axis, and of the tilt; uniform is 1 in both.

    Left: :math:`|\cos\theta|` between the major axis and the direction of slowest collapse. Right:
    the tilt, the roll of the frame about its major axis, over the half turn that D2 leaves.

    Arguments:
        dark: Whether the ground is dark.
    """

    def __init__(self, dark: bool = False) -> None:
        super().__init__(dark)
        empty = {"x": as_column([]), "y": as_column([])}
        self.axis = {name: ColumnDataSource(dict(empty)) for name in _STYLE}
        self.tilt = {name: ColumnDataSource(dict(empty)) for name in _STYLE}
        self.curves: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self._top = 2.0
        self.left = self._make_figure(
            "axis-density",
            "|cos| of axis and slowest collapse",
            "density (uniform = 1)",
            self.axis,
        )
        self.right = self._make_figure(
            "tilt-density", "tilt about the axis (deg)", None, self.tilt, Range1d(-90, 90)
        )
        self.layout = self._make_layout()
        self._announce()

    def update(
        self,
        cosine: np.ndarray,
        axis: Mapping[str, np.ndarray],
        tilt_angle: np.ndarray,
        tilt: Mapping[str, np.ndarray],
        fit: bool = True,
    ) -> None:
        r"""Show other densities.

        Arguments:
            cosine: Grid of :math:`|\cos\theta|`, shape :math:`(C,)`.
            axis: Density over it by name (`model`, `truth`, `no messages`), each :math:`(C,)`.
            tilt_angle: Grid of the tilt, degrees, shape :math:`(T,)`.
            tilt: Density over it, uniform = 1, each :math:`(T,)`.
            fit: Whether the vertical range may move.
        """
        self.curves = {name: (axis[name], tilt[name]) for name in axis}
        for name in _STYLE:
            for sources, grid, found in (
                (self.axis, cosine, axis), (self.tilt, tilt_angle, tilt)
            ):  # fmt: skip
                values = np.ones(len(grid)) if name == "uniform" else found.get(name)
                shown = values is not None and len(grid)
                put(sources[name], {"x": as_column(grid if shown else []),
                                    "y": as_column(values if shown else [])})  # fmt: skip
        if fit:
            tops = [np.max(values) for both in self.curves.values() for values in both]
            self._top = 1.12 * max([1.6, *tops])
            for plot in (self.left, self.right):
                plot.y_range.update(start=0.0, end=float(self._top))
        self._announce()

    def describe(self) -> str:
        """Names and peaks of the curves in words."""
        parts = [
            f"{name}: axis density up to {np.max(axis):.2f}, tilt density up to {np.max(tilt):.2f}"
            for name, (axis, tilt) in self.curves.items()
        ]
        return "Axis and tilt, uniform is 1. " + ("; ".join(parts) or "nothing asked yet") + "."

    def _make_figure(
        self,
        name: str,
        x_label: str,
        y_label: str | None,
        sources: dict[str, ColumnDataSource],
        x_range: Range1d | None = None,
    ) -> figure:
        plot = new_figure(
            name, self.ink, x_label, y_label, tools="", save=False, toolbar_location=None,
            x_range=x_range or Range1d(0, 1), y_range=Range1d(0, self._top), min_border_right=10,
        )  # fmt: skip
        if x_range is not None:
            plot.xaxis.ticker = [-90, -45, 0, 45, 90]
        area = VArea(x="x", y1=0, y2="y", fill_alpha=0.16)
        mark(plot, self.ink, sources["model"], area, fill_color="posterior")
        self._lines: dict[str, Any] = {}
        for key, (role, dash) in _STYLE.items():
            line = Line(x="x", y="y", line_width=1.25 if key == "uniform" else 2, line_dash=dash)
            self._lines[key] = mark(plot, self.ink, sources[key], line, line_color=role)
        return plot

    def _make_layout(self) -> GridPlot:
        row = legend_row("axis-tilt", self.ink)
        fill_legend(row, self.ink, {n: stand_in(row, r) for n, r in self._lines.items()})
        return arrange("axis-tilt", self.ink, (self.left, self.right), row, extra=20)
