r"""Cloudy's gas around young stars, read when tables are built.

The grids hold lines and continuum of ionised gas that takes in all ionising light of a simple
stellar population of 1 to 25 Myr, per solar mass formed. Averaged over ten million years of steady
star formation they shrink to one continuum and one list of lines per metallicity: what
`nebular.Nebular` adds to the light of young stars.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from astroviz.galaxies.direct import BIRTH_CLOUD_AGE, FullGrids

__all__ = ["LOG_U", "CloudyGrids", "add_lines", "compact", "full_extra", "read_cloudy"]

Array = NDArray[np.float64]

LOG_U: Final = (-4.0, -3.5, -3.0, -2.5, -2.0)
"""Ionisation parameters that are kept."""

LYMAN_ALPHA_ESCAPE: Final = 0.01
"""Share of Lyman alpha that leaves a galaxy of the near Universe (Hayes et al. 2011)."""

_CONTINUUM_LOG_U = -3.0  # the continuum moves by a few per cent between -4 and -2
_OLDEST = 0.03  # Gyr, of stars that light gas
_LYMAN_ALPHA = 1215.67
_H_ALPHA = 6562.8
_IONISING = 911.8
_FILE = "bc03_miles_nebular_{}_grids_extended_logU_nograins_cloudy25.fits"
_H_ALPHA_PHOTONS = 1.37e-12 / 1.98645e-8  # erg per ionising photon, over h c in erg A


@dataclass(frozen=True)
class CloudyGrids:
    r"""Gas around simple stellar populations, per solar mass formed.

    Attributes:
        ages: Gyr, shape (A,).
        log_z: log10 of the metallicity over solar, shape (Z,).
        lines: Wavelengths, A, shape (L,).
        luminosity: Solar luminosities, shape (U, Z, A, L).
        wavelength: Of the continuum, A, shape (W,).
        continuum: Solar luminosities per A, shape (Z, A, W).
    """

    ages: Array
    log_z: Array
    lines: Array
    luminosity: Array
    wavelength: Array
    continuum: NDArray[np.float32]


def read_cloudy(folder: Path, grids: FullGrids) -> CloudyGrids:
    r"""Read both grids.

    Arguments:
        folder: Holds the two FITS files.
        grids: The stars that light the gas; an entry of the grid that gives back less than 70 %
            of the H alpha that their ionising light calls for did not converge and is replaced by
            its neighbour of lower ionisation parameter.
    """
    names = [f"{10**value:.3f}" for value in grids.log_z]
    with fits.open(folder / _FILE.format("line")) as file:
        tables = [[file[f"ZMET_{z}_LOGU_{u:.1f}"].data for z in names] for u in LOG_U]
        every = np.asarray(tables, float)
    with fits.open(folder / _FILE.format("cont")) as file:
        stack = [file[f"ZMET_{z}_LOGU_{_CONTINUUM_LOG_U:.1f}"].data for z in names]
        continuum = np.stack([np.asarray(table[1:, 1:], np.float32) for table in stack])
        wavelength = np.asarray(stack[0][0, 1:], float)
    ages, lines = every[0, 0, 1:, 0] / 1e9, every[0, 0, 0, 1:]
    luminosity = _mend(every[:, :, 1:, 1:], lines, _expected_h_alpha(grids, ages))
    luminosity[..., np.argmin(np.abs(lines - _LYMAN_ALPHA))] *= LYMAN_ALPHA_ESCAPE
    return CloudyGrids(ages, grids.log_z, lines, luminosity, wavelength, continuum)


def _expected_h_alpha(grids: FullGrids, ages: Array) -> Array:
    """H alpha of case B for each ionising photon, solar luminosities, (Z, A)."""
    below = grids.wavelength <= _IONISING
    wavelength = grids.wavelength[below]
    photons = np.trapezoid(grids.spectra[..., below] * wavelength, wavelength, axis=-1)
    nearest = np.abs(grids.ages[None] - ages[:, None]).argmin(1)
    return _H_ALPHA_PHOTONS * np.asarray(photons)[:, nearest]


def _mend(luminosity: Array, lines: Array, expected: Array) -> Array:
    """Entries that did not converge, replaced along the ionisation parameter."""
    mended = luminosity.copy()
    h_alpha = int(np.argmin(np.abs(lines - _H_ALPHA)))
    for u in range(1, len(mended)):
        failed = mended[u, ..., h_alpha] < 0.7 * expected
        mended[u][failed] = mended[u - 1][failed]
    return mended


def _over_ages(grid_ages: Array, ages: Array) -> Array:
    """Weights (T, A) of linear interpolation in log age, the first age for all younger ones."""
    place = np.interp(np.log(np.maximum(ages, 1e-9)), np.log(grid_ages), np.arange(len(grid_ages)))
    below = np.minimum(place.astype(int), len(grid_ages) - 2)
    weights = np.zeros((len(ages), len(grid_ages)))
    rows = np.arange(len(ages))
    weights[rows, below], weights[rows, below + 1] = 1 - (place - below), place - below
    return weights


def compact(cloudy: CloudyGrids, edges: Array) -> dict[str, Array]:
    r"""Gas per solar mass formed, over ten million years of steady star formation.

    Arguments:
        cloudy: The grids.
        edges: Of the bins of wavelength over which the continuum is averaged, A, shape (N + 1,).

    Returns:
        `nebular_continuum`, solar luminosities per A, (Z, N); `nebular_lines`, solar
        luminosities, (U, Z, L); `nebular_wavelengths`, A, (L,); `nebular_log_u`, (U,).
    """
    times = (np.arange(2000) + 0.5) / 2000 * BIRTH_CLOUD_AGE
    weights = _over_ages(cloudy.ages, times).mean(0)
    continuum = np.einsum("a,zaw->zw", weights, cloudy.continuum)
    steps = np.diff(cloudy.wavelength)
    pieces = (continuum[:, 1:] + continuum[:, :-1]) / 2 * steps
    total = np.concatenate([np.zeros((len(continuum), 1)), np.cumsum(pieces, 1)], 1)
    at_edges = np.stack([np.interp(edges, cloudy.wavelength, row) for row in total])
    return {
        "nebular_continuum": np.diff(at_edges, axis=1) / np.diff(edges),
        "nebular_lines": np.einsum("a,uzal->uzl", weights, cloudy.luminosity),
        "nebular_wavelengths": cloudy.lines,
        "nebular_log_u": np.array(LOG_U),
    }


def add_lines(wavelength: Array, lines: Array, luminosity: Array, width: float = 150.0) -> Array:
    r"""A spectrum of Gaussian lines.

    Arguments:
        wavelength: A, shape (W,), rising.
        lines: Wavelengths of the lines, A, shape (L,).
        luminosity: Of each line, any unit, shape (..., L).
        width: Standard deviation, km/s; at least 1.2 steps of the wavelengths.

    Returns:
        That unit per A, shape (..., W); each line inside keeps its luminosity.
    """
    spectrum = np.zeros((*luminosity.shape[:-1], len(wavelength)))
    for k, centre in enumerate(lines):
        if not wavelength[2] < centre < wavelength[-3]:
            continue
        step = np.interp(centre, wavelength[1:], np.diff(wavelength))
        sigma = max(centre * width / 299792.458, 1.2 * step)
        near = slice(*np.searchsorted(wavelength, [centre - 8 * sigma, centre + 8 * sigma]))
        profile = np.exp(-(((wavelength[near] - centre) / sigma) ** 2) / 2)
        profile /= np.trapezoid(profile, wavelength[near])
        spectrum[..., near] += luminosity[..., k, None] * profile
    return spectrum


def full_extra(cloudy: CloudyGrids, grids: FullGrids, log_u: float, log_z: float) -> Array:
    r"""Gas at every age and wavelength of the stars, for `Direct(extra=...)`.

    Arguments:
        cloudy: The gas.
        grids: The stars.
        log_u: Ionisation parameter, one of `LOG_U`.
        log_z: log10 of the metallicity over solar.

    Returns:
        Solar luminosities per A and solar mass formed, shape (A, W).
    """
    place = float(np.interp(log_z, cloudy.log_z, np.arange(len(cloudy.log_z))))
    low = min(int(place), len(cloudy.log_z) - 2)
    share = np.array([1 - (place - low), place - low])
    young = grids.ages < _OLDEST
    weights = share[:, None, None] * _over_ages(cloudy.ages, grids.ages[young])
    chosen = cloudy.luminosity[LOG_U.index(log_u), low : low + 2]
    lines = np.einsum("zta,zal->tl", weights, chosen)
    light = np.zeros((len(young), len(grids.wavelength)))
    light[young] = np.tensordot(weights, cloudy.continuum[low : low + 2], ([0, 2], [0, 1]))
    light[young] += add_lines(grids.wavelength, cloudy.lines, lines)
    return light
