r"""Pairs of columns of very many draws: densities with the points of subsets over them.

Where a corner plot smooths some thousand draws of one object, this one counts a hundred thousand
of a population, and is counted anew while a slider moves. A box drawn in any panel is announced as
a region of its two columns, so that it means the same in every panel and for every set of draws.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from bokeh.events import SelectionGeometry
from bokeh.models import (
    BasicTicker,
    BoxSelectTool,
    ColumnDataSource,
    GridPlot,
    ImageRGBA,
    LassoSelectTool,
    Line,
    Quad,
    Scatter,
)
from bokeh.models import Range1d as Range
from bokeh.plotting import figure

from astroviz.plots.binned import BinnedMarks
from astroviz.plots.columns import as_column, put
from astroviz.plots.corner import axis_title
from astroviz.plots.frame import Chart, add_legend, mark, new_figure, save_tool
from astroviz.plots.raster import shade

__all__ = ["DrawMatrix", "SUBSET_ROLES"]  # noqa: RUF022 (plain order)

SUBSET_ROLES = (("truth", "circle"), ("limit", "diamond"), ("pinned", "triangle"))
"""Colour and marker of the first, second and third subset, in every figure that shows them."""

_LEFT, _BOTTOM, _TOP, _RIGHT = 62, 44, 6, 5
_EMPTY: dict[str, list[Any]] = {"image": [], "x": [], "y": [], "dw": [], "dh": []}

Region = Callable[[tuple[int, int], dict[str, Any]], None]


class DrawMatrix(Chart):
    r"""Densities of all pairs of a few columns, histograms on the diagonal.

    Arguments:
        name: Short name, of the figures and of saved files.
        count: Number of columns.
        dark: Whether the ground is dark.
    """

    def __init__(self, name: str = "draws", count: int = 3, dark: bool = False) -> None:
        super().__init__(dark)
        self.name, self.count = name, count
        self.labels = [""] * count
        self._marks: BinnedMarks | None = None
        self._regions: list[Region] = []
        self._ranges = [Range(0, 1) for _ in range(count)]
        self.images: dict[tuple[int, int], ColumnDataSource] = {}
        self.points = [ColumnDataSource(self._blank(count)) for _ in SUBSET_ROLES]
        self.bars = [ColumnDataSource(_steps()) for _ in range(count)]
        self.lines: dict[tuple[int, int], ColumnDataSource] = {}
        self.others, self.truths = (
            [ColumnDataSource(_outline(None, np.zeros(0))) for _ in range(count)] for _ in (0, 1)
        )
        self.figures: dict[tuple[int, int], figure] = {}
        for j in range(count):
            self.figures[j, j] = self._make_diagonal(j)
            for i in range(j):
                self.figures[i, j] = self._make_panel(i, j)
        self.layout = self._make_layout()
        self.ink.watch(self._paint)
        self._announce()

    def set_axes(self, axes: Sequence[Any], ends: Sequence[tuple[float, float]]) -> None:
        r"""Name the columns and set the ends of their axes.

        Arguments:
            axes: Objects with `label` and `unit`, one for each column.
            ends: Lower and upper end of each.
        """
        self.labels = [str(axis.label) for axis in axes]
        last = self.count - 1
        for k, (axis, (low, high)) in enumerate(zip(axes, ends, strict=True)):
            self.figures[k, last].xaxis.axis_label = axis_title(axis)
            if k:
                self.figures[0, k].yaxis.axis_label = axis_title(axis)
            if (self._ranges[k].start, self._ranges[k].end) != (low, high):
                self._ranges[k].update(start=low, end=high, reset_start=low, reset_end=high)

    def update(self, marks: BinnedMarks) -> None:
        """Show other counts; the ends of the axes are those of `set_axes`."""
        self._marks = marks
        self._paint()
        for k, source in enumerate(self.bars):
            put(source, _steps(marks.heights[k], self._edges(k)))
            for sources, side in ((self.others, marks.other), (self.truths, marks.truth)):
                put(sources[k], _outline(None if side is None else side[k], self._edges(k)))
        for s, source in enumerate(self.points):
            layer = marks.layers[s] if s < len(marks.layers) else None
            put(source, self._blank(self.count) if layer is None else _points(layer.points))
            for k in range(self.count):
                heights = None if layer is None else layer.heights[k]
                put(self.lines[s, k], _outline(heights, self._edges(k)))
            item = self.legend.items[s]
            if item.visible != (layer is not None):
                item.visible = layer is not None
            if layer is not None and item.label.value != layer.name:
                item.label = {"value": layer.name}
        sides = (marks.other, marks.truth)
        for item, side in zip(self.legend.items[len(SUBSET_ROLES) :], sides, strict=False):
            if item.visible != (side is not None):
                item.visible = side is not None
        self._announce()

    @property
    def counts(self) -> dict[tuple[int, int], Any]:
        """Weight in the cells of each pair of columns, as `Binned.pair` gives it."""
        return {} if self._marks is None else dict(self._marks.counts)

    def on_region(self, callback: Region) -> None:
        r"""Call with a pair of columns and a geometry once a box or a lasso has been drawn.

        The geometry is `{"type": "rect", "x0", "x1", "y0", "y1"}` or `{"type": "poly", "x", "y"}`;
        on the diagonal both columns are the same and only x counts.
        """
        if not self._regions:
            for pair, plot in self.figures.items():
                plot.on_event(SelectionGeometry, self._heard(pair))
        self._regions.append(callback)

    def describe(self) -> str:
        """Columns, number of draws and subsets in words."""
        marks = self._marks
        if marks is None:
            return "Densities of the draws of a population; no draws yet."
        subsets = ", ".join(layer.name for layer in marks.layers)
        tail = f" Over them: {subsets}." if subsets else ""
        return f"Densities of {marks.number:,} draws over {', '.join(self.labels)}.{tail}"

    # Building

    def _frame(self, i: int, j: int, **options: Any) -> figure:
        last = self.count - 1
        plot = new_figure(
            f"{self.name}-{i}-{j}", self.ink, " " if j == last else None,
            " " if i == 0 and j > 0 else None, tools="", save=False, x_range=self._ranges[i],
            toolbar_location=None, min_border_left=_LEFT if i == 0 else _RIGHT,
            min_border_right=_RIGHT, min_border_top=_TOP,
            min_border_bottom=_BOTTOM if j == last else 4, **options,
        )  # fmt: skip
        plot.xaxis.ticker = BasicTicker(desired_num_ticks=3)
        if j != last:
            plot.xaxis.update(major_label_text_font_size="0px", major_label_standoff=0)
        plot.xgrid.visible = plot.ygrid.visible = False
        return plot

    def _make_diagonal(self, k: int) -> figure:
        plot = self._frame(k, k, y_range=Range(0, 1.12))
        plot.yaxis.visible = False
        bar = Quad(left="low", right="high", bottom=0, top="y", fill_alpha=0.4, line_color=None)
        mark(plot, self.ink, self.bars[k], bar, fill_color="points")
        beside = Line(x="x", y="y", line_width=1.5, line_dash="dotdash")
        mark(plot, self.ink, self.others[k], beside, line_color="prior")
        known = Line(x="x", y="y", line_width=1.75, line_dash="dotted")
        mark(plot, self.ink, self.truths[k], known, line_color="observed")
        for s, (role, _) in enumerate(SUBSET_ROLES):
            self.lines[s, k] = ColumnDataSource(_outline(None, np.zeros(0)))
            line = Line(x="x", y="y", line_width=2)
            mark(plot, self.ink, self.lines[s, k], line, line_color=role)
        box = BoxSelectTool(renderers=[], continuous=False, dimensions="width")
        self._add_tools(plot, box)
        return plot

    def _make_panel(self, i: int, j: int) -> figure:
        plot = self._frame(i, j, y_range=self._ranges[j])
        plot.yaxis.ticker = BasicTicker(desired_num_ticks=3)
        if i > 0:
            plot.yaxis.update(major_label_text_font_size="0px", major_label_standoff=0)
        self.images[i, j] = ColumnDataSource(dict(_EMPTY))
        picture = ImageRGBA(image="image", x="x", y="y", dw="dw", dh="dh")
        mark(plot, self.ink, self.images[i, j], picture)
        for source, (role, marker) in zip(self.points, SUBSET_ROLES, strict=True):
            dot = Scatter(x=f"c{i}", y=f"c{j}", size=4, marker=marker, fill_alpha=0.8,
                          line_width=0.5)  # fmt: skip
            mark(plot, self.ink, source, dot, fill_color=role, line_color="paper")
        box = BoxSelectTool(renderers=[], continuous=False)
        self._add_tools(plot, box, LassoSelectTool(renderers=[], continuous=False))
        return plot

    def _add_tools(self, plot: figure, *tools: Any) -> None:
        for tool in tools:
            self.ink.paint(tool.overlay, fill_color="selection", line_color="selection")
            tool.overlay.update(fill_alpha=0.08, line_alpha=0.8, line_dash="dashed")
        plot.add_tools(*tools)
        plot.toolbar.active_drag = tools[0]

    def _make_layout(self) -> GridPlot:
        """Cells of equal frames: the first column and the last row also hold the labels."""
        count = self.count
        children: list[tuple[Any, ...]] = [
            (plot, j, 0 if i == 0 else i + 1, 2 if j == count - 1 else 1, 2 if i == 0 else 1)
            for (i, j), plot in self.figures.items()
        ]
        legend = self._make_legend()
        layout = GridPlot(
            children=[*children, (legend, 0, 2, 1, count - 1)],
            cols=[f"{_LEFT - _RIGHT}px", *["minmax(0, 1fr)"] * count],
            rows=[*["minmax(0, 1fr)"] * count, f"{_BOTTOM - 4}px"],
            sizing_mode="stretch_both", name=self.name, toolbar_location=None,
        )  # fmt: skip
        legend.toolbar_location = "left"
        legend.add_tools(*(save_tool(layout, self.name, kind) for kind in ("png", "svg")))
        self.ink.watch(lambda: layout.update(styles={"background-color": self.ink("paper")}))
        layout.styles = {"background-color": self.ink("paper")}
        return layout

    def _make_legend(self) -> figure:
        """What the colours stand for, in the empty corner."""
        plot = new_figure(f"{self.name}-legend", self.ink, tools="", save=False, min_border=0)
        plot.axis.visible = plot.grid.visible = False
        plot.outline_line_alpha = 0
        nowhere = ColumnDataSource({"x": [np.nan], "y": [np.nan]})
        entries: dict[str, Any] = {}
        for k, (role, marker) in enumerate(SUBSET_ROLES):
            dot = Scatter(x="x", y="y", size=9, marker=marker)
            entries[f"subset {k + 1}"] = mark(
                plot, self.ink, nowhere, dot, fill_color=role, line_color="paper"
            )
        beside = Line(x="x", y="y", line_width=1.5, line_dash="dotdash")
        entries["prior"] = mark(plot, self.ink, nowhere, beside, line_color="prior")
        known = Line(x="x", y="y", line_width=1.75, line_dash="dotted")
        entries["truth"] = mark(plot, self.ink, nowhere, known, line_color="observed")
        bar = Scatter(x="x", y="y", size=11, marker="square", fill_alpha=0.4, line_color=None)
        entries["all draws"] = mark(plot, self.ink, nowhere, bar, fill_color="points")
        self.legend = add_legend(plot, self.ink, entries, location="top_right")
        for item in self.legend.items[: len(SUBSET_ROLES) + 2]:
            item.visible = False
        return plot

    # Drawing

    def _paint(self) -> None:
        """Densities in the colours of the present ground."""
        if self._marks is None:
            return
        for pair, source in self.images.items():
            (x0, x1), (y0, y1) = (self._ends(k) for k in pair)
            put(source, {
                "image": [shade(self._marks.counts[pair], self.ink.dark)],
                "x": [x0], "y": [y0], "dw": [x1 - x0], "dh": [y1 - y0],
            })  # fmt: skip

    def _ends(self, column: int) -> tuple[float, float]:
        return float(self._ranges[column].start), float(self._ranges[column].end)

    def _edges(self, column: int) -> np.ndarray:
        size = 0 if self._marks is None else self._marks.heights.shape[1]
        return np.linspace(*self._ends(column), size + 1)

    def _heard(self, pair: tuple[int, int]) -> Callable[[SelectionGeometry], None]:
        def heard(event: SelectionGeometry) -> None:
            if event.final and event.geometry is not None:
                for callback in self._regions:
                    callback(pair, dict(event.geometry))

        return heard

    @staticmethod
    def _blank(count: int) -> dict[str, Any]:
        return {f"c{k}": as_column([]) for k in range(count)}


def _points(values: np.ndarray) -> dict[str, Any]:
    return {f"c{k}": as_column(values[:, k]) for k in range(values.shape[1])}


def _steps(heights: np.ndarray | None = None, edges: np.ndarray | None = None) -> dict[str, Any]:
    if heights is None or edges is None:
        return {"low": as_column([]), "high": as_column([]), "y": as_column([])}
    return {
        "low": as_column(edges[:-1]), "high": as_column(edges[1:]), "y": as_column(heights)
    }  # fmt: skip


def _outline(heights: np.ndarray | None, edges: np.ndarray) -> dict[str, Any]:
    """A histogram as a line of steps."""
    if heights is None or not len(edges):
        return {"x": as_column([]), "y": as_column([])}
    return {
        "x": as_column(np.repeat(edges, 2)[1:-1]), "y": as_column(np.repeat(heights, 2))
    }  # fmt: skip
