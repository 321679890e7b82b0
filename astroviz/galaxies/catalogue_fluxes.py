r"""From the numbers of a table, in whatever scale they are, to fluxes in maggies.

A column in another scale than the one declared is not converted in silence: magnitudes and fluxes
are told apart by their numbers, by their units and by how they go with those of other bands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import astropy.units as u
import numpy as np
from astropy.table import Table

from astroviz.galaxies.catalogue_columns import BandColumns, short_name
from astroviz.galaxies.magnitude_scales import (
    AB_MINUS_VEGA,
    EXTINCTION,
    POGSON,
    SDSS_SOFTENING,
    flux_of_asinh,
)
from astroviz.galaxies.parameters import GalaxyError
from astroviz.io.cells import read_numbers, unit_of
from astroviz.io.depths import GAP_CODES

__all__ = ["SCALES", "SDSS_AB", "Fluxes", "extinction_of", "read_fluxes", "scales_of"]

SCALES: Final = ("ab", "vega", "sdss_asinh", "flux_nmgy")
"""What the numbers of a column can be: AB or Vega magnitudes, asinh magnitudes of SDSS, fluxes in
nanomaggies (3.631 microjansky)."""

SDSS_AB: Final[dict[str, float]] = {
    "sdss_u": -0.036, "sdss_g": 0.012, "sdss_r": 0.010, "sdss_i": 0.028, "sdss_z": 0.040,
}  # fmt: skip
"""AB magnitude minus that of the catalogues of SDSS (Blanton & Roweis 2007,
arXiv:astro-ph/0606170, after D. Eisenstein)."""

_FAINTEST, _BRIGHTEST = 40.0, -5.0  # of any magnitude
_USUAL_ERROR = 0.05  # magnitudes, where the table gives none


@dataclass
class Fluxes:
    r"""Fluxes of :math:`N` galaxies in :math:`B` bands, maggies; NaN where there is no value.

    Arguments:
        flux: Shape :math:`(N, B)`.
        sigma: One standard deviation, :math:`(N, B)`.
        problems: Row to what is wrong with it.
        notes: What was assumed.
    """

    flux: np.ndarray
    sigma: np.ndarray
    problems: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def scales_of(bands: Sequence[str], photometry: str | Mapping[str, str]) -> dict[str, str]:
    r"""The scale of every band.

    Arguments:
        bands: Names of bands.
        photometry: One of `SCALES` for all, or by band, short name or survey (`twomass`).
    """
    found = {}
    for band in bands:
        if isinstance(photometry, str):
            scale = photometry
        else:
            keys = (band, short_name(band), band.partition("_")[0])
            scale = next((photometry[k] for k in keys if k in photometry), "ab")
        if scale not in SCALES:
            raise GalaxyError(f"photometry is {scale!r}; there is {', '.join(SCALES)}")
        if scale == "sdss_asinh" and band not in SDSS_SOFTENING:
            raise GalaxyError(
                f"asinh magnitudes of SDSS have no {band}; give a scale for each survey, as "
                "photometry={'sdss': 'sdss_asinh', 'twomass': 'vega'}"
            )
        if scale == "vega" and band not in AB_MINUS_VEGA:
            raise GalaxyError(
                f"the Vega zero point of {band} is not known; convert it to AB and say 'ab'"
            )
        found[band] = scale
    return found


def read_fluxes(
    table: Table, columns: Sequence[BandColumns], scales: Mapping[str, str], floor: float
) -> Fluxes:
    r"""Fluxes and errors of every row.

    Arguments:
        table: :math:`N` rows.
        columns: Columns of the :math:`B` bands.
        scales: Band to one of `SCALES`.
        floor: Relative error of the calibration that is added in quadrature.

    Raises:
        GalaxyError: a column is in another scale than declared.
    """
    codes = tuple(code for code in GAP_CODES)
    raw = {one.band: read_numbers(table[one.value], codes) for one in columns}
    units = {one.band: _unit_scale(table, one, scales[one.band]) for one in columns}
    _check_scales({band: cells.values for band, cells in raw.items()}, scales, columns)
    made = Fluxes(np.empty((len(table), len(columns))), np.empty((len(table), len(columns))))
    for b, one in enumerate(columns):
        cells = raw[one.band]
        for row, text in cells.bad.items():
            made.problems.setdefault(
                row, f"{one.value} is {text!r}, which is not a number; the band is left out"
            )
        values = cells.values.copy()
        _refuse(made, one, values, scales[one.band])
        error = _errors(table, one, len(table), codes)
        flux, sigma = _convert(values, error, one, scales[one.band], units[one.band])
        made.flux[:, b] = flux
        made.sigma[:, b] = _mend(made, one, flux, sigma)
    made.sigma = np.hypot(made.sigma, floor * made.flux)
    return made


def extinction_of(
    table: Table, columns: Sequence[BandColumns], reddening: str
) -> tuple[np.ndarray, str]:
    r"""Galactic extinction in every band, mag, and where it is from.

    Arguments:
        table: :math:`N` rows.
        columns: Columns of the bands; their own extinction counts first.
        reddening: Column of E(B-V); empty for none.

    Raises:
        GalaxyError: the table has nothing to correct with.
    """
    lacking = [one.band for one in columns if not one.extinction]
    if lacking and not reddening:
        raise GalaxyError(
            f"nothing to correct {', '.join(lacking)} for extinction with: add a column 'ebv' of "
            f"E(B-V) or columns 'extinction_{short_name(lacking[0])}' in magnitudes, or correct "
            "the table and say extinction_corrected=True"
        )
    ebv = read_numbers(table[reddening]).values if reddening else None
    found = np.empty((len(table), len(columns)))
    for b, one in enumerate(columns):
        if one.extinction:
            found[:, b] = read_numbers(table[one.extinction]).values
        elif one.band not in EXTINCTION:
            raise GalaxyError(
                f"the extinction of {one.band} per E(B-V) is not known: add a column "
                f"'extinction_{short_name(one.band)}' in magnitudes"
            )
        else:
            assert ebv is not None
            found[:, b] = EXTINCTION[one.band] * ebv
    where = f"{reddening!r}" if lacking else "the columns of extinction"
    return found, where


def _looks_like(values: np.ndarray) -> str:
    """`magnitude`, `flux`, or empty where the numbers could be both."""
    seen = values[np.isfinite(values)]
    if len(seen) == 0:
        return ""
    outside = np.sum((seen < 0) | (seen > _FAINTEST))
    if outside > max(0.02 * len(seen), 2.0):
        return "flux"
    middle, spread = np.median(seen), np.subtract(*np.percentile(seen, [84, 16]))
    return "magnitude" if 8 < middle < 32 and spread < 0.3 * middle and seen.min() > 5 else ""


def _check_scales(
    values: Mapping[str, np.ndarray],
    scales: Mapping[str, str],
    columns: Sequence[BandColumns],
) -> None:
    wrong = {}
    for one in columns:
        wanted = "flux" if scales[one.band] == "flux_nmgy" else "magnitude"
        guess = _looks_like(values[one.band])
        if guess and guess != wanted:
            wrong[one.value] = guess
    if not wrong:
        return
    others = [one.value for one in columns if one.value not in wrong]
    kind = next(iter(wrong.values()))
    advice = (
        "say photometry='flux_nmgy' (nanomaggies)" if kind == "flux" else "say photometry='ab'"
    )
    if others:
        raise GalaxyError(
            f"magnitudes and fluxes are mixed: {', '.join(wrong)} look like "
            f"{'fluxes' if kind == 'flux' else 'magnitudes'}, {', '.join(others)} do not. Give "
            "the scale of each band, as photometry={'g': 'ab', 'u': 'flux_nmgy'}."
        )
    shown = values[next(one.band for one in columns)]
    raise GalaxyError(
        f"{', '.join(wrong)} look like {'fluxes' if kind == 'flux' else 'magnitudes'} (the median "
        f"of {next(iter(wrong))} is {np.nanmedian(shown):g}): {advice}, or choose other columns."
    )


def _refuse(made: Fluxes, one: BandColumns, values: np.ndarray, scale: str) -> None:
    """Cells that cannot be what they should be: infinities, impossible magnitudes."""
    bad = np.isinf(values)
    if scale != "flux_nmgy":
        bad |= (values < _BRIGHTEST) | (values > _FAINTEST)
    for row in np.flatnonzero(bad).tolist():
        made.problems.setdefault(
            row, f"{one.value} is {values[row]:g}, which no galaxy has; the band is left out"
        )
    values[bad] = np.nan


def _errors(table: Table, one: BandColumns, count: int, codes: tuple[float, ...]) -> np.ndarray:
    if not one.error:
        return np.full(count, np.nan)
    found = read_numbers(table[one.error], codes).values
    if not one.inverse_variance:
        return found
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(found > 0, 1 / np.sqrt(found), np.nan)


def _unit_scale(table: Table, one: BandColumns, scale: str) -> float:
    """Factor to nanomaggies that the unit of a column says; the unit must fit the scale."""
    unit = unit_of(table[one.value])
    if unit is None or unit == u.dimensionless_unscaled:
        return 1.0
    is_magnitude = isinstance(unit, u.MagUnit) or unit == u.mag
    if scale == "flux_nmgy":
        if is_magnitude:
            raise GalaxyError(f"{one.value} is in {unit}, not a flux: say photometry='ab'")
        if unit.is_equivalent(u.Jy):
            return float(unit.to(u.Jy)) / 3631e-9
        if unit.is_equivalent(u.mgy):
            return float(unit.to(u.nmgy))
        raise GalaxyError(f"{one.value} is in {unit}; fluxes are in nanomaggies or janskys")
    if not is_magnitude:
        raise GalaxyError(f"{one.value} is in {unit}, not magnitudes: say photometry='flux_nmgy'")
    if scale == "vega" and isinstance(unit, u.MagUnit) and unit.physical_unit == u.AB:
        raise GalaxyError(
            f"{one.value} is in {unit}, but photometry says 'vega': say 'ab' for that band"
        )
    return 1.0


def _convert(
    values: np.ndarray, error: np.ndarray, one: BandColumns, scale: str, unit: float
) -> tuple[np.ndarray, np.ndarray]:
    """Maggies and their error, NaN where the table gives none."""
    if scale == "flux_nmgy":
        # an inverse variance is in the unit of the flux as well
        return values * unit * 1e-9, error * unit * 1e-9
    if scale == "sdss_asinh":
        b, shift = SDSS_SOFTENING[one.band], 10 ** (-0.4 * SDSS_AB[one.band])
        flux = flux_of_asinh(values, b)
        return flux * shift, error / POGSON * np.sqrt(flux**2 + 4 * b**2) * shift
    offset = AB_MINUS_VEGA[one.band] if scale == "vega" else 0.0
    flux = 10 ** (-0.4 * (values + offset))
    return flux, error / POGSON * flux


def _mend(made: Fluxes, one: BandColumns, flux: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Errors for values without one, or with one of zero; said in a note."""
    usable = np.isfinite(sigma) & (sigma > 0)
    lacking = np.isfinite(flux) & ~usable
    if not lacking.any():
        return np.where(np.isfinite(flux), sigma, np.nan)
    if not usable.any():
        made.notes.append(
            f"{one.band}: no error in the table for any of {int(lacking.sum())} values; "
            f"{_USUAL_ERROR:g} mag is assumed"
        )
        faint = np.nanpercentile(np.abs(flux), 5)
        return np.where(
            np.isfinite(flux), np.maximum(np.abs(flux), faint) * _USUAL_ERROR / POGSON, np.nan
        )
    order = np.argsort(flux[usable])
    usual = np.interp(flux[lacking], flux[usable][order], _smooth(sigma[usable][order]))
    mended = np.where(np.isfinite(flux), sigma, np.nan)
    mended[lacking] = usual
    made.notes.append(
        f"{one.band}: {int(lacking.sum())} errors are zero, negative or missing; what galaxies as "
        "bright usually have is taken"
    )
    return mended


def _smooth(sigma: np.ndarray) -> np.ndarray:
    """Running median of errors in order of flux, coarse: one value for each hundredth."""
    parts = np.array_split(sigma, min(100, len(sigma)))
    return np.concatenate([np.full(len(part), np.median(part)) for part in parts])
