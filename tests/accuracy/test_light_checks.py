"""Dispersion, correlations, regions, likelihoods, leftovers, regimes, predictions, residuals."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import chi2, kstest

from astroviz.accuracy import (
    contraction,
    dispersion,
    likelihood_rank,
    predictive,
    rank_correlation,
    regimes,
    region_coverage,
    residuals,
)
from astroviz.accuracy.calibration import ranks
from astroviz.accuracy.defects import defect
from astroviz.accuracy.trial import Trial, TrialError


@pytest.fixture(scope="module")
def exact():
    return defect("narrow", 0.0, 400, 60, 3, seed=9)


def test_width_and_shift_are_those_that_were_put_in(problem):
    names = ("a", "b", "c")
    for narrow in (0.8, 1.25):
        truths, draws = problem(1200, 3, 60, seed=3, narrow=narrow)
        found = dispersion.run(Trial(truths=truths, draws=draws, names=names), 0)
        assert found.value == pytest.approx(1 / np.sqrt((ndtri(ranks(truths, draws)) ** 2).mean()))
        assert (found.value < 1) == (narrow < 1)
        assert found.p_value < 1e-6
    truths, draws = problem(1200, 3, 60, seed=3, shift=-0.3)
    found = dispersion.run(Trial(truths=truths, draws=draws, names=names), 0)
    assert np.allclose(found.curves["bias"], 0.3, atol=0.12)
    assert all(p < 1e-6 for p in found.by.values())


def test_the_error_of_the_width_heeds_that_parameters_go_together():
    random = np.random.default_rng(1)
    centre = random.normal(size=(500, 1, 8))
    free = centre + random.normal(size=(500, 81, 8))
    tied = np.repeat(free[:, :, :1], 8, 2)
    names = tuple("abcdefgh")
    errors = [
        dispersion.run(Trial(truths=p[:, 0], draws=p[:, 1:], names=names), 0).error
        for p in (free, tied)
    ]
    assert errors[0] == pytest.approx(1 / np.sqrt(2 * 500 * 8), rel=0.1)
    assert errors[1] == pytest.approx(1 / np.sqrt(2 * 500), rel=0.1)


def test_a_correlation_that_is_missing_is_measured():
    random = np.random.default_rng(2)
    factor = np.linalg.cholesky([[1, 0.8], [0.8, 1]])
    truths = random.normal(size=(800, 2)) @ factor.T
    draws = random.normal(size=(800, 60, 2))
    found = rank_correlation.run(Trial(truths=truths, draws=draws, names=("a", "b")), 0)
    assert found.value == pytest.approx(0.8, abs=0.12)
    assert found.p_value < 1e-6
    assert "a, b" in found.by
    right = random.normal(size=(800, 60, 2)) @ factor.T
    assert rank_correlation.run(Trial(truths=truths, draws=right, names=("a", "b")), 0).p_value > (
        0.01
    )


def test_mahalanobis_distances_are_those_of_numpy():
    random = np.random.default_rng(3)
    truths, draws = random.normal(size=(4, 3)), random.normal(size=(4, 20, 3))
    first, _ = rank_correlation.quantities(truths, draws, [(0, 1), (0, 2), (1, 2)])
    points = np.concatenate([truths[:, None], draws], 1)[2]
    away = points[0] - points.mean(0)
    inverse = np.linalg.inv(np.cov(points.T, bias=True))
    assert first.shape == (4, 5)
    assert first[2, -1] == pytest.approx(away @ inverse @ away, rel=1e-5)


def test_of_many_parameters_some_pairs_are_looked_at():
    assert len(rank_correlation.pairs_of(4)) == 6
    some = rank_correlation.pairs_of(500, seed=1)
    assert len(some) == 190
    assert some == rank_correlation.pairs_of(500, seed=1)
    assert all(a < b < 500 for a, b in some)


def test_regions_of_highest_density_are_counted_as_by_hand(exact):
    level, names = region_coverage.credibility(exact, 0)
    inside = (exact.log_prob[1] > exact.log_prob[0][:, None]).mean(1)
    assert names == ("highest density",)
    assert np.allclose(level[:, 0], inside, atol=1 / 60)
    narrow = region_coverage.run(defect("narrow", 0.3, 400, 60, 3, seed=9), 0)
    assert narrow.value < 0.8
    assert narrow.p_value < 1e-6
    bare = dataclasses.replace(exact, log_prob=None)
    found = region_coverage.run(bare, 0)
    assert found.p_value > 0.01
    assert "No density" in found.sentence
    assert set(found.by) == set(exact.names)


def test_truths_fit_better_than_draws_that_ignore_the_data(exact):
    found = likelihood_rank.run(defect("prior", 1.0, 400, 60, 3, seed=9), 0)
    assert found.value > 0.9
    assert found.p_value < 1e-12
    right = likelihood_rank.run(exact, 0)
    assert abs(right.value - 0.5) < 4 * right.error
    truths, draws = exact.log_likelihood
    impossible = np.where(np.arange(60) < 20, -np.inf, draws)
    low = likelihood_rank.run(dataclasses.replace(exact, log_likelihood=(truths, impossible)), 0)
    assert np.isfinite(low.value)
    assert low.value > right.value
    with pytest.raises(TrialError, match="no log likelihood"):
        likelihood_rank.run(dataclasses.replace(exact, log_likelihood=None), 0)


def test_contraction_is_claimed_and_achieved_alike_by_exact_posteriors(exact):
    found = contraction.run(exact, 0)
    assert found.value == pytest.approx(found.expected, abs=0.1)
    assert found.p_value > 0.01
    # by the law of total variance, for the known covariances
    assert 0.3 < found.value < 0.95
    sure = contraction.run(defect("narrow", 0.5, 400, 60, 3, seed=9), 0)
    assert sure.value > sure.expected + 0.1
    blind = contraction.run(defect("prior", 1.0, 400, 60, 3, seed=9), 0)
    assert abs(blind.value) < 0.1
    assert blind.p_value < 1e-6
    assert np.abs(blind.curves["leftover"]).max() > 0.3


def test_gaps_and_many_columns_of_data_become_few_features():
    random = np.random.default_rng(4)
    data = random.normal(size=(200, 100))
    data[:, 0] = np.where(random.random(200) < 0.5, np.nan, data[:, 0])
    few = Trial(truths=np.zeros((200, 1)), draws=np.zeros((200, 2, 1)), names=("x",),
                observations=data[:, :2], observation_names=("a", "b"))  # fmt: skip
    x, names = contraction.features_of(few)
    assert names == ["a", "b", "a from its middle", "b from its middle", "a missing"]
    assert np.allclose(x.mean(0), 0, atol=1e-9)
    assert np.allclose(x.std(0), 1)
    x, names = contraction.features_of(dataclasses.replace(few, observations=data,
                                                           observation_names=()))  # fmt: skip
    assert x.shape == (200, 60)
    assert np.isfinite(x).all()


def test_a_regime_that_is_wrong_is_named():
    random = np.random.default_rng(5)
    groups = {"side": np.where(np.arange(600) % 3 == 0, "left", "right")}
    shift = np.where(groups["side"] == "left", 0.5, -0.05)[:, None]
    draws = random.normal(size=(600, 60, 2))
    trial = Trial(truths=random.normal(size=(600, 2)) + shift, draws=draws, names=("a", "b"),
                  groups=groups)  # fmt: skip
    found = regimes.run(trial, 0)
    assert found.p_value < 1e-6
    assert "side left" in found.sentence
    left = next(c for c in regimes.cells(trial) if (c.label, c.parameter) == ("left", "b"))
    assert left.count == 200
    assert left.bias == pytest.approx(0.5, abs=0.25)
    assert found.objects[0] > found.objects[1]
    with pytest.raises(TrialError, match="no group has 20"):
        regimes.run(dataclasses.replace(trial, groups={"id": np.arange(600)}), 0)


def test_predictions_are_ranked_where_something_was_measured(exact):
    found = predictive.run(exact, 0)
    assert found.p_value > 0.01
    name = next(iter(exact.measured))
    values = exact.measured[name].copy()
    values[:100] = np.nan
    gappy = dataclasses.replace(exact, measured={name: values})
    u = predictive.transforms(gappy, 0)
    assert np.isnan(u[:100]).all()
    by_hand = (exact.predicted[name] < exact.measured[name][:, None]).mean(1)
    assert np.allclose(u[100:, 0], by_hand[100:], atol=1 / 60)
    assert predictive.run(gappy, 0).by[name] == pytest.approx(kstest(u[100:, 0], "uniform").pvalue)
    far = dataclasses.replace(exact, measured={name: exact.measured[name] + 3})
    assert predictive.run(far, 0).p_value < 1e-6
    with pytest.raises(TrialError, match="measured but not predicted"):
        predictive.run(dataclasses.replace(exact, measured={"z": values}), 0)


def test_residuals_of_draws_follow_chi_square_of_all_pixels():
    random = np.random.default_rng(6)
    dof = np.full(500, 40.0)
    noise = chi2.rvs(40, size=(500, 20), random_state=random)
    base = Trial(truths=np.zeros((500, 1)), draws=np.zeros((500, 20, 1)), names=("x",))
    found = residuals.run(dataclasses.replace(base, chi_square=(noise, dof)), 0)
    assert found.p_value > 0.01
    assert abs(found.value - 1) < 4 * found.error
    far = residuals.run(dataclasses.replace(base, chi_square=(noise * 1.1, dof)), 0)
    assert far.p_value < 1e-3
    assert far.value == pytest.approx(1.1, abs=0.02)
    with pytest.raises(TrialError, match="not above 0"):
        residuals.run(dataclasses.replace(base, chi_square=(noise, 0 * dof)), 0)


def test_images_are_judged_in_blocks():
    random = np.random.default_rng(7)
    points = random.normal(size=(60, 21, 900)).astype(np.float32)
    trial = Trial(truths=points[:, 0], draws=points[:, 1:], geometry="image",
                  names=tuple(f"pixel {k}" for k in range(900)))  # fmt: skip
    for module in (rank_correlation, dispersion):
        found = module.run(trial, 0)
        assert 0.001 < found.p_value <= 1
        assert len(found.by) == 64
