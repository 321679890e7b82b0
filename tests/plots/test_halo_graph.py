"""The graph around a galaxy: edges as wide as they weigh, spokes of the strongest directions."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from astroviz.plots.halo_graph import HaloGraph

ROWS = np.array([7, 3, 12])
APART = np.array([[0.0, 0, 0], [2.0, 0, 0], [0, 4.0, 0]])


@pytest.fixture
def plot():
    plot = HaloGraph()
    plot.update(ROWS, APART, np.array([True, False, True]), np.array([11.0, 9.5, 10.0]),
                np.array([1.0, 0.25]), np.eye(3), np.array([0.2, 0.8, 0]), np.eye(3))  # fmt: skip
    return plot


def test_edges_run_from_senders_to_the_receiver(plot):
    edges = plot.edges.data
    np.testing.assert_allclose(edges["x0"], [2, 0])
    np.testing.assert_allclose(edges["y0"], [0, 4])
    np.testing.assert_allclose([edges["x1"], edges["y1"]], 0)
    assert edges["width"][0] > edges["width"][1]


def test_the_strongest_direction_has_the_longest_spoke(plot):
    spokes = plot.spokes.data
    np.testing.assert_allclose(spokes["y1"][0], 0.75 * 4.0)
    np.testing.assert_allclose(spokes["x1"][1], 0.75 * 4.0 * 0.25)


def test_kinds_of_nodes_are_apart_and_can_be_picked(plot):
    assert plot.centrals.data["row"].tolist() == [7, 12]
    assert plot.satellites.data["row"].tolist() == [3]
    picked = []
    plot.on_pick(picked.append)
    plot._on_tap(SimpleNamespace(x=1.9, y=0.1))
    assert picked == [3]


def test_a_lonely_galaxy_hears_nobody(plot, parts_of):
    before = parts_of(plot.layout)
    plot.update(ROWS[:1], APART[:1], np.array([True]), np.array([11.0]), np.zeros(0), np.eye(3),
                np.zeros(3))  # fmt: skip
    assert plot.describe().startswith("0 galaxies send")
    assert parts_of(plot.layout) == before
