r"""Is a posterior right? Ranks, coverage, tests with random points, transforms.

Each figure shows the band in which a right model stays, so that the eye can decide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from bokeh.models import (
    ColumnDataSource,
    FactorRange,
    Line,
    Quad,
    Range1d,
    Scatter,
    Segment,
    Span,
    VArea,
)
from bokeh.plotting import figure
from scipy.stats import binom

from astroviz.plots.columns import as_column
from astroviz.plots.frame import Chart, add_legend, mark, new_figure

__all__ = ["CoverageBars", "PitHistogram", "RankPlot", "TarpPlot", "pit_marks"]

_LINES = ("posterior", "truth", "literature", "excess", "pinned", "faint")
_DASHES = ("solid", "dashed", "dotted")


class RankPlot(Chart):
    r"""Empirical distribution of ranks minus the uniform one, one curve per parameter.

    Arguments:
        parameters: Names of the curves.
        dark: Whether the ground is dark.
    """

    def __init__(self, parameters: Sequence[str], dark: bool = False) -> None:
        super().__init__(dark)
        self.parameters = tuple(parameters)
        self.source = ColumnDataSource({name: [] for name in ("level", *self.parameters)})
        self.band = ColumnDataSource({"level": [], "lower": [], "upper": []})
        self._outside: list[str] = []
        self.figure = self._make_figure()
        self.layout = self.figure
        self._announce()

    def update(
        self,
        levels: np.ndarray,
        difference: Mapping[str, np.ndarray],
        lower: np.ndarray,
        upper: np.ndarray,
    ) -> None:
        r"""Show other ranks.

        Arguments:
            levels: Levels :math:`z`, shape :math:`(K,)`.
            difference: Parameter to :math:`\hat F(z) - z`, each :math:`(K,)`.
            lower: Lower edge of the simultaneous 95 % band, shape :math:`(K,)`.
            upper: Upper edge.
        """
        nothing = np.full(len(levels), np.nan)
        curves = {name: np.asarray(difference.get(name, nothing)) for name in self.parameters}
        self.source.data = {
            "level": as_column(levels),
            **{name: as_column(curve) for name, curve in curves.items()},
        }
        edges = {"level": levels, "lower": lower, "upper": upper}
        self.band.data = {name: as_column(edge) for name, edge in edges.items()}
        self._outside = [
            name
            for name, curve in curves.items()
            if np.any((curve < np.asarray(lower) - 1e-9) | (curve > np.asarray(upper) + 1e-9))
        ]
        everything = np.concatenate([np.asarray(lower), np.asarray(upper), *curves.values()])
        reach = 1.25 * float(np.nanmax(np.abs(everything), initial=0.01))
        self.figure.y_range.update(start=-reach, end=reach)
        self._announce()

    def describe(self) -> str:
        """Which parameters leave the band, in words."""
        if not len(self.source.data["level"]):
            return "Ranks of simulation-based calibration; nothing measured yet."
        found = f"outside for {', '.join(self._outside)}" if self._outside else "inside for all"
        return f"Rank distribution minus uniform, 95 % simultaneous band: {found}."

    def _make_figure(self) -> figure:
        plot = new_figure("ranks", self.ink, "rank", "ECDF \u2212 uniform (probability)")
        area = VArea(x="level", y1="lower", y2="upper", fill_alpha=0.3)
        band = mark(plot, self.ink, self.band, area, fill_color="prior")
        _zero_line(plot, self.ink)
        entries: dict[str, Any] = {"95 % band": band}
        for k, name in enumerate(self.parameters):
            line = Line(x="level", y=name, line_width=1.75)
            line.line_dash = _DASHES[k % len(_DASHES)]
            entries[name] = mark(
                plot, self.ink, self.source, line, line_color=_LINES[k % len(_LINES)]
            )
        legend = add_legend(plot, self.ink, entries, place="right", location="top")
        legend.update(background_fill_alpha=0.0, padding=0)
        return plot


class CoverageBars(Chart):
    r"""Coverage of an interval in cells (patterns, regimes) with its error and the goal.

    Arguments:
        dark: Whether the ground is dark.
    """

    def __init__(self, dark: bool = False) -> None:
        super().__init__(dark)
        columns = ("label", "coverage", "low", "high", "inside", "fill", "marker")
        self.source = ColumnDataSource({name: [] for name in columns})
        self.goal = ColumnDataSource({"left": [0.87], "right": [0.93]})
        self.level = ColumnDataSource({"x": [0.9]})
        self.figure = self._make_figure()
        self.layout = self.figure
        self.ink.watch(self._recolour)
        self._announce()

    def update(
        self,
        labels: Sequence[str],
        coverage: np.ndarray,
        errors: np.ndarray,
        goal: tuple[float, float] = (0.87, 0.93),
        level: float = 0.9,
    ) -> None:
        r"""Show other cells.

        Arguments:
            labels: Name of each cell, :math:`C` of them, no two equal.
            coverage: Part of the truths inside the interval, shape :math:`(C,)`.
            errors: Monte-Carlo standard error of each, shape :math:`(C,)`.
            goal: Where coverage should be.
            level: Probability of the interval.
        """
        coverage, errors = np.asarray(coverage, float), np.asarray(errors, float)
        low, high = coverage - errors, coverage + errors
        self.goal.data = {"left": [goal[0]], "right": [goal[1]]}
        self.level.data = {"x": [level]}
        # beyond the goal by more than two errors: a miss, not a fluctuation
        inside = (coverage + 2 * errors >= goal[0]) & (coverage - 2 * errors <= goal[1])
        self.source.data = {
            "label": list(labels),
            "coverage": as_column(coverage),
            "low": as_column(low),
            "high": as_column(high),
            "inside": inside,
            **self._looks(inside),
        }
        self.figure.y_range.factors = list(labels)[::-1]
        ends = np.concatenate([low, high, goal])
        span = float(np.nanmin(ends)) - 0.02, min(float(np.nanmax(ends)) + 0.02, 1.02)
        self.figure.x_range.update(start=span[0], end=span[1])
        self.figure.xaxis.axis_label = f"coverage of the {100 * level:.0f} % interval (fraction)"
        self._announce()

    def describe(self) -> str:
        """How many cells reach the goal, in words."""
        inside = np.asarray(self.source.data["inside"], dtype=bool)
        if len(inside) == 0:
            return "Coverage by cell; nothing measured yet."
        goal = (self.goal.data["left"][0], self.goal.data["right"][0])
        return (
            f"Coverage by cell, goal {100 * goal[0]:.0f} to {100 * goal[1]:.0f} %: "
            f"{int(inside.sum())} of {len(inside)} cells agree with it within two errors."
        )

    def _recolour(self) -> None:
        self.source.data = {**self.source.data, **self._looks(self.source.data["inside"])}

    def _looks(self, inside: Any) -> dict[str, list[str]]:
        """Colour and shape of each cell: a miss differs in both."""
        return {
            "fill": [self.ink("posterior" if k else "truth") for k in inside],
            "marker": ["circle" if k else "diamond" for k in inside],
        }

    def _make_figure(self) -> figure:
        plot = new_figure(
            "coverage", self.ink, "coverage of the 90 % interval (fraction)", tools="",
            x_range=Range1d(0.8, 1.0), y_range=FactorRange(factors=[], range_padding=0.05),
        )  # fmt: skip
        plot.ygrid.visible = False
        box = Quad(left="left", right="right", bottom=-1e3, top=1e3, fill_alpha=0.14)
        box.line_color = None
        mark(plot, self.ink, self.goal, box, level="underlay", fill_color="goal")
        line = Segment(x0="x", x1="x", y0=-1e3, y1=1e3, line_width=1, line_dash="dashed")
        mark(plot, self.ink, self.level, line, level="underlay", line_color="goal")
        bar = Segment(x0="low", x1="high", y0="label", y1="label", line_color="fill")
        bar.line_width = 2
        mark(plot, self.ink, self.source, bar)
        point = Scatter(x="coverage", y="label", marker="marker", size=9, fill_color="fill")
        mark(plot, self.ink, self.source, point, line_color="paper")
        return plot


class TarpPlot(Chart):
    r"""Expected coverage against credibility, which agree for a right posterior.

    Arguments:
        dark: Whether the ground is dark.
    """

    def __init__(self, dark: bool = False) -> None:
        super().__init__(dark)
        columns = ("credibility", "coverage", "lower", "upper")
        self.source = ColumnDataSource({name: [] for name in columns})
        self.figure = self._make_figure()
        self.layout = self.figure
        self._announce()

    def update(
        self,
        credibility: np.ndarray,
        coverage: np.ndarray,
        lower: np.ndarray,
        upper: np.ndarray,
    ) -> None:
        r"""Show another test.

        Arguments:
            credibility: Levels, shape :math:`(K,)`.
            coverage: Expected coverage at each, shape :math:`(K,)`.
            lower: Lower edge of the band of a right posterior, shape :math:`(K,)`.
            upper: Upper edge.
        """
        parts = (credibility, coverage, lower, upper)
        names = ("credibility", "coverage", "lower", "upper")
        self.source.data = {n: as_column(part) for n, part in zip(names, parts, strict=True)}
        self._announce()

    def describe(self) -> str:
        """Whether the curve stays in its band, in words."""
        data = {name: np.asarray(column) for name, column in self.source.data.items()}
        if len(data["coverage"]) == 0:
            return "Test of accuracy with random points; nothing measured yet."
        slack = 1e-6
        inside = np.all(data["coverage"] >= data["lower"] - slack) and np.all(
            data["coverage"] <= data["upper"] + slack
        )
        far = float(np.abs(data["coverage"] - data["credibility"]).max())
        where = "inside" if inside else "outside"
        return f"Expected coverage (TARP): {where} its 95 % band, {far:.3f} from the diagonal."

    def _make_figure(self) -> figure:
        plot = new_figure(
            "tarp", self.ink, "credibility level (probability)", "expected coverage (fraction)"
        )
        area = VArea(x="credibility", y1="lower", y2="upper", fill_alpha=0.3)
        band = mark(plot, self.ink, self.source, area, fill_color="prior")
        diagonal = ColumnDataSource({"x": [0.0, 1.0], "y": [0.0, 1.0]})
        ideal = Line(x="x", y="y", line_dash="dotted", line_width=1)
        exact = mark(plot, self.ink, diagonal, ideal, line_color="line")
        line = Line(x="credibility", y="coverage", line_width=2)
        found = mark(plot, self.ink, self.source, line, line_color="posterior")
        entries = {"measured": found, "exact": exact, "95 % band": band}
        add_legend(plot, self.ink, entries, location="top_left")
        return plot


def pit_marks(u: np.ndarray, bins: int = 20, probability: float = 0.95) -> dict[str, np.ndarray]:
    r"""Histogram of transforms and the band of a uniform one.

    Arguments:
        u: Numbers in 0 to 1, shape :math:`(N,)`; what is not finite is left out.
        bins: Number of bins.
        probability: Chance that one bin of a uniform sample lies in the band.

    Returns:
        `left`, `right`, `count`, `density` (1 where uniform), each :math:`(bins,)`, and the
        scalar `lower`, `upper` of the band in the same measure.
    """
    u = np.asarray(u, dtype=float)
    u = u[np.isfinite(u)]
    edges = np.linspace(0, 1, bins + 1)
    count = np.histogram(u, edges)[0]
    expected = max(len(u), 1) / bins
    tail = (1 - probability) / 2
    band = binom.ppf([tail, 1 - tail], max(len(u), 1), 1 / bins) / expected
    return {
        "left": edges[:-1], "right": edges[1:], "count": count, "density": count / expected,
        "lower": np.asarray(band[0]), "upper": np.asarray(band[1]),
    }  # fmt: skip


class PitHistogram(Chart):
    r"""Where measurements fall in their predictive distributions: flat when all is right.

    Arguments:
        bins: Number of bins.
        dark: Whether the ground is dark.
    """

    def __init__(self, bins: int = 20, dark: bool = False) -> None:
        super().__init__(dark)
        self._bins = bins
        self._count = 0
        self._outside = 0
        self.source = ColumnDataSource({"left": [], "right": [], "density": []})
        self.band = ColumnDataSource({"left": [0], "right": [1], "lower": [1], "upper": [1]})
        self.figure = self._make_figure()
        self.layout = self.figure
        self._announce()

    def update(self, u: np.ndarray) -> dict[str, np.ndarray]:
        r"""Show other transforms, shape :math:`(N,)`, in 0 to 1."""
        marks = pit_marks(u, self._bins)
        self._count = int(marks["count"].sum())
        density, lower, upper = marks["density"], marks["lower"], marks["upper"]
        self._outside = int(((density < lower) | (density > upper)).sum())
        self.source.data = {k: as_column(marks[k]) for k in ("left", "right", "density")}
        self.band.data = {
            "left": [0], "right": [1], "lower": [float(lower)], "upper": [float(upper)]
        }  # fmt: skip
        self.figure.y_range.end = 1.12 * max(float(density.max()), float(upper))
        self._announce()
        return marks

    def describe(self) -> str:
        """How many bins leave the band, in words."""
        if not self._count:
            return "Probability integral transforms; nothing measured yet."
        return (
            f"Histogram of {self._count:,} probability integral transforms: "
            f"{self._outside} of {self._bins} bins outside the 95 % band of a uniform one."
        )

    def _make_figure(self) -> figure:
        plot = new_figure(
            "pit", self.ink, "place in the prediction (probability)", "density (uniform = 1)",
            tools="", y_range=Range1d(0, 2),
        )  # fmt: skip
        plot.xgrid.visible = False
        box = Quad(left="left", right="right", bottom="lower", top="upper", fill_alpha=0.3)
        box.line_color = None
        band = mark(plot, self.ink, self.band, box, level="underlay", fill_color="prior")
        bars = Quad(left="left", right="right", bottom=0, top="density", fill_alpha=0.35)
        bars.line_width = 1.25
        roles = {"fill_color": "posterior", "line_color": "posterior"}
        found = mark(plot, self.ink, self.source, bars, **roles)
        one = Span(location=1, dimension="width", line_width=1, line_dash="dotted")
        self.ink.paint(one, line_color="line")
        plot.add_layout(one)
        add_legend(plot, self.ink, {"measured": found, "95 % band of a bin": band})
        return plot


def _zero_line(plot: figure, ink: Any) -> None:
    line = Span(location=0, dimension="width", line_width=1, line_dash="dotted")
    ink.paint(line, line_color="line")
    plot.add_layout(line)
