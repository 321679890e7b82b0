r"""Guesses of the truth from the data, that have not seen the truth they guess.

A ridge regression on the data, their squares and random bends of them, fitted on one half of the
objects and asked for the other; and objects whose data are much the same.

References:
    | Random features for large-scale kernel machines (Rahimi & Recht 2007), for the bends
"""

from __future__ import annotations

import numpy as np

__all__ = ["features", "fitted", "guesses", "main_axes", "neighbours", "reduced"]

_MOST = 48  # columns of the data that are kept as they are
_BENDS = 64


def features(observations: np.ndarray) -> np.ndarray:
    r"""Data as columns of mean 0 and spread 1; gaps are 0, and columns say where they are.

    Arguments:
        observations: Shape :math:`(N, F)`; NaN is a gap.

    Returns:
        Shape :math:`(N, F')`.
    """
    seen = np.asarray(observations, float).reshape(len(observations), -1)
    gap = ~np.isfinite(seen)
    none = gap.all(0)
    seen, gap = seen[:, ~none], gap[:, ~none]
    seen = np.where(gap, np.nan, seen)
    middle = np.nanmean(seen, 0)
    width = np.nanstd(seen, 0)
    scaled = np.where(gap, 0.0, (seen - middle) / np.where(width > 0, width, 1.0))
    flags = gap[:, gap.any(0) & (width >= 0)].astype(float)
    flags = np.unique(flags, axis=1) if flags.size else flags
    return np.concatenate([np.clip(scaled, -8, 8), flags - flags.mean(0)], 1)


def reduced(points: np.ndarray, most: int = _MOST) -> np.ndarray:
    r"""Points along their `main_axes`, where they have more coordinates than `most`.

    Arguments:
        points: Shape :math:`(N, d)`.
        most: Coordinates that are kept.

    Returns:
        Shape :math:`(N, \min(d, most, N))`; in the units of the points.
    """
    if points.shape[1] <= most:
        return points
    return np.asarray((points - points.mean(0)) @ main_axes(points, most))


def main_axes(points: np.ndarray, most: int) -> np.ndarray:
    r"""Directions along which points differ most, and that in which all coordinates grow.

    The last is the total light of an image, which is no principal component of most, but what a
    wrong model likes to miss.

    Arguments:
        points: Shape :math:`(N, d)`, with :math:`d` above `most`.
        most: How many.

    Returns:
        Unit vectors, shape :math:`(d, K)`.
    """
    from sklearn.decomposition import PCA

    kept = min(most, len(points)) - 1
    found = PCA(kept, svd_solver="randomized", random_state=0).fit(points).components_.T
    every = np.full((points.shape[1], 1), 1 / np.sqrt(points.shape[1]))
    return np.concatenate([found, every], 1)


def guesses(
    truths: np.ndarray, observations: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""The truth of each object, guessed by a regression that was fitted on the other half.

    Arguments:
        truths: Shape :math:`(N, d)`.
        observations: Shape :math:`(N, F)`; NaN is a gap.
        random: Generator of halves and bends.

    Returns:
        Guesses (N, d); what the regression of an object's half leaves of its truth (N, d); and
        the half of each object (N,). The guess of an object and all leftovers of the *other* half
        are made without its truth.
    """
    from sklearn.linear_model import RidgeCV

    table = _bent(reduced(features(observations)), random)
    half = random.permutation(len(truths)) % 2 == 1
    found = np.empty(truths.shape, np.result_type(truths.dtype, np.float32))
    left = np.empty_like(found)
    for side in (False, True):
        rows = half == side
        ridge = RidgeCV(alphas=np.logspace(-2, 5, 8)).fit(table[rows], truths[rows])
        left[rows] = truths[rows] - ridge.predict(table[rows]).reshape(-1, truths.shape[1])
        found[~rows] = ridge.predict(table[~rows]).reshape(-1, truths.shape[1])
    return found, left, half


def fitted(points: np.ndarray, table: np.ndarray, random: np.random.Generator) -> np.ndarray:
    r"""What the same regression makes of points that it was fitted on, shape :math:`(N, d)`.

    Arguments:
        points: Shape :math:`(N, d)`.
        table: Columns of `features`, shape :math:`(N, F)`.
        random: Generator of the bends.
    """
    from sklearn.linear_model import RidgeCV

    bent = _bent(table, random)
    ridge = RidgeCV(alphas=np.logspace(-2, 5, 8)).fit(bent, points)
    return np.asarray(ridge.predict(bent)).reshape(points.shape)


def neighbours(observations: np.ndarray, most: int = 10) -> np.ndarray:
    r"""The objects whose data are nearest to those of each, itself left out.

    Arguments:
        observations: Shape :math:`(N, F)`; NaN is a gap.
        most: How many.

    Returns:
        Rows, shape :math:`(N, K)`, nearest first.
    """
    from sklearn.neighbors import NearestNeighbors

    table = reduced(features(observations))
    count = min(most, len(table) - 1)
    # without a query each point is left out of its own neighbours
    search = NearestNeighbors(n_neighbors=count).fit(table)
    found: np.ndarray = search.kneighbors(return_distance=False)
    return found


def _bent(table: np.ndarray, random: np.random.Generator) -> np.ndarray:
    width = table.shape[1]
    turn = random.standard_normal((width, _BENDS)) / np.sqrt(max(width, 1))
    bends = np.maximum(table @ turn + random.uniform(-1, 1, _BENDS), 0)
    return np.concatenate([table, table**2, bends], 1)
