r"""The kernel distance of two samples (MMD), with an exact p-value.

.. math:: \mathrm{MMD}^2 = \overline{k(a, a')} - 2\,\overline{k(a, b)} + \overline{k(b, b')},
    \qquad k(a, b) = \frac{1}{5} \sum_s e^{-d(a, b)^2 / 2 s^2}

over five widths s about the median distance. For pairs, exchanging truth and draw of object i
changes the sign of row and column i of

.. math:: H_{ij} = k(a_i, a_j) - k(a_i, b_j) - k(b_i, a_j) + k(b_i, b_j),

so that the kernel is computed once and every exchange is a product with signs.

References:
    | A kernel two-sample test (Gretton et al. 2012), JMLR 13, 723
"""

from __future__ import annotations

import numpy as np

from astroviz.accuracy.outcome import Outcome
from astroviz.accuracy.pairs import exchange_p, pairs_of, signs
from astroviz.accuracy.trial import Trial

__all__ = ["mmd", "paired_mmd", "run"]

_WIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)
_PERMUTATIONS = 999
_MOST = 1500  # pairs: the kernel has four times the square of them


def _kernel(apart: np.ndarray) -> np.ndarray:
    """Mean of Gaussian kernels about the median distance."""
    square = np.asarray(apart, np.float32) ** 2
    some = square[:: max(1, len(square) // 400)]
    middle = float(np.median(some[some > 0])) if (some > 0).any() else 1.0
    found = np.zeros_like(square)
    for width in _WIDTHS:
        found += np.exp(square * np.float32(-0.5 / (middle * width**2)))
    return found / len(_WIDTHS)


def mmd(
    first: np.ndarray, second: np.ndarray, permutations: int = _PERMUTATIONS, seed: int = 0
) -> tuple[float, np.ndarray]:
    r"""MMD squared of two independent samples, and of exchanges of all labels.

    Arguments:
        first: Shape :math:`(n, d)`, scaled as it shall be compared.
        second: Shape :math:`(m, d)`.
        permutations: Exchanges.
        seed: Their seed.

    Returns:
        The unbiased estimate, which may be below 0, and its values under exchanges, (P,).

    Example:
        >>> random = np.random.default_rng(0)
        >>> value, null = mmd(random.normal(size=(90, 2)), random.normal(size=(90, 2)) + 1, 99)
        >>> exchange_p(value, null)
        0.01
    """
    from scipy.spatial.distance import cdist

    points = np.concatenate([first, second]).astype(float)
    kernel = _kernel(cdist(points, points))
    np.fill_diagonal(kernel, 0)
    n, m = len(first), len(second)
    random = np.random.default_rng([seed, 0x33D])
    label = np.zeros((1 + permutations, n + m), np.float32)
    label[0, :n] = 1
    for row in label[1:]:
        row[random.permutation(n + m)[:n]] = 1
    within = ((label @ kernel) * label).sum(1, dtype=float)
    reach = label @ kernel.sum(1)
    between = reach - within
    rest = kernel.sum(dtype=float) - within - 2 * between
    found = within / (n * (n - 1)) - 2 * between / (n * m) + rest / (m * (m - 1))
    return float(found[0]), found[1:]


def paired_mmd(
    apart: np.ndarray, permutations: int = _PERMUTATIONS, seed: int = 0
) -> tuple[float, np.ndarray, np.ndarray]:
    r"""MMD squared of pairs, of exchanges within them, and the part of each pair in it.

    Arguments:
        apart: Distances, the N firsts then the N seconds of the pairs, :math:`(2N, 2N)`.
        permutations: Exchanges.
        seed: Their seed.

    Returns:
        The unbiased estimate, its values under exchanges (P,), and parts (N,) whose mean it is.
    """
    half = len(apart) // 2
    kernel = _kernel(apart)
    each = (kernel[:half, :half] - kernel[:half, half:]
            - kernel[half:, :half] + kernel[half:, half:])  # fmt: skip
    np.fill_diagonal(each, 0)
    sign = signs(half, permutations, seed).astype(np.float32)
    scale = half * (half - 1)
    null = ((sign @ each) * sign).sum(1, dtype=float) / scale
    parts = each.sum(1, dtype=float) / (half - 1)
    return float(each.sum(dtype=float) / scale), null, parts


def run(trial: Trial, seed: int = 0) -> Outcome:
    r"""The check `mmd`: curves `null` (P,), in units of the scatter of exchanges."""
    pairs = pairs_of(trial, seed, _MOST)
    value, null, parts = paired_mmd(pairs.apart(), _PERMUTATIONS, seed)
    p_value = exchange_p(value, null)
    scatter = max(float(null.std()), 1e-30)
    objects = np.full(trial.count, np.nan)
    objects[pairs.rows] = parts / scatter
    beside = " with their data beside" if pairs.data.shape[1] else ""
    return Outcome(
        "mmd", value / scatter, 0.0, 1.0, p_value, curves={"null": null / scatter},
        objects=objects,
        sentence=f"The kernel distance of truths and draws{beside} is {value / scatter:+.1f} "
        f"times what exchanges of truth and draw scatter by (p = {p_value:.2g}).",
    )  # fmt: skip
