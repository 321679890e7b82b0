r"""The cells of one column: numbers, gaps, texts and units, from whatever type the file used."""

from __future__ import annotations

from dataclasses import dataclass, field

import astropy.units as u
import numpy as np
from astropy.table import Column

__all__ = ["Numbers", "is_code", "read_numbers", "read_texts", "unit_of"]

_BLANK_TEXTS = frozenset(
    ["", "-", "--", "---", "...", "nan", "none", "null", "n/a", "na", "<na>", "masked", "\\n"]
)


@dataclass(frozen=True)
class Numbers:
    r"""A column as numbers.

    Arguments:
        values: Shape :math:`(N,)`; NaN where the cell is empty, masked, a gap code or bad.
        beyond: Where the cell was written as a limit, `>12.3`.
        bad: Row to the text of a cell that is no number.
    """

    values: np.ndarray
    beyond: np.ndarray
    bad: dict[int, str] = field(default_factory=dict)


def read_numbers(column: Column, codes: tuple[float, ...] = ()) -> Numbers:
    r"""Numbers of a column; masks, blanks, NaN and `codes` become NaN, infinities stay.

    Arguments:
        column: A column of an astropy table, numeric or text, with or without mask.
        codes: Numbers that mean "no value".
    """
    masked = np.ma.asarray(getattr(column, "value", column))
    mask = np.ma.getmaskarray(masked)
    raw = np.asarray(masked.data)
    if raw.ndim != 1:
        text = f"{raw.shape[1:]} numbers in one cell"
        nowhere = np.zeros(len(raw), dtype=bool)
        return Numbers(np.full(len(raw), np.nan), nowhere, dict.fromkeys(range(len(raw)), text))
    if raw.dtype.kind in "fiub":
        values = raw.astype(float)
        beyond = np.zeros(len(raw), dtype=bool)
        bad: dict[int, str] = {}
    else:
        values, beyond, bad = _from_texts(np.where(mask, "", _as_text(raw)))
    values[mask] = np.nan
    values[is_code(values, codes)] = np.nan
    return Numbers(values, beyond & np.isfinite(values), bad)


def is_code(values: np.ndarray, codes: tuple[float, ...]) -> np.ndarray:
    """Where a number is one of the codes, to the precision of float32."""
    found = np.zeros(len(values), dtype=bool)
    for code in codes:
        found |= np.abs(values - code) <= 2e-7 * abs(code)
    return found


def read_texts(column: Column) -> np.ndarray:
    r"""A column as texts, shape :math:`(N,)`; masked and blank cells are empty."""
    masked = np.ma.asarray(getattr(column, "value", column))
    raw = _as_text(np.asarray(masked.data))
    stripped = np.char.strip(raw)
    blank = np.ma.getmaskarray(masked) | np.isin(np.char.lower(stripped), list(_BLANK_TEXTS))
    texts: np.ndarray = np.where(blank, "", stripped)
    return texts


def unit_of(column: Column) -> u.UnitBase | None:
    """The unit of a column; None when the file gives none or one that is no unit."""
    unit = getattr(column, "unit", None)
    if unit is None or isinstance(unit, u.UnrecognizedUnit):
        return None
    return u.Unit(unit)


def _as_text(raw: np.ndarray) -> np.ndarray:
    if raw.dtype.kind == "S":
        return np.char.decode(raw, "utf-8", "replace")
    if raw.dtype.kind == "O":
        return np.array(["" if cell is None else str(cell) for cell in raw], dtype=str)
    return raw.astype(str)


def _from_texts(texts: np.ndarray) -> tuple[np.ndarray, np.ndarray, dict[int, str]]:
    stripped = np.char.strip(texts)
    distinct, inverse = np.unique(stripped, return_inverse=True)
    parsed = [_parse(text) for text in distinct.tolist()]
    values = np.array([value for value, _ in parsed], dtype=float)[inverse.ravel()]
    kinds = np.array([kind for _, kind in parsed])[inverse.ravel()]
    bad = {int(row): str(stripped[row]) for row in np.flatnonzero(kinds == "bad")}
    return values, kinds == "beyond", bad


def _parse(text: str) -> tuple[float, str]:
    if text.lower() in _BLANK_TEXTS:
        return np.nan, "blank"
    kind = "beyond" if text.startswith(">") else "number"
    try:
        return float(text.lstrip(">= ").replace("\N{MINUS SIGN}", "-")), kind
    except ValueError:
        return np.nan, "bad"
