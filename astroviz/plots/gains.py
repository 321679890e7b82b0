r"""What surveys that have not looked would tell: expected information gain as bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.core.properties import value
from bokeh.models import ColumnDataSource, FactorRange, HBar, Range1d, Segment, Text
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, mark, new_figure
from astroviz.plots.theme import FONT, survey_colour

__all__ = ["GainBars"]


class GainBars(Chart):
    r"""A bar for each parameter and survey, with its Monte-Carlo error.

    Arguments:
        dark: Whether the ground is dark.
    """

    def __init__(self, dark: bool = False) -> None:
        super().__init__(dark)
        self.surveys: tuple[str, ...] = ()
        self.parameters: tuple[str, ...] = ()
        self.bits = np.empty((0, 0))
        self.errors = np.empty((0, 0))
        self.source = ColumnDataSource(self._columns())
        self.figure = self._make_figure()
        self.layout = self.figure
        self.ink.watch(lambda: put(self.source, self._columns()))
        self._announce()

    def update(
        self,
        surveys: Sequence[str],
        parameters: Sequence[str],
        bits: np.ndarray,
        errors: np.ndarray,
    ) -> None:
        r"""Show other gains.

        Arguments:
            surveys: :math:`S` surveys that have not looked.
            parameters: Labels of :math:`P` parameters.
            bits: Expected gain, shape :math:`(S, P)`; NaN where it is not known yet.
            errors: One standard error of each, same shape.
        """
        shape = (len(surveys), len(parameters))
        if np.shape(bits) != shape or np.shape(errors) != shape:
            raise ValueError(
                f"gains of shape {np.shape(bits)} and errors of shape {np.shape(errors)} do not "
                f"fit {shape[0]} surveys and {shape[1]} parameters"
            )
        self.surveys, self.parameters = tuple(surveys), tuple(parameters)
        self.bits = np.asarray(bits, dtype=float).reshape(shape)
        self.errors = np.asarray(errors, dtype=float).reshape(shape)
        columns = self._columns()
        factors = columns["factor"][::-1]
        # Factors before bars, or the browser looks for places that are not there yet.
        if self.figure.y_range.factors != factors:
            self.figure.y_range.factors = factors
        put(self.source, columns)
        known = np.isfinite(self.bits)
        top = float((self.bits + self.errors)[known].max()) if known.any() else 1.0
        low = float((self.bits - self.errors)[known].min()) if known.any() else 0.0
        top, low = max(top, 0.2), min(low * 1.1, 0.0)
        self.figure.x_range.update(start=low, end=top + 0.4 * (top - low))  # room for the texts
        self._announce()

    def describe(self) -> str:
        """All bars in words."""
        if not np.isfinite(self.bits).any():
            return "Expected information gain of missing surveys; not worked out yet."
        parts = []
        for k, parameter in enumerate(self.parameters):
            gains = ", ".join(
                f"{survey} {self.bits[s, k]:.1f}"
                for s, survey in enumerate(self.surveys)
                if np.isfinite(self.bits[s, k])
            )
            parts.append(f"{parameter}: {gains}")
        return f"Expected information gain in bits. {'; '.join(parts)}."

    def _columns(self) -> dict[str, Any]:
        columns: dict[str, list[Any]] = {
            key: [] for key in ("factor", "bits", "low", "high", "fill", "text", "end")
        }
        for k, parameter in enumerate(self.parameters):
            for s, survey in enumerate(self.surveys):
                bits, error = float(self.bits[s, k]), float(self.errors[s, k])
                known = np.isfinite(bits)
                text = (
                    f"{bits:.2f} \u00b1 {error:.2f}".replace("-", "\u2212") if known else "\u2026"
                )
                columns["factor"].append((parameter, survey))
                columns["bits"].append(bits if known else 0.0)
                columns["low"].append(bits - error if known else np.nan)
                columns["high"].append(bits + error if known else np.nan)
                columns["end"].append(max(bits + error, 0.0) if known else 0.0)
                columns["fill"].append(survey_colour(survey, self.ink.dark))
                columns["text"].append(text.replace("-", "\u2212"))
        numbers = {key: as_column(columns[key]) for key in ("bits", "low", "high", "end")}
        return {**columns, **numbers}

    def _make_figure(self) -> figure:
        plot = new_figure(
            "information-gain", self.ink, "expected information gain (bits)", tools="",
            x_range=Range1d(0, 1),
            y_range=FactorRange(factors=[], range_padding=0.02, group_padding=0.6),
        )  # fmt: skip
        plot.ygrid.visible = False
        axis = plot.yaxis[0]
        axis.update(
            axis_line_color=None, major_tick_line_color=None, group_text_font=FONT,
            group_text_font_size="12px", group_text_font_style="bold", separator_line_color=None,
            group_label_orientation="horizontal",
        )  # fmt: skip
        self.ink.paint(axis, group_text_color="ink")
        bar = HBar(
            y="factor", left=0, right="bits", height=0.7, fill_color="fill", fill_alpha=0.85
        )
        bar.line_color = None
        mark(plot, self.ink, self.source, bar)
        error = Segment(x0="low", x1="high", y0="factor", y1="factor", line_width=1.5)
        mark(plot, self.ink, self.source, error, line_color="ink")
        text = Text(x="end", y="factor", text="text", x_offset=6, text_baseline="middle")
        text.update(text_font_size="11px", text_font=value(FONT))
        mark(plot, self.ink, self.source, text, text_color="ink")
        return plot
