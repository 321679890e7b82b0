r"""Do the observations come from the world that the model was taught? Three answers, any numbers.

Two tables of the same columns are compared: what is *known*, simulated or drawn as the model
expects it, and what was *asked* about. `population_shift` says whether they differ as populations,
by PQMass with an exact p-value from exchanges of labels. `object_shift` gives each asked object an
`ood_score` and an honest p. `classifier_shift`, in a module of its own, learns to tell them apart
and names the columns that it needs.

Missing values take part: a column with gaps is filled with its median, and a column of its own
says where the gaps are, so that a survey that is missing is a difference too.

If the prior is right, posterior draws of many observations, one draw an observation, are draws of
the prior,

.. math:: \int p(\theta \mid x)\, p(x)\, dx = p(\theta),

so that `population_shift` of both tells of a wrong prior, or of a wrong posterior.

References:
    | PQMass (Lemos et al. 2024), https://arxiv.org/abs/2402.04355
    | Revisiting classifier two-sample tests (Lopez-Paz & Oquab 2017), arXiv:1610.06545
    | Algorithmic learning in a random world (Vovk, Gammerman & Shafer 2005), conformal p-values
    | Talts et al. (2018), https://arxiv.org/abs/1804.06788
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from astroviz.accuracy.trial import TrialError
from astroviz.core.pqmass import PQMass, pqmass

__all__ = ["FLAG", "ObjectShift", "filled", "object_shift", "population_shift"]

FLAG = 0.01
"""p below which a population or an object is flagged."""

_NEIGHBOURS = 5
_BLOCK = 4_000_000  # distances that are held at a time


def filled(known: np.ndarray, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Both tables in units of the known one's scatter, with gaps as columns of their own.

    Arguments:
        known: Shape :math:`(M, F)`; NaN is a gap.
        asked: Shape :math:`(N, F)`.

    Returns:
        Both with :math:`F + G` columns, of which the last :math:`G` are 1 where a column that has
        gaps in either table has one. A column that is known to be constant is left as it differs.

    Example:
        >>> known, asked = filled(np.array([[0.0], [2.0]]), np.array([[1.0], [np.nan]]))
        >>> asked.tolist()
        [[0.0, 0.0], [0.0, 1.0]]
    """
    tables = [np.asarray(one, np.float64) for one in (known, asked)]
    tables = [one.reshape(len(one), -1) for one in tables]
    _check(*tables)
    first = np.where(np.isfinite(tables[0]), tables[0], np.nan)
    there = np.isfinite(first).any(0)
    middle, spread = np.zeros(first.shape[1]), np.ones(first.shape[1])
    middle[there] = np.nanmedian(first[:, there], 0)
    found = np.nanstd(first[:, there], 0)
    spread[there] = np.where(found > 0, found, 1.0)
    gappy = ~np.isfinite(np.concatenate(tables)).all(0)
    parts = []
    for table in tables:
        gaps = ~np.isfinite(table)
        parts.append(
            np.concatenate([np.where(gaps, 0.0, (table - middle) / spread), gaps[:, gappy]], 1)
        )
    return parts[0], parts[1]


def _check(known: np.ndarray, asked: np.ndarray) -> None:
    if known.shape[1] != asked.shape[1]:
        raise TrialError(
            f"tables of {known.shape[1]} and of {asked.shape[1]} columns cannot be compared: give "
            "both the same columns"
        )
    if min(len(known), len(asked)) < 20:
        raise TrialError(
            f"{len(known)} known and {len(asked)} asked objects are too few to compare: give 20 "
            "of each, or more"
        )


def population_shift(
    known: np.ndarray,
    asked: np.ndarray,
    references: int = 0,
    permutations: int = 499,
    seed: int = 0,
    tessellations: int = 40,
) -> PQMass:
    r"""Whether two tables are draws of one law.

    Arguments:
        known: Shape :math:`(M, F)`, or images :math:`(M, s, s)`; NaN is a gap.
        asked: Shape :math:`(N, F)` likewise.
        references: Cells of a tessellation; a tenth of the points by default, at most 100.
        permutations: Exchanges of labels for `p_value`.
        seed: Seed of cells and exchanges.
        tessellations: How often cells are picked anew.

    Returns:
        PQMass; flagged if `p_value` is below `FLAG`.

    Example:
        >>> random = np.random.default_rng(0)
        >>> moved = population_shift(random.normal(size=(200, 3)), random.normal(1, 1, (200, 3)))
        >>> moved.p_value < FLAG
        True
    """
    first, second = filled(known, asked)
    cells = references or int(np.clip((len(first) + len(second)) // 10, 4, 100))
    return pqmass(first, second, cells, tessellations, permutations, seed)


@dataclass(frozen=True, eq=False)
class ObjectShift:
    r"""How unlike the known ones each object is.

    Arguments:
        known: Scores of those known objects that only calibrate, sorted, shape :math:`(m,)`.
        scores: Scores of the asked ones, shape :math:`(N,)`.
        edge: Score that one known object in a hundred exceeds.
    """

    known: np.ndarray
    scores: np.ndarray
    edge: float

    @property
    def ood_scores(self) -> np.ndarray:
        """Scores over the edge: above 1 an object is unlike 99 % of what is known."""
        return np.asarray(self.scores / self.edge)

    @property
    def p_values(self) -> np.ndarray:
        r""":math:`(1 + \#\{\text{known} \ge \text{score}\}) / (1 + m)`, exact for one object."""
        above = len(self.known) - np.searchsorted(self.known, self.scores, side="left")
        return np.asarray((1 + above) / (1 + len(self.known)))

    @property
    def flagged(self) -> float:
        """Part of the asked objects beyond the edge; 0.01 is expected."""
        return float((self.scores > self.edge).mean())


def object_shift(known: np.ndarray, asked: np.ndarray, seed: int = 0) -> ObjectShift:
    r"""A score of each asked object, calibrated by known ones.

    The score is the mean distance to the nearest five of one half of the known objects; the other
    half tells what such a distance is usually. An object that follows the known law is one of
    them, whatever the law: its p is below 0.01 in one of a hundred cases.

    Arguments:
        known: Shape :math:`(M, F)`, or images; NaN is a gap.
        asked: Shape :math:`(N, F)` likewise.
        seed: Seed of the halves.

    Example:
        >>> random = np.random.default_rng(0)
        >>> asked = np.array([[0.0, 0.0]] * 19 + [[9.0, 9.0]])
        >>> found = object_shift(random.normal(size=(400, 2)), asked)
        >>> bool(found.ood_scores[-1] > 1), bool(found.ood_scores[0] < 1)
        (True, True)
    """
    first, second = filled(known, asked)
    order = np.random.default_rng([seed, 0x5C0E]).permutation(len(first))
    base, rest = first[order[::2]], first[order[1::2]]
    own = np.sort(_away(base, rest))
    scores = _away(base, second)
    return ObjectShift(own, scores, max(float(np.quantile(own, 0.99)), 1e-12))


def _away(base: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Mean distance to the nearest of the base, (n,)."""
    from scipy.spatial.distance import cdist

    near = min(_NEIGHBOURS, len(base))
    step = max(1, _BLOCK // len(base))
    found = []
    for start in range(0, len(points), step):
        far = cdist(points[start : start + step], base)
        found.append(np.partition(far, near - 1, axis=1)[:, :near].mean(1))
    return np.concatenate(found)
