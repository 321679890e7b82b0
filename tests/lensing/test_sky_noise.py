from __future__ import annotations

import numpy as np
import pytest

from astroviz.lensing.observation import open_observation
from astroviz.lensing.sky_noise import (
    SkyNoise,
    blank_sky,
    measure_noise,
    residual_power,
    white_noise,
)

CORRELATION = np.zeros((7, 7))
CORRELATION[2:5, 2:5] = np.outer([0.3, 1, 0.3], [0.25, 1, 0.25])


@pytest.fixture
def noise():
    generator = np.random.default_rng(0)
    mask = generator.uniform(size=(14, 17)) > 0.2
    return SkyNoise(generator.uniform(0.5, 2.0, mask.shape), mask, 0.7, CORRELATION)


def dense(noise):
    """The covariance, written down pixel by pixel."""
    at = np.argwhere(noise.mask)
    apart = at[:, None] - at[None]
    near = (np.abs(apart) <= 3).all(-1)
    inside = np.clip(apart, -3, 3) + 3
    c = np.where(near, CORRELATION[inside[..., 0], inside[..., 1]], 0.0)
    return c * np.outer(noise.sigma, noise.sigma)


def test_whitens_exactly(noise):
    covariance = dense(noise)
    values = np.random.default_rng(1).standard_normal((len(covariance), 3))
    white = noise.whiten(values)
    wanted = values.T @ np.linalg.solve(covariance, values)
    assert white.T @ white == pytest.approx(wanted, rel=1e-9)
    assert noise.log_determinant == pytest.approx(np.linalg.slogdet(covariance)[1])
    assert noise.whiten(noise.colour(values[:, 0])) == pytest.approx(values[:, 0])


def test_sparse_whitening_is_close(noise):
    covariance = dense(noise)
    w = noise.sparse_whitener.toarray()
    assert w @ covariance @ w.T == pytest.approx(np.eye(len(w)), abs=0.02)
    assert -2 * np.log(np.diag(w)).sum() == pytest.approx(noise.log_determinant, abs=0.5)


def test_measures_what_was_put_in():
    mask = np.ones((121, 121), dtype=bool)
    law = SkyNoise(np.full(mask.shape, 2.0), mask, 0.7, CORRELATION)
    image = law.colour(np.random.default_rng(2).standard_normal(mask.size)).reshape(mask.shape)
    y, x = np.indices(mask.shape) - 60
    image += 40 * np.exp(-(x**2 + y**2) / 200)
    seen = open_observation(image, np.full(mask.shape, 2.0), pixel_scale=0.05)
    found = measure_noise(seen)
    assert found.factor == pytest.approx(0.7, abs=0.03)
    assert found.correlation[3, 4] == pytest.approx(0.25, abs=0.05)
    assert found.correlation[4, 3] == pytest.approx(0.3, abs=0.05)
    sky = blank_sky(seen)
    assert not sky[55:66, 55:66].any()
    assert sky.sum() > 3000


def test_too_little_sky_leaves_the_map_as_it_is():
    found = measure_noise(open_observation(np.zeros((16, 16)), np.ones((16, 16))))
    assert found.factor == 1
    assert not found.correlated


def test_residual_power_of_noise_is_that_of_noise():
    mask = np.ones((64, 64), dtype=bool)
    law = SkyNoise(np.ones(mask.shape), mask, 0.7, CORRELATION)
    image = law.colour(np.random.default_rng(3).standard_normal(mask.size)).reshape(mask.shape)
    power = residual_power(image, law, bins=6)
    assert power["residual"] / power["noise"] == pytest.approx(np.ones(6), abs=0.5)
    assert power["noise"][0] > 3 * power["noise"][-1]  # correlated noise is red
    white = residual_power(image, white_noise(open_observation(image, 1.0)), bins=6)
    assert white["noise"] == pytest.approx(np.ones(6), abs=0.3)


@pytest.mark.realdata
def test_real_sky_is_narrower_than_its_map_and_correlated(real_data):
    place = real_data / "lensing" / "slacs" / "J1430+4105"
    seen = open_observation(place / "image.fits", place / "noise.fits", place / "psf.fits")
    found = measure_noise(seen)
    assert 0.6 < found.factor < 0.75
    assert 0.2 < found.correlation[3, 4] < 0.4
    assert 0.2 < found.correlation[4, 3] < 0.4
    assert seen.name == "J1430+4105"
    assert 0.03 < 1 - seen.used / seen.image.size < 0.15
