r"""What grids of cells have in common: named rows and columns, no rules, a click on a cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bokeh.events import Tap
from bokeh.models import Range1d
from bokeh.plotting import figure

from astroviz.plots.frame import Chart, fixed_ticks, new_figure

__all__ = ["CellGrid"]


class CellGrid(Chart):
    r"""Rows from the top by columns from the left; subclasses draw the cells into `figure`.

    Arguments:
        dark: Whether the ground is dark.

    Attributes:
        rows: Names of the rows.
        columns: Names of the columns.
        selected: Row and column that are marked; None for none.
    """

    figure: figure

    def __init__(self, dark: bool = False) -> None:
        super().__init__(dark)
        self.rows: list[str] = []
        self.columns: list[str] = []
        self.selected: tuple[int, int] | None = None
        self._picks: list[Callable[[int, int], None]] = []
        self._ticks: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())

    def on_pick(self, callback: Callable[[int, int], None]) -> None:
        """Call with row and column of a cell that was clicked."""
        if not self._picks:
            self.figure.on_event(Tap, self._on_tap)
        self._picks.append(callback)

    def _on_tap(self, event: Any) -> None:
        if event.x is None or event.y is None:
            return
        row, column = round(-event.y), round(event.x)
        if 0 <= row < len(self.rows) and 0 <= column < len(self.columns):
            for callback in self._picks:
                callback(row, column)

    def _set_axes(self) -> None:
        wide, high = len(self.columns), len(self.rows)
        ends = ((self.figure.x_range, -0.5, wide - 0.5), (self.figure.y_range, 0.5 - high, 0.5))
        for axis, start, end in ends:
            if (axis.start, axis.end) != (start, end):
                axis.update(start=start, end=end)
        ticks = (tuple(self.rows), tuple(self.columns))
        if ticks != self._ticks:
            self._ticks = ticks
            fixed_ticks(self.figure.xaxis[0], [float(k) for k in range(wide)], self.columns)
            fixed_ticks(self.figure.yaxis[0], [-float(k) for k in range(high)], self.rows)

    def _bare_figure(self, name: str) -> figure:
        """A figure with names of columns above, names of rows on the left, and nothing else."""
        plot = new_figure(
            name, self.ink, tools="", x_axis_location="above", save=False,
            x_range=Range1d(-0.5, 0.5), y_range=Range1d(-0.5, 0.5),
        )  # fmt: skip
        plot.toolbar_location = None  # it would lie over the last cell of the first row
        plot.grid.visible = False
        plot.axis.axis_line_alpha = 0
        plot.axis.major_tick_line_alpha = 0
        plot.outline_line_alpha = 0
        return plot
