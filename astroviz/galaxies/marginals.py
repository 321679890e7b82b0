r"""How far two weighted samples of one quantity are from each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["ks", "quantiles", "transport_distance"]


def ks(
    a: ArrayLike, b: ArrayLike, weights: ArrayLike | None = None, other: ArrayLike | None = None
) -> float:
    r"""Largest difference of two cumulative distributions.

    Arguments:
        a: Sample, shape :math:`(n,)`; what is not finite is left out.
        b: Sample, shape :math:`(m,)`.
        weights: Of `a`; equal by default.
        other: Of `b`; equal by default.

    Example:
        >>> ks([0.0, 1.0], [0.0, 1.0, 2.0, 3.0])
        0.5
    """
    values, gap, _ = _difference(a, b, weights, other)
    # ties: only the last of equal values has the whole step
    last = np.append(np.diff(values) > 0, True)
    return float(np.abs(gap[last]).max())


def transport_distance(
    a: ArrayLike, b: ArrayLike, weights: ArrayLike | None = None, other: ArrayLike | None = None
) -> float:
    r"""Wasserstein distance of order one, :math:`\int |F_a - F_b|`, in the unit of the samples.

    Arguments:
        a: Sample, shape :math:`(n,)`.
        b: Sample, shape :math:`(m,)`.
        weights: Of `a`; equal by default.
        other: Of `b`; equal by default.
    """
    values, gap, _ = _difference(a, b, weights, other)
    return float((np.abs(gap[:-1]) * np.diff(values)).sum())


def quantiles(
    values: ArrayLike, levels: ArrayLike, weights: ArrayLike | None = None
) -> np.ndarray:
    r"""Quantiles of a weighted sample.

    Arguments:
        values: Shape :math:`(n,)`.
        levels: 0 to 1, shape :math:`(q,)`.
        weights: Equal by default.
    """
    sample, shares = _clean(values, weights)
    order = np.argsort(sample)
    steps = np.cumsum(shares[order])
    return np.asarray(
        np.interp(np.asarray(levels, dtype=float), steps - 0.5 * shares[order], sample[order])
    )


def _difference(
    a: ArrayLike, b: ArrayLike, weights: ArrayLike | None, other: ArrayLike | None
) -> tuple[np.ndarray, np.ndarray, int]:
    """Merged values and the difference of both cumulative distributions behind each."""
    one, mine = _clean(a, weights)
    two, theirs = _clean(b, other)
    merged = np.concatenate([one, two])
    order = np.argsort(merged, kind="stable")
    return merged[order], np.cumsum(np.concatenate([mine, -theirs])[order]), len(one)


def _clean(values: ArrayLike, weights: ArrayLike | None) -> tuple[np.ndarray, np.ndarray]:
    sample = np.asarray(values, dtype=float).ravel()
    given = np.ones(len(sample)) if weights is None else np.asarray(weights, dtype=float).ravel()
    good = np.isfinite(sample) & np.isfinite(given)
    total = given[good].sum()
    if not good.any() or total <= 0:
        raise ValueError("a sample without finite values and positive weights has no distribution")
    return sample[good], given[good] / total
