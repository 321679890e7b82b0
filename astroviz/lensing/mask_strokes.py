r"""Masks drawn by hand: boxes, lassos and brush strokes on the image, in the order of drawing.

A stroke is plain numbers, so that a link, an undo and a notebook cell hold it: its kind, whether
it masks (1) or opens again (0), and its coordinates in arcsec (brushes begin with their radius).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

__all__ = ["KINDS", "MaskError", "masked", "outline", "stroke"]

KINDS = ("box", "lasso", "brush")
_MOST_POINTS = 160


class MaskError(ValueError):
    """A stroke that cannot be read; the message says why."""


def stroke(
    kind: str, masks: bool, x: Sequence[float], y: Sequence[float], radius: float = 0.0
) -> list[Any]:
    r"""A stroke as plain numbers, thinned so that a link can hold it.

    Arguments:
        kind: `box` (two opposite corners), `lasso` (corners of a polygon) or `brush` (a path).
        masks: Whether pixels under it are masked; False opens them again.
        x: Coordinates, arcsec, shape :math:`(k,)`.
        y: Likewise.
        radius: Of a brush, arcsec.

    Returns:
        `[kind, 0 or 1, numbers]`, where numbers are x and y in turn, rounded to 0.01 arcsec.

    Example:
        >>> stroke("box", True, [-0.5, 0.5], [-0.2, 0.2])
        ['box', 1, [-0.5, -0.2, 0.5, 0.2]]
    """
    if kind not in KINDS:
        raise MaskError(f"no stroke called {kind!r}; there are {', '.join(KINDS)}")
    points = np.stack([np.asarray(x, float), np.asarray(y, float)], -1)
    if len(points) < (1 if kind == "brush" else 2) or not np.isfinite(points).all():
        raise MaskError(f"a {kind} of {len(points)} points encloses nothing: draw it again")
    if len(points) > _MOST_POINTS:
        kept = np.linspace(0, len(points) - 1, _MOST_POINTS).round().astype(int)
        points = points[kept]
    numbers = [round(float(value), 2) for value in points.ravel()]
    if kind == "brush":
        numbers = [round(float(radius), 3), *numbers]
    return [kind, int(masks), numbers]


def masked(strokes: Sequence[Any], x: np.ndarray, y: np.ndarray) -> np.ndarray:
    r"""Which pixels the strokes leave masked; later strokes go over earlier ones.

    Arguments:
        strokes: As `stroke` makes them.
        x: Pixel centres, arcsec, any shape.
        y: Likewise.

    Returns:
        Bool, same shape; True is masked.

    Example:
        >>> x, y = np.meshgrid([-1.0, 0.0, 1.0], [0.0])
        >>> masked([["box", 1, [-2, -1, 2, 1]], ["box", 0, [-0.5, -1, 0.5, 1]]], x, y).tolist()
        [[True, False, True]]
    """
    found = np.zeros(np.shape(x), dtype=bool)
    for one in strokes:
        kind, masks, numbers = _read(one)
        found[_covered(kind, numbers, x, y)] = bool(masks)
    return found


def outline(mask: np.ndarray, pixel_scale: float) -> list[np.ndarray]:
    r"""The edges between masked and other pixels, as straight runs.

    Arguments:
        mask: True where masked, shape :math:`(n_y, n_x)`, row 0 at the bottom.
        pixel_scale: Arcsec per pixel.

    Returns:
        Arrays of two points, shape :math:`(2, 2)` each, arcsec from the centre of the frame.

    Example:
        >>> len(outline(np.array([[False, True, True]]), 1.0))
        4
    """
    rows, columns = mask.shape
    found = []
    for turned, (wide, high) in ((False, (columns, rows)), (True, (rows, columns))):
        plane = np.pad(mask.T if turned else mask, 1)
        edges = plane[1:, 1:-1] != plane[:-1, 1:-1]
        for level, line in enumerate(edges):
            steps = np.flatnonzero(np.diff(np.pad(line.astype(int), 1)))
            for start, end in steps.reshape(-1, 2):
                along = (np.array([start, end]) - wide / 2) * pixel_scale
                across = np.full(2, (level - high / 2) * pixel_scale)
                pair = (across, along) if turned else (along, across)
                found.append(np.stack(pair, -1))
    return found


def _read(one: Any) -> tuple[str, int, np.ndarray]:
    try:
        kind, masks, numbers = one
        values = np.asarray(numbers, dtype=float)
    except (TypeError, ValueError) as error:
        raise MaskError(f"a stroke of the mask cannot be read: {one!r}") from error
    if kind not in KINDS or values.ndim != 1 or not np.isfinite(values).all():
        raise MaskError(f"a stroke of the mask cannot be read: {one!r}")
    if (kind == "box" and len(values) != 4) or len(values) < 3:
        raise MaskError(f"a {kind} of the mask has {len(values)} numbers, which encloses nothing")
    return kind, int(masks), values


def _covered(kind: str, numbers: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    if kind == "box":
        low = np.minimum(numbers[:2], numbers[2:])
        high = np.maximum(numbers[:2], numbers[2:])
        return (x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1])
    if kind == "lasso":
        return _inside(numbers.reshape(-1, 2), x, y)
    return _near_path(numbers[1:].reshape(-1, 2), float(numbers[0]), x, y)


def _inside(corners: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Even-odd rule."""
    odd = np.zeros(x.shape, dtype=bool)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if y0 == y1:
            continue
        crosses = (y0 > y) != (y1 > y)
        odd ^= crosses & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return odd


def _near_path(path: np.ndarray, radius: float, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Within a radius of a polyline (of its one point where it has but one)."""
    place = np.stack([x, y], -1)
    found = np.hypot(*(place - path[0]).transpose(-1, *range(x.ndim))) <= radius
    for start, end in pairwise(path):
        along = end - start
        length = float(along @ along)
        part = np.clip((place - start) @ along / length, 0, 1) if length else np.zeros(x.shape)
        gap = place - start - part[..., None] * along
        found |= (gap**2).sum(-1) <= radius**2
    return found
