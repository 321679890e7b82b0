r"""The sliced Wasserstein distance of two samples, with an exact p-value.

Points are projected on random lines; on each, the distance that mass must be carried is the area
between two distribution functions,

.. math:: W_1 = \int |F_a(z) - F_b(z)|\, dz,

and the mean over lines is the sliced distance. Sorting does not look at labels, so each line is
sorted once and all exchanges of labels are sums over it.

References:
    | Sliced and Radon Wasserstein barycenters (Bonneel et al. 2015)
"""

from __future__ import annotations

import numpy as np

from astroviz.accuracy.outcome import Outcome
from astroviz.accuracy.pairs import exchange_p, pairs_of, signs
from astroviz.accuracy.trial import Trial

__all__ = ["run", "sliced_wasserstein"]

_PERMUTATIONS = 499
_SLICES = 64
_MOST = 2000


def sliced_wasserstein(
    first: np.ndarray,
    second: np.ndarray,
    slices: int = _SLICES,
    permutations: int = 0,
    seed: int = 0,
    paired: bool = False,
) -> tuple[float, np.ndarray]:
    r"""Sliced :math:`W_1`, in the unit of the points, and of exchanges of labels.

    Arguments:
        first: Shape :math:`(n, d)`.
        second: Shape :math:`(m, d)`.
        slices: Random lines.
        permutations: Exchanges.
        seed: Seed of lines and exchanges.
        paired: Whether points k of both samples belong together: exchange only these two.

    Returns:
        The distance, and its values under exchanges, (P,).

    Example:
        >>> points = np.random.default_rng(0).normal(size=(200, 1))
        >>> round(sliced_wasserstein(points, points + 0.3)[0], 6)
        0.3
    """
    random = np.random.default_rng([seed, 0x5A5])
    line = random.standard_normal((first.shape[1], slices))
    line /= np.sqrt((line**2).sum(0))
    seen = np.concatenate([first @ line, second @ line])  # (n + m, S)
    weight = _weights(len(first), len(second), permutations, seed, paired)
    found = np.zeros(1 + permutations)
    for z in seen.T:
        order = np.argsort(z, kind="stable")
        gaps = np.diff(z[order]).astype(np.float32)
        apart = weight[:, order].cumsum(1)[:, :-1]
        found += np.abs(apart, out=apart) @ gaps
    found /= slices
    return float(found[0]), found[1:]


def _weights(n: int, m: int, permutations: int, seed: int, paired: bool) -> np.ndarray:
    """Each point's step in the difference of distribution functions, as it is and exchanged."""
    label = np.empty((1 + permutations, n + m), np.float32)
    label[0] = np.repeat([1 / n, -1 / m], [n, m])
    if paired:
        sign = signs(n, permutations, seed) / n
        label[1:, :n], label[1:, n:] = sign, -sign
        return label
    random = np.random.default_rng([seed, 0x3E1])
    for row in label[1:]:
        row[:] = label[0][random.permutation(n + m)]
    return label


def run(trial: Trial, seed: int = 0) -> Outcome:
    r"""The check `sliced`: curves `null` (P,), the distance under exchanges."""
    pairs = pairs_of(trial, seed, _MOST)
    first, second = pairs.table()
    value, null = sliced_wasserstein(first, second, _SLICES, _PERMUTATIONS, seed, paired=True)
    p_value = exchange_p(value, null)
    beside = " with their data beside" if pairs.data.shape[1] else ""
    return Outcome(
        "sliced", value, float(null.mean()), float(null.std()), p_value, curves={"null": null},
        sentence=f"The sliced Wasserstein distance of truths and draws{beside} is {value:.4f} of "
        f"their scatter; exchanges of truth and draw give {null.mean():.4f} \u00b1 "
        f"{null.std():.4f} (p = {p_value:.2g}).",
    )  # fmt: skip
