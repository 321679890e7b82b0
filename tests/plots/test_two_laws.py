"""Learned draws over the true law."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.plots.two_laws import TwoLaws

EDGES = np.linspace(-90, 90, 7)


def test_the_axis_stands_still_while_the_draws_move():
    plot = TwoLaws("latitude", "latitude (\u00b0)")
    true = np.full(6, 1 / 180)
    plot.update(EDGES, np.array([1, 0, 0, 0, 0, 0]) / 30, true, top=0.02)
    ranges = (plot.figure.x_range.start, plot.figure.y_range.end)
    assert ranges == (-90.0, 0.025)
    assert "83 %" in plot.describe()
    plot.update(EDGES, true, true, top=0.02)
    assert (plot.figure.x_range.start, plot.figure.y_range.end) == ranges
    assert "0 %" in plot.describe()


def test_without_draws_only_the_truth_is_told():
    plot = TwoLaws("tilt", "tilt (\u00b0)", legend=True)
    plot.update(EDGES, np.zeros(6), np.full(6, 1 / 180), top=0.01)
    assert plot.describe() == "Density of the tilt of the true law."
    assert len(plot.true.data["x"]) == 7


def test_histograms_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="do not fit"):
        TwoLaws("tilt", "tilt").update(EDGES, np.zeros(5), np.zeros(6), 1.0)


def test_dark_recolours():
    plot = TwoLaws("tilt", "tilt")
    light = plot.figure.background_fill_color
    plot.set_dark(True)
    assert plot.figure.background_fill_color != light
