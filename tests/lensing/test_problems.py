"""Other instruments: their operators against independent simulations of the same."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.signal import fftconvolve

from astroviz.lensing.gaussian_prior import exponential_prior
from astroviz.lensing.linear import ProblemError
from astroviz.lensing.problems import PROBLEMS, airy_psf, problem, tracks
from astroviz.lensing.sampling import Settings, sample


@pytest.fixture(scope="module")
def prior():
    return exponential_prior(12)


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_data_are_the_truth_with_the_noise_stated(prior, name):
    found = problem(name, prior, seed=3)
    assert found.truth.shape == (144,)
    assert found.clean.shape == found.linear.shape_out
    chi = float(found.linear.reduced_chi_square(found.truth[None])[0])
    assert chi == pytest.approx(1, abs=5 * (2 / found.linear.pixels) ** 0.5)
    again = problem(name, prior, seed=3)
    assert torch.equal(found.linear.data, again.linear.data)
    assert not torch.equal(found.linear.data, problem(name, prior, seed=4).linear.data)


@pytest.mark.parametrize("name", PROBLEMS)
def test_each_is_sampled_to_its_exact_posterior(prior, name):
    found = problem(name, prior, seed=3)
    draws = sample(prior, found.linear, Settings(steps=30), 96, seed=0).double()
    exact = prior.posterior(found.linear)
    assert float(draws.var(0).sum() / exact.variance.sum()) == pytest.approx(1, abs=0.12)
    off = (draws.mean(0) - exact.mean).norm() / (exact.variance.sum() / 96) ** 0.5
    assert float(off) < 1.7


def test_deconvolution_is_a_convolution_and_a_mean_over_pixels(prior):
    found = problem("deconvolution", prior, seed=1)
    psf = airy_psf(13, 0.025)
    seen = fftconvolve(found.truth.reshape(12, 12).numpy(), psf, mode="same")
    expected = seen.reshape(6, 2, 6, 2).mean((1, 3))
    assert np.allclose(found.clean, expected, atol=1e-5)


def test_the_psf_of_hubble_is_as_sharp_as_diffraction_allows():
    psf = airy_psf(201, 0.005, fine=3)
    row = psf[100]
    half = np.interp(-0.5 * row.max(), -row[100:], np.arange(101)) * 2 * 0.005
    # with a hole of a third the core is narrower than 1.03 lambda / D = 0.072 arcsec
    assert 0.060 < half < 0.072
    assert psf.sum() == pytest.approx(1)


def test_visibilities_are_a_fourier_transform_through_a_beam(prior):
    found = problem("visibilities", prior, seed=2)
    places = tracks(np.random.default_rng([2, 1])) * 0.45
    axis = np.arange(12) - 5.5
    beam = np.exp(-4 * np.log(2) * (axis[:, None] ** 2 + axis**2) / 14.4**2)
    sky = found.truth.reshape(12, 12).double().numpy() * beam / 12
    phase = np.exp(
        -2j * np.pi * (places[:, :1, None] * axis + places[:, 1:, None] * axis[:, None])
    )
    expected = (sky * phase).sum((1, 2))
    assert np.allclose(found.clean[0].numpy() + 1j * found.clean[1].numpy(), expected, atol=1e-5)
    assert np.hypot(*places.T).max() == pytest.approx(0.45)


def test_a_grism_keeps_rows_and_light(prior):
    found = problem("grism", prior, seed=2)
    alone = torch.zeros(12, 12)
    alone[4, 6] = 1.0
    rows = found.linear.predict(alone.reshape(1, -1))[0].sum(1)
    assert float(rows[4]) == pytest.approx(1.0, abs=0.1)
    assert float(rows.sum() - rows[4]) == pytest.approx(0, abs=1e-6)


def test_a_name_that_is_none_is_refused(prior):
    with pytest.raises(ProblemError, match="no problem 'sonar'"):
        problem("sonar", prior)
