"""Whether populations differ: known ones are found again, and weights make one of the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astroviz.stars.prior_shift import (
    AGE_EDGES,
    LARGEST_SHIFT,
    MASS_EDGES,
    MOST_WEIGHT,
    Shift,
    cells,
    importance,
    label_shift,
    population_shift,
)

CELLS = (len(AGE_EDGES) - 1) * (len(MASS_EDGES) - 1)


def flat(n: int, seed: int = 0) -> np.ndarray:
    """Ages and masses of the simulator's prior, shape (n, 2)."""
    random = np.random.default_rng(seed)
    bounds = ((AGE_EDGES[0], AGE_EDGES[-1]), (MASS_EDGES[0], MASS_EDGES[-1]))
    return np.stack([random.uniform(low, high, n) for low, high in bounds], -1)


def young(n: int, seed: int = 0, most: float = 6.6) -> np.ndarray:
    """Three quarters of the stars below `most`."""
    stars, random = flat(n, seed), np.random.default_rng(seed + 100)
    own = random.random(n) < 0.75
    stars[own, 0] = random.uniform(AGE_EDGES[0], most, own.sum())
    return stars


def seen(truth: np.ndarray, seed: int = 0) -> np.ndarray:
    """Answers of a model that errs by about a cell, and shrinks to the middle."""
    random = np.random.default_rng(seed)
    blurred = truth + random.normal(0, [0.3, 0.08], truth.shape)
    return 0.8 * (blurred - truth.mean(0)) + truth.mean(0)


def true_parts(stars: np.ndarray) -> np.ndarray:
    return np.histogram2d(*stars.T, (AGE_EDGES, MASS_EDGES))[0].ravel() / len(stars)


def test_cells_are_numbered_by_age_then_mass_and_take_everybody():
    stars = flat(2000)
    found = np.bincount(cells(*stars.T), minlength=CELLS) / 2000
    assert np.array_equal(found, true_parts(stars))
    outside = cells(np.array([5.0, 9.0]), np.array([-2.0, 1.0]))
    assert list(outside) == [0, CELLS - 1]


def test_a_known_population_is_found_behind_blurred_answers():
    simulated, real = flat(20_000, 1), young(20_000, 2)
    blurred = seen(np.concatenate([simulated, real]), 3)  # one model for all
    found = label_shift(*(cells(*part.T) for part in (simulated, blurred[:20_000],
                                                     blurred[20_000:])))  # fmt: skip
    expected = true_parts(real)
    naive = np.bincount(cells(*blurred[20_000:].T), minlength=CELLS) / 20_000
    off, worse = (0.5 * np.abs(part - expected).sum() for part in (found, naive))
    assert found.sum() == pytest.approx(1.0)
    assert off < 0.09
    assert off < 0.5 * worse, "better than the histogram of the answers"


def test_the_same_population_is_no_shift():
    stars = flat(40_000, 1)
    blurred = seen(stars, 2)
    shift = population_shift(stars[:20_000], blurred[:20_000], blurred[20_000:])
    assert shift.labelled == 0
    assert shift.distance < 0.5 * LARGEST_SHIFT
    assert shift.warning == shift.refusal == ""


def test_labels_count_where_there_are_enough():
    simulated, blurred = flat(3000, 1), seen(flat(3000, 1), 2)
    known = young(400, 5)
    shift = population_shift(simulated, blurred, blurred, known)
    assert shift.labelled == 400
    assert shift.real == pytest.approx(true_parts(known), abs=0.02)
    few = population_shift(simulated, blurred, blurred, known[:99])
    assert few.labelled == 0
    assert few.distance < LARGEST_SHIFT < shift.distance


def test_weights_give_the_population_of_the_real_stars():
    simulated, real = flat(30_000, 1), young(30_000, 2, most=7.0)
    shift = population_shift(simulated, simulated, real, real)
    weights = importance(shift, *simulated.T)
    assert weights.mean() == pytest.approx(1.0)
    assert weights.min() > 0
    age = np.linspace(6.0, 7.8, 6)
    found = np.histogram(simulated[:, 0], age, weights=weights)[0] / len(simulated)
    expected = np.histogram(real[:, 0], age)[0] / len(real)
    assert found == pytest.approx(expected, abs=0.01)
    assert (
        weights[simulated[:, 0] < 6.3].mean() > 1.5 > 0.8 > weights[simulated[:, 0] > 7.5].mean()
    )


def test_no_star_counts_for_many():
    here, there = np.full(CELLS, 1 / CELLS), np.zeros(CELLS)
    there[3] = 1.0
    simulated = flat(5000)
    weights = importance(Shift(here, there, 0), *simulated.T)
    assert weights.max() / weights.min() == pytest.approx(MOST_WEIGHT**2)


@pytest.mark.parametrize(("moved", "warned"), [(0.0, False), (0.19, False), (0.21, True)])
def test_there_is_a_warning_beyond_the_limit_only(moved, warned):
    here = np.full(CELLS, 1 / CELLS)
    there = here.copy()
    there[: CELLS // 2] += moved / (CELLS // 2)
    there[CELLS // 2 :] -= moved / (CELLS // 2)
    shift = Shift(here, there, 0)
    assert shift.distance == pytest.approx(moved)
    assert bool(shift.warning) == bool(shift.refusal) == warned
    if warned:
        assert shift.warning.startswith("The populations differ: 21% of the stars")
        assert "guard" in shift.warning
        assert shift.refusal.startswith("The guard refuses: the populations differ by 21%")


def test_marginals_are_sums_over_the_other_axis():
    simulated, real = flat(4000, 1), young(4000, 2)
    shift = population_shift(simulated, simulated, real, real)
    for column, (name, edges) in enumerate((("log_age", AGE_EDGES), ("log_mass", MASS_EDGES))):
        found = shift.marginals()[name]
        assert np.array_equal(found[0], edges)
        for part, stars in zip(found[1:], (simulated, real), strict=True):
            expected = np.histogram(stars[:, column], edges)[0] / len(stars)
            assert part == pytest.approx(expected, abs=0.005)


def test_empty_sides_are_refused():
    stars, none = flat(10), np.empty((0, 2))
    for sides in ((none, none, stars), (stars, stars, none)):
        with pytest.raises(ValueError, match="both sides have stars"):
            population_shift(*sides)


@given(seed=st.integers(0, 1000), n=st.integers(1, 60), m=st.integers(1, 60))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_an_estimate_is_a_distribution_whatever_the_order_of_the_stars(seed, n, m):
    random = np.random.default_rng(seed)
    simulated, real = flat(n, seed), young(m, seed + 1)
    shift = population_shift(simulated, seen(simulated, seed), seen(real, seed))
    assert shift.real.sum() == pytest.approx(1.0)
    assert (shift.real >= 0).all()
    assert 0 <= shift.distance <= 1
    order = random.permutation(n)
    again = population_shift(simulated[order], seen(simulated, seed)[order], seen(real, seed))
    assert again.real == pytest.approx(shift.real, abs=1e-9)
