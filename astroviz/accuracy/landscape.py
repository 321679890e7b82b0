r"""Where do the intervals fail? Coverage by nearest neighbours in a plane, and what chance allows.

Coverage over all objects can be right although it is wrong in one corner and too cautious in
another. Here each object is judged together with its :math:`k` nearest neighbours in a plane of
the data, sky, colours or whatever is known beside: the part of them whose truth is inside the
stated interval,

.. math:: \hat c_i = \frac{1}{k} \sum_{j \in N_k(i)} [\, |2 u_j - 1| \le c \,], \qquad
    \sigma = \sqrt{c (1 - c) / k},

with :math:`u_j` the rank of truth j among its draws. Looking everywhere finds something somewhere:
the same map is made of ranks that are uniform, many times, and `deepest_by_chance` is what the
worst place of such a map reaches in five of a hundred. The plane must be of the *data*: neighbours
in the true parameters would spoil the ranks of a right posterior too.

References:
    | Validating conditional densities locally (Zhao, Dalmasso, Izbicki & Lee 2021),
      https://arxiv.org/abs/2102.10473
    | L-C2ST (Linhart, Gramfort & Rodrigues 2023), https://arxiv.org/abs/2306.03580
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from astroviz.accuracy.calibration import ranks
from astroviz.accuracy.trial import Trial, TrialError

__all__ = ["Landscape", "local_coverage", "neighbours", "rank_scores"]

_REPEATS = 300
_CHANCE = 0.95


@dataclass(frozen=True, eq=False)
class Landscape:
    r"""A map of coverage.

    Arguments:
        rows: Objects that have a place, shape :math:`(n,)`.
        places: Their coordinates, shape :math:`(n, 2)`.
        near: Neighbours of each, itself first, as places in `rows`, shape :math:`(n, k)`.
        inside: Whether each truth is in its interval, shape :math:`(n,)`.
        coverage: Local coverage, shape :math:`(n,)`.
        lean: Local mean of the normal scores of ranks: above 0 truths lie above the draws.
        level: Probability of the interval.
        error: Standard error of `coverage` where all is right.
        chance: Largest :math:`|\hat c - c| / \sigma` of a whole map of uniform ranks, in all but
            five of a hundred.
    """

    rows: np.ndarray
    places: np.ndarray
    near: np.ndarray
    inside: np.ndarray
    coverage: np.ndarray
    lean: np.ndarray
    level: float
    error: float
    chance: float

    @property
    def scores(self) -> np.ndarray:
        r""":math:`(\hat c - c) / \sigma`: below 0 intervals are too narrow, or beside truths."""
        return np.asarray((self.coverage - self.level) / self.error)

    @property
    def lean_scores(self) -> np.ndarray:
        """Local mean of the normal scores over its standard error: where truths lean."""
        return np.asarray(self.lean * np.sqrt(self.near.shape[1]))

    @property
    def worst(self) -> int:
        """Object, by its place in `rows`, in the middle of the deepest valley."""
        return int(np.argmin(self.scores))

    @property
    def failing(self) -> float:
        """Part of the objects in places that are worse than chance makes any place of a map."""
        return float((self.scores < -self.chance).mean())


def rank_scores(trial: Trial, seed: int = 0) -> np.ndarray:
    r"""Ranks of the truths among their draws, in 0 to 1, (N, d); ties are broken at random."""
    return np.asarray(ranks(trial.truths, trial.draws, trial.weights, seed))


def neighbours(places: np.ndarray, count: int) -> np.ndarray:
    r"""The nearest objects of each in a plane, itself first, shape :math:`(n, k)`.

    Arguments:
        places: Shape :math:`(n, 2)`; both axes are brought to one scatter, that of their middle
            two thirds.
        count: How many, itself included.
    """
    from scipy.spatial import cKDTree

    low, high = np.quantile(places, [0.16, 0.84], axis=0)
    scaled = places / np.where(high > low, high - low, 1.0)
    _, near = cKDTree(scaled).query(scaled, k=count)
    return np.asarray(near).reshape(len(places), -1)


def local_coverage(
    u: np.ndarray, places: np.ndarray, level: float = 0.9, count: int = 40
) -> Landscape:
    r"""Coverage around each object.

    Arguments:
        u: Ranks of the truths in 0 to 1, shape :math:`(N,)`; NaN where there is none.
        places: Coordinates, shape :math:`(N, 2)`; objects without a place are left out of the map.
        level: Probability of the central interval.
        count: Neighbours that are counted together.

    Returns:
        The map; an object whose place or rank is not known is in none of its rows.

    Example:
        >>> random = np.random.default_rng(0)
        >>> places, u = random.normal(size=(600, 2)), random.random(600)
        >>> u[places[:, 0] > 1] = 0.999  # beyond every interval, on one side of the plane
        >>> found = local_coverage(u, places)
        >>> bool(found.failing > 0.05), bool(found.places[found.worst, 0] > 0.5)
        (True, True)
    """
    u, places = np.asarray(u, float), np.asarray(places, float)
    rows = np.flatnonzero(np.isfinite(places).all(1) & np.isfinite(u))
    count = int(count)
    if len(rows) < 2 * count or count < 5:
        raise TrialError(
            f"{len(rows)} objects with a place cannot be counted {count} at a time: ask for at "
            "least twice as many objects, or for fewer neighbours (5 or more)"
        )
    there, rank = places[rows], np.clip(u[rows], 1e-6, 1 - 1e-6)
    near = neighbours(there, count)
    inside = np.abs(2 * rank - 1) <= level
    error = float(np.sqrt(level * (1 - level) / count))
    return Landscape(
        rows, there, near, inside, inside[near].mean(1), _normal(rank)[near].mean(1), level, error,
        _chance(near, level, error),
    )  # fmt: skip


def _normal(u: np.ndarray) -> np.ndarray:
    from scipy.special import ndtri

    return np.asarray(ndtri(u))


def _chance(near: np.ndarray, level: float, error: float) -> float:
    """What the deepest place of a map of uniform ranks reaches, in units of the error."""
    return _deepest(near.tobytes(), near.shape, near.dtype.str, level, error)


@lru_cache(maxsize=16)
def _deepest(kept: bytes, shape: tuple[int, ...], kind: str, level: float, error: float) -> float:
    near = np.frombuffer(kept, kind).reshape(shape)
    random = np.random.default_rng(0x1A2D)
    found = np.empty(_REPEATS)
    for k in range(_REPEATS):
        inside = random.random(len(near)) <= level
        found[k] = (level - inside[near].mean(1).min()) / error
    return float(np.quantile(found, _CHANCE))
