from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, kstest

from astroviz.accuracy.calibration import (
    calibrate,
    coverage,
    coverage_curve,
    data_regimes,
    ks_test,
    rank_correlation,
    ranks,
)
from astroviz.accuracy.ecdf import ecdf_difference, simultaneous_band


def test_ranks_of_an_exact_posterior_are_uniform_for_any_number_of_draws(problem):
    for draws in (1, 3, 50):
        u = ranks(*problem(4000, 3, draws, seed=draws))
        assert u.shape == (4000, 3)
        assert (ks_test(u)[1] > 1e-3).all()


def test_ties_are_broken_at_random_and_repeatably():
    truths, draws = np.zeros((5000, 1)), np.zeros((5000, 9, 1))
    u = ranks(truths, draws, seed=4)
    assert ks_test(u[:, 0])[1] > 1e-3
    assert np.array_equal(u, ranks(truths, draws, seed=4))
    assert not np.array_equal(u, ranks(truths, draws, seed=5))


def test_weights_turn_draws_of_the_prior_into_the_posterior():
    rng = np.random.default_rng(1)
    truth = rng.standard_normal((3000, 1))
    data = truth + rng.standard_normal((3000, 1))
    prior = rng.standard_normal((3000, 2000, 1))
    weights = np.exp(-0.5 * (data - prior[:, :, 0]) ** 2)
    assert ks_test(ranks(truth, prior, weights))[1][0] > 1e-3
    assert ks_test(ranks(truth, prior))[1][0] > 1e-3  # the prior is calibrated too, over all
    high = data[:, 0] > 1
    assert ks_test(ranks(truth, prior, weights)[high])[1][0] > 1e-3
    assert ks_test(ranks(truth, prior)[high])[1][0] < 1e-9


def test_zero_weights_leave_draws_out(problem):
    truths, draws = problem(200, 2, 40, seed=0)
    weights = np.ones((200, 40))
    weights[:, 20:] = 0
    few = ranks(truths, draws[:, :20], seed=3)
    # the truth counts as one draw of mean weight, here a half
    assert np.abs(ranks(truths, draws, weights, seed=3) - few).max() < 1 / 20


@pytest.mark.parametrize("shape", [(5, 3), (4, 2)])
def test_shapes_that_do_not_fit_are_said(shape):
    with pytest.raises(ValueError, match=r"truths of shape .* do not fit"):
        ranks(np.zeros(shape), np.zeros((5, 10, 2)))


def test_numbers_that_are_not_finite_are_refused():
    draws = np.zeros((3, 4, 1))
    draws[1, 2] = np.nan
    with pytest.raises(ValueError, match="1 truths or draws are not finite"):
        ranks(np.zeros((3, 1)), draws)


def test_ks_agrees_with_scipy():
    u = np.random.default_rng(0).random((300, 4)) ** 1.1
    distance, p = ks_test(u)
    for k in range(4):
        reference = kstest(u[:, k], "uniform")
        assert distance[k] == pytest.approx(reference.statistic)
        assert p[k] == pytest.approx(reference.pvalue, rel=1e-6)


def test_coverage_and_its_binomial_error(problem):
    u = ranks(*problem(5000, 2, 99, seed=2))
    found, error = coverage(u)
    assert error == pytest.approx(binom.std(5000, 0.9) / 5000)
    assert (np.abs(found - 0.9) < 4 * error).all()
    narrow = ranks(*problem(5000, 2, 99, seed=2, narrow=0.8))
    assert (coverage(narrow)[0] < 0.84).all()
    levels = np.array([0.5, 0.68, 0.9])
    curve, errors = coverage_curve(u[:, 0], levels)
    assert (np.abs(curve - levels) < 4 * errors).all()


def test_regimes_from_the_data_leave_ranks_uniform_and_regimes_from_the_truth_do_not(problem):
    truths, draws = problem(12000, 2, 60, seed=3)
    chosen = data_regimes(draws[:, :20, 0], [-0.3, 0.3], ["low", "middle", "high"])
    u = ranks(truths, draws[:, 20:])
    cells = calibrate(u, ["a", "b"], {"regime": chosen})
    assert len(cells) == 6
    assert min(cell.ks_p for cell in cells) > 1e-3
    # the trap: cells by the true value condemn an exact posterior
    true = np.where(truths[:, 0] < -0.3, "low", "other")
    wrong = calibrate(u, ["a", "b"], {"regime": true})
    assert min(cell.ks_p for cell in wrong) < 1e-6


def test_cells_are_all_combinations_that_hold_enough_stars(problem):
    u = ranks(*problem(1000, 2, 20, seed=1))
    pattern = np.array(["all"] * 600 + ["Gaia only"] * 400)
    regime = np.array((["young"] * 580 + ["old"] * 20) + ["young"] * 200 + ["old"] * 200)
    cells = calibrate(u, ["a", "b"], {"pattern": pattern, "regime": regime})
    assert sorted({(c.group["pattern"], c.group["regime"], c.count) for c in cells}) == [
        ("Gaia only", "old", 200),
        ("Gaia only", "young", 200),
        ("all", "young", 580),
    ]
    assert all(0 <= c.ks_p <= 1 and 0 <= c.chi2_p <= 1 for c in cells)
    with pytest.raises(ValueError, match="labels of shape"):
        calibrate(u, ["a", "b"], {"pattern": pattern[:5]})
    with pytest.raises(ValueError, match="do not fit 3 parameters"):
        calibrate(u, ["a", "b", "c"])


def test_a_number_of_labels_that_does_not_fit_is_said():
    with pytest.raises(ValueError, match="2 edges make 3 regimes"):
        data_regimes(np.zeros((4, 5)), [1, 2], ["a", "b"])


def test_rank_correlation_of_constant_ranks_is_zero():
    u = np.random.default_rng(0).random((50, 3))
    u[:, 1] = 0.5
    found = rank_correlation(u)
    assert np.array_equal(np.diag(found), np.ones(3))
    assert found[0, 1] == 0


@pytest.mark.parametrize("n", [30, 400, 4000])
def test_a_uniform_sample_leaves_the_band_as_often_as_stated(n):
    rng = np.random.default_rng(7)
    z, lower, upper = simultaneous_band(n, levels=50)
    samples = np.sort(rng.random((1500, n)), axis=1)
    curves = np.stack([np.searchsorted(row, z, side="right") / n - z for row in samples])
    inside = ((curves >= lower - 1e-12) & (curves <= upper + 1e-12)).all(1).mean()
    assert 0.93 <= inside <= 0.985  # few levels of few numbers cannot be met exactly


def test_the_ecdf_of_a_wrong_posterior_leaves_the_band(problem):
    assert ecdf_difference(ranks(*problem(2000, 2, 50, seed=5))[:, 0]).inside
    assert not ecdf_difference(ranks(*problem(2000, 2, 50, seed=5, shift=0.2))[:, 0]).inside
    with pytest.raises(ValueError, match="at least one number"):
        ecdf_difference(np.array([]))
