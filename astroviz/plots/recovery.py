r"""Truth against posterior mean, before and after an adaptation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from bokeh.models import (
    BasicTicker,
    ColumnDataSource,
    CustomJS,
    Line,
    Range1d,
    Scatter,
    Segment,
    Title,
)
from bokeh.plotting import figure

from astroviz.plots.brushing import Brush, Pick
from astroviz.plots.coloured import REAL, SIMULATED, ColouredMap
from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, mark, new_figure, pretty_unit
from astroviz.plots.panels import arrange, fill_legend, legend_row
from astroviz.plots.theme import FONT, TICK_SIZE, Ink

__all__ = ["Recovery"]

SIDES = ("left", "right")
_LEFT, _RIGHT, _BOTTOM, _TOP = 58, 8, 46, 42
_ROLES = {SIMULATED: "posterior", REAL: "pinned"}

# The frame is made square by widening the borders: only the browser knows the size. The outer
# size does not depend on the borders, so this ends after one round.
_SQUARE = """
const size = (name) => plot.property(name).is_unset ? 0 : plot[name];
const w = size("outer_width") - left - right, h = size("outer_height") - top - bottom;
if (w > 0 && h > 0) {
  const beside = Math.max(w - h, 0), below = Math.max(h - w, 0);
  plot.setv({
    min_border_left: left + (first ? beside : 0),
    min_border_right: right + (first ? 0 : beside),
    min_border_bottom: bottom + below,
  });
}
"""


@dataclass(frozen=True)
class _Axis:
    """What is recovered, in the form that titles of axes are made of."""

    label: str
    unit: str
    lower: float
    upper: float

    @property
    def title(self) -> str:
        unit = pretty_unit(self.label, self.unit)
        return f"{self.label} ({unit})" if unit else self.label


class _Side(ColouredMap):
    """One panel: stars by truth and posterior mean."""

    size = (5.0, 8.0)

    def __init__(self, name: str, ranges: tuple[Range1d, Range1d], dark: bool) -> None:
        super().__init__(dark)
        self.bars = ColumnDataSource(self._bars(np.empty(0), np.empty(0)))
        self._interval: tuple[np.ndarray, np.ndarray] = (np.empty(0), np.empty(0))
        self.words = Title(text="", text_font=FONT, text_font_size=TICK_SIZE, standoff=3)
        self.words.text_font_style = "normal"
        self.figure = self._make_figure(name, ranges)
        self.layout = self.figure

    def show(
        self,
        truth: np.ndarray,
        mean: np.ndarray,
        ends: tuple[np.ndarray, np.ndarray],
        domain: np.ndarray,
    ) -> None:
        """Show other stars: all arrays of shape (n,)."""
        low, high = (np.asarray(end, dtype=float) for end in ends)
        if not len(truth) == len(mean) == len(low) == len(high) == len(domain):
            raise ValueError("truth, mean, low, high and domain need one number for each star")
        self.domain = np.asarray(domain, dtype=np.intp)
        self._interval = low, high
        self._set_rows(truth, mean, None, names=self._tips(truth, mean, low, high))
        self.redraw()

    def describe(self) -> str:
        """Title and figures."""
        real = int((self.domain[self.rows] == REAL).sum())
        said = f": {self.words.text}" if self.words.text else ""
        return f"{self.figure.title.text}, {real} real stars{said}"

    def _draw_selection(self) -> None:
        super()._draw_selection()
        put(self.bars, self._bars(*self._interval))

    def _colours(self) -> list[str]:
        pair = [self.ink(_ROLES[code]) for code in (SIMULATED, REAL)]
        return [pair[int(code == REAL)] for code in self.domain]

    def _columns(self, colours: Any) -> dict[str, Any]:
        """Simulated stars are the ground, real ones what the figure is about."""
        columns = super()._columns(colours)
        real = self.domain[self.rows] == REAL
        alpha = np.where(real, columns["alpha"], 0.4 * np.asarray(columns["alpha"]))
        return {**columns, "alpha": as_column(alpha), "width": as_column(np.where(real, 0.5, 1.0))}

    def _bars(self, low: np.ndarray, high: np.ndarray) -> dict[str, Any]:
        shown = self.domain[self.rows] == REAL
        rows = self.rows[shown]
        faded = len(self.selection) > 0
        alpha = np.where(np.isin(rows, self.selection), 0.8, 0.07 if faded else 0.38)
        columns = {"x": self.x[shown], "low": low[rows], "high": high[rows], "alpha": alpha}
        return {name: as_column(column) for name, column in columns.items()}

    def _tips(self, truth: Any, mean: Any, low: Any, high: Any) -> list[str]:
        kinds = ("simulated", "real")
        parts = zip(self.domain, truth, mean, low, high, strict=True)
        return [
            f"{kinds[int(code == REAL)]} star {row}: truth {t:.2f}, mean {m:.2f}, "
            f"90 % from {a:.2f} to {b:.2f}"
            for row, (code, t, m, a, b) in enumerate(parts)
        ]

    def _make_figure(self, name: str, ranges: tuple[Range1d, Range1d]) -> figure:
        first = name == SIDES[0]
        left = _LEFT if first else _RIGHT
        plot = new_figure(
            f"recovery-{name}", self.ink, tools="pan,wheel_zoom,box_zoom,reset", save=False,
            active_scroll="wheel_zoom", x_range=ranges[0], y_range=ranges[1], title=" ",
            min_border_left=left, min_border_right=_RIGHT, min_border_top=_TOP,
            min_border_bottom=_BOTTOM,
        )  # fmt: skip
        plot.title.update(text_font_style="bold")
        self.ink.paint(self.words, text_color="faint")
        plot.add_layout(self.words, "above")
        for axis in plot.axis:
            axis.ticker = BasicTicker(desired_num_ticks=5)
        if not first:
            plot.yaxis.update(major_label_text_font_size="0px", major_tick_line_alpha=0)
        far = ColumnDataSource({"x": [-1e4, 1e4], "y": [-1e4, 1e4]})
        exact = Line(x="x", y="y", line_dash="dashed", line_width=1)
        mark(plot, self.ink, far, exact, line_color="line")
        bar = Segment(x0="x", x1="x", y0="low", y1="high", line_alpha="alpha", line_width=1)
        mark(plot, self.ink, self.bars, bar, line_color=_ROLES[REAL])
        self._draw_rows(plot)
        borders = {"left": left, "right": _RIGHT, "top": _TOP, "bottom": _BOTTOM}
        square = CustomJS(args={"plot": plot, "first": first, **borders}, code=_SQUARE)
        plot.js_on_change("outer_width", square)
        plot.js_on_change("outer_height", square)
        return plot


class Recovery(Chart):
    r"""Two linked panels of truth against posterior mean, with 90 % intervals of the real stars.

    Arguments:
        dark: Whether the ground is dark.
    """

    def __init__(self, dark: bool = False) -> None:
        super().__init__(dark)
        self.axis = _Axis("", "", 0.0, 1.0)
        ranges = Range1d(0, 1), Range1d(0, 1)
        self.sides = {name: _Side(name, ranges, dark) for name in SIDES}
        self.figures = tuple(side.figure for side in self.sides.values())
        self.legend = legend_row("recovery", self.ink)
        self._fill_legend()
        self.layout = arrange(
            "recovery", self.ink, self.figures, self.legend, extra=_LEFT - _RIGHT
        )
        self._announce()

    def update(
        self,
        side: str,
        truth: np.ndarray,
        mean: np.ndarray,
        low: np.ndarray,
        high: np.ndarray,
        domain: np.ndarray,
    ) -> None:
        r"""Show other answers in one panel.

        Arguments:
            side: `left` or `right`.
            truth: Shape :math:`(n,)`; a star whose truth is NaN is left out.
            mean: Posterior means, shape :math:`(n,)`.
            low: Lower ends of the 90 % intervals, shape :math:`(n,)`.
            high: Upper ends.
            domain: 0 for simulated, 1 for real stars, shape :math:`(n,)`.
        """
        self._side(side).show(truth, mean, (low, high), domain)
        self._announce()

    def titles(self, left: str, right: str) -> None:
        """Set what is above the panels."""
        for side, text in zip(self.sides.values(), (left, right), strict=True):
            side.figure.title.text = text
        self._announce()

    def say(self, side: str, text: str) -> None:
        """Set the line of figures under the title of one panel."""
        self._side(side).words.text = text
        self._announce()

    def set_axis(self, label: str, unit: str, lower: float, upper: float) -> None:
        """Set what is recovered, its unit, and the ends of all axes."""
        self.axis = _Axis(label, unit, float(lower), float(upper))
        margin = 0.02 * (self.axis.upper - self.axis.lower)
        low, high = self.axis.lower - margin, self.axis.upper + margin
        for axis in (self.figures[0].x_range, self.figures[0].y_range):
            axis.update(start=low, end=high, reset_start=low, reset_end=high)
        for plot in self.figures:
            plot.xaxis.axis_label = f"true {self.axis.title}"
        self.figures[0].yaxis.axis_label = f"posterior mean of {self.axis.title}"
        self._announce()

    def select(self, rows: Any, current: int | None = None) -> None:
        """Ring rows in both panels, and the star that the page is about."""
        for side in self.sides.values():
            side.select(rows, current)
        self._announce()

    def on_brush(self, callback: Brush) -> None:
        """Call with row numbers and `replace`, `add`, `remove` or `intersect` after a brush."""
        for side in self.sides.values():
            side.on_brush(callback)

    def on_pick(self, callback: Pick) -> None:
        """Call with the row number of a star that was tapped in either panel."""
        for side in self.sides.values():
            side.on_pick(callback)

    def set_dark(self, dark: bool) -> None:
        """Change between light and dark ground in place."""
        super().set_dark(dark)
        for side in self.sides.values():
            side.set_dark(dark)

    def describe(self) -> str:
        """Both panels in words."""
        parts = "; ".join(side.describe() for side in self.sides.values())
        return f"Truth against posterior mean of {self.axis.label or 'a parameter'}. {parts}."

    def _side(self, name: str) -> _Side:
        if name not in self.sides:
            raise ValueError(f"no side named {name!r}; there are {', '.join(SIDES)}")
        return self.sides[name]

    def _fill_legend(self) -> None:
        fill_legend(self.legend, self.ink, _entries(self.legend, self.ink))


def _entries(plot: figure, ink: Ink) -> dict[str, Any]:
    """What the marks mean, drawn over nothing."""
    nowhere = ColumnDataSource({"x": [np.nan], "y": [np.nan]})
    bar = Segment(x0="x", x1="x", y0="y", y1="y", line_alpha=0.5)
    diamond = Scatter(x="x", y="y", size=9, marker="diamond", line_color=None)
    circle = Scatter(x="x", y="y", size=6, fill_color=None, line_alpha=0.6)
    exact = Line(x="x", y="y", line_dash="dashed", line_width=1)
    real = [
        mark(plot, ink, nowhere, bar, line_color=_ROLES[REAL]),
        mark(plot, ink, nowhere, diamond, fill_color=_ROLES[REAL]),
    ]
    simulated = mark(plot, ink, nowhere, circle, line_color=_ROLES[SIMULATED])
    same = mark(plot, ink, nowhere, exact, line_color="line")
    return {"real, with 90 % interval": real, "simulated": simulated, "mean = truth": same}
