from __future__ import annotations

import numpy as np
import pytest
import torch

import astroviz
from astroviz.lensing.joint import JointSettings
from astroviz.lensing.joint_posterior import JointPosterior, gaussian_of
from astroviz.lensing.lens import LENS_NAMES, LensError
from astroviz.lensing.model import LensingModel
from astroviz.lensing.observation import ObservationError
from astroviz.lensing.psf import gaussian_psf
from astroviz.lensing.setup import Setup
from astroviz.lensing.simulate import simulate
from astroviz.lensing.sky_noise import SkyNoise, white_noise
from astroviz.lensing.source_frame import LightlessWhitening
from astroviz.lensing.source_of_lens import source_fit

LENS = {"einstein_radius": 1.0, "axis_ratio": 0.8, "position_angle": 0.6, "shear1": 0.03}


@pytest.fixture(scope="module")
def model():
    return astroviz.load("lensing/galaxies16", device="cpu")


@pytest.fixture(scope="module")
def seen(model):
    setup = Setup(32, 0.1, 16, 0.07, gaussian_psf(1.5, 5))
    return simulate(setup, LENS, model.draw_truth(1, 3)[0], 0.1, 3)


def test_is_the_prior_and_the_door(model):
    assert isinstance(model, LensingModel)
    assert model.prior is model
    assert [name for name, _, _ in model.parameters] == list(LENS_NAMES)
    assert model.parameters[0][1] == "arcsec"
    assert model.open(np.zeros((9, 9)), 1.0, pixel_scale=0.1).pixel_scale == 0.1
    with pytest.raises(ObservationError, match="no noise map"):
        model.open(np.zeros((9, 9)), None)


def test_samples_the_source_behind_a_given_lens(model, seen):
    posterior = model.posterior(seen, LENS, "pigdm", noise=white_noise(seen))
    draws = posterior.sample(2, seed=0)
    assert draws.values.shape == (2, 256)
    assert (draws.extras["chi_square"] < 1.6).all()
    assert np.array_equal(posterior.sample(2, seed=0).values, draws.values)


def test_marginalises_over_lenses(model, seen):
    lenses = torch.tensor([[1.0, 0.8, 0.6, 0, 0, 0.03, 0, 1], [1.01, 0.8, 0.6, 0, 0, 0.03, 0, 1]])
    problems, chosen, frame = model.problems(seen, lenses, noise=white_noise(seen))
    assert len(problems) == len(chosen) == 2
    assert frame.grid.pixels == 16
    assert frame.amplitude > 0
    with pytest.raises(LensError, match="more than 0"):
        model.problems(seen, {"einstein_radius": 0.0})
    with pytest.raises(LensError, match="frame ends"):
        model.problems(seen, {"einstein_radius": 1.0, "x0": 9.0})


def test_infers_lens_and_source_together(model, seen):
    lens = torch.tensor([1.0, 0.8, 0.6, 0, 0, 0.03, 0, 1], dtype=torch.float64)
    fit = source_fit(seen, lens, white_noise(seen), pixels=16)
    posterior = model.posterior(seen, fit, joint=True)
    assert isinstance(posterior, JointPosterior)
    posterior.settings = JointSettings(sweeps=4, inner_steps=1)
    draws = posterior.sample(3, seed=1)
    assert draws.names == LENS_NAMES
    assert draws.extras["images"].shape == (3, 16, 16)
    assert abs(draws["einstein_radius"] - 1.0).max() < 0.1


def test_gaussian_of_a_prior_has_its_moments(model):
    mean, covariance = gaussian_of(model, 400)
    truth = model.draw_truth(400, 9).numpy()
    assert np.abs(mean - truth.mean(0)).max() < 0.2
    assert np.trace(covariance) == pytest.approx(truth.var(0).sum(), rel=0.2)
    assert np.linalg.eigvalsh(covariance).min() > 0


def test_whitening_does_not_see_the_galaxy():
    mask = np.ones((8, 8), dtype=bool)
    noise = SkyNoise(np.ones((8, 8)), mask, 1.0, np.ones((1, 1)))
    light = np.random.default_rng(0).standard_normal((3, 8, 8))
    whiten = LightlessWhitening(noise, light)
    assert whiten.pixels == 61
    columns = torch.from_numpy(light.reshape(3, -1).T.copy())
    assert whiten(columns).abs().max() < 1e-9
    other = torch.randn(64, 1, dtype=torch.float64)
    assert whiten(other).norm() < other.norm()
