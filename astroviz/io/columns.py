r"""Guess which columns hold which quantities, by the documented names of `aliases`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from astropy.table import Table

from astroviz.io.aliases import (
    ALIASES,
    DEC,
    ERROR_PATTERNS,
    FLAG_PATTERNS,
    IDENTIFIERS,
    QUALITY_FLAGS,
    RA,
    RUWE,
    Alias,
    key,
)
from astroviz.io.errors import TableError
from astroviz.io.mapping import ColumnChoice, ColumnMapping
from astroviz.io.observations import Quantity

__all__ = ["guess_mapping", "known_names"]

# Lower-case names of SDSS and Pan-STARRS: beside one of these, `gmag` is theirs and not Gaia's.
_OTHER_SYSTEM = {"rmag", "zmag", "umag", "ymag", "r", "z", "u", "r_mag", "z_mag", "u_mag"}
_SHARED_NAMES = {"g", "gmag", "g_mag"}
_NULL_MEANS_LIMIT = {"2MASS", "WISE"}


def guess_mapping(
    table: Table | Sequence[str], quantities: Iterable[Quantity], need_one: bool = True
) -> ColumnMapping:
    r"""Find the columns of each quantity.

    Arguments:
        table: The table, or only its column names.
        quantities: What to look for.
        need_one: Raise when there is no known column at all.

    Returns:
        A mapping to look at (`explain`), edit, and hand to `to_observations`.

    Raises:
        TableError: when no column of the table is known; names those that would work.
    """
    quantities = tuple(quantities)
    names = list(table.colnames) if isinstance(table, Table) else list(table)
    columns = _Columns(names)
    mapping = ColumnMapping(
        identifier=columns.first(IDENTIFIERS),
        ra=columns.first(RA),
        dec=columns.first(DEC),
        ruwe=columns.first(RUWE),
    )
    notes: list[str] = []
    for quantity in quantities:
        alias = ALIASES.get(quantity.name, Alias((*quantity.aliases, quantity.name)))
        found = columns.all((quantity.name, *alias.values))
        if quantity.survey == "Gaia":
            found = [name for name in found if not columns.is_other_system(name)]
        if not found:
            continue
        choice = _choose(quantity, alias, found[0], columns)
        if not isinstance(table, Table) or table[found[0]].unit is None:
            choice.unit = dict(alias.units).get(key(found[0]))
        mapping.choices[quantity.name] = choice
        if len(found) > 1:
            notes.append(
                f"{quantity.name}: {found[0]!r} is used; {', '.join(map(repr, found[1:]))} "
                f"could be too."
            )
    _add_quality_flags(mapping, columns, table if isinstance(table, Table) else None)
    mapping.notes = tuple(notes)
    if need_one and not mapping.choices:
        raise TableError(_nothing_known(names, quantities))
    return mapping


def known_names(quantity: Quantity) -> tuple[str, ...]:
    """Column names (case ignored) under which a quantity is found."""
    alias = ALIASES.get(quantity.name, Alias(quantity.aliases))
    return tuple(dict.fromkeys((quantity.name, *alias.values)))


class _Columns:
    """The columns of a table, found by names without case."""

    def __init__(self, names: Sequence[str]) -> None:
        self.exact = {name.strip(): name for name in reversed(names)}
        self.loose: dict[str, list[str]] = {}
        for name in names:
            self.loose.setdefault(key(name), []).append(name)

    def first(self, wanted: Iterable[str]) -> str | None:
        return next(iter(self.all(wanted)), None)

    def all(self, wanted: Iterable[str]) -> list[str]:
        found: dict[str, None] = {}
        for name in wanted:
            if name in self.exact:
                found[self.exact[name]] = None
            found.update(dict.fromkeys(self.loose.get(key(name), ())))
        return list(found)

    def is_other_system(self, name: str) -> bool:
        return name in _SHARED_NAMES and bool(_OTHER_SYSTEM & set(self.exact))


def _choose(quantity: Quantity, alias: Alias, value: str, columns: _Columns) -> ColumnChoice:
    choice = ColumnChoice(value)
    made = [pattern.format(value) for pattern in ERROR_PATTERNS]
    own = [f"{quantity.name}_error", f"e_{quantity.name}", f"{quantity.name}_err"]
    choice.error = _other(columns.all((*made, *alias.errors, *own)), value)
    if choice.error is None and alias.snr:
        choice.error = _other(columns.all(alias.snr), value)
        choice.error_is = "signal to noise" if choice.error else "error"
    # Only under the catalogues' own names: in a table made by hand a blank is a blank.
    native = {*map(key, alias.errors), f"e_{key(value)}"}
    if choice.error and quantity.survey in _NULL_MEANS_LIMIT and key(choice.error) in native:
        choice.blank_error = "limit"
    state = columns.first((f"{quantity.name}_state", f"{value}_state"))
    if state:
        choice.flag, choice.flag_is = state, "state"
    else:
        flags = [pattern.format(value) for pattern in FLAG_PATTERNS]
        choice.flag = _other(columns.all(flags), value)
    return choice


def _other(found: Sequence[str], value: str) -> str | None:
    return next((name for name in found if name != value), None)


def _add_quality_flags(mapping: ColumnMapping, columns: _Columns, table: Table | None) -> None:
    for name, bands in QUALITY_FLAGS:
        column = columns.first((name,))
        wanted = [band for band in bands if band in mapping.choices]
        if column is None or not wanted or not _has_letters(table, column, len(bands)):
            continue
        for band in wanted:
            choice = mapping.choices[band]
            if choice.flag is None:
                choice.flag, choice.flag_is = column, "quality"
                choice.flag_position = bands.index(band)


def _has_letters(table: Table | None, column: str, count: int) -> bool:
    """Whether the flag has one letter per band, judged by the longest of the first thousand."""
    if table is None or table[column].dtype.kind not in "SUO":
        return False
    head = np.ma.filled(np.ma.asarray(table[column][:1000]).astype(str), "")
    return max((len(text.strip()) for text in head.tolist()), default=0) == count


def _nothing_known(names: Sequence[str], quantities: Sequence[Quantity]) -> str:
    shown = ", ".join(map(repr, names[:8])) + (", ..." if len(names) > 8 else "")
    works = "; ".join(
        f"{quantity.name}: {', '.join(known_names(quantity)[:4])}" for quantity in quantities
    )
    return (
        f"no column of the table is known: it has {shown or 'no columns'}. "
        f"Names that would work are, for example, {works}. Rename a column, or say which is "
        f"which in a column mapping."
    )
