"""Each approximation of the likelihood against what it claims to be."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.lensing.gaussian_prior import GaussianPrior, exponential_prior
from astroviz.lensing.likelihood import (
    Convolved,
    DenoisedResidual,
    MomentMatching,
    PseudoInverse,
    linearise,
)
from astroviz.lensing.linear import LinearProblem, stack

SIGMA = 0.5


class Bent:
    """A denoiser that is not linear, without a known Jacobian."""

    name, pixels, dim, device, sigma_data = "bent", 2, 4, torch.device("cpu"), 1.0

    def denoise(self, x, sigma):
        return torch.tanh(x) + 0.1 * x.roll(1, -1)


@pytest.fixture(scope="module")
def case():
    random = np.random.default_rng(0)
    prior = exponential_prior(5)
    matrix = random.normal(size=(40, 25)) * np.exp(-np.arange(25) / 5)
    data = matrix @ prior.sample(1, seed=2)[0].double().numpy() + 0.1 * random.normal(size=40)
    problem = LinearProblem(matrix, data, 0.1)
    x = prior.sample(3, seed=4).double() + SIGMA * torch.from_numpy(random.normal(size=(3, 25)))
    return prior, problem, x


def exact(prior, problem, x):
    """Mean of the source given data and noisy source, from the joint Gaussian."""
    precision = (
        torch.linalg.inv(prior.covariance)
        + problem.matrix.double().T @ problem.matrix.double() / 0.1**2
        + torch.eye(25) / SIGMA**2
    )
    return torch.linalg.solve(precision, (problem.backprojection + x / SIGMA**2).T).T


def test_moment_matching_is_exact_for_a_gaussian_prior(case):
    prior, problem, x = case
    for iterations in (0, 60):
        guide = MomentMatching(prior, problem.basis(x), iterations)
        assert torch.allclose(guide(x, SIGMA, 0.5).posterior, exact(prior, problem, x), atol=1e-4)


def test_iterations_come_closer_one_by_one(case):
    prior, problem, x = case
    truth = exact(prior, problem, x)
    off = [
        float((MomentMatching(prior, problem.basis(x), k)(x, SIGMA, 0.5).posterior - truth).norm())
        for k in (1, 3, 8)
    ]
    assert off[0] > 2 * off[1] > 10 * off[2]


def test_the_direct_solve_equals_the_iterated_one_for_a_stack(case):
    prior, problem, x = case
    both = stack([problem, problem.with_data(problem.data + 0.3)])
    wide = x.repeat_interleave(2, 0)
    direct = MomentMatching(prior, both.basis(wide), 0)(wide, SIGMA, 0.5)
    iterated = MomentMatching(prior, both.basis(wide), 80)(wide, SIGMA, 0.5)
    assert torch.allclose(direct.posterior, iterated.posterior, atol=1e-4)
    assert float((direct.posterior[0] - direct.posterior[3]).norm()) > 0.01


def test_convolution_is_exact_for_a_flat_prior(case):
    _, problem, x = case
    flat = GaussianPrior(torch.zeros(25), 1e8 * torch.eye(25))
    found = Convolved(flat, problem.basis(x))(x, SIGMA, 0.5).posterior
    assert torch.allclose(found, exact(flat, problem, x), atol=1e-4)


def test_the_pseudoinverse_is_exact_for_independent_pixels(case):
    _, problem, x = case
    white = GaussianPrior(torch.zeros(25), 0.7 * torch.eye(25))
    found = PseudoInverse(white, problem.basis(x), 0.7)(x, SIGMA, 0.5).posterior
    assert torch.allclose(found, exact(white, problem, x), atol=1e-6)


def test_dps_moves_down_the_norm_of_the_residual():
    prior, x = Bent(), torch.tensor([[0.3, -0.8, 0.5, 0.1]], dtype=torch.float64)
    matrix = torch.tensor([[1.0, 0.5, 0.0, 0.0], [0.0, 1.0, 0.5, 0.0]], dtype=torch.float64)
    problem = LinearProblem(matrix, torch.tensor([1.0, -1.0]), 0.2)
    part = 0.25
    found = DenoisedResidual(prior, problem.basis(x), 0.7)(x, SIGMA, part)
    variable = x.clone().requires_grad_()
    left = problem.data - (prior.denoise(variable, SIGMA) @ matrix.T)[0]
    (slope,) = torch.autograd.grad(left.norm(), variable)
    move = part * (found.posterior - found.prior)
    # its own scale is that of an operator of norm 1
    expected = -0.7 * slope / torch.linalg.matrix_norm(matrix, 2)
    assert torch.allclose(move, expected, atol=1e-6)


def test_a_network_is_linearised_by_automatic_derivatives():
    prior, x = Bent(), torch.tensor([[0.3, -0.8, 0.5, 0.1]])
    v = torch.tensor([[0.2, 1.0, -0.4, 0.7]])
    denoised, pullback = linearise(prior, x, SIGMA)
    full = torch.autograd.functional.jacobian(lambda one: prior.denoise(one, SIGMA), x[0])
    assert torch.allclose(pullback(v), v @ full, atol=1e-6)
    assert torch.allclose(pullback(v), pullback(v))
    assert not denoised.requires_grad


def test_costs_count_products_with_the_jacobian_twice(case):
    prior, problem, x = case
    basis = problem.basis(x)
    costs = {
        Convolved(prior, basis): 1,
        PseudoInverse(prior, basis): 3,
        DenoisedResidual(prior, basis): 3,
        MomentMatching(prior, basis, 2): 7,
    }
    assert all(guide(x, SIGMA, 0.5).evaluations == cost for guide, cost in costs.items())
