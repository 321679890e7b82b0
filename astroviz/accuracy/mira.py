r"""MIRA: one number for a posterior, and an error, to rank models by.

Around a reference, a ball reaches to one of the L draws, picked at random, and holds n of the
other :math:`N = L - 1`. With the truth inside it scores :math:`(n + 1) / (N + 2)`, else
:math:`(N - n + 1) / (N + 2)`. A right posterior scores

.. math:: \langle P \rangle = \frac{2N + 3}{3 (N + 2)} \to \frac{2}{3},
    \qquad \mathrm{Var}\,P \to \frac{1}{18}.

Which draw the ball reaches need not be left to chance: with t draws nearer than the truth, the
mean over all L balls is

.. math:: \bar P = \frac12 + \frac{t\,(L - t)}{L\,(L + 1)},

of the same mean and a tenth of the variance, 1/180. Both are given; tests use the second.

Warning:
    It is no proper score. A posterior that is too wide may score above 2/3, and references that
    know nothing of the data cannot tell the prior from the right posterior. Nearer to the
    expected value is better; larger is not.

References:
    | MIRA, https://arxiv.org/abs/2605.02014 (its package divides by (N + 1) / (N + 2): there a
      right posterior scores (2L + 1) / (3L))
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from astroviz.accuracy.outcome import Outcome
from astroviz.accuracy.random_points import ball_ranks, by_group, equal_draws
from astroviz.accuracy.references import references
from astroviz.accuracy.trial import Trial

__all__ = ["Mira", "expected_score", "mira", "mira_of_ranks", "run", "run_data", "scores_of_ranks"]

RUNS = 10
"""References for each object; more of them narrow the score of an object, not of the model."""


@dataclass(frozen=True)
class Mira:
    r"""Scores of all objects.

    Arguments:
        scores: Mean over references, and over all balls, of each object, (N,).
        drawn: Scores of one ball drawn at random for each reference, (N, R), as the method was
            proposed.
        draws: Draws of each object, L.
    """

    scores: np.ndarray
    drawn: np.ndarray
    draws: int

    @property
    def score(self) -> float:
        """Mean score."""
        return float(self.scores.mean())

    @property
    def expected(self) -> float:
        """The score of a right posterior with as many draws."""
        return expected_score(self.draws)

    @property
    def error(self) -> float:
        """Standard error of `score`; objects are independent, references of one are not."""
        return _error(self.scores)

    @property
    def drawn_score(self) -> float:
        """Mean of `drawn`."""
        return float(self.drawn.mean())

    @property
    def drawn_error(self) -> float:
        """Its standard error."""
        return _error(self.drawn.mean(1))

    @property
    def p_value(self) -> float:
        """Of a right posterior, two-sided, by Student's t over the objects."""
        return _p_value(self.scores, self.expected)


def expected_score(draws: int) -> float:
    r"""Score of a right posterior with L draws, :math:`(2N + 3) / (3(N + 2))`, N = L - 1.

    Example:
        >>> round(expected_score(100), 6)
        0.663366
    """
    return (2 * draws + 1) / (3 * (draws + 1))


def scores_of_ranks(ranks: np.ndarray, draws: int) -> np.ndarray:
    r"""Score of each rank, the mean over balls that reach to each of the draws.

    Arguments:
        ranks: Draws nearer to the reference than the truth, 0 to L, any shape.
        draws: L.
    """
    ranks = np.asarray(ranks, float)
    return 0.5 + ranks * (draws - ranks) / (draws * (draws + 1))


def mira_of_ranks(ranks: np.ndarray, draws: int, seed: int = 0) -> Mira:
    r"""Scores from the ranks of `random_points.ball_ranks`, (N, R), and the number of draws."""
    random = np.random.default_rng([seed, 0x314A])
    order = random.integers(draws, size=ranks.shape)  # which of the draws the ball reaches
    inside = (order + 1) / (draws + 1)
    drawn = np.where(ranks <= order, inside, 1 - inside)
    return Mira(scores_of_ranks(ranks, draws).mean(1), drawn, draws)


def mira(trial: Trial, kind: str = "prior", runs: int = RUNS, seed: int = 0) -> Mira:
    r"""Score a posterior.

    Arguments:
        trial: Truths and draws, with the distance of their geometry.
        kind: Kind of references: `prior`, `data` or `cube`.
        runs: References for each object.
        seed: Seed of references and balls.

    Returns:
        Scores with mean, error and what a right posterior has.

    Example:
        >>> random = np.random.default_rng(0)
        >>> points = random.normal(size=(500, 101, 3)) + random.normal(size=(500, 1, 3))
        >>> trial = Trial(truths=points[:, 0], draws=points[:, 1:], names=("x", "y", "z"))
        >>> found = mira(trial)
        >>> bool(abs(found.score - found.expected) < 3 * found.error)
        True
    """
    ranks = ball_ranks(trial, references(trial, kind, runs, seed), seed)
    draws = trial.draws if trial.weights is None else equal_draws(trial, seed)
    return mira_of_ranks(ranks, draws.shape[1], seed)


def run(trial: Trial, seed: int = 0) -> Outcome:
    r"""The check `mira`; its curves are those of `_curves`."""
    return _outcome("mira", mira(trial, "prior", seed=seed), trial, "references of the prior")


def run_data(trial: Trial, seed: int = 0) -> Outcome:
    r"""The check `mira_data`: seen from guesses from the data."""
    return _outcome("mira_data", mira(trial, "data", seed=seed), trial, "guesses from the data")


def _outcome(name: str, found: Mira, trial: Trial, where: str) -> Outcome:
    far = (found.score - found.expected) / max(found.error, 1e-12)
    return Outcome(
        name, found.score, found.expected, found.error, found.p_value,
        by_group(trial, found.scores, lambda part: _p_value(part, found.expected)),
        _curves(found), found.expected - found.scores,
        f"Seen from {where}, the score is {found.score:.4f} \u00b1 {found.error:.4f}; a right "
        f"posterior has {found.expected:.4f}: {far:+.1f} standard errors.",
    )  # fmt: skip


def _curves(found: Mira) -> dict[str, np.ndarray]:
    r"""What a figure draws.

    `scores` (N,) and `drawn` (N R,) of one ball each; `mean`, `error`, `expected` (1,); and the
    score as objects come in: `count`, `running`, `running_error`, :math:`(K,)` each.
    """
    many = len(found.scores)
    count = np.unique(np.geomspace(min(10, many), many, 60).astype(int))
    total, square = found.scores.cumsum(), (found.scores**2).cumsum()
    mean = total[count - 1] / count
    variance = np.maximum(square[count - 1] / count - mean**2, 0)
    return {
        "scores": found.scores, "drawn": found.drawn.ravel(), "mean": np.array([found.score]),
        "error": np.array([found.error]), "expected": np.array([found.expected]),
        "count": count, "running": mean, "running_error": np.sqrt(variance / count),
    }  # fmt: skip


def _error(scores: np.ndarray) -> float:
    return float(scores.std(ddof=1) / np.sqrt(len(scores)))


def _p_value(scores: np.ndarray, expected: float) -> float:
    error = _error(scores)
    if error == 0:  # all scores are one: only far draws or truths do that
        return float(abs(scores[0] - expected) < 1e-9)
    return float(2 * student.sf(abs(scores.mean() - expected) / error, len(scores) - 1))
