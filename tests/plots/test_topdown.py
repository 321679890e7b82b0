from __future__ import annotations

import numpy as np
import pytest

from astroviz.plots.theme import SEQUENTIAL
from astroviz.plots.topdown import CIRCLES, TopDown


@pytest.fixture
def plot():
    stars = np.zeros((40, 40))
    stars[20:22, 20:22] = 1.5
    mean = np.where(stars > 0, 2.0, np.nan)
    mean[20, 20] = 1.0
    plot = TopDown()
    plot.update(stars, 200.0, mean)
    return plot


def test_the_picture_adds_up_to_the_stars(plot):
    image, width = plot.number.source.data["image"][0], plot.number.source.data["dw"][0]
    cell = (width / len(image)) ** 2
    assert image.sum() * cell / 100 == pytest.approx(6.0)
    assert plot.number.source.data["x"] == [-200.0]
    assert "6.0 young stars" in plot.describe()


def test_colour_changes_what_is_seen(plot, parts_of):
    before = parts_of(plot.layout)
    assert (plot.number.visible, plot.mean.visible) == (True, False)
    plot.set_colour("mean")
    assert (plot.number.visible, plot.mean.visible) == (False, True)
    assert (plot.number.bar.visible, plot.mean.bar.visible) == (False, True)
    assert plot.mean.mapper.high == pytest.approx(2.0)
    assert "A_V" in plot.describe()
    assert parts_of(plot.layout) == before
    with pytest.raises(ValueError, match="there are stars and mean"):
        plot.set_colour("dust")


def test_circles_have_their_radius(plot):
    for radius, x, y in zip(
        CIRCLES, plot.circles.data["xs"], plot.circles.data["ys"], strict=True
    ):
        assert np.hypot(x, y) == pytest.approx(radius, rel=1e-5)
    assert "100 pc" in plot.circles.data["text"]


def test_axes_say_which_way_and_unit(plot):
    assert plot.figure.xaxis[0].axis_label == "X, towards the Galactic centre (pc)"
    assert (plot.figure.x_range.start, plot.figure.x_range.end) == (-200, 200)


def test_dark_ground_turns_the_ramp(plot):
    assert plot.number.mapper.palette[0] == SEQUENTIAL[199]
    plot.set_dark(True)
    assert plot.number.mapper.palette[-1] == SEQUENTIAL[-1]


def test_a_lifted_star_comes_and_goes(plot):
    plot.lift(np.array([10.0, 20.0]), np.array([0.0, 1.0]))
    assert len(plot.ray.data["x"]) == 2
    plot.lift()
    assert len(plot.ray.data["x"]) == 0


def test_nothing_is_said_in_a_sentence(plot):
    plot.say_empty("No star here has a position.")
    assert plot.number.source.data["image"] == []
    assert not plot.number.bar.visible
    assert plot.describe().endswith("No star here has a position.")
    plot.update(np.zeros((4, 4)), 110.0)
    assert plot.number.source.data["image"] == []
