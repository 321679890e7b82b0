"""Units against astropy's own, and flux to magnitude and back."""

from __future__ import annotations

import astropy.units as u
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astroviz.io import TableError
from astroviz.io.photometry import (
    AB_MINUS_VEGA,
    ZERO_POINTS,
    convert,
    flux_to_magnitude,
    magnitude_to_flux,
)
from astroviz.stars.surveys import BANDS, QUANTITIES

BY_NAME = {quantity.name: quantity for quantity in QUANTITIES}


@given(st.sampled_from(BANDS), st.floats(-5, 30), st.floats(1e-4, 0.5))
def test_magnitude_to_flux_and_back(band, magnitude, error):
    zero = ZERO_POINTS[band.name]
    back, back_error = flux_to_magnitude(*magnitude_to_flux(magnitude, error, zero), zero)
    assert back == pytest.approx(magnitude, abs=1e-9)
    assert back_error == pytest.approx(error, rel=1e-9)


@given(st.sampled_from(BANDS), st.floats(1e-6, 1e4), st.floats(2.1, 1e3))
def test_flux_units_agree_with_astropy(band, jansky, snr):
    flux = np.array([jansky])
    for unit in (u.Jy, u.mJy, u.uJy, u.erg / u.s / u.cm**2 / u.Hz):
        scale = (1 * u.Jy).to_value(unit)
        done = convert(flux * scale, flux * scale / snr, band, u.Unit(unit))
        wanted = (jansky / ZERO_POINTS[band.name] * u.one).to_value(u.mag(u.one))
        assert done.values[0] == pytest.approx(wanted, abs=1e-6)
        assert done.errors[0] == pytest.approx(2.5 / np.log(10) / snr, rel=1e-6)


def test_flux_per_wavelength_agrees_with_astropy():
    band = BY_NAME["w1"]
    flux = 1e-15 * u.erg / u.s / u.cm**2 / u.AA
    jansky = flux.to_value(u.Jy, u.spectral_density(band.wavelength * u.micron))
    done = convert(np.array([1e-15]), np.array([1e-17]), band, flux.unit)
    assert done.values[0] == pytest.approx(-2.5 * np.log10(jansky / ZERO_POINTS["w1"]), abs=1e-6)


@pytest.mark.parametrize("band", BANDS, ids=lambda band: band.name)
def test_ab_and_vega_have_the_same_flux(band):
    done = convert(np.array([15.0]), np.array([0.1]), band, u.ABmag)
    jansky = (15.0 * u.ABmag).to_value(u.Jy)
    vega = -2.5 * np.log10(jansky / ZERO_POINTS[band.name])
    assert done.values[0] == pytest.approx(vega, abs=1e-3)
    assert done.errors[0] == pytest.approx(0.1)


def test_published_offsets():
    # Gaia DR3's zero points; 2MASS and WISE as in the surveys' own pages.
    for band, offset in {
        "g": 0.114,
        "j": 0.89,
        "h": 1.37,
        "ks": 1.84,
        "w1": 2.68,
        "w4": 6.6,
    }.items():
        assert AB_MINUS_VEGA[band] == pytest.approx(offset, abs=0.02)


def test_faint_and_negative_fluxes_become_limits():
    done = convert(np.array([1.0, -1.0, 5.0]), np.array([1.0, 1.0, 1.0]), BY_NAME["w3"], u.mJy)
    assert done.limit.tolist() == [True, True, False]
    wanted = -2.5 * np.log10(3e-3 / ZERO_POINTS["w3"])
    assert done.values[0] == pytest.approx(wanted)
    assert np.isnan(done.errors[0])
    bare = convert(np.array([-1.0]), np.array([np.nan]), BY_NAME["w3"], u.mJy)
    assert bare.impossible.tolist() == [True]


@pytest.mark.parametrize(
    ("name", "unit", "value", "wanted"),
    [
        ("parallax", "arcsec", 0.0066, 6.6),
        ("parallax", "deg", 6.6 / 3.6e6, 6.6),
        ("parallax", "uas", 6600.0, 6.6),
        ("g", "mmag", 12345.0, 12.345),
        ("spec_teff", "K", 4000.0, 4000.0),
        ("spec_teff", "dex", 3.6, 10**3.6),
        ("spec_lum", "solLum", 0.1, -1.0),
        ("spec_lum", "dex", -1.0, -1.0),
        ("spec_logg", "dex(cm / s2)", 4.2, 4.2),
        ("spec_mh", "", 0.1, 0.1),
    ],
)
def test_other_units(name, unit, value, wanted):
    done = convert(np.array([value]), np.array([value / 100]), BY_NAME[name], u.Unit(unit))
    assert done.values[0] == pytest.approx(wanted)
    if unit not in ("dex", "solLum"):
        assert done.errors[0] == pytest.approx(abs(wanted) / 100)


def test_errors_of_logarithms():
    lum = convert(np.array([0.1]), np.array([0.01]), BY_NAME["spec_lum"], u.solLum)
    assert lum.errors[0] == pytest.approx(0.1 / np.log(10))
    teff = convert(np.array([3.6]), np.array([0.01]), BY_NAME["spec_teff"], u.dex)
    assert teff.errors[0] == pytest.approx(np.log(10) * 0.01 * 10**3.6)
    assert convert(np.array([0.0]), np.array([0.1]), BY_NAME["spec_lum"], u.solLum).impossible[0]


def test_signal_to_noise():
    g = convert(np.array([12.0]), np.array([100.0]), BY_NAME["g"], u.mag, snr=True)
    assert g.errors[0] == pytest.approx(0.010857, rel=1e-3)
    plx = convert(np.array([6.6]), np.array([100.0]), BY_NAME["parallax"], None, snr=True)
    assert plx.errors[0] == pytest.approx(0.066)
    flux = convert(np.array([2.0]), np.array([50.0]), BY_NAME["w1"], u.mJy, snr=True)
    assert flux.errors[0] == pytest.approx(2.5 / np.log(10) / 50)


def test_error_in_another_unit():
    done = convert(np.array([6.6]), np.array([50.0]), BY_NAME["parallax"], u.mas, u.uas)
    assert done.errors[0] == pytest.approx(0.05)
    done = convert(np.array([12.0]), np.array([50.0]), BY_NAME["g"], u.mag, u.mmag)
    assert done.errors[0] == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("name", "unit"), [("g", "K"), ("g", "km/s"), ("parallax", "mag"), ("parallax", "pc"),
                       ("spec_teff", "mag"), ("spec_logg", "Jy"), ("g", "dex")],
)  # fmt: skip
def test_units_that_cannot_be(name, unit):
    with pytest.raises(TableError, match=rf"{name} is in .*units that work are"):
        convert(np.array([1.0]), np.array([0.1]), BY_NAME[name], u.Unit(unit))
