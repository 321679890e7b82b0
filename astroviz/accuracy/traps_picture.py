r"""True and claimed posterior of one object of each trap, on a grid, to be drawn side by side."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from astroviz.accuracy.defects import DEFECTS, ZERO_POINT, claim
from astroviz.accuracy.problems import Stage, stage

__all__ = ["HALF_WIDTH", "MASSES", "TrapPicture", "trap_picture"]

HALF_WIDTH = 2.1
"""Ends of both axes, in standard deviations of the prior."""
MASSES = (0.5, 0.9)
"""Probability inside of each contour."""

_GRID = 72
_CAST = 400  # objects among which one is chosen that shows the defect well


@dataclass(frozen=True)
class TrapPicture:
    r"""One object.

    Arguments:
        name: Name of the defect.
        axis: Places along either axis, shape :math:`(G,)`.
        true: Exact posterior density, second parameter first, shape :math:`(G, G)`.
        claimed: Density of the wrong posterior, likewise.
        true_levels: Density at the edge of each region of `MASSES`.
        claimed_levels: Likewise.
        truth: The true value, shape (2,).
    """

    name: str
    axis: np.ndarray
    true: np.ndarray
    claimed: np.ndarray
    true_levels: tuple[float, ...]
    claimed_levels: tuple[float, ...]
    truth: np.ndarray


@lru_cache(maxsize=128)
def trap_picture(name: str, size: float, seed: int = 0) -> TrapPicture:
    r"""The exact posterior of an object and what a wrong one says about it.

    Arguments:
        name: A defect.
        size: How wrong.
        seed: Of the objects among which one is chosen.

    Example:
        >>> trap_picture("narrow", 0.0).true.shape
        (72, 72)
    """
    on = _shown(name, seed)
    axis = np.linspace(-HALF_WIDTH, HALF_WIDTH, _GRID)
    x, y = np.meshgrid(axis, axis)
    points = np.stack([x.ravel(), y.ravel()], -1)[None]
    pair = [
        np.exp(claim(name, amount, on).log_prob(points))[0].reshape(x.shape)
        for amount in (0.0, size)
    ]
    true, claimed = pair
    return TrapPicture(
        name, axis, true, claimed, _levels(true), _levels(claimed), on.truths[0]
    )  # fmt: skip


@lru_cache(maxsize=64)
def _shown(name: str, seed: int) -> Stage:
    """A stage of one object that shows what is wrong."""
    on = stage(DEFECTS[name].problem, _CAST, 1, 2, seed)
    quiet = np.flatnonzero(on.regimes == 0)
    away = (on.truths - on.means)[:, :, None]
    radius = np.linalg.norm(np.linalg.inv(on.law.factors[on.regimes]) @ away, axis=(1, 2))
    if on.problem == "bimodal":
        # modes that lie apart, across the long axis of each
        apart, along = (np.abs(on.means @ np.array(way)) for way in ((1.0, 1.0), (1.0, -1.0)))
        score = -np.abs(apart - 2.0) - along
    elif name == "regime":
        # whose label stays true, and whose data fit either instrument
        score = -np.linalg.norm(on.data + ZERO_POINT, axis=1) - 1e3 * (on.chance < 0.5)
    else:
        # a truth that the exact posterior expects, not far from the middle
        score = -np.abs(np.linalg.norm(on.means, axis=1) - 0.6) - np.abs(radius - 1.2)
    return on.part(quiet[[int(np.argmax(score[quiet]))]])


def _levels(density: np.ndarray) -> tuple[float, ...]:
    """Density at the edge of the smallest regions that hold parts of what is on the grid."""
    ordered = np.sort(density.ravel())[::-1]
    inside = np.cumsum(ordered)
    if not inside[-1] > 0:
        return tuple(1.0 for _ in MASSES)
    places = np.searchsorted(inside, np.array(MASSES) * inside[-1])
    return tuple(float(ordered[min(place, len(ordered) - 1)]) for place in places)
