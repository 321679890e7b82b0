"""Split Gibbs: its two conditionals, its schedule, and what it converges to."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from astroviz.core.request import Alone
from astroviz.lensing.chains import Chains
from astroviz.lensing.gaussian_prior import GaussianPrior, exponential_prior
from astroviz.lensing.linear import LinearProblem
from astroviz.lensing.reverse_sde import denoising_posterior
from astroviz.lensing.sampling import Settings, draw, sample
from astroviz.lensing.split_gibbs import DataSide, couplings

N = 3000


@pytest.fixture(scope="module")
def case():
    random = np.random.default_rng(0)
    prior = exponential_prior(5)
    matrix = random.normal(size=(40, 25)) * np.exp(-np.arange(25) / 5)
    data = matrix @ prior.sample(1, seed=2)[0].double().numpy() + 0.3 * random.normal(size=40)
    return prior, LinearProblem(matrix, data, 0.3)


def test_the_plain_split_draws_the_gaussian_conditional(case):
    _, problem = case
    x = torch.randn(1, 25, generator=torch.Generator().manual_seed(0)).double()
    wide, rho = x.repeat(N, 1), 0.2
    normal = torch.randn(N, 25, generator=torch.Generator().manual_seed(1)).double()
    z = DataSide(problem.basis(wide), exact_split=False)(wide, rho, normal)
    matrix = problem.matrix.double()
    precision = matrix.T @ matrix / 0.3**2 + torch.eye(25) / rho**2
    mean = torch.linalg.solve(precision, problem.backprojection + x[0] / rho**2)
    covariance = torch.linalg.inv(precision)
    assert float(((z.mean(0) - mean) / covariance.diagonal().sqrt()).abs().max()) < 4.5 / N**0.5
    ratio = torch.trace(torch.linalg.solve(covariance, torch.cov(z.T))) / 25
    assert float(ratio) == pytest.approx(1.0, abs=0.02)


def test_what_the_exact_split_convolves_to_is_the_likelihood(case):
    _, problem = case
    basis, rho = problem.basis(torch.zeros(1, dtype=torch.float64)), 0.9 * problem.best_precision
    # x held at 0 by a flat conditional: q(y|z) N(z; x, rho^2) over z is a Gaussian in x, whose
    # curvature must be the likelihood's
    gain = (basis.eigenvalues[0] * rho**2).clamp_max(1.0)
    narrowed = gain / rho**2 / (1 - gain)
    convolved = 1 / (1 / narrowed + rho**2)
    known = basis.eigenvalues[0] > 1e-9
    assert torch.allclose(convolved[known], basis.eigenvalues[0][known])


@pytest.mark.parametrize(("variance", "bound"), [(1e4, 0.05), (0.25, 0.12), (1e-4, 0.02)])
def test_denoising_draws_the_posterior_of_a_noisy_source(variance, bound):
    prior = GaussianPrior(torch.zeros(16), variance * torch.eye(16))
    rho, z = 0.5, torch.full((N, 16), 0.3)
    chains = Chains(3, N, torch.empty(0))
    x, evaluations = denoising_posterior(prior, z, rho, 3, chains, Alone())
    mean = 0.3 * variance / (variance + rho**2)
    exact = variance * rho**2 / (variance + rho**2)
    assert evaluations == 7
    assert float(x.mean()) == pytest.approx(mean, abs=5 * (exact / N / 16) ** 0.5 + 1e-4)
    assert float(x.var()) == pytest.approx(exact, rel=bound, abs=1e-3)


def test_over_relaxed_draws_keep_the_law_and_oppose_each_other(case):
    _, problem = case
    x = torch.zeros(N, 25, dtype=torch.float64)
    streams = torch.Generator().manual_seed(5)
    side = DataSide(problem.basis(x), relaxed=0.9)
    fresh = DataSide(problem.basis(x))
    rho = 0.9 * problem.best_precision
    drawn = [side(x, rho, torch.randn(N, 25, generator=streams).double()) for _ in range(3)]
    alone = fresh(x, rho, torch.randn(N, 25, generator=streams).double())
    assert torch.allclose(drawn[2].mean(0), alone.mean(0), atol=6 * rho / N**0.5)
    assert float(drawn[2].var(0).sum() / alone.var(0).sum()) == pytest.approx(1, abs=0.03)
    first, second = (part - part.mean(0) for part in drawn[1:])
    together = float((first * second).mean() / (first.std() * second.std()))
    assert together == pytest.approx(-0.9, abs=0.02)


def test_the_coupling_falls_to_what_the_data_know_best():
    levels = couplings(Settings(steps=20, annealed=0.5), 0.02)
    assert levels[0] == pytest.approx(10.0)
    assert levels[9:] == pytest.approx([0.02] * 11)
    assert all(a >= b for a, b in pairwise(levels))
    assert couplings(Settings(steps=3, rho_min=0.1), 0.02)[-1] == pytest.approx(0.1)
    assert len(couplings(Settings(steps=1), 0.02)) == 1


def test_draws_are_those_of_the_exact_posterior(case):
    prior, problem = case
    found = sample(prior, problem, Settings(steps=40), 512, seed=1).double()
    posterior = prior.posterior(problem)
    assert float(found.var(0).sum() / posterior.variance.sum()) == pytest.approx(1, abs=0.05)
    white = posterior.whiten(found)
    assert float(white.square().mean()) == pytest.approx(1, abs=0.05)
    assert float((white.mean(0) * 512**0.5).square().mean()) < 2.0


def test_the_plain_split_is_too_wide_where_the_exact_one_is_not(case):
    prior, problem = case
    posterior = prior.posterior(problem)
    rho = 3 * problem.best_precision
    ratio = {}
    for exact_split in (True, False):
        settings = Settings(steps=30, rho_min=rho, exact_split=exact_split)
        draws = sample(prior, problem, settings, 512, seed=1)
        ratio[exact_split] = float(draws.double().var(0).sum() / posterior.variance.sum())
    assert ratio[True] - 1 < 0.5 * (ratio[False] - 1)
    assert ratio[False] > 1.05


def test_frames_tell_coupling_and_cost(case):
    prior, problem = case
    frames = list(draw(prior, problem, Settings(steps=4), 2, seed=0))
    assert [frame.step for frame in frames] == [1, 2, 3, 4]
    assert [frame.finished for frame in frames] == [False, False, False, True]
    assert [frame.evaluations for frame in frames] == [5, 10, 15, 28]
    assert frames[0].sigma > frames[-1].sigma
    assert all(score > 0 for score in frames[-1].guidance)
