r"""Published values that a table brings along: shown over the posterior, never an input.

Known columns (case, blanks and underscores do not matter): effective temperature, log luminosity
or luminosity, mass, age, A_V or A_K, log g, metallicity, radius, distance.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

import astropy.units as u
import numpy as np
from astropy.table import Table

from astroviz.io.observations import Observations

__all__ = ["A_K_OVER_A_V", "LiteratureColumn", "LiteratureValue", "find_literature", "from_labels"]

A_K_OVER_A_V = 0.113  # Fitzpatrick (1999), R_V = 3.1

_Convert = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class LiteratureColumn:
    r"""One published quantity of all stars of a table.

    Arguments:
        parameter: The parameter of the model that it speaks about.
        values: In the unit of that parameter, NaN where there is none, shape :math:`(N,)`.
        errors: One standard deviation, NaN where unknown, shape :math:`(N,)`.
        label: The column of the table and what was done to it.
    """

    parameter: str
    values: np.ndarray
    errors: np.ndarray
    label: str


@dataclass(frozen=True)
class LiteratureValue:
    r"""A published value of one star.

    Arguments:
        parameter: The parameter of the model that it speaks about.
        value: In the unit of that parameter.
        error: One standard deviation; NaN if unknown.
        label: Where it comes from.
        used: Whether the model was given it, so that agreement proves nothing.
    """

    parameter: str
    value: float
    error: float
    label: str
    used: bool = False


def _same(values: np.ndarray) -> np.ndarray:
    return values


def _log10(values: np.ndarray) -> np.ndarray:
    return np.log10(np.where(values > 0, values, np.nan))


def _log_age(values: np.ndarray) -> np.ndarray:
    """Ages in years; numbers too small to be years are taken as Myr."""
    values = np.where(values > 0, values, np.nan)
    in_years = np.nanmedian(values) > 1e4 if np.isfinite(values).any() else True
    return np.log10(values) if in_years else np.log10(values) + 6.0


def _from_a_k(values: np.ndarray) -> np.ndarray:
    return values / A_K_OVER_A_V


# Parameter, spellings after `_key`, unit to read in, conversion, what was done.
_KNOWN: tuple[tuple[str, str, str, _Convert, str], ...] = (
    ("effective_temperature", "teff tefflit teffk teffxs temperature", "K", _same, ""),
    ("log_luminosity", "logl loglum logluminosity loglstar logllsun", "", _same, ""),
    ("log_luminosity", "lum luminosity lstar lstarxsdr3 lstarxs", "solLum", _log10, " as log10"),
    ("log_mass", "logmass logm", "", _same, ""),
    ("log_mass", "mass mstar mstarb15xsdr3 mstarb15xs", "solMass", _log10, " as log10"),
    ("log_age", "logage logageyr", "", _same, ""),
    ("log_age", "age agemyr ageyr agegyr", "yr", _log_age, " as log10 yr"),
    ("a_v", "av avmag avlit avxs", "mag", _same, ""),
    ("a_v", "ak akmag aks", "mag", _from_a_k, f" / {A_K_OVER_A_V}"),
    ("logg", "logg logglit", "", _same, ""),
    ("metallicity", "feh mh metallicity", "", _same, ""),
    ("radius", "radius rstar", "solRad", _same, ""),
    ("distance", "distance dist distpc rmedgeo rgeo", "pc", _same, ""),
)
_LABELS = (
    ("effective_temperature", "spec_teff"),
    ("logg", "spec_logg"),
    ("metallicity", "spec_mh"),
    ("log_luminosity", "spec_lum"),
)
_GAPS = (-99.0, -999.0, -9999.0)
# Spelled-out units in names of files that keep no units, as CSV.
_SUFFIX = {"agemyr": "Myr", "agegyr": "Gyr", "ageyr": "yr"}


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def find_literature(table: Table, inputs: Collection[str] = ()) -> tuple[LiteratureColumn, ...]:
    r"""Published values among the columns of a table.

    Arguments:
        table: The table as read.
        inputs: Columns that the model is given; they are left out.
    """
    names = {_key(name): name for name in table.colnames if name not in inputs}
    found: dict[str, LiteratureColumn] = {}
    for parameter, spellings, unit, convert, done in _KNOWN:
        column = next((names[s] for s in spellings.split() if s in names), None)
        if column is None or parameter in found:
            continue
        values = _numbers(table[column], unit, _SUFFIX.get(_key(column)))
        if values is None or not np.isfinite(values).any():
            continue
        errors = _errors(table, names, column, unit, values, convert)
        found[parameter] = LiteratureColumn(parameter, convert(values), errors, f"{column}{done}")
    return tuple(found.values())


def _numbers(column: Any, unit: str, spelled: str | None = None) -> np.ndarray | None:
    """Float values in the wanted unit, NaN for gaps; None when they are not numbers."""
    try:
        values = np.ma.filled(np.ma.asarray(column).astype(float), np.nan)
    except (TypeError, ValueError):
        return None
    if values.ndim != 1:
        return None
    values = np.where(np.isin(values, _GAPS), np.nan, values)
    own = spelled or getattr(column, "unit", None)
    if unit and own:
        try:
            return np.asarray((values * u.Unit(own)).to_value(u.Unit(unit)), dtype=float)
        except (u.UnitConversionError, ValueError, TypeError):
            return values
    return values


def _errors(
    table: Table,
    names: dict[str, str],
    column: str,
    unit: str,
    values: np.ndarray,
    convert: _Convert,
) -> np.ndarray:
    """Error column carried through the conversion by its slope; NaN without one."""
    key = _key(column)
    spellings = (f"e{key}", f"{key}error", f"{key}err", f"err{key}", f"sigma{key}")
    name = next((names[s] for s in spellings if s in names), None)
    errors = None if name is None else _numbers(table[name], unit, _SUFFIX.get(key))
    if errors is None:
        return np.full(len(values), np.nan)
    step = 1e-4 * np.maximum(np.abs(values), 1e-6)
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = (convert(values + step) - convert(values)) / step
    carried: np.ndarray = np.abs(slope) * errors
    return carried


def from_labels(
    original: Observations, shown: Observations, columns: Iterable[LiteratureColumn]
) -> tuple[LiteratureValue, ...]:
    r"""Published values of one star: its spectroscopic labels, then the table's other columns.

    Arguments:
        original: The star as in the file, one row.
        shown: The star as the model is given it, one row.
        columns: Columns of one row each.
    """
    values: list[LiteratureValue] = []
    for parameter, quantity in _LABELS:
        if quantity not in original.names:
            continue
        index = original.index(quantity)
        if np.isfinite(original.values[0, index]):
            label = original.quantities[index].label
            values.append(
                LiteratureValue(
                    parameter,
                    float(original.values[0, index]),
                    float(original.errors[0, index]),
                    label,
                    bool(shown.used[0, index]),
                )
            )
    for column in columns:
        if np.isfinite(column.values[0]):
            pair = float(column.values[0]), float(column.errors[0])
            # A published distance is most often the parallax of the same survey, inverted.
            circular = column.parameter == "distance" and _is_used(shown, "parallax")
            values.append(LiteratureValue(column.parameter, *pair, column.label, circular))
    return tuple(values)


def _is_used(star: Observations, name: str) -> bool:
    return name in star.names and bool(star.used[0, star.index(name)])
