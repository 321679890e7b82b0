r"""The slow and exact way from parameters to magnitudes; everything fast is measured against it.

Nothing is tabulated: the star formation history is integrated by Gauss-Legendre quadrature over
all 221 ages, the spectrum keeps all 13,216 wavelengths, and each filter is integrated over the
union of its own wavelengths and the spectrum's. In float64 and in numpy, one galaxy after the
other: some ten milliseconds each. Dust is written down a second time, on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy import constants
from astropy import units as u
from astropy.cosmology import FlatLambdaCDM
from astropy.io import fits
from numpy.typing import NDArray

from astroviz.galaxies.parameters import PARAMETERS
from astroviz.galaxies.remnants import with_remnants

__all__ = ["BIRTH_CLOUD_AGE", "Direct", "FullGrids", "age_weights", "read_full_grids"]

Array = NDArray[np.float64]
Curve = tuple[Array, Array]

BIRTH_CLOUD_AGE = 0.01
"""Stars up to this age, Gyr, shine through their birth cloud."""

_LIGHT = 2.99792458e18  # A/s
_AB = 3.631e-20  # erg/s/cm2/Hz
_STELLAR = "bc03_miles_stellar_grids.fits"


@dataclass(frozen=True)
class FullGrids:
    r"""Simple stellar populations as published, per solar mass formed.

    Attributes:
        wavelength: A, shape (W,).
        ages: Gyr, rising from 0, shape (A,).
        log_z: log10 of the metallicity over solar (0.02), shape (Z,).
        spectra: Solar luminosities per A and solar mass formed, shape (Z, A, W).
        surviving: Mass in living stars and remnants over mass formed, shape (Z, A).
    """

    wavelength: Array
    ages: Array
    log_z: Array
    spectra: NDArray[np.float32]
    surviving: Array


def read_full_grids(folder: Path) -> FullGrids:
    r"""The grids of Bruzual & Charlot (2003; 2016 release, MILES, Kroupa) from a FITS file.

    Arguments:
        folder: Holds `bc03_miles_stellar_grids.fits`.
    """
    with fits.open(folder / _STELLAR) as file:
        names = [unit.name for unit in file if unit.name.startswith("ZMET")]
        living = np.asarray(file["LIV_MSTAR_FRAC"].data, float)
        spectra = np.stack([np.asarray(file[name].data, np.float32) for name in names])
        spectra[:, 0] = spectra[:, 1]  # there is no light at age 0, but from 0.1 Myr on
        return FullGrids(
            wavelength=np.asarray(file["WAVELENGTHS_AA"].data, float),
            ages=np.asarray(file["STELLAR_AGE_YR"].data, float) / 1e9,
            log_z=np.log10([float(name.split("_")[1].removesuffix("ZSOL")) for name in names]),
            spectra=spectra,
            surviving=with_remnants(living[:, 1:].T),
        )


def _hats(age: Array, ages: Array) -> Array:
    """Linear interpolation in log age (in age below the first positive one), (T, A)."""
    after = np.clip(np.searchsorted(ages, age, side="right"), 1, len(ages) - 1)
    low, high = ages[after - 1], ages[after]
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithmic = np.log(np.maximum(age, 1e-30) / low) / np.log(high / low)
    share = np.where(low > 0, logarithmic, age / high)
    weights = np.zeros((len(age), len(ages)))
    rows = np.arange(len(age))
    weights[rows, after - 1] = 1 - share
    weights[rows, after] = share
    return weights


def age_weights(ages: Array, lookback: Array, history: Array, oldest: float) -> Array:
    r"""Mass at each age of a grid, for a history of star formation of unit mass.

    The history is linear between its knots and cut at the age of the Universe; a spectrum between
    two ages is linear in the logarithm of age.

    Arguments:
        ages: Gyr, shape (A,).
        lookback: Knots of the history, Gyr, shape (T,).
        history: Star formation rate at the knots, any unit, shape (T,).
        oldest: Age of the Universe, Gyr.

    Returns:
        Shape (2, A): mass in stars up to 10 Myr, and older; both together sum to one.
    """
    breaks = np.concatenate([ages, lookback, [0.0, BIRTH_CLOUD_AGE, oldest]])
    breaks = np.unique(np.clip(breaks, 0, oldest))
    points, weights = np.polynomial.legendre.leggauss(6)
    middle, half = (breaks[1:] + breaks[:-1]) / 2, np.diff(breaks) / 2
    times = (middle[:, None] + half[:, None] * points).ravel()
    mass = (half[:, None] * weights).ravel() * np.interp(times, lookback, history)
    mass /= mass.sum()
    hats = _hats(times, ages)
    young = times <= BIRTH_CLOUD_AGE
    return np.stack([mass[young] @ hats[young], mass[~young] @ hats[~young]])


def _diffuse_depth(wavelength: Array, tau: float, slope: float) -> Array:
    """Kriek & Conroy (2013): Calzetti's curve, a bump tied to the slope, and the slope."""
    micron = wavelength / 1e4
    blue = 2.659 * (-2.156 + 1.509 / micron - 0.198 / micron**2 + 0.011 / micron**3) + 4.05
    red = 2.659 * (-1.857 + 1.040 / micron) + 4.05
    curve = np.maximum(np.where(micron < 0.63, blue, red), 0)
    bump = (0.85 - 1.9 * slope) * (350 * wavelength) ** 2
    bump /= (wavelength**2 - 2175.0**2) ** 2 + (350 * wavelength) ** 2
    return np.clip(tau / 4.05 * (curve + bump) * (wavelength / 5500) ** slope, 0, 40)


class Direct:
    r"""Spectra and magnitudes without tables.

    Arguments:
        grids: Simple stellar populations.
        lookback: Knots of the bases of the history, Gyr, shape (T,).
        bases: Star formation rate of each basis at the knots, shape (4, T).
        igm: Transmission of the intergalactic medium from observed wavelengths (A) and redshift;
            none lets all light through.
        extra: Light of young stars' surroundings to add, from log Z: luminosity per solar mass
            formed at each wavelength and age of the grids, shape (A, W).
        cut: Keep only rest wavelengths in this range, A.
    """

    def __init__(
        self,
        grids: FullGrids,
        lookback: Array,
        bases: Array,
        igm: Callable[[Array, float], Array] | None = None,
        extra: Callable[[float], Array] | None = None,
        cut: tuple[float, float] = (500.0, 60000.0),
    ) -> None:
        kept = (grids.wavelength >= cut[0]) & (grids.wavelength <= cut[1])
        self.grids, self._kept = grids, kept
        self.wavelength = grids.wavelength[kept]
        self._spectra = np.ascontiguousarray(grids.spectra[..., kept])
        self.lookback, self.bases, self._igm, self._extra = lookback, bases, igm, extra
        self._cosmology = FlatLambdaCDM(H0=70, Om0=0.3)

    def _weights(self, row: Mapping[str, float]) -> Array:
        """Mass per age, young and old, (2, A), for one solar mass formed."""
        oldest = float(self._cosmology.age(row["redshift"]).to_value(u.Gyr))
        k1, k2, k3 = row["kappa1"], row["kappa2"], row["kappa3"]
        beta = np.array([1 - k1, k1 * (1 - k2), k1 * k2 * (1 - k3), k1 * k2 * k3])
        ages = self.grids.ages
        weights = age_weights(ages, self.lookback, beta @ self.bases, oldest)
        share = row["f_burst"] if row["t_burst"] < oldest else 0.0
        burst = _hats(np.array([row["t_burst"]]), ages)[0]
        return weights * (1 - share) + share * np.stack([np.zeros_like(burst), burst])

    def _at_metallicity(self, log_z: float, table: NDArray[np.floating[Any]]) -> Array:
        grid = self.grids.log_z
        after = int(np.clip(np.searchsorted(grid, log_z), 1, len(grid) - 1))
        share = (log_z - grid[after - 1]) / (grid[after] - grid[after - 1])
        share = float(np.clip(share, 0, 1))
        return (1 - share) * table[after - 1].astype(float) + share * table[after].astype(float)

    def spectrum(self, theta: Array, dust: bool = True) -> tuple[Array, Array]:
        r"""The spectrum at rest.

        Arguments:
            theta: Parameters in the order of `PARAMETERS`, shape (11,).
            dust: Whether dust dims it.

        Returns:
            Wavelengths, A, and luminosity, solar luminosities per A, both of shape (W,).
        """
        row = dict(zip(PARAMETERS, map(float, theta), strict=True))
        weights = self._weights(row)
        table = self._at_metallicity(row["log_z"], self._spectra)
        young, old = weights @ table
        if self._extra is not None:
            young = young + weights[0] @ self._extra(row["log_z"])[:, self._kept]
        if dust:
            cloud = np.clip(row["tau1"] * 5500 / self.wavelength, 0, 40)
            depth = _diffuse_depth(self.wavelength, row["tau2"], row["n_dust"])
            total = (young * np.exp(-cloud) + old) * np.exp(-depth)
        else:
            total = young + old
        return self.wavelength, 10 ** row["log_mass_formed"] * total

    def observed(self, theta: Array, dust: bool = True) -> tuple[Array, Array]:
        r"""The spectrum at Earth: wavelengths, A, and flux, erg / s / cm2 / A, of shape (W,)."""
        wavelength, luminosity = self.spectrum(theta, dust)
        redshift = float(theta[PARAMETERS.index("redshift")])
        distance = self._cosmology.luminosity_distance(redshift).to_value(u.cm)
        area = 4 * np.pi * distance**2 * (1 + redshift)
        seen = wavelength * (1 + redshift)
        through = 1.0 if self._igm is None else self._igm(seen, redshift)
        return seen, luminosity * constants.L_sun.to_value("erg/s") / area * through

    def magnitudes(self, theta: Array, curves: Mapping[str, Curve], dust: bool = True) -> Array:
        r"""AB magnitudes.

        Arguments:
            theta: Parameters, shape (N, 11).
            curves: Wavelengths, A, and response of each filter, by name.
            dust: Whether dust dims the light.

        Returns:
            Shape (N, B).
        """
        found = np.empty((len(theta), len(curves)))
        for i, row in enumerate(np.asarray(theta, float)):
            wavelength, flux = self.observed(row, dust)
            found[i] = [_magnitude(wavelength, flux, curve) for curve in curves.values()]
        return found

    def absolute(self, theta: Array, curves: Mapping[str, Curve]) -> Array:
        r"""Absolute AB magnitudes at rest, as seen from 10 pc, shape (N, B)."""
        area = 4 * np.pi * (10 * u.pc).to_value(u.cm) ** 2 / constants.L_sun.to_value("erg/s")
        found = np.empty((len(theta), len(curves)))
        for i, row in enumerate(np.asarray(theta, float)):
            wavelength, flux = self.spectrum(row)
            found[i] = [_magnitude(wavelength, flux / area, c) for c in curves.values()]
        return found

    def surviving_mass(self, theta: Array) -> Array:
        r"""log10 of the mass in living stars and remnants, solar masses, shape (N,)."""
        found = np.empty(len(theta))
        for i, numbers in enumerate(np.asarray(theta, float)):
            row = dict(zip(PARAMETERS, numbers, strict=True))
            table = self._at_metallicity(row["log_z"], self.grids.surviving)
            found[i] = row["log_mass_formed"] + np.log10(self._weights(row).sum(0) @ table)
        return found


def _magnitude(wavelength: Array, flux: Array, curve: Curve) -> float:
    """Photon-counting AB magnitude over the union of both sets of wavelengths."""
    own, response = curve
    inside = wavelength[(wavelength > own[0]) & (wavelength < own[-1])]
    grid = np.union1d(own, inside)
    weight = grid * np.interp(grid, own, response)
    light = np.trapezoid(np.interp(grid, wavelength, flux, left=0, right=0) * weight, grid)
    zero = np.trapezoid(_AB * _LIGHT / grid**2 * weight, grid)
    return float(-2.5 * np.log10(max(light / zero, 1e-40)))
