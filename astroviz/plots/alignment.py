r"""How galaxies point, in bins of separation: truth as a band, measurements with their errors.

The figures read measured curves (`orientations.curves.Correlation`, or anything with the same
attributes), so that what is drawn is what was measured, conventions included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from bokeh.models import (
    ColumnDataSource,
    HoverTool,
    Line,
    Range1d,
    Scatter,
    Segment,
    Span,
    Title,
    VArea,
)
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, fixed_ticks, mark, new_figure, stand_in, tooltip
from astroviz.plots.panels import arrange, fill_legend, legend_row
from astroviz.plots.theme import FONT, TICK_SIZE

__all__ = [  # noqa: RUF022 (plain order, constants not first)
    "AlignmentPanel",
    "CorrelationPlot",
    "Curve",
    "STATISTICS",
]

# Statistic -> label, unit, whether separations are projected.
STATISTICS: dict[str, tuple[str, str, bool]] = {
    "ed": ("ED(r)", "", False),
    "ee": ("ee(r)", "", False),
    "wg+": ("w_g+(r_p)", "Mpc/h", True),
    "w++": ("w_++(r_p)", "Mpc/h", True),
    "wgg": ("w_gg(r_p)", "Mpc/h", True),
}
_LOOKS = (("posterior", "circle"), ("literature", "square"), ("pinned", "diamond"))
_TRUTH = ("r", "value", "low", "high", "lower", "upper")
_POINTS = ("r", "value", "low", "high")
_FREE = 0.15  # part of the height that is left free above and below
_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
_WIDEST = 56  # characters of a heading over one of three figures


class Curve(Protocol):
    """What is read of a measurement; `truth` has `value` and `error` or is None."""

    @property
    def r(self) -> np.ndarray: ...  # noqa: D102
    @property
    def value(self) -> np.ndarray: ...  # noqa: D102
    @property
    def error(self) -> np.ndarray | None: ...  # noqa: D102
    @property
    def truth(self) -> Any: ...  # noqa: D102
    @property
    def conventions(self) -> str: ...  # noqa: D102


class CorrelationPlot(Chart):
    r"""One statistic: the truth's band of 68 and 95 %, points with errors, a line at zero.

    Arguments:
        kind: One of `STATISTICS`.
        series: Names of what is measured, up to three: the model, a baseline, ...
        scaled: Whether to draw the statistic times the separation, which evens it out.
        dark: Whether the ground is dark.
    """

    def __init__(
        self,
        kind: str,
        series: Sequence[str] = ("model",),
        scaled: bool = False,
        dark: bool = False,
    ) -> None:
        super().__init__(dark)
        if kind not in STATISTICS:
            raise ValueError(f"no statistic is called {kind!r}: there are {', '.join(STATISTICS)}")
        if not 1 <= len(series) <= len(_LOOKS):
            raise ValueError(f"a figure shows 1 to {len(_LOOKS)} series, not {len(series)}")
        self.kind, self.series, self.scaled = kind, tuple(series), scaled
        self.label, self.unit = _axis(kind, scaled)
        self.band = ColumnDataSource({name: as_column([]) for name in _TRUTH})
        self.points = {
            name: ColumnDataSource({column: as_column([]) for column in _POINTS})
            for name in self.series
        }
        self.words = Title(text=" ", text_font=FONT, text_font_size=TICK_SIZE, standoff=3)
        self.words.text_font_style = "normal"
        self.marks: dict[str, Any] = {}
        self.figure = self._make_figure()
        self.layout = self.figure
        self._said: dict[str, str] = {}
        self._announce()

    def update(self, curves: Mapping[str, Curve], said: Mapping[str, str] | None = None) -> None:
        r"""Show other measurements.

        Arguments:
            curves: Measurement of each series by name; what is missing is not drawn. The truth
                is that of the first which has one.
            said: Words for each series, for instance its chi-square; they stand in the heading.
        """
        unknown = set(curves) - set(self.series)
        if unknown:
            raise ValueError(
                f"no series is called {sorted(unknown)[0]!r}: there are {', '.join(self.series)}"
            )
        self._said = dict(said or {})
        put(self.band, self._band(curves))
        for k, name in enumerate(self.series):
            put(self.points[name], self._columns(curves.get(name), k))
        self._set_ranges()
        first = next(iter(curves.values()), None)
        self.words.text = "; ".join(f"{name}: {text}" for name, text in self._said.items()) or " "
        self.figure.title.text = _lines(first.conventions) if first is not None else " "
        self._announce()

    def describe(self) -> str:
        """What is drawn and how it compares with the truth, in words."""
        drawn = [name for name in self.series if len(self.points[name].data["r"])]
        if not drawn:
            return f"{self.label}; nothing measured yet."
        parts = []
        for name in drawn:
            inside = self._inside(name)
            text = f", {inside}" if inside else ""
            heading = f" ({self._said[name]})" if self._said.get(name) else ""
            parts.append(f"{name}{heading}: {len(self.points[name].data['r'])} bins{text}")
        return f"{self.label} against separation. {'; '.join(parts)}."

    def _inside(self, name: str) -> str:
        """How many points lie in the 95 % band of the truth."""
        band = {key: np.asarray(column) for key, column in self.band.data.items()}
        if not len(band["r"]):
            return ""
        point = {key: np.asarray(column) for key, column in self.points[name].data.items()}
        value = np.interp(band["r"], point["r"], point["value"])
        good = np.isfinite(value) & np.isfinite(band["value"])
        inside = (value >= band["lower"]) & (value <= band["upper"]) & good
        return f"{int(inside.sum())} of {int(good.sum())} in the 95 % band of the truth"

    def _band(self, curves: Mapping[str, Curve]) -> dict[str, Any]:
        known = [curve for curve in curves.values() if curve.truth is not None]
        if not known:
            return {name: as_column([]) for name in _TRUTH}
        r, truth = np.asarray(known[0].r, float), known[0].truth
        scale = r if self.scaled else np.ones_like(r)
        value, error = scale * truth.value, scale * truth.error
        columns = {
            "r": r, "value": value, "low": value - error, "high": value + error,
            "lower": value - 1.96 * error, "upper": value + 1.96 * error,
        }  # fmt: skip
        good = np.isfinite(value) & np.isfinite(error)
        return {name: as_column(column[good]) for name, column in columns.items()}

    def _columns(self, curve: Curve | None, place: int) -> dict[str, Any]:
        if curve is None:
            return {name: as_column([]) for name in _POINTS}
        r = np.asarray(curve.r, dtype=float)
        scale = r if self.scaled else np.ones_like(r)
        value = scale * np.asarray(curve.value, dtype=float)
        error = np.full_like(r, np.nan) if curve.error is None else scale * curve.error
        # side by side, so that bars do not hide each other
        beside = r * 1.05 ** (place - (len(self.series) - 1) / 2)
        columns = {"r": beside, "value": value, "low": value - error, "high": value + error}
        good = np.isfinite(value)
        return {name: as_column(column[good]) for name, column in columns.items()}

    def _set_ranges(self) -> None:
        """Separations of all that is drawn; heights of the points and of the truth's band."""
        band, points = self.band.data, [source.data for source in self.points.values()]
        r = np.concatenate([np.asarray(data["r"]) for data in (band, *points)])
        if not len(r):
            return
        self.figure.x_range.update(start=float(r.min()) / 1.25, end=float(r.max()) * 1.25)
        heights = [band["lower"], band["upper"], *(data["value"] for data in points), [0.0]]
        bars = np.concatenate([np.ravel(data[key]) for data in points for key in ("low", "high")])
        y = np.concatenate([np.asarray(column, dtype=float) for column in heights])
        low, high = float(y.min()), float(y.max())
        # bars as far as they do not flatten all the rest
        reach = 0.5 * max(high - low, 1e-9)
        bars = np.clip(bars[np.isfinite(bars)], low - reach, high + reach)
        low, high = min([low, *bars]), max([high, *bars])
        margin = _FREE * max(high - low, 1e-6)
        self.figure.y_range.update(start=low - margin, end=high + margin)

    def _make_figure(self) -> figure:
        projected = STATISTICS[self.kind][2]
        x_label = "r_p (Mpc/h)" if projected else "r (Mpc/h)"
        y_label = f"{self.label} ({self.unit})" if self.unit else self.label
        plot = new_figure(
            f"alignment-{self.kind}", self.ink, x_label, y_label,
            tools="pan,wheel_zoom,box_zoom,reset", x_axis_type="log", title=" ",
            x_range=Range1d(0.3, 20), y_range=Range1d(-0.05, 0.15), min_border_right=12,
        )  # fmt: skip
        fixed_ticks(plot.xaxis[0], _TICKS, [f"{tick:g}" for tick in _TICKS])
        plot.title.text_font_size = TICK_SIZE
        self.ink.paint(plot.title, text_color="faint")
        self.ink.paint(self.words, text_color="ink")
        plot.add_layout(self.words, "above")
        zero = Span(location=0, dimension="width", line_width=1, line_dash="dotted")
        self.ink.paint(zero, line_color="line")
        plot.add_layout(zero)
        for low, high, alpha in (("lower", "upper", 0.14), ("low", "high", 0.24)):
            area = VArea(x="r", y1=low, y2=high, fill_alpha=alpha)
            self.marks["truth"] = mark(plot, self.ink, self.band, area, fill_color="truth")
        line = Line(x="r", y="value", line_width=1.75)
        self.marks["line"] = mark(plot, self.ink, self.band, line, line_color="truth")
        for name, (role, marker) in zip(self.series, _LOOKS, strict=False):
            self._add_points(plot, name, role, marker)
        return plot

    def _add_points(self, plot: figure, name: str, role: str, marker: str) -> None:
        source = self.points[name]
        bar = Segment(x0="r", x1="r", y0="low", y1="high", line_width=1.5)
        bars = mark(plot, self.ink, source, bar, line_color=role)
        point = Scatter(x="r", y="value", marker=marker, size=8, line_width=1)
        roles = {"fill_color": role, "line_color": "paper"}
        points = mark(plot, self.ink, source, point, **roles)
        self.marks[name] = [bars, points]
        rows = [("separation", "@r{0.00} Mpc/h"), (self.label, "@value{0.0000}"),
                ("68 %", "@low{0.0000} to @high{0.0000}")]  # fmt: skip
        plot.add_tools(HoverTool(renderers=[points], tooltips=tooltip(rows, name)))


class AlignmentPanel(Chart):
    r"""Several statistics side by side over one legend, saved together.

    Arguments:
        kinds: Which ones, from `STATISTICS`.
        series: Names of what is measured, up to three.
        scaled: Statistics that are drawn times the separation.
        dark: Whether the ground is dark.
    """

    def __init__(
        self,
        kinds: Sequence[str] = ("ed", "ee", "wg+"),
        series: Sequence[str] = ("model",),
        scaled: Sequence[str] = (),
        dark: bool = False,
    ) -> None:
        super().__init__(dark)
        self.plots = {kind: CorrelationPlot(kind, series, kind in scaled, dark) for kind in kinds}
        for plot in self.plots.values():
            plot.ink.dark = dark
        row = legend_row("alignment", self.ink)
        first = next(iter(self.plots.values()))
        entries: dict[str, Any] = {
            "truth, 68 and 95 % of draws": [
                stand_in(row, first.marks["truth"]), stand_in(row, first.marks["line"])
            ]
        }  # fmt: skip
        for name in series:
            entries[f"{name}, jackknife error"] = [
                stand_in(row, part) for part in first.marks[name]
            ]
        fill_legend(row, self.ink, entries)
        figures = [plot.figure for plot in self.plots.values()]
        self.layout = arrange("alignment", self.ink, figures, row)
        self._announce()

    def update(
        self,
        curves: Mapping[str, Mapping[str, Curve]],
        said: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        r"""Show other measurements.

        Arguments:
            curves: Measurements by series and statistic: `curves["model"]["ed"]`.
            said: Words for each, in the same order: `said["model"]["ed"]`.
        """
        for kind, plot in self.plots.items():
            mine = {name: found[kind] for name, found in curves.items() if kind in found}
            words = {name: text[kind] for name, text in (said or {}).items() if kind in text}
            plot.update(mine, words)
        self._announce()

    def set_dark(self, dark: bool) -> None:
        """Change between light and dark ground in place."""
        super().set_dark(dark)
        for plot in self.plots.values():
            plot.set_dark(dark)

    def describe(self) -> str:
        """All figures in words."""
        return " ".join(plot.describe() for plot in self.plots.values())


def _axis(kind: str, scaled: bool) -> tuple[str, str]:
    """Label and unit of the vertical axis."""
    label, unit, projected = STATISTICS[kind]
    if not scaled:
        return label, unit
    times = "r_p" if projected else "r"
    return f"{times} \u00d7 {label}", "(Mpc/h)\u00b2" if unit else "Mpc/h"


def _lines(text: str) -> str:
    """Conventions in two lines where one is too long, broken between two of them."""
    if len(text) <= _WIDEST or "; " not in text:
        return text
    parts = text.split("; ")
    half = len(parts) - 1 if len("; ".join(parts[:-1])) <= _WIDEST else len(parts) // 2
    return "; ".join(parts[:half]) + "\n" + "; ".join(parts[half:])
