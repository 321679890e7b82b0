r"""Two models on the same objects: which is nearer to right, and which knows more.

MIRA asks whether a posterior is right: its score should be the expected one, neither smaller nor
larger. Both models are seen from the same references, so that much of the chance is common to
both, and errors are those of the difference, by a bootstrap over objects.

A posterior can be right and say little: the prior is. The energy score

.. math:: S = \mathbb{E}\,d(\theta, \theta^*) - \tfrac12\,\mathbb{E}\,d(\theta, \theta')

is smallest, in the mean, for the right posterior given *all* of the data, so that the second
question has an answer too.

References:
    | MIRA, https://arxiv.org/abs/2605.02014
    | Strictly proper scoring rules (Gneiting & Raftery 2007), for the energy score
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from astroviz.accuracy.geometry import Geometry, geometry_of
from astroviz.accuracy.mira import RUNS, Mira, mira_of_ranks
from astroviz.accuracy.random_points import ball_ranks, equal_draws
from astroviz.accuracy.references import references
from astroviz.accuracy.trial import Trial, TrialError

__all__ = ["Comparison", "compare", "energy_scores"]

_BOOTSTRAPS = 2000
_PAIRED_DRAWS = 64


@dataclass(frozen=True)
class Comparison:
    r"""Two models side by side.

    Arguments:
        names: Their names.
        scores: MIRA of each.
        difference: Score of the first less that of the second, and its standard error.
        nearer: How much farther from the expected score the second is than the first, and its
            standard error; above 0 the first is better.
        p_value: That both are equally far, two-sided.
        energy: Mean energy score of each, in units of the geometry; smaller is better.
        sharper: Energy score of the second less that of the first, and its standard error; above
            0 the first is better.
        sharper_p: That both score equally, two-sided.
        objects: Energy score of the second less that of the first, by object, (N,).
    """

    names: tuple[str, str]
    scores: tuple[Mira, Mira]
    difference: tuple[float, float]
    nearer: tuple[float, float]
    p_value: float
    energy: tuple[float, float]
    sharper: tuple[float, float]
    sharper_p: float
    objects: np.ndarray

    @property
    def sentence(self) -> str:
        """Which is better, in words, and by how much."""
        first, second = self.scores
        said = (
            f"MIRA: {self.names[0]} {first.score:.4f} \u00b1 {first.error:.4f}, {self.names[1]} "
            f"{second.score:.4f} \u00b1 {second.error:.4f}; a right posterior has "
            f"{first.expected:.4f}. "
        )
        if self.p_value >= 0.05:
            said += f"Neither is nearer to it (p = {self.p_value:.2g}). "
        else:
            better = self.names[0 if self.nearer[0] > 0 else 1]
            said += f"{better} is nearer to it (p = {self.p_value:.2g}). "
        if self.sharper_p >= 0.05:
            return said + f"Neither scores better object by object (p = {self.sharper_p:.2g})."
        better = self.names[0 if self.sharper[0] > 0 else 1]
        return (
            said + f"Object by object, {better} lies closer to the truths: it says more of them."
        )


def compare(
    first: Trial, second: Trial, kind: str = "prior", runs: int = RUNS, seed: int = 0
) -> Comparison:
    r"""Compare two models that were asked about the same objects.

    Arguments:
        first: Trial of one model.
        second: Trial of the other: the same truths, in the same order.
        kind: Kind of references: `prior`, `data` or `cube`.
        runs: References for each object.
        seed: Seed of references and bootstrap.

    Returns:
        Both, and their differences with errors.

    Example:
        >>> random = np.random.default_rng(0)
        >>> points = random.normal(size=(800, 65, 2)) + random.normal(size=(800, 1, 2))
        >>> right = Trial(truths=points[:, 0], draws=points[:, 1:], names=("x", "y"))
        >>> middle = points[:, 1:].mean(1, keepdims=True)
        >>> narrow = Trial(truths=points[:, 0], names=("x", "y"),
        ...                draws=middle + 0.5 * (points[:, 1:] - middle))
        >>> bool(compare(right, narrow).nearer[0] > 0)
        True
    """
    _same(first, second)
    points = references(first, kind, runs, seed)
    geometry = geometry_of(first)
    found = []
    for trial in (first, second):
        many = equal_draws(trial, seed).shape[1]
        found.append(mira_of_ranks(ball_ranks(trial, points, seed, geometry), many, seed))
    away = [one.scores - one.expected for one in found]
    energy = [energy_scores(trial, geometry, seed) for trial in (first, second)]
    nearer, p_value = _nearer(away[0], away[1], seed)
    lead = energy[1] - energy[0]
    sharper = float(lead.mean()), _error(lead)
    apart = found[0].scores - found[1].scores
    names = (first.model or "the first", second.model or "the second")
    return Comparison(
        names, (found[0], found[1]), (float(apart.mean()), _error(apart)), nearer, p_value,
        (float(energy[0].mean()), float(energy[1].mean())), sharper,
        _two_sided(*sharper, len(lead) - 1), lead,
    )  # fmt: skip


def energy_scores(
    trial: Trial, geometry: Geometry | None = None, seed: int = 0, most: int = _PAIRED_DRAWS
) -> np.ndarray:
    r"""Energy score of each object, (N,), smaller is better.

    Arguments:
        trial: Truths and draws.
        geometry: The space; that of the trial by default.
        seed: Seed of the choice among weighted draws.
        most: Draws that are paired with each other; each with the next, half of `most` away.
    """
    geometry = geometry or geometry_of(trial)
    draws = equal_draws(trial, seed)[:, :most]
    found = np.empty(trial.count)
    step = max(1, 4_000_000 // (draws.shape[1] * trial.size))
    for start in range(0, trial.count, step):
        part = slice(start, start + step)
        some = draws[part]
        reach = geometry.apart(some, trial.truths[part, None]).mean(1)
        turns = range(1, some.shape[1] // 2 + 1, max(1, some.shape[1] // 16))
        within = [geometry.apart(some, np.roll(some, k, 1)).mean(1) for k in turns]
        found[part] = reach - 0.5 * np.mean(within, 0)
    return found


def _same(first: Trial, second: Trial) -> None:
    if first.truths.shape != second.truths.shape:
        raise TrialError(
            f"truths of shape {first.truths.shape} and {second.truths.shape} are not the same "
            "objects: ask both models about the same simulations"
        )
    same = (first.truths == second.truths) | (first.truths != first.truths)
    if not np.all(same):
        raise TrialError(
            f"{int((~same).any(-1).sum())} of {first.count} truths differ between the two models: "
            "ask both about the same simulations, in the same order"
        )


def _nearer(first: np.ndarray, second: np.ndarray, seed: int) -> tuple[tuple[float, float], float]:
    """Distance from the expected score, second less first, with error and p-value."""
    value = abs(float(second.mean())) - abs(float(first.mean()))
    random = np.random.default_rng([seed, 0xB007])
    times = random.multinomial(len(first), np.full(len(first), 1 / len(first)), _BOOTSTRAPS)
    again = np.abs(times @ second) - np.abs(times @ first)
    error = float(again.std() / len(first))
    return (value, error), _two_sided(value, error, len(first) - 1)


def _two_sided(value: float, error: float, dof: int) -> float:
    if error == 0:
        return float(value == 0)
    return float(2 * student.sf(abs(value) / error, dof))


def _error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))
