"""With a Gaussian prior of the source the posterior of the lens is known: the evidence itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.core.request import Cancelled
from astroviz.lensing.gaussian_prior import GaussianPrior
from astroviz.lensing.joint import JointSettings, joint_chains, start_of
from astroviz.lensing.lens import from_free
from astroviz.lensing.lens_search import Clock, FreePrior, summit_of
from astroviz.lensing.psf import gaussian_psf
from astroviz.lensing.rays import Rays
from astroviz.lensing.semilinear import SemiLinear
from astroviz.lensing.setup import Setup
from astroviz.lensing.simulate import simulate
from astroviz.lensing.sky_noise import white_noise
from astroviz.lensing.source_grid import SourceGrid

GRID = SourceGrid(8, 0.14)
# only the Einstein radius and one component of the shear are free
FREE = FreePrior(np.array([0.0, 0.1, 0.05, 0, 0, 0, 0, 1.0]),
                 np.array([0.1, 1e-6, 1e-6, 1e-6, 1e-6, 0.05, 1e-6, 1e-6]))  # fmt: skip


@pytest.fixture(scope="module")
def start():
    kernel = GRID.matern(0.3)
    source = np.linalg.cholesky(kernel + 1e-6 * np.eye(64)) @ np.random.default_rng(
        4).standard_normal(64)  # fmt: skip
    truth = FREE.draw(1, np.random.default_rng(1))[0]
    setup = Setup(18, 0.18, 8, 0.14, gaussian_psf(1.5, 5))
    seen = simulate(setup, from_free(torch.from_numpy(truth)), source, 0.5, 1)
    model = SemiLinear(Rays(seen, white_noise(seen)), GRID, 1.0, 0.3)
    return start_of(model, FREE, summit_of(model, FREE, Clock(1e6)).free)


def exact(start):
    """Mean and standard deviation of log Einstein radius and shear by the evidence on a grid."""
    width = np.sqrt(np.diag(start.covariance))
    first = start.free[0] + np.linspace(-4, 4, 17) * width[0]
    second = start.free[5] + np.linspace(-4, 4, 17) * width[5]
    value = np.empty((17, 17))
    for i, a in enumerate(first):
        for j, b in enumerate(second):
            free = start.free.copy()
            free[0], free[5] = a, b
            value[i, j] = start.model.log_evidence(free) + FREE.log_prob(free)
    weight = np.exp(value - value.max())
    weight /= weight.sum()
    found = []
    for axis, points in ((1, first), (0, second)):
        p = weight.sum(axis)
        mean = (p * points).sum()
        found.append((mean, np.sqrt((p * (points - mean) ** 2).sum())))
    return found


def test_draws_are_those_of_the_exact_posterior(start):
    prior = GaussianPrior(torch.zeros(64), torch.as_tensor(GRID.matern(0.3) + 1e-6 * np.eye(64)))
    settings = JointSettings(sweeps=30, inner_steps=4)
    *_, last = joint_chains(prior, start, 48, 3, settings)
    assert last.cold
    assert 0.15 < last.accepted < 0.95
    for k, (mean, deviation) in zip((0, 5), exact(start), strict=True):
        draws = last.free[:, k]
        # 48 draws: a mean is known to 0.14, a deviation to a tenth
        assert abs(draws.mean() - mean) < 0.6 * deviation
        assert 0.65 < draws.std(ddof=1) / deviation < 1.5


def test_held_coordinates_stay(start):
    prior = GaussianPrior(torch.zeros(64), torch.as_tensor(GRID.matern(0.3) + 1e-6 * np.eye(64)))
    frames = list(joint_chains(prior, start, 2, 0, JointSettings(sweeps=3)))
    assert [frame.sweep for frame in frames] == [1, 2, 3]
    assert frames[0].rho > frames[-1].rho
    assert frames[-1].free[:, [1, 2, 3, 4, 6, 7]] == pytest.approx(
        np.tile(FREE.mean[[1, 2, 3, 4, 6, 7]], (2, 1)), abs=1e-4
    )
    again = list(joint_chains(prior, start, 2, 0, JointSettings(sweeps=3)))
    assert np.array_equal(again[-1].free, frames[-1].free)


def test_can_be_cancelled(start):
    class Stop:
        max_draws = None

        def check(self):
            raise Cancelled("stop")

        def progress(self, fraction):
            pass

    prior = GaussianPrior(torch.zeros(64), torch.as_tensor(GRID.matern(0.3) + 1e-6 * np.eye(64)))
    with pytest.raises(Cancelled):
        list(joint_chains(prior, start, 2, 0, JointSettings(sweeps=3), Stop()))
