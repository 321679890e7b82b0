r"""What rays alone tell, whatever the mass model: critical curves, caustics, places of images.

Everything here asks a function for :math:`\beta(\theta)` and nothing else, so that a power law, a
lens of caustics and several planes are treated alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from contourpy import contour_generator

__all__ = ["Image", "Rays", "Trace", "contours"]

Trace = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""Places (x, y) in the image plane to those in the source plane, arcsec."""

_STEP = 1e-4  # arcsec, of differences
_VANISHES = 0.25  # inverse magnification on a curve that a grid has found, at most
_CENTRE = 1e-3  # arcsec: so near to a singular centre its images vanish


@dataclass(frozen=True)
class Image:
    r"""One image of a point.

    Arguments:
        x: Place, arcsec.
        y: Likewise.
        magnification: Signed; negative where the image is mirrored.
    """

    x: float
    y: float
    magnification: float


@dataclass(frozen=True, eq=False)
class Rays:
    r"""Rays of a square grid over the frame.

    Arguments:
        trace: The lens.
        half: Half of the frame's side, arcsec.
        count: Rays along a side.
        centre: Of the lens, arcsec: around a singular centre there is no critical curve.
        inverse: The inverse magnification at any places, where it is known; else by differences.
    """

    trace: Trace
    half: float
    count: int = 81
    centre: tuple[float, float] = (0.0, 0.0)
    inverse: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None

    @cached_property
    def axis(self) -> np.ndarray:
        """Places of the rays along a side, arcsec."""
        return np.linspace(-self.half, self.half, self.count)

    @cached_property
    def grid(self) -> tuple[np.ndarray, np.ndarray]:
        """X and y of the rays, each of shape (n, n), arcsec."""
        x, y = np.meshgrid(self.axis, self.axis)
        return x, y

    @cached_property
    def beta(self) -> tuple[np.ndarray, np.ndarray]:
        """Where the rays meet the source plane, each of shape (n, n), arcsec."""
        return self.trace(*self.grid)

    def determinant(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        r""":math:`\det\partial\beta/\partial\theta`, the inverse magnification, at any places."""
        if self.inverse is not None:
            return self.inverse(x, y)
        (right, left) = (self.trace(x + step, y) for step in (_STEP, -_STEP))
        (up, down) = (self.trace(x, y + step) for step in (_STEP, -_STEP))
        xx, yx = ((a - b) / (2 * _STEP) for a, b in zip(right, left, strict=True))
        xy, yy = ((a - b) / (2 * _STEP) for a, b in zip(up, down, strict=True))
        return np.asarray(xx * yy - xy * yx)

    def critical(self) -> list[np.ndarray]:
        r"""Critical curves, each of shape :math:`(k, 2)`, arcsec."""
        step = float(self.axis[1] - self.axis[0])
        if self.inverse is not None:
            determinant = self.inverse(*self.grid)
        else:
            bx, by = self.beta
            (xy, xx), (yy, yx) = np.gradient(bx, step), np.gradient(by, step)
            determinant = xx * yy - xy * yx
        found = contours(self.axis, self.axis, determinant, 0.0)
        found = [curve for curve in found if not self._at_centre(curve, 3 * step)]
        return found if self.inverse is not None else [c for c in found if self._vanishes(c)]

    def caustics(self, critical: list[np.ndarray] | None = None) -> list[np.ndarray]:
        r"""The critical curves carried to the source plane, each :math:`(k, 2)`, arcsec."""
        curves = self.critical() if critical is None else critical
        return [np.stack(self.trace(curve[:, 0], curve[:, 1]), -1) for curve in curves]

    def cut(self) -> np.ndarray:
        r"""Where an image vanishes in a singular centre, :math:`(k, 2)`; empty where none does."""
        turn = np.linspace(0, 2 * np.pi, 121)
        x, y = (
            self.centre[k] + _CENTRE * way for k, way in enumerate((np.cos(turn), np.sin(turn)))
        )
        found = np.stack(self.trace(x, y), -1)
        return found if np.ptp(found, axis=0).max() > 20 * _CENTRE else np.zeros((0, 2))

    def source_of(self, x: float, y: float) -> tuple[float, float]:
        """Where in the source plane a place of the image looks, arcsec."""
        bx, by = self.trace(np.array([x]), np.array([y]))
        return float(bx[0]), float(by[0])

    def images(self, x: float, y: float) -> list[Image]:
        r"""All images of a point of the source plane that lie in the frame.

        Triangles of rays that surround the point tell where they are; Newton's steps how exactly.
        A faint image less than a ray's distance from a singular centre is missed.
        """
        starts = self._triangles(x, y)
        if not len(starts):
            return []
        places, good = self._newton(starts, np.array([x, y]))
        kept: list[np.ndarray] = []
        near = 0.2 * float(self.axis[1] - self.axis[0])
        for place in places[good]:
            if all(np.hypot(*(place - other)) > near for other in kept):
                kept.append(place)
        if not kept:
            return []
        found = np.array(kept)
        inverse = self.determinant(found[:, 0], found[:, 1])
        inverse = np.where(np.abs(inverse) < 1e-9, 1e-9, inverse)
        return [
            Image(float(px), float(py), float(1 / det))
            for (px, py), det in zip(found, inverse, strict=True)
        ]

    def _vanishes(self, curve: np.ndarray) -> bool:
        """Whether a curve is none of those that differences draw around a singular centre."""
        return bool(np.median(np.abs(self.determinant(*curve.T))) < _VANISHES)

    def _at_centre(self, curve: np.ndarray, reach: float) -> bool:
        return bool(np.hypot(*(curve - np.array(self.centre)).T).max() < reach)

    def _triangles(self, x: float, y: float) -> np.ndarray:
        """Middles of the triangles of rays around a point of the source plane, (n, 2)."""
        bx, by = self.beta[0] - x, self.beta[1] - y
        near = _cells(bx) & _cells(by)
        row, column = np.nonzero(near)
        found = []
        for corners in (((0, 0), (0, 1), (1, 0)), ((1, 1), (0, 1), (1, 0))):
            px, py = ([plane[row + i, column + j] for i, j in corners] for plane in (bx, by))
            turns = [px[k] * py[(k + 1) % 3] - px[(k + 1) % 3] * py[k] for k in range(3)]
            inside = np.all(np.stack(turns) >= 0, 0) | np.all(np.stack(turns) <= 0, 0)
            at = [np.mean([place[k] for place in corners]) for k in range(2)]
            found.append(np.stack([column[inside] + at[1], row[inside] + at[0]], -1))
        step = self.axis[1] - self.axis[0]
        return np.asarray(self.axis[0] + step * np.concatenate(found))

    def _newton(self, starts: np.ndarray, goal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        places, far = starts.copy(), 2 * float(self.axis[1] - self.axis[0])
        for _ in range(5):
            x, y = places.T
            bx, by = self.trace(np.stack([x, x + _STEP, x]), np.stack([y, y, y + _STEP]))
            here = (bx[0], by[0])
            xx, yx = (bx[1] - bx[0]) / _STEP, (by[1] - by[0]) / _STEP
            xy, yy = (bx[2] - bx[0]) / _STEP, (by[2] - by[0]) / _STEP
            dx, dy = goal[0] - here[0], goal[1] - here[1]
            det = xx * yy - xy * yx
            det = np.where(np.abs(det) < 1e-7, 1e-7, det)
            step = np.stack([(yy * dx - xy * dy) / det, (xx * dy - yx * dx) / det], -1)
            length = np.linalg.norm(step, axis=-1, keepdims=True)
            places += step * np.minimum(1.0, 0.5 * far / np.maximum(length, 1e-12))
        bx, by = self.trace(*places.T)
        miss = np.hypot(bx - goal[0], by - goal[1])
        strayed = np.linalg.norm(places - starts, axis=-1) > far
        at_centre = np.hypot(*(places - np.array(self.centre)).T) < 2 * _CENTRE
        return places, (miss < 1e-4) & ~strayed & ~at_centre


def contours(x: np.ndarray, y: np.ndarray, values: np.ndarray, level: float) -> list[np.ndarray]:
    r"""Lines of one level of a grid, each :math:`(k, 2)`."""
    return [np.asarray(line) for line in contour_generator(x, y, values).lines(level)]


def _cells(values: np.ndarray) -> np.ndarray:
    """Cells of a grid whose corners lie on both sides of zero."""
    corners = np.stack([values[:-1, :-1], values[1:, :-1], values[:-1, 1:], values[1:, 1:]])
    return np.asarray((corners.min(0) <= 0) & (corners.max(0) >= 0))
