"""Posteriors that are exactly right, and ones that are wrong in a known way."""

from __future__ import annotations

import numpy as np
import pytest


def gaussian(n, size, draws, seed, shift=0.0, narrow=1.0, only=None):
    r"""Truths and draws of a conjugate Gaussian problem with strongly correlated parameters.

    The prior is standard normal; a mix of the parameters is measured with noise. `shift` moves
    the draws by that many posterior standard deviations, `narrow` scales their width, in all
    parameters or in column `only`.
    """
    rng = np.random.default_rng(seed)
    mix = np.eye(size) + 0.8 * np.ones((size, size))
    noise = 0.7
    covariance = np.linalg.inv(np.eye(size) + mix.T @ mix / noise**2)
    factor = np.linalg.cholesky(covariance)
    truths = rng.standard_normal((n, size))
    data = truths @ mix.T + noise * rng.standard_normal((n, size))
    mean = data @ mix @ covariance / noise**2
    away = rng.standard_normal((n, draws, size)) @ factor.T
    spread = np.sqrt(np.diag(covariance))
    columns = np.arange(size) if only is None else np.array([only])
    away[:, :, columns] = away[:, :, columns] * narrow + shift * spread[columns]
    return truths, mean[:, None] + away


@pytest.fixture(scope="session")
def problem():
    return gaussian
