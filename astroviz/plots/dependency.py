r"""The dependency mask: which token of the network listens to which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, FactorRange, HoverTool, Rect
from bokeh.plotting import figure

from astroviz.plots.frame import Chart, mark, new_figure, tooltip

__all__ = ["DependencyPlot", "mask_cells"]

_COLUMNS = ("listener", "speaker", "row", "column")


def mask_cells(
    mask: np.ndarray, labels: Sequence[str], told: Sequence[bool]
) -> dict[str, np.ndarray]:
    r"""The cells of a mask that are drawn: pairs of tokens of which one may listen to the other.

    Arguments:
        mask: Row listens to column, shape :math:`(T, T)`, bool.
        labels: Names of the tokens, all different.
        told: Which tokens say something in the question at hand, shape :math:`(T,)`.

    Returns:
        Columns `listener`, `speaker`, their places `row` and `column`, and `live`: whether the
        speaker is there to be heard.

    Raises:
        ValueError: If shapes do not fit or two tokens have the same name.
    """
    mask = np.asarray(mask, dtype=bool)
    if mask.shape != (len(labels), len(labels)) or len(told) != len(labels):
        raise ValueError(
            f"a mask of shape {mask.shape} does not fit {len(labels)} names and {len(told)} states"
        )
    if len(set(labels)) < len(labels):
        raise ValueError("two tokens have the same name")
    row, column = np.nonzero(mask)
    names = np.array(labels, dtype=object)
    live = np.asarray(told, dtype=bool)
    return {
        "listener": names[row], "speaker": names[column], "row": row, "column": column,
        "live": live[column] & (live[row] | (row == len(labels) - 1)),
    }  # fmt: skip


class DependencyPlot(Chart):
    r"""Who listens to whom, as a square of cells.

    Arguments:
        labels: Names of the tokens, all different.
        dark: Whether the ground is dark.
    """

    def __init__(self, labels: Sequence[str], dark: bool = False) -> None:
        super().__init__(dark)
        self.labels = list(labels)
        self.live, self.idle = (
            ColumnDataSource({name: [] for name in _COLUMNS}) for _ in range(2)
        )
        self._count, self._told = 0, 0
        self.plot = self._make_plot()
        self.layout = self.plot
        self._announce()

    def describe(self) -> str:
        """What the figure shows, in words, for people who cannot see it."""
        return (
            f"Dependency mask: {self._count} pairs of tokens of which one listens to the other; "
            f"{self._told} of the {len(self.labels)} tokens say something in this question."
        )

    def _make_plot(self) -> figure:
        plot = new_figure(
            "dependency", self.ink, "is heard", "listens", tools="", x_range=FactorRange(
                *self.labels), y_range=FactorRange(*reversed(self.labels)),
        )  # fmt: skip
        drawn = []
        for source, role, alpha in ((self.idle, "prior", 0.25), (self.live, "posterior", 0.9)):
            glyph = Rect(
                x="speaker", y="listener", width=0.86, height=0.86, fill_alpha=alpha,
                line_alpha=0.0,
            )  # fmt: skip
            drawn.append(mark(plot, self.ink, source, glyph, fill_color=role))
        rows = [("listens", "@listener"), ("is heard", "@speaker")]
        plot.add_tools(HoverTool(renderers=drawn, tooltips=tooltip(rows)))
        plot.xaxis.major_label_orientation = np.pi / 2
        for axis in (plot.xaxis, plot.yaxis):
            axis.major_label_text_font_size = "8px"
        plot.grid.visible = False
        return plot

    def update(self, mask: np.ndarray, told: Sequence[bool]) -> None:
        """Show a mask; see `mask_cells`."""
        cells = mask_cells(mask, self.labels, told)
        for source, rows in ((self.live, cells["live"]), (self.idle, ~cells["live"])):
            chosen: dict[str, Any] = {name: list(cells[name][rows]) for name in _COLUMNS}
            chosen |= {name: np.array(chosen[name], dtype=float) for name in ("row", "column")}
            source.data = chosen
        self._count, self._told = len(cells["live"]), int(np.sum(told))
        self._announce()
