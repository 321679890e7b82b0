"""The background and the linear power spectrum against colossus."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.orientations.cosmology import PLANCK15, Cosmology
from astroviz.orientations.power import linear_power, sigma, transfer

K = np.geomspace(1e-3, 20, 120)


@pytest.fixture(scope="module")
def reference():
    cosmology = pytest.importorskip("colossus.cosmology.cosmology")
    return cosmology.setCosmology("planck15", persistence="")


@pytest.mark.parametrize(
    ("wiggles", "model"), [(True, "eisenstein98"), (False, "eisenstein98_zb")]
)
def test_the_spectrum_is_that_of_colossus(reference, wiggles, model):
    expected = reference.matterPowerSpectrum(K, 0.0, model=model)
    assert linear_power(K, PLANCK15, wiggles) == pytest.approx(expected, rel=2e-3)


def test_wiggles_are_there_only_when_asked_for():
    k = np.linspace(0.05, 0.3, 200)
    ratio = transfer(k, PLANCK15, True) / transfer(k, PLANCK15, False)
    turns = np.sum(np.diff(np.sign(np.diff(ratio))) != 0)
    assert turns >= 4
    assert np.ptp(ratio) > 0.03


def test_without_baryons_both_shapes_are_close_and_finite():
    dark = PLANCK15.replace(omega_b=0.0)
    ratio = transfer(K, dark, True) / transfer(K, dark, False)
    assert np.isfinite(ratio).all()
    assert ratio == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize("sigma8", [0.6, 0.9])
def test_the_normalisation_is_sigma8(sigma8):
    cosmology = PLANCK15.replace(sigma8=sigma8)
    assert sigma(8.0, cosmology) == pytest.approx(sigma8, rel=1e-6)
    assert linear_power(K, cosmology) / linear_power(K, PLANCK15) == pytest.approx(
        (sigma8 / PLANCK15.sigma8) ** 2
    )


def test_fluctuations_of_spheres_are_those_of_colossus(reference):
    for radius in (0.5, 2.0, 20.0):
        assert sigma(radius, PLANCK15) == pytest.approx(reference.sigma(radius, 0.0), rel=3e-3)


def test_no_power_at_zero_wavenumber():
    assert linear_power(np.array([0.0, 0.1]), PLANCK15)[0] == 0.0


@pytest.mark.parametrize("redshift", [0.0, 0.5, 1.0, 3.0])
def test_growth_is_that_of_colossus(reference, redshift):
    a = 1 / (1 + redshift)
    assert PLANCK15.growth(a) == pytest.approx(reference.growthFactor(redshift), rel=1e-3)
    assert float(PLANCK15.expansion(a)) == pytest.approx(reference.Ez(redshift), rel=1e-3)


def test_the_growth_rate_is_the_slope_of_the_growth():
    for a in (0.2, 0.6, 1.0):
        step = 1e-3
        up, down = (np.log(PLANCK15.growth(a * np.exp(s))) for s in (step, -step))
        assert PLANCK15.growth_rate(a) == pytest.approx((up - down) / (2 * step), rel=1e-5)


def test_a_universe_of_matter_grows_with_the_scale_factor():
    matter = Cosmology(1.0, 0.05, 0.7, 0.8, 1.0)
    assert matter.growth(0.25) == pytest.approx(0.25, rel=1e-5)
    assert matter.growth_rate(0.5) == pytest.approx(1.0, rel=1e-5)


@pytest.mark.parametrize(
    "change", [{"omega_m": 0.0}, {"sigma8": float("nan")}, {"h": 67.7}, {"omega_b": 0.9}]
)
def test_impossible_universes_are_refused_with_the_value(change):
    ((name, value),) = change.items()
    with pytest.raises(ValueError, match=f"{name} is {value}"):
        PLANCK15.replace(**change)
