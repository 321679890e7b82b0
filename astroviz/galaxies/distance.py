r"""Distances between two clouds of photometry, with gradients.

Sliced: both clouds are projected on many directions :math:`\theta_k`, where the best plan of
transport is to sort. With weights it still is, by the quantile functions :math:`Q`,

.. math:: SW_p = \Big(\frac1K \sum_k \int_0^1 |Q^a_k(t) - Q^b_k(t)|^p\,dt\Big)^{1/p},

exact on the merged steps of both, :math:`O(K N \log N)`. Sinkhorn: the entropic transport of
geomloss without its bias, :math:`O(N^2)` per iteration, annealed from the size of the clouds down
to the blur; it is what fits are scored with, and an alternative to fit with.

References:
    | Sliced Wasserstein (Bonneel et al. 2015), https://doi.org/10.1007/s10851-014-0506-3
    | Sinkhorn divergences (Feydy et al. 2019), https://arxiv.org/abs/1810.08278
"""

from __future__ import annotations

import importlib

import numpy as np
import torch
from torch import Generator, Tensor

from astroviz.galaxies.parameters import GalaxyError

__all__ = ["directions", "sinkhorn", "sinkhorn_floor", "sliced", "sliced_floor", "sort_rows"]


def directions(count: int, dimensions: int, generator: Generator) -> Tensor:
    r"""Directions that are uniform on the sphere.

    Arguments:
        count: How many, :math:`K`.
        dimensions: :math:`F`.
        generator: Source of all randomness.

    Returns:
        Unit vectors, shape :math:`(K, F)`.
    """
    raw = torch.randn(count, dimensions, generator=generator)
    return raw / raw.norm(dim=-1, keepdim=True)


def sliced(
    a: Tensor,
    b: Tensor,
    slices: int = 128,
    power: float = 2.0,
    weights: Tensor | None = None,
    generator: Generator | None = None,
) -> Tensor:
    r"""Sliced Wasserstein distance; differentiable in the points and the weights of the first.

    Arguments:
        a: Cloud, shape :math:`(N, F)`.
        b: Cloud of equal weights, shape :math:`(M, F)`.
        slices: Number of directions.
        power: :math:`p`, 1 or larger.
        weights: Of the points of `a`, shape :math:`(N,)`; equal by default.
        generator: Source of the directions; seeded with 0 by default.

    Returns:
        A scalar in the units of the features.

    Example:
        >>> a = torch.zeros(4, 2)
        >>> round(float(sliced(a, a + torch.tensor([1.0, 0.0]), slices=4000, power=2.0)), 1)
        0.7
    """
    _check(a, b)
    generator = generator or Generator().manual_seed(0)
    along = directions(slices, a.shape[1], generator).to(a)
    one, other = along @ a.T, along @ b.T
    if weights is None and len(a) == len(b):
        gap = (sort_rows(one)[0] - sort_rows(other)[0]).abs()
        return gap.pow(power).mean().clamp(min=1e-20) ** (1 / power)
    return _merged(one, other, weights, power).clamp(min=1e-20) ** (1 / power)


def sliced_floor(
    cloud: Tensor, number: int, slices: int = 128, power: float = 2.0, seed: int = 0
) -> float:
    r"""Distance of a sample of the cloud from another one: what no fit can be better than.

    Arguments:
        cloud: Shape :math:`(M, F)`.
        number: Points of each sample, at most half of the cloud.
        slices: As in `sliced`.
        power: As in `sliced`.
        seed: Of the samples and directions.
    """
    one, other, generator = _halves(cloud, number, seed)
    return float(sliced(one, other, slices, power, generator=generator))


def sort_rows(values: Tensor) -> tuple[Tensor, Tensor]:
    r"""Sort each row, with gradients; on the CPU by numpy, which is several times faster.

    Arguments:
        values: Shape :math:`(K, N)`.

    Returns:
        The sorted rows and where each number was.
    """
    if values.device.type != "cpu":
        found, order = values.sort(-1)
        return found, order
    order = torch.from_numpy(np.argsort(values.detach().numpy(), axis=-1))
    return values.gather(-1, order), order


def sinkhorn(
    a: Tensor,
    b: Tensor,
    blur: float = 0.05,
    power: int = 1,
    scaling: float = 0.8,
    weights: Tensor | None = None,
) -> Tensor:
    r"""Sinkhorn divergence by geomloss, in plain tensors.

    Arguments:
        a: Cloud, shape :math:`(N, F)`.
        b: Cloud, shape :math:`(M, F)`.
        blur: Scale below which nothing is resolved, in units of the features.
        power: 1, the cost is the distance, or 2, half its square.
        scaling: From one blur of the annealing to the next; nearer to 1 is slower and more exact.
        weights: Of the points of `a`; equal by default.

    Returns:
        A scalar.
    """
    _check(a, b)
    try:
        geomloss = importlib.import_module("geomloss")
    except ImportError as error:
        raise GalaxyError(
            "the Sinkhorn divergence needs geomloss: install it (pip install geomloss), or take "
            "the sliced distance"
        ) from error
    loss = geomloss.SamplesLoss(
        "sinkhorn", p=power, blur=blur, scaling=scaling, backend="tensorized"
    )
    if weights is None:
        found: Tensor = loss(a, b)
        return found
    even = b.new_full((len(b),), 1.0 / len(b))
    weighted: Tensor = loss(weights / weights.sum(), a, even, b)
    return weighted


def sinkhorn_floor(
    cloud: Tensor, number: int, blur: float = 0.05, power: int = 1, seed: int = 0
) -> float:
    r"""As `sliced_floor`, for the Sinkhorn divergence."""
    one, other, _ = _halves(cloud, number, seed)
    return float(sinkhorn(one, other, blur, power))


def _merged(one: Tensor, other: Tensor, weights: Tensor | None, power: float) -> Tensor:
    """Mean over the slices of the integral over the steps of both quantile functions."""
    slices, n, m = len(one), one.shape[1], other.shape[1]
    one, order = sort_rows(one)
    other, _ = sort_rows(other)
    if weights is None:
        shares = one.new_full((n,), 1.0 / n).expand(slices, n)
    else:
        shares = (weights / weights.sum())[order]
    steps = shares.cumsum(-1).clamp(max=1.0)
    even = torch.arange(1, m + 1, device=one.device, dtype=one.dtype) / m
    edges, rank = sort_rows(torch.cat([steps, even.expand(slices, m)], -1))
    # how many steps of each cloud lie before a cell tells which point carries it
    mine = (rank < n).long().cumsum(-1)
    before = torch.cat([mine.new_zeros(slices, 1), mine[:, :-1]], -1)
    place = torch.arange(n + m, device=one.device)
    left = one.gather(-1, before.clamp(max=n - 1))
    right = other.gather(-1, (place - before).clamp(max=m - 1))
    widths = torch.diff(edges, dim=-1, prepend=torch.zeros_like(edges[:, :1]))
    return ((left - right).abs().pow(power) * widths).sum(-1).mean()


def _halves(cloud: Tensor, number: int, seed: int) -> tuple[Tensor, Tensor, Generator]:
    if len(cloud) < 2:
        raise GalaxyError(f"the floor of a distance needs two points at least, not {len(cloud)}")
    number = min(number, len(cloud) // 2)
    generator = Generator().manual_seed(seed)
    order = torch.randperm(len(cloud), generator=generator)[: 2 * number]
    chosen = cloud[order.to(cloud.device)]
    return chosen[:number], chosen[number:], generator


def _check(a: Tensor, b: Tensor) -> None:
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or not len(a) or not len(b):
        raise GalaxyError(
            f"clouds of shape {tuple(a.shape)} and {tuple(b.shape)} cannot be compared: give two "
            "of shape (points, features) with the same features"
        )
