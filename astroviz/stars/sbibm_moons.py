r"""Exact draws of every conditional of the two_moons task, to compare with."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from astroviz.stars.sbibm_tasks import two_moons

__all__ = ["draw_moons"]


def draw_moons(values: Tensor, given: Tensor, n: int, generator: torch.Generator) -> Tensor:
    r"""Exact draws of any conditional of two_moons; given variables keep their values.

    Without observables these come from the simulator; without parameters from turning it round
    for draws of its noise; otherwise from a fine grid.

    Arguments:
        values: Two parameters and two observables, shape (4,).
        given: Which of them are given, shape (4,), bool.
        n: Number of draws.
        generator: Source of random numbers.

    Returns:
        Shape (n, 4).
    """
    if given[:2].any() and given[2:].any():
        return _moons_from_grid(values, given, n, generator)
    kept: list[Tensor] = []
    while sum(map(len, kept)) < n:
        if given[2:].any():
            kept.append(_moons_turned_round(values, given, n, generator))
            continue
        theta = torch.where(given[:2], values[:2], 2 * torch.rand(n, 2, generator=generator) - 1)
        kept.append(torch.cat([theta, two_moons(theta, generator)], -1))
    return torch.cat(kept)[:n]


def _moons_turned_round(
    values: Tensor, given: Tensor, n: int, generator: torch.Generator
) -> Tensor:
    """Draws of the noise fix the parameters that explain what is given, where there are any."""
    shift = two_moons(torch.zeros(n, 2), generator)
    sign = (torch.rand(n, generator=generator) < 0.5).float() * 2 - 1
    wide = 2 * math.sqrt(2) * (torch.rand(n, 2, generator=generator) - 0.5)
    depth = shift[:, 0] - values[2]
    total = torch.where(given[2], sign * depth, wide[:, 0])
    gap = torch.where(given[3], values[3] - shift[:, 1], wide[:, 1])
    theta = torch.stack([total - gap, total + gap], -1) / math.sqrt(2)
    x = torch.stack([shift[:, 0] - total.abs(), shift[:, 1] + gap], -1)
    allowed = (theta.abs() <= 1).all(-1) & ((depth >= 0) | ~given[2])
    return torch.cat([theta, torch.where(given[2:], values[2:], x)], -1)[allowed]


def _moons_from_grid(values: Tensor, given: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """A parameter and an observable are given: the other one or two on a grid."""
    spans = [(-1.0, 1.0), (-1.0, 1.0), (-1.3, 0.4), (-1.6, 1.6)]
    free = [k for k in range(4) if not given[k]]
    cells = {1: 200_000, 2: 3_000}[len(free)]
    axes = [torch.linspace(*spans[k], cells + 1)[:-1] for k in free]
    width = torch.tensor([(spans[k][1] - spans[k][0]) / cells for k in free])
    corner = torch.cartesian_prod(*axes).view(-1, len(free))
    table = values.repeat(len(corner), 1)
    table[:, free] = corner + width / 2
    weight = _moons_density(table).double()
    edges = weight.cumsum(0)
    places = torch.rand(n, generator=generator, dtype=torch.float64) * edges[-1]
    picked = torch.searchsorted(edges, places).clamp(max=len(edges) - 1)
    draws = values.repeat(n, 1)
    draws[:, free] = corner[picked] + width * torch.rand(n, len(free), generator=generator)
    return draws


def _moons_density(table: Tensor) -> Tensor:
    """Density of the observables given the parameters, up to a factor, shape (N,)."""
    total, gap = (table[:, 0] + table[:, 1]), (table[:, 1] - table[:, 0])
    u = table[:, 2] + total.abs() / math.sqrt(2) - 0.25
    v = table[:, 3] - gap / math.sqrt(2)
    radius = (u**2 + v**2).sqrt()
    # the noise is uniform in angle, so its density in the plane falls with the radius
    normal = torch.exp(-0.5 * ((radius - 0.1) / 0.01) ** 2) / radius.clamp(min=1e-6)
    return torch.where(u > 0, normal, 0.0)
