r"""Sets of rows: as a parameter, under names, combined by set algebra, in and out of CSV."""

from __future__ import annotations

import ast
import csv
import io
import operator
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
import param
from numpy.typing import ArrayLike

__all__ = [
    "Mode",
    "Rows",
    "as_rows",
    "combine",
    "evaluate",
    "pack",
    "rows_from_csv",
    "rows_to_csv",
    "unpack",
]

Mode = Literal["replace", "add", "remove", "intersect"]

_COMBINE: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "replace": lambda old, new: new,
    "add": lambda old, new: np.concatenate([old, new]),
    "remove": lambda old, new: old[~np.isin(old, new)],
    "intersect": lambda old, new: old[np.isin(old, new)],
}
_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
    ast.BitXor: operator.xor,
    ast.Sub: lambda left, right: left & ~right,
}


def as_rows(rows: ArrayLike | None) -> np.ndarray:
    r"""Row numbers, sorted and each once, from numbers or from a boolean mask.

    Arguments:
        rows: Row numbers of any shape, a boolean mask of length :math:`N`, or None for no rows.
    """
    array = np.atleast_1d(np.asarray([] if rows is None else rows)).ravel()
    if array.dtype == bool:
        return np.flatnonzero(array)
    if array.size == 0:
        return np.zeros(0, dtype=np.intp)
    if not np.issubdtype(array.dtype, np.integer):
        whole = np.asarray(array, dtype=float)
        if not np.array_equal(whole, np.rint(whole)):
            raise ValueError(f"a selection holds whole row numbers, not {array[:3].tolist()}")
    found = array.astype(np.intp)
    # By sorting: np.unique hashes integers, which takes a second for half a million of them.
    if not (found[1:] > found[:-1]).all():
        found.sort()
        found = found[np.append(True, found[1:] != found[:-1])]
    if found[0] < 0:
        raise ValueError(f"row numbers of a selection start at 0; there is {found[0]}")
    return found


class Rows(param.Parameter):
    """A parameter that holds row numbers; what is set is sorted and made unique."""

    def __init__(self, default: ArrayLike = (), **settings: Any) -> None:
        super().__init__(default=as_rows(default), instantiate=True, **settings)

    def __set__(self, obj: Any, value: Any) -> None:
        super().__set__(obj, as_rows(value))


def combine(old: np.ndarray, new: np.ndarray, mode: Mode) -> np.ndarray:
    """Change a selection: replace it, add to it, remove from it, or keep what both have."""
    if mode not in _COMBINE:
        raise ValueError(f"selection mode {mode!r} is not known; use {', '.join(_COMBINE)}")
    return as_rows(_COMBINE[mode](old, new))


def evaluate(expression: str, named: Mapping[str, np.ndarray], n: int) -> np.ndarray:
    r"""Rows of an expression over named selections.

    Arguments:
        expression: Names joined by `|` (or), `&` (and), `-` (without), `^` (one of both) and `~`
            (not), with parentheses: `members & ~(disks | blended)`. `all` is every row.
        named: Name to rows.
        n: Number of rows of the table.

    Returns:
        Row numbers, sorted.
    """
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except SyntaxError as error:
        raise ValueError(
            f"{expression!r} is not a set expression; write names with | & - ^ ~ and parentheses"
        ) from error
    return np.flatnonzero(_mask(tree, named, n))


def _mask(node: ast.AST, named: Mapping[str, np.ndarray], n: int) -> np.ndarray:
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        left, right = _mask(node.left, named, n), _mask(node.right, named, n)
        mask: np.ndarray = _OPERATORS[type(node.op)](left, right)
        return mask
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
        inverse: np.ndarray = ~_mask(node.operand, named, n)
        return inverse
    if isinstance(node, ast.Name):
        if node.id == "all":
            return np.ones(n, dtype=bool)
        if node.id not in named:
            known = ", ".join([*named, "all"])
            raise KeyError(f"no selection named {node.id!r}; there are {known}")
        rows = named[node.id]
        mask = np.zeros(n, dtype=bool)
        mask[rows[rows < n]] = True
        return mask
    raise ValueError(
        f"{ast.unparse(node)!r} cannot stand in a set expression: only names, | & - ^ ~ and "
        "parentheses can"
    )


def pack(rows: np.ndarray, longest: int | None = None) -> str | None:
    r"""Rows as a short text, `0-5,9,12-40`: what a link holds.

    Arguments:
        rows: Row numbers, sorted.
        longest: Largest number of runs to write down; None where there are more.
    """
    if len(rows) == 0:
        return ""
    breaks = np.flatnonzero(np.diff(rows) != 1) + 1
    if longest is not None and len(breaks) >= longest:
        return None
    runs = np.split(rows, breaks)
    return ",".join(f"{r[0]}" if len(r) == 1 else f"{r[0]}-{r[-1]}" for r in runs)


def unpack(text: str, n: int) -> np.ndarray:
    """Rows from what `pack` wrote; those that the table of `n` rows does not have are left out."""
    parts: list[np.ndarray] = []
    for run in filter(None, text.split(",")):
        first, _, last = run.partition("-")
        try:
            start, stop = int(first), int(last or first)
        except ValueError as error:
            raise ValueError(f"{run!r} is no range of rows; write them as 0-5,9,12-40") from error
        # Bounded by the table: a link must not be able to ask for a huge array.
        parts.append(np.arange(max(start, 0), min(stop, n - 1) + 1))
    return as_rows(np.concatenate(parts)) if parts else as_rows(None)


def rows_to_csv(rows: np.ndarray, identifiers: np.ndarray) -> str:
    """The selection as CSV text with the columns `row` and `identifier`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["row", "identifier"])
    writer.writerows((int(row), identifiers[row]) for row in rows)
    return out.getvalue()


def rows_from_csv(text: str, identifiers: np.ndarray) -> np.ndarray:
    """Rows of a CSV text with a column `identifier` or `row`; identifiers win, as files change."""
    reader = csv.DictReader(io.StringIO(text))
    names = reader.fieldnames or []
    column = next((name for name in ("identifier", "row") if name in names), None)
    if column is None:
        raise ValueError(
            f"the selection file has the columns {', '.join(names) or '(none)'}; "
            "one must be called `identifier` or `row`"
        )
    wanted = [entry[column] for entry in reader]
    if column == "row":
        if bad := [text for text in wanted if not str(text).isdigit()]:
            raise ValueError(f"{bad[0]!r} in the column `row` is no row number")
        rows = as_rows([int(text) for text in wanted])
        return rows[rows < len(identifiers)]
    rows = np.flatnonzero(np.isin(np.asarray(identifiers).astype(str), np.asarray(wanted, str)))
    if len(wanted) and not len(rows):
        raise ValueError(f"no star of the table is called {wanted[0]!r} or any other of the file")
    return rows
