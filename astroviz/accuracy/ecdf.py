r"""Empirical distribution functions of numbers that should be uniform, with simultaneous bands.

A pointwise band at each of many levels is left somewhere by most uniform samples. The band here
is widened until a uniform sample stays inside *everywhere* with the stated probability.

References:
    | Graphical test for discrete uniformity (Saeilynoja, Buerkner & Vehtari 2022)
    | https://arxiv.org/abs/2103.10522
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.stats import binom

__all__ = ["EcdfDifference", "ecdf_difference", "simultaneous_band"]


@dataclass(frozen=True)
class EcdfDifference:
    r"""What a plot of :math:`\hat F(z) - z` needs.

    Arguments:
        levels: Levels :math:`z`, shape :math:`(K,)`.
        difference: :math:`\hat F(z) - z`, shape :math:`(K,)`.
        lower: Lower edge of the simultaneous band, shape :math:`(K,)`.
        upper: Upper edge, shape :math:`(K,)`.
        probability: Chance that a uniform sample stays inside the band everywhere.
    """

    levels: np.ndarray
    difference: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    probability: float

    @property
    def inside(self) -> bool:
        """Whether the curve stays within the band at every level."""
        slack = 1e-12
        above = self.difference <= self.upper + slack
        return bool(np.all(above & (self.difference >= self.lower - slack)))


def simultaneous_band(
    n: int, levels: int = 100, probability: float = 0.95, repeats: int = 4000, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Band that the empirical distribution function of :math:`n` uniform numbers stays in.

    Arguments:
        n: Sample size.
        levels: Number of levels :math:`z = k / K`, :math:`k = 1, ..., K - 1`.
        probability: Chance to stay inside everywhere.
        repeats: Simulated samples that set the width.
        seed: Seed of those samples.

    Returns:
        Levels and the lower and upper edge of :math:`\hat F(z) - z`, each :math:`(K - 1,)`.

    Example:
        >>> z, low, high = simultaneous_band(1000)
        >>> bool((low < 0).all() and (high > 0).all())
        True
    """
    if n < 1:
        raise ValueError(f"a band needs at least one number, but n is {n}")
    gamma = _pointwise_level(n, levels, round(probability, 9), repeats, seed)
    z = np.arange(1, levels) / levels
    lower = binom.ppf(gamma / 2, n, z) / n - z
    upper = binom.ppf(1 - gamma / 2, n, z) / n - z
    return z, lower, upper


@lru_cache(maxsize=64)
def _pointwise_level(n: int, levels: int, probability: float, repeats: int, seed: int) -> float:
    """Two-sided pointwise level whose binomial band holds simultaneously."""
    rng = np.random.default_rng(seed)
    z = np.arange(1, levels) / levels
    counts = rng.multinomial(n, np.full(levels, 1 / levels), size=repeats).cumsum(1)[:, :-1]
    # the smallest two-sided tail that each simulated curve touches
    tails = np.minimum(binom.cdf(counts, n, z), binom.sf(counts - 1, n, z))
    return float(np.quantile(2 * tails.min(1), 1 - probability))


def ecdf_difference(
    u: np.ndarray, levels: int = 100, probability: float = 0.95, seed: int = 0
) -> EcdfDifference:
    r"""Compare numbers with the uniform distribution.

    Arguments:
        u: Numbers in 0 to 1, shape :math:`(N,)`.
        levels: Number of levels.
        probability: Simultaneous probability of the band.
        seed: Seed of the band's simulation.

    Returns:
        The curve and its band, end points included.
    """
    u = np.asarray(u, dtype=float).ravel()
    z, lower, upper = simultaneous_band(len(u), levels, probability, seed=seed)
    difference = np.searchsorted(np.sort(u), z, side="right") / len(u) - z
    return EcdfDifference(
        np.concatenate([[0.0], z, [1.0]]),
        _closed(difference),
        _closed(lower),
        _closed(upper),
        probability,
    )


def _closed(part: np.ndarray) -> np.ndarray:
    """Add the end points, where every distribution function agrees."""
    return np.concatenate([[0.0], part, [0.0]])
