r"""Expressions over the columns of a table, for named subsets (TOPCAT's algebraic subsets).

An expression such as `u_v - v_j > 0.7 and 10 < log_mass < 11` is parsed, every part of it is
looked at, and only arithmetic, comparisons, logic and a list of functions are let through: nothing
of Python can be reached. `and or not` and `& | ~` mean the same.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import numpy as np

from astroviz.galaxies.parameters import GalaxyError
from astroviz.galaxies.polygon import inside_polygon
from astroviz.galaxies.relation import Columns

__all__ = ["CONSTANTS", "FUNCTIONS", "LONGEST", "Expression", "evaluate", "subset"]

LONGEST: Final = 400
"""Characters that an expression may have."""

_DEEPEST = 24

FUNCTIONS: Final[dict[str, tuple[Callable[..., np.ndarray], int]]] = {
    "abs": (np.abs, 1), "sqrt": (np.sqrt, 1), "exp": (np.exp, 1), "log": (np.log, 1),
    "log10": (np.log10, 1), "sin": (np.sin, 1), "cos": (np.cos, 1), "tan": (np.tan, 1),
    "arctan": (np.arctan, 1), "floor": (np.floor, 1), "round": (np.round, 1),
    "isfinite": (np.isfinite, 1), "isnan": (np.isnan, 1),
    "min": (np.fmin, 2), "max": (np.fmax, 2), "hypot": (np.hypot, 2),
    "where": (np.where, 3), "clip": (np.clip, 3), "inside": (inside_polygon, -8),
}  # fmt: skip
"""What can be called, and with how many values; below 0, with as many or more, in pairs."""

CONSTANTS: Final = {"pi": float(np.pi), "nan": float("nan"), "true": True, "false": False}

_ARITHMETIC: Final[dict[type, Callable[[Any, Any], Any]]] = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide,
    ast.Pow: np.power, ast.Mod: np.mod,
}  # fmt: skip
_LOGIC: Final[dict[type, Callable[[Any, Any], Any]]] = {
    ast.BitAnd: np.logical_and, ast.BitOr: np.logical_or, ast.BitXor: np.logical_xor,
}  # fmt: skip
_COMPARISONS: Final[dict[type, Callable[[Any, Any], Any]]] = {
    ast.Lt: np.less, ast.LtE: np.less_equal, ast.Gt: np.greater, ast.GtE: np.greater_equal,
    ast.Eq: np.equal, ast.NotEq: np.not_equal,
}  # fmt: skip


class Expression:
    r"""A checked expression.

    Arguments:
        text: What was written.

    Raises:
        GalaxyError: when it cannot be read, or reaches for something that is not allowed; the
            message shows the place.

    Example:
        >>> young = Expression("log_mass > 10 and u_v < 1.3")
        >>> young.names
        ('log_mass', 'u_v')
        >>> young.subset({"log_mass": [9.0, 10.5], "u_v": [1.0, 1.0]}).tolist()
        [False, True]
    """

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        self._tree = _parsed(self.text)
        self.names = tuple(dict.fromkeys(_names(self._tree, 0, self.text)))

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def values(self, columns: Columns) -> np.ndarray:
        r"""The expression of every row.

        Arguments:
            columns: A table with the columns `names`; a mapping or `core.draws.Draws`.

        Returns:
            Numbers or truth values, shape :math:`(n,)`. Where a row has no answer (a logarithm of
            a negative number) it is NaN.
        """
        found = {name: _column(columns, name) for name in self.names}
        sizes = {len(values) for values in found.values()}
        if len(sizes) > 1:
            raise GalaxyError(f"the columns of {self.text!r} have different lengths: {sizes}")
        with np.errstate(all="ignore"):
            result = np.asarray(_value(self._tree, found))
        if result.ndim == 0 and sizes:
            result = np.broadcast_to(result, (sizes.pop(),)).copy()
        return result

    def subset(self, columns: Columns) -> np.ndarray:
        """The rows for which the expression is true, shape (n,) bool; unknown rows are not."""
        found = self.values(columns)
        if found.dtype != bool:
            raise GalaxyError(
                f"{self.text!r} gives numbers and no yes or no: compare it with something, "
                f"as in {self.text} > 0"
            )
        if found.ndim == 0:
            raise GalaxyError(f"{self.text!r} names no column: it says nothing about the rows")
        return found


def evaluate(text: str, columns: Columns) -> np.ndarray:
    """`Expression(text).values(columns)`."""
    return Expression(text).values(columns)


def subset(text: str, columns: Columns) -> np.ndarray:
    """`Expression(text).subset(columns)`."""
    return Expression(text).subset(columns)


def _parsed(text: str) -> ast.expr:
    if not text:
        raise GalaxyError("the expression is empty; write one such as log_mass > 10")
    if len(text) > LONGEST:
        raise GalaxyError(f"the expression has {len(text)} characters; at most {LONGEST} are read")
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        place = getattr(error, "offset", None) or 1
        hint = "; compare with ==, not with =" if _lone_equals(text) else ""
        raise GalaxyError(
            f"{text!r} cannot be read at character {place} ({text[place - 1 : place + 9]!r}): "
            f"write it as log_mass > 10 and u_v < 1.3{hint}"
        ) from error


def _lone_equals(text: str) -> bool:
    bare = text
    for pair in ("==", "<=", ">=", "!="):
        bare = bare.replace(pair, "")
    return "=" in bare


def _names(node: ast.AST, depth: int, text: str) -> Iterator[str]:
    """Names of columns; GalaxyError at anything that is not allowed."""
    if depth > _DEEPEST:
        raise GalaxyError(f"{text!r} is nested too deeply: at most {_DEEPEST} levels are read")
    if isinstance(node, ast.Constant):
        if not isinstance(node.value, int | float):
            _refuse(node, text, "only numbers and columns can be compared")
    elif isinstance(node, ast.Name):
        if node.id.lower() not in CONSTANTS:
            yield node.id
    else:
        for part in _parts(node, text):
            yield from _names(part, depth + 1, text)


def _parts(node: ast.AST, text: str) -> Iterable[ast.AST]:
    if isinstance(node, ast.BinOp) and type(node.op) in {**_ARITHMETIC, **_LOGIC}:
        return (node.left, node.right)
    if isinstance(node, ast.UnaryOp):
        return (node.operand,)
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.Compare) and all(type(op) in _COMPARISONS for op in node.ops):
        return (node.left, *node.comparators)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        name, given = node.func.id, len(node.args)
        if name not in FUNCTIONS:
            _refuse(node, text, f"there is no function {name}; there is {', '.join(FUNCTIONS)}")
        wanted = FUNCTIONS[name][1]
        if given != wanted and (wanted > 0 or given < -wanted or given % 2):
            many = f"{wanted}" if wanted > 0 else f"x, y and pairs of corners, {-wanted} or more"
            _refuse(node, text, f"{name} takes {many} values, not {given}")
        return node.args
    _refuse(node, text, "only arithmetic, comparisons, and, or, not and functions are read")
    return ()


def _refuse(node: ast.AST, text: str, why: str) -> None:
    start, end = getattr(node, "col_offset", 0), getattr(node, "end_col_offset", len(text))
    shown = text.encode()[start:end].decode(errors="replace") or text
    raise GalaxyError(f"{shown!r} is not allowed here: {why}")


def _column(columns: Columns, name: str) -> np.ndarray:
    try:
        return np.atleast_1d(np.asarray(columns[name]))
    except (KeyError, ValueError) as error:
        there = [str(n) for n in _known(columns)]
        close = difflib.get_close_matches(name, there, 3)
        hint = f"; did you mean {' or '.join(close)}?" if close else ""
        listed = f"; there is {', '.join(there)}" if there and not close else ""
        raise GalaxyError(f"there is no column {name!r}{hint}{listed}") from error


def _known(columns: Any) -> Iterable[Any]:
    for attribute in ("names", "colnames", "keys"):
        found = getattr(columns, attribute, None)
        if found is not None:
            return tuple(found() if callable(found) else found)
    return ()


def _value(node: ast.AST, columns: dict[str, np.ndarray]) -> Any:
    """The value of a part that `_names` has let through."""
    if isinstance(node, ast.Constant):
        # whole numbers would grow without end in powers of powers
        return node.value if isinstance(node.value, bool) else float(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.Name):
        return columns[node.id] if node.id in columns else CONSTANTS[node.id.lower()]
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left, columns), _value(node.right, columns)
        if type(node.op) in _LOGIC:
            return _LOGIC[type(node.op)](_truth(left, node.left), _truth(right, node.right))
        return _ARITHMETIC[type(node.op)](_number(left), _number(right))
    if isinstance(node, ast.UnaryOp):
        inner = _value(node.operand, columns)
        if isinstance(node.op, ast.Not | ast.Invert):
            return np.logical_not(_truth(inner, node.operand))
        return -_number(inner) if isinstance(node.op, ast.USub) else _number(inner)
    if isinstance(node, ast.BoolOp):
        join = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
        parts = [_truth(_value(part, columns), part) for part in node.values]
        return join.reduce(np.broadcast_arrays(*parts))
    if isinstance(node, ast.Compare):
        sides = [_value(part, columns) for part in (node.left, *node.comparators)]
        pairs = zip(sides[:-1], node.ops, sides[1:], strict=True)
        found = [_COMPARISONS[type(op)](left, right) for left, op, right in pairs]
        return np.logical_and.reduce(np.broadcast_arrays(*found))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return FUNCTIONS[node.func.id][0](*[_value(part, columns) for part in node.args])
    raise GalaxyError(f"{ast.dump(node)} is not allowed")


def _number(value: Any) -> Any:
    return np.asarray(value, dtype=float)


def _truth(value: Any, node: ast.AST) -> Any:
    if np.asarray(value).dtype != bool:
        raise GalaxyError(
            f"{ast.unparse(node)!r} is a number, not a yes or no: put comparisons in brackets "
            f"around & and |, as in (log_mass > 10) & (u_v < 1.3)"
        )
    return value
