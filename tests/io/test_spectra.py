"""Rebinning and covariances of spectra against dense integrals and plain algebra."""

from __future__ import annotations

import astropy.units as u
import numpy as np
import pytest
from numpy.testing import assert_allclose

from astroviz.io.errors import TableError
from astroviz.io.observations import Observations, Quantity
from astroviz.io.spectra import SpectrumSet, in_unit, rebin, rebinning, split_covariance

EDGES = np.geomspace(336.0, 1020.0, 61)
WAVE = np.arange(330.0, 1030.1, 2.0)


def test_bins_hold_the_mean_of_the_linear_interpolant():
    flux = np.sin(WAVE / 40.0) + 0.01 * WAVE
    found, _ = rebin(rebinning(WAVE, EDGES), flux, np.ones(WAVE.size))
    for k in (0, 17, 59):
        fine = np.linspace(EDGES[k], EDGES[k + 1], 20_001)
        dense = np.trapezoid(np.interp(fine, WAVE, flux), fine) / (EDGES[k + 1] - EDGES[k])
        assert_allclose(found[k], dense, rtol=1e-6)


def test_a_constant_stays_constant():
    operator = rebinning(WAVE, EDGES)
    assert_allclose(operator.sum(1), 1.0, rtol=1e-12)


def test_the_covariance_is_that_of_rebinned_draws():
    rng = np.random.default_rng(0)
    root = np.tril(rng.normal(size=(WAVE.size, WAVE.size))) * 0.05 + np.eye(WAVE.size)
    operator = rebinning(WAVE, EDGES)
    _, covariance = rebin(operator, np.ones(WAVE.size), root @ root.T)
    draws = rng.normal(size=(40_000, WAVE.size)) @ root.T @ operator.T
    assert_allclose(np.cov(draws.T), covariance, atol=0.04 * covariance.max())


def test_bins_that_touch_a_gap_are_not_observed():
    flux = np.ones(WAVE.size)
    flux[(WAVE > 500) & (WAVE < 520)] = np.nan
    found, covariance = rebin(rebinning(WAVE, EDGES), flux, np.ones(WAVE.size))
    inside = (EDGES[1:] > 500) & (EDGES[:-1] < 520)
    assert np.isnan(found[inside]).all()
    assert not np.isnan(found).all()
    assert_allclose(found[~np.isnan(found)], 1.0)
    assert not covariance[np.isnan(found)].any()


def test_a_spectrum_that_ends_early_leaves_bins_unobserved():
    short = WAVE[WAVE < 900]
    found, _ = rebin(rebinning(short, EDGES), np.ones(short.size), np.ones(short.size))
    assert np.isnan(found[EDGES[1:] > 905]).all()
    assert np.isfinite(found[EDGES[1:] < 895]).all()


@pytest.mark.parametrize(
    ("wave", "said"),
    [
        (WAVE[::-1], "must increase"),
        (WAVE * 10, "the model reads 336 to 1020 nm"),
        (np.arange(330.0, 1040.0, 30.0), "finer sampling"),
        (WAVE[WAVE < 450], "at least half"),
    ],
)
def test_grids_that_do_not_fit_are_refused_with_a_sentence(wave, said):
    with pytest.raises(TableError, match=said):
        rebinning(wave, EDGES)


def test_units_of_flux_densities():
    wave = np.array([400.0, 800.0])
    cgs = in_unit(wave, "erg s-1 cm-2 Angstrom-1", "W m-2 nm-1", wave, "flux")
    assert_allclose(cgs, 0.01)
    jansky = in_unit(wave, u.Jy, "W m-2 nm-1", wave, "flux")
    expected = (1e-26 * 2.99792458e8 / (wave * 1e-9) ** 2) * 1e-9
    assert_allclose(jansky, expected, rtol=1e-6)
    with pytest.raises(TableError, match="no flux density"):
        in_unit(wave, "mag", "W m-2 nm-1", wave, "flux")


def test_a_covariance_is_split_and_put_together_again():
    rng = np.random.default_rng(1)
    root = rng.normal(size=(8, 8))
    covariance = root @ root.T + 8 * np.eye(8)
    sd, correlation = split_covariance(covariance, np.ones(8, dtype=bool), "x")
    assert_allclose(correlation * sd[:, None] * sd, covariance)


@pytest.mark.parametrize(
    ("covariance", "said"),
    [
        (np.full((3, 3), 1.0), "not positive definite"),
        (np.array([[1.0, 0, 0], [0, -1, 0], [0, 0, 1]]), "not above zero"),
        (np.array([[1.0, 0.5, 0], [0, 1, 0], [0, 0, 1]]), "not symmetric"),
        (np.array([[1.0, np.nan, 0], [np.nan, 1, 0], [0, 0, 1]]), "not numbers"),
    ],
)
def test_impossible_covariances_are_refused_with_a_sentence(covariance, said):
    with pytest.raises(TableError, match=said):
        split_covariance(covariance, np.ones(3, dtype=bool), "x")


def _table(spectra: tuple[SpectrumSet, ...]) -> Observations:
    n = 3
    return Observations(
        (Quantity("g", "G", "mag", "Gaia"),), np.ones((n, 1)), np.ones((n, 1)),
        np.zeros((n, 1), dtype=np.int8), np.array(["a", "b", "c"]), np.full((n, 2), np.nan),
        spectra=spectra,
    )  # fmt: skip


def _set(correlation: np.ndarray | None = None) -> SpectrumSet:
    flux = np.arange(12.0).reshape(3, 4)
    flux[1] = np.nan
    return SpectrumSet(
        "xp", "XP", np.arange(4.0), flux, np.ones((3, 4)), correlation, np.zeros(3, dtype=bool)
    )


def test_spectra_follow_their_rows():
    seen = _table((_set(),))
    assert seen.spectra_of(0) == ("XP",)
    assert seen.spectra_of(1) == ()
    turned = seen.select([2, 1])
    assert_allclose(turned.spectra[0].flux[0], seen.spectra[0].flux[2])
    assert turned.spectra_of(0) == ("XP",)


def test_a_spectrum_can_be_switched_off():
    seen = _table((_set(),)).ignoring(["xp"])
    assert seen.spectra_of(0) == ()
    assert seen.states[0, 0] == 0


def test_tables_with_and_without_spectra_stand_below_each_other():
    matrix = np.broadcast_to(np.eye(4), (3, 4, 4))
    joined = Observations.concatenate([_table(()), _table((_set(matrix),)), _table((_set(),))])
    (found,) = joined.spectra
    assert found.used.tolist() == [False] * 3 + [True, False, True] * 2
    assert found.correlation is not None
    assert found.correlation.shape == (9, 4, 4)
