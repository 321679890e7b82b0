r"""Bars under names, some series side by side: figures of bands, of members, of parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from bokeh.core.properties import value
from bokeh.models import (
    ColumnDataSource,
    CustomJSTickFormatter,
    FixedTicker,
    HoverTool,
    Quad,
    Range1d,
    Span,
    Text,
)

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, add_legend, mark, new_figure, tooltip
from astroviz.plots.theme import FONT

__all__ = ["NamedBars"]

_GROUP = 0.8
_TICKS = """
const text = names[Math.round(tick)]
return text === undefined ? "" : text
"""


class NamedBars(Chart):
    r"""A bar of each series for each name.

    Arguments:
        name: Short name, of the model and of saved files.
        label: Text of the axis of values, with its unit.
        series: Name of each series to its colour, a role of `plots.theme`.
        dark: Whether the ground is dark.
        horizontal: Whether the names stand below each other, for long ones.
        log: Whether the axis of values is logarithmic; then `foot` is where bars begin.
        foot: Where bars begin.
        texts: Whether each bar says its value.
        overlap: Whether the bars of all series stand at the same place, as when no name has more
            than one.

    Example:
        >>> bars = NamedBars("ks", "KS", {"fit": "posterior", "prior": "prior"})
        >>> bars.update(["u", "g"], {"fit": [0.02, 0.01], "prior": [0.3, 0.4]}, "KS by band.")
        >>> bars.describe()
        'KS by band. fit: u 0.02, g 0.01; prior: u 0.3, g 0.4.'
    """

    def __init__(
        self,
        name: str,
        label: str,
        series: Mapping[str, str],
        dark: bool = False,
        horizontal: bool = False,
        log: bool = False,
        foot: float = 0.0,
        texts: bool = False,
        overlap: bool = False,
    ) -> None:
        super().__init__(dark)
        self.series, self.horizontal, self.foot = dict(series), horizontal, foot
        self._beside = 1 if overlap else max(len(series), 1)
        self.names: tuple[str, ...] = ()
        self.values: dict[str, np.ndarray] = {}
        self.sources = {key: ColumnDataSource(self._columns(0, [], [])) for key in series}
        self._words, self._log = "", log
        self.figure = self._make_figure(name, label)
        entries = {key: self._draw(key, role, texts) for key, role in self.series.items()}
        self.goal = Span(
            dimension="height" if horizontal else "width", line_dash="dashed", line_width=1.5,
            visible=False,
        )  # fmt: skip
        self.ink.paint(self.goal, line_color="goal")
        self.figure.add_layout(self.goal)
        if len(entries) > 1:
            place = "bottom_right" if horizontal else "top_right"
            add_legend(self.figure, self.ink, entries, location=place)
        self.layout = self.figure
        self._announce()

    def update(
        self,
        names: Sequence[str],
        series: Mapping[str, Any],
        words: str,
        top: float | None = None,
        goal: float | None = None,
    ) -> None:
        r"""Show other bars.

        Arguments:
            names: What the bars are of, :math:`P` of them.
            series: Name of a series to its values, :math:`(P,)`; NaN where it is not known.
            words: What is shown, for people who cannot see it; the values are added.
            top: End of the axis of values; what holds all bars by default.
            goal: Where a line is drawn; None for none.
        """
        if unknown := set(series) - set(self.series):
            raise KeyError(f"no series named {', '.join(sorted(unknown))} in this figure")
        self.names = tuple(names)
        self.values = {key: np.asarray(found, dtype=float) for key, found in series.items()}
        for key, found in self.values.items():
            if found.shape != (len(self.names),):
                raise ValueError(
                    f"{key!r} has {found.size} values for {len(self.names)} names: give one each"
                )
        self._fit(top)
        for k, (key, source) in enumerate(self.sources.items()):
            there = key in self.values
            put(source, self._columns(k, self.names if there else [], self.values.get(key, [])))
        self.goal.update(visible=goal is not None, location=float(goal or 0.0))
        self._words = words
        self._announce()

    def describe(self) -> str:
        """What is shown, with all values."""
        parts = [
            f"{key}: " + ", ".join(
                f"{name} {number:.3g}"
                for name, number in zip(self.names, found, strict=True) if np.isfinite(number)
            )
            for key, found in self.values.items()
        ]  # fmt: skip
        if not parts or not self.names:
            return self._words or "Nothing measured yet."
        return f"{self._words} {'; '.join(parts)}."

    def _fit(self, top: float | None) -> None:
        known = np.concatenate([*self.values.values(), [self.foot]])
        known = known[np.isfinite(known)]
        if top is None:
            top = float(known.max())
            # room for the texts
            top = top * 30.0 if self._log else top + 0.2 * (top - self.foot)
            if len(known) == 1:  # no bar
                top = self.foot + 1.0
        low = min(self.foot, float(known.min()) * 1.1) if not self._log else self.foot
        places, values = self._ranges()
        if (values.start, values.end) != (low, top):
            values.update(start=low, end=top)
        count = max(len(self.names), 1)
        ends = (count - 0.5, -0.5) if self.horizontal else (-0.5, count - 0.5)
        if (places.start, places.end) != ends:
            places.update(start=ends[0], end=ends[1])
        axis = (self.figure.yaxis if self.horizontal else self.figure.xaxis)[0]
        axis.ticker.ticks = list(range(len(self.names)))
        axis.formatter.args = {"names": list(self.names)}

    def _ranges(self) -> tuple[Range1d, Range1d]:
        plot = self.figure
        pair = (plot.y_range, plot.x_range) if self.horizontal else (plot.x_range, plot.y_range)
        return pair

    def _columns(self, k: int, names: Sequence[str], values: Any) -> dict[str, Any]:
        values = np.asarray(values, dtype=float)
        width = _GROUP / self._beside
        start = np.arange(len(names)) - _GROUP / 2 + (k % self._beside) * width
        ends = np.where(np.isfinite(values), values, self.foot)
        numbers = {
            "from": start + 0.04 * width, "to": start + 0.96 * width, "middle": start + width / 2,
            "foot": np.full(len(names), self.foot), "end": ends, "value": values,
        }  # fmt: skip
        texts = ["" if not np.isfinite(v) else _written(v) for v in values]
        found: dict[str, Any] = {key: as_column(column) for key, column in numbers.items()}
        return {**found, "name": list(names), "text": texts}

    def _make_figure(self, name: str, label: str) -> Any:
        options: dict[str, Any] = {"x_label" if self.horizontal else "y_label": label}
        if self._log:
            options["x_axis_type" if self.horizontal else "y_axis_type"] = "log"
        plot = new_figure(name, self.ink, tools="", **options)
        axis, grid = (plot.yaxis[0], plot.ygrid) if self.horizontal else (plot.xaxis[0],
                                                                          plot.xgrid)  # fmt: skip
        axis.update(
            ticker=FixedTicker(ticks=[]), major_tick_line_color=None,
            formatter=CustomJSTickFormatter(args={"names": []}, code=_TICKS),
        )  # fmt: skip
        grid.visible = False
        return plot

    def _draw(self, key: str, role: str, texts: bool) -> Any:
        source, across = self.sources[key], self.horizontal
        sides = (
            {"left": "foot", "right": "end", "bottom": "from", "top": "to"} if across
            else {"left": "from", "right": "to", "bottom": "foot", "top": "end"}
        )  # fmt: skip
        bar = Quad(**sides, fill_alpha=0.85, line_color=None)
        drawn = mark(self.figure, self.ink, source, bar, fill_color=role)
        rows = [(key, "@value{0.[0000]a}")]
        self.figure.add_tools(HoverTool(renderers=[drawn], tooltips=tooltip(rows, "@name")))
        if texts:
            places: dict[str, Any] = (
                {"x": "end", "y": "middle", "x_offset": 5, "text_baseline": "middle"} if across
                else {"x": "middle", "y": "end", "y_offset": -3, "text_align": "center"}
            )  # fmt: skip
            words = Text(**places, text="text", text_font_size="11px", text_font=value(FONT))
            mark(self.figure, self.ink, source, words, text_color="ink")
        return drawn


def _written(number: float) -> str:
    if abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.2f}" if abs(number) >= 0.01 else f"{number:.2g}"
