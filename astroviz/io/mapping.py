r"""Which column of a file holds which quantity: a mapping to look at, edit, save and load.

The TOML form (`astroviz infer --columns MAP.toml`)::

    identifier = "source_id"
    ra = "ra"
    dec = "dec"
    ruwe = "ruwe"
    limits = "survey"          # or "none": see `ColumnMapping`

    [quantities.g]
    value = "phot_g_mean_mag"
    error = "phot_g_mean_flux_over_error"
    error_is = "signal to noise"

    [quantities.w1]
    value = "W1flux"
    error = "e_W1flux"
    unit = "mJy"
    flag = "f_W1"
    missing = [-1.0]

    [flags]
    cosmic = "unusable"
"""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from astroviz.io.errors import TableError
from astroviz.io.observations import State

__all__ = ["ColumnChoice", "ColumnMapping"]

_ERROR_KINDS = ("error", "signal to noise")
_FLAG_KINDS = ("words", "quality", "state")
_BLANKS = ("default", "limit")
_PLACES = ("identifier", "ra", "dec", "ruwe")


@dataclass
class ColumnChoice:
    r"""The columns of one quantity.

    Arguments:
        value: Column of the value.
        error: Column of the error, if there is one.
        error_is: `error` (one standard deviation) or `signal to noise`.
        flag: Column that says why there is no value, or that it is a limit.
        flag_is: `words` (`out`, `nodet`, `sat`), `quality` (letters as `ph_qual`), or `state`.
        flag_position: Which letter of a `quality` flag is of this band, from 0.
        unit: Unit to read the value in; None takes the file's, or the usual one with a note.
        missing: Extra numbers that mean "no value" in this column, as -1.
        blank_error: What a value with a blank in its error column is: `default` (a survey's
            usual error is put in) or `limit` (an upper limit, as in AllWISE and 2MASS).
    """

    value: str
    error: str | None = None
    error_is: str = "error"
    flag: str | None = None
    flag_is: str = "words"
    flag_position: int | None = None
    unit: str | None = None
    missing: tuple[float, ...] = ()
    blank_error: str = "default"

    def columns(self) -> tuple[str, ...]:
        """The columns of the file that are read."""
        return tuple(name for name in (self.value, self.error, self.flag) if name)


@dataclass
class ColumnMapping:
    r"""Which columns hold which quantities; edit it, then hand it to `to_observations`.

    Arguments:
        choices: Name of a quantity to its columns.
        identifier: Column of names; None numbers the rows.
        ra: Column of right ascension.
        dec: Column of declination.
        ruwe: Column of Gaia's RUWE: parallax errors are multiplied by max(1, RUWE).
        limits: `survey`: a "not detected" without a magnitude becomes a limit at the survey's
            usual depth (`depths.DEFAULT_LIMITS`); `none`: it is left out.
        flags: Extra flag words and what they mean: word to `State`.
        notes: How the guess was made.
    """

    choices: dict[str, ColumnChoice] = field(default_factory=dict)
    identifier: str | None = None
    ra: str | None = None
    dec: str | None = None
    ruwe: str | None = None
    limits: str = "survey"
    flags: dict[str, State] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def columns(self) -> tuple[str, ...]:
        """Every column of the file that is read, each once."""
        places = [getattr(self, place) for place in _PLACES]
        chosen = [name for choice in self.choices.values() for name in choice.columns()]
        return tuple(dict.fromkeys(name for name in [*places, *chosen] if name))

    def explain(self) -> tuple[str, ...]:
        """One sentence per choice, for a person to check."""
        lines = [_explain_choice(name, choice) for name, choice in self.choices.items()]
        for place in _PLACES:
            column = getattr(self, place)
            if column:
                lines.append(f"{place} is read from {column!r}.")
        return (*lines, *self.notes)

    def check(self, available: Iterable[str], quantities: Iterable[str]) -> None:
        """TableError when a quantity is unknown or a column is not in the table."""
        known, names = list(quantities), list(available)
        for name in self.choices:
            if name not in known:
                raise TableError(
                    f"the column mapping names a quantity {name!r} that is not known; "
                    f"there are {', '.join(known)}."
                )
        for column in self.columns():
            if column not in names:
                near = difflib.get_close_matches(column, names, 3) or names[:5]
                raise TableError(
                    f"the column mapping names a column {column!r} that the table does not "
                    f"have; nearest are {', '.join(map(repr, near))}. Correct the mapping."
                )

    def to_toml(self) -> str:
        """The mapping as TOML text, to edit and to read back with `from_toml`."""
        lines = [f"{place} = {_quote(getattr(self, place))}" for place in _PLACES
                 if getattr(self, place)]  # fmt: skip
        lines.append(f"limits = {_quote(self.limits)}")
        for name, choice in self.choices.items():
            lines += ["", f"[quantities.{_quote(name)}]"]
            for item in fields(choice):
                value = getattr(choice, item.name)
                if item.name == "value" or value != item.default:
                    lines.append(f"{item.name} = {_quote(value)}")
        if self.flags:
            lines += ["", "[flags]"]
            lines += [f"{_quote(k)} = {_quote(_word(v))}" for k, v in self.flags.items()]
        return "\n".join(lines) + "\n"

    @classmethod
    def from_toml(cls, text: str) -> ColumnMapping:
        """Read what `to_toml` wrote; TableError with a sentence when it does not fit."""
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise TableError(f"the column mapping is not valid TOML: {error}.") from error
        allowed = {*_PLACES, "limits", "quantities", "flags"}
        if extra := sorted(set(data) - allowed):
            raise TableError(
                f"the column mapping has an unknown entry {extra[0]!r}; "
                f"known are {', '.join(sorted(allowed))}."
            )
        tables = data.get("quantities", {})
        if not isinstance(tables, Mapping):
            raise TableError("`quantities` of the column mapping must hold one table per name.")
        limits = _one_of("limits", data.get("limits", "survey"), ("survey", "none"))
        identifier, ra, dec, ruwe = (_text(place, data.get(place)) for place in _PLACES)
        return cls(
            {name: _choice(name, table) for name, table in tables.items()},
            identifier,
            ra,
            dec,
            ruwe,
            limits,
            {word: _state(word, value) for word, value in data.get("flags", {}).items()},
        )


def _explain_choice(name: str, choice: ColumnChoice) -> str:
    text = f"{name} is read from {choice.value!r}"
    text += f" in {choice.unit}" if choice.unit else ""
    if choice.error:
        how = " (signal to noise)" if choice.error_is == "signal to noise" else ""
        text += f", its error from {choice.error!r}{how}"
        text += ", a blank error meaning an upper limit" if choice.blank_error == "limit" else ""
    else:
        text += ", with the survey's usual error"
    text += f", its state from {choice.flag!r}" if choice.flag else ""
    if choice.missing:
        text += f", {', '.join(f'{code:g}' for code in choice.missing)} meaning no value"
    return text + "."


def _choice(name: str, table: object) -> ColumnChoice:
    where = f"[quantities.{name}] of the column mapping"
    if not isinstance(table, Mapping):
        raise TableError(f"{where} must be a table with `value = ...`, not {table!r}.")
    allowed = {item.name for item in fields(ColumnChoice)}
    if extra := sorted(set(table) - allowed):
        raise TableError(
            f"{where} has an unknown entry {extra[0]!r}; known are {', '.join(sorted(allowed))}."
        )
    if not isinstance(table.get("value"), str):
        raise TableError(f'{where} names no column: add `value = "<column>"`.')
    entries: dict[str, Any] = dict(table)
    for key, options in (
        ("error_is", _ERROR_KINDS),
        ("flag_is", _FLAG_KINDS),
        ("blank_error", _BLANKS),
    ):
        if key in entries:
            _one_of(f"{key} in {where}", entries[key], options)
    for key in ("error", "flag", "unit"):
        _text(f"{key} in {where}", entries.get(key))
    codes = entries.get("missing", [])
    codes = codes if isinstance(codes, list) else [codes]
    if not all(isinstance(code, int | float) for code in codes):
        raise TableError(f"missing in {where} must be numbers such as [-1], not {codes!r}.")
    entries["missing"] = tuple(float(code) for code in codes)
    return ColumnChoice(**entries)


def _one_of(name: str, value: object, options: tuple[str, ...]) -> str:
    if value not in options:
        raise TableError(f"{name} is {value!r}; it must be one of {', '.join(options)}.")
    return str(value)


def _text(name: str, value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TableError(f"{name} must be a text in quotes, not {value!r}.")
    return value


def _word(state: State) -> str:
    return state.name.lower().replace("_", " ")


def _state(word: str, value: object) -> State:
    name = str(value).upper().replace(" ", "_").replace("-", "_")
    if name not in State.__members__:
        raise TableError(
            f"flag {word!r} of the column mapping is {value!r}; it must be one of "
            f"{', '.join(_word(state) for state in State)}."
        )
    return State[name]


def _quote(value: object) -> str:
    # JSON's texts, numbers and flat arrays are TOML's too.
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
