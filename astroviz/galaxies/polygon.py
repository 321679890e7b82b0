r"""Which points lie inside a polygon: the regions that a hand draws with a lasso."""

from __future__ import annotations

import numpy as np

__all__ = ["inside_polygon"]


def inside_polygon(x: np.ndarray, y: np.ndarray, *corners: float) -> np.ndarray:
    r"""Points inside a polygon, by the even-odd rule.

    Arguments:
        x: Shape :math:`(n,)`.
        y: Likewise.
        corners: :math:`x_1, y_1, x_2, y_2, ...`, at least three pairs; closed by itself.

    Returns:
        Shape :math:`(n,)`, bool.

    Example:
        >>> inside_polygon(np.array([0.2, 0.9]), np.array([0.2, 0.9]), 0, 0, 1, 0, 0, 1).tolist()
        [True, False]
    """
    px, py = (np.asarray(one, dtype=float) for one in (x, y))
    ends = np.array([float(value) for value in corners]).reshape(-1, 2)
    inside = np.zeros(np.broadcast(px, py).shape, dtype=bool)
    for (x0, y0), (x1, y1) in zip(ends, np.roll(ends, -1, axis=0), strict=True):
        if y0 != y1:
            crosses = (y0 > py) != (y1 > py)
            inside ^= crosses & (px < x0 + (py - y0) * (x1 - x0) / (y1 - y0))
    return inside
