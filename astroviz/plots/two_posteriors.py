r"""Draws of two models for one object, its truth, and a ball of each about one reference point."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, Line, Range1d, Scatter

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, add_legend, mark, new_figure

__all__ = ["TwoPosteriors"]

_CORNERS = 120  # of a circle
_SHAPE = 1.7  # width of the frame over its height, about
_LEGEND = 0.25  # of the width, which the legend takes
_TAIL = 1.0  # per cent of the draws that may lie outside of the frame
_FIRST, _SECOND, _TRUTH, _REFERENCE = "A", "B", "truth", "reference"


class TwoPosteriors(Chart):
    r"""Two clouds, the truth, and what MIRA counts.

    Arguments:
        name: Short name, of the model and of saved files.
        dark: Whether the ground is dark.

    Example:
        >>> chart = TwoPosteriors()
        >>> chart.update(np.zeros((5, 2)), np.ones((5, 2)), np.zeros(2), np.ones(2), (1.4, 0.1),
        ...              ("x", "y"), "Two clouds.")
        >>> chart.describe()
        'Two clouds.'
    """

    def __init__(self, name: str = "two-posteriors", dark: bool = False) -> None:
        super().__init__(dark)
        self._words = "Nothing drawn yet."
        keys = (_FIRST, _SECOND, _TRUTH, _REFERENCE, "ball A", "ball B")
        self.sources = {key: ColumnDataSource({"x": [], "y": []}) for key in keys}
        self.figure = new_figure(
            name, self.ink, "x", "y", tools="", x_range=Range1d(-3, 3), y_range=Range1d(-3, 3),
            match_aspect=True,
        )  # fmt: skip
        self._draw()
        self.layout = self.figure
        self._announce()

    def update(
        self,
        first: np.ndarray,
        second: np.ndarray,
        truth: np.ndarray,
        reference: np.ndarray,
        radii: tuple[float, float],
        labels: tuple[str, str],
        words: str,
        circles: bool = True,
    ) -> None:
        r"""Show another object.

        Arguments:
            first: Draws of A, shape :math:`(L, 2)`.
            second: Draws of B.
            truth: Shape (2,).
            reference: Where balls are centred, shape (2,).
            radii: Of the balls.
            labels: Of the axes, with units.
            words: What is shown, for people who cannot see it.
            circles: Whether balls are drawn: not where the plane is a part of more dimensions.
        """
        self._words = words
        centre = reference[None] if circles else np.zeros((0, 2))
        shown = ((_FIRST, first), (_SECOND, second), (_TRUTH, truth[None]), (_REFERENCE, centre))
        for key, points in shown:
            here = np.asarray(points, float).reshape(-1, 2)
            put(self.sources[key], {"x": as_column(here[:, 0]), "y": as_column(here[:, 1])})
        angle = np.linspace(0, 2 * np.pi, _CORNERS)
        for key, radius in zip(("ball A", "ball B"), radii, strict=True):
            x = reference[0] + radius * np.cos(angle) if circles else angle[:0]
            y = reference[1] + radius * np.sin(angle) if circles else angle[:0]
            put(self.sources[key], {"x": as_column(x), "y": as_column(y)})
        parts = [first, second, truth[None]] + ([reference[None]] if circles else [])
        self._fit(np.concatenate(parts), len(parts) - 2, circles)
        self.figure.xaxis[0].axis_label, self.figure.yaxis[0].axis_label = labels
        self._announce()

    def clear(self, words: str) -> None:
        """Show nothing, and say why."""
        for source in self.sources.values():
            put(source, {"x": as_column([]), "y": as_column([])})
        self._words = words
        self._announce()

    def describe(self) -> str:
        """What is shown, in words."""
        return self._words

    def _fit(self, points: np.ndarray, fixed: int, equal: bool) -> None:
        """Ranges that hold the draws and all of the last `fixed` points; equal scales if asked."""
        ends = []
        for column in points.T:
            low, high = np.percentile(column, [_TAIL, 100 - _TAIL])
            last = column[len(column) - fixed :]
            low, high = min(low, last.min()), max(high, last.max())
            margin = 0.1 * max(float(high - low), 1e-6)
            ends.append([float(low - margin), float(high + margin)])
        if equal:
            wide = max(ends[0][1] - ends[0][0], _SHAPE * (ends[1][1] - ends[1][0]))
            for one, size in zip(ends, (wide, wide / _SHAPE), strict=True):
                middle = 0.5 * (one[0] + one[1])
                one[:] = [middle - size / 2, middle + size / 2]
        ends[0][1] += _LEGEND * (ends[0][1] - ends[0][0]) * (0 if equal else 1)
        for axis, (low, high) in zip((self.figure.x_range, self.figure.y_range), ends,
                                     strict=True):  # fmt: skip
            axis.update(start=low, end=high)

    def _draw(self) -> None:
        plot, entries = self.figure, {}
        looks: tuple[tuple[str, str, str], ...] = (
            (_FIRST, "posterior", "circle"), (_SECOND, "excess", "square"),
        )  # fmt: skip
        for key, role, shape in looks:
            ball = Line(x="x", y="y", line_width=1.5, line_dash="dashed", line_alpha=0.8)
            mark(plot, self.ink, self.sources[f"ball {key}"], ball, line_color=role)
            dot = Scatter(x="x", y="y", size=5, marker=shape, fill_alpha=0.5, line_color=None)
            entries[key] = [mark(plot, self.ink, self.sources[key], dot, fill_color=role)]
        cross: dict[str, Any] = {"x": "x", "y": "y"}
        centre = Scatter(**cross, size=11, marker="x", line_width=2)
        entries[_REFERENCE] = [
            mark(plot, self.ink, self.sources[_REFERENCE], centre, line_color="ink")
        ]
        star = Scatter(**cross, size=14, marker="star", line_width=1)
        entries[_TRUTH] = [
            mark(plot, self.ink, self.sources[_TRUTH], star, fill_color="truth",
                 line_color="paper")
        ]  # fmt: skip
        add_legend(plot, self.ink, entries, location="top_right")
