"""Steps against accuracy: two curves, a ring round what is in use."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from astroviz.plots.steps import StepsPlot


def figure(sampler, evaluations, c2st, milliseconds=10.0):
    return SimpleNamespace(sampler=sampler, evaluations=evaluations, c2st=c2st,
                           coverage_error=0.012, milliseconds=milliseconds)  # fmt: skip


FIGURES = (
    figure("flow", 16, 0.501, 136.0), figure("flow", 2, 0.61), figure("flow", 4, 0.53),
    figure("shortcut", 2, 0.505, 25.0), figure("shortcut", 1, 0.52),
)  # fmt: skip


@pytest.fixture
def plot():
    plot = StepsPlot()
    plot.update(FIGURES, FIGURES[3])
    return plot


def test_a_curve_for_each_sampler_in_order_of_cost(plot):
    flow, quick = (plot.sources[name].data for name in ("flow", "shortcut"))
    assert list(2.0 ** np.asarray(flow["x"])) == [2, 4, 16]
    assert list(flow["c2st"]) == pytest.approx([0.61, 0.53, 0.501])
    assert list(2.0 ** np.asarray(quick["x"])) == [1, 2]
    assert list(quick["milliseconds"]) == pytest.approx([10, 25])
    assert list(quick["coverage"]) == pytest.approx([1.2, 1.2])


def test_what_is_in_use_is_ringed_and_told(plot):
    assert (plot.ring.data["x"][0], plot.ring.data["y"][0]) == pytest.approx((1.0, 0.505))
    assert "In use: few-step sampler, 2." in plot.describe()
    plot.update(FIGURES)
    assert len(plot.ring.data["x"]) == 0
    assert "In use" not in plot.describe()


def test_every_figure_is_inside_the_axes_and_said(plot):
    low, high = plot.figure.y_range.start, plot.figure.y_range.end
    assert low < 0.5 < 0.61 < high
    assert plot.figure.x_range.start < 0
    assert plot.figure.x_range.end > 4
    assert "flow, 16: C2ST 0.501, 136 ms" in plot.describe()
    assert all(axis.axis_label for axis in (*plot.figure.xaxis, *plot.figure.yaxis))


def test_without_figures_it_says_so():
    plot = StepsPlot()
    plot.update(())
    assert "nothing measured" in plot.describe()


def test_dark_ground_recolours(plot):
    before = plot.figure.background_fill_color, plot.figure.border_fill_color
    plot.set_dark(True)
    assert (plot.figure.background_fill_color, plot.figure.border_fill_color) != before
