r"""A region that a hand has drawn, as an expression that anybody can read, edit and use again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from astroviz.galaxies.parameters import GalaxyError

__all__ = ["region_expression"]

_CORNERS = 24  # a lasso of hundreds says no more


def region_expression(x: str, y: str, geometry: Mapping[str, Any]) -> str:
    r"""The expression of a box or a lasso.

    Arguments:
        x: Column across.
        y: Column upwards; the same as `x` where only x was chosen.
        geometry: `{"type": "rect", "x0", "x1", "y0", "y1"}` or `{"type": "poly", "x", "y"}`.

    Returns:
        Comparisons joined by `&`, or `inside(x, y, ...)` with the corners of a polygon.

    Example:
        >>> box = {"type": "rect", "x0": 0.1, "x1": 0.2, "y0": 11.0, "y1": 10.0}
        >>> region_expression("redshift", "log_mass", box)
        '(redshift > 0.1) & (redshift < 0.2) & (log_mass > 10) & (log_mass < 11)'
    """
    if geometry.get("type") == "rect":
        parts = [_between(x, geometry["x0"], geometry["x1"])]
        if y != x:
            parts.append(_between(y, geometry["y0"], geometry["y1"]))
        return " & ".join(parts)
    if geometry.get("type") == "poly":
        across, upwards = (np.asarray(geometry[key], dtype=float) for key in ("x", "y"))
        step = -(-len(across) // _CORNERS)
        corners = np.stack([across, upwards], -1)[:: max(step, 1)]
        if len(corners) < 3:
            raise GalaxyError("a lasso needs at least three corners: draw around some galaxies")
        numbers = ", ".join(_number(value) for value in corners.ravel())
        return f"inside({x}, {y}, {numbers})"
    raise GalaxyError(f"a region is a box or a lasso, not {geometry.get('type')!r}")


def _between(name: str, one: float, other: float) -> str:
    low, high = sorted((float(one), float(other)))
    return f"({name} > {_number(low)}) & ({name} < {_number(high)})"


def _number(value: float) -> str:
    return f"{value:.4g}"
