r"""Simulation-based calibration: where the truth ranks among the draws, cell by cell.

For an exact posterior the rank of the true value among the draws is uniform, over all stars or
over any part of them **that is selected by the data alone**.

Warning:
    Never select a cell by the true value. Among stars whose *true* age is low, an exact posterior
    lies above the truth more often than not (the prior pulls towards the mean), so its ranks are
    not uniform and a right model would look wrong. `data_regimes` sorts stars into regimes by
    draws of their posterior, which are a function of the data; and those draws must not be used
    for the ranks again, so that truth and draws stay exchangeable within a regime.

References:
    | Simulation-based calibration (Talts et al. 2018), https://arxiv.org/abs/1804.06788
    | SBC and data-dependent cells (Modrak et al. 2023), https://arxiv.org/abs/2211.02383
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from scipy.stats import chi2, kstwo

__all__ = [
    "Cell",
    "calibrate",
    "coverage",
    "coverage_curve",
    "data_regimes",
    "ks_test",
    "rank_correlation",
    "ranks",
]


_BLOCK = 512  # stars whose ranks are counted at once


@dataclass(frozen=True)
class Cell:
    r"""Calibration of one parameter over one group of stars.

    Arguments:
        parameter: Name of the parameter.
        group: Label of the group by kind, as `{"pattern": "no WISE", "regime": "10-60 Myr"}`.
        count: Stars in the cell.
        ks_p: p-value of the Kolmogorov-Smirnov test of uniform ranks.
        chi2_p: p-value of the chi-square test over 20 equal bins.
        coverage: Part of the stars whose truth lies in the central 90 % interval.
        coverage_error: Its binomial standard error, were the interval right.
    """

    parameter: str
    group: dict[str, str]
    count: int
    ks_p: float
    chi2_p: float
    coverage: float
    coverage_error: float


def ranks(
    truths: np.ndarray, draws: np.ndarray, weights: np.ndarray | None = None, seed: int = 0
) -> np.ndarray:
    r"""Rank of each truth among its draws, made continuous: uniform if the posterior is right.

    .. math:: u = \frac{\sum_{l:\,\theta_l < \theta} w_l + r\,(w_0 + \sum_{l:\,\theta_l = \theta}
              w_l)}{w_0 + \sum_l w_l}, \quad r \sim U(0, 1), \quad w_0 = \bar w

    The truth counts as one more draw of mean weight and ties are broken at random, so that for
    equal weights :math:`u` is exactly uniform, whatever the number of draws.

    Arguments:
        truths: True values, shape :math:`(N, d)`.
        draws: Posterior draws, shape :math:`(N, L, d)`.
        weights: Weights of the draws, shape :math:`(N, L)`; equal by default.
        seed: Seed of the tie-breaking.

    Returns:
        Ranks in 0 to 1, shape :math:`(N, d)`.
    """
    truths, draws = np.asarray(truths), np.asarray(draws)
    if draws.ndim != 3 or truths.shape != (draws.shape[0], draws.shape[2]):
        raise ValueError(
            f"truths of shape {truths.shape} do not fit draws of shape {draws.shape}; "
            "give (N, d) and (N, L, d)"
        )
    broken = int((~np.isfinite(truths)).sum() + (~np.isfinite(draws)).sum())
    if broken:
        raise ValueError(f"{broken} truths or draws are not finite; leave those stars out first")
    # a stream of its own: a room may have drawn its truths from the same seed
    part = np.random.default_rng([seed, 0x5BC]).random(truths.shape)
    u = np.empty(truths.shape)
    for start in range(0, len(u), _BLOCK):  # comparisons of all stars at once would fill memory
        rows = slice(start, start + _BLOCK)
        w = np.ones(draws[rows].shape[:2]) if weights is None else np.asarray(weights[rows], float)
        below = _weigh(draws[rows] < truths[rows, None], w)
        tied = _weigh(draws[rows] == truths[rows, None], w)
        own = w.mean(1, keepdims=True)
        u[rows] = (below + part[rows] * (tied + own)) / (w.sum(1, keepdims=True) + own)
    return np.clip(u, 1e-12, 1 - 1e-12)


def _weigh(chosen: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sum of the weights of the chosen draws, shape (N, d)."""
    return np.einsum("nld,nl->nd", chosen, weights)


def ks_test(u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Kolmogorov-Smirnov distance from the uniform distribution and its p-value, by column.

    Arguments:
        u: Numbers in 0 to 1, shape :math:`(N,)` or :math:`(N, d)`.

    Returns:
        Distances and p-values, each a scalar array or :math:`(d,)`.
    """
    u = np.sort(np.asarray(u, dtype=float), axis=0)
    n = len(u)
    steps = np.arange(n + 1).reshape(-1, *(1,) * (u.ndim - 1)) / n
    distance = np.maximum((steps[1:] - u).max(0), (u - steps[:-1]).max(0))
    return distance, np.asarray(kstwo.sf(distance, n))


def _chi2_test(u: np.ndarray, bins: int = 20) -> np.ndarray:
    """p-value of the chi-square test over equal bins, by column; fewer bins for few numbers."""
    bins = max(2, min(bins, len(u) // 10))
    index = np.minimum((u * bins).astype(int), bins - 1)
    counts = np.stack([(index == k).sum(0) for k in range(bins)])
    expected = len(u) / bins
    return np.asarray(chi2.sf(((counts - expected) ** 2 / expected).sum(0), bins - 1))


def coverage(u: np.ndarray, level: float = 0.9) -> tuple[np.ndarray, float]:
    r"""Part of the truths inside the central interval of a level.

    Arguments:
        u: Ranks from `ranks`, shape :math:`(N,)` or :math:`(N, d)`.
        level: Probability of the interval.

    Returns:
        The coverage, a scalar array or :math:`(d,)`, and the binomial standard error
        :math:`\sqrt{\ell (1 - \ell) / N}` that a right posterior has.
    """
    inside = np.abs(np.asarray(u) - 0.5) <= level / 2
    return inside.mean(0), float(np.sqrt(level * (1 - level) / len(inside)))


def coverage_curve(u: np.ndarray, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Coverage at many levels with binomial errors.

    Arguments:
        u: Ranks, shape :math:`(N,)`.
        levels: Levels, shape :math:`(K,)`.

    Returns:
        Coverage and its standard error, each :math:`(K,)`.
    """
    found = [coverage(u, float(level)) for level in levels]
    return np.array([float(c) for c, _ in found]), np.array([e for _, e in found])


def data_regimes(draws: np.ndarray, edges: Sequence[float], labels: Sequence[str]) -> np.ndarray:
    r"""Sort stars into regimes by their posterior means, a function of the data.

    Arguments:
        draws: Draws of one parameter, set aside for this purpose, shape :math:`(N, S)`.
        edges: Increasing borders between the regimes.
        labels: Names of the regimes, one more than `edges`.

    Returns:
        Label of each star, shape :math:`(N,)`.
    """
    if len(labels) != len(edges) + 1:
        raise ValueError(
            f"{len(edges)} edges make {len(edges) + 1} regimes, but {len(labels)} labels came"
        )
    return np.asarray(labels)[np.digitize(np.asarray(draws).mean(1), edges)]


def rank_correlation(u: np.ndarray) -> np.ndarray:
    r"""Correlation of the ranks' normal scores between parameters, shape :math:`(d, d)`."""
    scores = ndtri(np.clip(u, 1e-9, 1 - 1e-9))
    with np.errstate(invalid="ignore"):  # a rank that never varies correlates with nothing
        found = np.atleast_2d(np.corrcoef(scores, rowvar=False))
    found = np.nan_to_num(found)
    np.fill_diagonal(found, 1.0)
    return found


def calibrate(
    u: np.ndarray,
    parameters: Sequence[str],
    groups: Mapping[str, np.ndarray] | None = None,
    smallest: int = 50,
) -> list[Cell]:
    r"""Calibration of every parameter in every cell.

    Arguments:
        u: Ranks, shape :math:`(N, d)`.
        parameters: The :math:`d` names.
        groups: Label of each star by kind of group, each :math:`(N,)`; cells are all
            combinations that occur. None puts all stars into one cell.
        smallest: Cells with fewer stars are left out.

    Returns:
        One `Cell` per parameter and combination.
    """
    u = np.asarray(u, dtype=float)
    if u.ndim != 2 or u.shape[1] != len(parameters):
        raise ValueError(f"ranks of shape {u.shape} do not fit {len(parameters)} parameters")
    found: list[Cell] = []
    for group, rows in _combinations(len(u), groups or {}):
        if len(rows) < smallest:
            continue
        part = u[rows]
        (_, ks_p), chi2_p = ks_test(part), _chi2_test(part)
        inside, error = coverage(part)
        found += [
            Cell(name, group, len(rows), float(ks_p[k]), float(chi2_p[k]), float(inside[k]), error)
            for k, name in enumerate(parameters)
        ]
    return found


def _combinations(
    n: int, groups: Mapping[str, np.ndarray]
) -> list[tuple[dict[str, str], np.ndarray]]:
    """Combinations of labels that occur, each with the rows it holds."""
    parts: list[tuple[dict[str, str], np.ndarray]] = [({}, np.arange(n))]
    for kind, labels in groups.items():
        labels = np.asarray(labels)
        if labels.shape != (n,):
            raise ValueError(f"{kind} has labels of shape {labels.shape} for {n} stars")
        parts = [
            ({**group, kind: str(label)}, rows[labels[rows] == label])
            for group, rows in parts
            for label in np.unique(labels[rows])
        ]
    return parts
