r"""Maps whose stars are coloured one by one, by a number or by a text.

A selection leaves colour and shape of a star as they are: it rings what is chosen and fades the
rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.models import (
    BoxSelectTool,
    ColorBar,
    ColumnDataSource,
    HoverTool,
    LassoSelectTool,
    LinearColorMapper,
    Scatter,
)
from bokeh.palettes import interp_palette
from bokeh.plotting import figure

from astroviz.plots.brushing import RowMap
from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import mark, tooltip
from astroviz.plots.theme import FONT, SEQUENTIAL, TICK_SIZE, Ink

__all__ = ["ColourScale", "ColouredMap", "diverging", "sequential"]

_RAMP = 200  # colours used of the 256: the ends are too near to white or to the dark ground
_FADED = 0.2
_RINGED = 60  # so many are ringed in full
_TAILS = (2.0, 98.0)  # per cent
SIMULATED, REAL = 0, 1


def sequential(dark: bool = False) -> list[str]:
    """Perceptually even colours, the last of which stands out most from the ground."""
    return list(SEQUENTIAL[-_RAMP:] if dark else SEQUENTIAL[:_RAMP][::-1])


def diverging(dark: bool = False) -> list[str]:
    """Blue over a quiet middle to vermilion; those who see no red see blue against yellow."""
    middle = "#4b5561" if dark else "#d3d8de"
    ends = ("#5cb8f0", "#ff8a3c") if dark else ("#005a8f", "#b84a00")
    halves = interp_palette([ends[0], middle], 101)[:-1], interp_palette([middle, ends[1]], 101)
    return [*halves[0], *halves[1]]


class ColourScale:
    r"""Numbers as colours, with their bar above a frame.

    Arguments:
        plot: Where the bar is put.
        ink: Tells whether the ground is dark.
        centred: Whether colours diverge from zero, with the same limits on both sides.
    """

    def __init__(self, plot: figure, ink: Ink, centred: bool = False) -> None:
        self.ink, self.centred = ink, centred
        self.mapper = LinearColorMapper(palette=self.palette, low=0.0, high=1.0)
        self.bar = ColorBar(
            color_mapper=self.mapper, title="", height=7, padding=2, title_standoff=2,
            label_standoff=3, margin=0, border_line_color=None, background_fill_alpha=0,
            major_tick_line_color=None, bar_line_color=None, major_label_text_font=FONT,
            major_label_text_font_size=TICK_SIZE, title_text_font=FONT,
            title_text_font_size=TICK_SIZE, title_text_font_style="normal", visible=False,
        )  # fmt: skip
        ink.paint(self.bar, major_label_text_color="faint", title_text_color="ink")
        plot.add_layout(self.bar, "above")
        ink.watch(lambda: self.mapper.update(palette=self.palette))

    @property
    def palette(self) -> list[str]:
        """Colours for the present ground."""
        return diverging(self.ink.dark) if self.centred else sequential(self.ink.dark)

    def fit(self, values: np.ndarray, title: str) -> bool:
        r"""Set limits to where the middle 96 % of the values are, and show the bar.

        Arguments:
            values: Shape :math:`(n,)`; NaN where there is none.
            title: Of the bar, with the unit.

        Returns:
            Whether there is any value.
        """
        values = np.asarray(values, dtype=float)
        known = values[np.isfinite(values)]
        self.bar.visible = bool(len(known))
        if not len(known):
            return False
        low, high = (float(end) for end in np.percentile(known, _TAILS))
        if self.centred:
            high = max(abs(low), abs(high))
            low = -high
        if not high > low:
            margin = max(abs(low), 1.0) * 1e-3
            low, high = low - margin, high + margin
        self.mapper.update(low=low, high=high)
        self.bar.title = title
        return True

    def colours(self, values: np.ndarray) -> list[str]:
        """Colour of each value; grey where there is none."""
        values = np.asarray(values, dtype=float)
        low, high = self.mapper.low, self.mapper.high
        palette, missing = self.palette, self.ink("prior")
        place = np.clip((values - low) / (high - low), 0, 1) * (len(palette) - 1)
        known = np.isfinite(place)
        index = np.round(np.where(known, place, 0)).astype(int)
        return [palette[k] if good else missing for k, good in zip(index, known, strict=True)]


class ColouredMap(RowMap):
    r"""A map of stars, each with its own colour; simulated ones are open circles.

    Subclasses make `figure`, call `_set_rows`, and say the `_colours`.
    """

    size = (6.5, 10.5)  # of the simulated and of the real

    def __init__(self, dark: bool = False) -> None:
        super().__init__(dark)
        self.domain = np.empty(0, dtype=np.intp)
        self.points = ColumnDataSource(self._columns(()))

    @property
    def is_density(self) -> bool:
        """Never: a density has no place for colours of single stars."""
        return False

    def redraw(self) -> None:
        """Draw stars and selection again."""
        self._draw_selection()

    def _colours(self) -> Sequence[str]:
        """Colour of each star of the list, shape (n,)."""
        raise NotImplementedError

    def _draw_selection(self) -> None:
        put(self.points, self._columns(self._colours()))
        super()._draw_selection()
        # that the rest fades says enough of many; their rings would hide them
        self._ring.line_alpha = 0.8 if len(self.chosen.data["x"]) <= _RINGED else 0.15

    def _columns(self, colours: Sequence[str]) -> dict[str, Any]:
        real = self.domain[self.rows] == REAL
        shown = [colours[int(row)] for row in self.rows]
        bright = np.isin(self.rows, self.selection) | (self.rows == self.current)
        alpha = np.where(bright | (len(self.selection) == 0), 0.9, _FADED)
        paper = self.ink("paper")
        names = self._names or [f"row {row}" for row in self.rows]
        return {
            "x": as_column(self.x),
            "y": as_column(self.y),
            "row": self.rows.astype(np.int32),
            "name": list(names),
            "fill": shown,
            "line": [paper if full else one for full, one in zip(real, shown, strict=True)],
            "marker": ["diamond" if full else "circle" for full in real],
            "size": as_column(np.where(real, self.size[REAL], self.size[SIMULATED])),
            "width": as_column(np.where(real, 0.5, 1.25)),
            "alpha": as_column(alpha),
            "fill_alpha": as_column(np.where(real, alpha, 0.0)),
        }

    def _draw_rows(self, plot: figure) -> None:
        """Add the glyphs of stars, selection and current star, and the tools that choose."""
        ink = self.ink
        dot = Scatter(
            x="x", y="y", size="size", marker="marker", fill_color="fill", line_color="line",
            line_width="width", fill_alpha="fill_alpha", line_alpha="alpha",
        )  # fmt: skip
        dots = mark(plot, ink, self.points, dot)
        ring = Scatter(x="x", y="y", size=11, fill_color=None, line_alpha=0.8)
        self._ring = mark(plot, ink, self.chosen, ring, line_color="selection").glyph
        for role, width in (("paper", 4), ("current", 2)):
            here = Scatter(x="x", y="y", size=17, fill_color=None, line_width=width)
            mark(plot, ink, self.here, here, line_color=role)
        box = BoxSelectTool(renderers=[], continuous=False)
        lasso = LassoSelectTool(renderers=[], continuous=False)
        for tool in (box, lasso):
            ink.paint(tool.overlay, fill_color="selection", line_color="selection")
            tool.overlay.update(fill_alpha=0.08, line_alpha=0.8, line_dash="dashed")
        plot.add_tools(box, lasso, HoverTool(renderers=[dots], tooltips=tooltip([], "@name")))
        plot.toolbar.active_drag = box
