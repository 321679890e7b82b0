r"""Many points as a picture: counted on a grid, shaded by rank so that no density is lost.

Counting a million points takes about ten milliseconds once datashader has compiled itself, which
takes seconds: `warm` does that beforehand, in a thread.
"""

from __future__ import annotations

import numpy as np
from bokeh.palettes import Cividis256

__all__ = ["LARGEST_POINTS", "count_points", "flat", "inside_polygon", "shade", "warm"]

LARGEST_POINTS = 20_000  # drawn one by one up to here; measured to stay fluid in a browser
_RAMP = 200  # colours used of the 256: the ends are too near to white or to the dark ground


def count_points(
    x: np.ndarray,
    y: np.ndarray,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    width: int,
    height: int,
) -> np.ndarray:
    r"""Count points on a grid.

    Arguments:
        x: Horizontal coordinates, shape :math:`(N,)`.
        y: Vertical coordinates, shape :math:`(N,)`.
        x_range: Lower and upper end of the grid, in either order.
        y_range: Likewise.
        width: Columns.
        height: Rows.

    Returns:
        Counts, shape :math:`(height, width)`, the lowest y first, uint32.

    Example:
        >>> count_points(np.zeros(5), np.zeros(5), (-1, 1), (-1, 1), 3, 3).tolist()
        [[0, 0, 0], [0, 5, 0], [0, 0, 0]]
    """
    # imported here: it brings a compiler along, which takes seconds
    import datashader
    import pandas as pd

    canvas = datashader.Canvas(
        plot_width=width,
        plot_height=height,
        x_range=(min(x_range), max(x_range)),
        y_range=(min(y_range), max(y_range)),
    )
    frame = pd.DataFrame({"x": x, "y": y}, copy=False)
    return np.asarray(canvas.points(frame, "x", "y", datashader.count()).data)


def warm() -> None:
    """Compile the counting, import what maps need; call it in a thread when a server starts."""
    import healpy  # noqa: F401

    nothing = np.zeros(1, dtype=np.float32)
    count_points(nothing, nothing, (-1, 1), (-1, 1), 2, 2)


def shade(counts: np.ndarray, dark: bool = False) -> np.ndarray:
    r"""Colour counts by their rank among the counts that occur (histogram equalisation).

    Arguments:
        counts: Shape :math:`(H, W)`; zero is transparent.
        dark: Whether the ground is dark, where more points are lighter; else they are darker.

    Returns:
        Bokeh's packed RGBA, shape :math:`(H, W)`, uint32.
    """
    ramp = _ramp(dark)
    filled = counts > 0
    image = np.zeros(counts.shape, dtype=np.uint32)
    if filled.any():
        levels, place, repeats = np.unique(counts[filled], return_inverse=True, return_counts=True)
        rank = np.cumsum(repeats) - repeats  # the rarest count has the first colour
        part = rank / max(rank[-1], 1) if len(levels) > 1 else np.ones(1)
        image[filled] = ramp[(part * (len(ramp) - 1)).astype(np.intp)][place]
    return image


def flat(counts: np.ndarray, hex_colour: str) -> np.ndarray:
    """One colour wherever there is a point; packed RGBA, shape (H, W)."""
    image = np.zeros(counts.shape, dtype=np.uint32)
    image[counts > 0] = _pack(hex_colour)
    return image


def inside_polygon(x: np.ndarray, y: np.ndarray, corners: np.ndarray) -> np.ndarray:
    r"""Which points lie in a polygon, by the even-odd rule.

    Arguments:
        x: Shape :math:`(N,)`.
        y: Shape :math:`(N,)`.
        corners: Shape :math:`(k, 2)`, closed by itself.

    Returns:
        Bool, shape :math:`(N,)`.
    """
    inside = np.zeros(len(x), dtype=bool)
    if len(corners) < 3:
        return inside
    low, high = corners.min(0), corners.max(0)
    near = np.flatnonzero((x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1]))
    px, py = np.asarray(x[near], dtype=float), np.asarray(y[near], dtype=float)
    odd = np.zeros(len(near), dtype=bool)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if y0 == y1:
            continue
        crosses = (y0 > py) != (y1 > py)
        odd ^= crosses & (px < x0 + (py - y0) * (x1 - x0) / (y1 - y0))
    inside[near] = odd
    return inside


def _ramp(dark: bool) -> np.ndarray:
    """Packed colours from few to many points."""
    palette = Cividis256[-_RAMP:] if dark else Cividis256[:_RAMP][::-1]
    return np.array([_pack(colour) for colour in palette], dtype=np.uint32)


def _pack(colour: str) -> int:
    """A `#rrggbb` colour as opaque little-endian RGBA."""
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return 255 << 24 | blue << 16 | green << 8 | red
