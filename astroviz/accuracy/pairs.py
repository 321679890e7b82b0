r"""A truth and one draw for each object, with their data beside: what two-sample checks look at.

If a posterior is right, the truth of an object and a draw for it are two draws of one law *given
the data*, so that exchanging the two changes nothing, whatever else is done with them. Labels are
therefore exchanged within pairs only, which makes every permutation test here exact, also where
the data of the object stand beside both.

With data, points are looked at from where a regression on the data puts the middle of the two:
what is left has the size of the posterior, not of the prior, and an exchange leaves it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from astroviz.accuracy.data_guesses import features, fitted, reduced
from astroviz.accuracy.geometry import Geometry, geometry_of
from astroviz.accuracy.trial import Trial, TrialError

__all__ = ["Pairs", "exchange_p", "one_draw_each", "pairs_of", "signs"]

MOST_DATA = 24
"""Columns of the data that stand beside a point; principal components where there are more."""


@dataclass(frozen=True)
class Pairs:
    r"""N pairs.

    Arguments:
        truths: Points of the truths, shape :math:`(N, d)`, as they were given.
        draws: One draw for each, shape :math:`(N, d)`.
        data: The data of each, scaled, shape :math:`(N, F)`; :math:`F = 0` without data.
        rows: The objects, shape :math:`(N,)`.
        geometry: The space of the points.
        middle: What the data say of the middle of both, shape :math:`(N, d)`, or zeros (1, 1).
    """

    truths: np.ndarray
    draws: np.ndarray
    data: np.ndarray
    rows: np.ndarray
    geometry: Geometry
    middle: np.ndarray

    @property
    def count(self) -> int:
        """How many pairs."""
        return len(self.rows)

    def table(self, most: int = 0) -> tuple[np.ndarray, np.ndarray]:
        r"""Both samples as numbers, data beside, each part of mean square 1 for a point.

        Arguments:
            most: Coordinates of the points that are kept, as principal components; 0 for all.

        Returns:
            Truths and draws, shape :math:`(N, d' + F)` each. Gaps of the points are 0, with a
            column that says where they are.
        """
        points = np.concatenate([self.truths, self.draws])
        if points.dtype.kind not in "fiub":
            raise TrialError("points that are no numbers have no coordinates to look at")
        if self.geometry.gaps:
            points = features(points)
        else:
            middle = np.broadcast_to(self.middle, self.truths.shape)
            points = self.geometry.flat(points - np.tile(middle, (2, 1)))
            points = points - points.mean(0)
        points = reduced(points, most) if most else points
        points = points / max(float(np.sqrt((points**2).sum(1).mean())), 1e-30)
        data = self.data / np.sqrt(max(self.data.shape[1], 1))
        half = self.count
        return (np.concatenate([points[:half], data], 1),
                np.concatenate([points[half:], data], 1))  # fmt: skip

    def apart(self) -> np.ndarray:
        r"""Distances of all points, truths then draws, data beside, shape :math:`(2N, 2N)`."""
        if self.geometry.straight:
            points = np.concatenate(self.table()).astype(np.float32)
            square = np.einsum("nd,nd->n", points, points)
            return np.sqrt(np.maximum(square[:, None] + square - 2 * points @ points.T, 0))
        points = np.concatenate([self.truths, self.draws])
        found = self.geometry.matrix(points, points).astype(np.float32) ** 2
        found /= max(float(found.mean()) / 2, 1e-30)
        if self.data.shape[1]:
            data = self.data / np.sqrt(self.data.shape[1])
            square = np.einsum("nf,nf->n", data, data)
            beside = np.maximum(square[:, None] + square - 2 * data @ data.T, 0)
            found += np.tile(beside, (2, 2)).astype(np.float32)
        return np.sqrt(found)


def one_draw_each(trial: Trial, random: np.random.Generator) -> np.ndarray:
    r"""One draw for each object, by the weights if there are any, shape :math:`(N, d)`."""
    many = trial.draws.shape[1]
    if trial.weights is None:
        pick = random.integers(many, size=trial.count)
    else:
        share = np.cumsum(trial.weights, 1)
        level = random.random(trial.count) * share[:, -1]
        pick = np.minimum((share < level[:, None]).sum(1), many - 1)
    return np.asarray(trial.draws[np.arange(trial.count), pick])


def pairs_of(trial: Trial, seed: int = 0, most: int = 4000, data: bool = True) -> Pairs:
    r"""The pairs of a trial.

    Arguments:
        trial: The trial.
        seed: Seed of the draws that are taken, and of the objects where there are too many.
        most: Pairs at most.
        data: Whether the data stand beside, if there are any.

    Returns:
        Pairs of a truth and a draw.
    """
    random = np.random.default_rng([seed, 0x9A125])
    rows = np.arange(trial.count)
    if trial.count > most:
        rows = np.sort(random.permutation(trial.count)[:most])
    drawn = one_draw_each(trial, random)
    beside = np.empty((trial.count, 0))
    if data and trial.observations is not None:
        beside = reduced(features(trial.observations), MOST_DATA)
        beside = beside / max(float(np.sqrt((beside**2).mean())), 1e-30)
    return _about(
        Pairs(
            trial.truths[rows], drawn[rows], beside[rows], rows, geometry_of(trial),
            np.zeros((1, 1)),
        ),
        random,
    )  # fmt: skip


def _about(pairs: Pairs, random: np.random.Generator) -> Pairs:
    """The pairs, seen from the middle that the data tell of."""
    bent = pairs.geometry.name in ("rotation", "own") or pairs.geometry.gaps
    if bent or not pairs.data.shape[1] or pairs.count < 20:
        return pairs
    middle = fitted(0.5 * (pairs.truths + pairs.draws), pairs.data, random)
    return dataclasses.replace(pairs, middle=middle)


def signs(count: int, permutations: int, seed: int = 0) -> np.ndarray:
    r"""Exchanges within pairs: -1 where truth and draw change places, else 1, (P, N)."""
    random = np.random.default_rng([seed, 0x51645])
    found: np.ndarray = 1.0 - 2.0 * random.integers(2, size=(permutations, count))
    return found


def exchange_p(value: float, null: np.ndarray) -> float:
    r"""p-value of a permutation test, :math:`(1 + \#\{\ge\}) / (1 + P)`."""
    slack = 1e-9 * abs(value)  # exchanges that give the same differ by rounding
    return float((1 + (null >= value - slack).sum()) / (1 + len(null)))
