"""Ages and distances against astropy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from astropy.cosmology import FlatLambdaCDM

from astroviz.galaxies.cosmology import (
    HUBBLE,
    OMEGA_MATTER,
    age_of_universe,
    distance_modulus,
    luminosity_distance,
)

REDSHIFTS = np.array([1e-5, 1e-3, 0.02, 0.1, 0.35, 0.8, 1.5, 3.0])
ASTROPY = FlatLambdaCDM(H0=HUBBLE, Om0=OMEGA_MATTER)


def test_ages_are_those_of_astropy() -> None:
    found = age_of_universe(torch.from_numpy(REDSHIFTS)).numpy()
    np.testing.assert_allclose(found, ASTROPY.age(REDSHIFTS).to_value("Gyr"), rtol=1e-6)


def test_distances_are_those_of_astropy() -> None:
    z = torch.from_numpy(REDSHIFTS)
    expected = ASTROPY.luminosity_distance(REDSHIFTS).to_value("Mpc")
    np.testing.assert_allclose(luminosity_distance(z).numpy(), expected, rtol=1e-6)
    moduli = ASTROPY.distmod(REDSHIFTS).value
    np.testing.assert_allclose(distance_modulus(z).numpy(), moduli, atol=1e-5)
    np.testing.assert_allclose(distance_modulus(z.float()).numpy(), moduli, atol=2e-5)


@pytest.mark.parametrize("redshift", [0.0, 1e-7, 0.1, 0.8])
def test_gradients_are_finite(redshift: float) -> None:
    z = torch.tensor(redshift, requires_grad=True)
    (distance_modulus(z) + age_of_universe(z)).backward()
    assert torch.isfinite(z.grad)


def test_the_gradient_of_the_modulus_is_right() -> None:
    z = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    distance_modulus(z).backward()
    step = 1e-4
    expected = (ASTROPY.distmod(0.3 + step) - ASTROPY.distmod(0.3 - step)).value / (2 * step)
    assert float(z.grad) == pytest.approx(expected, rel=1e-5)
