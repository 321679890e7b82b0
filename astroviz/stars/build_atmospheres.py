r"""Model atmospheres on one regular grid of (log Teff, logg, [M/H]), and their magnitudes.

Two atmospheres come out of three published libraries:

    | btsettl: BT-Settl (Allard et al. 2012)
    | kurucz_phoenix: PHOENIX (Husser et al. 2013) below 3500 K, ATLAS9 (Kurucz 1993) above
      4000 K, and a smooth mix between

Spectra are interpolated linearly in log flux between published nodes that are at most 15 % apart
in Teff and 0.5 dex in logg or [M/H]. What then is missing is filled from the nearest logg, then
the nearest Teff with the flux scaled as Teff^4, then the nearest [M/H]; `filled` says where.

Spherical models (BT-Settl, PHOENIX) radiate up to 10 % less than sigma Teff^4 per unit of their
nominal surface, the more the lower their gravity. Tracks give luminosities, so every spectrum is
scaled to radiate sigma Teff^4. Models more than 15 % away from those of higher gravity (BT-Settl's
hot supergiants fall to a third) are dropped and filled instead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from astroviz.stars.build_filters import Filter, band_weights
from astroviz.stars.build_sources import SpectralNodes

__all__ = [
    "COARSE",
    "LOGG",
    "METALLICITY",
    "TEFF",
    "SpectralGrid",
    "bolometric_ratio",
    "coarse_spectra",
    "magnitudes",
    "magnitudes_of",
    "mix_weight",
    "prepared",
    "regular_grid",
]

TEFF = np.concatenate(
    [
        np.arange(2000.0, 5000.0, 100.0),
        np.arange(5000.0, 7000.0, 200.0),
        [7000.0, 7400.0, 7800.0, 8200.0, 8600.0, 9000.0, 9400.0, 10000.0, 10600.0, 11200.0],
        [12000.0, 13000.0, 14000.0, 15000.0, 16000.0, 18000.0, 20000.0, 22000.0, 25000.0],
        [28000.0, 30000.0],
    ]
)
LOGG = np.arange(0.0, 5.75, 0.5)
METALLICITY = np.array([-0.5, 0.0, 0.5])
COARSE = np.geomspace(0.3, 30.0, 64)

_SIGMA = 5.670374e-5
_DILUTION = 5.0 * np.log10(6.957e10 / (10 * 3.0856775814913673e18))  # mag, 1 Rsun at 10 pc
_GAP = 1.15
_OUTLIER = 0.15
# Share of the radiation of a hot star that lies between 0.09 and 32 micron (ATLAS9, logg 4.5).
_INSIDE = (
    np.array([13000.0, 17000.0, 21000.0, 25000.0, 29000.0, 33000.0]),
    np.array([1.0, 0.998, 0.992, 0.979, 0.955, 0.92]),
)
_MIX_FROM, _MIX_TO = 3500.0, 4000.0


@dataclass(frozen=True)
class SpectralGrid:
    r"""Spectra on the regular grid.

    Attributes:
        wavelength: (px,) Angstrom.
        log_flux: (T, G, Z, px) log10 of $\lambda F_\lambda$ at the surface, erg/s/cm2.
        filled: (T, G, Z) True where no published model stands nearby.
    """

    wavelength: np.ndarray
    log_flux: np.ndarray
    filled: np.ndarray


def regular_grid(nodes: SpectralNodes, *, tail_from: float | None = None) -> SpectralGrid:
    """Bring a library to the regular grid.

    Args:
        nodes: the published library.
        tail_from: Angstrom; beyond it the spectrum is continued with the brightness
            temperature's own slope (ATLAS9 as packaged falls off as lambda^-4 in
            lambda F_lambda beyond 10 micron, where its wavelength points are sparse).

    Returns:
        Spectra at every (Teff, logg, [M/H]).
    """
    nodes = prepared(nodes, tail_from=tail_from)
    shape = (TEFF.size, LOGG.size, METALLICITY.size)
    flux = np.full((*shape, nodes.wavelength.size), np.nan, dtype=np.float32)
    for k, mh in enumerate(METALLICITY):
        for j, logg in enumerate(LOGG):
            chosen = (np.abs(nodes.mh - mh) < 1e-3) & (np.abs(nodes.logg - logg) < 1e-3)
            flux[:, j, k] = _along_teff(nodes.teff[chosen], nodes.log_flux[chosen])
    filled = ~np.isfinite(flux[..., 0])
    return SpectralGrid(nodes.wavelength, _fill(flux), filled)


def prepared(nodes: SpectralNodes, *, tail_from: float | None = None) -> SpectralNodes:
    """Drop broken models, repair the infrared tail, scale to the luminosity; see above."""
    nodes = _without_outliers(nodes)
    if tail_from is not None:
        nodes = replace(nodes, log_flux=_infrared_tail(nodes, tail_from))
    return _normalised(nodes)


def mix_weight(log_teff: np.ndarray) -> np.ndarray:
    """Share of ATLAS9 in kurucz_phoenix: 0 below 3500 K, 1 above 4000 K, smooth between."""
    low, high = np.log10(_MIX_FROM), np.log10(_MIX_TO)
    u = np.clip((np.asarray(log_teff) - low) / (high - low), 0.0, 1.0)
    return u * u * (3.0 - 2.0 * u)


def magnitudes(grid: SpectralGrid, filters: tuple[Filter, ...]) -> np.ndarray:
    """(T, G, Z, b) Vega magnitudes of a star of one solar radius at 10 pc, no dust."""
    return magnitudes_of(grid.wavelength, grid.log_flux, filters)


def magnitudes_of(
    wavelength: np.ndarray, log_flux: np.ndarray, filters: tuple[Filter, ...]
) -> np.ndarray:
    """(..., b) the same for surface spectra (..., px) at `wavelength` (px,), Angstrom."""
    rates = 10.0 ** log_flux.astype(float) @ band_weights(filters, wavelength)
    zero = np.array([item.zero_rate for item in filters])
    return np.asarray(-2.5 * np.log10(rates / zero) - _DILUTION)


def coarse_spectra(grid: SpectralGrid) -> np.ndarray:
    r"""(T, G, 64) log10 mean $\lambda F_\lambda$ in the bins of `COARSE`, [M/H] = 0."""
    solar = 10.0 ** grid.log_flux[:, :, int(np.argmin(np.abs(METALLICITY)))].astype(float)
    half = np.sqrt(COARSE[1] / COARSE[0])
    edges = np.append(COARSE / half, COARSE[-1] * half) * 1e4
    edges[-1] = min(edges[-1], grid.wavelength[-1])
    order = np.log(grid.wavelength)
    steps = np.diff(order) * (solar[..., 1:] + solar[..., :-1]) / 2
    total = np.concatenate([np.zeros((*solar.shape[:-1], 1)), np.cumsum(steps, axis=-1)], axis=-1)
    place = np.interp(np.log(edges), order, np.arange(order.size))
    left = np.minimum(place.astype(int), order.size - 2)
    at = total[..., left] + (place - left) * (total[..., left + 1] - total[..., left])
    return np.asarray(np.log10(np.diff(at, axis=-1) / np.diff(np.log(edges))))


def bolometric_ratio(nodes: SpectralNodes) -> np.ndarray:
    """(n,) integral of each spectrum over sigma Teff^4."""
    flux = np.trapezoid(10.0**nodes.log_flux, np.log(nodes.wavelength), axis=1)
    return np.asarray(flux / (_SIGMA * nodes.teff**4))


def _without_outliers(nodes: SpectralNodes) -> SpectralNodes:
    used = np.any(np.abs(nodes.mh[:, None] - METALLICITY) < 1e-3, axis=1)
    nodes = _rows(nodes, used & (nodes.teff <= 1.1 * TEFF[-1]))
    ratio = bolometric_ratio(nodes)
    keep = np.ones(nodes.teff.shape, dtype=bool)
    for mh, teff in {*zip(nodes.mh, nodes.teff, strict=True)}:
        same = (nodes.teff == teff) & (nodes.mh == mh)
        trusted = same & (nodes.logg >= min(3.5, nodes.logg[same].max()))
        keep[same] = np.abs(ratio[same] / np.median(ratio[trusted]) - 1.0) < _OUTLIER
    return _rows(nodes, keep)


def _normalised(nodes: SpectralNodes) -> SpectralNodes:
    """Scale each spectrum to the share of sigma Teff^4 that lies inside its range."""
    target = np.interp(nodes.teff, *_INSIDE)
    shift = np.log10(target / bolometric_ratio(nodes))
    return replace(nodes, log_flux=nodes.log_flux + shift[:, None])


def _rows(nodes: SpectralNodes, chosen: np.ndarray) -> SpectralNodes:
    return SpectralNodes(
        nodes.wavelength,
        nodes.log_flux[chosen],
        nodes.teff[chosen],
        nodes.logg[chosen],
        nodes.mh[chosen],
    )


def _infrared_tail(nodes: SpectralNodes, start: float) -> np.ndarray:
    """Continue each spectrum as T_b ~ lambda^slope, with the slope it has from 7 micron on."""
    grid = nodes.wavelength
    fitted = (grid > 0.7 * start) & (grid <= start)
    # pi B = c1 lambda^-5 / (exp(c2 / lambda T) - 1), lambda in Angstrom
    c1, c2 = 3.741771852e27, 1.438776877e8
    x = np.log1p(c1 * grid[fitted] ** -4 / 10.0 ** nodes.log_flux[:, fitted])
    brightness = np.log(c2 / (grid[fitted] * x))
    slope, level = np.polyfit(np.log(grid[fitted] / start), brightness.T, 1)
    tail = grid > start
    away = np.log(grid[tail] / start)
    temperature = np.exp(level[:, None] + slope[:, None] * away)
    flux = c1 * grid[tail] ** -4 / np.expm1(c2 / (grid[tail] * temperature))
    out = nodes.log_flux.copy()
    out[:, tail] = np.log10(flux)
    return out


def _along_teff(teff: np.ndarray, log_flux: np.ndarray) -> np.ndarray:
    """Interpolate in log Teff where the bracketing models are close; NaN elsewhere."""
    out = np.full((TEFF.size, log_flux.shape[1]), np.nan)
    order = np.argsort(teff)
    teff, log_flux = teff[order], log_flux[order]
    for i, target in enumerate(TEFF):
        exact = np.flatnonzero(np.abs(teff - target) < 0.5)
        right = int(np.searchsorted(teff, target))
        if exact.size:
            out[i] = log_flux[exact[0]]
        elif 0 < right < teff.size and teff[right] / teff[right - 1] <= _GAP:
            low, high = np.log(teff[right - 1 : right + 1])
            share = (np.log(target) - low) / (high - low)
            out[i] = (1 - share) * log_flux[right - 1] + share * log_flux[right]
    return out


def _fill(flux: np.ndarray) -> np.ndarray:
    """Fill missing nodes: nearest logg, then nearest Teff (scaled), then nearest [M/H]."""
    out = flux.copy()
    have = np.isfinite(flux[..., 0])
    for i, j, k in np.argwhere(~have):
        if have[i, :, k].any():
            choices = np.flatnonzero(have[i, :, k])
            out[i, j, k] = flux[i, choices[np.argmin(np.abs(choices - j))], k]
    solar = int(np.argmin(np.abs(METALLICITY)))
    complete = np.isfinite(out[..., 0])
    for i, j, k in np.argwhere(~complete):
        choices = np.flatnonzero(complete[:, j, k])
        if not choices.size:
            continue
        nearest = choices[np.argmin(np.abs(np.log(TEFF[choices] / TEFF[i])))]
        if TEFF[nearest] > 1.5 * TEFF[i] or TEFF[i] > 1.5 * TEFF[nearest]:
            continue
        out[i, j, k] = out[nearest, j, k] + 4.0 * np.log10(TEFF[i] / TEFF[nearest])
    for i, j, k in np.argwhere(~np.isfinite(out[..., 0])):
        out[i, j, k] = out[i, j, solar]
    return out
