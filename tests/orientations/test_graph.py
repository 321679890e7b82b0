"""Edges against brute force, and the sentences for bad input."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.orientations.graph import (
    check_positions,
    halo_edges,
    nearest_edges,
    radius_edges,
    scatter_mean,
    scatter_sum,
    separations,
)

SIZE = 20.0


@pytest.fixture(scope="module")
def positions():
    return np.random.default_rng(0).random((120, 3)) * SIZE


def distances(positions):
    way = np.abs(positions[:, None] - positions[None])
    return np.sqrt((np.minimum(way, SIZE - way) ** 2).sum(-1))


def test_radius_edges_are_all_pairs_within_the_radius_through_the_walls(positions):
    graph = radius_edges(positions, 4.0, SIZE)
    apart = distances(positions)
    expected = (apart <= 4.0) & ~np.eye(len(positions), dtype=bool)
    found = np.zeros_like(expected)
    found[graph.receivers, graph.senders] = True
    assert (found == expected).all()
    assert len(graph) == expected.sum()
    assert np.allclose(graph.distances, apart[graph.receivers, graph.senders])
    assert (graph.degrees() == expected.sum(1)).all()
    # some of them go through a wall, or the test would not see that
    open_space = radius_edges(positions, 4.0)
    assert len(open_space) < len(graph)


def test_edges_point_from_the_receiver_to_the_sender():
    graph = radius_edges(np.array([[1.0, 5, 5], [9.5, 5, 5]]), 2.0, size=10.0)
    assert graph.receivers.tolist() == [0, 1]
    assert np.allclose(graph.offsets, [[-1.5, 0, 0], [1.5, 0, 0]])


def test_radius_edges_of_some_receivers_are_those_of_all(positions):
    few = radius_edges(positions, 4.0, SIZE, receivers=np.array([7, 30]))
    every = radius_edges(positions, 4.0, SIZE)
    kept = np.isin(every.receivers, [7, 30])
    assert (few.senders == every.senders[kept]).all()


def test_nearest_edges_are_the_nearest(positions):
    graph = nearest_edges(positions, 5, SIZE)
    apart = distances(positions)
    np.fill_diagonal(apart, np.inf)
    expected = np.sort(apart, 1)[:, :5]
    assert np.allclose(graph.distances.reshape(-1, 5), expected)


def test_nearest_edges_of_galaxies_at_one_place_have_no_loops():
    graph = nearest_edges(np.ones((6, 3)), 3, SIZE)
    assert (graph.senders != graph.receivers).all()
    assert (graph.degrees() == 3).all()


def test_a_halo_is_a_graph_of_its_own(positions):
    halo = np.arange(120) // 4
    graph = halo_edges(positions, halo, SIZE)
    assert (halo[graph.senders] == halo[graph.receivers]).all()
    assert (graph.degrees() == 3).all()
    near = halo_edges(positions, halo, SIZE, radius=5.0)
    assert 0 < len(near) < len(graph)
    assert near.distances.max() <= 5.0


def test_one_galaxy_and_none_have_no_edges():
    one = np.array([[1.0, 2.0, 3.0]])
    for graph in (radius_edges(one, 2.0, SIZE), nearest_edges(one, 4, SIZE),
                  halo_edges(one, np.zeros(1), SIZE)):  # fmt: skip
        assert len(graph) == 0
        assert graph.offsets.shape == (0, 3)
    assert len(radius_edges(np.empty((0, 3)), 2.0, SIZE)) == 0


@pytest.mark.parametrize(
    ("positions", "said"),
    [
        ([[1.0, 2.0]], "shape"),
        ([[1.0, np.nan, 2.0]], "galaxy 0"),
        ([[1.0, 2.0, 3.0], [1.0, 2000.0, 3.0]], "y = 2000 Mpc/h"),
        ([[-0.5, 2.0, 3.0]], "x = -0.5"),
    ],
)
def test_bad_positions_are_refused_with_a_sentence(positions, said):
    with pytest.raises(ValueError, match=said):
        check_positions(np.array(positions), SIZE)


def test_a_radius_must_fit_into_the_box(positions):
    with pytest.raises(ValueError, match="half of the box"):
        radius_edges(positions, 11.0, SIZE)
    with pytest.raises(ValueError, match="positive length"):
        radius_edges(positions, -1.0, SIZE)


def test_the_upper_wall_belongs_to_the_box():
    placed = check_positions(np.array([[SIZE, 0.0, 1.0]]), SIZE)
    assert placed.tolist() == [[0.0, 0.0, 1.0]]


def test_separations_are_the_shortest_way():
    assert np.allclose(separations([19.0, 0, 0], [1.0, 0, 0], SIZE), [2.0, 0, 0])
    assert np.allclose(separations([19.0, 0, 0], [1.0, 0, 0], None), [-18.0, 0, 0])


def test_scatter_against_a_loop():
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(50, 2, 3, generator=generator)
    index = torch.randint(0, 6, (50,), generator=generator)
    total = scatter_sum(values, index, 8)
    for row in range(8):
        assert torch.allclose(total[row], values[index == row].sum(0), atol=1e-5)
    mean = scatter_mean(values, index, 8)
    assert torch.allclose(mean[2], values[index == 2].mean(0), atol=1e-6)
    assert (mean[7] == 0).all()
