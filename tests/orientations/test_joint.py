"""Joint diffusion with analytic scores: draws and likelihoods must be the analytic ones."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal

from astroviz.orientations.groups import SymmetricMixture
from astroviz.orientations.joint import WIDEST, log_prob_joint, sample_joint, scalar_noise
from astroviz.orientations.rotations import random_rotations

MIDDLE = torch.tensor([0.3, -0.2])
COVARIANCE = torch.tensor([[1.0, 0.4], [0.4, 0.6]])


@pytest.fixture(scope="module")
def law():
    means = random_rotations(2, torch.Generator().manual_seed(1))
    return SymmetricMixture(means, torch.tensor([0.4, 0.6]), torch.tensor([0.7, 0.3]), "D2")


@pytest.fixture(scope="module")
def score(law):
    def pair(rotation, sigma, x):
        spread = COVARIANCE + scalar_noise(sigma).square()[:, None, None] * torch.eye(2)
        move = -torch.linalg.solve(spread, (x - MIDDLE)[..., None])[..., 0]
        return law.score(rotation, sigma), move

    return pair


def test_the_scales_meet_at_both_ends():
    tau = scalar_noise(torch.tensor([0.01, 0.3, 3.0]))
    assert torch.allclose(tau[[0, 2]], torch.tensor([0.01, WIDEST]), rtol=1e-4)
    assert 0.01 < float(tau[1]) < WIDEST


def test_the_likelihood_is_the_product_of_the_analytic_ones(law, score):
    generator = torch.Generator().manual_seed(2)
    rotation = law.sample(40, generator)
    x = MIDDLE + torch.randn(40, 2, generator=generator) @ torch.linalg.cholesky(COVARIANCE).T
    found = log_prob_joint(score, rotation, x)
    normal = multivariate_normal(MIDDLE.numpy(), COVARIANCE.numpy()).logpdf(x.numpy())
    expected = law.log_prob(rotation).numpy() + normal
    assert np.abs(found.numpy() - expected).max() < 0.02
    assert abs((found.numpy() - expected).mean()) < 0.005


def test_draws_have_the_moments_of_the_law(law, score):
    generator = torch.Generator().manual_seed(3)
    n = 3000
    start = random_rotations(n, generator)
    noise = WIDEST * torch.randn(n, 2, generator=generator)
    rotation, x = sample_joint(score, start, noise, steps=19)
    error = 4 / math.sqrt(n)
    assert torch.allclose(x.mean(0), MIDDLE, atol=error)
    assert torch.allclose(torch.cov(x.T), COVARIANCE, atol=1.5 * error)
    axis = rotation[..., 0]
    found = (axis[:, :, None] * axis[:, None, :]).mean(0)
    exact = law.sample(40000, generator)[..., 0]
    expected = (exact[:, :, None] * exact[:, None, :]).mean(0)
    assert torch.allclose(found, expected, atol=error)


def test_a_check_can_give_up(score):
    class GivenUp(Exception):
        pass

    def check():
        raise GivenUp

    with pytest.raises(GivenUp):
        sample_joint(score, random_rotations(2), torch.zeros(2, 2), check=check)
