r"""Lengths in Mpc/h and masses in Msun/h, whatever unit a table has them in, or seems to.

A unit of the file counts; where there is none it is guessed from the numbers, and said.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from astroviz.io.errors import TableError
from astroviz.orientations.table_roles import Column

__all__ = ["LENGTH_UNITS", "MASS_UNITS", "check_inside", "lengths", "masses"]

LENGTH_UNITS = ("Mpc/h", "Mpc", "kpc/h", "kpc")
MASS_UNITS = ("Msun/h", "Msun", "log10 Msun/h", "log10 Msun", "1e10 Msun/h")

_PER_H = re.compile(r"/\s*(?:littleh|h)\b|\b(?:littleh|h)\s*\^?(?:\*\*)?\s*\(?-1\)?")
_LOGARITHM = (5.0, 17.0)  # log10 of masses that galaxies and haloes have
_LINEAR = (10.0 ** _LOGARITHM[0], 10.0 ** _LOGARITHM[1])


def lengths(column: Column, h: float, unit: str | None) -> tuple[np.ndarray, str]:
    r"""Lengths in Mpc/h, and a sentence on how they were read, empty if there is nothing to say.

    Arguments:
        column: Of the table.
        h: Hubble constant in 100 km/s/Mpc.
        unit: One of `LENGTH_UNITS`, or None for that of the file or Mpc/h.
    """
    if unit is None and column.unit is not None:
        from astropy import units

        return column.values * _astropy_factor(column, units.Mpc, h), ""
    factors = dict(zip(LENGTH_UNITS, (1.0, h, 1e-3, 1e-3 * h), strict=True))
    chosen = unit or "Mpc/h"
    if chosen not in factors:
        raise TableError(f"the unit of lengths is {chosen!r}; take {', '.join(LENGTH_UNITS)}.")
    said = "" if unit else f"{column.name} has no unit and was read as Mpc/h."
    return column.values * factors[chosen], said


def masses(column: Column, h: float, unit: str | None, stellar: bool) -> tuple[np.ndarray, str]:
    r"""Masses, linear: Msun/h for haloes, Msun for stars.

    Arguments:
        column: Of the table.
        h: Hubble constant in 100 km/s/Mpc.
        unit: One of `MASS_UNITS`, or None for that of the file or a guess.
        stellar: Whether they are stellar masses.

    Returns:
        The masses and a sentence on how they were read, empty if there is nothing to say.
    """
    values, what = column.values, "stellar masses" if stellar else "halo masses"
    if not np.isfinite(values).all():
        row = int(np.flatnonzero(~np.isfinite(values))[0])
        raise TableError(f"the {what} {column.name} lack a value in row {row}; remove such rows.")
    said = ""
    if unit is None and _says_mass(column.unit):
        linear = _astropy_masses(column, h)
    else:
        chosen = unit or _guess(column, what, stellar)
        linear = _convert(values, chosen, h)
        said = "" if unit else f"{column.name} has no unit and was read as {chosen}."
    _check_range(linear, column, what)
    return linear * (1.0 / h if stellar else 1.0), said


def check_inside(position: np.ndarray, size: float, name: str) -> None:
    """TableError with what to do when positions (Mpc/h) are not within 0 and `size`."""
    if not np.isfinite(position).all():
        row = int(np.flatnonzero(~np.isfinite(position).all(1))[0])
        raise TableError(f"the position in row {row} is missing or not finite; remove such rows.")
    outside = ((position < 0) | (position > size)).any(1)
    if not outside.any():
        return
    largest, lowest = float(position.max()), float(position.min())
    row = int(np.flatnonzero(outside)[0])
    where = ", ".join(f"{value:g}" for value in position[row])
    sentence = (f"{outside.sum()} of {len(position)} positions ({name}) lie outside the box of "
                f"{size:g} Mpc/h, the first in row {row}: ({where}). ")  # fmt: skip
    if 100 * size < largest <= 1000 * size * 1.001 and lowest >= 0:
        advice = f'They reach {largest:g}: if that is kpc/h, say length_unit="kpc/h".'
    elif -0.501 * size <= lowest < 0 and largest <= 0.501 * size:
        advice = "They seem to be centred on zero: add half the size."
    else:
        advice = f"Give the size of the box (they span {lowest:g} to {largest:g}) or wrap them."
    raise TableError(sentence + advice)


def _says_mass(unit: Any) -> bool:
    """Whether a file's unit says more than that there is a number or a logarithm."""
    return unit is not None and str(unit) not in ("", "dex", "mag")


def _guess(column: Column, what: str, stellar: bool) -> str:
    low, high = float(column.values.min()), float(column.values.max())
    if low >= _LOGARITHM[0] and high <= _LOGARITHM[1]:
        return "log10 Msun" if stellar else "log10 Msun/h"
    if low >= _LINEAR[0] and high <= _LINEAR[1]:
        return "Msun" if stellar else "Msun/h"
    raise TableError(
        f"the {what} {column.name} run from {low:g} to {high:g}, which is neither log10 of solar "
        f"masses nor solar masses; say mass_unit, one of {', '.join(MASS_UNITS)}."
    )


def _convert(values: np.ndarray, unit: str, h: float) -> np.ndarray:
    """To Msun/h."""
    if unit not in MASS_UNITS:
        raise TableError(f"the unit of masses is {unit!r}; take one of {', '.join(MASS_UNITS)}.")
    if unit.startswith("log10"):
        if values.max() > 100:
            raise TableError(
                f"masses up to {values.max():g} cannot be {unit}; they look linear, as Msun/h."
            )
        values = 10.0**values
    scale = 1e10 if unit.startswith("1e10") else 1.0
    return values * scale * (1.0 if unit.endswith("/h") else h)


def _check_range(linear: np.ndarray, column: Column, what: str) -> None:
    wrong = (linear < _LINEAR[0]) | (linear > _LINEAR[1])
    if not wrong.any():
        return
    row = int(np.flatnonzero(wrong)[0])
    given = column.values[row]
    hint = "is it log10 of solar masses?" if _LOGARITHM[0] <= given <= _LOGARITHM[1] else (
        "is the unit right?")  # fmt: skip
    raise TableError(
        f"one of the {what}, {column.name} = {given:g} in row {row}, would be {linear[row]:.3g} "
        f"solar masses: {hint} Say mass_unit, one of {', '.join(MASS_UNITS)}."
    )


def _astropy_masses(column: Column, h: float) -> np.ndarray:
    from astropy import units

    text = str(column.unit)
    if inner := re.fullmatch(r"\s*(?:dex|log10|log)\s*\(?(.*?)\)?\s*", text):
        linear = Column(column.name, 10.0**column.values, inner.group(1))
        return linear.values * _astropy_factor(linear, units.Msun, h)
    return column.values * _astropy_factor(column, units.Msun, h)


def _astropy_factor(column: Column, target: Any, h: float) -> float:
    """Factor from the unit of the file to the target per h."""
    from astropy import units

    text = str(column.unit)
    # what tables call h is the Hubble parameter; astropy would read an hour
    plain, found = _PER_H.subn(" ", text)
    try:
        factor = float(units.Unit(plain.strip()).to(target))
    except (ValueError, TypeError, units.UnitsError) as error:
        raise TableError(
            f"the column {column.name!r} is in {text!r}, which cannot be turned into {target}/h."
        ) from error
    return factor * (1.0 if found else h)
