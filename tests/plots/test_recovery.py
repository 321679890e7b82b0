"""Truth against posterior mean: two linked panels, bars of the real stars, brushing over both."""

from __future__ import annotations

import numpy as np
import pytest
from bokeh.events import SelectionGeometry, Tap

from astroviz.plots.recovery import Recovery
from astroviz.plots.theme import colour

DOMAIN = np.repeat([0, 1], [6, 4])


@pytest.fixture
def answers():
    rng = np.random.default_rng(0)
    truth = rng.uniform(6, 7.5, 10)
    truth[[1, 8]] = np.nan
    mean = truth + 0.1
    mean[[1, 8]] = 6.5
    return truth, mean, mean - 0.3, mean + 0.4


@pytest.fixture
def plot(answers):
    plot = Recovery()
    plot.set_axis("log age", "log10 yr", 5.7, 8.0)
    plot.titles("No adaptation", "OT + 500 pairs")
    plot.update("left", *answers, DOMAIN)
    truth, mean, low, high = answers
    plot.update("right", truth, mean - 0.1, low, high, DOMAIN)
    return plot


def test_stars_without_a_truth_are_left_out(plot, answers):
    points = plot.sides["left"].points.data
    assert points["row"].tolist() == [0, 2, 3, 4, 5, 6, 7, 9]
    np.testing.assert_allclose(points["x"], answers[0][points["row"]], rtol=1e-6)
    np.testing.assert_allclose(points["y"], answers[1][points["row"]], rtol=1e-6)
    assert points["marker"] == ["circle"] * 5 + ["diamond"] * 3


def test_real_stars_alone_have_bars(plot, answers):
    bars = plot.sides["left"].bars.data
    rows = [6, 7, 9]
    np.testing.assert_allclose(bars["x"], answers[0][rows], rtol=1e-6)
    np.testing.assert_allclose(bars["low"], answers[2][rows], rtol=1e-6)
    np.testing.assert_allclose(bars["high"], answers[3][rows], rtol=1e-6)
    points = plot.sides["left"].points.data
    assert points["alpha"][0] < 0.5 * points["alpha"][-1]  # simulated stars are faint


def test_panels_share_fixed_ranges_and_say_what_is_on_their_axes(plot, answers):
    left, right = plot.figures
    assert left.x_range is right.x_range
    assert left.y_range is right.y_range
    before = left.x_range.start, left.y_range.end
    plot.update("left", *(100 * part for part in answers), DOMAIN)
    assert (left.x_range.start, left.y_range.end) == before
    assert left.x_range.start < 5.7 < 8.0 < left.y_range.end
    assert left.xaxis[0].axis_label == right.xaxis[0].axis_label == "true log age (yr)"
    assert left.yaxis[0].axis_label == "posterior mean of log age (yr)"


def test_titles_and_figures_are_patched_and_read_out(plot, parts_of):
    before = parts_of(plot.layout)
    plot.say("left", "RMSE 0.35 dex, 90 % interval covers 57 %")
    plot.titles("No adaptation", "Transport only")
    plot.set_axis("A_V", "mag", 0, 20)
    plot.set_dark(True)
    assert parts_of(plot.layout) == before
    words = plot.describe()
    assert "No adaptation, 3 real stars: RMSE 0.35 dex" in words
    assert "Transport only" in words
    assert plot.layout.html_attributes["aria-label"] == words


def test_a_selection_is_ringed_in_both_panels(plot):
    plot.select([6, 9, 1], current=0)
    for side in plot.sides.values():
        assert len(side.chosen.data["x"]) == 2
        assert len(side.here.data["x"]) == 1
        alpha = side.bars.data["alpha"]
        assert alpha[1] < alpha[0] == alpha[2]
    plot.select([])
    assert np.ptp(plot.sides["left"].bars.data["alpha"]) == 0


@pytest.mark.parametrize("name", ["left", "right"])
def test_either_panel_is_brushed_and_picked_by_row(plot, name):
    brushed, picked = [], []
    plot.on_brush(lambda rows, mode: brushed.append(rows.tolist()))
    plot.on_pick(picked.append)
    side = plot.sides[name]
    box = {"type": "rect", "x0": 0, "x1": 10, "y0": 0, "y1": 10}
    side.figure._trigger_event(SelectionGeometry(side.figure, box, final=True))
    assert brushed == [[0, 2, 3, 4, 5, 6, 7, 9]]
    x, y = float(side.x[3]), float(side.y[3])
    side.figure._trigger_event(Tap(side.figure, x=x, y=y))
    assert picked == [4]


def test_an_unknown_side_and_unequal_arrays_are_refused(plot, answers):
    with pytest.raises(ValueError, match="left, right"):
        plot.say("middle", "")
    truth, mean, low, high = answers
    with pytest.raises(ValueError, match="one number for each star"):
        plot.update("left", truth, mean, low[:3], high, DOMAIN)


def test_dark_ground_recolours_both_panels(plot):
    plot.set_dark(True)
    for side in plot.sides.values():
        assert set(side.points.data["fill"]) == {
            colour("posterior", True), colour("pinned", True)
        }  # fmt: skip
        assert side.figure.background_fill_color == colour("paper", True)
