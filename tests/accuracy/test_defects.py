"""Posteriors that are wrong on purpose: exact at size 0, and wrong in the way they say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest, multivariate_normal, norm

from astroviz.accuracy.calibration import ks_test, ranks
from astroviz.accuracy.defects import DEFECTS, claim, defect
from astroviz.accuracy.problems import NOISES, law, stage

AXIS = np.linspace(-6, 6, 241)
GRID = np.stack(np.meshgrid(AXIS, AXIS), -1).reshape(1, -1, 2)
CELL = (AXIS[1] - AXIS[0]) ** 2


def density_ranks(trial, seed=0):
    """Part of the draws of higher density than the truth, made continuous."""
    truth, draws = trial.log_prob
    return ranks(truth[:, None], draws[:, :, None], seed=seed)[:, 0]


def by_hand(on, k):
    """Prior times likelihood on a grid, normalised: no formula of the posterior is used."""
    points = GRID[0]
    seen = points @ law(2).mixing.T
    noise = NOISES[on.regimes[k]]
    likelihood = np.exp(norm.logpdf(on.data[k], seen, noise).sum(-1))
    if on.problem == "bimodal":
        likelihood = likelihood + np.exp(norm.logpdf(-on.data[k], seen, noise).sum(-1))
    found = likelihood * multivariate_normal.pdf(points, np.zeros(2))
    return found / found.sum() / CELL


@pytest.mark.parametrize("name", DEFECTS)
def test_each_is_the_exact_posterior_at_size_0(name):
    on = stage(DEFECTS[name].problem, 6, 3, 2, seed=3)
    found = np.exp(claim(name, 0.0, on).log_prob(np.repeat(GRID, 6, 0)))
    for k in range(6):
        wanted = by_hand(on, k)
        assert np.abs(found[k] - wanted).max() < 1e-6 * wanted.max() + 1e-9


@pytest.mark.parametrize("name", DEFECTS)
def test_draws_and_densities_are_of_one_law(name):
    size = 0.6
    on = stage(DEFECTS[name].problem, 3, 20_000, 2, seed=1)
    said = claim(name, size, on)
    weights = np.exp(said.log_prob(np.repeat(GRID, 3, 0))) * CELL
    assert weights.sum(1) == pytest.approx(np.ones(3), abs=2e-3)
    for k in range(3):
        mean = weights[k] @ GRID[0]
        cov = np.cov(GRID[0].T, aweights=weights[k])
        spread = np.sqrt(np.diag(cov))
        assert said.draws[k].mean(0) == pytest.approx(mean, abs=0.05 * spread.max())
        assert np.cov(said.draws[k].T) == pytest.approx(cov, abs=0.06 * spread.max() ** 2)


@pytest.mark.parametrize("problem", ["narrow", "lost"])
def test_an_exact_posterior_has_uniform_ranks_in_ten_dimensions(problem):
    trial = defect(problem, 0.0, count=1500, draws=40, parameters=10, seed=2)
    assert ks_test(ranks(trial.truths, trial.draws))[1].min() > 1e-4
    assert ks_test(density_ranks(trial))[1] > 1e-3
    likelihood = ranks(trial.log_likelihood[0][:, None], trial.log_likelihood[1][:, :, None])
    assert ks_test(likelihood)[1][0] > 1e-3
    for name, values in trial.measured.items():
        u = ranks(values[:, None], trial.predicted[name][:, :, None])
        assert ks_test(u)[1][0] > 1e-4


@pytest.mark.parametrize("name", ["prior", "regime"])
def test_some_stay_calibrated_on_average_and_are_wrong(name):
    trial = defect(name, 0.9, count=3000, draws=50, seed=4)
    u = ranks(trial.truths, trial.draws)
    assert ks_test(u)[1].min() > 1e-3
    assert ks_test(density_ranks(trial))[1] > 1e-3
    likelihood = ranks(trial.log_likelihood[0][:, None], trial.log_likelihood[1][:, :, None])
    assert ks_test(likelihood)[1][0] < 1e-6


def test_the_errors_of_two_instruments_cancel():
    trial = defect("regime", 0.9, count=3000, draws=50, seed=4)
    u = ranks(trial.truths, trial.draws)
    quiet = trial.groups["regime"] == "quiet"
    assert u[quiet].mean() < 0.46
    assert u[~quiet].mean() > 0.54


def test_one_lies_on_the_diagonal_of_highest_density_and_is_wrong():
    trial = defect("hpd", 0.7, count=3000, draws=60, seed=5)
    assert ks_test(density_ranks(trial))[1] > 1e-3
    axes = np.array([[1.0, 1.0], [1.0, -1.0]])  # along which it is too wide, and too narrow
    assert ks_test(ranks(trial.truths @ axes.T, trial.draws @ axes.T))[1].max() < 1e-6


@pytest.mark.parametrize("name", ["correlation", "permuted"])
def test_some_keep_every_marginal(name):
    trial = defect(name, 1.0, count=3000, draws=60, seed=6)
    assert ks_test(ranks(trial.truths, trial.draws))[1].min() > 1e-3
    assert ks_test(density_ranks(trial))[1] < 1e-6


def test_widths_and_shifts_are_as_wrong_as_they_say():
    exact, narrow, biased = (
        defect(name, size, 400, 200, seed=7).draws
        for name, size in (("narrow", 0.0), ("narrow", 0.1), ("biased", 0.5))
    )
    ratio = narrow.std(1) / exact.std(1)
    assert ratio == pytest.approx(np.full_like(ratio, 0.9))
    shift = (biased - exact).mean(1) / exact.std(1)
    assert shift.mean() == pytest.approx(0.5, abs=0.03)


def test_the_prior_is_what_is_left_without_data():
    trial = defect("prior", 1.0, count=200, draws=50, seed=8)
    assert kstest(trial.draws[:, :, 0].ravel(), "norm").pvalue > 1e-4
    assert trial.groups["regime"].shape == (200,)


def test_bad_input_is_a_sentence():
    with pytest.raises(ValueError, match="no defect named 'odd'; there are biased"):
        defect("odd", 0.1)
    with pytest.raises(ValueError, match=r"narrow cannot be 2 wrong: it lies between 0 and 0.9"):
        defect("narrow", 2.0)
    with pytest.raises(ValueError, match="needs the problem bimodal, not linear"):
        claim("lost", 0.1, stage("linear", 3, 2))
    with pytest.raises(ValueError, match="ask for 2 or more"):
        defect("wide", 0.1, parameters=1)
    with pytest.raises(ValueError, match="no problem named 'odd'"):
        stage("odd")
