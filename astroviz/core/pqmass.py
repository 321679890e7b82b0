r"""Are two samples draws of one law? PQMass: counts in the Voronoi cells of a few of their points.

Reference points are picked from both samples together, every other point belongs to the nearest of
them, and the counts of the two samples in the cells make a :math:`2 \times K` table whose
:math:`\chi^2` has :math:`K - 1` degrees of freedom if both follow one law:

.. math:: \chi^2 = \sum_k \frac{(a_k - n_k A/N)^2}{n_k (A/N)(B/N)},
    \qquad n_k = a_k + b_k,\; A = \sum a_k,\; B = \sum b_k,\; N = A + B.

The picking is repeated; the distances are computed once. References are picked without looking at
which sample a point is of, so exchanging labels leaves the cells as they are: the permutation test
of the mean :math:`\chi^2` over all tessellations, which are not independent of each other, is a
matter of counting again, and exact. Where points come in pairs, as a truth and a draw that belong
to the same data, labels are exchanged within pairs, which is exact again; their :math:`\chi^2` is
smaller than its law says, because a pair tends to share its cell.

References:
    | Lemos, Sharief, Malkin, Salhi, Stone, Perreault-Levasseur & Hezaveh (2024),
      https://arxiv.org/abs/2402.04355
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from scipy.stats import chi2

__all__ = ["PQMass", "pqmass"]

_BLOCK = 4_000_000  # entries of the matrix of distances that are looked at in one go


@dataclass(frozen=True)
class PQMass:
    r"""What the tessellations said.

    Arguments:
        chi_square: One value for each tessellation, brought to `dof` degrees of freedom where
            cells were empty, (R,).
        p_values: Probability of a larger one if both samples follow one law, (R,).
        dof: Degrees of freedom: references less one.
        permuted: Mean of `chi_square` for each exchange of labels, (P,); empty if none was made.
    """

    chi_square: np.ndarray
    p_values: np.ndarray
    dof: int
    permuted: np.ndarray

    @property
    def reduced(self) -> float:
        """Mean chi^2 over degrees of freedom; 1 for two samples of one law."""
        return float(self.chi_square.mean() / self.dof)

    @property
    def error(self) -> float:
        r"""Standard error of `reduced` as if one tessellation told all: an upper bound."""
        return float(np.sqrt(2.0 / self.dof))

    @property
    def p_value(self) -> float:
        r"""Of the permutation test, :math:`(1 + \#\{\ge\}) / (1 + P)`.

        NaN without permutations: the tessellations share their points, and no law of their mean
        is known.
        """
        if not len(self.permuted):
            return float("nan")
        # exchanges that give the same counts differ by rounding
        above = self.permuted >= self.chi_square.mean() * (1 - 1e-9)
        return float((1 + above.sum()) / (1 + len(self.permuted)))


def pqmass(
    first: Any,
    second: Any,
    references: int = 100,
    tessellations: int = 50,
    permutations: int = 0,
    seed: int = 0,
    standardise: bool = False,
    paired: bool = False,
    apart: np.ndarray | None = None,
) -> PQMass:
    r"""Compare two samples.

    Arguments:
        first: Points of one sample, (n, ...); what follows the first axis is flattened.
        second: Points of the other, (m, ...), of the same shape otherwise.
        references: Cells of a tessellation; every other point is counted.
        tessellations: How often references are picked anew.
        permutations: Exchanges of labels for `p_value`; 0 for none. The smallest p that P of them
            can give is 1 / (P + 1).
        seed: Seed of references and exchanges.
        standardise: Bring every coordinate to mean 0 and standard deviation 1 first.
        paired: Point k of one sample belongs to point k of the other: exchange only these two.
        apart: Distances of all points, both samples one after the other, (n + m, n + m), where
            they are not the straight ones; the points themselves are then only counted.

    Returns:
        The statistic of each tessellation.

    Example:
        >>> random = np.random.default_rng(0)
        >>> same = pqmass(random.normal(size=(300, 2)), random.normal(size=(300, 2)), 20)
        >>> bool(0.5 < same.reduced < 1.5)
        True
    """
    points, size = _together(first, second, references, standardise)
    random = np.random.default_rng(seed)
    picked = np.stack([random.permutation(len(points))[:references] for _ in range(tessellations)])
    cells = _cells(points, picked, apart)
    labels = _labels(size, len(points), permutations, paired, random)
    chi_square = np.empty((1 + permutations, tessellations))
    p_values = np.empty(tessellations)
    for k, cell in enumerate(cells):
        chi_square[:, k], found = _chi_squares(labels, cell, references)
        p_values[k] = found[0]
    return PQMass(chi_square[0], p_values, references - 1, chi_square[1:].mean(-1))


def _labels(
    size: int, count: int, permutations: int, paired: bool, random: np.random.Generator
) -> np.ndarray:
    """1 for the first sample, 0 for the second; as it is, then exchanged, (1 + P, N)."""
    labels = np.zeros((1 + permutations, count), np.float32)
    labels[0, :size] = 1
    if paired:
        if 2 * size != count:
            raise ValueError(f"{size} and {count - size} points make no pairs: give as many each")
        labels[1:, :size] = random.integers(2, size=(permutations, size))
        labels[1:, size:] = 1 - labels[1:, :size]
        return labels
    for row in labels[1:]:
        row[random.permutation(count)[:size]] = 1
    return labels


def _together(
    first: Any, second: Any, references: int, standardise: bool
) -> tuple[np.ndarray, int]:
    """Both samples as one matrix about its mean, and the size of the first."""
    samples = [np.asarray(sample, np.float64) for sample in (first, second)]
    samples = [sample.reshape(len(sample), -1) for sample in samples]
    if samples[0].shape[1] != samples[1].shape[1]:
        raise ValueError(
            f"points of {samples[0].shape[1]} and of {samples[1].shape[1]} coordinates cannot be "
            "compared: give both samples the same shape after the first axis"
        )
    points = np.concatenate(samples)
    if not np.isfinite(points).all():
        raise ValueError("samples hold values that are not finite: leave those points out")
    if references < 2 or len(points) < 2 * references or min(map(len, samples)) < 2:
        raise ValueError(
            f"{len(samples[0])} and {len(samples[1])} points cannot be counted in {references} "
            f"cells: ask for 2 to {len(points) // 2} references"
        )
    points -= points.mean(0)
    if standardise:
        spread = points.std(0)
        points /= np.where(spread > 0, spread, 1.0)
    return points, len(samples[0])


def _cells(points: np.ndarray, picked: np.ndarray, apart: np.ndarray | None = None) -> np.ndarray:
    r"""The cell of each point in each tessellation; -1 for the references themselves.

    Arguments:
        points: All points, (N, d).
        picked: Rows of the references, (R, K).
        apart: Distances of all points, (N, N); the straight ones by default.
    """
    if apart is not None:
        cells = np.stack([apart[rows].argmin(0) for rows in picked])
        np.put_along_axis(cells, picked, -1, 1)
        return cells
    wanted, place = np.unique(picked, return_inverse=True)
    place = place.reshape(picked.shape)
    single = points.astype(np.float32)
    half = 0.5 * np.einsum("nd,nd->n", points, points)[wanted].astype(np.float32)
    cells = np.empty((len(picked), len(points)), np.int64)
    step = max(1, _BLOCK // len(wanted))
    for start in range(0, len(points), step):
        part = slice(start, start + step)
        # half the squared distance up to what is the same for all references of a point
        distance = half[:, None] - single[wanted] @ single[part].T
        for k, rows in enumerate(place):
            cells[k, part] = distance[rows].argmin(0)
    np.put_along_axis(cells, picked, -1, 1)
    return cells


def _chi_squares(
    labels: np.ndarray, cell: np.ndarray, references: int
) -> tuple[np.ndarray, np.ndarray]:
    r"""Chi^2 and p of one tessellation for each labelling, (L,) each."""
    counted = np.flatnonzero(cell >= 0)
    inside = csr_matrix(
        (np.ones(len(counted), np.float32), (counted, cell[counted])),
        shape=(len(cell), references),
    )
    every = np.asarray(inside.sum(0), np.float64).ravel()
    filled = every > 0
    if filled.sum() < 2:
        raise ValueError("all points lie in one cell: samples of equal points cannot be compared")
    every = every[filled]
    ones = np.asarray(inside.T @ labels.T, np.float64).T[:, filled]  # (L, K)
    share = ones.sum(1, keepdims=True) / every.sum()
    found = ((ones - every * share) ** 2 / (every * share * (1 - share))).sum(1)
    dof, wanted = int(filled.sum()) - 1, references - 1
    p_values = chi2.sf(found, dof)
    if dof == wanted:
        return found, p_values
    # as probable with all cells filled; where the probability cannot be written, in proportion
    return np.where(p_values > 1e-290, chi2.isf(p_values, wanted), found * wanted / dof), p_values
