r"""How many stars each survey has, and what asking for all of them costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from bokeh.core.properties import value
from bokeh.events import Tap
from bokeh.models import ColumnDataSource, FactorRange, HBar, Range1d, Text
from bokeh.plotting import figure

from astroviz.plots.columns import as_column
from astroviz.plots.frame import Chart, mark, new_figure
from astroviz.plots.theme import FONT, colour, survey_colour

__all__ = ["SurveyBars"]

_UNION, _INTERSECTION = "any of them", "all of them"


class SurveyBars(Chart):
    r"""Bars: stars of each survey, stars with any, stars with all of those that are on.

    Arguments:
        surveys: Names of the surveys.
        dark: Whether the ground is dark.
    """

    def __init__(self, surveys: Sequence[str], dark: bool = False) -> None:
        super().__init__(dark)
        self.surveys = tuple(surveys)
        self._names = [*self.surveys, _UNION, _INTERSECTION]
        self._counts: dict[str, int] = {}
        self._total = 0
        self._picks: list[Callable[[str], None]] = []
        self.source = ColumnDataSource(self._columns())
        self.figure = self._make_figure()
        self.layout = self.figure
        self.ink.watch(lambda: self.source.update(data=self._columns()))
        self._announce()

    def update(self, each: Mapping[str, int], intersection: int, union: int, total: int) -> None:
        r"""Show other counts.

        Arguments:
            each: Survey to its number of stars; surveys that are off are left out.
            intersection: Stars that all surveys have.
            union: Stars that at least one survey has.
            total: Stars of the table.
        """
        self._counts = {**{k: int(v) for k, v in each.items()}}
        self._counts |= {_UNION: int(union), _INTERSECTION: int(intersection)}
        self._total = int(total)
        self.source.data = self._columns()
        self.figure.x_range.end = max(total, 1) * 1.32
        self._announce()

    def on_pick(self, callback: Callable[[str], None]) -> None:
        """Call with a survey, `union` or `intersection` when its bar is tapped."""
        if not self._picks:
            self.figure.on_event(Tap, self._on_tap)
        self._picks.append(callback)

    def describe(self) -> str:
        """The counts in words."""
        if not self._total:
            return "Stars kept by survey; no table yet."
        kept = ", ".join(f"{name} {count:,}" for name, count in self._counts.items())
        return f"Of {self._total:,} stars: {kept}."

    def _columns(self) -> dict[str, object]:
        dark = self.ink.dark
        counts = [self._counts.get(name, 0) for name in self._names]
        special = {_UNION: colour("prior", dark), _INTERSECTION: colour("ink", dark)}
        share = [f" ({100 * n / self._total:.0f} %)" if self._total else "" for n in counts]
        off = [name not in self._counts and bool(self._total) for name in self._names]
        return {
            "name": self._names,
            "count": as_column(counts),
            "fill": [special.get(name) or survey_colour(name, dark) for name in self._names],
            "text": [
                "off" if o else f"{n:,}{part}"
                for n, part, o in zip(counts, share, off, strict=True)
            ],
        }

    def _make_figure(self) -> figure:
        plot = new_figure(
            "surveys", self.ink, "stars kept", tools="", x_range=Range1d(0, 1),
            y_range=FactorRange(factors=self._names[::-1], range_padding=0.1),
        )  # fmt: skip
        plot.ygrid.visible = False
        plot.xaxis.visible = plot.xgrid.visible = False
        plot.outline_line_alpha = 0
        plot.yaxis.update(axis_line_color=None, major_tick_line_color=None)
        bar = HBar(y="name", left=0, right="count", height=0.62, fill_color="fill")
        bar.line_color = None
        mark(plot, self.ink, self.source, bar)
        text = Text(x="count", y="name", text="text", x_offset=6, text_baseline="middle")
        text.update(text_font_size="11px", text_font=value(FONT))
        mark(plot, self.ink, self.source, text, text_color="ink")
        return plot

    def _on_tap(self, event: Tap) -> None:
        # factors sit at 0.5, 1.5, ... from below
        place = len(self._names) - 1 - int(np.floor(event.y))
        if 0 <= place < len(self._names):
            name = {_UNION: "union", _INTERSECTION: "intersection"}.get(
                self._names[place], self._names[place]
            )
            for callback in self._picks:
                callback(name)
