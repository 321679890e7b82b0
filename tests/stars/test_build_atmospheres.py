"""The regular grid of spectra: interpolation, repair, filling, magnitudes."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.stars.build_atmospheres import (
    COARSE,
    LOGG,
    METALLICITY,
    TEFF,
    bolometric_ratio,
    coarse_spectra,
    magnitudes,
    mix_weight,
    prepared,
    regular_grid,
)
from astroviz.stars.build_filters import Filter
from astroviz.stars.build_sources import SpectralNodes

GRID = np.geomspace(913.0, 319500.0, 800)
C1, C2 = 3.741771852e27, 1.438776877e8


def black_body(teff):
    """log10 of pi lambda B_lambda, erg/s/cm2, at GRID."""
    x = C2 / (GRID * teff)
    return np.log10(C1 * GRID**-4.0) - (np.log10(np.expm1(np.minimum(x, 600.0))))


def library(teffs, loggs, mhs=(0.0,), scale=None):
    rows = [(t, g, z) for t in teffs for g in loggs for z in mhs]
    teff, logg, mh = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    flux = np.array([black_body(t) for t in teff])
    if scale is not None:
        flux += np.log10(np.array([scale(*row) for row in rows]))[:, None]
    return SpectralNodes(GRID, flux, teff, logg, mh)


def row(teff):
    return int(np.argmin(np.abs(TEFF - teff)))


def column(logg):
    return int(np.argmin(np.abs(LOGG - logg)))


def test_axes():
    assert TEFF[0] == 2000
    assert TEFF[-1] == 30000
    for axis in (TEFF, LOGG, METALLICITY):
        assert (np.diff(axis) > 0).all()
    assert (np.diff(TEFF)[TEFF[:-1] < 5000] <= 100).all()


def test_black_bodies_radiate_sigma_t4():
    nodes = library((4000, 6000), (4.0,))
    np.testing.assert_allclose(bolometric_ratio(nodes), 1.0, atol=5e-3)


def test_published_nodes_are_kept_and_gaps_interpolated():
    grid = regular_grid(library((4000, 4200, 4400), (4.0, 4.5)))
    k = 1
    np.testing.assert_allclose(
        grid.log_flux[row(4200), column(4.0), k], black_body(4200), atol=3e-3
    )
    between = grid.log_flux[row(4100), column(4.5), k]
    np.testing.assert_allclose(between[GRID > 5000], black_body(4100)[GRID > 5000], atol=6e-3)
    assert not grid.filled[row(4100), column(4.0), k]
    assert grid.filled[row(4100), column(3.0), k]


def test_wide_gaps_are_filled_not_interpolated():
    grid = regular_grid(library((4000, 6000), (4.0,)))
    assert grid.filled[row(5000), column(4.0), 1]
    assert not grid.filled[row(4000), column(4.0), 1]


def test_filling_takes_the_nearest_gravity_then_scales_with_temperature():
    grid = regular_grid(library((4000, 4100), (3.0, 4.0)))
    np.testing.assert_array_equal(
        grid.log_flux[row(4000), column(5.0), 1], grid.log_flux[row(4000), column(4.0), 1]
    )
    cold, known = (
        grid.log_flux[row(3500), column(4.0), 1],
        grid.log_flux[row(4000), column(4.0), 1],
    )
    np.testing.assert_allclose(cold - known, 4 * np.log10(3500 / 4000), atol=1e-5)
    # [M/H] that the library lacks comes from solar
    np.testing.assert_array_equal(
        grid.log_flux[row(4000), column(4.0), 0], grid.log_flux[row(4000), column(4.0), 1]
    )


def test_faint_models_are_scaled_and_broken_ones_dropped():
    def scale(teff, logg, mh):
        return {2.0: 0.95, 1.0: 0.3}.get(logg, 1.0)

    nodes = prepared(library((5000,), (1.0, 2.0, 3.5, 4.0), scale=scale))
    assert 1.0 not in nodes.logg
    np.testing.assert_allclose(bolometric_ratio(nodes), 1.0, atol=1e-6)


def test_hot_stars_keep_what_shines_outside_the_range():
    nodes = prepared(library((29000,), (4.0,)))
    assert bolometric_ratio(nodes)[0] == pytest.approx(0.955, abs=1e-3)


def test_infrared_tail_is_repaired():
    nodes = library((6000,), (4.0,))
    broken = nodes.log_flux - np.where(GRID > 1e5, np.log10(GRID / 1e5), 0.0)
    fixed = prepared(
        SpectralNodes(GRID, broken, nodes.teff, nodes.logg, nodes.mh), tail_from=99_900.0
    )
    np.testing.assert_allclose(fixed.log_flux[0], black_body(6000), atol=3e-3)


def test_mix_goes_from_one_library_to_the_other():
    share = mix_weight(np.log10([2000, 3500, 3750, 4000, 9000]))
    np.testing.assert_allclose(share[[0, 1, 3, 4]], [0, 0, 1, 1], atol=1e-12)
    assert 0.4 < share[2] < 0.6


def test_magnitudes_follow_radius_and_distance():
    """A box filter and a black body: the integral by hand."""
    wave = np.linspace(2e4, 2.4e4, 400)
    box = Filter("ks", wave, np.ones(400), 1.0, 1.0)
    grid = regular_grid(library((5000,), (4.0,)))
    mag = magnitudes(grid, (box,))
    assert mag.shape == (TEFF.size, LOGG.size, METALLICITY.size, 1)
    x = C2 / (wave * 5000)
    rate = np.trapezoid(C1 * wave**-4.0 / np.expm1(x), wave)
    dilution = (6.957e10 / 3.0856775814913673e19) ** 2
    expected = -2.5 * np.log10(rate * dilution)
    assert mag[row(5000), column(4.0), 1, 0] == pytest.approx(expected, abs=0.01)


def test_coarse_spectra_keep_the_mean():
    grid = regular_grid(library((5000,), (4.0,)))
    coarse = coarse_spectra(grid)[row(5000), column(4.0)]
    assert coarse.shape == COARSE.shape
    x = C2 / (COARSE * 1e4 * 5000)
    exact = np.log10(C1 * (COARSE * 1e4) ** -4.0 / np.expm1(x))
    np.testing.assert_allclose(coarse, exact, atol=0.02)
