from __future__ import annotations

import numpy as np
import pytest

from astroviz.orientations.pairs import (
    check_edges,
    check_positions,
    pairs_in_projection,
    pairs_in_space,
    sky_axes,
)

SIZE = 30.0
EDGES = np.array([0.5, 2.0, 5.0, 9.0])


@pytest.fixture(scope="module")
def position():
    return np.random.default_rng(0).uniform(0, SIZE, (150, 3))


def nearest(position):
    offset = position[None] - position[:, None]
    return offset - SIZE * np.round(offset / SIZE)


def test_every_pair_of_a_loop_is_found_once(position):
    offset = nearest(position)
    distance = np.linalg.norm(offset, axis=-1)
    pairs = pairs_in_space(position, SIZE, EDGES)
    i, j = np.triu_indices(len(position), 1)
    inside = (distance[i, j] > EDGES[0]) & (distance[i, j] <= EDGES[-1])
    expected = {frozenset(pair) for pair in zip(i[inside], j[inside], strict=True)}
    found = {frozenset(pair) for pair in zip(pairs.first, pairs.second, strict=True)}
    assert found == expected
    assert len(pairs) == len(expected)
    separation = distance[pairs.first, pairs.second]
    np.testing.assert_array_equal(pairs.bin, np.digitize(separation, EDGES, right=True) - 1)
    unit = offset[pairs.first, pairs.second] / separation[:, None]
    np.testing.assert_allclose(pairs.direction.T, unit, atol=1e-12)


@pytest.mark.parametrize("sight", [0, 1, 2])
def test_pairs_on_the_sky_lie_in_a_cylinder(position, sight):
    pairs = pairs_in_projection(position, SIZE, EDGES, 6.0, sight)
    offset = nearest(position)
    x, y = sky_axes(sight)
    radius = np.hypot(offset[..., x], offset[..., y])
    i, j = np.triu_indices(len(position), 1)
    near = np.abs(offset[i, j, sight]) <= 6.0
    inside = near & (radius[i, j] > EDGES[0]) & (radius[i, j] <= EDGES[-1])
    assert len(pairs) == inside.sum()
    angle = np.arctan2(offset[..., y], offset[..., x])[pairs.first, pairs.second]
    np.testing.assert_allclose(pairs.direction[0], np.cos(2 * angle), atol=1e-10)
    np.testing.assert_allclose(pairs.direction[1], np.sin(2 * angle), atol=1e-10)


def test_a_bin_holds_its_upper_edge_only():
    position = np.array([[1.0, 1.0, 1.0], [3.0, 1.0, 1.0]])
    pairs = pairs_in_space(position, SIZE, np.array([1.0, 2.0, 3.0]))
    assert pairs.bin.tolist() == [0]
    assert len(pairs_in_space(position, SIZE, np.array([2.0, 3.0]))) == 0


def test_pairs_reach_across_the_border_and_a_position_at_the_side_is_at_zero():
    position = np.array([[0.0, 5.0, 5.0], [SIZE, 5.0, 6.0], [SIZE - 1.0, 5.0, 5.0]])
    pairs = pairs_in_space(position, SIZE, EDGES)
    assert sorted(zip(pairs.first, pairs.second, strict=True)) == [(0, 1), (0, 2), (1, 2)]


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_pairs_with_nothing(count):
    position = np.full((count, 3), 2.0)
    assert len(pairs_in_space(position, SIZE, EDGES)) == 0
    assert len(pairs_in_projection(position, SIZE, EDGES, 5.0)) == 0


def test_two_galaxies_in_one_place_have_no_direction():
    assert len(pairs_in_space(np.full((2, 3), 2.0), SIZE, np.array([0.0, 1.0]))) == 0


@pytest.mark.parametrize(
    ("position", "said"),
    [
        (np.full((2, 3), 31.0), "2 of 2 positions are outside the box of 30 Mpc/h"),
        (np.array([[1.0, np.nan, 1.0]]), "position of galaxy 0"),
        (np.zeros((4, 2)), r"shape \(N, 3\), not \(4, 2\)"),
    ],
)
def test_wrong_positions_are_named(position, said):
    with pytest.raises(ValueError, match=said):
        check_positions(position, SIZE)


@pytest.mark.parametrize(
    ("edges", "said"),
    [
        ([3.0, 2.0], "must ascend"),
        ([-1.0, 2.0], "must ascend"),
        ([1.0], "two or more"),
        ([1.0, 15.0], "below 15 Mpc/h only"),
    ],
)
def test_wrong_bins_are_named(edges, said):
    with pytest.raises(ValueError, match=said):
        check_edges(np.array(edges), 15.0)


def test_wrong_depths_and_sights_are_named(position):
    with pytest.raises(ValueError, match="pi_max must be above 0 and at most half"):
        pairs_in_projection(position, SIZE, EDGES, 40.0)
    with pytest.raises(ValueError, match="line of sight is axis 0, 1 or 2"):
        pairs_in_projection(position, SIZE, EDGES, 4.0, 3)


def test_too_many_pairs_are_refused_before_they_are_made(monkeypatch, position):
    monkeypatch.setattr("astroviz.orientations.pairs._MOST_PAIRS", 100)
    with pytest.raises(ValueError, match="too many to keep"):
        pairs_in_space(position, SIZE, EDGES)
