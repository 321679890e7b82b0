r"""A kernel on SO(3) in curves: its density and score along a turn, and the angle of its draws."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, HoverTool, Line, Quad, Range1d, Span
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, add_legend, fixed_ticks, mark, new_figure, tooltip

__all__ = ["AngleDensity", "TurnDensity", "TurnScore"]

_DEGREES = (0, 30, 60, 90, 120, 150, 180)
_ANGLE = "turn about the third axis, \u03c9 (\u00b0)"
_HEIGHTS = (0.0125, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8)


def _degrees(axis: Any) -> None:
    fixed_ticks(axis, [float(d) for d in _DEGREES], [str(d) for d in _DEGREES])


class TurnDensity(Chart):
    r"""Log density along a turn, over the level of the uniform law; axes that stand still.

    Arguments:
        dark: Whether the ground is dark.
    """

    def __init__(self, dark: bool = False) -> None:
        super().__init__(dark)
        self.source = ColumnDataSource({"x": as_column([]), "y": as_column([])})
        self.figure = self._make_figure()
        self.layout = self.figure
        self._announce()

    def update(self, angle: np.ndarray, log_density: np.ndarray, uniform: float) -> None:
        r"""Show another kernel.

        Arguments:
            angle: Degrees, shape :math:`(A,)`.
            log_density: Natural log of the density, shape :math:`(A,)`.
            uniform: Log density of the uniform law in the same measure.
        """
        if np.shape(angle) != np.shape(log_density):
            raise ValueError(
                f"{np.shape(angle)} angles do not fit densities of shape {np.shape(log_density)}"
            )
        low = uniform - 60.0  # far below what is drawn
        clipped = np.maximum(np.asarray(log_density, dtype=float), low)
        put(self.source, {"x": as_column(angle), "y": as_column(clipped)})
        self.level.location = float(uniform)
        self.figure.y_range.update(start=uniform - 16.0, end=uniform + 14.0)
        self._announce()

    def describe(self) -> str:
        """Peak and far end in words."""
        y = self.source.data["y"]
        if not len(y):
            return "Log density along a turn about the third axis; nothing drawn."
        return (
            f"Log density along a turn about the third axis: {float(y[0]):.2f} at the mean, "
            f"{float(y[-1]):.3g} after half a turn; uniform is at {self.level.location:.2f}."
        )

    def _make_figure(self) -> figure:
        plot = new_figure(
            "kernel-density", self.ink, None, "ln f(\u03c9)", tools="ywheel_zoom,reset",
            x_range=Range1d(0, 180), y_range=Range1d(-16, 14),
        )  # fmt: skip
        _degrees(plot.xaxis[0])
        self.level = Span(location=0.0, dimension="width", line_dash="dotted", line_width=1.25)
        self.ink.paint(self.level, line_color="faint")
        plot.add_layout(self.level)
        curve = mark(
            plot,
            self.ink,
            self.source,
            Line(x="x", y="y", line_width=2.25),
            line_color="posterior",
        )
        rows = [("\u03c9", "@x{0.0}\u00b0"), ("ln f", "@y{0.000}")]
        plot.add_tools(HoverTool(renderers=[curve], mode="vline", tooltips=tooltip(rows)))
        return plot


class TurnScore(Chart):
    r"""Score along a turn, in units of :math:`\sigma^{-2}`, beside what it is in flat space.

    Arguments:
        dark: Whether the ground is dark.
    """

    def __init__(self, dark: bool = False) -> None:
        super().__init__(dark)
        self.source = ColumnDataSource(
            {"x": as_column([]), "y": as_column([]), "raw": as_column([])}
        )
        self.figure = self._make_figure()
        self.layout = self.figure
        self._announce()

    def update(self, angle: np.ndarray, score: np.ndarray, sigma: float) -> None:
        r"""Show another kernel.

        Arguments:
            angle: Degrees, shape :math:`(A,)`.
            score: Derivative of the log density by the angle, per rad, shape :math:`(A,)`.
            sigma: Scale, rad.
        """
        if np.shape(angle) != np.shape(score):
            raise ValueError(f"{np.shape(angle)} angles do not fit scores of {np.shape(score)}")
        scaled = np.asarray(score, dtype=float) * sigma**2
        put(self.source, {"x": as_column(angle), "y": as_column(scaled), "raw": as_column(score)})
        self._announce()

    def describe(self) -> str:
        """The strongest pull in words."""
        y = np.asarray(self.source.data["y"])
        if not len(y):
            return "Score along a turn about the third axis; nothing drawn."
        k = int(np.argmin(y))
        return (
            f"Score along a turn about the third axis, times sigma squared: strongest at "
            f"{float(self.source.data['x'][k]):.0f} degrees with {float(y[k]):.2f} rad."
        )

    def _make_figure(self) -> figure:
        plot = new_figure(
            "kernel-score", self.ink, _ANGLE, "\u03c3\u00b2 f\u2032/f (rad)", tools="",
            x_range=Range1d(0, 180), y_range=Range1d(-3.3, 1.7),
        )  # fmt: skip
        _degrees(plot.xaxis[0])
        flat = ColumnDataSource({"x": as_column([0, 180]), "y": as_column([0, -np.pi])})
        line = Line(x="x", y="y", line_width=1.5, line_dash="dashed")
        limit = mark(plot, self.ink, flat, line, line_color="faint")
        curve = mark(
            plot,
            self.ink,
            self.source,
            Line(x="x", y="y", line_width=2.25),
            line_color="posterior",
        )
        rows = [("\u03c9", "@x{0.0}\u00b0"), ("f\u2032/f", "@raw{0.000} / rad")]
        plot.add_tools(HoverTool(renderers=[curve], mode="vline", tooltips=tooltip(rows)))
        add_legend(
            plot, self.ink, {"score": [curve], "flat space: \u2212\u03c9": [limit]},
            location="bottom_left",
        )  # fmt: skip
        return plot


class AngleDensity(Chart):
    r"""Density of the angle from the mean: the formula as a line, the draws as bars.

    Arguments:
        dark: Whether the ground is dark.
    """

    def __init__(self, dark: bool = False) -> None:
        super().__init__(dark)
        self.source = ColumnDataSource({"x": as_column([]), "y": as_column([])})
        self.bars = ColumnDataSource(_bars(np.zeros(1), np.zeros(0)))
        self.uniform = ColumnDataSource(_uniform())
        self.figure = self._make_figure()
        self.layout = self.figure
        self._announce()

    def update(
        self,
        angle: np.ndarray,
        density: np.ndarray,
        edges: np.ndarray,
        counted: np.ndarray,
        limit: float,
    ) -> None:
        r"""Show another kernel.

        Arguments:
            angle: Degrees, shape :math:`(A,)`.
            density: Exact density of the angle, per degree, shape :math:`(A,)`.
            edges: Edges of the bars, degrees, shape :math:`(B + 1,)`.
            counted: Density of the draws in them, per degree, shape :math:`(B,)`.
            limit: End of the axis, degrees.
        """
        if len(edges) != len(counted) + 1:
            raise ValueError(
                f"{len(counted)} bars need {len(counted) + 1} edges, not {len(edges)}"
            )
        put(self.source, {"x": as_column(angle), "y": as_column(density)})
        put(self.bars, _bars(np.asarray(edges, float), np.asarray(counted, float)))
        # Steps, so that the axis stands still under most of a drag.
        top = next((h for h in _HEIGHTS if h > 1.06 * float(np.max(density))), 1.6)
        if self.figure.y_range.end != top:
            self.figure.y_range.end = top
        if self.figure.x_range.end != limit:
            self.figure.x_range.end = float(limit)
        self._announce()

    def describe(self) -> str:
        """Where the angle most likely is."""
        y = np.asarray(self.source.data["y"])
        if not len(y):
            return "Density of the angle from the mean; nothing drawn."
        k = int(np.argmax(y))
        return (
            f"Density of the angle from the mean: most likely "
            f"{float(self.source.data['x'][k]):.1f} degrees, {float(y[k]):.3g} per degree."
        )

    def _make_figure(self) -> figure:
        plot = new_figure(
            "kernel-angle", self.ink, "angle from the mean (\u00b0)", "density (per \u00b0)",
            tools="", x_range=Range1d(0, 180), y_range=Range1d(0, 0.05),
        )  # fmt: skip
        bar = Quad(
            left="left", right="right", bottom=0, top="top", fill_alpha=0.28, line_color=None
        )
        bars = mark(plot, self.ink, self.bars, bar, fill_color="posterior")
        even = Line(x="x", y="y", line_width=1.25, line_dash="dotted")
        level = mark(plot, self.ink, self.uniform, even, line_color="faint")
        curve = mark(
            plot, self.ink, self.source, Line(x="x", y="y", line_width=2.25), line_color="truth"
        )
        rows = [("angle", "@x{0.0}\u00b0"), ("density", "@y{0.0000} / \u00b0")]
        plot.add_tools(HoverTool(renderers=[curve], mode="vline", tooltips=tooltip(rows)))
        entries = {"formula": [curve], "draws": [bars], "uniform": [level]}
        legend = add_legend(plot, self.ink, entries, orientation="horizontal")
        legend.spacing = 14
        return plot


def _bars(edges: np.ndarray, counted: np.ndarray) -> dict[str, Any]:
    columns = {"left": edges[:-1], "right": edges[1:], "top": counted}
    return {name: as_column(values) for name, values in columns.items()}


def _uniform() -> dict[str, Any]:
    """The law of the angle of a uniform rotation, per degree."""
    angle = np.linspace(0.0, 180.0, 181)
    density = (1 - np.cos(np.deg2rad(angle))) / 180.0
    return {"x": as_column(angle), "y": as_column(density)}
