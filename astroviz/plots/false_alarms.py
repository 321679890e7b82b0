r"""How often each check rejects an exact posterior, beside the rates that chance explains."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from bokeh.models import (
    BoxAnnotation,
    ColumnDataSource,
    HoverTool,
    NumeralTickFormatter,
    Range1d,
    Scatter,
    Segment,
    Span,
)

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, fixed_ticks, mark, new_figure, tooltip

__all__ = ["FalseAlarms"]


class FalseAlarms(Chart):
    r"""A point for each check, a band where chance leaves them.

    Arguments:
        name: Short name: of the model, and of the files it is saved as.
        dark: Whether the ground is dark.

    Example:
        >>> chart = FalseAlarms("alarms")
        >>> chart.update(["SBC"], [0.06], [200], 0.05, (0.02, 0.1))
        >>> chart.describe()
        'False alarms of exact posteriors, 5 % wanted, 2 to 10 % by chance: SBC 6 %.'
    """

    def __init__(self, name: str, dark: bool = False) -> None:
        super().__init__(dark)
        self._words = "False alarms of exact posteriors; nothing stored."
        self.source = ColumnDataSource({k: [] for k in ("x", "y", "low", "high", "name", "of")})
        self.figure = new_figure(
            name, self.ink, "false alarms (share of exact posteriors)", tools="",
            x_range=Range1d(0.0, 0.15), y_range=Range1d(-0.5, 0.5),
        )  # fmt: skip
        self.figure.xaxis.formatter = NumeralTickFormatter(format="0 %")
        self.figure.ygrid.visible = False
        self.band = BoxAnnotation(left=0.0, right=0.0, fill_alpha=0.28, line_alpha=0.0)
        self.ink.paint(self.band, fill_color="prior")
        self.level = Span(dimension="height", location=0.05, line_dash="dashed", line_width=1.5)
        self.ink.paint(self.level, line_color="goal")
        self.figure.add_layout(self.band)
        self.figure.add_layout(self.level)
        bar = Segment(x0="low", x1="high", y0="y", y1="y", line_width=1.5)
        mark(self.figure, self.ink, self.source, bar, line_color="posterior")
        dot = Scatter(x="x", y="y", size=9)
        dots = mark(
            self.figure, self.ink, self.source, dot, fill_color="posterior", line_color="paper"
        )
        rows = [("false alarms", "@x{0.0 %}"), ("exact posteriors", "@of{0,0}")]
        self.figure.add_tools(HoverTool(renderers=[dots], tooltips=tooltip(rows, "@name")))
        self.layout = self.figure
        self._announce()

    def update(
        self,
        names: Sequence[str],
        rates: Sequence[float],
        repeats: Sequence[int],
        level: float,
        band: tuple[float, float],
    ) -> None:
        r"""Show other rates.

        Arguments:
            names: Of the checks, from the top.
            rates: Part of the exact posteriors that each rejects.
            repeats: How many exact posteriors each has judged.
            level: The rate that each should have.
            band: Lowest and highest rate that chance explains for all of them together.
        """
        rate, number = np.asarray(rates, float), np.asarray(repeats, float)
        error = np.sqrt(np.clip(rate * (1 - rate), 1e-9, None) / np.maximum(number, 1))
        y = -np.arange(len(rate), dtype=float)
        columns = {"x": rate, "y": y, "low": np.clip(rate - error, 0, None), "high": rate + error,
                   "of": number}  # fmt: skip
        put(self.source, {**{key: as_column(one) for key, one in columns.items()},
                          "name": list(names)})  # fmt: skip
        self.band.update(left=band[0], right=band[1])
        self.level.location = level
        end = 1.15 * max(band[1], float((rate + error).max(initial=level)))
        self.figure.x_range.update(start=0.0, end=end)
        self.figure.y_range.update(start=0.5 - max(len(rate), 1), end=0.5)
        fixed_ticks(self.figure.yaxis[0], y.tolist(), list(names))
        said = ", ".join(f"{n} {100 * r:.0f} %" for n, r in zip(names, rate, strict=True))
        self._words = (
            f"False alarms of exact posteriors, {100 * level:.0f} % wanted, {100 * band[0]:.0f} "
            f"to {100 * band[1]:.0f} % by chance: {said}."
        )
        self._announce()

    def describe(self) -> str:
        """All rates in words."""
        return self._words
