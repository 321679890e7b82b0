"""The matrix of verdicts."""

from __future__ import annotations

import numpy as np
import pytest
from bokeh.events import Tap

from astroviz.plots.matrix import MatrixPlot


@pytest.fixture
def plot():
    made = MatrixPlot("matrix")
    values = np.array([[0.0, 2.0, -0.5], [np.nan, -3.0, 0.2]])
    made.update(["a", "b"], ["x", "y", "z"], values, [["1", "9", "0.8"], ["", "0.1", "1.1"]])
    return made


def test_rows_run_from_the_top_and_cells_know_their_text(plot):
    data = plot.source.data
    np.testing.assert_array_equal(data["x"], [0, 1, 2, 0, 1, 2])
    np.testing.assert_array_equal(data["y"], [0, 0, 0, -1, -1, -1])
    assert list(data["text"]) == ["1", "9", "0.8", "", "0.1", "1.1"]
    assert plot.figure.y_range.end == 0.5
    assert plot.figure.y_range.start == -1.5


def test_colours_are_signed_clipped_and_unknown_where_nothing_is_known(plot):
    value = np.asarray(plot.source.data["value"])
    assert value[0] == 0
    assert value[1] == -value[4] == pytest.approx(0.72)
    assert -0.72 < value[2] < 0 < value[5]
    assert np.isnan(value[3])
    assert plot.mapper.palette[128].lower().startswith("#fff")


def test_a_click_picks_the_cell_under_it(plot):
    picked = []
    plot.on_pick(lambda row, column: picked.append((row, column)))
    for x, y in ((0.2, -0.9), (2.3, 0.4), (7, 0), (0, -5), (None, None)):
        plot.figure._trigger_event(Tap(plot.figure, x=x, y=y))
    assert picked == [(1, 0), (0, 2)]


def test_a_cell_or_its_row_is_marked(plot):
    plot.select((1, 2))
    assert (plot.frame.data["x"][0], plot.frame.data["y"][0]) == (2, -1)
    plot.pick_rows = True
    plot.select((1, 2))
    assert plot.frame.data["x"][0] == 1
    assert plot.frame.data["width"][0] > 2.9
    plot.select(None)
    assert len(plot.frame.data["x"]) == 0


def test_it_is_told_in_words_and_in_the_dark(plot):
    assert "b: x not measured, y 0.1" in plot.describe()
    light = list(plot.mapper.palette)
    plot.set_dark(True)
    assert plot.mapper.palette[128] != light[128]
    assert MatrixPlot("m").describe().endswith("nothing measured yet.")
