r"""Arms of an experiment by one figure of merit: a dot for the mean, a bar for its spread."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from bokeh.core.properties import value
from bokeh.models import ColumnDataSource, FactorRange, Range1d, Scatter, Segment, Text
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, mark, new_figure
from astroviz.plots.theme import FONT

__all__ = ["BaselineTable"]

_MARGIN = 0.14  # of the range at both ends, for the texts over the outermost dots


class BaselineTable(Chart):
    r"""A row for each arm, the first one on top, with a line where the goal is.

    Arguments:
        dark: Whether the ground is dark.
    """

    def __init__(self, dark: bool = False) -> None:
        super().__init__(dark)
        self.label, self.goal = "", None  # type: str, float | None
        columns = ("arm", "value", "low", "high", "text")
        self.source = ColumnDataSource({name: [] for name in columns})
        self.line = ColumnDataSource({"x": as_column([])})
        self.figure = self._make_figure()
        self.layout = self.figure
        self._announce()

    def update(
        self,
        arms: Sequence[str],
        values: np.ndarray | Sequence[float],
        spread: np.ndarray | Sequence[float],
        label: str,
        unit: str,
        goal: float | None = None,
    ) -> None:
        r"""Show another figure of merit.

        Arguments:
            arms: Names, :math:`A` of them, no two equal.
            values: Mean over seeds, shape :math:`(A,)`; NaN where an arm was not run.
            spread: Standard deviation over seeds, shape :math:`(A,)`; NaN where there is none.
            label: What the figure is.
            unit: Of the figure; empty where it has none.
            goal: Where it should be; None for no line.
        """
        values, spread = np.asarray(values, dtype=float), np.asarray(spread, dtype=float)
        if values.shape != (len(arms),) or spread.shape != (len(arms),):
            raise ValueError(
                f"{values.shape} values and {spread.shape} spreads for {len(arms)} arms: "
                "give one of each"
            )
        self.label, self.goal = label, goal
        factors = list(arms)[::-1]
        # Factors before dots, or the browser looks for places that are not there yet.
        if self.figure.y_range.factors != factors:
            self.figure.y_range.factors = factors
        width = np.nan_to_num(spread)
        put(self.source, {
            "arm": list(arms), "value": as_column(values), "low": as_column(values - width),
            "high": as_column(values + width), "text": _texts(values, spread),
        })  # fmt: skip
        self._fit(np.concatenate([values - width, values + width]))
        self.figure.xaxis.axis_label = f"{label} ({unit})" if unit else label
        put(self.line, {"x": as_column([] if goal is None else [goal])})
        self.figure.title.text = " " if goal is None else f"dashed: goal {goal:g}"
        self._announce()

    def describe(self) -> str:
        """All arms in words."""
        data = self.source.data
        if not len(data["arm"]):
            return "Arms of an experiment; nothing measured yet."
        parts = [f"{a} {text or 'not run'}" for a, text in zip(data["arm"], data["text"],
                                                              strict=True)]  # fmt: skip
        goal = "" if self.goal is None else f", goal {self.goal:g}"
        return f"{self.label}, mean and spread over seeds{goal}: {'; '.join(parts)}."

    def _fit(self, ends: np.ndarray) -> None:
        ends = ends[np.isfinite(ends)]
        if self.goal is not None:
            ends = np.append(ends, self.goal)
        if not len(ends):
            return
        low, high = float(ends.min()), float(ends.max())
        margin = max(_MARGIN * (high - low), 1e-3)
        self.figure.x_range.update(start=low - margin, end=high + margin)

    def _make_figure(self) -> figure:
        plot = new_figure(
            "baselines", self.ink, None, None, tools="", x_range=Range1d(0, 1),
            y_range=FactorRange(factors=[], range_padding=0.08), min_border_right=12, title=" ",
        )  # fmt: skip
        plot.title.update(text_font_size="11px", align="left")
        self.ink.paint(plot.title, text_color="faint")
        plot.yaxis.update(axis_line_color=None, major_tick_line_color=None)
        self.ink.paint(plot.yaxis[0], major_label_text_color="ink")
        line = Segment(x0="x", x1="x", y0=-1e3, y1=1e3, line_dash="dashed", line_width=1.5)
        mark(plot, self.ink, self.line, line, line_color="goal")
        bar = Segment(x0="low", x1="high", y0="arm", y1="arm", line_width=2)
        mark(plot, self.ink, self.source, bar, line_color="posterior")
        dot = Scatter(x="value", y="arm", size=10, line_width=1)
        mark(plot, self.ink, self.source, dot, fill_color="posterior", line_color="paper")
        # twice: the outline, which is painted over its own fill, keeps figures legible on lines
        for outline, roles in ((4, {"text_outline_color": "paper"}), (0, {"text_color": "ink"})):
            text = Text(x="value", y="arm", text="text", y_offset=-6, text_align="center")
            text.update(text_baseline="bottom", text_font_size="11px", text_font=value(FONT))
            text.text_outline_width = outline
            mark(plot, self.ink, self.source, text, **roles)
        return plot


def _texts(values: np.ndarray, spread: np.ndarray) -> list[str]:
    """Mean and spread of each arm with one number of digits for all; empty for those not run."""
    smallest = min([float(width) for width in spread if width > 0], default=0.01)
    digits = int(np.clip(np.ceil(-np.log10(smallest)), 2, 4))
    texts = []
    for mean, width in zip(values, spread, strict=True):
        text = f"{mean:.{digits}f}" if np.isfinite(mean) else ""
        if text and np.isfinite(width):
            text += f" \u00b1 {width:.{digits}f}"
        texts.append(text.replace("-", "\u2212"))
    return texts
