r"""From a table of any catalogue to `Observations`, without dropping a row.

Every assumption becomes a note of the table; every bad cell becomes a sentence in `problems` under
its row, and that quantity of that row is set aside (UNUSABLE) while the rest of the row is used.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import astropy.units as u
import numpy as np
from astropy.coordinates import Angle
from astropy.table import Column, MaskedColumn, Table

from astroviz.io.cells import read_numbers, read_texts, unit_of
from astroviz.io.columns import guess_mapping
from astroviz.io.errors import TableError
from astroviz.io.mapping import ColumnMapping
from astroviz.io.observations import Observations, Quantity, State
from astroviz.io.quantity_columns import read_quantity

__all__ = ["from_mapping", "observations_table", "to_observations"]


def to_observations(
    table: Table, mapping: ColumnMapping, quantities: Iterable[Quantity]
) -> Observations:
    r"""Values, errors and states of all rows, in the canonical units.

    Arguments:
        table: Shape :math:`N` rows, as `read_table` gives it.
        mapping: Which columns to read, as `guess_mapping` gives it, edited or not.
        quantities: The :math:`Q` columns of the result; those without a column are NOT_COVERED.

    Raises:
        TableError: when the mapping names a column or a quantity that is not there.
    """
    quantities = tuple(quantities)
    mapping.check(table.colnames, [quantity.name for quantity in quantities])
    shape = (len(table), len(quantities))
    values, errors = np.full(shape, np.nan), np.full(shape, np.nan)
    states = np.full(shape, State.NOT_COVERED, dtype=np.int8)
    problems: defaultdict[int, list[str]] = defaultdict(list)
    notes = list(table.meta.get("reading_notes", ()))
    g_magnitude = np.full(len(table), np.nan)
    # Magnitudes first: the usual error of a parallax depends on G.
    for index in sorted(range(len(quantities)), key=lambda i: quantities[i].kind == "parallax"):
        quantity = quantities[index]
        if quantity.name not in mapping.choices:
            continue
        try:
            cells = read_quantity(table, mapping, quantity, g_magnitude)
        except TableError as error:
            notes.append(f"{quantity.name} is left out: {error}")
            continue
        values[:, index], errors[:, index] = cells.values, cells.errors
        states[:, index] = cells.states
        notes.extend(cells.notes)
        for row, sentence in cells.problems.items():
            problems[row].append(sentence)
        if quantity.name == "g":
            g_magnitude = np.where(cells.states == State.OBSERVED, cells.values, np.nan)
    if "parallax" in mapping.choices and mapping.ruwe:
        _inflate(table, mapping.ruwe, quantities, errors, notes)
    return Observations(
        quantities,
        values,
        errors,
        states,
        _identifiers(table, mapping.identifier),
        _coordinates(table, mapping, notes),
        {row: "; ".join(problems[row]) for row in sorted(problems)},
        tuple(dict.fromkeys(notes)),
    )


def from_mapping(row: Mapping[str, Any], quantities: Iterable[Quantity]) -> Observations:
    r"""One star from names and numbers: `{"g": 12.1, "g_error": 0.01, "w4_state": "limit"}`.

    Arguments:
        row: Short names (`g`, `g_error`, `g_state`) or any known column name, to numbers, texts,
            astropy quantities or None. Keys that are not known are left aside.
        quantities: The quantities of the result.

    Raises:
        TableError: when there are keys and none of them is known.
    """
    quantities = tuple(quantities)
    table = Table()
    for name, value in row.items():
        table[str(name)] = _cell(value)
    if not table.colnames:
        table["identifier"] = [""]
    mapping = guess_mapping(table, quantities, need_one=bool(row))
    return to_observations(table, mapping, quantities)


def observations_table(seen: Observations) -> Table:
    r"""Observations as a table to look at, to save and to read back unchanged.

    Returns:
        `identifier`, `ra`, `dec` (deg), and per quantity `<name>`, `<name>_error` (canonical
        unit) and `<name>_state` (`observed`, `not covered`, `limit`, `unusable`, `ignored`).
    """
    words = np.array([state.name.lower().replace("_", " ") for state in State])
    table = Table({"identifier": seen.identifiers.astype(str)})
    for axis, name in enumerate(("ra", "dec")):
        table[name] = Column(seen.coordinates[:, axis], unit=u.deg)
    for index, quantity in enumerate(seen.quantities):
        table[quantity.name] = Column(seen.values[:, index], unit=quantity.unit)
        table[f"{quantity.name}_error"] = Column(seen.errors[:, index], unit=quantity.unit)
        table[f"{quantity.name}_state"] = words[seen.states[:, index]]
    return table


def _cell(value: Any) -> Column:
    if value is None or value is np.ma.masked or np.any(getattr(value, "mask", False)):
        return MaskedColumn([np.nan], mask=[True])
    if isinstance(value, u.Quantity):
        return Column([float(value.value)], unit=value.unit)
    if isinstance(value, State):
        return Column([value.name.lower()])
    scalar = np.asarray(value)
    if scalar.size != 1:
        raise TableError(f"one number was expected for one star, not {value!r}.")
    return Column([scalar.reshape(()).item()])


def _inflate(
    table: Table,
    column: str,
    quantities: tuple[Quantity, ...],
    errors: np.ndarray,
    notes: list[str],
) -> None:
    names = [quantity.name for quantity in quantities]
    if "parallax" not in names:
        return
    ruwe = read_numbers(table[column]).values
    factor = np.where(np.isfinite(ruwe), np.maximum(ruwe, 1.0), 1.0)
    where = names.index("parallax")
    changed = int(np.sum((factor > 1) & np.isfinite(errors[:, where])))
    errors[:, where] *= factor
    if changed:
        notes.append(
            f"Parallax errors of {changed} rows are multiplied by RUWE ({column!r}), where it "
            f"is above 1."
        )


def _identifiers(table: Table, column: str | None) -> np.ndarray:
    numbers = np.arange(1, len(table) + 1).astype(str)
    if column is None:
        return numbers
    texts = read_texts(table[column])
    return np.where(texts == "", np.char.add("row ", numbers), texts)


def _coordinates(table: Table, mapping: ColumnMapping, notes: list[str]) -> np.ndarray:
    found = np.full((len(table), 2), np.nan)
    for axis, column in enumerate((mapping.ra, mapping.dec)):
        if column is None:
            continue
        numbers = read_numbers(table[column])
        unit = unit_of(table[column])
        if numbers.bad:
            found[:, axis] = _sexagesimal(table, column, hours=axis == 0, notes=notes)
        elif unit is not None and unit.is_equivalent(u.deg):
            found[:, axis] = numbers.values * unit.to(u.deg)
        else:
            found[:, axis] = numbers.values
    outside = ~((np.abs(found[:, 0]) <= 360) & (np.abs(found[:, 1]) <= 90))
    found[outside] = np.nan
    return found


def _sexagesimal(table: Table, column: str, hours: bool, notes: list[str]) -> np.ndarray:
    # Spreadsheets leave a `=` before a sign.
    texts = np.char.lstrip(read_texts(table[column]), "=")
    unit = u.hourangle if hours else u.deg
    degrees = np.full(len(texts), np.nan)
    there = texts != ""
    unread = 0
    try:
        degrees[there] = Angle(texts[there], unit=unit).deg
    except (ValueError, u.UnitsError):
        for row in np.flatnonzero(there).tolist():
            try:
                degrees[row] = Angle(texts[row], unit=unit).deg
            except (ValueError, u.UnitsError):
                unread += 1
    if unread:
        notes.append(f"{unread} positions in {column!r} could not be read and are left empty.")
    return degrees
