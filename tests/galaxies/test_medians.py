"""Medians and draws of Gaussian posteriors, whose variances are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ks_2samp

from astroviz.galaxies.medians import medians_or_draws, what_medians_hide
from astroviz.galaxies.parameters import GalaxyError

WIDTH, ERROR = 1.0, 0.75


def posteriors(objects: int = 3000, draws: int = 60, seed: int = 0) -> np.ndarray:
    """Posteriors under the right prior: mean d s2/(s2+e2), variance s2 e2/(s2+e2)."""
    rng = np.random.default_rng(seed)
    seen = rng.normal(0, np.hypot(WIDTH, ERROR), objects)
    shrink = WIDTH**2 / (WIDTH**2 + ERROR**2)
    return shrink * seen[:, None] + np.sqrt(shrink) * ERROR * rng.normal(size=(objects, draws))


def test_medians_lack_the_variance_of_the_posteriors():
    found = what_medians_hide(posteriors())
    shrink = WIDTH**2 / (WIDTH**2 + ERROR**2)
    assert found.within == pytest.approx(shrink * ERROR**2, rel=0.05)
    assert found.hidden == pytest.approx(1 - shrink, abs=0.03)
    assert found.width_draws == pytest.approx(WIDTH, rel=0.04)
    assert found.width_medians == pytest.approx(np.sqrt(shrink) * WIDTH, rel=0.06)
    assert found.width_medians < found.width_draws
    assert found.tails > 0


def test_one_draw_of_each_object_is_the_population_and_a_median_is_not():
    medians, draws = medians_or_draws(posteriors()[..., None], each=1, seed=1)
    truth = np.random.default_rng(5).normal(0, WIDTH, 6000)
    assert ks_2samp(draws[:, 0], truth).statistic < 0.04
    assert ks_2samp(medians[:, 0], truth).statistic > 0.05
    again = medians_or_draws(posteriors()[..., None], each=1, seed=1)[1]
    assert np.array_equal(draws, again)


def test_the_distance_is_that_of_scipy():
    values = posteriors(200, 30)
    expected = ks_2samp(values.ravel(), np.median(values, axis=1)).statistic
    assert what_medians_hide(values).distance == pytest.approx(expected)


def test_draws_are_taken_without_repetition():
    values = np.arange(12.0).reshape(2, 6, 1)
    _, draws = medians_or_draws(values, each=6)
    assert sorted(draws[:, 0]) == list(range(12))


@pytest.mark.parametrize("wrong", [np.ones(3), np.ones((3, 4)), np.ones((0, 3, 2))])
def test_other_shapes_are_refused(wrong):
    with pytest.raises(GalaxyError, match="shape"):
        medians_or_draws(wrong)
    with pytest.raises(GalaxyError, match="cannot be taken"):
        medians_or_draws(np.ones((2, 3, 1)), each=4)
