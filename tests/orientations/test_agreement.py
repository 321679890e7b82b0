from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2, kstest

from astroviz.orientations.agreement import chi_square, hartlap, together


@pytest.fixture(scope="module")
def covariance():
    half = np.random.default_rng(0).normal(size=(6, 6))
    return half @ half.T * np.outer(10.0 ** -np.arange(6), 10.0 ** -np.arange(6))


def test_it_is_the_quadratic_form_of_the_inverse(covariance):
    difference = np.sqrt(np.diag(covariance)) * [1, -1, 0.5, 2, 0, 1]
    found = chi_square(difference, covariance)
    expected = difference @ np.linalg.solve(covariance, difference)
    assert found.chi_square == pytest.approx(expected, rel=1e-6)
    assert found.dof == 6
    assert found.p_value == pytest.approx(chi2.sf(expected, 6))


def test_right_noise_gives_uniform_p_values(covariance):
    rng = np.random.default_rng(1)
    draws = rng.multivariate_normal(np.zeros(6), covariance, 400)
    values = [chi_square(x, covariance).p_value for x in draws]
    assert kstest(values, "uniform").pvalue > 1e-3
    joint = together([chi_square(x, covariance) for x in draws])
    assert joint.total.p_value > 1e-3
    assert joint.total.dof == 2400
    assert joint.curves == 400
    assert joint.worst == min(values)
    wrong = together([chi_square(1.2 * x, covariance) for x in draws])
    assert wrong.total.p_value < 1e-6
    assert wrong.uniform < 1e-3


def test_empty_bins_are_left_out(covariance):
    difference = np.array([1.0, np.nan, 1.0, 1.0, 1.0, 1.0]) * np.sqrt(np.diag(covariance))
    holes = covariance.copy()
    holes[2] = holes[:, 2] = 0
    keep = [0, 3, 4, 5]
    part, matrix = difference[keep], covariance[np.ix_(keep, keep)]
    found = chi_square(difference, holes)
    assert found.dof == 4
    assert found.chi_square == pytest.approx(part @ np.linalg.solve(matrix, part), rel=1e-6)
    nothing = chi_square(np.full(2, np.nan), np.eye(2))
    assert (nothing.dof, nothing.p_value) == (0, 1.0)


def test_hartlap_makes_the_inverse_unbiased():
    rng = np.random.default_rng(2)
    samples, bins = 27, 5
    draws = rng.normal(size=(3000, samples, bins))
    inverse = np.mean([np.linalg.inv(np.cov(x.T))[0, 0] for x in draws])
    assert inverse * hartlap(samples, bins) == pytest.approx(1.0, rel=0.03)
    assert inverse == pytest.approx(26 / 20, rel=0.03)
    plain = chi_square(np.ones(bins), np.eye(bins))
    corrected = chi_square(np.ones(bins), np.eye(bins), samples=samples)
    assert corrected.chi_square == pytest.approx(plain.chi_square * 20 / 26)


def test_too_few_samples_or_curves_are_named():
    with pytest.raises(ValueError, match="more than 10 samples"):
        hartlap(8, 8)
    with pytest.raises(ValueError, match="no curve"):
        together([])
