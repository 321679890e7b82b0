r"""Two posteriors on the same simulations: whose MIRA score is nearer to that of a right one?

Both models answer the same objects and are seen from the same references, so that most of what
makes the scores vary is common to both. What is asked is not which score is larger, since one that
is too wide may score above a right posterior, but which is nearer to the expected one,

.. math:: \Delta = |\bar P_A - E| - |\bar P_B - E|,

negative where A is nearer. Its law is that of resampled objects, the same ones for both (paired).

References:
    | MIRA, https://arxiv.org/abs/2605.02014
    | An introduction to the bootstrap (Efron & Tibshirani 1993)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from astroviz.accuracy.mira import Mira, mira
from astroviz.accuracy.trial import Trial, TrialError

__all__ = ["Comparison", "compare"]

_REPEATS = 2000
_BLOCK = 200
_LEVELS = (0.025, 0.975)


@dataclass(frozen=True, eq=False)
class Comparison:
    r"""Scores of two models.

    Arguments:
        first: Scores of model A.
        second: Scores of model B.
        kind: Kind of references, `prior` or `data`.
        repeats: :math:`\Delta` of resampled objects, shape :math:`(R,)`.
        count: Objects after which the scores were looked at, shape :math:`(K,)`.
        running: Mean scores then, A and B, shape :math:`(2, K)`.
        running_error: Their standard errors, shape :math:`(2, K)`.
    """

    first: Mira
    second: Mira
    kind: str
    repeats: np.ndarray
    count: np.ndarray
    running: np.ndarray
    running_error: np.ndarray

    @property
    def expected(self) -> float:
        """Score of a right posterior."""
        return self.first.expected

    @property
    def delta(self) -> float:
        r""":math:`\Delta`: below 0 A is nearer to the expected score."""
        return abs(self.first.score - self.expected) - abs(self.second.score - self.expected)

    @property
    def interval(self) -> tuple[float, float]:
        r"""The middle 95 % of :math:`\Delta`."""
        low, high = np.quantile(self.repeats, _LEVELS)
        return float(low), float(high)

    @property
    def difference(self) -> tuple[float, float]:
        """Mean difference of the scores, A minus B, and its paired standard error."""
        apart = self.first.scores - self.second.scores
        return float(apart.mean()), float(apart.std(ddof=1) / np.sqrt(len(apart)))

    @property
    def nearer(self) -> str:
        """`first`, `second`, or an empty text where the difference may be chance."""
        low, high = self.interval
        return "first" if high < 0 else "second" if low > 0 else ""


def compare(
    first: Trial, second: Trial, kind: str = "prior", runs: int = 10, seed: int = 0
) -> Comparison:
    r"""Score two posteriors of the same objects.

    Arguments:
        first: Truths and draws of model A.
        second: Those of model B; the same truths in the same order, as many draws.
        kind: Kind of references: `prior`, which knows nothing of the data and cannot tell the
            prior from the right posterior, or `data`, which are guesses from the observations.
        runs: References for each object.
        seed: Seed of references and resampling.

    Returns:
        Scores of both and their paired difference.

    Example:
        >>> random = np.random.default_rng(0)
        >>> points = random.normal(size=(800, 51, 2)) + random.normal(size=(800, 1, 2))
        >>> right = Trial(truths=points[:, 0], draws=points[:, 1:], names=("x", "y"))
        >>> wrong = Trial(truths=points[:, 0], draws=points[:, 1:] + 1.5, names=("x", "y"))
        >>> compare(right, wrong).nearer
        'first'
    """
    _check(first, second)
    scores = [mira(trial, kind, runs, seed) for trial in (first, second)]
    both = np.stack([one.scores for one in scores])
    random = np.random.default_rng([seed, 0xB007])
    n, expected = both.shape[1], scores[0].expected
    repeats = []
    for start in range(0, _REPEATS, _BLOCK):
        picked = random.integers(n, size=(min(_BLOCK, _REPEATS - start), n))
        far = np.abs(both[:, picked].mean(-1) - expected)
        repeats.append(far[0] - far[1])
    count = np.unique(np.geomspace(min(10, n), n, 50).astype(int))
    total, square = both.cumsum(1)[:, count - 1], (both**2).cumsum(1)[:, count - 1]
    mean = total / count
    spread = np.sqrt(np.maximum(square / count - mean**2, 0) / count)
    return Comparison(scores[0], scores[1], kind, np.concatenate(repeats), count, mean, spread)


def _check(first: Trial, second: Trial) -> None:
    if first.truths.shape != second.truths.shape:
        raise TrialError(
            f"{first.model or 'one model'} has {first.count} objects of {first.size} numbers, "
            f"{second.model or 'the other'} {second.count} of {second.size}: compare models on "
            "the same simulations"
        )
    if tuple(first.names) != tuple(second.names):
        raise TrialError(
            f"the models answer other questions: {', '.join(first.names)} and "
            f"{', '.join(second.names)}"
        )
    scale = np.nanstd(first.truths, axis=0) + 1e-12
    if np.nanmax(np.abs(first.truths - second.truths) / scale) > 1e-3:
        raise TrialError(
            "the two models were not asked about the same objects: their true values differ"
        )
    if first.draws.shape[1] != second.draws.shape[1]:
        raise TrialError(
            f"{first.draws.shape[1]} and {second.draws.shape[1]} draws an object do not compare: "
            "the score of a right posterior depends on their number"
        )
