"""Particles and their weights, and the variational Gaussian."""

from __future__ import annotations

import math

import pytest
import torch
from scipy.stats import multivariate_normal

from astroviz.lensing.gaussian_prior import GaussianPrior
from astroviz.lensing.linear import LinearProblem
from astroviz.lensing.particles import effective_number, log_twist, systematic
from astroviz.lensing.sampling import Settings, draw, sample


@pytest.fixture(scope="module")
def case():
    covariance = torch.tensor([[1.0, 0.6], [0.6, 0.8]], dtype=torch.float64)
    prior = GaussianPrior(torch.zeros(2), covariance)
    return prior, LinearProblem(torch.tensor([[1.0, 0.4]]), torch.tensor([1.2]), 0.5)


def test_effective_number():
    assert effective_number(torch.zeros(8)) == pytest.approx(8)
    assert effective_number(torch.tensor([0.0, -1e3, -1e3])) == pytest.approx(1)


def test_systematic_draws_as_often_as_the_weights_say():
    weight = torch.tensor([0.5, 0.25, 0.125, 0.125]).log()
    for uniform in (0.01, 0.5, 0.99):
        found = systematic(weight, 8, uniform)
        assert torch.bincount(found, minlength=4).tolist() == [4, 2, 1, 1]


def test_the_twist_is_a_density_of_the_data(case):
    _, problem = case
    denoised = torch.tensor([[0.2, -0.4], [1.0, 0.5]], dtype=torch.float64)
    matrix, variance = problem.matrix.double().numpy(), 0.7
    spread = 0.25 + variance * matrix @ matrix.T
    density = [multivariate_normal(matrix @ row.numpy(), spread).logpdf(1.2) for row in denoised]
    found = log_twist(problem.basis(denoised), denoised, variance)
    assert float(found[0] - found[1]) == pytest.approx(density[0] - density[1], abs=1e-6)


def test_many_particles_give_the_exact_posterior(case):
    prior, problem = case
    settings = Settings("smc", steps=100, particles=4, sigma_max=10.0, sigma_min=0.01)
    frames = list(draw(prior, problem, settings, 300, seed=0))
    exact = prior.posterior(problem)
    found = frames[-1].samples.double()
    assert torch.allclose(found.mean(0), exact.mean, atol=0.2)
    assert torch.allclose(torch.cov(found.T), exact.covariance, atol=0.25)
    ((name, effective),) = frames[-1].diagnostics
    assert name == "effective"
    assert 300 < effective <= 1200


def test_the_fit_is_the_mean_field_of_a_gaussian_posterior(case):
    prior, problem = case
    draws = sample(prior, problem, Settings("variational", steps=400), 4000, seed=0).double()
    exact = prior.posterior(problem)
    assert torch.allclose(draws.mean(0), exact.mean, atol=0.15)
    # KL(q || p) over Gaussians without correlations in the eigenbasis: 1 / diag of the precision
    basis = problem.basis(draws)
    precision = basis.vectors.T @ torch.linalg.inv(exact.covariance) @ basis.vectors
    found = basis.rotate(draws).var(0)
    for variance, bend in zip(found, precision.diagonal(), strict=True):
        assert math.log(float(variance) * float(bend)) == pytest.approx(0, abs=0.6)
