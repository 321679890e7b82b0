r"""Many tests at once: one level for all of them.

`holm` is for checks, which are few and of any dependence. `largest_score` is for the parameters,
pixels or levels within one check, which are many and go astray together: the law of their largest
deviation is found by giving every object a random weight (a multiplier bootstrap), which keeps
whatever dependence there is between them.

References:
    | A simple sequentially rejective multiple test procedure (Holm 1979)
    | Gaussian approximation of maxima, multiplier bootstrap (Chernozhukov, Chetverikov & Kato
      2013), https://arxiv.org/abs/1212.6906
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from scipy.special import gammainc, gammaincc, ndtri
from scipy.stats import norm

__all__ = ["holm", "largest_score", "width_scores"]

_REPEATS = 999


def holm(p_values: Mapping[str, float], level: float = 0.05) -> list[str]:
    r"""Names that are rejected at a family-wise level, in the order given; NaN takes no part.

    Arguments:
        p_values: Name to p-value.
        level: Chance that a right null hypothesis is rejected at all.

    Example:
        >>> holm({"a": 0.001, "b": 0.03, "c": 0.5}, 0.05)
        ['a']
    """
    tested = {name: p for name, p in p_values.items() if np.isfinite(p)}
    rejected = set()
    for place, name in enumerate(sorted(tested, key=lambda name: tested[name])):
        if tested[name] > level / (len(tested) - place):
            break
        rejected.add(name)
    return [name for name in p_values if name in rejected]


def largest_score(
    scores: np.ndarray, columns: np.ndarray | Iterable[np.ndarray], seed: int = 0
) -> float:
    r"""p-value of the largest of many standard normal scores that depend on each other.

    .. math:: p = P\Big(\max_k \Big|\frac{1}{\sqrt N} \sum_i g_i x_{ik}\Big| \ge
              \max_k |z_k|\Big), \quad g_i \sim N(0, 1)

    with :math:`x` the contributions of the objects, brought to mean 0 and variance 1. Where not
    one of the repeats reaches the largest score, the bound of Bonferroni is given if smaller.

    Arguments:
        scores: Scores :math:`z_k`, each standard normal for a perfect posterior, shape (m,).
        columns: Contributions of the objects, shape :math:`(N, m)`, or blocks of its columns.
        seed: Seed of the weights.

    Returns:
        The p-value, at least 1 / 1,000 unless Bonferroni gives less.
    """
    worst = float(np.abs(scores).max())
    blocks = [columns] if isinstance(columns, np.ndarray) else columns
    largest = np.zeros(_REPEATS, np.float32)
    weights: np.ndarray | None = None
    for block in blocks:
        block = np.asarray(block, np.float32)
        block = block - block.mean(0)
        spread = block.std(0)
        block = block[:, spread > 0] / spread[spread > 0]
        if weights is None:
            random = np.random.default_rng([seed, 0xFA3])
            weights = random.standard_normal((_REPEATS, len(block)), np.float32)
        if block.shape[1]:
            found = np.abs(weights @ block).max(1) / np.sqrt(len(block))
            largest = np.maximum(largest, found)
    above = int((largest >= worst).sum())
    p = (1 + above) / (1 + _REPEATS)
    if above:
        return p
    return float(min(p, 2 * norm.sf(worst) * len(scores)))


def width_scores(total: np.ndarray, dof: float | np.ndarray) -> np.ndarray:
    r"""Normal scores of sums of squares that follow :math:`\chi^2` with `dof`, within 37."""
    half, shape = np.asarray(total, float) / 2, np.asarray(dof, float) / 2
    low = np.maximum(gammainc(shape, half), 1e-300)
    high = np.maximum(gammaincc(shape, half), 1e-300)
    return np.where(low < high, ndtri(low), -ndtri(high))
