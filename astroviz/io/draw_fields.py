r"""Truths and posterior draws in Python containers, as plain arrays with names and units.

Everything ends in one mapping: `truths` (N, d), `draws` (N, L, d), `names`, `units`, `notes`, and
whatever else was given beside them. Units of truths and draws are compared, converted where they
can be, and refused where they cannot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from astropy import units as u

from astroviz.io.errors import TableError

__all__ = ["DrawFileError", "columns_to_fields", "fields_of_mapping", "matched_units", "plain"]


class DrawFileError(TableError):
    """Draws and truths that cannot be read or paired; the text says why and what to do."""


def plain(values: Any) -> np.ndarray:
    """A bare array: of a tensor, a quantity, a masked column (NaN where masked)."""
    if hasattr(values, "detach"):
        values = values.detach().cpu().numpy()
    if isinstance(values, u.Quantity):
        values = values.value
    if isinstance(values, np.ma.MaskedArray):
        hidden = np.ma.getmaskarray(values)
        bare = np.asarray(values.data)
        return np.where(hidden, np.nan if bare.dtype.kind in "fiub" else "", bare)
    return np.asarray(values)


def unit_of(values: Any) -> str:
    """Unit of a quantity or of a column; empty where it has none."""
    unit = getattr(values, "unit", None)
    return "" if unit is None or str(unit) in ("None", "") else str(unit)


def matched_units(name: str, draws: str, truth: str) -> tuple[float, str]:
    r"""Factor that brings a truth to the unit of its draws, and a sentence on it.

    Arguments:
        name: Of the parameter.
        draws: Unit of the draws, empty if none is known.
        truth: Unit of the truths.

    Returns:
        The factor and a note; 1 and an empty text where both agree.

    Example:
        >>> matched_units("age", "Myr", "yr")[0]
        1e-06
    """
    if draws == truth:
        return 1.0, ""
    if not draws or not truth:
        which, other = ("Truths", "draws") if truth else ("Draws", "truths")
        return 1.0, (
            f"{which} of {name} are in {draws or truth} and the {other} have no unit: they are "
            "taken to be in the same."
        )
    try:
        factor = float(u.Unit(truth).to(u.Unit(draws)))
    except (ValueError, TypeError, u.UnitsError) as error:
        raise DrawFileError(
            f"{name} has draws in {draws} and truths in {truth}, which cannot be converted: give "
            "both in one unit"
        ) from error
    if factor == 1.0:
        return 1.0, ""
    return factor, f"Truths of {name} were converted from {truth} to {draws}."


def fields_of_mapping(
    source: Any, truths: Any = None, names: Sequence[str] | None = None
) -> dict[str, Any]:
    r"""Fields of a trial from arrays, lists, mappings of parameters, or of those fields.

    Arguments:
        source: Draws; see `astroviz.judge`.
        truths: True values, where the source does not hold them.
        names: The :math:`d` names.
    """
    if isinstance(source, Mapping):
        if "draws" in source:
            return _of_fields(source, truths, names)
        return _of_parameters(source, truths, names)
    if isinstance(source, list | tuple):
        return _of_list(source, truths, names)
    if truths is None:
        raise DrawFileError(
            "draws alone cannot be judged: give truths=, the true values, of shape (N, d)"
        )
    draws, found_names = plain(source), list(names or ())
    unit = unit_of(source)
    if draws.dtype.kind not in "fiub":
        raise DrawFileError(
            f"draws of type {type(source).__name__} ({draws.dtype}) are not understood: give "
            "numbers of shape (N, L, d), a mapping of parameters, or a path"
        )
    draws = draws[:, :, None] if draws.ndim == 2 else draws
    if draws.ndim != 3:
        raise DrawFileError(f"draws have shape {draws.shape}: give (N, L, d), objects first")
    size = draws.shape[2]
    found_names = found_names or _names_of(truths, size)
    return _paired(draws, truths, found_names, [unit] * size)


def columns_to_fields(
    draws: Mapping[str, Any],
    truths: Mapping[str, Any],
    names: Sequence[str] | None = None,
    units: Mapping[str, str] | None = None,
    truth_units: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    r"""Fields of a trial from columns by name.

    Arguments:
        draws: Name to draws, each (N, L), or (N, L, k) for k components.
        truths: Name to true values, each (N,), or (N, k).
        names: Which to take; all that both have by default, and a note on the others.
        units: Name to unit of the draws.
        truth_units: Name to unit of the truths.
    """
    both = [name for name in draws if name in truths]
    wanted = list(names) if names else both
    if not wanted:
        raise DrawFileError(
            f"draws are of {', '.join(draws) or 'nothing'} and truths of "
            f"{', '.join(map(str, truths)) or 'nothing'}: they have no parameter in common"
        )
    for name in wanted:
        if name not in draws or name not in truths:
            side = "draws" if name not in draws else "truths"
            raise DrawFileError(f"there are no {side} of {name!r}; give them or leave it out")
    left = sorted({*map(str, draws), *map(str, truths)} - set(wanted))
    notes = [f"Left out, without a counterpart: {', '.join(left)}."] if left and not names else []
    blocks, values, labels, found_units = [], [], [], []
    for name in wanted:
        block, value = plain(draws[name]), plain(truths[name])
        if block.ndim < 2 or block.dtype.kind not in "fiub":
            raise DrawFileError(
                f"draws of {name} have shape {block.shape} and type {block.dtype}: give numbers "
                "of shape (N, L), all objects with the same number of draws"
            )
        block = block.reshape(*block.shape[:2], -1)
        value = value.reshape(len(value), -1) if value.ndim else value.reshape(1, 1)
        unit = (units or {}).get(name) or unit_of(draws[name])
        told = (truth_units or {}).get(name) or unit_of(truths[name])
        factor, note = matched_units(name, unit, told)
        notes += [note] if note else []
        blocks.append(block)
        values.append(np.asarray(value, float) * factor)
        size = block.shape[2]
        labels += [name] if size == 1 else [f"{name}[{k}]" for k in range(size)]
        found_units += [unit or told] * size
    _same_lengths(wanted, blocks, values)
    return {
        "draws": np.concatenate(blocks, -1), "truths": np.concatenate(values, -1),
        "names": tuple(labels), "units": tuple(found_units), "notes": tuple(notes),
    }  # fmt: skip


def _same_lengths(
    names: Sequence[str], draws: Sequence[np.ndarray], truths: Sequence[np.ndarray]
) -> None:
    """One sentence for columns that do not fit each other."""
    first = draws[0].shape[:2]
    for name, block, value in zip(names, draws, truths, strict=True):
        if block.shape[:2] != first:
            raise DrawFileError(
                f"draws of {name} are of shape {block.shape[:2]}, those of {names[0]} of {first}: "
                "all parameters need the same objects and the same number of draws"
            )
        if len(value) != len(block):
            raise DrawFileError(
                f"there are {len(value)} truths of {name} and draws of {len(block)} objects: give "
                "as many of one as of the other, in the same order"
            )
        if value.shape[1] != block.shape[2]:
            raise DrawFileError(
                f"truths of {name} have {value.shape[1]} components and draws {block.shape[2]}"
            )


def _names_of(truths: Any, size: int) -> list[str]:
    labelled = _labelled(truths)
    if labelled is not None and len(labelled) == size:
        return [str(name) for name in labelled]
    return [f"x{k + 1}" for k in range(size)]


def _labelled(table: Any) -> Mapping[str, Any] | None:
    """Columns by name, of a mapping, an astropy or pandas table, a structured array."""
    if isinstance(table, Mapping):
        return table
    kinds = getattr(getattr(table, "dtype", None), "names", None)
    for found in (kinds, getattr(table, "colnames", None), getattr(table, "columns", None)):
        if found is not None:
            return {str(name): table[name] for name in found}
    if hasattr(table, "data_vars"):
        return {str(name): table[name].values for name in table.data_vars}
    return None


def _paired(
    draws: np.ndarray, truths: Any, names: Sequence[str], units: Sequence[str]
) -> dict[str, Any]:
    """Draws as an array, truths as anything."""
    labelled, notes = _labelled(truths), []
    if labelled is not None:
        missing = [name for name in names if name not in labelled]
        if missing:
            raise DrawFileError(
                f"there are no truths of {missing[0]!r}; there are {', '.join(labelled)}"
            )
        columns = []
        for name, unit in zip(names, units, strict=False):
            factor, note = matched_units(name, unit, unit_of(labelled[name]))
            columns.append(np.asarray(plain(labelled[name]), float).ravel() * factor)
            notes += [note] if note else []
        values = np.stack(columns, -1)
    else:
        values = plain(truths)
        factor, note = matched_units("this trial", units[0] if units else "", unit_of(truths))
        values = values * factor if factor != 1.0 else values
        notes += [note] if note else []
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim == 1 or values.dtype.kind not in "fiub":
        raise DrawFileError(f"truths of shape {values.shape} and type {values.dtype}: give (N, d)")
    return {"draws": draws, "truths": values, "names": tuple(names), "units": tuple(units),
            "notes": tuple(notes)}  # fmt: skip


def _of_fields(
    source: Mapping[str, Any], truths: Any, names: Sequence[str] | None
) -> dict[str, Any]:
    """A mapping with the fields of a trial."""
    given = dict(source)
    values = truths if truths is not None else given.get("truths")
    found_names = names or given.get("names")
    if values is None:
        raise DrawFileError("draws alone cannot be judged: give `truths`, of shape (N, d)")
    if isinstance(given["draws"], Mapping):
        labelled = _labelled(values)
        if labelled is None:
            raise DrawFileError("draws are by name, so truths must be too: name to (N,)")
        found = columns_to_fields(given["draws"], labelled, found_names)
    else:
        found = fields_of_mapping(given["draws"], values, found_names)
    units = given.pop("units", None)
    rest = {k: v for k, v in given.items() if k not in ("draws", "truths", "names", "notes")}
    notes = (*found["notes"], *given.get("notes", ()))
    found = {**rest, **found, "notes": notes}
    return {**found, "units": tuple(units)} if units is not None and len(units) else found


def _of_parameters(
    source: Mapping[str, Any], truths: Any, names: Sequence[str] | None
) -> dict[str, Any]:
    """A mapping of parameters; truths beside it, or under `<name>_true`."""
    if truths is None:
        suffix = "_true"
        inside = {k.removesuffix(suffix): v for k, v in source.items() if k.endswith(suffix)}
        rest = {k: v for k, v in source.items() if not k.endswith(suffix)}
        if not inside:
            raise DrawFileError(
                "draws alone cannot be judged: give truths=, or a column <name>_true beside each"
            )
        return columns_to_fields(rest, inside, names)
    labelled = _labelled(truths)
    if labelled is None:
        values = plain(truths)
        values = values[:, None] if values.ndim == 1 else values
        if values.ndim != 2 or values.shape[1] != len(source):
            raise DrawFileError(
                f"draws are of {len(source)} parameters by name and truths of shape "
                f"{values.shape}: give truths by name, or (N, {len(source)})"
            )
        labelled = dict(zip(source, values.T, strict=True))
    return columns_to_fields(source, labelled, names)


def _of_list(source: Sequence[Any], truths: Any, names: Sequence[str] | None) -> dict[str, Any]:
    """One array, or one object of draws with names, for each object."""
    if not len(source):
        raise DrawFileError("there is not one object to judge: the list of draws is empty")
    first = source[0]
    named = all(hasattr(first, mark) for mark in ("values", "names", "units"))
    blocks = [plain(one.values if named else one) for one in source]
    blocks = [block[:, None] if block.ndim == 1 else block for block in blocks]
    shapes = [block.shape for block in blocks]
    odd = next((k for k, shape in enumerate(shapes) if shape != shapes[0]), None)
    if odd is not None:
        raise DrawFileError(
            f"object {odd} has draws of shape {shapes[odd]}, object 0 of {shapes[0]}: every "
            f"object needs the same number; the smallest is {min(s[0] for s in shapes)}, to "
            "which the others can be cut at random"
        )
    if truths is None:
        raise DrawFileError("draws alone cannot be judged: give truths=, of shape (N, d)")
    draws = np.stack(blocks)
    found = list(names or (first.names if named else _names_of(truths, draws.shape[2])))
    units = list(first.units) if named else [""] * draws.shape[2]
    return _paired(draws, truths, found, units)
