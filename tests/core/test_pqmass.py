"""PQMass against the field's package, against scipy, and against what must hold."""

from __future__ import annotations

import time

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import chi2_contingency, kstest

from astroviz.core import pqmass as module
from astroviz.core.pqmass import pqmass


def two(n=400, m=300, d=5, shift=0.0, seed=0):
    random = np.random.default_rng(seed)
    return random.normal(size=(n, d)), random.normal(size=(m, d)) + shift


def test_one_tessellation_is_the_table_of_scipy():
    first, second = two(d=3, shift=0.2)
    found = pqmass(first, second, references=12, tessellations=3, seed=4)
    points = np.concatenate([first, second])
    random = np.random.default_rng(4)
    for chi_square, p_value in zip(found.chi_square, found.p_values, strict=True):
        picked = random.permutation(len(points))[:12]
        rest = np.setdiff1d(np.arange(len(points)), picked)
        cell = cdist(points[rest], points[picked]).argmin(1)
        table = np.stack([np.bincount(cell[rest < 400], minlength=12),
                          np.bincount(cell[rest >= 400], minlength=12)])  # fmt: skip
        expected = chi2_contingency(table, correction=False)
        assert chi_square == pytest.approx(expected.statistic, rel=1e-9)
        assert p_value == pytest.approx(expected.pvalue, rel=1e-9)


@pytest.mark.parametrize("shift", [0.0, 0.25])
def test_the_mean_agrees_with_the_package(shift):
    package = pytest.importorskip("pqm")
    first, second = two(n=500, m=500, d=8, shift=shift, seed=3)
    ours = pqmass(first, second, references=50, tessellations=120)
    np.random.seed(1)  # noqa: NPY002  # the package draws from the global state
    theirs = np.array(package.pqm_chi2(first, second, num_refs=50, re_tessellation=120))
    error = np.hypot(ours.chi_square.std(), theirs.std()) / np.sqrt(120)
    assert abs(ours.chi_square.mean() - theirs.mean()) < 4 * error
    assert ours.dof == 49


def test_empty_cells_are_made_up_for_as_the_package_does():
    first, second = two(n=40, m=40, d=30)  # most cells stay empty so far from each other
    found = pqmass(first, second, references=38, tessellations=20)
    assert np.isfinite(found.chi_square).all()
    from scipy.stats import chi2

    np.testing.assert_allclose(chi2.sf(found.chi_square, 37), found.p_values, rtol=1e-6)


def test_samples_far_apart_give_a_large_finite_value():
    first, second = two(n=3000, m=3000, d=2, shift=60.0)
    found = pqmass(first, second, references=500, tessellations=4, permutations=99)
    assert np.isfinite(found.chi_square).all()
    assert found.reduced > 5
    assert found.p_value == pytest.approx(0.01)


def test_permutation_p_is_uniform_under_one_law():
    values = [pqmass(*two(n=60, m=40, d=3, seed=k), references=10, tessellations=8,
                     permutations=99, seed=k).p_value for k in range(150)]  # fmt: skip
    assert kstest(values, "uniform").pvalue > 1e-4
    assert np.mean(np.array(values) <= 0.1) < 0.22


def test_permutation_p_sees_a_shift():
    found = pqmass(*two(shift=0.5), references=30, tessellations=20, permutations=199)
    assert found.p_value == pytest.approx(1 / 200)
    assert len(found.permuted) == 199
    assert np.isnan(pqmass(*two(), references=30).p_value)


def test_blocks_of_the_distance_change_nothing(monkeypatch):
    whole = pqmass(*two(), references=20, tessellations=6, seed=2)
    monkeypatch.setattr(module, "_BLOCK", 2000)
    np.testing.assert_array_equal(
        pqmass(*two(), references=20, tessellations=6, seed=2).chi_square, whole.chi_square
    )


def test_given_distances_are_used_and_pairs_exchanged_within_themselves():
    random = np.random.default_rng(6)
    middle = random.normal(size=(200, 2))
    first, second = (middle + 0.1 * random.normal(size=(200, 2)) for _ in range(2))
    both = np.concatenate([first, second])
    apart = cdist(both, both)
    plain = pqmass(first, second, 10, 5, 99, seed=1, paired=True)
    given = pqmass(first, second, 10, 5, 99, seed=1, paired=True, apart=apart)
    np.testing.assert_allclose(given.chi_square, plain.chi_square)
    np.testing.assert_allclose(given.permuted, plain.permuted)
    assert plain.permuted.mean() < 0.5 * pqmass(first, second, 10, 5, 99, seed=1).permuted.mean()
    shifted = pqmass(first, second + 0.1, 10, 20, 199, paired=True)
    assert shifted.p_value <= 0.01 < pqmass(first, second + 0.1, 10, 20, 199).p_value
    with pytest.raises(ValueError, match="make no pairs"):
        pqmass(first[:-1], second, 10, paired=True, permutations=3)


def test_images_are_flattened_and_coordinates_standardised():
    random = np.random.default_rng(0)
    first, second = random.normal(size=(200, 4, 4)), random.normal(size=(200, 4, 4))
    scale = np.geomspace(1, 1e4, 16).reshape(4, 4)
    plain = pqmass(first, second, 20, 5, standardise=True)
    scaled = pqmass(first * scale + 7, second * scale + 7, 20, 5, standardise=True)
    np.testing.assert_allclose(scaled.chi_square, plain.chi_square)


@pytest.mark.parametrize(
    ("first", "second", "references", "said"),
    [
        (np.zeros((50, 3)), np.zeros((50, 4)), 5, "3 and of 4 coordinates"),
        (np.zeros((50, 3)), np.zeros((50, 3)), 90, "ask for 2 to 50 references"),
        (np.full((50, 3), np.nan), np.zeros((50, 3)), 5, "not finite"),
        (np.zeros((50, 3)), np.zeros((50, 3)), 5, "in one cell"),
    ],
)
def test_bad_samples_are_refused(first, second, references, said):
    with pytest.raises(ValueError, match=said):
        pqmass(first, second, references)


def test_it_is_quick_in_a_thousand_dimensions():
    first, second = two(n=500, m=500, d=1024)
    start = time.perf_counter()
    pqmass(first, second, references=100, tessellations=50)
    assert time.perf_counter() - start < 5  # 0.2 s on an idle core
