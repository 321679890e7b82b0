r"""A matrix of verdicts: a colour and a word in each cell, which one clicks to open it.

Colours are signed: too small on one side, right in the middle, too large on the other, so that a
column of samplers shows at a glance who is too sure of itself and who is not.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from bokeh.models import ColumnDataSource, HoverTool, LinearColorMapper, Rect, Text
from bokeh.plotting import figure

from astroviz.plots.cell_grid import CellGrid
from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import mark, tooltip
from astroviz.plots.image_scaling import palette
from astroviz.plots.theme import FONT

__all__ = ["MatrixPlot"]

_PALE = 0.72  # of the palette: at its ends no word can be read
_UNKNOWN = "#00000000"


class MatrixPlot(CellGrid):
    r"""Rows by columns of signed verdicts.

    Arguments:
        name: Short name: of the model, and of the files it is saved as.
        dark: Whether the ground is dark.
        pick_rows: Whether a click marks a whole row rather than one cell.

    Attributes:
        selected: Row and column that are marked; None for none.

    Example:
        >>> plot = MatrixPlot("matrix")
        >>> plot.update(["a", "b"], ["x"], np.array([[0.0], [np.nan]]), [["1.00"], [""]])
        >>> plot.describe()
        'a: x 1.00. b: x not measured.'
    """

    def __init__(self, name: str, dark: bool = False, pick_rows: bool = False) -> None:
        super().__init__(dark)
        self.name, self.pick_rows = name, pick_rows
        self.texts: list[list[str]] = []
        self.mapper = LinearColorMapper(
            palette=palette("signed", dark), low=-1.0, high=1.0, nan_color=_UNKNOWN
        )
        self.ink.watch(lambda: self.mapper.update(palette=palette("signed", self.ink.dark)))
        names = ("x", "y", "value", "text", "words")
        self.source = ColumnDataSource({key: [] for key in names})
        self.frame = ColumnDataSource({key: [] for key in ("x", "y", "width")})
        self.figure = self._make_figure()
        self.layout = self.figure
        self._announce()

    def update(
        self,
        rows: Sequence[str],
        columns: Sequence[str],
        values: np.ndarray,
        texts: Sequence[Sequence[str]],
        words: Sequence[Sequence[str]] | None = None,
        selected: tuple[int, int] | None = None,
    ) -> None:
        r"""Show other verdicts.

        Arguments:
            rows: Names of the :math:`R` rows, from the top.
            columns: Names of the :math:`C` columns.
            values: From -1 (far too small) over 0 (right) to 1 (far too large); NaN where nothing
                is known. Shape :math:`(R, C)`.
            texts: What stands in each cell.
            words: What is said of a cell under the pointer; its text by default.
            selected: Row and column that are marked.
        """
        self.rows, self.columns = list(rows), list(columns)
        self.texts, self.selected = [list(row) for row in texts], selected
        y, x = np.meshgrid(np.arange(len(rows)), np.arange(len(columns)), indexing="ij")
        clipped = np.clip(np.asarray(values, dtype=float), -1, 1) * _PALE
        flat = [text for row in self.texts for text in row]
        told = flat if words is None else [word for row in words for word in row]
        put(self.source, {"x": as_column(x.ravel()), "y": as_column(-y.ravel()),
                          "value": as_column(clipped.ravel()), "text": flat,
                          "words": told})  # fmt: skip
        self._set_axes()
        self.select(selected)

    def select(self, cell: tuple[int, int] | None) -> None:
        """Mark a cell, or its row."""
        self.selected = cell
        if cell is None or not self.rows:
            put(self.frame, {"x": as_column([]), "y": as_column([]), "width": as_column([])})
        elif self.pick_rows:
            wide = len(self.columns)
            put(self.frame, {"x": as_column([(wide - 1) / 2]), "y": as_column([-cell[0]]),
                             "width": as_column([wide - 0.04])})  # fmt: skip
        else:
            put(self.frame, {"x": as_column([cell[1]]), "y": as_column([-cell[0]]),
                             "width": as_column([0.96])})  # fmt: skip
        self._announce()

    def describe(self) -> str:
        """All cells in words."""
        if not self.rows:
            return "A matrix of verdicts; nothing measured yet."
        lines = []
        for row, texts in zip(self.rows, self.texts, strict=True):
            said = (f"{c} {t or 'not measured'}" for c, t in zip(self.columns, texts, strict=True))
            lines.append(f"{row}: {', '.join(said)}.")
        return " ".join(lines)

    def _make_figure(self) -> figure:
        plot = self._bare_figure(self.name)
        cell = Rect(x="x", y="y", width=0.96, height=0.9, line_width=1)
        cell.fill_color = {"field": "value", "transform": self.mapper}
        cells = mark(plot, self.ink, self.source, cell, line_color="hairline")
        word = Text(x="x", y="y", text="text", text_align="center", text_baseline="middle")
        word.text_font = {"value": FONT}
        word.text_font_size = "11px"
        mark(plot, self.ink, self.source, word, text_color="ink")
        border = Rect(x="x", y="y", width="width", height=0.9, fill_alpha=0, line_width=2.5)
        mark(plot, self.ink, self.frame, border, line_color="pinned")
        plot.add_tools(HoverTool(renderers=[cells], tooltips=tooltip([("", "@words")])))
        return plot
