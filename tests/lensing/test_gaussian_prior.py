"""The Gaussian process knows its own denoiser and its own posterior."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal

from astroviz.lensing.gaussian_prior import GaussianPrior, exponential_prior, matern_prior
from astroviz.lensing.linear import LinearProblem


@pytest.fixture(scope="module")
def prior():
    return exponential_prior(6)


@pytest.fixture(scope="module")
def problem(prior):
    random = np.random.default_rng(3)
    matrix = random.normal(size=(20, 36))
    truth = prior.sample(1, seed=5)[0].numpy()
    return LinearProblem(matrix, matrix @ truth + 0.2 * random.normal(size=20), 0.2)


def test_the_denoiser_is_the_conditional_mean(prior):
    covariance, sigma = prior.covariance.numpy(), 0.4
    shifted = GaussianPrior(torch.full((36,), 0.3), prior.covariance)
    x = np.random.default_rng(0).normal(size=(3, 36))
    gain = covariance @ np.linalg.inv(covariance + sigma**2 * np.eye(36))
    expected = 0.3 + (x - 0.3) @ gain.T
    assert np.allclose(shifted.denoise(torch.from_numpy(x), sigma), expected)
    assert np.allclose(shifted.jacobian(sigma), gain)
    law = multivariate_normal(np.full(36, 0.3), covariance + sigma**2 * np.eye(36))
    step = 1e-5 * np.eye(36)[7]
    slope = (law.logpdf(x[0] + step) - law.logpdf(x[0] - step)) / 2e-5
    found = shifted.score(torch.from_numpy(x), torch.full((3,), sigma))[0, 7]
    assert float(found) == pytest.approx(slope, rel=1e-5)


def test_draws_have_the_covariance(prior):
    draws = prior.sample(4000, seed=1).double()
    found = draws.T @ draws / len(draws)
    assert float((found - prior.covariance).abs().max()) < 0.12
    assert torch.equal(prior.sample(3, seed=1), prior.draw_truth(3, seed=1))
    assert not torch.equal(prior.sample(3, seed=1), prior.sample(3, seed=2))


def test_the_posterior_is_that_of_the_textbook(prior, problem):
    posterior = prior.posterior(problem)
    matrix, data = problem.matrix.double().numpy(), problem.data.numpy()
    precision = np.linalg.inv(prior.covariance.numpy()) + matrix.T @ matrix / 0.2**2
    covariance = np.linalg.inv(precision)
    assert np.allclose(posterior.covariance, covariance, atol=1e-6)
    assert np.allclose(posterior.mean, covariance @ matrix.T @ data / 0.2**2, atol=1e-5)
    assert np.allclose(posterior.variance, np.diag(covariance), atol=1e-6)
    white = posterior.whiten(posterior.draws(500, seed=0))
    assert abs(float(white.square().mean()) - 1) < 0.04
    assert float(white.mean(0).abs().max()) < 0.25


def test_the_evidence_ranks_noise_as_the_density_of_the_data_does(prior, problem):
    matrix, data = problem.matrix.double().numpy(), problem.data.numpy()

    def density(noise):
        spread = matrix @ prior.covariance.numpy() @ matrix.T + noise**2 * np.eye(20)
        return multivariate_normal(np.zeros(20), spread).logpdf(data)

    def found(noise):
        one = LinearProblem(problem.matrix, problem.data, noise)
        return prior.posterior(one).log_evidence - 20 * np.log(noise)

    assert found(0.3) - found(0.2) == pytest.approx(density(0.3) - density(0.2), abs=1e-4)


def test_kernels(prior):
    smooth = matern_prior(6)
    assert float(smooth.covariance[0, 0]) == pytest.approx(1.0, abs=1e-5)
    assert smooth.pixels == prior.pixels == 6
    middle, corner = prior.covariance.diagonal().reshape(6, 6)[[2, 0], [3, 0]]
    assert middle > 5 * corner
    with pytest.raises(ValueError, match="negative eigenvalue"):
        GaussianPrior(torch.zeros(2), torch.tensor([[1.0, 2.0], [2.0, 1.0]]))
