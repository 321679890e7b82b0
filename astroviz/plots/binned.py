r"""Many draws on a grid, placed once and counted again and again: what a drag can afford.

The cell of each draw is found once for each column. After that any weighting of the draws (a slice
of redshift, a selection, a subset) is one pass of counting for each pair, about half a millisecond
for a hundred thousand draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["Binned", "BinnedMarks", "Layer", "binned_marks", "steady_ends"]

CELLS = 64
_POINTS = 500  # of a subset, drawn one by one


@dataclass(frozen=True, eq=False)
class Layer:
    r"""A subset of the draws as it is drawn.

    Arguments:
        name: What it is called.
        points: Some of its draws, shape :math:`(p, d)`.
        heights: Its histograms, as heights of the columns relative to the peak, shape
            :math:`(d, cells)`.
        share: Part of all draws (by weight) that it holds.
    """

    name: str
    points: np.ndarray
    heights: np.ndarray
    share: float


@dataclass(frozen=True, eq=False)
class BinnedMarks:
    r"""All that a matrix of densities shows.

    Arguments:
        counts: Weight in the cells of each pair of columns, shape (cells, cells), y first.
        heights: Histograms relative to their peaks, shape :math:`(d, cells)`.
        layers: Subsets.
        number: Draws with a weight.
        other: Histograms of other draws of equal area, relative to the same peaks; None without.
        truth: The same of what was put into a mock.
    """

    counts: Mapping[tuple[int, int], np.ndarray]
    heights: np.ndarray
    layers: tuple[Layer, ...]
    number: int
    other: np.ndarray | None = None
    truth: np.ndarray | None = None


def steady_ends(values: np.ndarray, tail: float = 0.15) -> tuple[float, float]:
    r"""Ends of an axis that hold nearly all values and do not hang on single ones.

    Arguments:
        values: Shape :math:`(n,)`; what is not finite is left out.
        tail: Per cent of the values beyond each end.
    """
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    if not len(known):
        return 0.0, 1.0
    low, high = (float(end) for end in np.percentile(known, (tail, 100.0 - tail)))
    margin = 0.04 * (high - low) or 0.5 * max(abs(low), 1e-3)
    return low - margin, high + margin


class Binned:
    r"""Draws whose cells are known.

    Arguments:
        values: Draws, shape :math:`(n, d)`.
        ends: Lower and upper end of the grid of each column; what lies beyond is not counted.
        cells: Number of cells of a column.

    Example:
        >>> binned = Binned(np.array([[0.1, 0.9], [0.2, 0.8], [5.0, 0.5]]), [(0, 1), (0, 1)], 2)
        >>> binned.pair(0, 1).tolist()
        [[0.0, 0.0], [2.0, 0.0]]
    """

    def __init__(
        self, values: np.ndarray, ends: Sequence[tuple[float, float]], cells: int = CELLS
    ) -> None:
        self.values = np.asarray(values, dtype=np.float32)
        if self.values.ndim != 2 or self.values.shape[1] != len(ends):
            raise ValueError(
                f"draws of shape {self.values.shape} do not fit {len(ends)} pairs of ends: "
                "give one pair for each column"
            )
        self.ends = tuple((float(low), float(high)) for low, high in ends)
        self.size = cells
        self._cells = [self._place(k) for k in range(len(ends))]

    def __len__(self) -> int:
        return len(self.values)

    def edges(self, column: int) -> np.ndarray:
        """Edges of the cells of a column, shape (cells + 1,)."""
        return np.linspace(*self.ends[column], self.size + 1)

    def pair(self, x: int, y: int, weights: np.ndarray | None = None) -> np.ndarray:
        r"""Weight in each cell of two columns.

        Arguments:
            x: Column across.
            y: Column upwards.
            weights: Of each draw, shape :math:`(n,)`; 1 by default.

        Returns:
            Shape (cells, cells), y first, float64.
        """
        size = self.size + 1  # the last cell of each column takes what lies beyond
        index = self._cells[y].astype(np.int32) * size + self._cells[x]
        counts = np.bincount(index, weights, minlength=size * size).astype(float)
        return counts.reshape(size, size)[:-1, :-1]

    def one(self, column: int, weights: np.ndarray | None = None) -> np.ndarray:
        """Weight in each cell of a column, shape (cells,)."""
        counts = np.bincount(self._cells[column], weights, minlength=self.size + 1)
        return counts.astype(float)[:-1]

    def _place(self, column: int) -> np.ndarray:
        low, high = self.ends[column]
        part = (self.values[:, column] - low) / ((high - low) or 1.0)
        inside = (part >= 0) & (part < 1)  # not for what is not finite
        cells = np.where(inside, part, 0.0) * self.size
        return np.where(inside, np.minimum(cells, self.size - 1), self.size).astype(np.int16)


def binned_marks(
    binned: Binned,
    weights: np.ndarray | None = None,
    subsets: Mapping[str, np.ndarray] | None = None,
    other: tuple[np.ndarray, np.ndarray] | None = None,
    truth: tuple[np.ndarray, np.ndarray] | None = None,
) -> BinnedMarks:
    r"""Count what a matrix shows.

    Arguments:
        binned: The draws.
        weights: Of each draw, shape :math:`(n,)`; 1 by default.
        subsets: Name to a mask of the draws, shape :math:`(n,)`.
        other: Draws to compare the histograms with, shape :math:`(m, d)`, and their weights.
        truth: Likewise.
    """
    weights = np.ones(len(binned)) if weights is None else np.asarray(weights, dtype=float)
    wide = len(binned.ends)
    counts = {
        (i, j): binned.pair(i, j, weights) for j in range(wide) for i in range(j)
    }  # fmt: skip
    heights = np.stack([binned.one(k, weights) for k in range(wide)])
    peaks = np.maximum(heights.max(axis=1, keepdims=True), 1e-300)
    layers = tuple(
        _layer(binned, name, weights * mask, peaks) for name, mask in (subsets or {}).items()
    )
    area = heights.sum(1)[:, None] / peaks
    sides = [None if one is None else _beside(binned, *one) * area for one in (other, truth)]
    return BinnedMarks(counts, heights / peaks, layers, int(np.count_nonzero(weights)), *sides)


def _beside(binned: Binned, values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Histograms of other draws on the same grid, of sum 1 each."""
    placed = Binned(values, binned.ends, binned.size)
    heights = np.stack([placed.one(k, weights) for k in range(len(binned.ends))])
    return np.asarray(heights / max(float(np.sum(weights)), 1e-300))


def _layer(binned: Binned, name: str, weights: np.ndarray, peaks: np.ndarray) -> Layer:
    heights = np.stack([binned.one(k, weights) for k in range(len(binned.ends))])
    own = np.maximum(heights.max(axis=1, keepdims=True), 1e-300)
    # A subset is as high as it is part of all, but never so low that its shape is lost.
    lift = np.maximum(own / peaks, 0.25)
    there = np.flatnonzero(weights > 0)
    comb = there[np.linspace(0, len(there) - 1, min(_POINTS, len(there))).astype(np.intp)]
    total = float(weights.sum())
    return Layer(name, binned.values[comb], heights / own * lift, total)
