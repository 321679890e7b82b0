r"""How often each check notices a defect of growing size: one curve stands out from the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from bokeh.models import (
    ColumnDataSource,
    HoverTool,
    Line,
    MultiLine,
    NumeralTickFormatter,
    Range1d,
    Scatter,
    Span,
)

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, add_legend, mark, new_figure, tooltip

__all__ = ["PowerCurves"]


class PowerCurves(Chart):
    r"""Detection rates over the size of a defect.

    Arguments:
        name: Short name: of the model, and of the files it is saved as.
        dark: Whether the ground is dark.

    Example:
        >>> chart = PowerCurves("power")
        >>> chart.update([0.1, 0.2], {"SBC": [0.1, 0.9], "TARP": [0.1, 0.3]}, "SBC", "", 0.05)
        >>> chart.describe()
        'Detection rates at sizes 0.1, 0.2. SBC: 10 %, 90 %. TARP: 10 %, 30 %.'
    """

    def __init__(self, name: str, dark: bool = False) -> None:
        super().__init__(dark)
        self._words = "Detection rates; nothing stored."
        self.others = ColumnDataSource({"xs": [], "ys": [], "name": []})
        keys = ("x", "y", "name")
        self.chosen, self.whole = (ColumnDataSource({k: [] for k in keys}) for _ in range(2))
        self.figure = new_figure(
            name, self.ink, "how wrong (size of the defect)", "noticed (share of repeats)",
            tools="", x_range=Range1d(0, 1), y_range=Range1d(-0.02, 1.04),
        )  # fmt: skip
        self.figure.yaxis.formatter = NumeralTickFormatter(format="0 %")
        self.level = Span(dimension="width", location=0.05, line_dash="dashed", line_width=1.5)
        self.ink.paint(self.level, line_color="goal")
        self.figure.add_layout(self.level)
        pale = MultiLine(xs="xs", ys="ys", line_width=1.5, line_alpha=0.55)
        others = mark(self.figure, self.ink, self.others, pale, line_color="prior")
        parts = [self._bold(self.whole, "ink", "square"), self._bold(self.chosen, "posterior",
                                                                     "circle")]  # fmt: skip
        self.legend = add_legend(
            self.figure, self.ink,
            {"the check that is chosen": parts[1], "all together": parts[0], "others": others},
            place="below", orientation="horizontal", location="center",
        )  # fmt: skip
        self.legend.update(padding=0, margin=0, spacing=12)
        rows = [("noticed", "$y{0 %}")]
        tools = HoverTool(renderers=[others, parts[0][1], parts[1][1]],
                          tooltips=tooltip(rows, "@name"), line_policy="nearest")  # fmt: skip
        self.figure.add_tools(tools)
        self.layout = self.figure
        self._announce()

    def update(
        self,
        sizes: Any,
        rates: Mapping[str, Any],
        chosen: str,
        whole: str,
        level: float,
    ) -> None:
        r"""Show another defect.

        Arguments:
            sizes: Of the defect, increasing, (S,).
            rates: Name of a check to its detection rates, (S,); NaN where it does not fit.
            chosen: The check that stands out.
            whole: Name of the whole suite among `rates`; empty where there is none.
            level: Rate at size 0.
        """
        x = np.concatenate([[0.0], np.asarray(sizes, float)])
        curves = {
            name: np.concatenate([[level], np.asarray(rate, float)])
            for name, rate in rates.items() if np.isfinite(np.asarray(rate, float)).any()
        }  # fmt: skip
        bold = {chosen, whole}
        pale = {name: y for name, y in curves.items() if name not in bold}
        put(self.others, {"xs": [as_column(x) for _ in pale],
                          "ys": [as_column(y) for y in pale.values()],
                          "name": list(pale)})  # fmt: skip
        for source, name in ((self.chosen, chosen), (self.whole, whole)):
            there = name in curves
            put(source, {"x": as_column(x if there else []),
                         "y": as_column(curves[name] if there else []),
                         "name": [name] * (len(x) if there else 0)})  # fmt: skip
        self.level.location = level
        if self.figure.x_range.end != 1.03 * x[-1]:
            self.figure.x_range.update(start=-0.02 * x[-1], end=1.03 * x[-1])
        said = " ".join(
            f"{name}: {', '.join(f'{100 * value:.0f} %' for value in y[1:])}."
            for name, y in curves.items()
        )
        at = ", ".join(f"{size:g}" for size in np.asarray(sizes, float))
        self._words = f"Detection rates at sizes {at}. {said}"
        self._announce()

    def describe(self) -> str:
        """All rates in words."""
        return self._words

    def _bold(self, source: ColumnDataSource, role: str, marker: str) -> list[Any]:
        line = mark(self.figure, self.ink, source, Line(x="x", y="y", line_width=2.75),
                    line_color=role)  # fmt: skip
        dot = Scatter(x="x", y="y", size=8, marker=marker)
        return [line, mark(self.figure, self.ink, source, dot, fill_color=role,
                           line_color="paper")]  # fmt: skip
