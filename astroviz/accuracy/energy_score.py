r"""How close do draws lie to the truth, object by object? A proper score, for any distance.

A posterior can be right and say little: the prior is, and MIRA with references that know no data
does not see it. The energy score

.. math:: S = \mathbb{E}\,d(\theta, \theta^*) - \tfrac12\,\mathbb{E}\,d(\theta, \theta')

is smallest, in the mean, for the right posterior given *all* of the data. Alone it has no expected
value; between two models on the same objects its difference has an error.

References:
    | Strictly proper scoring rules, prediction, and estimation (Gneiting & Raftery 2007)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from astroviz.accuracy.geometry import Geometry, geometry_of
from astroviz.accuracy.random_points import equal_draws
from astroviz.accuracy.trial import Trial, TrialError

__all__ = ["Sharper", "energy_scores", "sharper"]

_DRAWS = 64
_TURNS = 16


@dataclass(frozen=True)
class Sharper:
    r"""Which of two models lies closer to the truths.

    Arguments:
        first: Mean score of the first, in units of the distance; smaller is better.
        second: Mean score of the second.
        lead: Score of the second less that of the first, by object, (N,); above 0 the first is
            better.
    """

    first: float
    second: float
    lead: np.ndarray

    @property
    def difference(self) -> tuple[float, float]:
        """Mean of `lead` and its standard error."""
        return float(self.lead.mean()), float(self.lead.std(ddof=1) / np.sqrt(len(self.lead)))

    @property
    def p_value(self) -> float:
        """That both score equally, two-sided, by Student's t over the objects."""
        value, error = self.difference
        if error == 0:
            return float(value == 0)
        return float(2 * student.sf(abs(value) / error, len(self.lead) - 1))


def energy_scores(
    trial: Trial, geometry: Geometry | None = None, seed: int = 0, most: int = _DRAWS
) -> np.ndarray:
    r"""Energy score of each object, (N,), in units of the distance; smaller is better.

    Arguments:
        trial: Truths and draws.
        geometry: The space; that of the trial by default.
        seed: Seed of the choice among weighted draws.
        most: Draws that are looked at; each is paired with up to 16 others.
    """
    geometry = geometry or geometry_of(trial)
    draws = equal_draws(trial, seed)[:, :most]
    found = np.empty(trial.count)
    step = max(1, 2_000_000 // (draws.shape[1] * trial.size))
    half = draws.shape[1] // 2
    turns = range(1, half + 1, max(1, half // _TURNS))
    for start in range(0, trial.count, step):
        part = slice(start, start + step)
        some = draws[part]
        reach = geometry.apart(some, trial.truths[part, None]).mean(1)
        within = [geometry.apart(some, np.roll(some, k, 1)).mean(1) for k in turns]
        found[part] = reach - 0.5 * (np.mean(within, 0) if within else 0.0)
    return found


def sharper(first: Trial, second: Trial, seed: int = 0) -> Sharper:
    r"""Compare two models that were asked about the same objects.

    Arguments:
        first: Trial of one model.
        second: Trial of the other: the same truths, in the same order.
        seed: Seed of the choice among weighted draws.

    Example:
        >>> random = np.random.default_rng(0)
        >>> data = random.normal(size=(500, 1, 2))
        >>> points = data + random.normal(size=(500, 41, 2))
        >>> knows = Trial(truths=points[:, 0], draws=points[:, 1:], names=("x", "y"))
        >>> prior = np.sqrt(2) * random.normal(size=(500, 40, 2))
        >>> found = sharper(knows, Trial(truths=points[:, 0], draws=prior, names=("x", "y")))
        >>> bool(found.difference[0] > 5 * found.difference[1])
        True
    """
    if first.truths.shape != second.truths.shape:
        raise TrialError(
            f"truths of shape {first.truths.shape} and {second.truths.shape} are not the same "
            "objects: ask both models about the same simulations"
        )
    differ = ((first.truths != second.truths) & (first.truths == first.truths)).any(-1)
    if differ.any():
        raise TrialError(
            f"{int(differ.sum())} of {first.count} truths differ between the two models: ask both "
            "about the same simulations, in the same order"
        )
    geometry = geometry_of(first)
    one, two = (energy_scores(trial, geometry, seed) for trial in (first, second))
    return Sharper(float(one.mean()), float(two.mean()), two - one)
