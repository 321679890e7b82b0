"""The sliced distance against scipy, exact under exchanges."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest, wasserstein_distance

from astroviz.accuracy import sliced_wasserstein as module
from astroviz.accuracy.defects import defect
from astroviz.accuracy.sliced_wasserstein import run, sliced_wasserstein


def test_on_a_line_it_is_that_of_scipy():
    random = np.random.default_rng(0)
    first, second = random.normal(size=(60, 1)), random.normal(size=(45, 1)) * 2 + 1
    expected = wasserstein_distance(first[:, 0], second[:, 0])
    assert sliced_wasserstein(first, second)[0] == pytest.approx(expected, rel=1e-5)


def test_a_shift_in_many_dimensions_is_seen_by_its_mean_view():
    random = np.random.default_rng(1)
    points = random.normal(size=(100, 20))
    moved = points + 3.0 * np.eye(20)[0]
    found = sliced_wasserstein(points, moved, slices=4000)[0]
    # mean of |cos| of random directions in 20 dimensions
    from scipy.special import gamma

    mean = gamma(10) / (np.sqrt(np.pi) * gamma(10.5))
    assert found == pytest.approx(3 * mean, rel=0.05)


@pytest.mark.parametrize("paired", [True, False])
def test_exchanges_are_those_of_labels(paired):
    random = np.random.default_rng(2)
    first, second = random.normal(size=(2, 40, 3))
    value, null = sliced_wasserstein(first, second, 20, 400, 1, paired)
    assert len(null) == 400
    assert 0.02 < (null >= value).mean() < 1
    far, null = sliced_wasserstein(first, second + 2, 20, 400, 1, paired)
    assert (null >= far).mean() == 0


def test_p_is_uniform_for_a_right_posterior(monkeypatch):
    monkeypatch.setattr(module, "_PERMUTATIONS", 49)
    monkeypatch.setattr(module, "_SLICES", 16)
    values = [run(defect("biased", 0.0, count=50, draws=6, seed=k), k).p_value for k in range(80)]
    assert kstest(values, "uniform").pvalue > 1e-4
    assert np.mean(np.array(values) <= 0.1) < 0.25


def test_it_sees_what_is_wrong():
    for name, size in (("narrow", 0.5), ("biased", 0.6), ("prior", 1.0)):
        found = run(defect(name, size, count=400, draws=6))
        assert found.p_value <= 0.01
        assert found.value > found.expected + 2 * found.error
