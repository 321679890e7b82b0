r"""Named curves, bands and points on one pair of axes, patched in place.

For figures whose whole content is "this line against that band": a power spectrum beside noise,
coverage beside the diagonal, a statistic falling from round to round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, FixedTicker, Line, Quad, Scatter, VArea, Whisker

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, add_legend, mark, new_figure

__all__ = ["Curve", "Curves"]

_EMPTY = np.zeros(0)


@dataclass(frozen=True)
class Curve:
    r"""How one thing is drawn.

    Arguments:
        label: In the legend, and the key of its values; an empty legend entry for `_hidden`.
        role: Colour, a role of `plots.theme`.
        look: `line`, `points` (a line with markers and error bars), `band` or `bars`.
        dash: Of the line.
        width: Of the line, pixels; 0 for points that no line joins.
        alpha: Of a band or of bars.
    """

    label: str
    role: str
    look: str = "line"
    dash: str = "solid"
    width: float = 2.0
    alpha: float = 0.28


class Curves(Chart):
    r"""Curves and bands.

    Arguments:
        name: Short name, of the model and of saved files.
        x_label: Text of the horizontal axis, with its unit.
        y_label: Likewise.
        curves: What is drawn, the lowest first.
        dark: Whether the ground is dark.
        legend: Where the legend is; empty for none.
        options: Further settings of the figure (`y_axis_type="log"`, ranges, tools).

    Example:
        >>> chart = Curves("p", "k (1/arcsec)", "power", [Curve("noise", "prior", "band")])
        >>> chart.update({"noise": (np.arange(3.0), np.zeros(3), np.ones(3))}, "Flat.")
        >>> chart.describe()
        'Flat.'
    """

    def __init__(
        self,
        name: str,
        x_label: str,
        y_label: str,
        curves: Sequence[Curve],
        dark: bool = False,
        legend: str = "top_right",
        **options: Any,
    ) -> None:
        super().__init__(dark)
        self.curves = {curve.label: curve for curve in curves}
        self.sources = {label: ColumnDataSource(_columns(_EMPTY)) for label in self.curves}
        self._words = "Nothing drawn yet."
        options.setdefault("tools", "")
        self.figure = new_figure(name, self.ink, x_label, y_label, **options)
        entries = {label: self._draw(curve) for label, curve in self.curves.items()}
        self.legend: Any = None
        if legend:
            shown = {label: made for label, made in entries.items() if not label.startswith("_")}
            self.legend = add_legend(self.figure, self.ink, shown, location=legend)
        self.layout = self.figure
        self._show_entries()
        self._announce()

    def update(
        self,
        values: Mapping[str, tuple[Any, ...]],
        words: str,
        x_range: tuple[float, float] | None = None,
        y_range: tuple[float, float] | None = None,
    ) -> None:
        r"""Show other values; what is not named is not drawn.

        Arguments:
            values: Label to (x, y) of a line or of points, (x, y, error) of points with error
                bars, (x, low, high) of a band, (edges, heights) of bars.
            words: What the figure shows, for people who cannot see it.
            x_range: Ends of the horizontal axis; as they were by default.
            y_range: Likewise.
        """
        if unknown := set(values) - set(self.curves):
            raise KeyError(f"no curve named {', '.join(sorted(unknown))} in this figure")
        for label, curve in self.curves.items():
            put(self.sources[label], _filled(curve, values.get(label)))
        for axis, ends in ((self.figure.x_range, x_range), (self.figure.y_range, y_range)):
            if ends is not None and (axis.start, axis.end) != ends:
                axis.update(start=float(ends[0]), end=float(ends[1]))
        self._words = words
        self._show_entries()
        self._announce()

    def ticks(self, places: Sequence[float]) -> None:
        """Ticks of the horizontal axis at these places only."""
        self.figure.xaxis[0].ticker = FixedTicker(ticks=[float(place) for place in places])

    def describe(self) -> str:
        """What is shown, in words."""
        return self._words

    def _show_entries(self) -> None:
        """The legend names what is drawn."""
        if self.legend is None:
            return
        for item in self.legend.items:
            there = len(self.sources[item.label.value].data["x"]) > 0
            if item.visible != there:
                item.visible = there

    def _draw(self, curve: Curve) -> list[Any]:
        plot, source = self.figure, self.sources[curve.label]
        if curve.look == "band":
            area = VArea(x="x", y1="low", y2="high", fill_alpha=curve.alpha)
            return [mark(plot, self.ink, source, area, fill_color=curve.role)]
        if curve.look == "bars":
            bar = Quad(left="low", right="high", bottom=0, top="y", fill_alpha=curve.alpha)
            bar.line_color = None
            return [mark(plot, self.ink, source, bar, fill_color=curve.role)]
        line = Line(x="x", y="y", line_width=curve.width, line_dash=curve.dash)
        found = [mark(plot, self.ink, source, line, line_color=curve.role)]
        found[0].visible = curve.width > 0  # a canvas draws a line of no width all the same
        if curve.look == "points":
            whisker = Whisker(base="x", lower="low", upper="high", source=source, line_width=1.5)
            whisker.upper_head.size = whisker.lower_head.size = 6
            self.ink.paint(whisker, line_color=curve.role)
            for head in (whisker.upper_head, whisker.lower_head):
                self.ink.paint(head, line_color=curve.role)
            plot.add_layout(whisker)
            point = Scatter(x="x", y="y", size=8)
            found.append(
                mark(plot, self.ink, source, point, fill_color=curve.role, line_color="paper")
            )
        return found


def _columns(x: Any, y: Any = _EMPTY, low: Any = _EMPTY, high: Any = _EMPTY) -> dict[str, Any]:
    return {"x": as_column(x), "y": as_column(y), "low": as_column(low), "high": as_column(high)}


def _filled(curve: Curve, given: tuple[Any, ...] | None) -> dict[str, Any]:
    """Columns of one curve."""
    if given is None or not len(given[0]):
        return _columns(_EMPTY)
    first, second = np.asarray(given[0], float), np.asarray(given[1], float)
    if curve.look == "bars":
        if len(first) != len(second) + 1:
            raise ValueError(f"{len(first)} edges do not fit {len(second)} bars")
        return _columns(0.5 * (first[1:] + first[:-1]), second, first[:-1], first[1:])
    if len(first) != len(second):
        raise ValueError(f"{curve.label}: {len(first)} places do not fit {len(second)} values")
    if curve.look == "band":
        third = np.asarray(given[2], float)
        return _columns(first, 0.5 * (second + third), second, third)
    error = np.asarray(given[2], float) if len(given) > 2 else np.zeros(len(first))
    return _columns(first, second, second - error, second + error)
