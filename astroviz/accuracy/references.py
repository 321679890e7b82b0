r"""Points to look from: balls around them hold truths as often as draws, if a posterior is right.

A reference may be anything that does not know the truth of its object. One that knows nothing of
the data either cannot tell the prior, given to every object, from the right posterior: *seen from
there* both are right. One that is a guess from the data can.

References:
    | Sampling-based accuracy testing of posterior estimators (Lemos et al. 2023), section 3.3
    | https://arxiv.org/abs/2302.03026
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from astroviz.accuracy.data_guesses import guesses, neighbours
from astroviz.accuracy.trial import Trial, TrialError

__all__ = ["KINDS", "References", "references"]

KINDS = ("prior", "data", "cube")
"""Draws of the prior, guesses from the data, or points of the box about all truths."""


@dataclass(frozen=True)
class References:
    r"""R references for each of N objects, made when asked for, so that images fit in memory.

    Arguments:
        pool: Points to take from, shape :math:`(M, d)`.
        index: Row of the pool for each reference, shape :math:`(N, R)`.
        base: What is added to it, by object, shape :math:`(N, d)`; None for nothing.
    """

    pool: np.ndarray
    index: np.ndarray
    base: np.ndarray | None = None

    def take(self, rows: slice) -> np.ndarray:
        r"""References of some objects, shape :math:`(n, R, d)`."""
        found = self.pool[self.index[rows]]
        return found if self.base is None else self.base[rows, None] + found


def references(trial: Trial, kind: str = "prior", runs: int = 1, seed: int = 0) -> References:
    r"""References of one kind for all objects of a trial.

    Arguments:
        trial: The trial. Without draws of a prior, the truths of *other* objects stand for them.
        kind: One of `KINDS`.
        runs: References for each object.
        seed: Seed of the choice.

    Returns:
        Them, :math:`(N, R, d)` when taken.
    """
    if kind not in _MAKERS:
        raise TrialError(f"there are no references {kind!r}: choose one of {', '.join(KINDS)}")
    if trial.count < 4:
        raise TrialError(f"{trial.count} objects are too few: give 4 or more")
    return _MAKERS[kind](trial, runs, np.random.default_rng([seed, 0x12EF]))


def _prior(trial: Trial, runs: int, random: np.random.Generator) -> References:
    if trial.prior is not None and len(trial.prior):
        prior = np.asarray(trial.prior)
        return References(prior, random.integers(len(prior), size=(trial.count, runs)))
    # the truth of another object is a draw of the prior that knows nothing of this one
    away = random.integers(1, trial.count, size=(trial.count, runs))
    return References(trial.truths, (np.arange(trial.count)[:, None] + away) % trial.count)


def _cube(trial: Trial, runs: int, random: np.random.Generator) -> References:
    if trial.distance is not None or trial.geometry not in ("vector", "image", "series"):
        raise TrialError(
            f"a box about points of geometry {trial.geometry} has no meaning: take references of "
            "the prior"
        )
    low, high = trial.truths.min(0), trial.truths.max(0)
    many = max(4 * trial.count, 2000) if trial.size > 64 else trial.count * runs
    pool = low + (high - low) * random.random((many, trial.size), dtype=np.float32)
    index = random.permutation(many)[: trial.count * runs] if many >= trial.count * runs else (
        random.integers(many, size=trial.count * runs)
    )  # fmt: skip
    return References(pool, index.reshape(trial.count, runs))


def _data(trial: Trial, runs: int, random: np.random.Generator) -> References:
    if trial.observations is None:
        raise TrialError(
            "references from the data need the data: give `observations`, what each posterior "
            "was given"
        )
    if trial.distance is None and trial.geometry in ("vector", "image", "series"):
        found, error, other = guesses(trial.truths, trial.observations, random)
        chosen = np.empty((trial.count, runs), np.int64)
        for half in (False, True):
            rows, from_rows = np.flatnonzero(other == half), np.flatnonzero(other != half)
            chosen[rows] = random.choice(from_rows, size=(len(rows), runs))
        return References(error, chosen, found)
    # no mean of rotations, categories or gaps: the truth of an object with much the same data
    near = neighbours(trial.observations, most=10)
    pick = random.integers(near.shape[1], size=(trial.count, runs))
    return References(trial.truths, np.take_along_axis(near, pick, 1))


_MAKERS: dict[str, Callable[[Trial, int, np.random.Generator], References]] = {
    "prior": _prior, "data": _data, "cube": _cube,
}  # fmt: skip
