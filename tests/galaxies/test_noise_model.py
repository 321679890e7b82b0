"""The noise of a survey: learned from errors, made from depths, drawn and differentiated."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Generator

from astroviz.galaxies.catalogue import Catalogue
from astroviz.galaxies.magnitude_scales import asinh_error, asinh_magnitude
from astroviz.galaxies.noise_model import DEPTHS, NoiseModel
from astroviz.galaxies.parameters import GalaxyError

BANDS = ("sdss_g", "sdss_r")
SKY = np.array([1e-9, 2e-9])


def catalogue(n: int = 4000, seed: int = 0) -> Catalogue:
    """Sky noise that both bands share, wider for some galaxies than for others."""
    random = np.random.default_rng(seed)
    true = 10 ** (-0.4 * random.uniform(16, 22, (n, 2)))
    sigma = SKY * np.exp(0.3 * random.standard_normal((n, 1)))
    seen = true + sigma * random.standard_normal((n, 2))
    b = SKY.copy()
    return Catalogue(asinh_magnitude(seen, b), asinh_error(seen, sigma, b), BANDS, softening=b)


def test_fluxes_are_those_that_went_in():
    known = catalogue(200)
    flux, sigma = known.fluxes()
    assert asinh_magnitude(flux, known.softening) == pytest.approx(known.magnitudes)
    assert asinh_error(flux, sigma, known.softening) == pytest.approx(known.errors)


def test_learned_errors_have_the_level_scatter_and_correlation_of_the_data():
    model = NoiseModel.learn(catalogue())
    level = model.sigma(torch.full((1, 2), 20.0, dtype=torch.float64))[0].numpy()
    assert level == pytest.approx(SKY, rel=0.05)
    covariance = (model.mixing @ model.mixing.T).numpy()
    assert covariance == pytest.approx(np.full((2, 2), 0.09), abs=0.015)


def test_noise_in_flux_is_as_large_as_said_and_scales():
    model = NoiseModel.learn(catalogue())
    true = torch.full((20000, 2), 21.0, dtype=torch.float64)
    for scale in (1.0, 0.1):
        seen, errors = model.observe(true, Generator().manual_seed(1), scale)
        flux, sigma = Catalogue(seen.numpy(), errors.numpy(), BANDS, softening=SKY).fluxes()
        pull = (flux - 10 ** (-0.4 * 21.0)) / sigma
        assert pull.std() == pytest.approx(scale, rel=0.03)
        assert abs(pull.mean()) < 0.03 * scale


def test_depth_is_five_sigma_and_the_floor_is_that_of_bright_galaxies():
    model = NoiseModel.from_depth("sdss", floor=0.02)
    depths = torch.tensor([[DEPTHS["sdss"][band] for band in model.bands]])
    assert (10 ** (-0.4 * depths) / model.sigma(depths)).numpy() == pytest.approx(5, rel=0.01)
    _, errors = model.observe(torch.full((1, 5), 12.0), Generator().manual_seed(0))
    assert errors.numpy() == pytest.approx(1.0857 * 0.02, rel=0.05)
    deeper = NoiseModel.from_depth("sdss", deeper=1.0).sigma(depths)
    assert (model.sigma(depths) / deeper).numpy() == pytest.approx(10**0.4, rel=1e-4)


def test_gradients_go_through():
    model = NoiseModel.from_depth("sdss").take(("sdss_r", "sdss_g"))
    true = torch.full((4, 2), 19.0, requires_grad=True)
    seen, _ = model.observe(true, Generator().manual_seed(0))
    seen.sum().backward()
    assert true.grad is not None
    assert true.grad.numpy() == pytest.approx(1.0, abs=0.1)


def test_bands_and_plain_values_come_back():
    model = NoiseModel.learn(catalogue())
    back = NoiseModel.from_config(model.config())
    true = torch.linspace(15, 23, 18).reshape(9, 2)
    first, second = (one.observe(true, Generator().manual_seed(2)) for one in (model, back))
    assert torch.allclose(first[0], second[0])
    turned = model.take(("sdss_r", "sdss_g"))
    assert torch.allclose(turned.sigma(true.flip(1)), model.sigma(true).flip(1))


def test_mistakes_are_sentences():
    with pytest.raises(GalaxyError, match="no survey 'moon'"):
        NoiseModel.from_depth("moon")
    with pytest.raises(GalaxyError, match="has no depth in lsst_u"):
        NoiseModel.from_depth("sdss", ("lsst_u",))
    with pytest.raises(GalaxyError, match="is of 5 bands"):
        NoiseModel.from_depth("sdss").sigma(torch.zeros(3, 2))
    few = Catalogue(np.full((2, 1), 20.0), np.full((2, 1), 0.1), ("sdss_g",))
    with pytest.raises(GalaxyError, match="too few to learn"):
        NoiseModel.learn(few)


def test_a_shared_scatter_moves_bands_together_and_is_not_listed():
    known = catalogue()
    model = NoiseModel.learn(known, shared=[0.0, 0.15])
    plain = NoiseModel.learn(known)
    true = torch.full((20_000, 2), 16.0, dtype=torch.float64)
    seen, errors = model.observe(true, Generator().manual_seed(3))
    assert float(seen[:, 1].std()) == pytest.approx(0.15, rel=0.05)
    assert float(seen[:, 0].std()) < 0.02
    listed = plain.observe(true, Generator().manual_seed(3))[1]
    assert float(errors[:, 1].median()) == pytest.approx(float(listed[:, 1].median()), rel=0.05)
    both = NoiseModel.learn(known, shared=[0.15, 0.15]).observe(true, Generator().manual_seed(4))[
        0
    ]
    assert float((both[:, 0] - both[:, 1]).std()) < 0.02
    assert model.take(("sdss_r",)).shared.tolist() == pytest.approx([0.15])
