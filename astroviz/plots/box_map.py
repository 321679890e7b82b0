r"""Galaxies of a box seen along one axis, each with its projected long axis, to be brushed."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, Segment
from bokeh.plotting import figure

from astroviz.plots.brushing import RowMap
from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import add_legend, mark, new_figure, stand_in
from astroviz.plots.steady import Window

__all__ = ["BoxMap"]

# Web type -> (name, role of its colour), by its code.
_WEB_ROLES = (
    ("void", "faint"),
    ("sheet", "posterior"),
    ("filament", "pinned"),
    ("knot", "truth"),
)
_ENDS = ("x0", "y0", "x1", "y1")


class BoxMap(RowMap):
    r"""A slab of a box: a dot and a stick for each galaxy.

    A stick is the projection of the galaxy's long axis: short ones point along the line of sight.

    Arguments:
        dark: Whether the ground is dark.
    """

    def __init__(self, dark: bool = False) -> None:
        super().__init__(dark)
        self.sticks = [ColumnDataSource({k: as_column([]) for k in _ENDS}) for _ in _WEB_ROLES]
        self.figure = self._make_figure()
        self.layout = self.figure
        self._announce()

    @property
    def note(self) -> str:
        """How many galaxies are drawn."""
        return super().note.replace("stars", "galaxies").replace("1 star", "1 galaxy")

    def update(
        self,
        places: np.ndarray,
        axes: np.ndarray,
        web_type: np.ndarray,
        rows: np.ndarray,
        size: float,
        labels: tuple[str, str] = ("x (Mpc/h)", "y (Mpc/h)"),
        fit: bool = True,
    ) -> None:
        r"""Show other galaxies.

        Arguments:
            places: On the screen, Mpc/h, shape :math:`(N, 2)`.
            axes: Projected long axes, at most of length 1, shape :math:`(N, 2)`; or of no rows.
            web_type: 0 void, 1 sheet, 2 filament, 3 knot, shape :math:`(N,)`.
            rows: Their numbers in the table, shape :math:`(N,)`.
            size: Of the box, Mpc/h.
            labels: Of the axes.
            fit: Whether the window goes back to the whole box.
        """
        places = np.asarray(places, float).reshape(-1, 2)
        self._set_rows(places[:, 0], places[:, 1], rows)
        half = 0.5 * 0.022 * size * np.asarray(axes, float).reshape(-1, 2)
        for code, source in enumerate(self.sticks):
            chosen = np.asarray(web_type) == code if len(half) else np.zeros(len(places), bool)
            a = places[chosen] - half[chosen[: len(half)]]
            b = places[chosen] + half[chosen[: len(half)]]
            put(source, dict(zip(_ENDS, map(as_column, (*a.T, *b.T)), strict=True)))
        self.figure.xaxis.axis_label, self.figure.yaxis.axis_label = labels
        if fit:
            self.window.show((size / 2, size / 2), 0.52 * size, 0.52 * size)
        self.redraw()
        self._announce()

    def describe(self) -> str:
        """Counts in words."""
        chosen = int(np.isin(self.rows, self.selection).sum())
        return f"Map of a slab of the box: {self.note}, {chosen:,} selected."

    def _make_figure(self) -> figure:
        plot = new_figure(
            "box-map", self.ink, "x (Mpc/h)", "y (Mpc/h)", tools="pan,wheel_zoom,reset",
            match_aspect=True,
        )  # fmt: skip
        entries: dict[str, Any] = {}
        for source, (name, role) in zip(self.sticks, _WEB_ROLES, strict=True):
            stick = Segment(**{k: k for k in _ENDS}, line_width=1.75, line_alpha=0.85)
            drawn = mark(plot, self.ink, source, stick, line_color=role)
            entries[name] = stand_in(plot, drawn)
        self._draw_rows(plot)
        # sticks say where galaxies are; a dot is there for those that point at the reader
        for renderer in plot.renderers:
            if getattr(renderer, "data_source", None) is self.points:
                renderer.glyph.update(**{"size": 2.5} if hasattr(renderer.glyph, "size") else {})
        legend = add_legend(
            plot, self.ink, entries, "above", orientation="horizontal", location="left"
        )
        legend.update(spacing=12, padding=0, margin=0, background_fill_alpha=0)
        self.window = Window(plot, 40.0, 40.0)
        return plot
