"""Figures of maps of coverage, of comparisons and of shifts."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.plots.importance_bars import ImportanceBars
from astroviz.plots.landscape_map import LandscapeMap
from astroviz.plots.shift_plane import ShiftPlane
from astroviz.plots.two_posteriors import TwoPosteriors


def draw_map(dark=False):
    chart = LandscapeMap(dark=dark)
    x, y = np.arange(4.0), np.arange(4.0)
    tint = np.array([-30.0, 0.0, 30.0, np.nan])
    chart.update(x, y, tint, ("colour (mag)", "G (mag)"), "coverage", "A map.",
                 flipped=(False, True))  # fmt: skip
    return chart


def channels(text):
    return [int(text[k : k + 2], 16) for k in (1, 3, 5)]


@pytest.mark.parametrize("dark", [False, True])
def test_valleys_are_orange_and_caution_is_blue(dark):
    red, _, blue = channels(draw_map(dark).points.data["fill"][0])
    assert red > 1.5 * blue
    red, _, blue = channels(draw_map(dark).points.data["fill"][2])
    assert blue > 1.5 * red


def test_what_is_around_a_valley_stays_as_bright():
    chart = draw_map()
    chart.select([0, 1], current=0)
    assert len(set(np.asarray(chart.points.data["alpha"]).tolist())) == 1
    assert len(chart.chosen.data["x"]) == 2
    assert chart.figure.y_range.start > chart.figure.y_range.end
    assert chart.figure.xaxis[0].axis_label == "colour (mag)"


def test_known_and_asked_have_other_shapes_and_rows():
    chart = ShiftPlane()
    known, asked = np.zeros((3, 2)), np.ones((2, 2))
    known[1, 0] = np.nan
    chart.update(known, asked, np.array([0.2, 1.5]), ("a", "b"), "Two.", ["u", "v"])
    assert list(chart.points.data["marker"]) == ["circle"] * 2 + ["diamond"] * 2
    assert list(chart.points.data["row"]) == [0, 2, 3, 4]
    assert chart.asked_row(4) == 1
    assert chart.asked_row(2) is None
    chart.point_at(1)
    assert len(chart.here.data["x"]) == 1
    assert list(chart.points.data["name"])[-1] == "v"


def test_the_longest_bar_is_on_top():
    chart = ImportanceBars(most=2)
    chart.update(["a", "b", "c"], np.array([0.1, 0.3, -0.01]), np.full(3, 0.01))
    assert list(chart.figure.y_range.factors) == ["a", "b"]
    assert chart.source.data["high"][0] == pytest.approx(0.31)
    chart.clear()
    assert len(chart.source.data["value"]) == 0


def test_balls_are_circles_about_the_reference():
    chart = TwoPosteriors()
    random = np.random.default_rng(0)
    reference = np.array([2.0, -1.0])
    arguments = (random.normal(size=(50, 2)), random.normal(size=(50, 2)), np.zeros(2), reference)
    chart.update(*arguments, (1.5, 0.5), ("x", "y"), "Two clouds.")
    x, y = (np.asarray(chart.sources["ball A"].data[key]) for key in "xy")
    assert np.hypot(x - 2, y + 1) == pytest.approx(np.full(len(x), 1.5), rel=1e-4)
    spans = [axis.end - axis.start for axis in (chart.figure.x_range, chart.figure.y_range)]
    assert spans[0] / spans[1] == pytest.approx(1.7)
    assert chart.figure.x_range.start < 2 < chart.figure.x_range.end
    chart.update(*arguments, (1.5, 0.5), ("x", "y"), "A plane.", circles=False)
    assert len(chart.sources["ball A"].data["x"]) == 0
    chart.clear("Nothing.")
    assert chart.describe() == "Nothing."
