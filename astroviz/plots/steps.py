r"""Steps against accuracy: what more evaluations of the network buy, for each sampler."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, HoverTool, Line, Range1d, Scatter, Span
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, add_legend, fixed_ticks, mark, new_figure, tooltip

__all__ = ["StepsPlot"]

_CURVES = {"shortcut": ("few-step sampler", "excess", "square", "dashed"),
           "flow": ("flow", "posterior", "circle", "solid")}  # fmt: skip
_TICKS = (1, 2, 4, 8, 16, 32, 64, 128)
_LEAST, _MOST = 0.48, 0.56  # the axis reaches these at least


class StepsPlot(Chart):
    r"""Accuracy of a classifier over the evaluations of the network, one curve for each sampler.

    Arguments:
        dark: Whether the ground is dark.
    """

    def __init__(self, dark: bool = False) -> None:
        super().__init__(dark)
        self.figures: tuple[Any, ...] = ()
        self.chosen: Any = None
        self.sources = {name: ColumnDataSource(_columns(())) for name in _CURVES}
        self.ring = ColumnDataSource({"x": as_column([]), "y": as_column([])})
        self.figure = self._make_figure()
        self.layout = self.figure
        self._announce()

    def update(self, figures: Sequence[Any], chosen: Any = None) -> None:
        r"""Show what was measured.

        Arguments:
            figures: Each with `sampler`, `evaluations`, `c2st`, `coverage_error` and
                `milliseconds`.
            chosen: The one of them that is in use, which is ringed.
        """
        self.figures, self.chosen = tuple(figures), chosen
        for name, source in self.sources.items():
            put(source, _columns([f for f in self.figures if f.sampler == name]))
        x, y = ([], []) if chosen is None else ([np.log2(chosen.evaluations)], [chosen.c2st])
        put(self.ring, {"x": as_column(x), "y": as_column(y)})
        if self.figures:
            c2st = [f.c2st for f in self.figures]
            low, high = min(min(c2st), _LEAST + 0.01), max(max(c2st), _MOST - 0.01)
            self.figure.y_range.update(start=low - 0.01, end=high + 0.01)
            most = max(f.evaluations for f in self.figures)
            self.figure.x_range.update(start=-0.4, end=float(np.log2(most)) + 0.4)
        self._announce()

    def describe(self) -> str:
        """All figures in words."""
        if not self.figures:
            return "Accuracy against evaluations of the network; nothing measured."
        parts = [
            f"{_CURVES[f.sampler][0]}, {f.evaluations}: C2ST {f.c2st:.3f}, {f.milliseconds:.0f} ms"
            for f in self.figures
            if f.sampler in _CURVES
        ]
        used = "" if self.chosen is None else (
            f" In use: {_CURVES[self.chosen.sampler][0]}, {self.chosen.evaluations}."
        )  # fmt: skip
        return f"Accuracy against evaluations of the network. {'; '.join(parts)}.{used}"

    def _make_figure(self) -> figure:
        plot = new_figure(
            "steps", self.ink, "evaluations of the network per draw",
            "C2ST against the converged flow", tools="", x_range=Range1d(-0.4, 5.4),
            y_range=Range1d(_LEAST, _MOST),
        )  # fmt: skip
        places = [float(np.log2(tick)) for tick in _TICKS]
        fixed_ticks(plot.xaxis[0], places, [str(tick) for tick in _TICKS])
        plot.xgrid.visible = False
        level = Span(location=0.5, dimension="width", line_dash="dotted", line_width=1.25)
        self.ink.paint(level, line_color="faint")
        plot.add_layout(level)
        ring = Scatter(x="x", y="y", size=16, fill_color=None, line_width=2)
        mark(plot, self.ink, self.ring, ring, line_color="selection")
        entries: dict[str, Any] = {}
        dots = []
        for name, (label, role, marker, dash) in _CURVES.items():
            line = Line(x="x", y="c2st", line_width=1.75, line_dash=dash)
            curve = mark(plot, self.ink, self.sources[name], line, line_color=role)
            dot = Scatter(x="x", y="c2st", size=8, marker=marker, line_color=None)
            dots.append(mark(plot, self.ink, self.sources[name], dot, fill_color=role))
            entries[label] = [curve, dots[-1]]
        rows = [
            ("C2ST", "@c2st{0.000}"), ("90 % coverage off by", "@coverage{0.0} %"),
            ("2,000 draws", "@milliseconds{0} ms"),
        ]  # fmt: skip
        plot.add_tools(HoverTool(renderers=dots, tooltips=tooltip(rows, "@name")))
        add_legend(plot, self.ink, entries)
        return plot


def _columns(figures: Sequence[Any]) -> dict[str, Any]:
    ordered = sorted(figures, key=lambda f: f.evaluations)
    return {
        "x": as_column([np.log2(f.evaluations) for f in ordered]),
        "c2st": as_column([f.c2st for f in ordered]),
        "coverage": as_column([100 * f.coverage_error for f in ordered]),
        "milliseconds": as_column([f.milliseconds for f in ordered]),
        "name": [f"{_CURVES[f.sampler][0]}, {f.evaluations} evaluations" for f in ordered],
    }
