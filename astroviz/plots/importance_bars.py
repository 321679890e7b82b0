r"""What tells two populations apart: a bar for each column with its error, the longest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, FactorRange, HBar, Range1d, Segment

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, mark, new_figure

__all__ = ["ImportanceBars"]


class ImportanceBars(Chart):
    r"""Horizontal bars with errors.

    Arguments:
        name: Short name, of the model and of saved files.
        dark: Whether the ground is dark.
        label: Horizontal axis, with its unit.
        most: Bars that are drawn; the longest of more.

    Example:
        >>> chart = ImportanceBars()
        >>> chart.update(["a", "b"], np.array([0.1, 0.2]), np.array([0.01, 0.02]))
        >>> chart.describe()
        'Fall of the area: b 0.200 ± 0.020; a 0.100 ± 0.010.'
    """

    def __init__(
        self,
        name: str = "importance",
        dark: bool = False,
        label: str = "fall of the area when a column is shuffled",
        most: int = 12,
    ) -> None:
        super().__init__(dark)
        self._most = most
        self._words = "Nothing is known of the columns yet."
        self.source = ColumnDataSource({key: [] for key in ("name", "value", "low", "high")})
        self.figure = self._make_figure(name, label)
        self.layout = self.figure
        self._announce()

    def update(self, names: Sequence[str], values: Any, errors: Any) -> None:
        r"""Show other columns.

        Arguments:
            names: The :math:`F` names.
            values: How much each tells, shape :math:`(F,)`.
            errors: Standard errors.
        """
        values, errors = np.asarray(values, float), np.asarray(errors, float)
        order = np.argsort(-values, kind="stable")[: self._most]
        shown, values, errors = [names[k] for k in order], values[order], errors[order]
        self.figure.y_range.factors = shown[::-1]
        low, high = values - errors, values + errors
        top = max(float(high.max(initial=0.0)), 0.02)
        bottom = min(float(low.min(initial=0.0)), 0.0)
        self.figure.x_range.update(start=1.1 * bottom - 0.02 * top, end=1.1 * top)
        put(self.source, {"name": shown, "value": as_column(values), "low": as_column(low),
                          "high": as_column(high)})  # fmt: skip
        told = "; ".join(
            f"{n} {v:.3f} \u00b1 {e:.3f}" for n, v, e in zip(shown, values, errors, strict=True)
        )
        self._words = f"Fall of the area: {told}." if shown else "There are no columns."
        self._announce()

    def clear(self) -> None:
        """Show nothing, until the columns are known."""
        put(self.source, {key: [] for key in ("name", "value", "low", "high")})
        self._words = "Nothing is known of the columns yet."
        self._announce()

    def describe(self) -> str:
        """The bars in words."""
        return self._words

    def _make_figure(self, name: str, label: str) -> Any:
        plot = new_figure(
            name, self.ink, label, tools="", x_range=Range1d(0, 0.1),
            y_range=FactorRange(factors=[], range_padding=0.1),
        )  # fmt: skip
        plot.ygrid.visible = False
        bar = HBar(y="name", right="value", left=0, height=0.66, fill_alpha=0.75, line_color=None)
        mark(plot, self.ink, self.source, bar, fill_color="posterior")
        error = Segment(x0="low", x1="high", y0="name", y1="name", line_width=2)
        mark(plot, self.ink, self.source, error, line_color="ink")
        return plot
