r"""From weighted draws to what a corner plot draws: quantiles, smooth marginals, regions.

Draws are counted on a regular grid and smoothed with a Gaussian kernel, mirrored at hard bounds so
that density does not leak through them. A region of highest density is bounded by the level above
which the stated part of the *draws* lies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from contourpy import FillType, contour_generator

from astroviz.plots.columns import as_column

__all__ = [  # noqa: RUF022 (plain order, constants not first)
    "Axis",
    "Joint",
    "MASSES",
    "Marginal",
    "joint",
    "marginal",
    "thin",
    "weighted_quantiles",
]

MASSES = (0.393, 0.865)  # what one and two standard deviations hold in two dimensions
_QUARTER = 0.637  # length of the shortest quarter of a normal distribution, in its sigma
_FINE, _COARSE = 96, 48  # cells per axis of marginals and of joint densities


@dataclass(frozen=True)
class Axis:
    r"""A parameter as an axis needs it; parameters of models have the same attributes.

    Arguments:
        name: Name in draws and tables.
        label: Name on the axis.
        unit: Unit as astropy writes it; empty where there is none.
        lower: Smallest possible value.
        upper: Largest possible value.
    """

    name: str
    label: str
    unit: str = ""
    lower: float = -np.inf
    upper: float = np.inf


@dataclass(frozen=True)
class Marginal:
    r"""Draws of one parameter on a grid.

    Arguments:
        values: The finite draws, shape :math:`(n,)`.
        weights: Of each, summing to 1, shape :math:`(n,)`.
        finite: Which of the draws given these are, bool.
        edges: Lower end and cell width of the grid.
        bounds: Hard bounds of the parameter.
        width: Standard deviation of the kernel, in the parameter's unit.
        quantiles: 16, 50 and 84 % quantiles.
    """

    values: np.ndarray
    weights: np.ndarray
    finite: np.ndarray
    edges: tuple[float, float]
    bounds: tuple[float, float]
    width: float
    quantiles: tuple[float, float, float]

    @property
    def grid(self) -> np.ndarray:
        """Centres of the cells, shape (96,)."""
        start, step = self.edges
        return start + step * (np.arange(_FINE) + 0.5)

    @cached_property
    def cells(self) -> np.ndarray:
        """Cell of each draw, int; -1 outside the grid."""
        start, step = self.edges
        index = np.floor((self.values - start) / step).astype(np.intp)
        index[(index < 0) | (index >= _FINE)] = -1
        return index

    @cached_property
    def density(self) -> np.ndarray:
        """Smooth probability density per unit of the parameter, shape (96,)."""
        inside = self.cells >= 0
        counts = np.bincount(self.cells[inside], self.weights[inside], minlength=_FINE)
        return self.kernel(_FINE, self.width) @ counts / self.edges[1]

    def kernel(self, size: int, width: float) -> np.ndarray:
        """Smoothing matrix that keeps mass, mirrored where the grid ends at a bound."""
        start, step = self.edges
        step = step * _FINE / size
        place = np.arange(size) + 0.5
        scale = max(width / step, 0.5)
        matrix = _bell(place[:, None] - place, scale)
        if start <= self.bounds[0]:
            matrix += _bell(place[:, None] + place, scale)
        if start + size * step >= self.bounds[1]:
            matrix += _bell(place[:, None] + place - 2 * size, scale)
        normalised: np.ndarray = matrix / matrix.sum(0)
        return normalised


@dataclass(frozen=True)
class Joint:
    r"""Density of two parameters and its highest-density regions.

    Arguments:
        x: Centres of the cells, shape :math:`(48,)`.
        y: Likewise, shape :math:`(48,)`.
        density: Mass per cell, shape :math:`(48, 48)`, y first.
        levels: Density that bounds each of the regions of `masses`.
        masses: Part of the draws that each region holds.
    """

    x: np.ndarray
    y: np.ndarray
    density: np.ndarray
    levels: tuple[float, ...]
    masses: tuple[float, ...] = MASSES

    def outside(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Which points lie outside the widest region, bool; by the cell that holds each."""
        cells = []
        for place, grid in ((x, self.x), (y, self.y)):
            index = np.rint((np.asarray(place, dtype=float) - grid[0]) / (grid[1] - grid[0]))
            cells.append(np.where(np.isfinite(index), index, -1).astype(np.intp))
        held = (cells[0] >= 0) & (cells[0] < len(self.x))
        held &= (cells[1] >= 0) & (cells[1] < len(self.y))
        kx, ky = (np.where(held, cell, 0) for cell in cells)
        return ~held | (self.density[ky, kx] < min(self.levels))

    def polygons(self) -> tuple[list[Any], list[Any]]:
        """Rings of the regions as Bokeh's `MultiPolygons` takes them, widest region first."""
        xs: list[Any] = []
        ys: list[Any] = []
        generator = contour_generator(
            self.x, self.y, self.density, name="serial", fill_type=FillType.OuterOffset
        )
        top = 2 * float(self.density.max()) + 1
        for level in sorted(self.levels):
            found: Any = generator.filled(level, top)
            points, offsets = found
            rings = [
                np.split(part, cut[1:-1].astype(int))
                for part, cut in zip(points, offsets, strict=True)
            ]
            xs.append([[as_column(ring[:, 0]) for ring in polygon] for polygon in rings])
            ys.append([[as_column(ring[:, 1]) for ring in polygon] for polygon in rings])
        return xs, ys


def weighted_quantiles(
    values: np.ndarray, weights: np.ndarray, levels: Sequence[float]
) -> np.ndarray:
    r"""Quantiles of weighted values.

    Arguments:
        values: Finite, shape :math:`(n,)`.
        weights: Non-negative, shape :math:`(n,)`.
        levels: Parts of the mass, shape :math:`(k,)`.

    Returns:
        Quantiles, shape :math:`(k,)`; NaN where there is no mass.
    """
    total = weights.sum()
    if len(values) == 0 or not total > 0:
        return np.full(len(levels), np.nan)
    order = np.argsort(values)
    below = np.cumsum(weights[order])
    middle = (below - 0.5 * weights[order]) / total
    return np.interp(levels, middle, values[order])


def marginal(
    values: np.ndarray,
    weights: np.ndarray | None = None,
    bounds: tuple[float, float] = (-np.inf, np.inf),
) -> Marginal:
    r"""Put the draws of one parameter on a grid that just holds them.

    Arguments:
        values: Draws, shape :math:`(n,)`; those that are not finite are left out.
        weights: Of each draw, shape :math:`(n,)`; equal by default.
        bounds: Hard bounds of the parameter.
    """
    values = np.asarray(values, dtype=float)
    weights = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=float)
    finite = np.isfinite(values) & (weights > 0)
    values, weights = values[finite], weights[finite]
    weights = weights / max(weights.sum(), 1e-300)
    levels = (0.0005, 0.16, 0.5, 0.84, 0.9995, *np.linspace(0, 1, 21))
    low, q16, q50, q84, high, *steps = weighted_quantiles(values, weights, levels)
    if not np.isfinite(q50):
        empty = (0.0, 1.0 / _FINE)
        return Marginal(values, weights, finite, empty, bounds, 1.0, (q16, q50, q84))
    effective = 1.0 / float((weights**2).sum())
    spread = float(np.sqrt(np.maximum(weights @ (values - weights @ values) ** 2, 0)))
    # Of two clumps far apart, each has its own width: the shortest quarter of the draws knows it.
    quarter = float(np.min(np.subtract(steps[5:], steps[:-5]))) / _QUARTER
    spread = max(min(spread, quarter or spread), abs(q50) * 1e-6, 1e-9)
    width = 0.9 * spread * effective**-0.2
    start = max(low - 3 * width, bounds[0])
    end = min(high + 3 * width, bounds[1])
    if not end > start:  # all draws sit on one bound
        start, end = start - 3 * width, end + 3 * width
    edges = (start, (end - start) / _FINE * (1 + 1e-9))
    return Marginal(values, weights, finite, edges, bounds, width, (q16, q50, q84))


def joint(x: Marginal, y: Marginal, weights: np.ndarray | None = None) -> Joint | None:
    r"""Density of two parameters from marginals of the same draws.

    Arguments:
        x: Horizontal parameter.
        y: Vertical parameter.
        weights: Of all draws given to both, shape :math:`(n,)`; equal by default.

    Returns:
        The density, or None when fewer than ten draws have both values.
    """
    both = x.finite & y.finite
    weights = np.ones(len(both)) if weights is None else np.asarray(weights, dtype=float)
    kx, ky = x.cells[both[x.finite]] // 2, y.cells[both[y.finite]] // 2
    inside = (kx >= 0) & (ky >= 0)
    if inside.sum() < 10:
        return None
    kx, ky, mass = kx[inside], ky[inside], weights[both][inside]
    counts = np.bincount(ky * _COARSE + kx, mass, minlength=_COARSE**2)
    counts = counts.reshape(_COARSE, _COARSE) / mass.sum()
    # Scott's power of n in two dimensions is smaller than in one.
    effective = mass.sum() ** 2 / (mass**2).sum()
    wider = effective ** (1 / 5 - 1 / 6)
    smooth_x, smooth_y = (m.kernel(_COARSE, m.width * wider) for m in (x, y))
    density = smooth_y @ counts @ smooth_x.T
    levels = weighted_quantiles(density[ky, kx], mass, [1 - part for part in MASSES])
    return Joint(x.grid.reshape(-1, 2).mean(1), y.grid.reshape(-1, 2).mean(1), density,
                 tuple(float(level) for level in levels))  # fmt: skip


def thin(weights: np.ndarray | None, size: int, count: int) -> np.ndarray:
    """Indices of `count` draws that stand for all, each as often as its weight asks."""
    if weights is None:
        return np.arange(min(size, count))
    total = np.cumsum(np.asarray(weights, dtype=float))
    if size == 0 or not total[-1] > 0:
        return np.arange(0)
    comb = (np.arange(min(size, count)) + 0.5) / min(size, count)
    return np.minimum(np.searchsorted(total, comb * total[-1]), size - 1)


def _bell(distance: np.ndarray, scale: float) -> np.ndarray:
    """Gaussian without its constant."""
    return np.exp(-0.5 * (distance / scale) ** 2)
