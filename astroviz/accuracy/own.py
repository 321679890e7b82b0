r"""Draws and truths of your own as a trial: arrays, tables, files, data sets of other tools.

Nothing is guessed in silence: what could be meant in two ways is refused with a sentence, and a
conversion of units is written into the notes of the trial.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from astroviz.accuracy.trial import GEOMETRIES, Trial, TrialError
from astroviz.io.draw_fields import fields_of_mapping
from astroviz.io.draw_files import read_draws
from astroviz.io.draw_sets import fields_of_dataset, is_dataset
from astroviz.io.errors import TableError

__all__ = ["trial_of"]

Units = Sequence[str] | Mapping[str, str] | None
_KNOWN = {field.name for field in dataclasses.fields(Trial)}


def trial_of(
    source: Any,
    truths: Any = None,
    names: Sequence[str] | None = None,
    units: Units = None,
    label: str = "",
    **beside: Any,
) -> Trial:
    r"""A trial of draws and true values, whatever holds them.

    Arguments:
        source: Draws of :math:`N` objects: an array (N, L, d), or (N, L) of one parameter; a list
            of :math:`N` arrays (L, d), or of `Draws`; a mapping of names to (N, L) or
            (N, L, k); a mapping with the fields of `Trial`; a path, or the bytes, of a file
            (`.npz`, Parquet, FITS, CSV, NetCDF); an xarray Dataset, DataTree or ArviZ object;
            a `Trial`.
        truths: True values: an array (N, d), or (N,); a mapping or table of names to (N,); not
            needed where the source has them.
        names: The :math:`d` names; from the source, or `x1`, `x2`, ... if it has none.
        units: Their units, in order or by name; those of the source otherwise.
        label: What to call the source, in sentences and reports.
        beside: Other fields of `Trial`, as `observations`, `prior`, `groups`, `log_prob`.

    Returns:
        The trial; `accuracy.validity.validated` says whether it can be judged.

    Example:
        >>> random = np.random.default_rng(0)
        >>> draws = {"age": random.normal(size=(50, 99)), "mass": random.normal(size=(50, 99))}
        >>> trial_of(draws, {"age": np.zeros(50), "mass": np.zeros(50)}).names
        ('age', 'mass')
    """
    try:
        fields = _fields(source, truths, names, label)
    except TableError as error:
        raise TrialError(str(error)) from error
    wrong = sorted(set(beside) - _KNOWN)
    if wrong:
        raise TrialError(f"a trial has no {wrong[0]}; it has {', '.join(sorted(_KNOWN))}")
    fields |= {name: value for name, value in beside.items() if value is not None}
    fields["notes"] = (*fields.get("notes", ()), *beside.get("notes", ()))
    if units is not None:
        fields["units"] = _units(units, fields["names"])
    fields.setdefault("model", label)
    return _trial(fields)


def _fields(
    source: Any, truths: Any, names: Sequence[str] | None, label: str
) -> dict[str, Any]:  # fmt: skip
    """Fields of `Trial`, as plain arrays, from whatever it is."""
    if isinstance(source, Trial):
        found: dict[str, Any] = {
            f.name: getattr(source, f.name) for f in dataclasses.fields(source)
        }
        return found
    if isinstance(source, str | os.PathLike | bytes | bytearray | memoryview):
        return read_draws(source, truths, names, label)
    if is_dataset(source):
        return fields_of_dataset(source, truths, names)
    return fields_of_mapping(source, truths, names)


def _units(units: Sequence[str] | Mapping[str, str], names: Sequence[str]) -> tuple[str, ...]:
    if isinstance(units, Mapping):
        unknown = sorted(set(units) - set(names))
        if unknown:
            raise TrialError(f"a unit of {unknown[0]!r}, but there are {', '.join(names)}")
        return tuple(str(units.get(name, "")) for name in names)
    return tuple(str(unit) for unit in units)


def _trial(fields: Mapping[str, Any]) -> Trial:
    """Check what would make every later sentence wrong; the rest is for `validated`."""
    given = dict(fields)
    truths, draws = np.asarray(given["truths"]), np.asarray(given["draws"])
    given |= {"truths": truths, "draws": draws, "names": tuple(map(str, given["names"]))}
    if truths.ndim != 2 or draws.ndim != 3:
        raise TrialError(
            f"truths of shape {truths.shape} and draws of shape {draws.shape} cannot be judged: "
            "give (N, d) and (N, L, d)"
        )
    count, size = truths.shape
    if draws.shape[0] != count and draws.shape[1] == count and draws.shape[2] == size:
        raise TrialError(
            f"draws of shape {draws.shape} have {draws.shape[0]} rows for {count} truths: the "
            "objects come first. If draws come first in yours, give draws.swapaxes(0, 1)"
        )
    if draws.shape[0] != count:
        raise TrialError(
            f"there are {count} truths and draws of {draws.shape[0]} objects: give as many of one "
            "as of the other, in the same order"
        )
    if draws.shape[2] != size or len(given["names"]) != size:
        raise TrialError(
            f"truths have {size} parameters, draws {draws.shape[2]}, and there are "
            f"{len(given['names'])} names: all three must be the same"
        )
    given["units"] = tuple(given.get("units") or ("",) * size)
    if len(given["units"]) != size:
        raise TrialError(f"{len(given['units'])} units for {size} parameters: give one for each")
    if given.get("geometry", "vector") not in GEOMETRIES:
        raise TrialError(
            f"there is no geometry {given['geometry']!r}; there are {', '.join(GEOMETRIES)}"
        )
    return Trial(**given)
