r"""Truths and draws in tables: lists of draws in the rows of objects, or a row for each draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from astropy.table import Table

from astroviz.io.draw_fields import DrawFileError, columns_to_fields, plain, unit_of

__all__ = ["fields_of_table", "truths_of_table"]

_OBJECTS = ("object", "object_id", "simulation", "sim", "sim_id", "id", "index", "row", "event")
_DRAWS = ("draw", "draw_id", "sample", "sample_id", "chain")
_TRUE = "_true"
_PREFIXES = {"group:": "groups", "place:": "places", "observation:": "observations"}


def fields_of_table(
    table: Table, truths: Any = None, names: Sequence[str] | None = None, label: str = "the table"
) -> dict[str, Any]:
    r"""Fields of a trial from a table.

    Arguments:
        table: Wide (lists of draws) or long (a row for each draw).
        truths: True values by name, (N,) each, where the table has none.
        names: Which parameters to take.
        label: Name of the table in sentences.

    Example:
        >>> table = Table({"age": np.zeros((5, 9)), "age_true": np.zeros(5)})
        >>> fields_of_table(table)["draws"].shape
        (5, 9, 1)
    """
    columns: dict[str, Any] = {name: _list_column(table[name], name) for name in table.colnames}
    wide = {n: c for n, c in columns.items() if np.ndim(c) > 1 and not _special(n)}
    rows = None if wide else _object_rows(columns, label)
    if rows is None:
        objects, inside = wide, _inside(columns)
        one = columns
    else:
        objects, inside, one = _long(columns, rows)
    found_truths = inside if truths is None else _by_name(truths, label)
    if not found_truths:
        raise DrawFileError(
            f"{label} has draws of {', '.join(objects)} and no truths: add a column <name>_true "
            "for each, or give a second file"
        )
    units = {name: unit_of(table[name]) for name in objects}
    told = {n: unit_of(table[n + _TRUE]) for n in objects if n + _TRUE in table.colnames}
    fields = columns_to_fields(objects, found_truths, names, units, told)
    return fields | _beside(one, set(objects), fields["notes"])


def truths_of_table(table: Table) -> dict[str, Any]:
    """True values by name; `_true` at the end of a name is left away."""
    return {name.removesuffix(_TRUE): table[name] for name in table.colnames}


def _special(name: str) -> bool:
    return name.endswith(_TRUE) or name.startswith(tuple(_PREFIXES))


def _list_column(column: Any, name: str) -> Any:
    """A column as it is, or lists of equal length as a matrix."""
    values = getattr(column, "data", column)
    if getattr(getattr(values, "dtype", None), "kind", "") != "O" or not len(values):
        return column
    if not hasattr(values[0], "__len__") or isinstance(values[0], str | bytes):
        return column
    lengths = np.array([0 if cell is None else len(cell) for cell in values])
    if len(set(lengths.tolist())) > 1:
        row = int(np.flatnonzero(lengths != lengths[0])[0])
        raise DrawFileError(
            f"{name} has {lengths[row]} draws in row {row} and {lengths[0]} in row 0: every "
            f"object needs the same number; the smallest is {lengths.min()}"
        )
    return np.stack([np.asarray(cell, float) for cell in values])


def _inside(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {n.removesuffix(_TRUE): c for n, c in columns.items() if n.endswith(_TRUE)}


def _object_rows(columns: Mapping[str, Any], label: str) -> np.ndarray:
    """Rows of each object of a long table, (N, L)."""
    lower = {name.lower(): name for name in columns}
    key = next((lower[name] for name in _OBJECTS if name in lower), None)
    if key is None:
        raise DrawFileError(
            f"{label} has neither lists of draws nor a column that says of which object a row is: "
            f"name one of its columns {_OBJECTS[0]!r}, or keep draws as lists, a row an object"
        )
    labels = plain(columns[key])
    _, first, inverse, counts = np.unique(
        labels, return_index=True, return_inverse=True, return_counts=True
    )
    if len(set(counts.tolist())) > 1:
        odd = int(counts.argmin())
        raise DrawFileError(
            f"object {labels[first[odd]]} of {label} has {counts[odd]} draws and others up to "
            f"{counts.max()}: every object needs the same number"
        )
    # objects in the order in which they come first, rows of each in their order
    order = np.argsort(inverse, kind="stable").reshape(len(first), -1)
    return order[np.argsort(first, kind="stable")]


def _long(
    columns: Mapping[str, Any], rows: np.ndarray
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Draws and truths by parameter, and one row of all columns for each object."""
    skipped = {*_OBJECTS, *_DRAWS}
    draws, truths, one = {}, {}, {}
    for name, column in columns.items():
        values = plain(column)
        one[name] = values[rows[:, 0]]
        if name.endswith(_TRUE):
            spread = values[rows]
            same = (spread == spread[:, :1]) | (spread != spread)
            if not same.all():
                odd = int(np.flatnonzero(~same.all(1))[0])
                raise DrawFileError(
                    f"{name} changes within object {odd}: a truth is the same in all rows of an "
                    "object"
                )
            truths[name.removesuffix(_TRUE)] = spread[:, 0]
        elif not _special(name) and name.lower() not in skipped and values.dtype.kind in "fiu":
            draws[name] = values[rows]
    return draws, truths, one


def _by_name(truths: Any, label: str) -> Mapping[str, Any]:
    if isinstance(truths, Mapping):
        return truths
    if hasattr(truths, "colnames"):
        return truths_of_table(truths)
    if hasattr(truths, "columns"):
        return {str(name).removesuffix(_TRUE): truths[name] for name in truths.columns}
    raise DrawFileError(
        f"draws of {label} have names, so truths need them too: give a mapping or a table"
    )


def _beside(
    columns: Mapping[str, Any], parameters: set[str], notes: tuple[str, ...]
) -> dict[str, Any]:
    """Groups, places and observations; a note on what is not used."""
    found: dict[str, Any] = {}
    taken = set(parameters)
    for prefix, field in _PREFIXES.items():
        some = {n.removeprefix(prefix): plain(c) for n, c in columns.items()
                if n.startswith(prefix)}  # fmt: skip
        taken |= {prefix + name for name in some}
        if some and field == "observations":
            found["observation_names"] = tuple(some)
            found[field] = np.stack([np.asarray(v, float) for v in some.values()], -1)
        elif some:
            found[field] = some
            if field == "places":
                found["place_units"] = {n: unit_of(columns[prefix + n]) for n in some}
    key = next((n for n in columns if n.lower() in _OBJECTS), None)
    if key is not None:
        found["ids"] = tuple(map(str, plain(columns[key]).tolist()))
        taken.add(key)
    rest = sorted(n for n in set(columns) - taken
                  if not n.endswith(_TRUE) and n.lower() not in _DRAWS)  # fmt: skip
    if rest:
        found["notes"] = (*notes, f"Columns that were not used: {', '.join(rest)}.")
    return found
