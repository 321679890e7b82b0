r"""Does a measured curve agree with a known one? Chi-square, one p-value or many.

References:
    | Hartlap, Simon & Schneider (2007), https://arxiv.org/abs/astro-ph/0608064
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, kstest

__all__ = ["Agreement", "Together", "chi_square", "hartlap", "together"]


@dataclass(frozen=True)
class Agreement:
    """Chi-square, its degrees of freedom, and the probability of one as large by chance."""

    chi_square: float
    dof: int
    p_value: float


@dataclass(frozen=True)
class Together:
    r"""Agreement of many independent curves.

    Arguments:
        total: The sum of all chi-squares.
        worst: Smallest p-value of a single curve.
        uniform: p-value of a Kolmogorov-Smirnov test that the single ones are uniform.
        curves: How many there are.
    """

    total: Agreement
    worst: float
    uniform: float
    curves: int


def hartlap(samples: int, bins: int) -> float:
    r"""Factor that makes the inverse of an estimated covariance unbiased.

    :math:`(n - p - 2) / (n - 1)` for :math:`n` samples (regions of a jackknife, draws) and
    :math:`p` bins.
    """
    if samples <= bins + 2:
        raise ValueError(
            f"a covariance of {bins} bins from {samples} samples cannot be inverted: take more "
            f"than {bins + 2} samples, or fewer bins"
        )
    return (samples - bins - 2) / (samples - 1)


def chi_square(
    difference: np.ndarray, covariance: np.ndarray, samples: int | None = None
) -> Agreement:
    r"""Chi-square of a difference.

    Arguments:
        difference: Measured minus expected, shape :math:`(B,)`; bins that are not finite, or
            without any variance, are left out.
        covariance: Of the difference, shape :math:`(B, B)`.
        samples: From how many samples the covariance was estimated (Hartlap's factor is then
            applied); None where it is exact.

    Example:
        >>> import numpy as np
        >>> chi_square(np.array([1.0, 1.0]), np.eye(2)).p_value.__round__(4)
        0.3679
    """
    difference, covariance = np.asarray(difference, float), np.asarray(covariance, float)
    keep = np.isfinite(difference) & np.isfinite(np.diag(covariance)) & (np.diag(covariance) > 0)
    dof = int(keep.sum())
    if dof == 0:
        return Agreement(0.0, 0, 1.0)
    part = difference[keep]
    matrix = covariance[np.ix_(keep, keep)]
    # correlations are inverted, not covariances: errors of bins differ by orders of magnitude
    scale = np.sqrt(np.diag(matrix))
    inverse = np.linalg.pinv(matrix / np.outer(scale, scale), rcond=1e-10, hermitian=True)
    found = float((part / scale) @ inverse @ (part / scale))
    if samples is not None:
        found *= hartlap(samples, dof)
    return Agreement(found, dof, float(chi2.sf(found, dof)))


def together(agreements: Sequence[Agreement]) -> Together:
    """Judge independent curves as one."""
    if not agreements:
        raise ValueError("there is no curve to judge: give one agreement or more")
    total = float(sum(a.chi_square for a in agreements))
    dof = int(sum(a.dof for a in agreements))
    values = [a.p_value for a in agreements]
    summed = Agreement(total, dof, float(chi2.sf(total, dof)))
    return Together(
        summed, float(min(values)), float(kstest(values, "uniform").pvalue), len(values)
    )
