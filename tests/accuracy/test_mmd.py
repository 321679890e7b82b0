"""The kernel distance against its definition, exact under exchanges."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import kstest

from astroviz.accuracy.defects import defect
from astroviz.accuracy.mmd import mmd, paired_mmd, run


def by_hand(first, second):
    both = np.concatenate([first, second])
    square = cdist(both, both) ** 2
    some = square[:: max(1, len(square) // 400)]
    middle = np.median(some[some > 0])
    kernel = np.mean([np.exp(-square / (2 * middle * s**2)) for s in (0.25, 0.5, 1, 2, 4)], 0)
    n, m = len(first), len(second)
    aa, bb, ab = kernel[:n, :n], kernel[n:, n:], kernel[:n, n:]
    return aa, bb, ab, n, m


def test_it_is_the_unbiased_estimate():
    random = np.random.default_rng(0)
    first, second = random.normal(size=(40, 3)), random.normal(size=(30, 3)) + 0.4
    aa, bb, ab, n, m = by_hand(first, second)
    expected = (
        (aa.sum() - n) / (n * (n - 1)) + (bb.sum() - m) / (m * (m - 1)) - 2 * ab.mean()
    )  # fmt: skip
    assert mmd(first, second, 3)[0] == pytest.approx(expected, abs=1e-5)


def test_exchanging_within_pairs_is_a_change_of_signs():
    random = np.random.default_rng(1)
    first, second = random.normal(size=(25, 2)), random.normal(size=(25, 2)) + 0.3
    both = np.concatenate([first, second])
    value, null, parts = paired_mmd(cdist(both, both), 50, seed=3)
    aa, bb, ab, n, _ = by_hand(first, second)
    each = aa + bb - ab - ab.T
    np.fill_diagonal(each, 0)
    assert value == pytest.approx(each.sum() / (n * (n - 1)), abs=1e-5)
    assert parts.mean() == pytest.approx(value, abs=1e-6)
    from astroviz.accuracy.pairs import signs

    change = signs(25, 50, 3)[0] < 0
    turned = np.where(change[:, None], second, first), np.where(change[:, None], first, second)
    swapped = np.concatenate(turned)
    assert null[0] == pytest.approx(paired_mmd(cdist(swapped, swapped), 1)[0], abs=1e-5)


def test_p_is_uniform_for_a_right_posterior():
    values = [run(defect("biased", 0.0, count=60, draws=6, seed=k), k).p_value for k in range(80)]
    assert kstest(values, "uniform").pvalue > 1e-4
    assert np.mean(np.array(values) <= 0.1) < 0.25


def test_it_sees_width_and_the_prior():
    for name, size in (("narrow", 0.5), ("prior", 1.0)):
        found = run(defect(name, size, count=400, draws=6))
        assert found.p_value <= 0.005
        assert found.value > 3
        assert found.objects.mean() == pytest.approx(found.value, abs=1e-3)
        assert len(found.curves["null"]) == 999


def test_two_free_samples_are_told_apart():
    random = np.random.default_rng(4)
    first = random.normal(size=(150, 4))
    value, null = mmd(first, random.normal(size=(120, 4)), 199)
    assert (null >= value).mean() > 0.01
    value, null = mmd(first, random.normal(size=(120, 4)) * 1.6, 199)
    assert (null >= value).mean() < 0.01
