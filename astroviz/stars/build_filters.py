r"""Passbands and zero points of the fifteen bands of the stars room.

Magnitudes are photon-weighted, $m = -2.5\log_{10}(N/N_0)$ with
$N = \int \lambda F_\lambda S(\lambda)\,d\lambda$ and $S$ in electrons per photon. $N_0$ comes from
each survey's published zero point, together with the spectral shape its definition uses:

    | Gaia DR3: AB zero points and Vega-AB differences of Riello et al. 2021
    | 2MASS: in-band zero-magnitude fluxes of Cohen et al. 2003
    | WISE: 309.540, 171.787, 31.674, 8.363 Jy for constant $F_\nu$ (Jarrett et al. 2011)
    | IRAC: 280.9, 179.7, 115.0, 64.9 Jy for $\nu F_\nu$ constant (Reach et al. 2005)
    | MIPS 24: 7.17 Jy at 23.675 micron for a 10,000 K black body (Rieke et al. 2008)

The CALSPEC spectrum of Vega (alpha_lyr_stis_011) only checks them (`vega_magnitudes`).
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from astroviz.stars.build_sources import Sources
from astroviz.stars.surveys import BANDS

__all__ = ["Filter", "band_weights", "load_filters", "passband", "vega_magnitudes"]

_LIGHT = 2.99792458e18  # Angstrom per second
_JANSKY = 1e-23  # erg/s/cm2/Hz
_AB = 3631.0
# Vega zero point minus AB zero point with the sign of m_AB - m_Vega (Riello et al. 2021).
_GAIA_AB_MINUS_VEGA = {"g": 0.1136777774, "bp": 0.0154133401, "rp": 0.3560882381}
_TWOMASS_JY = {"j": (1594.0, 3.129e-10), "h": (1024.0, 1.133e-10), "ks": (666.7, 4.283e-11)}
_WISE = {"w1": 309.540, "w2": 171.787, "w3": 31.674, "w4": 8.363}
_IRAC = {
    "i1": (280.9, 35500.0),
    "i2": (179.7, 44930.0),
    "i3": (115.0, 57310.0),
    "i4": (64.9, 78720.0),
}
_MIPS = (7.17, 236750.0)
_MEMBERS = {
    "g": ("speclite", "/gaiadr3-G.ecsv"),
    "bp": ("speclite", "/gaiadr3-BP.ecsv"),
    "rp": ("speclite", "/gaiadr3-RP.ecsv"),
    "j": ("astro-sedpy", "/twomass_J.par"),
    "h": ("astro-sedpy", "/twomass_H.par"),
    "ks": ("astro-sedpy", "/twomass_Ks.par"),
    "w1": ("speclite", "/wise2010-W1.ecsv"),
    "w2": ("speclite", "/wise2010-W2.ecsv"),
    "w3": ("speclite", "/wise2010-W3.ecsv"),
    "w4": ("speclite", "/wise2010-W4.ecsv"),
    "i1": ("astro-sedpy", "/spitzer_irac_ch1.par"),
    "i2": ("astro-sedpy", "/spitzer_irac_ch2.par"),
    "i3": ("astro-sedpy", "/spitzer_irac_ch3.par"),
    "i4": ("astro-sedpy", "/spitzer_irac_ch4.par"),
    "m24": ("astro-sedpy", "/spitzer_mips_24.par"),
}


@dataclass(frozen=True)
class Filter:
    r"""One passband.

    Attributes:
        name: the band's name in `surveys.BANDS`.
        wavelength: (n,) Angstrom, ascending. response: (n,) electrons per photon, maximum 1.
        zero_rate: $\int \lambda F_\lambda S\,d\lambda$ at magnitude zero, erg/s/cm2 Angstrom.
        zero_jansky: the published flux density at magnitude zero, Jy.
    """

    name: str
    wavelength: np.ndarray
    response: np.ndarray
    zero_rate: float
    zero_jansky: float

    @property
    def pivot(self) -> float:
        """Pivot wavelength, micron."""
        grid, response = self.wavelength, self.response
        ratio = np.trapezoid(response * grid, grid) / np.trapezoid(response / grid, grid)
        return float(np.sqrt(ratio)) * 1e-4


def load_filters(sources: Sources) -> tuple[Filter, ...]:
    """The fifteen passbands in the order of `surveys.BANDS`, with their zero points."""
    filters = []
    for band in BANDS:
        grid, response = passband(sources, *_MEMBERS[band.name])
        rate, jansky = _zero(band.name, grid, response)
        filters.append(Filter(band.name, grid, response, rate, jansky))
    return tuple(filters)


def passband(sources: Sources, package: str, member: str) -> tuple[np.ndarray, np.ndarray]:
    """One curve as packaged: wavelength (n,) in Angstrom, response (n,) of maximum 1."""
    raw = sources.read(package, member)
    if member.endswith(".ecsv"):
        from astropy.table import Table

        table = Table.read(io.BytesIO(raw), format="ascii.ecsv")
        grid = np.asarray(table["wavelength"].quantity.to_value("Angstrom"), dtype=float)
        response = np.asarray(table["response"], dtype=float)
    else:
        rows = np.loadtxt(io.StringIO(raw.decode()), comments="#")
        grid, response = rows[:, 0], rows[:, 1]
    order = np.argsort(grid, kind="stable")
    return grid[order], np.clip(response[order], 0.0, None) / response.max()


def band_weights(filters: tuple[Filter, ...], wavelength: np.ndarray) -> np.ndarray:
    r"""Quadrature weights that turn sampled spectra into photon rates.

    The spectrum is taken as piecewise linear in wavelength between its samples, the passband
    between its own, and their product is integrated on a grid finer than both.

    Args:
        filters: b passbands.
        wavelength: (px,) Angstrom at which spectra are sampled.

    Returns:
        (px, b): `spectra @ weights` is $\int \lambda F_\lambda S\,d\lambda$ for spectra of
        $\lambda F_\lambda$.
    """
    weights = np.zeros((wavelength.size, len(filters)))
    for column, item in enumerate(filters):
        low, high = item.wavelength[0], min(item.wavelength[-1], wavelength[-1])
        inside = wavelength[(wavelength > low) & (wavelength < high)]
        fine = np.unique(np.concatenate([np.linspace(low, high, 4001), inside]))
        step = np.gradient(fine)
        step[0], step[-1] = (fine[1] - fine[0]) / 2, (fine[-1] - fine[-2]) / 2
        value = np.interp(fine, item.wavelength, item.response) * step
        right = np.clip(np.searchsorted(wavelength, fine), 1, wavelength.size - 1)
        share = (fine - wavelength[right - 1]) / (wavelength[right] - wavelength[right - 1])
        np.add.at(weights[:, column], right, value * share)
        np.add.at(weights[:, column], right - 1, value * (1 - share))
    return weights


def vega_magnitudes(sources: Sources, filters: tuple[Filter, ...]) -> np.ndarray:
    """(b,) magnitudes that the CALSPEC spectrum of Vega has in our zero points, mag."""
    from astropy.io import fits

    with fits.open(io.BytesIO(sources.read("astro-sedpy", "/alpha_lyr_stis_011.fits"))) as hdus:
        table = hdus[1].data
        wavelength = np.asarray(table["WAVELENGTH"], dtype=float)
        flux = np.asarray(table["FLUX"], dtype=float)
    rates = (wavelength * flux) @ band_weights(filters, wavelength)
    return np.asarray(-2.5 * np.log10(rates / np.array([item.zero_rate for item in filters])))


def _zero(name: str, grid: np.ndarray, response: np.ndarray) -> tuple[float, float]:
    """Photon rate and published flux density of a star of magnitude zero."""
    if name in _TWOMASS_JY:
        jansky, flux = _TWOMASS_JY[name]  # mean F_lambda weighted by lambda S, erg/s/cm2/A
        return _rate(grid, response, lambda lam: flux * lam**2 / (_JANSKY * _LIGHT)), jansky
    if name in _GAIA_AB_MINUS_VEGA:
        jansky = _AB * 10 ** (-0.4 * _GAIA_AB_MINUS_VEGA[name])
        return _rate(grid, response, lambda lam: np.full_like(lam, jansky)), jansky
    if name in _WISE:
        jansky = _WISE[name]
        return _rate(grid, response, lambda lam: np.full_like(lam, jansky)), jansky
    if name in _IRAC:
        jansky, centre = _IRAC[name]
        return _rate(grid, response, lambda lam: jansky * lam / centre), jansky
    jansky, centre = _MIPS
    return _rate(grid, response, lambda lam: jansky * _planck(lam) / _planck(centre)), jansky


def _rate(
    grid: np.ndarray, response: np.ndarray, f_nu: Callable[[np.ndarray], np.ndarray]
) -> float:
    fine = np.linspace(grid[0], grid[-1], 8001)
    flux = f_nu(fine) * _JANSKY * _LIGHT / fine  # lambda F_lambda = nu F_nu
    return float(np.trapezoid(flux * np.interp(fine, grid, response), fine))


def _planck(wavelength: np.ndarray | float, temperature: float = 1e4) -> np.ndarray:
    """Shape of a black body's F_nu."""
    x = 1.438776877e8 / (np.asarray(wavelength) * temperature)
    return np.asarray(wavelength) ** -3.0 / np.expm1(x)
