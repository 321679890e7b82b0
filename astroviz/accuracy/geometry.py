r"""How far apart two points are: parameters, images, rotations, tables with gaps, anything else.

All that random balls and cells ask of a distance is its order. Where straight lines in some
coordinates give that order (`Geometry.straight`), these coordinates are used, and fast matrix
products with them; any other distance is called.

References:
    | A general coefficient of similarity (Gower 1971), for what both points have
    | Metrics for 3D rotations (Huynh 2009): angle and Frobenius distance order alike
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from astroviz.accuracy.trial import Trial, TrialError

__all__ = ["Geometry", "distance", "geometry_of", "spread"]

_UNRELATED = np.sqrt(2.0)  # of two scaled points that are drawn apart, coordinate by coordinate


@dataclass(frozen=True)
class Geometry:
    r"""A space with a distance.

    Arguments:
        name: One of `trial.GEOMETRIES`, or `own`.
        scale: What coordinates are divided by, shape :math:`(d,)` or one number.
        own: The user's distance; None for that of the geometry.
        gaps: Whether points may have gaps (NaN).
    """

    name: str
    scale: np.ndarray
    own: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None
    gaps: bool = False

    @property
    def straight(self) -> bool:
        """Whether `flat` gives coordinates whose straight distance orders as `apart` does."""
        return self.own is None and not self.gaps

    def flat(self, points: np.ndarray) -> np.ndarray:
        r"""Scaled coordinates of points, shape :math:`(*, d)` as they come."""
        points = np.asarray(points)
        scale = self.scale.astype(points.dtype) if points.dtype.kind == "f" else self.scale
        return points / scale

    def apart(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        r"""The distance of points.

        Arguments:
            first: Points, shape :math:`(*, d)`.
            second: Points, of a shape that fits by the rules of numpy.

        Returns:
            Distances, shape :math:`(*)`: radians for rotations; for all else without a unit, the
            root of the mean square difference over the coordinates that both have, in units of
            `scale`; the user's unit for a user's distance.
        """
        first, second = np.broadcast_arrays(np.asarray(first), np.asarray(second))
        if self.own is not None:
            return _checked(self.own(first, second), first.shape[:-1])
        away = (np.asarray(first, float) - np.asarray(second, float)) / self.scale
        if self.name == "rotation":
            chord = np.sqrt((away**2).sum(-1))
            return np.asarray(2 * np.arcsin(np.clip(chord / np.sqrt(8.0), 0, 1)))
        if not self.gaps:
            return np.asarray(np.sqrt((away**2).mean(-1)))
        both = np.isfinite(away)
        shared = both.sum(-1)
        square = np.where(both, away, 0.0) ** 2
        return np.where(shared > 0, np.sqrt(square.sum(-1) / np.maximum(shared, 1)), _UNRELATED)

    def matrix(self, points: np.ndarray, others: np.ndarray) -> np.ndarray:
        r"""Distances of all pairs, or for straight ones something that orders as they do.

        Arguments:
            points: Points, shape :math:`(n, d)`.
            others: Points, shape :math:`(m, d)`.

        Returns:
            Shape :math:`(n, m)`.
        """
        if self.straight:
            from scipy.spatial.distance import cdist

            return np.asarray(cdist(self.flat(points), self.flat(others)))
        step = max(1, 2_000_000 // max(1, len(others) * np.shape(points)[-1]))
        rows = [
            self.apart(points[k : k + step, None], others[None])
            for k in range(0, len(points), step)
        ]
        return np.concatenate(rows)


def geometry_of(trial: Trial) -> Geometry:
    r"""The space that the points of a trial live in.

    Coordinates of a vector, and of a table, are scaled each by its own spread in the prior, or in
    the truths where no prior is given; pixels and steps of a series all by one.
    """
    if trial.distance is not None:
        return Geometry("own", np.ones(1), trial.distance)
    if trial.geometry == "rotation":
        return Geometry("rotation", np.ones(1))
    known = trial.truths if trial.prior is None else trial.prior
    if trial.geometry in ("image", "series"):
        one = float(np.nanstd(known, dtype=np.float64))
        return Geometry(trial.geometry, np.array([one if one > 0 else 1.0]))
    gaps = trial.geometry == "table" and not (
        np.isfinite(trial.truths).all() and np.isfinite(trial.draws).all()
    )
    return Geometry(trial.geometry, spread(known), gaps=gaps)


def distance(trial: Trial) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    r"""The distance of a trial: takes (..., d) and (..., d), gives (...).

    Example:
        >>> turn = np.array([0.0, -1, 0, 1, 0, 0, 0, 0, 1])
        >>> same = np.eye(3).reshape(1, 9)
        >>> trial = Trial(truths=same, draws=same[None], names=tuple("abcdefghi"),
        ...               geometry="rotation")
        >>> np.degrees(distance(trial)(same, turn)).round(6).tolist()
        [90.0]
    """
    return geometry_of(trial).apart


def spread(points: np.ndarray) -> np.ndarray:
    r"""Half the distance of the 16th and 84th percentile of each coordinate, over its gaps.

    Arguments:
        points: Shape :math:`(N, d)`.

    Returns:
        Shape :math:`(d,)`; the standard deviation where percentiles coincide, 1 where all is one.
    """
    points = np.asarray(points, float)
    empty = ~np.isfinite(points).any(0)
    known = np.where(empty, 0.0, points)
    low, high = np.nanpercentile(known, [15.87, 84.13], axis=0)
    half = 0.5 * (high - low)
    half = np.where(half > 0, half, np.nanstd(known, axis=0))
    return np.where(half > 0, half, 1.0)


def _checked(found: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    found = np.asarray(found, float)
    if found.shape != shape:
        raise TrialError(
            f"your distance gave shape {found.shape} for points of shape {shape} + (d,): give one "
            "number for each pair of points"
        )
    if np.isnan(found).any():
        raise TrialError("your distance gave NaN: give a number for every pair of points")
    return found
