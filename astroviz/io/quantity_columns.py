r"""One quantity of a table: value, error and flag columns to values, errors and states."""

from __future__ import annotations

from dataclasses import dataclass, field

import astropy.units as u
import numpy as np
from astropy.table import Table

from astroviz.io import depths, flags
from astroviz.io.cells import Numbers, read_numbers, read_texts, unit_of
from astroviz.io.errors import TableError
from astroviz.io.mapping import ColumnChoice, ColumnMapping
from astroviz.io.observations import Quantity, State
from astroviz.io.photometry import convert

__all__ = ["Cells", "read_quantity"]

_MANY = 0.5  # share of impossible values above which the unit, not the row, is to blame


@dataclass
class Cells:
    r"""One quantity of all rows, shape :math:`(N,)` each; what was wrong, by row; and notes."""

    values: np.ndarray
    errors: np.ndarray
    states: np.ndarray
    problems: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def refuse(self, where: np.ndarray, sentence: str, shown: np.ndarray | None = None) -> None:
        """Set cells aside and say why; `{}` in the sentence becomes the number shown."""
        for row in np.flatnonzero(where).tolist():
            number = "" if shown is None else f"{shown[row]:g}"
            self.problems.setdefault(row, sentence.format(number))
        self.states[where] = State.UNUSABLE
        self.values[where] = np.where(np.isfinite(self.values[where]), self.values[where], np.nan)
        self.errors[where] = np.nan


def read_quantity(
    table: Table, mapping: ColumnMapping, quantity: Quantity, g_magnitude: np.ndarray
) -> Cells:
    r"""Read one quantity of every row.

    Arguments:
        table: :math:`N` rows.
        mapping: Holds a choice for this quantity.
        quantity: What to read.
        g_magnitude: Gaia G, mag, shape :math:`(N,)`, for the usual error of a parallax.

    Raises:
        TableError: when the unit cannot be one of this quantity.
    """
    choice = mapping.choices[quantity.name]
    codes = (*depths.gap_codes(quantity), *choice.missing)
    raw = read_numbers(table[choice.value], codes)
    raw_errors = _read_errors(table, choice, codes, len(raw.values))
    notes: list[str] = []
    unit = _unit(table, choice, quantity, notes)
    error_unit = unit_of(table[choice.error]) if choice.error else None
    snr = choice.error_is == "signal to noise"
    finite = np.where(np.isfinite(raw.values), raw.values, np.nan)
    positive = np.where(np.isfinite(raw_errors.values), raw_errors.values, np.nan)
    done = convert(finite, positive, quantity, unit, error_unit, snr)
    states = np.where(np.isfinite(done.values), State.OBSERVED, State.NOT_COVERED)
    states[raw.beyond | done.limit] = State.LIMIT
    cells = Cells(done.values, done.errors, states.astype(np.int8), notes=notes)
    _refuse_values(cells, raw, done.impossible, quantity, choice)
    _refuse_errors(cells, raw_errors, quantity, choice)
    _apply_flag(cells, table, mapping, quantity)
    _fill_errors(cells, choice, quantity, g_magnitude)
    cells.errors[cells.states == State.LIMIT] = np.nan
    cells.values[cells.states == State.NOT_COVERED] = np.nan
    cells.errors[np.isnan(cells.values)] = np.nan
    return cells


def _read_errors(
    table: Table, choice: ColumnChoice, codes: tuple[float, ...], count: int
) -> Numbers:
    if choice.error is None:
        return Numbers(np.full(count, np.nan), np.zeros(count, dtype=bool))
    return read_numbers(table[choice.error], (*codes, 9.999, 99.0, 999.0))


def _unit(
    table: Table, choice: ColumnChoice, quantity: Quantity, notes: list[str]
) -> u.UnitBase | None:
    if choice.unit is None:
        in_file = unit_of(table[choice.value])
        if in_file is None and choice.value != quantity.name and quantity.unit:
            raw = getattr(table[choice.value], "unit", None)
            why = f"has a unit {str(raw)!r} that is not known" if raw else "has no unit"
            notes.append(
                f"{choice.value!r} {why}: it is read in {quantity.unit}"
                f"{f' ({quantity.system})' if quantity.kind == 'magnitude' else ''}."
            )
        return in_file
    try:
        return u.Unit(choice.unit)
    except (ValueError, TypeError) as error:
        raise TableError(
            f"the column mapping gives the unit {choice.unit!r} to {choice.value!r}, which "
            f"is not a unit; write it as in mag, mag(AB), mJy, mas."
        ) from error


def _refuse_values(
    cells: Cells,
    raw: Numbers,
    impossible: np.ndarray,
    quantity: Quantity,
    choice: ColumnChoice,
) -> None:
    name = f"{quantity.name} ({choice.value})"
    for row, text in raw.bad.items():
        cells.problems[row] = (
            f"{name} is {text!r}, which is not a number; write a number or leave it empty"
        )
        cells.states[row] = State.UNUSABLE
    leave = "leave it empty if there is no value"
    cells.refuse(np.isinf(raw.values), f"{name} is {{}}, which is not finite; {leave}", raw.values)
    cells.refuse(
        impossible, f"{name} is {{}}, not a positive number, and has no error to make it a limit; "
        f"give an error or leave it empty", raw.values,
    )  # fmt: skip
    low, high = depths.plausible_range(quantity)
    present = np.isfinite(cells.values)
    outside = present & ~((cells.values >= low) & (cells.values <= high))
    if present.sum() >= 3 and outside.sum() > _MANY * present.sum():
        cells.notes.append(
            f"{outside.sum()} of {present.sum()} values of {choice.value!r} are outside "
            f"{low:g} to {high:g} {quantity.unit}: the unit is probably not {quantity.unit}. "
            f"Give the right one in the column mapping (unit = ...)."
        )
    cells.refuse(
        outside, f"{name} is {{}} {quantity.unit}, outside {low:g} to {high:g}; check the number "
        f"and its unit", cells.values,
    )  # fmt: skip


def _refuse_errors(
    cells: Cells, errors: Numbers, quantity: Quantity, choice: ColumnChoice
) -> None:
    what = "signal to noise" if choice.error_is == "signal to noise" else "error"
    name = f"the {what} of {quantity.name} ({choice.error})"
    present = np.isfinite(cells.values) & (cells.states == State.OBSERVED)
    fix = "give a positive number or leave it empty"
    for row, text in errors.bad.items():
        if present[row]:
            where = np.arange(len(present)) == row
            cells.refuse(where, f"{name} is {text!r}, which is not a number; {fix}")
    numbers = errors.values
    cells.refuse(
        present & np.isinf(numbers), f"{name} is {{}}, which is not finite; {fix}", numbers
    )
    cells.refuse(present & (numbers < 0), f"{name} is {{}}, which is negative; {fix}", numbers)


def _apply_flag(cells: Cells, table: Table, mapping: ColumnMapping, quantity: Quantity) -> None:
    choice = mapping.choices[quantity.name]
    if choice.flag is None:
        return
    texts = read_texts(table[choice.flag])
    if choice.flag_is == "quality":
        codes, unknown = flags.quality_states(texts, choice.flag_position or 0)
    elif choice.flag_is == "state":
        codes, unknown = flags.state_codes(texts)
    else:
        codes, unknown = flags.word_states(texts, mapping.flags)
    if unknown:
        words = ", ".join(repr(word) for word in sorted(unknown)[:5])
        cells.notes.append(
            f"{choice.flag!r} has {words}, not known as a flag: the values are used as they are. "
            f"Say what it means under [flags] of the column mapping."
        )
    bad = np.zeros(len(codes), dtype=bool)
    bad[list(cells.problems)] = True
    has_value = np.isfinite(cells.values)
    cells.states[(codes == State.UNUSABLE) | bad] = State.UNUSABLE
    cells.states[(codes == State.NOT_COVERED) & ~bad] = State.NOT_COVERED
    cells.states[(codes == State.IGNORED) & ~bad] = State.IGNORED
    cells.states[(codes == State.LIMIT) & has_value & ~bad] = State.LIMIT
    without = (codes == State.LIMIT) & ~has_value & ~bad
    depth = depths.DEFAULT_LIMITS.get(quantity.name)
    if depth is not None and mapping.limits == "survey" and without.any():
        cells.states[without], cells.values[without] = State.LIMIT, depth
        cells.notes.append(
            f"{quantity.name}: {without.sum()} rows are flagged as not detected without a limit; "
            f"the survey's usual depth of {depth:g} mag is taken."
        )


def _fill_errors(
    cells: Cells, choice: ColumnChoice, quantity: Quantity, g_magnitude: np.ndarray
) -> None:
    missing = (cells.states == State.OBSERVED) & ~(cells.errors > 0)
    if not missing.any():
        return
    if choice.error and choice.blank_error == "limit":
        cells.states[missing] = State.LIMIT
        cells.notes.append(
            f"{quantity.name}: {missing.sum()} rows have a value without an error in "
            f"{choice.error!r}, which is how {quantity.survey} writes an upper limit."
        )
        return
    usual = depths.default_error(quantity, g_magnitude)
    if np.isnan(usual[missing]).all():
        return  # nothing is usual for this quantity: the value is taken as exact
    cells.errors[missing] = usual[missing]
    assumed = np.unique(usual[missing])
    how = f"{assumed[0]:g}" if len(assumed) == 1 else f"{assumed[0]:.2g} to {assumed[-1]:.2g}"
    cells.notes.append(
        f"{quantity.name}: {missing.sum()} rows have no error; {how} {quantity.unit} is assumed."
    )
