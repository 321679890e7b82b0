r"""Two clouds of points and the lines along which one is carried onto the other."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, Line, Range1d, Scatter, Segment

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, add_legend, mark, new_figure

__all__ = ["TransportPlan"]

_LINES = ("x0", "y0", "x1", "y1", "alpha")


class TransportPlan(Chart):
    r"""Model, data, and the plan between them; both axes in the same scale.

    Arguments:
        name: Short name, of the model and of saved files.
        dark: Whether the ground is dark.
        x_range: Ends of the horizontal axis.
        y_range: Ends of the vertical one.

    Example:
        >>> plan = TransportPlan("toy")
        >>> one = np.zeros((1, 2))
        >>> plan.update(one + 1, one, np.stack([one + 1, one], 1), np.ones(1), "One line.")
        >>> plan.describe()
        'One line.'
    """

    def __init__(
        self,
        name: str,
        dark: bool = False,
        x_range: tuple[float, float] = (-3.6, 3.6),
        y_range: tuple[float, float] = (-1.4, 1.4),
    ) -> None:
        super().__init__(dark)
        self.lines = ColumnDataSource({key: as_column([]) for key in _LINES})
        self.model, self.data = (ColumnDataSource(_points(np.zeros((0, 2)))) for _ in range(2))
        self._words = "Nothing drawn yet."
        self.figure = new_figure(
            name, self.ink, "place (in units of the bench)", "across", tools="",
            x_range=Range1d(*x_range), y_range=Range1d(*y_range),
        )  # fmt: skip
        segment = Segment(x0="x0", y0="y0", x1="x1", y1="y1", line_alpha="alpha", line_width=1)
        mark(self.figure, self.ink, self.lines, segment, line_color="selection")
        sign = ColumnDataSource({"x": as_column([np.nan]), "y": as_column([np.nan])})
        line = mark(self.figure, self.ink, sign, Line(x="x", y="y"), line_color="selection")
        dot = Scatter(x="x", y="y", size=7, fill_alpha=0.9, marker="circle")
        data = mark(self.figure, self.ink, self.data, dot, fill_color="ink", line_color="paper")
        square = Scatter(x="x", y="y", size=8, fill_alpha=0.9, marker="square")
        model = mark(
            self.figure, self.ink, self.model, square, fill_color="posterior", line_color="paper"
        )
        entries: dict[str, Any] = {"data": data, "model": model, "is carried to": line}
        add_legend(self.figure, self.ink, entries, location="top_left")
        self.layout = self.figure
        self._announce()

    def update(
        self,
        model: np.ndarray,
        data: np.ndarray,
        lines: np.ndarray,
        strengths: np.ndarray,
        words: str,
    ) -> None:
        r"""Show other clouds.

        Arguments:
            model: Points, shape :math:`(n, 2)`.
            data: Points, shape :math:`(m, 2)`.
            lines: Ends, shape :math:`(L, 2, 2)`: line, end, axis.
            strengths: How visible each line is, from 0 to 1.
            words: What is shown, for people who cannot see it.
        """
        if len(lines) != len(strengths):
            raise ValueError(f"{len(lines)} lines do not fit {len(strengths)} strengths")
        ends = np.asarray(lines, dtype=float).reshape(-1, 4).T
        columns = dict(zip(_LINES, (*ends, 0.75 * np.asarray(strengths)), strict=True))
        put(self.lines, {key: as_column(column) for key, column in columns.items()})
        put(self.model, _points(model))
        put(self.data, _points(data))
        self._words = words
        self._announce()

    def describe(self) -> str:
        """What is shown, in words."""
        return self._words


def _points(places: np.ndarray) -> dict[str, Any]:
    return {"x": as_column(places[:, 0]), "y": as_column(places[:, 1])}
