r"""Which stars have which quantities: the gap map and the counts of surveys.

Every cell of the map is a star's quantity in the colour of its state. When there are more stars
than lines, a line stands for several stars and shows their mean colour; the figure says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from bokeh.events import Tap
from bokeh.models import (
    ColumnDataSource,
    CustomJSHover,
    HBar,
    HoverTool,
    ImageRGBA,
    Range1d,
    Scatter,
    Span,
)
from bokeh.plotting import figure

from astroviz.plots.columns import as_column
from astroviz.plots.frame import Chart, add_legend, fixed_ticks, mark, new_figure, tooltip
from astroviz.plots.theme import STATES, state_colour

__all__ = ["GapMap", "GapMarks", "gap_marks", "gap_order", "pattern_codes"]


@dataclass(frozen=True)
class GapMarks:
    r"""The map without its colours.

    Arguments:
        order: Row numbers from top to bottom, shape :math:`(N,)`.
        starts: Place in `order` where each line begins, and its end, shape :math:`(L + 1,)`.
        counts: Stars of each line by quantity and state, shape :math:`(L, Q, S)`.
    """

    order: np.ndarray
    starts: np.ndarray
    counts: np.ndarray

    @property
    def note(self) -> str:
        """What a line is, so that nothing is merged in silence."""
        stars, lines = len(self.order), len(self.starts) - 1
        if stars == 0:
            return "no stars"
        if stars <= lines:
            return f"{stars:,} stars, one line each"
        return f"{stars:,} stars; each line stands for {-(-stars // lines):,} rows"

    def rows(self, line: int) -> np.ndarray:
        """Row numbers of the table that a line stands for."""
        return self.order[self.starts[line] : self.starts[line + 1]]


def pattern_codes(states: np.ndarray) -> np.ndarray:
    r"""A number for each row that is equal where the rows are equal.

    Arguments:
        states: State codes, shape :math:`(N, Q)`, :math:`Q \leq 24`.

    Returns:
        Codes, shape :math:`(N,)`, int64.
    """
    codes = np.zeros(len(states), dtype=np.int64)
    for column in states.T:  # a product of integer matrices would take ten times as long
        codes *= len(STATES)
        codes += column
    return codes


def gap_order(states: np.ndarray, by: str = "frequency") -> np.ndarray:
    r"""Rows in an order that shows the patterns.

    Arguments:
        states: State codes, shape :math:`(N, Q)`.
        by: `frequency`: the most common pattern first; `quantities`: the most observed first;
            `row`: as in the table.

    Returns:
        Row numbers, shape :math:`(N,)`.
    """
    states = np.asarray(states)
    if by == "row":
        return np.arange(len(states))
    codes = pattern_codes(states)
    if by == "quantities":
        return np.lexsort((codes, -(states == 0).sum(1)))
    if by != "frequency":
        raise ValueError(f"no order {by!r}; there are frequency, quantities, row")
    _, index, repeats = np.unique(codes, return_inverse=True, return_counts=True)
    rank = np.empty(len(repeats), dtype=np.int32)
    rank[np.argsort(-repeats, kind="stable")] = np.arange(len(repeats))
    return np.argsort(rank[index], kind="stable")


def gap_marks(states: np.ndarray, order: np.ndarray | None = None, lines: int = 400) -> GapMarks:
    r"""Merge rows into at most so many lines.

    Arguments:
        states: State codes, shape :math:`(N, Q)`.
        order: Row numbers from top to bottom; by frequency of the pattern by default.
        lines: Largest number of lines.

    Returns:
        Counts by line, quantity and state.

    Example:
        >>> marks = gap_marks(np.zeros((1000, 3), dtype=np.int8), lines=100)
        >>> marks.counts.shape, int(marks.counts.sum()), marks.note
        ((100, 3, 5), 3000, '1,000 stars; each line stands for 10 rows')
    """
    states = np.asarray(states)
    order = gap_order(states) if order is None else np.asarray(order, dtype=np.intp)
    per_line = max(1, -(-len(order) // lines))
    starts = np.append(np.arange(0, len(order), per_line), len(order))
    counts = np.zeros((len(starts) - 1, states.shape[1], len(STATES)), dtype=np.int64)
    if len(order):
        sorted_states = states[order]
        for kind in range(len(STATES)):
            here = sorted_states == kind
            counts[..., kind] = np.add.reduceat(here, starts[:-1], axis=0, dtype=np.int32)
    return GapMarks(order, starts, counts)


def mixed_colours(counts: np.ndarray, dark: bool = False) -> np.ndarray:
    r"""Mean colour of the states in each cell.

    Arguments:
        counts: Shape :math:`(L, Q, S)`.
        dark: Whether the ground is dark.

    Returns:
        Packed RGBA, shape :math:`(L, Q)`, uint32.
    """
    hexes = [state_colour(code, dark) for code in range(len(STATES))]
    table = np.array([[int(h[k : k + 2], 16) for k in (1, 3, 5)] for h in hexes], dtype=float)
    share = counts / np.maximum(counts.sum(-1, keepdims=True), 1)
    # light adds by power, not by code value: means of squares stay close to what eyes see
    rgb = np.sqrt(share @ table**2).round().astype(np.uint32)
    packed: np.ndarray = (255 << 24) + (rgb[..., 2] << 16) + (rgb[..., 1] << 8) + rgb[..., 0]
    return packed.astype(np.uint32)


class GapMap(Chart):
    r"""Stars by quantities, each cell in the colour of its state.

    Arguments:
        labels: Names of the :math:`Q` quantities.
        surveys: Survey of each, which are set apart by wider gutters.
        max_lines: Largest number of lines; about the height of the figure in pixels.
        dark: Whether the ground is dark.
    """

    def __init__(
        self,
        labels: Sequence[str],
        surveys: Sequence[str] | None = None,
        max_lines: int = 400,
        dark: bool = False,
    ) -> None:
        super().__init__(dark)
        self.labels = tuple(labels)
        self._surveys = tuple(surveys) if surveys is not None else ("",) * len(self.labels)
        self._max_lines = max_lines
        self._picks: list[Callable[[np.ndarray, int], None]] = []
        self._selection = np.empty(0, dtype=np.intp)
        self._current: int | None = None
        self.marks = gap_marks(np.zeros((0, len(self.labels)), dtype=np.int8))
        self.source = ColumnDataSource(self._columns())
        self.chosen = ColumnDataSource({"y": as_column([]), "height": as_column([])})
        self.here = ColumnDataSource({"y": as_column([])})
        self.figure = self._make_figure()
        self.layout = self.figure
        self.ink.watch(self._recolour)
        self._announce()

    @property
    def note(self) -> str:
        """What a line is."""
        return self.marks.note

    def update(self, states: np.ndarray, order: np.ndarray | None = None) -> str:
        r"""Show other stars or another order.

        Arguments:
            states: State codes, shape :math:`(N, Q)`.
            order: Row numbers from top to bottom; by frequency of the pattern by default.

        Returns:
            What a line is, as `note`.
        """
        states = np.asarray(states)
        if states.ndim != 2 or states.shape[1] != len(self.labels):
            raise ValueError(
                f"states of shape {states.shape} do not fit {len(self.labels)} quantities"
            )
        self.marks = gap_marks(states, order, self._max_lines)
        self.source.data = self._columns()
        lines = max(len(self.marks.starts) - 1, 1)
        self.figure.y_range.update(start=0, end=lines, reset_start=0, reset_end=lines)
        self.figure.yaxis.axis_label = self.note
        self._draw_selection()
        self._announce()
        return self.note

    def select(self, rows: Any, current: int | None = None) -> None:
        """Mark the lines that hold these rows, and that of the current row."""
        self._selection = np.asarray(rows, dtype=np.intp)
        self._current = None if current is None else int(current)
        self._draw_selection()

    def on_pick(self, callback: Callable[[np.ndarray, int], None]) -> None:
        """Call with the rows of a tapped line and the number of the tapped quantity."""
        if not self._picks:
            self.figure.on_event(Tap, self._on_tap)
        self._picks.append(callback)

    def locate(self, x: float, y: float) -> tuple[np.ndarray, int] | None:
        """Rows and quantity at a place of the figure, None outside."""
        lines = len(self.marks.starts) - 1
        line, column = lines - 1 - int(np.floor(y)), int(np.floor(x))
        if not (0 <= line < lines and 0 <= column < len(self.labels)):
            return None
        return self.marks.rows(line), column

    def describe(self) -> str:
        """How complete each quantity is, in words."""
        total = self.marks.counts.sum(0)
        seen = [
            f"{label} {100 * part[0] / part.sum():.0f} %"
            for label, part in zip(self.labels, total, strict=True)
            if part.sum()
        ]
        return f"Gap map, {self.note}. Observed: {', '.join(seen) or 'nothing'}."

    def _make_figure(self) -> figure:
        count = len(self.labels)
        plot = new_figure(
            "gaps", self.ink, y_label=self.note, tools="ypan,ywheel_zoom,reset",
            x_range=Range1d(-0.35, count + 0.1), x_axis_location="above",
            min_border_left=24,
        )  # fmt: skip
        plot.grid.visible = False
        plot.outline_line_alpha = 0
        plot.axis.axis_line_color = plot.axis.major_tick_line_color = None
        fixed_ticks(plot.xaxis[0], [k + 0.5 for k in range(count)], self.labels)
        plot.xaxis.update(major_label_orientation=np.pi / 4 if count > 8 else 0.0)
        plot.yaxis.update(major_label_text_font_size="0px", axis_label_standoff=4)
        picture = ImageRGBA(image="image", x="x", y="y", dw="dw", dh="dh")
        drawn = mark(plot, self.ink, self.source, picture)
        self._draw_gutters(plot)
        bar = HBar(y="y", left=-0.22, right=-0.06, height="height", line_color=None)
        mark(plot, self.ink, self.chosen, bar, fill_color="selection")
        arrow = Scatter(x=-0.25, y="y", marker="triangle", size=9, angle=-np.pi / 2)
        mark(plot, self.ink, self.here, arrow, fill_color="current", line_color="paper")
        self._add_legend(plot)
        names = CustomJSHover(args={"labels": list(self.labels)}, code="return labels[value];")
        plot.add_tools(
            HoverTool(
                renderers=[drawn],
                tooltips=tooltip(
                    [
                        ("stars in this line", "@stars{0,0}"),
                        *((style.label, f"@s{code} %") for code, style in enumerate(STATES)),
                    ],
                    "@band{custom}",
                ),
                formatters={"@band": names},
            )
        )
        return plot

    def _draw_gutters(self, plot: figure) -> None:
        """Thin lines between quantities, wider ones between surveys."""
        for k in range(1, len(self.labels)):
            apart = self._surveys[k] != self._surveys[k - 1]
            line = Span(location=k, dimension="height", line_width=5 if apart else 1.5)
            self.ink.paint(line, line_color="paper")
            plot.add_layout(line)

    def _add_legend(self, plot: figure) -> None:
        nowhere = ColumnDataSource({"x": [np.nan], "y": [np.nan]})
        entries = {}
        self._keys = []
        for style in STATES:
            glyph = Scatter(x="x", y="y", marker="square", size=11, line_color=None)
            entries[style.label] = mark(plot, self.ink, nowhere, glyph)
            self._keys.append(glyph)
        self._colour_keys()
        legend = add_legend(
            plot, self.ink, entries, place="below", orientation="horizontal", location="left"
        )
        legend.update(padding=0, margin=0, spacing=4, background_fill_alpha=0.0)

    def _colour_keys(self) -> None:
        for code, glyph in enumerate(self._keys):
            glyph.fill_color = state_colour(code, self.ink.dark)

    def _columns(self) -> dict[str, Any]:
        """The picture, its first line at the top, and what the pointer tells."""
        counts = self.marks.counts[::-1]
        lines, columns = counts.shape[:2]
        total = counts.sum(-1)
        share = 100 * counts / np.maximum(total, 1)[..., None]
        band = np.broadcast_to(np.arange(columns, dtype=np.float32), (lines, columns))
        return {
            "image": [mixed_colours(counts, self.ink.dark)],
            "band": [np.ascontiguousarray(band)],
            "stars": [total.astype(np.float32)],
            **{f"s{k}": [share[..., k].round(0).astype(np.float32)] for k in range(len(STATES))},
            "x": [0],
            "y": [0],
            "dw": [columns],
            "dh": [lines],
        }

    def _draw_selection(self) -> None:
        lines = len(self.marks.starts) - 1
        size = int(self.marks.order.max()) + 1 if len(self.marks.order) else 0
        chosen = np.zeros(size, dtype=bool)
        chosen[self._selection[(self._selection >= 0) & (self._selection < size)]] = True
        place = np.flatnonzero(chosen[self.marks.order]) if size else np.empty(0, dtype=int)
        held = np.unique(np.searchsorted(self.marks.starts, place, side="right") - 1)
        middle = as_column(lines - held - 0.5)
        self.chosen.data = {"y": middle, "height": as_column(np.ones(len(held)))}
        at = np.flatnonzero(self.marks.order == self._current)
        line = np.searchsorted(self.marks.starts, at, side="right") - 1
        self.here.data = {"y": as_column(lines - line - 0.5)}

    def _recolour(self) -> None:
        self.source.data = self._columns()
        self._colour_keys()

    def _on_tap(self, event: Tap) -> None:
        found = self.locate(event.x, event.y)
        if found is not None:
            for callback in self._picks:
                callback(*found)
