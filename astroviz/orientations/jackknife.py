r"""Errors of a correlation from the data alone: leave one sub-cube of the box out at a time.

What belongs to a sub-cube is lost once, so that the scatter of the samples is that of
independent parts. In `ed` and `wg+` a pair belongs to the sub-cube of its oriented galaxy. In the
others both galaxies are alike: a pair across a border belongs to either side with the part
:math:`\alpha = n / (2 + \sqrt2 (n - 1))`; if it were lost whole on both sides, as is often done,
errors at separations like the sub-cube's side would come out up to twice too large.

In projection the random pairs that are left are known exactly. A pair which begins in a cube of
side :math:`\ell` also ends there with the probability
:math:`P = \langle \prod_k (1 - |d_k|/\ell)_+ \rangle` over the separations :math:`d` of the bin,
so that a part :math:`2 (1 - P) / n` of all pairs crosses the border of one cube.

References:
    | Norberg, Baugh, Gaztañaga & Croton (2009), https://arxiv.org/abs/0810.1885
    | Mohammad & Percival (2022), https://arxiv.org/abs/2109.07071
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from astroviz.orientations.correlations import (
    LINEAR,
    Contributions,
    Correlation,
    random_pairs,
    summary,
)
from astroviz.orientations.pairs import Pairs, check_positions

__all__ = ["both_inside", "jackknife", "leave_one_out", "sub_cubes"]


def sub_cubes(position: np.ndarray, size: float, per_side: int = 3) -> np.ndarray:
    r"""Which sub-cube each galaxy is in.

    Arguments:
        position: Comoving positions, Mpc/h, shape :math:`(N, 3)`.
        size: Side of the box, Mpc/h.
        per_side: Cubes along each side.

    Returns:
        Index from 0 to `per_side**3 - 1`, shape :math:`(N,)`.
    """
    if per_side < 2:
        raise ValueError(f"a jackknife needs 2 cubes or more along each side, not {per_side}")
    cell = np.floor(check_positions(position, size) / size * per_side).astype(int)
    i, j, k = np.minimum(cell, per_side - 1).T
    return (i * per_side + j) * per_side + k


def leave_one_out(parts: Contributions, region: np.ndarray, regions: int) -> np.ndarray:
    r"""The statistic without each region in turn.

    Arguments:
        parts: What each pair adds.
        region: Region of each galaxy, shape :math:`(N,)`.
        regions: Number of equal regions :math:`n` that fill the box, a cube number.

    Returns:
        Shape :math:`(n, B)`; NaN where no pair is left.
    """
    pairs = parts.pairs
    value = pairs.sum(parts.value.sum(0)) - _belonging(parts, parts.value, region, regions)
    if pairs.pi_max is None:
        count = pairs.sum(parts.weight.sum(0))
        count = count - _belonging(parts, parts.weight, region, regions)
        out = np.full(value.shape, np.nan)
        return np.divide(value, count, out=out, where=count > 1e-6) - 1 / 3
    expected = _random_pairs_left(parts, region, regions)
    ratio = np.divide(value, expected, out=np.full(value.shape, np.nan), where=expected > 0)
    return 2 * pairs.pi_max * (ratio - (1.0 if parts.kind == "wgg" else 0.0))


def both_inside(pairs: Pairs, regions: int, nodes: int = 48) -> np.ndarray:
    r"""Probability that a pair which begins in a sub-cube ends there, shape :math:`(B,)`."""
    if pairs.pi_max is None:
        raise ValueError("this probability is needed in projection only")
    side = pairs.size / round(regions ** (1 / 3))
    t = (np.arange(nodes) + 0.5) / nodes
    low, high = pairs.edges[:-1, None], pairs.edges[1:, None]
    radius = np.sqrt(low**2 + t * (high**2 - low**2))[:, :, None]
    angle = 0.5 * np.pi * t
    across = np.clip(1 - radius * np.cos(angle) / side, 0, None)
    up = np.clip(1 - radius * np.sin(angle) / side, 0, None)
    depth = min(pairs.pi_max, side)
    return (across * up).mean((1, 2)) * (depth - depth**2 / (2 * side)) / pairs.pi_max


def jackknife(
    parts: Contributions, region: np.ndarray, regions: int, definition: str = "epsilon"
) -> Correlation:
    r"""The statistic with its jackknife covariance; arguments as of `leave_one_out`.

    Apply `hartlap` when inverting it: `chi_square(..., samples=correlation.regions)`.
    """
    region = np.asarray(region)
    if region.shape != (parts.pairs.count,):
        raise ValueError(
            f"regions must have shape ({parts.pairs.count},), one a galaxy, not {region.shape}"
        )
    samples = leave_one_out(parts, region, regions)
    residual = samples - samples.mean(0)
    covariance = (regions - 1) / regions * residual.T @ residual
    return replace(summary(parts, definition), covariance=covariance, regions=regions)


def _share(regions: int) -> float:
    """Part of a pair across a border that belongs to either side."""
    return regions / (2 + np.sqrt(2) * (regions - 1))


def _belonging(
    parts: Contributions, values: np.ndarray, region: np.ndarray, regions: int
) -> np.ndarray:
    """Sum over what belongs to each region, shape (2, P) to (n, B)."""
    pairs = parts.pairs
    ends = [region[pairs.first], region[pairs.second]]
    if parts.kind in LINEAR:
        each = list(values)
    else:
        share = np.where(ends[0] == ends[1], 0.5, _share(regions))
        each = [values.sum(0) * share] * 2
    total = sum(
        np.bincount(end * pairs.bins + pairs.bin, weights=part, minlength=regions * pairs.bins)
        for end, part in zip(ends, each, strict=True)
    )
    return np.asarray(total).reshape(regions, pairs.bins)


def _random_pairs_left(parts: Contributions, region: np.ndarray, regions: int) -> np.ndarray:
    """Random pairs without what belongs to each region, shape (n, B)."""
    pairs = parts.pairs
    shapes = np.bincount(region[parts.shapes], minlength=regions)
    left = int(parts.shapes.sum()) - shapes
    if parts.kind in LINEAR:
        density = int(parts.density.sum())
        return np.stack([random_pairs(pairs, int(count), density) for count in left])
    cross = 2 / regions * (1 - both_inside(pairs, regions))
    outside = 1 - 1 / regions - cross / 2
    # densities are those of the galaxies that are there: outside, and in the region itself
    around = np.stack([random_pairs(pairs, int(n), int(n)) for n in left])
    across = np.stack(
        [random_pairs(pairs, int(n), int(m)) for n, m in zip(left, shapes, strict=True)]
    )
    volume = 1 - 1 / regions
    return around * outside / volume**2 + (
        (1 - _share(regions)) * across * cross / (volume / regions)
    )
