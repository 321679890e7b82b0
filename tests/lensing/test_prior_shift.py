"""The flag for priors that do not fit: exact Gaussian priors, where the truth is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import kstest

from astroviz.lensing.gaussian_prior import exponential_prior
from astroviz.lensing.linear import LinearProblem
from astroviz.lensing.sampling import Settings
from astroviz.lensing.shift import (
    FLAG,
    ObjectShift,
    population_shift,
    posterior_of,
    simulated,
    summaries,
)

SIDE = 6
EXACT = Settings(method="exact")


@pytest.fixture(scope="module")
def priors():
    return exponential_prior(SIDE, 0.08), exponential_prior(SIDE, 2.0)


def observations(sources, seed):
    random = np.random.default_rng(seed)
    matrix = torch.from_numpy(random.normal(size=(30, SIDE**2)).astype(np.float32)) / 4
    blank = LinearProblem(matrix, torch.zeros(30), 0.5)
    return simulated([blank] * len(sources), sources, seed)


def drawn(prior, problems, seed):
    """Exact posterior draws, one an observation."""
    return torch.cat([prior.posterior(p).draws(1, seed + k) for k, p in enumerate(problems)])


def test_simulated_data_have_the_noise_of_the_problem_and_none_where_unused():
    sigma = torch.tensor([0.5, 2.0, torch.inf])
    blank = LinearProblem(torch.eye(3), torch.zeros(3), sigma)
    found = simulated([blank] * 1500, torch.ones(1500, 3), seed=1)
    data = torch.stack([p.data for p in found])
    np.testing.assert_allclose(data.std(0), [0.5, 2.0, 0.0], rtol=0.08)
    np.testing.assert_allclose(data.mean(0), 1.0, atol=0.15)
    with pytest.raises(ValueError, match="2 sources for 1 observations"):
        simulated([blank], torch.ones(2, 3), seed=1)


def test_posterior_draws_of_a_population_follow_a_right_prior_only(priors):
    rough, smooth = priors
    seen = observations(rough.sample(300, seed=1), seed=2)
    right = population_shift(drawn(rough, seen, 5), rough.sample(300, seed=3), permutations=199)
    assert 0.8 < right.reduced < 1.25
    assert right.p_value > FLAG
    wrong = population_shift(drawn(smooth, seen, 5), smooth.sample(300, seed=3), permutations=199)
    assert wrong.p_value < FLAG
    assert wrong.reduced > 1.5


def test_sampled_posteriors_are_split_into_parts_alike(priors):
    rough, _ = priors
    seen = observations(rough.sample(140, seed=1), seed=2)
    settings = Settings(method="split_gibbs", steps=12, inner_steps=2)
    draws = posterior_of(rough, seen, settings, seed=4, draws=2)
    assert draws.shape == (140, 2, SIDE**2)
    again = posterior_of(rough, seen[:128], settings, seed=4, draws=2)
    np.testing.assert_allclose(draws[:128], again, atol=1e-4)


def looked(prior, sources, seed):
    seen = observations(sources, seed)
    draws = drawn(prior, seen, 10 * seed)[:, None]
    return summaries(prior, seen, draws, seed=0)


def test_p_of_objects_is_honest_for_a_right_prior_and_small_for_a_wrong_one(priors):
    rough, smooth = priors
    flag = ObjectShift.calibrated(looked(smooth, smooth.sample(600, seed=1), 2))
    assert flag.smallest < FLAG
    same = flag.p_values(looked(smooth, smooth.sample(400, seed=5), 6))
    assert kstest(same, "uniform").pvalue > 1e-3
    assert (same < FLAG).sum() <= 14  # 4 expected
    other = looked(smooth, rough.sample(100, seed=7), 8)
    assert np.mean(flag.p_values(other) < 0.05) > 0.25
    assert np.median(flag.ood_score(other)) > np.median(flag.ood_score(looked(
        smooth, smooth.sample(100, seed=9), 10)))  # fmt: skip


def test_too_few_objects_cannot_calibrate():
    with pytest.raises(ValueError, match="30 simulated objects"):
        ObjectShift.calibrated(np.zeros((30, 4)))
