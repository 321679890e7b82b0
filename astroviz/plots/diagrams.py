r"""Colour-magnitude and Hertzsprung-Russell diagrams of a table, linked by row number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.core.properties import value
from bokeh.models import ColumnDataSource, Line, Text
from bokeh.plotting import figure

from astroviz.plots.brushing import RowMap
from astroviz.plots.columns import as_column
from astroviz.plots.frame import fixed_ticks, mark, new_figure, padded
from astroviz.plots.theme import FONT

__all__ = ["ColourMagnitude", "Diagram", "HertzsprungRussell"]

_TEMPERATURES = (2000, 2500, 3000, 4000, 5000, 7000, 10000, 15000, 20000, 30000)
_DASHES = ("solid", "dashed", "dotted", "dotdash")


class Diagram(RowMap):
    r"""Two numbers of each star against each other.

    Arguments:
        name: Short name of the figure.
        x_label: Horizontal axis, with its unit.
        y_label: Vertical axis, with its unit.
        x_reversed: Whether values fall from left to right.
        y_reversed: Whether values fall from bottom to top, as magnitudes do.
        dark: Whether the ground is dark.
    """

    def __init__(
        self,
        name: str,
        x_label: str,
        y_label: str,
        x_reversed: bool = False,
        y_reversed: bool = False,
        dark: bool = False,
    ) -> None:
        super().__init__(dark)
        self._reversed = x_reversed, y_reversed
        self._lines: list[tuple[ColumnDataSource, Any]] = []
        self.line_labels = ColumnDataSource({"x": [], "y": [], "text": []})
        self.figure = self._make_figure(name, x_label, y_label)
        self.layout = self.figure
        self._announce()

    def update(
        self,
        x: np.ndarray,
        y: np.ndarray,
        rows: np.ndarray | None = None,
        x_error: np.ndarray | None = None,
        y_error: np.ndarray | None = None,
        names: Sequence[str] | None = None,
        fit: bool = True,
    ) -> str:
        r"""Show other stars.

        Arguments:
            x: Horizontal values, shape :math:`(N,)`; NaN where a star has none.
            y: Vertical values, shape :math:`(N,)`.
            rows: Row numbers of the table, shape :math:`(N,)`; 0 to :math:`N - 1` by default.
            x_error: One standard deviation each, shape :math:`(N,)`.
            y_error: Likewise.
            names: Names to show under the pointer.
            fit: Whether ranges may move.

        Returns:
            How the stars are drawn, as `note`.
        """
        x, x_error = self._transform(np.asarray(x, dtype=float), x_error)
        self._set_rows(x, np.asarray(y, dtype=float), rows, (x_error, y_error), names)
        if fit:
            self.fit()
        self.redraw()
        self._announce()
        return self.note

    def set_labels(self, x_label: str, y_label: str) -> None:
        """Change the texts of the axes."""
        self.figure.xaxis.axis_label, self.figure.yaxis.axis_label = x_label, y_label

    def set_lines(self, lines: Sequence[tuple[str, np.ndarray, np.ndarray]] = ()) -> None:
        r"""Draw isochrones or tracks.

        Arguments:
            lines: Text, x and y of each; NaN breaks a line.
        """
        while len(self._lines) < len(lines):
            self._add_line()
        ends: dict[str, list[Any]] = {"x": [], "y": [], "text": []}
        for k, (source, _) in enumerate(self._lines):
            label, x, y = lines[k] if k < len(lines) else ("", np.empty(0), np.empty(0))
            x = self._transform(np.asarray(x, dtype=float), None)[0]
            source.data = {"x": as_column(x), "y": as_column(y)}
            good = np.flatnonzero(np.isfinite(x) & np.isfinite(np.asarray(y, dtype=float)))
            if len(good):
                last = int(good[-1])
                for key, place in (("x", float(x[last])), ("y", float(y[last])), ("text", label)):
                    ends[key].append(place)
        self.line_labels.data = ends

    def fit(self) -> None:
        """Move the ranges to the stars, leaving out the outermost thousandth."""
        for axis, values, flipped in zip(
            (self.figure.x_range, self.figure.y_range), (self.x, self.y), self._reversed,
            strict=True,
        ):  # fmt: skip
            if len(values) == 0:
                continue
            ends = np.quantile(values, (0.001, 0.999)) if len(values) > 2000 else values
            low, high = padded(np.asarray(ends), part=0.06, smallest=0.05)
            start, end = (high, low) if flipped else (low, high)
            axis.update(start=start, end=end, reset_start=start, reset_end=end)

    def aggregate(self, x_range: tuple[float, float], y_range: tuple[float, float]) -> np.ndarray:
        r"""Counts of the stars over other ranges, on the grid of the frame.

        Arguments:
            x_range: Ends of the horizontal axis, in either order.
            y_range: Ends of the vertical axis.

        Returns:
            Counts, shape :math:`(H, W)`, lowest y first.
        """
        width, height = self._pixels()
        return self._aggregate(self.x, self.y, x_range, y_range, width // 2, height // 2)

    def describe(self) -> str:
        """Axes and counts in words."""
        axes = f"{self.figure.yaxis[0].axis_label} against {self.figure.xaxis[0].axis_label}"
        chosen = int(np.isin(self.rows, self.selection).sum())
        return f"{axes}: {self.note}, {chosen:,} selected."

    def _make_figure(self, name: str, x_label: str, y_label: str) -> figure:
        plot = new_figure(
            name, self.ink, x_label, y_label, tools="pan,wheel_zoom,box_zoom,reset",
            active_scroll="wheel_zoom",
        )  # fmt: skip
        for axis, flipped in zip((plot.x_range, plot.y_range), self._reversed, strict=True):
            if flipped:
                axis.update(start=1, end=0)
        self._draw_rows(plot)
        text = Text(x="x", y="y", text="text", x_offset=4, y_offset=-2)
        text.update(text_font_size="10px", text_font=value(FONT))
        mark(plot, self.ink, self.line_labels, text, text_color="faint")
        return plot

    def _add_line(self) -> None:
        source = ColumnDataSource({"x": as_column([]), "y": as_column([])})
        dash = _DASHES[len(self._lines) % len(_DASHES)]
        line = Line(x="x", y="y", line_width=1.25, line_dash=dash, line_alpha=0.9)
        drawn = mark(self.figure, self.ink, source, line, level="underlay", line_color="line")
        self._lines.append((source, drawn))

    def _transform(
        self, x: np.ndarray, error: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Horizontal values as they are drawn, and their errors."""
        return x, error


class ColourMagnitude(Diagram):
    r"""Colour-magnitude diagram: bright above.

    Arguments:
        x_label: The colour, with its system.
        y_label: The magnitude, with its system.
        dark: Whether the ground is dark.
    """

    def __init__(
        self,
        x_label: str = "BP \u2212 RP (Vega mag)",
        y_label: str = "G (Vega mag)",
        dark: bool = False,
    ) -> None:
        super().__init__("colour-magnitude", x_label, y_label, y_reversed=True, dark=dark)


class HertzsprungRussell(Diagram):
    r"""Luminosity against effective temperature: hot at the left.

    Temperatures go in and come out in kelvin and are drawn by their logarithm.

    Arguments:
        dark: Whether the ground is dark.
    """

    def __init__(self, dark: bool = False) -> None:
        labels = "effective temperature (K)", "log luminosity (L\u2609)"
        super().__init__("hertzsprung-russell", *labels, x_reversed=True, dark=dark)
        texts = [f"{kelvin:,}" for kelvin in _TEMPERATURES]
        fixed_ticks(self.figure.xaxis[0], [float(np.log10(t)) for t in _TEMPERATURES], texts)

    def _transform(
        self, x: np.ndarray, error: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        log = np.log10(np.where(x > 0, x, np.nan))
        return log, None if error is None else np.asarray(error) / x / np.log(10)
