r"""Why alignments matter, as toy figures: what they add to a shear correlation, where w0-wa goes.

The numbers come from elsewhere (`orientations.forecast`); the figures say that they are a toy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.models import (
    Arrow,
    ColumnDataSource,
    Label,
    Line,
    NormalHead,
    Patch,
    Range1d,
    Scatter,
    Span,
)
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, add_legend, fixed_ticks, mark, new_figure, padded, stand_in
from astroviz.plots.theme import FONT, TICK_SIZE

__all__ = ["DarkEnergy", "IntrinsicShear"]

_PARTS = ("gg", "gi", "ii")
_LINES = {
    "gg": ("observed", "solid", "GG, shear"),
    "gi": ("excess", "dashed", "|GI|, shear and shapes (below 0)"),
    "ii": ("literature", "dotdash", "II, shapes"),
}


class IntrinsicShear(Chart):
    r"""GG, GI and II of :math:`\xi_+(\theta)`, and what part of it is no lensing.

    Arguments:
        dark: Whether the ground is dark.
    """

    def __init__(self, dark: bool = False) -> None:
        super().__init__(dark)
        self.source = ColumnDataSource({name: as_column([]) for name in ("theta", *_PARTS)})
        self._words = ""
        self.figure = self._make_figure()
        self.layout = self.figure
        self._announce()

    def update(
        self, theta: np.ndarray, gg: np.ndarray, gi: np.ndarray, ii: np.ndarray, words: str = ""
    ) -> None:
        r"""Show other correlations.

        Arguments:
            theta: Separations on the sky, arcmin, shape :math:`(T,)`.
            gg: Of shear, shape :math:`(T,)`.
            gi: Between shear and intrinsic shapes; below 0 for galaxies that point at matter.
            ii: Of intrinsic shapes.
            words: Heading: which bins, which amplitude.
        """
        parts = {"gg": np.asarray(gg), "gi": np.abs(gi), "ii": np.asarray(ii)}
        # nothing has no logarithm
        drawn = {k: np.where(part > 1e-12, part, np.nan) for k, part in parts.items()}
        columns = {"theta": np.asarray(theta), **drawn}
        put(self.source, {name: as_column(column) for name, column in columns.items()})
        top = float(np.nanmax(parts["gg"], initial=1e-8))
        self.figure.x_range.update(start=float(np.min(theta)), end=float(np.max(theta)))
        self.figure.y_range.update(start=top * 3e-5, end=top * 4)
        middle = len(theta) // 2
        whole = float(np.asarray(gg)[middle])
        part = (float(np.asarray(gi)[middle]) + float(np.asarray(ii)[middle])) / whole
        self._words = (
            f"at {float(np.asarray(theta)[middle]):.0f} arcmin alignments change the correlation "
            f"by {part:+.0%}".replace("-", "\u2212")
        )
        self.figure.title.text = f"toy model; {words}; {self._words}" if words else self._words
        self._announce()

    def describe(self) -> str:
        """The heading in words."""
        if not len(self.source.data["theta"]):
            return "Toy correlation of galaxy shapes on the sky; nothing worked out yet."
        return f"Toy correlation of galaxy shapes, split into GG, GI and II: {self._words}."

    def _make_figure(self) -> figure:
        plot = new_figure(
            "intrinsic-shear", self.ink, "\u03b8 (arcmin)", "\u03be\u208a(\u03b8), dimensionless",
            tools="pan,wheel_zoom,box_zoom,reset", x_axis_type="log", y_axis_type="log",
            title=" ", x_range=Range1d(3, 200), y_range=Range1d(1e-9, 1e-4),
        )  # fmt: skip
        plot.title.text_font_size = TICK_SIZE
        ticks = (1, 2, 5, 10, 20, 50, 100, 200, 500)
        fixed_ticks(plot.xaxis[0], ticks, [str(tick) for tick in ticks])
        entries = {}
        for name, (role, dash, label) in _LINES.items():
            line = Line(x="theta", y=name, line_width=2.25, line_dash=dash)
            renderer = mark(plot, self.ink, self.source, line, line_color=role)
            entries[label] = stand_in(plot, renderer)
        add_legend(plot, self.ink, entries, location="bottom_left")
        return plot


class DarkEnergy(Chart):
    r"""The toy survey's 68 and 95 % regions of w0 and wa, and where ignoring alignments leads.

    Arguments:
        dark: Whether the ground is dark.
    """

    def __init__(self, dark: bool = False) -> None:
        super().__init__(dark)
        names = ("inner", "outer", "shifted_inner", "shifted_outer")
        self.regions = {
            n: ColumnDataSource({"x": as_column([]), "y": as_column([])}) for n in names
        }
        self.centres = {n: ColumnDataSource({"x": as_column([]), "y": as_column([])})
                        for n in ("truth", "found")}  # fmt: skip
        self.arrow = Arrow(
            end=NormalHead(size=11), x_start=0, y_start=0, x_end=0, y_end=0, line_width=2,
            visible=False,
        )  # fmt: skip
        self.note = Label(x=8, y=8, x_units="screen", y_units="screen", text="")
        self.note.update(text_font=FONT, text_font_size=TICK_SIZE)
        self._words = ""
        self.figure = self._make_figure()
        self.layout = self.figure
        self._announce()

    def update(
        self,
        inner: np.ndarray,
        outer: np.ndarray,
        centre: np.ndarray,
        shift: np.ndarray,
        tension: float,
        words: str = "",
    ) -> None:
        r"""Show another forecast.

        Arguments:
            inner: Outline of the 68 % region around the truth, :math:`w_0, w_a`, shape
                :math:`(2, P)`.
            outer: The same for 95 %.
            centre: True :math:`w_0, w_a`.
            shift: Best fit minus truth if alignments are ignored, shape :math:`(2,)`.
            tension: Length of the shift in standard deviations.
            words: Heading: which survey, which amplitude.
        """
        centre, shift = np.asarray(centre, float), np.asarray(shift, float)
        for name, outline in (("inner", inner), ("outer", outer)):
            put(self.regions[name], _xy(outline))
            put(self.regions[f"shifted_{name}"], _xy(np.asarray(outline) + shift[:, None]))
        found = centre + shift
        put(self.centres["truth"], _xy(centre[:, None]))
        put(self.centres["found"], _xy(found[:, None]))
        moved = bool(np.abs(shift).max() > 0)
        self.arrow.update(
            x_start=float(centre[0]), y_start=float(centre[1]), x_end=float(found[0]),
            y_end=float(found[1]), visible=moved,
        )  # fmt: skip
        both = np.concatenate([np.asarray(outer), np.asarray(outer) + shift[:, None]], axis=1)
        for axis, values in zip((self.figure.x_range, self.figure.y_range), both, strict=True):
            low, high = padded(values, 0.08)
            axis.update(start=low, end=high)
        self._words = (
            f"ignoring alignments moves w0 by {shift[0]:+.2f} and wa by {shift[1]:+.2f}, "
            f"{tension:.1f} standard deviations"
        ).replace("-", "\u2212")
        self.note.text = "to first order; far shifts are only a warning" if tension > 3 else ""
        self.figure.title.text = (
            f"toy Fisher forecast; {words}" if words else "toy Fisher forecast"
        )
        self._announce()

    def describe(self) -> str:
        """Length and direction of the arrow in words."""
        if not self._words:
            return "Toy forecast of dark energy; nothing worked out yet."
        return f"Toy Fisher forecast of dark energy: {self._words}."

    def _make_figure(self) -> figure:
        plot = new_figure(
            "dark-energy", self.ink, "w\u2080, dark energy today", "w\u2090, its change",
            "pan,wheel_zoom,box_zoom,reset", title="toy Fisher forecast",
            x_range=Range1d(-1.5, -0.5), y_range=Range1d(-1, 1),
        )  # fmt: skip
        plot.title.text_font_size = TICK_SIZE
        for location, dimension in ((-1, "height"), (0, "width")):
            line = Span(location=location, dimension=dimension, line_dash="dotted", line_width=1)
            self.ink.paint(line, line_color="line")
            plot.add_layout(line)
        entries: dict[str, Any] = {}
        for prefix, role, label in (
            ("", "posterior", "alignments modelled, 68 and 95 %"),
            ("shifted_", "truth", "alignments ignored"),
        ):
            for name, alpha in (("outer", 0.18), ("inner", 0.35)):
                patch = Patch(x="x", y="y", fill_alpha=alpha, line_width=1.5)
                roles = {"fill_color": role, "line_color": role}
                entries[label] = mark(plot, self.ink, self.regions[prefix + name], patch, **roles)
        for name, marker in (("truth", "cross"), ("found", "x")):
            point = Scatter(x="x", y="y", marker=marker, size=11, line_width=2)
            mark(plot, self.ink, self.centres[name], point, line_color="ink")
        self.ink.paint(self.arrow, line_color="ink")
        self.ink.paint(self.arrow.end, line_color="ink", fill_color="ink")
        self.ink.paint(self.note, text_color="faint")
        plot.add_layout(self.arrow)
        plot.add_layout(self.note)
        add_legend(plot, self.ink, {k: stand_in(plot, part) for k, part in entries.items()})
        return plot


def _xy(outline: np.ndarray) -> dict[str, np.ndarray]:
    """Two rows as columns."""
    return {"x": as_column(outline[0]), "y": as_column(outline[1])}
