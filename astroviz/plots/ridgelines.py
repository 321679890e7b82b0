r"""One posterior above the other while surveys arrive: ridgelines of one parameter.

Every ridge has the height of its own peak, so that a narrow one does not hide the wide ones; how
narrow it has become is written beside it, as median and 68 % interval, and as the bits that its
entropy has fallen by since the first ridge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from bokeh.models import (
    ColumnDataSource,
    FixedTicker,
    LinearAxis,
    Patches,
    Range1d,
    Segment,
    VSpan,
)
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.corner import axis_title, format_interval
from astroviz.plots.density import marginal
from astroviz.plots.frame import Chart, fixed_ticks, mark, new_figure, padded, pretty_unit
from astroviz.plots.theme import SURVEYS, survey_colour

__all__ = ["Ridge", "Ridgelines", "Scale", "ridges", "scale_of"]

_TALLEST = 0.86  # of the distance between two baselines
_TAIL = (0.002, 0.998)
_BEFORE = "before any survey"
_MYR = 6.0
_TICKS = {
    "log_age": (0.5, 1, 2, 5, 10, 20, 50, 100),
    "log_mass": (0.03, 0.05, 0.1, 0.2, 0.5, 1, 2, 4),
    "distance": (40, 50, 70, 100, 140, 200, 300, 400, 600, 800, 1200),
    "effective_temperature": (2000, 2500, 3000, 4000, 5000, 7000, 10000, 15000, 20000),
}
_NAMES = {
    "log_age": "age (Myr)",
    "log_mass": "mass (M\u2609)",
    "distance": "distance (pc)",
    "effective_temperature": "effective temperature (K)",
}


@dataclass(frozen=True)
class Scale:
    r"""How a parameter is drawn, and read back for people.

    Arguments:
        label: Of the axis, with its unit.
        unit: Behind a value.
        bounds: Of the parameter, as drawn.
        ticks: Where there are ticks, in the unit; empty for a plain axis.
        draw: From draws to the axis.
        read: From the axis to the unit.
    """

    label: str
    unit: str
    bounds: tuple[float, float]
    ticks: tuple[float, ...]
    draw: Callable[[np.ndarray], np.ndarray]
    read: Callable[[Any], Any]


@dataclass(frozen=True)
class Ridge:
    r"""One ridge.

    Arguments:
        grid: Places on the axis, shape :math:`(96,)`; empty without draws.
        density: Per unit of the axis, same shape.
        quantiles: 16, 50 and 84 % quantiles in the parameter's unit.
        tails: Between these lies nearly all of it, on the axis.
        bits: Entropy of the first ridge less that of this one; NaN without draws.
    """

    grid: np.ndarray
    density: np.ndarray
    quantiles: tuple[float, float, float]
    tails: tuple[float, float]
    bits: float


def scale_of(axis: Any) -> Scale:
    """How a parameter (name, label, unit, lower, upper) is drawn: most by their logarithms."""
    name, unit = axis.name, pretty_unit("", axis.unit)
    bounds = (float(axis.lower), float(axis.upper))
    ticks = _TICKS.get(name, ())
    label = _NAMES.get(name, axis_title(axis))
    if name in ("log_age", "log_mass"):
        zero, unit = (_MYR, "Myr") if name == "log_age" else (0.0, "M\u2609")
        ends = (bounds[0] - zero, bounds[1] - zero)
        return Scale(label, unit, ends, ticks, lambda x: x - zero, lambda x: 10.0 ** np.asarray(x))
    if name in ("distance", "effective_temperature"):
        ends = (float(np.log10(bounds[0])), float(np.log10(bounds[1])))
        return Scale(label, unit, ends, ticks, _log10, lambda x: 10.0 ** np.asarray(x))
    return Scale(label, unit, bounds, (), lambda x: x, np.asarray)


def ridges(
    draws: Sequence[np.ndarray | None],
    scale: Scale,
    weights: Sequence[np.ndarray | None] | None = None,
) -> tuple[Ridge, ...]:
    r"""What is drawn, without drawing it.

    Arguments:
        draws: Of each ridge, shape :math:`(n,)`, in the parameter's unit; None while they lack.
        scale: How the parameter is drawn.
        weights: Of each ridge's draws; equal by default.
    """
    weights = [None] * len(draws) if weights is None else weights
    found = [_ridge(d, scale, w) for d, w in zip(draws, weights, strict=True)]
    first = _entropy(found[0]) if found else np.nan
    return tuple(
        Ridge(r.grid, r.density, r.quantiles, r.tails, first - _entropy(r)) for r in found
    )


class Ridgelines(Chart):
    r"""Ridges from top to bottom in the order in which surveys arrive.

    Arguments:
        axis: The parameter: name, label, unit, lower and upper.
        dark: Whether the ground is dark.
    """

    def __init__(self, axis: Any, dark: bool = False) -> None:
        super().__init__(dark)
        self.scale = scale_of(axis)
        self.arrived: tuple[str, ...] = ()
        self.ridges: tuple[Ridge, ...] = ()
        self._truth: float | None = None
        self.source = ColumnDataSource(self._columns())
        self.middles = ColumnDataSource({k: as_column([]) for k in ("x", "low", "high")})
        self.truth = ColumnDataSource({"x": as_column([])})
        self.right = LinearAxis(ticker=FixedTicker(ticks=[]))
        self.figure = self._make_figure()
        self.layout = self.figure
        self.ink.watch(lambda: put(self.source, self._columns()))
        self._announce()

    def set_axis(self, axis: Any) -> None:
        """Draw another parameter; empty until `update`."""
        self.scale = scale_of(axis)
        self._show_scale()
        self._truth = None
        self.update((), ())

    def update(
        self,
        arrived: Sequence[str],
        draws: Sequence[np.ndarray | None],
        weights: Sequence[np.ndarray | None] | None = None,
        truth: float | None = None,
    ) -> None:
        r"""Show other ridges.

        Arguments:
            arrived: Survey that has just arrived at each ridge; `prior` for none.
            draws: Of each ridge, shape :math:`(n,)`, in the parameter's unit, or None.
            weights: Of each ridge's draws; equal by default.
            truth: True value of a simulated star, in the same unit.
        """
        if len(arrived) != len(draws):
            raise ValueError(
                f"{len(arrived)} names for {len(draws)} ridges; give one name for each"
            )
        self.arrived = tuple(arrived)
        self.ridges = ridges(draws, self.scale, weights)
        self._truth = None if truth is None or not np.isfinite(truth) else float(truth)
        self._fit()
        put(self.source, self._columns())
        self._show_middles()
        self._show_texts()
        self._announce()

    def labels(self) -> list[str]:
        """Median, 68 % interval and bits of each ridge, in words."""
        return [self._label(k) for k in range(len(self.ridges))]

    def describe(self) -> str:
        """All ridges in words."""
        if not any(len(ridge.grid) for ridge in self.ridges):
            return f"Posterior of {self.scale.label} while surveys arrive; no draws yet."
        parts = [
            f"{_name(survey)}: {text}"
            for survey, text in zip(self.arrived, self.labels(), strict=True)
        ]
        return f"{self.scale.label} while surveys arrive. {'; '.join(parts)}.".replace("\n", ", ")

    def _base(self, k: int) -> float:
        return float(len(self.ridges) - 1 - k)

    def _label(self, k: int) -> str:
        ridge = self.ridges[k]
        if not len(ridge.grid):
            return "\u2026"
        text = f"{format_interval(ridge.quantiles)} {self.scale.unit}".strip()
        if k == 0:
            return text
        word = "narrower" if ridge.bits >= 0 else "wider"
        return f"{text}\n{abs(ridge.bits):.1f} bits {word}"

    def _columns(self) -> dict[str, Any]:
        columns: dict[str, Any] = {"xs": [], "ys": [], "fill": []}
        for k, (survey, ridge) in enumerate(zip(self.arrived, self.ridges, strict=True)):
            if not len(ridge.grid):
                continue
            base, peak = self._base(k), max(float(ridge.density.max()), 1e-300)
            x = np.concatenate([ridge.grid[:1], ridge.grid, ridge.grid[-1:]])
            y = np.concatenate([[base], base + _TALLEST * ridge.density / peak, [base]])
            columns["xs"].append(as_column(x))
            columns["ys"].append(as_column(y))
            known = survey in SURVEYS
            columns["fill"].append(
                survey_colour(survey, self.ink.dark) if known else self.ink("prior")
            )
        return columns

    def _show_middles(self) -> None:
        there = [(k, ridge) for k, ridge in enumerate(self.ridges) if len(ridge.grid)]
        middles = [_drawn(ridge.quantiles[1], ridge, self.scale) for _, ridge in there]
        heights = [
            _TALLEST * float(np.interp(x, ridge.grid, ridge.density) / ridge.density.max())
            for x, (_, ridge) in zip(middles, there, strict=True)
        ]
        bases = np.array([self._base(k) for k, _ in there])
        put(
            self.middles,
            {
                "x": as_column(middles),
                "low": as_column(bases),
                "high": as_column(bases + np.array(heights)),
            },
        )
        inside = [] if self._truth is None else [float(self.scale.draw(np.array(self._truth)))]
        put(self.truth, {"x": as_column(inside)})

    def _show_texts(self) -> None:
        places = [self._base(k) for k in range(len(self.ridges))]
        for axis, texts, up in (
            (self.figure.yaxis[0], [_name(survey) for survey in self.arrived], 0.3),
            (self.right, self.labels(), 0.3),
        ):
            ticks = [place + up for place in places]
            axis.ticker.ticks = ticks
            axis.major_label_overrides = dict(zip(ticks, texts, strict=True))
        self.figure.ygrid[0].ticker.ticks = places
        self.figure.y_range.end = max(len(self.ridges), 1) + 0.02

    def _fit(self) -> None:
        """Hold all that is known once a survey has spoken: the prior alone may go beyond."""
        told = [r.tails for r in self.ridges[1:] if len(r.grid)]
        low, high = self.scale.bounds
        if told:
            ends = padded(np.array(told), part=0.08, smallest=0.02)
            if self._truth is not None:
                place = float(self.scale.draw(np.array(self._truth)))
                ends = min(ends[0], place - 0.01), max(ends[1], place + 0.01)
            low, high = max(low, ends[0]), min(high, ends[1])
        self.figure.x_range.update(start=low, end=high, reset_start=low, reset_end=high)

    def _show_scale(self) -> None:
        axis = self.figure.xaxis[0]
        axis.axis_label = self.scale.label
        ticks = self.scale.ticks
        fresh = LinearAxis()
        if ticks:
            fixed_ticks(axis, [float(np.log10(t)) for t in ticks], [f"{t:,g}" for t in ticks])
        else:
            axis.ticker, axis.formatter = fresh.ticker, fresh.formatter

    def _make_figure(self) -> figure:
        plot = new_figure(
            "surveys-arriving", self.ink, " ", tools="", x_range=Range1d(*self.scale.bounds),
            min_border_left=124, min_border_right=136,
            y_range=Range1d(-0.02, 1),
        )  # fmt: skip
        plot.xgrid.visible = False
        plot.add_layout(self.right, "right")
        left = plot.yaxis[0]
        left.ticker = FixedTicker(ticks=[])
        plot.ygrid[0].ticker = FixedTicker(ticks=[])
        self.right.update(**{name: getattr(left, name) for name in _LIKE_LEFT})
        self.ink.paint(self.right, major_label_text_color="ink")
        for axis in (left, self.right):
            axis.update(axis_line_color=None, major_tick_line_color=None)
        self.ink.paint(left, major_label_text_color="ink")
        area = Patches(xs="xs", ys="ys", fill_color="fill", line_color="fill")
        area.update(fill_alpha=0.32, line_width=1.75)
        mark(plot, self.ink, self.source, area)
        middle = Segment(x0="x", x1="x", y0="low", y1="high", line_width=1.25)
        mark(plot, self.ink, self.middles, middle, line_color="ink")
        true = VSpan(x="x", line_width=1.75)
        mark(plot, self.ink, self.truth, true, line_color="truth")
        self.figure = plot
        self._show_scale()
        return plot


_LIKE_LEFT = (
    "major_tick_out", "major_tick_in", "minor_tick_line_color", "major_label_text_font",
    "major_label_text_font_size", "major_label_standoff",
)  # fmt: skip


def _ridge(draws: np.ndarray | None, scale: Scale, weights: np.ndarray | None) -> Ridge:
    nothing = np.empty(0)
    if draws is None:
        return Ridge(nothing, nothing, (np.nan,) * 3, (np.nan,) * 2, np.nan)
    found = marginal(scale.draw(np.asarray(draws, dtype=float)), weights, scale.bounds)
    if not len(found.values):
        return Ridge(nothing, nothing, (np.nan,) * 3, (np.nan,) * 2, np.nan)
    low, middle, high = (float(scale.read(q)) for q in found.quantiles)
    tails = np.quantile(found.values, _TAIL)
    ends = (float(tails[0]), float(tails[1]))
    return Ridge(found.grid, found.density, (low, middle, high), ends, np.nan)


def _entropy(ridge: Ridge) -> float:
    """Entropy of a density on its grid, bits; of the axis' unit."""
    if not len(ridge.grid):
        return np.nan
    step = ridge.grid[1] - ridge.grid[0]
    part = ridge.density / max(float(ridge.density.sum() * step), 1e-300)
    return float(-np.sum(part * np.log2(np.maximum(part, 1e-300))) * step)


def _drawn(value: float, ridge: Ridge, scale: Scale) -> float:
    """The place of a value in the parameter's unit on the axis, within the ridge."""
    order = np.asarray(scale.read(ridge.grid), dtype=float)
    return float(np.interp(value, order, ridge.grid))


def _name(survey: str) -> str:
    return _BEFORE if survey not in SURVEYS else f"+ {survey}"


def _log10(values: np.ndarray) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    return np.log10(np.where(values > 0, values, np.nan))
