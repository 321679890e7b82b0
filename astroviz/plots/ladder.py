r"""One number by several hands: each with its error, one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, FactorRange, Range1d, Scatter, Segment
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, mark, new_figure

__all__ = ["Ladder"]

_ROLES = {"ours": "posterior", "theirs": "literature", "true": "truth"}
_MARKERS = {"ours": "circle", "theirs": "square", "true": "star"}


class Ladder(Chart):
    r"""Values with errors, each on a line of its own.

    Arguments:
        name: Short name, of the model and of saved files.
        label: Text of the axis, with its unit.
        dark: Whether the ground is dark.
    """

    def __init__(self, name: str, label: str, dark: bool = False) -> None:
        super().__init__(dark)
        self.label = label
        self.sources = {
            kind: ColumnDataSource({"y": [], "x": [], "low": [], "high": []}) for kind in _ROLES
        }
        self._words = f"{label}; nothing to compare yet."
        self.figure = self._make_figure(name)
        self.layout = self.figure
        self._announce()

    def update(self, rungs: Sequence[tuple[str, str, float, float]]) -> None:
        r"""Show other values.

        Arguments:
            rungs: For each line, from the top: its label, its kind (`ours`, `theirs`, `true`),
                value and error (NaN or 0 for none).
        """
        labels = [rung[0] for rung in rungs]
        if len(set(labels)) != len(labels):
            raise ValueError(f"labels must differ from each other: {', '.join(labels)}")
        factors = labels[::-1] or [""]
        if self.figure.y_range.factors != factors:
            self.figure.y_range.factors = factors
        for kind, source in self.sources.items():
            own = [rung for rung in rungs if rung[1] == kind]
            value = np.array([rung[2] for rung in own], float)
            error = np.nan_to_num(np.array([rung[3] for rung in own], float))
            put(source, {
                "y": [rung[0] for rung in own], "x": as_column(value),
                "low": as_column(value - error), "high": as_column(value + error),
            })  # fmt: skip
        self._frame(rungs)
        self._words = f"{self.label}: " + "; ".join(
            f"{label} {value:.3f}" + (f" \u00b1 {error:.3f}" if error > 0 else "")
            for label, _, value, error in rungs
        )
        self._announce()

    def describe(self) -> str:
        """All values, in words."""
        return self._words

    def _frame(self, rungs: Sequence[tuple[str, str, float, float]]) -> None:
        ends = [
            value + sign * np.nan_to_num(error)
            for _, _, value, error in rungs
            for sign in (-1, 1)
            if np.isfinite(value)
        ]
        if not ends:
            return
        low, high = min(ends), max(ends)
        margin = max(0.12 * (high - low), 0.002 * abs(high), 1e-6)
        self.figure.x_range.update(start=low - margin, end=high + margin)

    def _make_figure(self, name: str) -> Any:
        plot: figure = new_figure(
            name, self.ink, self.label, tools="", x_range=Range1d(0, 1),
            y_range=FactorRange(factors=[""], range_padding=0.15),
        )  # fmt: skip
        plot.ygrid.visible = False
        for kind, source in self.sources.items():
            bar = Segment(x0="low", x1="high", y0="y", y1="y", line_width=2)
            mark(plot, self.ink, source, bar, line_color=_ROLES[kind])
            point = Scatter(x="x", y="y", marker=_MARKERS[kind], size=11 if kind == "true" else 9)
            colours = {"fill_color": _ROLES[kind], "line_color": "paper"}
            mark(plot, self.ink, source, point, **colours)
        return plot
