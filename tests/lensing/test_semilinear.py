from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal

from astroviz.lensing.lens import from_free
from astroviz.lensing.operator import LensOperator
from astroviz.lensing.psf import gaussian_psf
from astroviz.lensing.rays import Rays
from astroviz.lensing.semilinear import SemiLinear
from astroviz.lensing.setup import Setup
from astroviz.lensing.simulate import simulate
from astroviz.lensing.sky_noise import SkyNoise, white_noise
from astroviz.lensing.source_grid import SourceGrid

FREE = np.array([np.log(0.8), 0.1, 0.05, 0.02, -0.03, 0.03, -0.02, 1.0])
SETUP = Setup(20, 0.12, 8, 0.12, gaussian_psf(1.6, 5))
GRID = SourceGrid(8, 0.12)
CORRELATION = np.zeros((3, 3))
CORRELATION[1, :], CORRELATION[1, 1] = 0.2, 1.0


@pytest.fixture(scope="module")
def seen():
    x, y = GRID.positions()
    source = np.exp(-(((x - 0.1) ** 2 + y**2) / 0.03))
    return simulate(SETUP, from_free(torch.from_numpy(FREE)), source, 0.05, 1)


@pytest.fixture(scope="module")
def model(seen):
    noise = SkyNoise(seen.noise, seen.mask, 1.0, CORRELATION)
    light = np.stack([np.ones(seen.shape), seen.grid()[0]])
    rays = Rays(seen, noise)
    return SemiLinear(rays, GRID, 0.5, 0.3, light=rays.whiten_images(light),
                      light_width=np.array([0.1, 0.2]))  # fmt: skip


def test_response_is_the_operators_matrix(seen):
    rays = Rays(seen, white_noise(seen))
    found = 0.05 * SemiLinear(rays, GRID, 1.0, 0.3).response(FREE)
    wanted = LensOperator(SETUP).matrix(torch.from_numpy(FREE), free=True).numpy()
    assert found == pytest.approx(wanted, abs=1e-9)


def test_evidence_is_the_density_of_the_data(seen, model):
    matrix = LensOperator(SETUP).matrix(torch.from_numpy(FREE), free=True).numpy()
    kernel = GRID.matern(0.3) + 1e-6 * np.eye(64)
    light = np.stack([np.ones(400), seen.grid()[0].ravel()], 1)
    w = model.rays.whitener.toarray()
    covariance = 0.25 * matrix @ kernel @ matrix.T + np.linalg.inv(w.T @ w)
    covariance += light @ np.diag([0.01, 0.04]) @ light.T
    wanted = multivariate_normal(np.zeros(400), covariance).logpdf(seen.image.ravel())
    assert model.log_evidence(FREE) == pytest.approx(wanted, abs=1e-3)


def test_likelihood_has_the_gradients_of_lens_and_source(model):
    random = np.random.default_rng(2)
    source, light = random.normal(size=64) * 0.3, np.array([0.02, -0.01])
    value, by_lens, by_source = model.likelihood(FREE, source, light)
    assert value < 0
    for k, step in enumerate(1e-6 * np.eye(8)):
        ends = [model.likelihood(FREE + s * step, source, light)[0] for s in (1, -1)]
        assert by_lens[k] == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-4, abs=1e-3)
    for k in (9, 27, 40):
        step = 1e-4 * np.eye(64)[k]
        ends = [model.likelihood(FREE, source + s * step, light)[0] for s in (1, -1)]
        assert by_source[k] == pytest.approx((ends[0] - ends[1]) / 2e-4, rel=1e-5, abs=1e-5)


def test_a_draw_brings_the_light_that_belongs_to_it(model):
    solution = model.solve(FREE)
    random = np.random.default_rng(3)
    drawn = [solution.both_from(random.normal(size=66)) for _ in range(400)]
    light = np.stack([one[1] for one in drawn])
    assert light.mean(0) == pytest.approx(solution.light, abs=0.01)
    mean = solution.both_from(np.zeros(66))
    assert mean[0] == pytest.approx(solution.source)
    assert np.all(light.std(0) > 0)


def test_gradient_is_that_of_the_evidence(model):
    found = model.evidence(FREE)
    assert found.value == pytest.approx(model.log_evidence(FREE), abs=1e-8)
    step = 1e-5
    for k in range(8):
        away = step * np.eye(8)[k]
        slope = (model.log_evidence(FREE + away) - model.log_evidence(FREE - away)) / (2 * step)
        assert found.gradient[k] == pytest.approx(slope, rel=2e-3, abs=0.05)
    assert (np.linalg.eigvalsh(found.information) > 0).all()


def test_draws_have_the_posterior_of_the_solution(model):
    solution = model.solve(FREE)
    draws = solution.source_draws(3000, seed=1)
    error = solution.source_deviation()
    assert (draws.mean(0) - solution.source) / error == pytest.approx(np.zeros(64), abs=0.1)
    assert draws.std(0) / error == pytest.approx(np.ones(64), abs=0.08)
    assert 0 < solution.effective < 66


def test_the_source_follows_the_lens(model):
    here = model.solve(FREE)
    answer = model.answer_to(FREE, here)
    move = np.array([0.0, 0, 0, 0, 0, 1e-4, 0, 0])
    # the mean moves by -Sigma A^T N^-1 J up to what the residual says, which is small here
    change = (model.solve(FREE + move).source - here.source) / 1e-4
    assert np.corrcoef(change, -answer[:, 5])[0, 1] > 0.7


def test_tuning_raises_the_evidence(model):
    bad = model.with_prior(0.05, 0.1)
    better = bad.tuned(FREE).tuned(FREE)
    assert better.log_evidence(FREE) > bad.log_evidence(FREE) + 5


def test_the_true_lens_is_more_probable(model):
    for k, away in ((0, 0.05), (1, 0.08), (5, 0.05)):
        assert model.log_evidence(FREE + away * np.eye(8)[k]) < model.log_evidence(FREE) - 3


def test_softened_rays_are_noisier(model):
    soft = model.rays.softened(2.0)
    assert soft.white_data * 2 == pytest.approx(model.rays.white_data)
    assert soft.log_determinant - model.rays.log_determinant == pytest.approx(400 * np.log(4))
