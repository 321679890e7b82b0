r"""Which parameter, or which cell, speaks against a posterior: p-values from the smallest on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, FactorRange, Range1d, Scatter, Segment, Span

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, mark, new_figure

__all__ = ["PValues"]

_MOST, _SMALLEST = 14, 1e-12


class PValues(Chart):
    r"""Minus the logarithm of each p-value; a line where the level is, shared out over all.

    Arguments:
        level: Level of the test.
        dark: Whether the ground is dark.

    Example:
        >>> chart = PValues()
        >>> chart.update({"by": {"age": 1e-5, "mass": 0.4}})
        >>> chart.describe()
        'p-values, the smallest first: age 1e-05, mass 0.4; beyond the shared level: age.'
    """

    def __init__(self, level: float = 0.05, dark: bool = False) -> None:
        super().__init__(dark)
        self._level = level
        names = ("name", "x", "fill", "marker")
        self.source = ColumnDataSource({name: [] for name in names})
        self._far: list[bool] = []
        self._words = "p-values; nothing measured yet."
        self.figure = self._make_figure()
        self.layout = self.figure
        self.ink.watch(self._recolour)
        self._announce()

    def update(self, curves: Mapping[str, Any], words: str = "") -> None:
        r"""Show other p-values.

        Arguments:
            curves: `by`, name to p-value; at most 14 are drawn, the smallest.
            words: What is shown, for people who cannot see it; the p-values by default.
        """
        by = {str(k): float("nan" if v is None else v) for k, v in dict(curves["by"]).items()}
        known = sorted((p, name) for name, p in by.items() if np.isfinite(p))
        shared = self._level / max(len(known), 1)
        shown = known[:_MOST]
        p_values, names = [p for p, _ in shown], [name for _, name in shown]
        x = -np.log10(np.maximum(p_values, _SMALLEST)) if shown else np.zeros(0)
        self._far = [p <= shared for p in p_values]
        self.line.location = float(-np.log10(shared))
        self.figure.y_range.factors = names[::-1]
        top = 1.15 * max(float(np.max(x, initial=0.0)), -np.log10(shared))
        self.figure.x_range.update(start=0.0, end=float(top))
        put(self.source, {"name": names, "x": as_column(x), **self._looks()})
        told = ", ".join(f"{n} {p:.2g}" for n, p in zip(names, p_values, strict=True)) or "none"
        far = ", ".join(n for n, k in zip(names, self._far, strict=True) if k) or "none"
        self._words = words or (
            f"p-values, the smallest first: {told}; beyond the shared level: {far}."
        )
        self._announce()

    def describe(self) -> str:
        """The p-values in words."""
        return self._words

    def _looks(self) -> dict[str, list[str]]:
        return {
            "fill": [self.ink("truth" if far else "posterior") for far in self._far],
            "marker": ["diamond" if far else "circle" for far in self._far],
        }

    def _recolour(self) -> None:
        self.source.data = {**self.source.data, **self._looks()}

    def _make_figure(self) -> Any:
        plot = new_figure(
            "p_values", self.ink, "evidence against: \u2212log\u2081\u2080 p", tools="",
            x_range=Range1d(0, 3), y_range=FactorRange(factors=[], range_padding=0.2),
        )  # fmt: skip
        plot.ygrid.visible = False
        self.line = Span(dimension="height", line_width=1.5, line_dash="dashed", location=1.3)
        self.ink.paint(self.line, line_color="goal")
        plot.add_layout(self.line)
        bar = Segment(x0=0, x1="x", y0="name", y1="name", line_color="fill", line_width=2)
        mark(plot, self.ink, self.source, bar)
        point = Scatter(x="x", y="name", size=10, fill_color="fill", marker="marker")
        mark(plot, self.ink, self.source, point, line_color="paper")
        return plot
