"""Figures that are read together: equal columns, one legend, saved as one."""

from __future__ import annotations

from bokeh.models import ColumnDataSource, CustomAction, Scatter

from astroviz.plots.frame import mark, new_figure
from astroviz.plots.panels import arrange, fill_legend, legend_row
from astroviz.plots.theme import Ink, colour


def test_figures_lie_side_by_side_over_their_legend():
    ink = Ink()
    figures = [new_figure(f"part-{k}", ink, save=False) for k in range(3)]
    row = legend_row("parts", ink)
    layout = arrange("parts", ink, figures, row, extra=50)
    cells = {child[0].name: child[1:] for child in layout.children}
    assert [cells[f"part-{k}"] for k in range(3)] == [(0, 0, 1, 2), (0, 2, 1, 1), (0, 3, 1, 1)]
    assert cells["parts-legend"] == (1, 0, 1, 4)
    assert layout.cols[0] == "50px"
    saves = [tool for tool in figures[-1].tools if isinstance(tool, CustomAction)]
    assert {tool.callback.args["target"] for tool in saves} == {layout}
    assert not [tool for tool in figures[0].tools if isinstance(tool, CustomAction)]


def test_the_ground_of_a_layout_follows():
    ink = Ink()
    row = legend_row("parts", ink)
    layout = arrange("parts", ink, [new_figure("part", ink)], row)
    ink.dark = True
    assert layout.styles["background-color"] == colour("paper", True)


def test_a_legend_says_what_marks_mean():
    ink = Ink()
    row = legend_row("parts", ink)
    source = ColumnDataSource({"x": [0.0], "y": [0.0]})
    dot = mark(row, ink, source, Scatter(x="x", y="y"), fill_color="posterior")
    legend = fill_legend(row, ink, {"real": dot, "two marks": [dot, dot]})
    assert [item.label["value"] for item in legend.items] == ["real", "two marks"]
    assert [len(item.renderers) for item in legend.items] == [1, 2]
