"""The tidal ellipsoid under a hand: it turns, it stretches, its neighbours move."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from astroviz.plots.ellipsoid import project
from astroviz.plots.tidal import TidalPlot

NEIGHBOURS = np.array([[3.0, 0.0, 0.0], [0.0, 0.0, 5.0]])


@pytest.fixture
def plot():
    plot = TidalPlot()
    plot.update(np.eye(3), np.array([1.0, 0.6, 0.3]), NEIGHBOURS, np.array([1.0, 0.25]),
                np.array([1.0, 0.0, 0.0]), 6.0)  # fmt: skip
    return plot


@pytest.fixture
def dragged(plot):
    """What the plot tells of a drag from one place to another."""
    told = []
    plot.on_drag(lambda *what: told.append(what))

    def drag(start, end):
        told.clear()
        plot._on_start(SimpleNamespace(x=start[0], y=start[1]))
        plot._on_pan(SimpleNamespace(x=end[0], y=end[1]))
        plot._on_end(SimpleNamespace(x=end[0], y=end[1]))
        return told

    return drag


def test_nearer_and_heavier_neighbours_are_drawn_so(plot):
    radius = np.hypot(plot._places[:, 0], plot._places[:, 1])
    depth = plot._places[:, 2]
    reach = np.hypot(radius, depth)
    assert reach[0] < reach[1], "the nearer one lies nearer"
    assert plot.neighbours.data["size"][0] > plot.neighbours.data["size"][1]
    assert plot.figure.title.text == "2 neighbours within 6 Mpc/h"


def test_a_drag_on_the_ellipsoid_turns_it(plot, dragged):
    moves = dragged((0.0, 0.7), (0.3, 0.7))
    what, _, turn, ends = moves[0]
    assert (what, ends) == ("turn", False)
    assert np.linalg.norm(turn) > 0.2
    assert moves[-1][0] == "turn"
    assert moves[-1][3], "the end is told"


def test_a_drag_on_a_knob_stretches_its_axis(plot, dragged):
    tip = plot._ends[0, 0, :2]
    what, axis, value, _ = dragged(tuple(tip), tuple(0.5 * tip))[0]
    assert (what, axis) == ("stretch", 0)
    assert value[0] == pytest.approx(0.5)


def test_a_drag_on_a_neighbour_moves_the_neighbours(plot, dragged):
    place = plot._places[1, :2]
    what, which, turn, _ = dragged(tuple(place), tuple(place + 0.1))[0]
    assert (what, which) == ("neighbours", 1)
    assert 0 < np.linalg.norm(turn) < 0.5


def test_a_galaxy_without_neighbours_has_no_axis_of_them(plot):
    plot.update(np.eye(3), np.ones(3), np.zeros((0, 3)), np.zeros(0), np.eye(3)[0], 6.0)
    assert len(plot.neighbours.data["x"]) == 0
    assert np.isnan(plot.pull.data["x0"]).all()
    assert "0 neighbours" in plot.figure.title.text


def test_the_axis_of_the_neighbours_lies_along_them(plot):
    ends = np.array([plot.pull.data[k][0] for k in ("x0", "y0")])
    wanted = -1.36 * project(np.eye(3)[0], plot.view)[:2]
    np.testing.assert_allclose(ends, wanted, atol=1e-6)


def test_it_is_patched_and_told_in_words(plot, parts_of):
    before = parts_of(plot.layout)
    plot.update(np.eye(3), np.array([1.0, 0.9, 0.8]), NEIGHBOURS, np.ones(2), np.eye(3)[1], 5.0)
    plot.set_dark(True)
    assert parts_of(plot.layout) == before
    assert "axes 1.00, 0.90 and 0.80" in plot.describe()
