"""A linear problem keeps of its data what the likelihood needs, and no more."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import linalg

from astroviz.lensing.linear import LinearProblem, ProblemError, stack


@pytest.fixture
def parts():
    random = np.random.default_rng(0)
    return random.normal(size=(30, 9)), random.normal(size=30), random.uniform(0.5, 2.0, 30)


def direct(matrix, data, covariance, x):
    left = data - matrix @ x
    return left @ np.linalg.solve(covariance, left)


def test_chi_square_is_that_of_the_data_themselves(parts):
    matrix, data, noise = parts
    problem = LinearProblem(matrix, data, noise)
    x = np.random.default_rng(1).normal(size=(4, 9))
    expected = [direct(matrix, data, np.diag(noise**2), row) for row in x]
    assert np.allclose(problem.chi_square(torch.from_numpy(x)), expected, rtol=1e-5)
    whitened = problem.residual(torch.from_numpy(x))
    assert np.allclose((whitened**2).sum(1), expected, rtol=1e-5)
    assert np.allclose(problem.reduced_chi_square(torch.from_numpy(x)) * 30, expected, rtol=1e-5)


def test_correlated_noise_is_whitened_by_the_function_given(parts):
    matrix, data, _ = parts
    covariance = linalg.toeplitz(0.5 ** np.arange(30)) * 0.3
    lower = torch.from_numpy(np.linalg.cholesky(covariance))
    problem = LinearProblem(
        matrix, data, lambda v: torch.linalg.solve_triangular(lower, v, upper=False)
    )
    x = np.random.default_rng(1).normal(size=(3, 9))
    expected = [direct(matrix, data, covariance, row) for row in x]
    assert np.allclose(problem.chi_square(torch.from_numpy(x)), expected, rtol=1e-5)
    back = matrix.T @ np.linalg.solve(covariance, data)
    assert np.allclose(problem.backprojection, back, rtol=1e-4, atol=1e-5)


def test_the_basis_gives_gradient_and_misfit(parts):
    matrix, data, noise = parts
    problem = LinearProblem(matrix, data, noise)
    x = torch.from_numpy(np.random.default_rng(1).normal(size=(5, 9)))
    basis = problem.basis(x)
    assert torch.allclose(basis.unrotate(basis.rotate(x)), x)
    weight = np.diag(noise**-2)
    gradient = (matrix.T @ weight @ (data[:, None] - matrix @ x.numpy().T)).T
    assert np.allclose(basis.unrotate(basis.innovation(x)), gradient, rtol=1e-4, atol=1e-4)
    assert torch.allclose(basis.misfit(x), problem.chi_square(x))
    assert problem.basis(x) is basis
    assert problem.basis(x.float()).vectors.dtype == torch.float32
    assert problem.best_precision == pytest.approx(
        1 / np.linalg.norm(matrix / noise[:, None], 2), rel=1e-5
    )


def test_pixels_of_infinite_noise_are_not_used_even_where_they_are_nan(parts):
    matrix, data, noise = parts
    hidden = noise.copy()
    hidden[:5] = np.inf
    dirty = data.copy()
    dirty[:5] = np.nan
    problem = LinearProblem(matrix, dirty, hidden)
    short = LinearProblem(matrix[5:], data[5:], noise[5:])
    x = torch.zeros(1, 9)
    assert problem.pixels == 25
    assert torch.allclose(problem.chi_square(x), short.chi_square(x))
    assert torch.allclose(problem.backprojection, short.backprojection)


def test_other_data_share_the_eigensystem(parts):
    matrix, data, noise = parts
    problem = LinearProblem(matrix, data, noise)
    other = problem.with_data(2 * data)
    assert other.eigenvectors is problem.eigenvectors
    assert torch.allclose(other.backprojection, 2 * problem.backprojection)
    assert other.key != problem.key
    assert problem.with_data(data).key == problem.key


@pytest.mark.parametrize("shared", [True, False])
def test_a_stack_gives_each_chain_its_own_problem(parts, shared):
    matrix, data, noise = parts
    first = LinearProblem(matrix, data, noise)
    second = first.with_data(data + 1) if shared else LinearProblem(2 * matrix, data, noise)
    x = torch.from_numpy(np.random.default_rng(1).normal(size=(6, 9)))
    both = stack([first, second]).basis(x)
    assert (both.vectors.ndim == 2) == shared
    alone = torch.cat([p.basis(x).innovation(r) for p, r in ((first, x[:3]), (second, x[3:]))])
    apart = torch.cat([p.basis(x).unrotate(p.basis(x).innovation(r))
                       for p, r in ((first, x[:3]), (second, x[3:]))])  # fmt: skip
    assert torch.allclose(both.innovation(x), alone)
    assert torch.allclose(both.unrotate(both.innovation(x)), apart)
    misfit = torch.cat([first.chi_square(x[:3]), second.chi_square(x[3:])])
    assert torch.allclose(both.misfit(x), misfit)


@pytest.mark.parametrize(
    ("matrix", "data", "noise", "words"),
    [
        (np.ones(3), np.ones(3), 1.0, "must be a matrix"),
        (np.ones((3, 4)), np.ones(2), 1.0, "2 data values for an operator of 3 rows"),
        (np.ones((3, 4)), np.ones(3), 0.0, "noise must be positive"),
        (np.ones((3, 4)), np.ones(3), np.full(3, np.inf), "no data pixel is used"),
        (np.ones((3, 4)), np.array([1.0, np.nan, 1.0]), 1.0, "not finite"),
        (np.ones((3, 4)), np.ones(3), np.ones(5), "5 noise values for 3 data pixels"),
    ],
)
def test_what_cannot_be_is_said(matrix, data, noise, words):
    with pytest.raises(ProblemError, match=words):
        LinearProblem(matrix, data, noise)


def test_problems_of_different_sizes_make_no_stack():
    small, large = (LinearProblem(torch.eye(k), torch.ones(k), 1.0) for k in (4, 9))
    with pytest.raises(ProblemError, match=r"\[4, 9\]"):
        stack([small, large])
