"""Arms of an experiment: rows in the order given, spread, goal."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.plots.baselines import BaselineTable

ARMS = ["no adaptation", "pairs only", "OT + pairs", "not run"]
VALUES = np.array([0.57, 0.78, 0.885, np.nan])
SPREAD = np.array([0.02, np.nan, 0.008, np.nan])


@pytest.fixture
def plot():
    plot = BaselineTable()
    plot.update(ARMS, VALUES, SPREAD, "coverage of the 90 % interval", "fraction", goal=0.9)
    return plot


def test_the_first_arm_is_on_top_with_its_mean_and_spread(plot):
    assert plot.figure.y_range.factors == ARMS[::-1]
    data = plot.source.data
    np.testing.assert_allclose(data["value"], VALUES, rtol=1e-6)
    np.testing.assert_allclose(data["low"], [0.55, 0.78, 0.877, np.nan], rtol=1e-6)
    np.testing.assert_allclose(data["high"], [0.59, 0.78, 0.893, np.nan], rtol=1e-6)
    assert data["text"] == ["0.570 \u00b1 0.020", "0.780", "0.885 \u00b1 0.008", ""]
    assert plot.figure.xaxis[0].axis_label == "coverage of the 90 % interval (fraction)"


def test_all_is_in_the_range_and_the_goal_too(plot):
    axis = plot.figure.x_range
    assert axis.start < 0.55
    assert axis.end > 0.9
    assert plot.line.data["x"].tolist() == pytest.approx([0.9])
    plot.update(ARMS, VALUES - 0.5, SPREAD, "RMSE", "dex", goal=0.0)
    assert axis.start < 0 < 0.393 < axis.end
    plot.update(ARMS, VALUES, SPREAD, "RMSE", "dex")
    assert len(plot.line.data["x"]) == 0
    assert plot.figure.title.text == " "


def test_a_bias_has_a_true_minus(plot):
    plot.update(["a"], [-0.25], [0.1], "bias of log age", "dex", goal=0)
    assert plot.source.data["text"] == ["\u22120.25 \u00b1 0.10"]


def test_one_seed_has_no_spread(plot):
    plot.update(ARMS[:2], [0.5, 0.25], [np.nan, np.nan], "RMSE", "dex")
    assert plot.source.data["text"] == ["0.50", "0.25"]
    np.testing.assert_allclose(plot.source.data["low"], [0.5, 0.25])


def test_it_is_told_in_words_and_patched(plot, parts_of):
    before = parts_of(plot.layout)
    words = plot.describe()
    assert "goal 0.9: no adaptation 0.570 \u00b1 0.020; pairs only 0.780" in words
    assert "not run not run" in words
    assert plot.layout.html_attributes["aria-label"] == words
    plot.update(["one", "two"], [1, 2], [0.1, 0.2], "RMSE", "")
    plot.set_dark(True)
    assert parts_of(plot.layout) == before
    assert plot.figure.xaxis[0].axis_label == "RMSE"


def test_what_does_not_fit_is_refused(plot):
    with pytest.raises(ValueError, match="give one of each"):
        plot.update(ARMS, VALUES[:2], SPREAD, "RMSE", "dex")
    plot.update([], [], [], "RMSE", "dex")
    assert "nothing measured" in plot.describe()
