r"""Coverage at several levels, of several answers side by side, against what it should be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from bokeh.models import (
    ColumnDataSource,
    FactorRange,
    HoverTool,
    LegendItem,
    Quad,
    Range1d,
    Segment,
)
from bokeh.plotting import figure
from scipy.stats import binom

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, add_legend, mark, new_figure, tooltip
from astroviz.plots.theme import FONT

__all__ = ["CoverageComparison", "binomial_band", "effective_count"]

_ROLES = ("prior", "truth", "posterior", "literature")
_GROUP = 0.86  # of the room of one level
# a bar with its band behind and its error in the middle: parts of the room of one series
_PARTS = {"from": 0.0, "left": 0.08, "middle": 0.5, "right": 0.92, "to": 1.0}


def effective_count(coverage: np.ndarray, errors: np.ndarray) -> float:
    r"""Number of stars of which a standard error of coverage speaks.

    :math:`n = c (1 - c) / \sigma^2`, the median over levels where it is known.

    Arguments:
        coverage: Fractions :math:`c`, shape :math:`(L,)`.
        errors: Standard errors :math:`\sigma`, shape :math:`(L,)`.

    Returns:
        The number, NaN where no level tells it.
    """
    variance = np.asarray(errors, dtype=float) ** 2
    spread = np.asarray(coverage, dtype=float) * (1 - np.asarray(coverage, dtype=float))
    good = np.isfinite(variance) & np.isfinite(spread) & (variance > 0) & (spread > 0)
    return float(np.median(spread[good] / variance[good])) if good.any() else float("nan")


def binomial_band(level: float, count: float, probability: float = 0.95) -> tuple[float, float]:
    """Where the coverage of a right interval lies among so many stars; NaN for no stars."""
    if not (np.isfinite(count) and count >= 1):
        return float("nan"), float("nan")
    number, tail = round(count), (1 - probability) / 2
    low, high = binom.ppf([tail, 1 - tail], number, level) / number
    return float(low), float(high)


class CoverageComparison(Chart):
    r"""For each parameter and level a bar of each series; ticks are at the level itself.

    Arguments:
        dark: Whether the ground is dark.
    """

    def __init__(self, dark: bool = False) -> None:
        super().__init__(dark)
        self.parameters: tuple[str, ...] = ()
        self.names: tuple[str, ...] = ()
        self.levels = np.empty(0)
        self.bars = [ColumnDataSource(_no_bars()) for _ in _ROLES]
        self.goals = ColumnDataSource({name: [] for name in ("left", "right", "level")})
        self.figure = self._make_figure()
        self.layout = self.figure
        self._announce()

    def update(
        self,
        parameters: Sequence[str],
        levels: Sequence[float] | np.ndarray,
        series: Mapping[str, np.ndarray],
        errors: Mapping[str, np.ndarray],
    ) -> None:
        r"""Show other figures.

        Arguments:
            parameters: Labels, :math:`P` of them, no two equal.
            levels: Nominal levels, fractions, shape :math:`(L,)`.
            series: Up to four names, each with coverage as a fraction, shape :math:`(P, L)`; NaN
                where it is not known.
            errors: Standard error of each, same names and shapes. The number of stars, which
                gives the 95 % band of a right interval, is read from them.
        """
        if len(series) > len(_ROLES):
            raise ValueError(f"{len(series)} series; there is room for {len(_ROLES)}")
        shape = (len(parameters), len(levels))
        for name, found in series.items():
            if np.shape(found) != shape or np.shape(errors.get(name, 0.0)) != shape:
                raise ValueError(
                    f"coverage and errors of {name!r} need shape {shape}: one number for each "
                    "parameter and level"
                )
        self.parameters, self.names = tuple(parameters), tuple(series)
        self.levels = np.asarray(levels, dtype=float)
        pairs = [(p, _percent(level)) for p in self.parameters for level in self.levels]
        # Factors before bars, or the browser looks for places that are not there yet.
        if self.figure.x_range.factors != pairs:
            self.figure.x_range.factors = pairs
        self._inside: dict[str, int] = {}
        for k, source in enumerate(self.bars):
            known = k < len(self.names)
            name = self.names[k] if known else ""
            put(source, self._columns(k, series[name], errors[name]) if known else _no_bars())
            self._entries[k].update(visible=known, label={"value": name})
        put(self.goals, self._goals())
        self._announce()

    def describe(self) -> str:
        """How many bars of each series agree with their level, in words."""
        if not self.names:
            return "Coverage by parameter and level; nothing measured yet."
        total = len(self.parameters) * len(self.levels)
        levels = ", ".join(_percent(level) for level in self.levels)
        parts = [f"{name} {self._inside[name]} of {total}" for name in self.names]
        return (
            f"Coverage of intervals of {levels} for {', '.join(self.parameters)}. Inside the 95 % "
            f"band of a right interval: {'; '.join(parts)}."
        )

    def _columns(self, k: int, coverage: Any, errors: Any) -> dict[str, Any]:
        """Bars of one series, with the band in which each should end."""
        coverage, errors = np.asarray(coverage, float), np.asarray(errors, float)
        width = _GROUP / len(self.names)
        left = -_GROUP / 2 + k * width
        columns: dict[str, list[Any]] = {name: [] for name in _no_bars()}
        for p, parameter in enumerate(self.parameters):
            count = effective_count(coverage[p], errors[p])
            for j, level in enumerate(self.levels):
                low, high = binomial_band(float(level), count)
                here, error = float(coverage[p, j]), float(errors[p, j])
                place = (parameter, _percent(level))
                numbers = {
                    "top": here, "low": here - error, "high": min(here + error, 1.0),
                    "band_low": low, "band_high": high, "error": error, "level": float(level),
                }  # fmt: skip
                for key, number in numbers.items():
                    columns[key].append(100 * number)
                for key, part in _PARTS.items():
                    columns[key].append((*place, left + part * width))
                columns["name"].append(f"{parameter}, {self.names[k]}")
        ends = [np.asarray(columns[key]) for key in ("top", "band_low", "band_high")]
        self._inside[self.names[k]] = int(((ends[0] >= ends[1]) & (ends[0] <= ends[2])).sum())
        texts = (*_PARTS, "name")
        return {key: found if key in texts else as_column(found) for key, found in columns.items()}

    def _goals(self) -> dict[str, Any]:
        places = [(p, _percent(level), level) for p in self.parameters for level in self.levels]
        half = _GROUP / 2 + 0.02
        return {
            "left": [(p, text, -half) for p, text, _ in places],
            "right": [(p, text, half) for p, text, _ in places],
            "level": as_column([100 * level for _, _, level in places]),
        }

    def _make_figure(self) -> figure:
        plot = new_figure(
            "coverage-comparison", self.ink, None, "coverage (% of stars)", tools="",
            x_range=FactorRange(factors=[], range_padding=0.01, group_padding=0.5),
            y_range=Range1d(0, 104),
        )  # fmt: skip
        plot.xgrid.visible = False
        axis = plot.xaxis[0]
        axis.update(
            axis_line_color=None, major_tick_line_color=None, group_text_font=FONT,
            group_text_font_size="12px", group_text_font_style="normal", separator_line_color=None,
        )  # fmt: skip
        self.ink.paint(axis, group_text_color="ink")
        entries: dict[str, Any] = {}
        bars = []
        for k, (source, role) in enumerate(zip(self.bars, _ROLES, strict=True)):
            bar = Quad(left="left", right="right", bottom=0, top="top", line_color=None)
            bar.fill_alpha = 0.8
            bars.append(mark(plot, self.ink, source, bar, fill_color=role))
            entries[f"{k}"] = bars[-1]
        bands = [self._add_band(plot, source) for source in self.bars]
        for source in self.bars:
            error = Segment(x0="middle", x1="middle", y0="low", y1="high", line_width=1.5)
            mark(plot, self.ink, source, error, line_color="ink")
        tick = Segment(x0="left", x1="right", y0="level", y1="level", line_width=2)
        goal = mark(plot, self.ink, self.goals, tick, line_color="ink")
        entries |= {"nominal level": goal, "its 95 % binomial band": bands[0]}
        rows = [
            ("coverage", "@top{0.0} \u00b1 @error{0.0} %"), ("should be", "@level{0} %"),
            ("95 % band", "@band_low{0.0} to @band_high{0.0} %"),
        ]  # fmt: skip
        plot.add_tools(HoverTool(renderers=bars, tooltips=tooltip(rows, "@name")))
        legend = add_legend(
            plot, self.ink, entries, "above", orientation="horizontal", location="left"
        )
        legend.update(spacing=8, padding=0, margin=3, glyph_height=14, background_fill_alpha=0)
        self._entries: list[LegendItem] = legend.items[: len(_ROLES)]
        for item in self._entries:
            item.visible = False
        return plot

    def _add_band(self, plot: figure, source: ColumnDataSource) -> Any:
        band = Quad(left="from", right="to", bottom="band_low", top="band_high")
        band.update(fill_alpha=0.25, line_color=None)
        return mark(plot, self.ink, source, band, fill_color="ink")


def _percent(level: float) -> str:
    return f"{100 * level:.3g} %"


def _no_bars() -> dict[str, list[Any]]:
    numbers = ("top", "low", "high", "band_low", "band_high", "error", "level")
    return {name: [] for name in (*_PARTS, *numbers, "name")}
