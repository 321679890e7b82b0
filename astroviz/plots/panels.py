r"""Two figures that are read together: equal frames, one row that says what the marks mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bokeh.models import GridPlot, Legend
from bokeh.plotting import figure

from astroviz.plots.frame import add_legend, new_figure, save_tool
from astroviz.plots.theme import Ink

__all__ = ["arrange", "fill_legend", "legend_row"]

_KEY = 28  # pixels of the row that says what the marks mean


def legend_row(name: str, ink: Ink) -> figure:
    """A figure of nothing but room for a legend."""
    plot = new_figure(f"{name}-legend", ink, tools="", save=False, min_border=0)
    plot.axis.visible = plot.grid.visible = False
    plot.outline_line_alpha = 0
    plot.toolbar_location = None
    return plot


def fill_legend(row: figure, ink: Ink, entries: Mapping[str, Any]) -> Legend:
    """Put entries side by side into the middle of a row made by `legend_row`."""
    legend = add_legend(row, ink, entries, orientation="horizontal", location="center")
    legend.update(spacing=18, padding=0, margin=0, background_fill_alpha=0)
    return legend


def arrange(
    name: str,
    ink: Ink,
    figures: Sequence[figure],
    legend: figure,
    extra: int = 0,
) -> GridPlot:
    r"""Figures side by side over their legend, saved together.

    Arguments:
        name: Of the layout, and of the files it is saved as.
        ink: Colours the ground.
        figures: Two or more, the last of which gets the buttons that save.
        legend: As `legend_row` makes it.
        extra: Pixels by which the border of the first is wider, so that frames are equal.
    """
    # the first figure also lies in a column of its own, which holds its wider border
    children: list[Any] = [(figures[0], 0, 0, 1, 2)]
    children += [(plot, 0, k + 2, 1, 1) for k, plot in enumerate(figures[1:])]
    layout = GridPlot(
        children=[*children, (legend, 1, 0, 1, len(figures) + 1)],
        cols=[f"{extra}px", *["minmax(0, 1fr)"] * len(figures)],
        rows=["minmax(0, 1fr)", f"{_KEY}px"],
        sizing_mode="stretch_both",
        name=name,
        toolbar_location=None,
    )
    figures[-1].add_tools(*(save_tool(layout, name, kind) for kind in ("png", "svg")))
    ink.watch(lambda: layout.update(styles={"background-color": ink("paper")}))
    layout.styles = {"background-color": ink("paper")}
    return layout
