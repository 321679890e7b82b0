r"""Tests of accuracy with random points: is the posterior right in all dimensions at once?

Around a reference point, the ball that just reaches the truth holds a part :math:`f` of the draws.
If the posterior is right, :math:`f` is uniform for any reference that does not know the truth.
All distances are taken in a space in which the prior is standard normal, so that no parameter
outweighs the others by its unit.

References:
    | Sampling-based accuracy testing of posterior estimators (Lemos et al. 2023)
    | https://arxiv.org/abs/2302.03026
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from astroviz.accuracy.calibration import ks_test
from astroviz.accuracy.ecdf import simultaneous_band

__all__ = ["Tarp", "credibilities", "expected_coverage", "random_references", "tarp"]


@dataclass(frozen=True)
class Tarp:
    r"""Expected coverage against credibility.

    Arguments:
        credibility: Levels :math:`\alpha`, shape :math:`(K,)`, 0 and 1 included.
        coverage: Expected coverage at each, shape :math:`(K,)`.
        lower: Simultaneous band of a right posterior, lower edge, shape :math:`(K,)`.
        upper: Upper edge, shape :math:`(K,)`.
        bootstrap: Standard deviation of the coverage over resampled stars, shape :math:`(K,)`.
        ks_p: p-value of the Kolmogorov-Smirnov test.
        distance: Largest distance of the curve from the diagonal.
    """

    credibility: np.ndarray
    coverage: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    bootstrap: np.ndarray
    ks_p: float
    distance: float

    @property
    def inside(self) -> bool:
        """Whether the curve stays in the band everywhere."""
        slack = 1e-12
        above = self.coverage >= self.lower - slack
        return bool(np.all(above & (self.coverage <= self.upper + slack)))


def random_references(n: int, size: int, seed: int = 0) -> np.ndarray:
    r"""Reference points from the standard normal prior, shape :math:`(n, size)`."""
    return _stream(seed, 0).standard_normal((n, size))


def _stream(seed: int, use: int) -> np.random.Generator:
    """Random numbers of our own: a room that drew its truths from `seed` must not share them."""
    return np.random.default_rng([seed, use, 0x7A59])


def credibilities(
    truths: np.ndarray, draws: np.ndarray, references: np.ndarray, seed: int | None = None
) -> np.ndarray:
    r"""Part of the draws nearer to the reference than the truth is.

    Arguments:
        truths: True points, shape :math:`(N, d)`.
        draws: Posterior draws, shape :math:`(N, L, d)`.
        references: Reference points, shape :math:`(N, d)`.
        seed: Seed that spreads each of the :math:`L + 1` possible values over its interval, so
            that the result is exactly uniform for a right posterior; None leaves them.

    Returns:
        :math:`f` in 0 to 1, shape :math:`(N,)`.
    """
    truths, draws = np.asarray(truths), np.asarray(draws)
    if draws.ndim != 3 or truths.shape != (draws.shape[0], draws.shape[2]):
        raise ValueError(
            f"truths of shape {truths.shape} do not fit draws of shape {draws.shape}; "
            "give (N, d) and (N, L, d)"
        )
    count = draws.shape[1]
    reach = ((truths - references) ** 2).sum(-1)
    nearer = (((draws - references[:, None]) ** 2).sum(-1) < reach[:, None]).sum(1)
    if seed is None:
        return nearer / count
    return (nearer + _stream(seed, 1).random(len(nearer))) / (count + 1)


def tarp(
    truths: np.ndarray,
    draws: np.ndarray,
    seed: int = 0,
    probability: float = 0.95,
    levels: int = 100,
) -> Tarp:
    r"""Expected coverage with random references.

    Arguments:
        truths: True points as normal scores of the prior, shape :math:`(N, d)`.
        draws: Posterior draws in the same space, shape :math:`(N, L, d)`.
        seed: Seed of references, ties and bootstrap.
        probability: Simultaneous probability of the band.
        levels: Number of levels.

    Returns:
        The curve, its band and its test.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> truths, draws = rng.standard_normal((500, 2)), rng.standard_normal((500, 99, 2))
        >>> tarp(truths, draws).inside
        True
    """
    n, size = np.asarray(truths).shape
    f = credibilities(truths, draws, random_references(n, size, seed), seed)
    return expected_coverage(f, seed, probability, levels)


def expected_coverage(
    f: np.ndarray, seed: int = 0, probability: float = 0.95, levels: int = 100
) -> Tarp:
    r"""The curve of given credibilities, as of references that were drawn from a prior.

    Arguments:
        f: Part of the draws nearer to the reference than the truth, shape :math:`(N,)`.
        seed: Seed of the bootstrap.
        probability: Simultaneous probability of the band.
        levels: Number of levels.

    Example:
        >>> expected_coverage((np.arange(200) + 0.5) / 200).inside
        True
    """
    n = len(f)
    z, lower, upper = simultaneous_band(n, levels, probability)
    counts = np.histogram(f, bins=levels, range=(0, 1))[0]
    curve = counts.cumsum()[:-1] / n
    again = _stream(seed, 2).multinomial(n, counts / n, size=200).cumsum(1)[:, :-1] / n
    distance, p = ks_test(f)

    def closed(part: np.ndarray, end: float) -> np.ndarray:
        return np.concatenate([[0.0], part, [end]])

    return Tarp(
        closed(z, 1.0), closed(curve, 1.0), closed(z + lower, 1.0), closed(z + upper, 1.0),
        closed(again.std(0), 0.0), float(p), float(distance),
    )  # fmt: skip
