"""The exact way from parameters to magnitudes, on grids whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import constants
from astropy import units as u
from astropy.cosmology import FlatLambdaCDM
from scipy.integrate import quad

from astroviz.galaxies.direct import BIRTH_CLOUD_AGE, Direct, FullGrids, age_weights

WAVELENGTH = np.arange(1000.0, 12001.0, 2.0)
AGES = np.array([0.0, 0.001, 0.01, 0.1, 1.0, 5.0, 14.0, 20.0])
LOG_Z = np.array([-1.0, 0.0, 0.4])
LOOKBACK = np.linspace(0, 13.6, 40)


def flat_grids() -> FullGrids:
    """Light that depends on age and metallicity by a factor alone, flat in frequency."""
    level = np.linspace(8, 1, len(AGES))[None, :] * (1 + np.arange(3.0))[:, None]
    spectra = level[..., None] * (5000 / WAVELENGTH) ** 2
    surviving = np.broadcast_to(np.linspace(1, 0.5, len(AGES)), (3, len(AGES)))
    return FullGrids(WAVELENGTH, AGES, LOG_Z, spectra.astype(np.float32), surviving.copy())


def parameters(**changes: float) -> np.ndarray:
    usual = {
        "kappa1": 0.5, "kappa2": 0.5, "kappa3": 0.5, "f_burst": 0.0, "t_burst": 1.0, "log_z": 0.0,
        "tau1": 0.0, "tau2": 0.0, "n_dust": 0.0, "redshift": 0.1, "log_mass_formed": 10.0,
    }  # fmt: skip
    return np.array([list({**usual, **changes}.values())])


BASES = np.stack([np.exp(-((LOOKBACK - at) ** 2) / 8) for at in (0.5, 4.0, 8.0, 12.0)])
CURVE = (np.array([4000.0, 4500.0, 5500.0, 6000.0]), np.array([0.0, 1.0, 1.0, 0.0]))


def test_weights_against_adaptive_quadrature() -> None:
    history, oldest = BASES[0] + 0.3 * BASES[2], 9.3
    weights = age_weights(AGES, LOOKBACK, history, oldest)
    assert weights.sum() == pytest.approx(1, abs=1e-12)

    def rate(time: float) -> float:
        return float(np.interp(time, LOOKBACK, history))

    mass = quad(rate, 0, oldest, limit=400, points=list(LOOKBACK[1:27]))[0]
    young = quad(rate, 0, BIRTH_CLOUD_AGE)[0] / mass
    assert weights[0].sum() == pytest.approx(young, rel=1e-9)

    # the mass that the age of 1 Gyr takes: a triangle in log age between 0.1 and 5 Gyr
    def hat(time: float) -> float:
        low = np.log(time / 0.1) / np.log(10) if time < 1 else np.log(5 / time) / np.log(5)
        return rate(time) * low / mass

    knots = [1.0, *LOOKBACK[1:14]]
    assert weights[1, 4] == pytest.approx(quad(hat, 0.1, 5, limit=400, points=knots)[0], rel=1e-6)


def test_flat_light_has_the_magnitude_of_its_distance() -> None:
    """Flux flat in frequency has one AB magnitude in every filter, known in closed form."""
    direct = Direct(flat_grids(), LOOKBACK, BASES)
    theta = parameters(f_burst=1.0, t_burst=1.0, redshift=0.2, log_mass_formed=9.0)
    found = direct.magnitudes(theta, {"wide": CURVE})[0, 0]
    level = 2 * np.linspace(8, 1, len(AGES))[4]  # solar luminosities per A at 5000 A, at 1 Gyr
    frequency = level * 5000**2 / 2.99792458e18 * 1e9 * constants.L_sun.to_value("erg/s")
    distance = FlatLambdaCDM(70, 0.3).luminosity_distance(0.2).to_value(u.cm)
    flux = frequency * 1.2 / (4 * np.pi * distance**2)
    assert found == pytest.approx(-2.5 * np.log10(flux / 3.631e-20), abs=2e-5)


def test_birth_clouds_dim_only_the_young_and_dust_follows_the_curve() -> None:
    direct = Direct(flat_grids(), LOOKBACK, BASES)
    wavelength, bare = direct.spectrum(parameters()[0])
    _, cloudy = direct.spectrum(parameters(tau1=40.0)[0])
    weights = direct._weights(dict(zip(
        ("kappa1", "kappa2", "kappa3", "f_burst", "t_burst", "redshift"),
        (0.5, 0.5, 0.5, 0.0, 1.0, 0.1), strict=True)))  # fmt: skip
    level = 2 * np.linspace(8, 1, len(AGES))
    share = weights[1] @ level / (weights.sum(0) @ level)
    assert cloudy[0] / bare[0] == pytest.approx(share, rel=1e-5)
    # a burst stands outside birth clouds
    _, burst = direct.spectrum(parameters(f_burst=1.0, tau1=40.0)[0])
    _, clear = direct.spectrum(parameters(f_burst=1.0)[0])
    np.testing.assert_allclose(burst, clear)
    # Calzetti's curve has k = 4.05 near 5500 A, and the bump adds 0.85 / 1 at 2175 A for n = 0
    _, dusty = direct.spectrum(parameters(tau2=1.0)[0])
    at = np.argmin(np.abs(wavelength - 5500))
    assert np.log(bare[at] / dusty[at]) == pytest.approx(1.0, abs=0.02)
    at = np.argmin(np.abs(wavelength - 2175))
    calzetti = 2.659 * (-2.156 + 1.509 / 0.2175 - 0.198 / 0.2175**2 + 0.011 / 0.2175**3) + 4.05
    assert np.log(bare[at] / dusty[at]) == pytest.approx((calzetti + 0.85) / 4.05, rel=2e-3)


def test_a_burst_before_the_big_bang_forms_nothing() -> None:
    direct = Direct(flat_grids(), LOOKBACK, BASES)
    late = direct.magnitudes(parameters(f_burst=0.9, t_burst=13.2, redshift=0.5), {"w": CURVE})
    none = direct.magnitudes(parameters(f_burst=0.0, redshift=0.5), {"w": CURVE})
    np.testing.assert_allclose(late, none)


def test_surviving_mass_and_metallicity_are_linear() -> None:
    direct = Direct(flat_grids(), LOOKBACK, BASES)
    mass = direct.surviving_mass(parameters(f_burst=1.0, t_burst=1.0))[0]
    assert mass == pytest.approx(10 + np.log10(np.linspace(1, 0.5, len(AGES))[4]))
    ends = [direct.spectrum(parameters(log_z=value)[0])[1] for value in (-1.0, -0.25, 0.0)]
    np.testing.assert_allclose(ends[1], 0.25 * ends[0] + 0.75 * ends[2], rtol=1e-6)
