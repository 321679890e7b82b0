"""Four answers on one mock, against what a normal population makes of them on paper."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from astroviz.galaxies.parameters import GalaxyError
from astroviz.galaxies.stacking import METHODS, make_mock, population_of

WIDTH, ERROR = 0.4, 0.3
EQUAL = make_mock(4000, ERROR, spread=0.0, kind="normal", seed=3)


def test_the_mock_is_drawn_from_its_density():
    step = EQUAL.grid[1] - EQUAL.grid[0]
    assert EQUAL.density.sum() * step == pytest.approx(1.0, abs=1e-4)
    assert np.std(EQUAL.truth) == pytest.approx(WIDTH, rel=0.05)
    assert np.std(EQUAL.seen) == pytest.approx(np.hypot(WIDTH, ERROR), rel=0.05)


def test_multiplying_gives_a_spike():
    found = population_of(EQUAL, "multiply")
    assert found.mean == pytest.approx(EQUAL.seen.mean(), abs=0.005)
    assert found.width < 0.03


def test_stacking_counts_every_error_twice():
    found = population_of(EQUAL, "stack")
    assert found.width == pytest.approx(np.sqrt(WIDTH**2 + 2 * ERROR**2), rel=0.04)


@pytest.mark.parametrize("method", ["hierarchical", "population"])
def test_the_right_ways_have_the_right_width(method):
    found = population_of(EQUAL, method)
    assert found.width == pytest.approx(WIDTH, rel=0.07)
    assert found.mean == pytest.approx(10.5, abs=0.03)


@pytest.mark.parametrize("kind", ["two", "normal"])
def test_the_right_ways_are_closer_to_the_truth_than_the_naive_ones(kind):
    mock = make_mock(2000, kind=kind, seed=0)
    found = {method: population_of(mock, method).distance for method in METHODS}
    assert found["multiply"] > found["stack"] > 0.1
    assert found["hierarchical"] < 0.5 * found["stack"]
    assert found["population"] < 0.5 * found["stack"]


def test_the_distance_is_that_of_scipy():
    mock = make_mock(500, seed=1)
    found = population_of(mock, "stack")
    expected = wasserstein_distance(mock.grid, mock.grid, found.density, mock.density)
    assert found.distance == pytest.approx(expected, abs=2e-3)


def test_answers_are_those_of_the_seed():
    again = make_mock(4000, ERROR, spread=0.0, kind="normal", seed=3)
    assert np.array_equal(again.seen, EQUAL.seen)
    assert not np.array_equal(make_mock(4000, ERROR, seed=4).seen, EQUAL.seen)


def test_what_cannot_be_is_said():
    with pytest.raises(GalaxyError, match="mock of 3 galaxies"):
        make_mock(3)
    with pytest.raises(GalaxyError, match="errors must be above 0"):
        make_mock(error=0.0)
    with pytest.raises(GalaxyError, match="no mock 'three'"):
        make_mock(kind="three")
    with pytest.raises(GalaxyError, match="no method 'average'"):
        population_of(EQUAL, "average")
