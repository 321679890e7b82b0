r"""Checks by traps: a filled cell where a check notices, a hollow one where it lets pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.core.properties import value
from bokeh.models import ColumnDataSource, HoverTool, Rect, Text
from bokeh.plotting import figure

from astroviz.plots.cell_grid import CellGrid
from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import mark, tooltip
from astroviz.plots.theme import FONT

__all__ = ["CaughtTable"]

# Fill and text of each state by role; strength of the fill.
_LOOKS = {
    "caught": ("posterior", "paper", 1.0),
    "missed": ("prior", "faint", 0.12),
    "no": ("paper", "faint", 0.0),
    "ask": ("paper", "faint", 0.0),
    "wait": ("grid", "faint", 0.6),
}
# What waits, by what it was before.
_TRACES = {"caught": ("posterior", "faint", 0.4), "missed": ("prior", "faint", 0.06)}
_MARKS = {"no": "\u00d7", "ask": "?", "wait": "\u2026"}
_SAID = {"caught": "noticed by", "missed": "passed"}


class CaughtTable(CellGrid):
    r"""Rows of checks by columns of traps; a click chooses both.

    Arguments:
        name: Short name: of the model, and of the files it is saved as.
        dark: Whether the ground is dark.

    Attributes:
        states: Of each cell: `caught`, `missed`, `no`, `ask`, `wait`.

    Example:
        >>> table = CaughtTable("table")
        >>> table.update(["SBC"], ["Biased"], [["caught"]], [["<.001"]], [["Far off."]])
        >>> table.describe()
        'Biased: noticed by SBC; passed none.'
    """

    def __init__(self, name: str, dark: bool = False) -> None:
        super().__init__(dark)
        self.states: list[list[str]] = []
        self._before: list[str] = []
        keys = ("x", "y", "fill", "alpha", "text", "ink", "words", "check", "trap")
        self.source = ColumnDataSource({key: [] for key in keys})
        self.lines = ColumnDataSource({k: as_column([]) for k in ("x", "y", "width", "height")})
        self.ink.watch(self._recolour)
        self.figure = self._make_figure(name)
        self.layout = self.figure
        self._announce()

    def update(
        self,
        rows: Sequence[str],
        columns: Sequence[str],
        states: Sequence[Sequence[str]],
        texts: Sequence[Sequence[str]],
        words: Sequence[Sequence[str]],
        selected: tuple[int, int] | None = None,
    ) -> None:
        r"""Show other verdicts.

        Arguments:
            rows: Names of the checks, from the top.
            columns: Names of the traps.
            states: Of each cell, (C, T); one that waits keeps a pale trace of what it was.
            texts: What stands in each cell, (C, T).
            words: What is said of a cell under the pointer, (C, T).
            selected: Row and column that are chosen.
        """
        self.rows, self.columns = list(rows), list(columns)
        self._remember()
        self.states = [list(row) for row in states]
        y, x = np.meshgrid(np.arange(len(rows)), np.arange(len(columns)), indexing="ij")
        flat = [state for row in self.states for state in row]
        shown = [
            text or _MARKS.get(state, "")
            for state, text in zip(flat, (t for row in texts for t in row), strict=True)
        ]
        put(self.source, {
            "x": as_column(x.ravel()), "y": as_column(-y.ravel()), **self._colours(flat),
            "text": shown, "words": [word for row in words for word in row],
            "check": [name for name in rows for _ in columns],
            "trap": [name.replace("\n", " ") for _ in rows for name in columns],
        })  # fmt: skip
        self._set_axes()
        self.select(selected)

    def select(self, cell: tuple[int, int] | None) -> None:
        """Mark a cell, and the column that it is in."""
        self.selected = cell
        high = len(self.rows)
        found = [] if cell is None or not high else [
            (cell[1], (1 - high) / 2, 1.0, high), (cell[1], -cell[0], 0.96, 0.9),
        ]  # fmt: skip
        columns = zip(*found, strict=True) if found else ((), (), (), ())
        put(self.lines, {key: as_column(list(column)) for key, column in
                         zip(("x", "y", "width", "height"), columns, strict=True)})  # fmt: skip
        self._announce()

    def describe(self) -> str:
        """Who notices what, in words."""
        if not self.rows:
            return "Which check notices which trap; nothing computed yet."
        lines = []
        for k, trap in enumerate(self.columns):
            column = [row[k] for row in self.states]
            said = [
                f"{words} " + (", ".join(
                    name for name, state in zip(self.rows, column, strict=True) if state == kind
                ) or "none")
                for kind, words in _SAID.items()
            ]  # fmt: skip
            lines.append(f"{trap}: {'; '.join(said)}.".replace("\n", " "))
        return " ".join(lines)

    def _colours(self, states: Sequence[str]) -> dict[str, Any]:
        before = self._before if len(self._before) == len(states) else [""] * len(states)
        looks = [
            _TRACES.get(old, _LOOKS[state]) if state == "wait" else _LOOKS[state]
            for state, old in zip(states, before, strict=True)
        ]
        return {
            "fill": [self.ink(fill) for fill, _, _ in looks],
            "ink": [self.ink(text) for _, text, _ in looks],
            "alpha": as_column([alpha for _, _, alpha in looks]),
        }

    def _remember(self) -> None:
        """What each cell last was, when it did not wait."""
        flat = [state for row in self.states for state in row]
        if len(self._before) != len(flat):
            self._before = [""] * len(flat)
        self._before = [
            old if new == "wait" else new for old, new in zip(self._before, flat, strict=True)
        ]

    def _recolour(self) -> None:
        flat = [state for row in self.states for state in row]
        put(self.source, {**self.source.data, **self._colours(flat)})

    def _make_figure(self, name: str) -> figure:
        plot = self._bare_figure(name)
        plot.axis.major_tick_out = 0
        plot.xaxis.major_label_text_align = "center"
        cell = Rect(x="x", y="y", width=0.96, height=0.9, fill_color="fill", fill_alpha="alpha")
        cells = mark(plot, self.ink, self.source, cell, line_color="hairline")
        word = Text(x="x", y="y", text="text", text_color="ink", text_align="center",
                    text_baseline="middle", text_font_size="11px")  # fmt: skip
        word.text_font = value(FONT)
        mark(plot, self.ink, self.source, word)
        border = Rect(x="x", y="y", width="width", height="height", fill_alpha=0, line_width=2)
        mark(plot, self.ink, self.lines, border, line_color="pinned")
        rows = [("", "@words"), ("p", "@text")]
        plot.add_tools(HoverTool(renderers=[cells],
                                 tooltips=tooltip(rows, "@check on @trap")))  # fmt: skip
        return plot
