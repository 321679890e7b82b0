r"""Spectra among the columns of a table, or among the keys of one star.

Of each kind (`xp`, `lamost`, `apogee`) a table can hold

    | `xp_flux`: flux density of each sample, one array a row
    | `xp_flux_error`: standard deviations, or
    | `xp_covariance`: their covariance, or `xp_correlation` beside the errors
    | `xp_wavelength`: of the samples, once for all rows or row by row

Without wavelengths the samples are the bins of the model, or the 343 samples of 2 nm that
GaiaXPy gives. A spectrum with a mistake is set aside with a sentence; the rest of its row is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import astropy.units as u
import numpy as np
from astropy.table import Column, Table

from astroviz.io.errors import TableError
from astroviz.io.observations import Observations
from astroviz.io.spectra import SpectrumSet, in_unit, rebin, rebinning, split_covariance
from astroviz.stars.spectrographs import FLUX_UNIT, SPECTROGRAPHS, Spectrograph

__all__ = ["is_spectral", "read_spectra", "spectral_table", "with_spectra"]

_PARTS = ("flux", "flux_error", "covariance", "correlation", "wavelength")
_SAMPLED = np.arange(336.0, 1020.1, 2.0)  # nm, GaiaXPy's own sampling
_PLAUSIBLE = (1e-24, 1e-10)  # W/m2/nm, from the faintest to the brightest star
_MOST_BAD = 0.5


def is_spectral(name: str) -> bool:
    """Whether a column or key belongs to a spectrum."""
    return any(name == f"{one.name}_{part}" for one in SPECTROGRAPHS for part in _PARTS)


def with_spectra(table: Table, observations: Observations) -> Observations:
    r"""Observations with the spectra of a table of the same rows.

    Arguments:
        table: The table.
        observations: What was read of its numbers.

    Returns:
        A copy; sentences about spectra that were set aside are in `problems`.
    """
    problems, notes, sets = dict(observations.problems), list(observations.notes), []
    for one in SPECTROGRAPHS:
        if f"{one.name}_flux" not in table.colnames:
            if strays := [n for n in table.colnames if n in _columns(one)]:
                notes.append(f"{strays[0]} is left out: there is no column {one.name}_flux.")
            continue
        found, wrong, said = read_spectra(table, one)
        sets.append(found)
        notes += said
        for row, sentence in wrong.items():
            problems[row] = "; ".join(filter(None, (problems.get(row), sentence)))
    kept = dict(sorted(problems.items()))
    return replace(
        observations, spectra=tuple(sets), problems=kept, notes=tuple(dict.fromkeys(notes))
    )


def read_spectra(
    table: Table, one: Spectrograph
) -> tuple[SpectrumSet, dict[int, str], tuple[str, ...]]:
    r"""Spectra of one kind.

    Arguments:
        table: With a column `<name>_flux`.
        one: The spectrograph.

    Returns:
        The spectra, sentences about rows whose spectrum was set aside, and notes.
    """
    n, size = len(table), one.size
    flux, error = np.full((2, n, size), np.nan)
    correlations: list[np.ndarray | None] = [None] * n
    problems: dict[int, str] = {}
    notes: dict[str, None] = {}
    columns = {part: table.columns.get(f"{one.name}_{part}") for part in _PARTS}
    for row in range(n):
        parts = {part: _cell(column, row) for part, column in columns.items()}
        if not np.isfinite(parts["flux"]).any():
            continue
        try:
            flux[row], error[row], correlations[row] = _one(one, parts, columns, notes)
        except TableError as mistake:
            flux[row] = np.nan
            problems[row] = f"the {one.label} spectrum is set aside: {mistake}"
    found = SpectrumSet(
        one.name, one.label, one.wavelength, flux, error, _stack(correlations, size),
        np.zeros(n, dtype=bool), FLUX_UNIT if one.calibrated else "",
    )  # fmt: skip
    return found, problems, tuple(notes)


def spectral_table(row: Mapping[str, Any]) -> Table:
    """The spectral keys of one star as a table of one row."""
    table = Table()
    for name, value in row.items():
        if not is_spectral(name):
            continue
        unit = getattr(value, "unit", None)
        array = np.asarray(getattr(value, "value", value), dtype=float)
        table[name] = Column(array[None], unit=unit)
    return table


def _columns(one: Spectrograph) -> tuple[str, ...]:
    return tuple(f"{one.name}_{part}" for part in _PARTS)


def _cell(column: Any, row: int) -> np.ndarray:
    """Numbers of one cell; empty where there are none."""
    if column is None:
        return np.zeros(0)
    value = column[row]
    if value is None or value is np.ma.masked:
        return np.zeros(0)
    if isinstance(value, np.ma.MaskedArray):
        value = np.ma.filled(value.astype(float), np.nan)
    try:
        found = np.asarray(getattr(value, "value", value), dtype=float)
    except (TypeError, ValueError):
        return np.zeros(0)
    return found if found.ndim else found.reshape(1)


def _one(
    one: Spectrograph, parts: dict[str, np.ndarray], columns: dict[str, Any],
    notes: dict[str, None],
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:  # fmt: skip
    """Flux, errors and correlation of one spectrum on the bins of the model."""
    what, flux = f"{one.name}_flux", parts["flux"]
    if np.isinf(flux).any():
        raise TableError(f"{what} holds infinite values; leave a gap (NaN) instead.")
    bad = float(np.isnan(flux).mean())
    if bad > _MOST_BAD:
        raise TableError(f"{bad:.0%} of {what} are gaps (NaN); at most half may be.")
    wave = _wavelengths(one, parts["wavelength"], columns["wavelength"], flux.size)
    order = np.argsort(wave) if wave is not None and wave[0] > wave[-1] else slice(None)
    at = one.wavelength if wave is None else wave[order]
    factor = _factor(one, columns["flux"], flux, at, notes)
    covariance = _covariance(one, parts, columns, flux.size, notes)
    flux = flux[order] * factor
    covariance = (
        covariance[order] * factor**2 if covariance.ndim == 1
        else covariance[order][:, order] * factor[:, None] * factor
    )  # fmt: skip
    # samples at the centres of the bins are the bins
    same = wave is None or (at.shape == one.wavelength.shape
                            and np.allclose(at, one.wavelength, rtol=1e-3))  # fmt: skip
    if same:
        binned = flux
        spread = np.diag(covariance) if covariance.ndim == 1 else covariance
    else:
        binned, spread = rebin(_operator(one, at.tobytes()), flux, covariance)
    seen = np.isfinite(binned)
    sd, correlation = split_covariance(spread, seen, what)
    independent = same and covariance.ndim == 1
    return binned, sd, None if independent else correlation


@lru_cache(maxsize=8)
def _operator(one: Spectrograph, samples: bytes) -> np.ndarray:
    """The rebinning of a grid, in bytes: most tables have one grid for all their rows."""
    return rebinning(np.frombuffer(samples), one.edges, f"{one.name}_flux")


def _wavelengths(
    one: Spectrograph, given: np.ndarray, column: Any, size: int
) -> np.ndarray | None:
    """Wavelengths of the samples, nm; None where they are the bins of the model."""
    what = f"{one.name}_flux"
    if not given.size:
        if size == one.size:
            return None
        if one.name == "xp" and size == _SAMPLED.size:
            return _SAMPLED
        or_sampled = f", or {_SAMPLED.size} (336 to 1020 nm every 2 nm)" * (one.name == "xp")
        raise TableError(
            f"{what} has {size} values; without {one.name}_wavelength there must be {one.size} "
            f"(bins of equal log width from {one.start:g} to {one.stop:g} nm){or_sampled}."
        )
    if given.size != size:
        raise TableError(f"{what} has {size} values but {one.name}_wavelength has {given.size}.")
    unit = getattr(column, "unit", None) or u.nm
    try:
        wave = np.asarray((given * u.Unit(unit)).to_value(u.nm))
    except (u.UnitConversionError, ValueError, TypeError) as error:
        raise TableError(f"{one.name}_wavelength is in {unit}, which is no length.") from error
    if not np.isfinite(wave).all():
        raise TableError(f"{one.name}_wavelength holds values that are not numbers.")
    return wave


def _factor(
    one: Spectrograph, column: Any, flux: np.ndarray, wave: np.ndarray, notes: dict[str, None]
) -> np.ndarray:
    what = f"{one.name}_flux"
    unit = getattr(column, "unit", None)
    if not one.calibrated:
        return np.ones(flux.size)
    if unit is not None and str(unit):
        return in_unit(flux, unit, FLUX_UNIT, wave, what)
    level = float(np.nanmedian(np.abs(flux)))
    if not _PLAUSIBLE[0] < level < _PLAUSIBLE[1]:
        raise TableError(
            f"{what} has no unit, and a median of {level:.3g} is no star's flux in {FLUX_UNIT}. "
            "Give its unit."
        )
    notes[f"{what} has no unit: taken as {FLUX_UNIT}."] = None
    return np.ones(flux.size)


def _covariance(
    one: Spectrograph, parts: dict[str, np.ndarray], columns: dict[str, Any], size: int,
    notes: dict[str, None],
) -> np.ndarray:  # fmt: skip
    """Covariance (k, k), or variances (k,) of independent errors."""
    what = f"{one.name}_flux"
    if parts["covariance"].size:
        return _square(parts["covariance"], size, f"{one.name}_covariance")
    error = parts["flux_error"]
    if not error.size:
        raise TableError(f"{what} has no errors; give {one.name}_flux_error or a covariance.")
    if error.size != size:
        raise TableError(f"{what} has {size} values but {one.name}_flux_error has {error.size}.")
    units = [str(getattr(columns[part], "unit", None) or "") for part in ("flux", "flux_error")]
    if all(units) and units[0] != units[1]:
        raise TableError(
            f"{what} is in {units[0]} but its errors are in {units[1]}; give both in one unit."
        )
    wrong = np.isfinite(parts["flux"]) & ~(np.isfinite(error) & (error > 0))
    if wrong.any():
        raise TableError(
            f"{int(wrong.sum())} values of {one.name}_flux_error are not above zero; an error is "
            "one standard deviation."
        )
    if parts["correlation"].size:
        matrix = _square(parts["correlation"], size, f"{one.name}_correlation")
        return np.asarray(matrix * error[:, None] * error)
    if one.name == "xp":
        notes[f"The errors of {what} are taken as independent: there is no covariance."] = None
    return np.asarray(error**2)


def _square(values: np.ndarray, size: int, what: str) -> np.ndarray:
    if values.size != size**2:
        raise TableError(
            f"{what} has {values.size} numbers; {size} samples need {size} times {size}."
        )
    return values.reshape(size, size)


def _stack(correlations: list[np.ndarray | None], size: int) -> np.ndarray | None:
    """One array of all correlations; None where all errors are independent."""
    if all(one is None for one in correlations):
        return None
    one = np.eye(size)
    return np.stack([one if found is None else found for found in correlations]).astype(np.float32)
