r"""The star formation history of a galaxy: its rate over lookback time, and a burst."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, HoverTool, Line, Range1d, Scatter, Segment, Span, VArea
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, add_legend, mark, new_figure, stand_in, tooltip

__all__ = ["GalaxyHistory"]

_STEPS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0)


class GalaxyHistory(Chart):
    r"""Rate of star formation before the galaxy is seen; the burst is a stem.

    Arguments:
        dark: Whether the ground is dark.
    """

    def __init__(self, dark: bool = False) -> None:
        super().__init__(dark)
        self.rate = ColumnDataSource({"x": as_column([]), "y": as_column([])})
        self.formed = ColumnDataSource({"x": as_column([]), "y": as_column([])})
        self.burst = ColumnDataSource(
            {"x": as_column([]), "y": as_column([]), "text": [], "low": as_column([])}
        )
        self._top = 0.0
        self._words = "Star formation history; nothing drawn yet."
        self.figure = self._make_figure()
        self.layout = self.figure
        self._announce()

    def update(
        self,
        lookback: np.ndarray,
        rate: np.ndarray,
        formed: np.ndarray,
        age: float,
        burst: tuple[float, float] | None,
    ) -> None:
        r"""Show another history.

        Arguments:
            lookback: Time before the light left, Gyr, increasing, shape :math:`(T,)`.
            rate: Msun/yr without the burst, shape :math:`(T,)`.
            formed: Part of all mass that had been formed by then, burst included, :math:`(T,)`.
            age: Age of the Universe then, Gyr: the end of the axis.
            burst: Its lookback time, Gyr, and its part of the mass; None where there is none.
        """
        if not len(lookback) == len(rate) == len(formed):
            raise ValueError(
                f"{len(lookback)} times, {len(rate)} rates and {len(formed)} parts of the mass "
                "do not go together; give one of each per time"
            )
        put(self.rate, {"x": as_column(lookback), "y": as_column(rate)})
        top = self._hold(float(np.max(rate, initial=0.0)))
        scaled = np.asarray(formed, float) * top * 0.92
        put(self.formed, {"x": as_column(lookback), "y": as_column(scaled)})
        here = [] if burst is None else [burst[0]]
        put(
            self.burst,
            {"x": as_column(here), "y": as_column([0.92 * top] * len(here)),
             "low": as_column([0.0] * len(here)),
             "text": [f"{100 * burst[1]:.2g} % of the mass"] if burst is not None else []},
        )  # fmt: skip
        end = math.ceil(2 * age) / 2
        if self.figure.x_range.start != end:
            self.figure.x_range.start = end
        self.beginning.location = float(age)
        self._words = self._describe(lookback, rate, age, burst)
        self._announce()

    def describe(self) -> str:
        """What is shown, in words."""
        return self._words

    def _describe(self, lookback: np.ndarray, rate: np.ndarray, age: float, burst: Any) -> str:
        peak = int(np.argmax(rate)) if len(rate) else 0
        words = (
            f"Star formation over {age:.1f} Gyr, up to {float(rate[peak]):.3g} solar masses a "
            f"year {float(lookback[peak]):.1f} Gyr before the light left"
        )
        if burst is None:
            return f"{words}; no burst."
        return f"{words}; a burst {burst[0]:.2f} Gyr before with {100 * burst[1]:.2g} % of mass."

    def _hold(self, highest: float) -> float:
        """Top of the axis, which stands still while it fits."""
        if not 0.4 * self._top <= 1.08 * highest <= self._top:
            wanted = max(1.08 * highest, 1e-6)
            step = 10.0 ** math.floor(math.log10(wanted))
            self._top = next(k * step for k in _STEPS if k * step >= wanted * (1 - 1e-9))
            self.figure.y_range.update(start=0.0, end=self._top)
        return self._top

    def _make_figure(self) -> figure:
        plot = new_figure(
            "galaxy-history", self.ink, "lookback time from when it is seen (Gyr)",
            "SFR (M\u2609 yr\u207b\u00b9)", tools="", x_range=Range1d(13.5, 0.0),
            y_range=Range1d(0.0, 10.0),
        )  # fmt: skip
        area = VArea(x="x", y1=0, y2="y", fill_alpha=0.22)
        mark(plot, self.ink, self.rate, area, fill_color="posterior")
        line = Line(x="x", y="y", line_width=2.0)
        curve = mark(plot, self.ink, self.rate, line, line_color="posterior")
        share = Line(x="x", y="y", line_width=1.5, line_dash="dashed")
        formed = mark(plot, self.ink, self.formed, share, line_color="faint")
        stem = Segment(x0="x", x1="x", y0="low", y1="y", line_width=3)
        mark(plot, self.ink, self.burst, stem, line_color="truth")
        head = Scatter(x="x", y="y", size=9, marker="circle")
        top = mark(plot, self.ink, self.burst, head, fill_color="truth", line_color="paper")
        self.beginning = Span(location=13.5, dimension="height", line_dash="dotted")
        self.ink.paint(self.beginning, line_color="faint")
        plot.add_layout(self.beginning)
        rows = [("burst", "@x{0.00} Gyr before"), ("forms", "@text")]
        plot.add_tools(HoverTool(renderers=[top], tooltips=tooltip(rows)))
        rows = [("lookback", "@x{0.00} Gyr"), ("SFR", "@y{0.000} M\u2609/yr")]
        plot.add_tools(HoverTool(renderers=[curve], mode="vline", tooltips=tooltip(rows)))
        found = {"rate": curve, "mass formed by then (0 to 1)": formed, "burst": top}
        entries = {label: stand_in(plot, one) for label, one in found.items()}
        add_legend(plot, self.ink, entries, location="top_left")
        return plot
