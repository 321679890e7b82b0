r"""The data of a fit as quantiles along many directions, sorted once for all steps.

Every step of a fit takes some of the directions at random and compares the draws of the model with
the *whole* catalogue along them: the data are neither thinned nor sorted again.

Galaxies that lack some features (a band that covers a part of the sky) are compared in groups: all
galaxies in the features that nearly all have, and those that have more in these too.

A sample of a perfect model is not at distance zero: by chance its quantiles miss those of the data
by :math:`c / n_{eff}` in the square, so that a fit is drawn to populations whose draws all count,
away from galaxies that the survey does not list. Halves of the draws miss by twice as much:

.. math:: \hat D_2^2 = 2 D_2^2(\text{all}) - \tfrac12 \big(D_2^2(\text{half}_1)
    + D_2^2(\text{half}_2)\big)

has no such term; with `debias` the gradient is of this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Generator, Tensor

from astroviz.galaxies.distance import directions, sort_rows
from astroviz.galaxies.parameters import GalaxyError

__all__ = ["SlicedTarget", "groups_of"]

_NEARLY_ALL = 0.9
_FEWEST = 50  # galaxies of a group


@dataclass(frozen=True, eq=False)
class _Group:
    """Features, directions in them, the data's quantiles along these, weight in the sum.

    The first `named` of the directions are those that were named.
    """

    columns: Tensor
    along: Tensor
    levels: Tensor
    share: float
    named: int


class SlicedTarget:
    r"""Where a model's draws should go.

    Arguments:
        data: Features of the catalogue, shape :math:`(M, F)`; NaN where not observed.
        generator: Source of the directions.
        pool: Directions in all.
        levels: Quantiles along each.
        named: Directions to have among them, shape :math:`(A, F)`; the features by default.
    """

    def __init__(
        self,
        data: Tensor,
        generator: Generator,
        pool: int = 1024,
        levels: int = 4096,
        named: Tensor | None = None,
    ) -> None:
        found = groups_of(data)
        self.groups: list[_Group] = []
        for columns, rows in found:
            cloud = data[rows][:, columns]
            along = directions(pool, len(columns), generator)
            # marginals are what people look at first
            axes = _within(torch.eye(data.shape[1]) if named is None else named, columns)
            along[: len(axes)] = axes
            parts = [_levels(part @ cloud.T, levels) for part in along.split(64)]
            self.groups.append(
                _Group(torch.tensor(columns), along, torch.cat(parts), 1.0 / len(found), len(axes))
            )

    def distance(
        self,
        model: Tensor,
        slices: int,
        power: float,
        generator: Generator,
        weights: Tensor | None = None,
        named: float = 0.0,
        debias: bool = False,
    ) -> Tensor:
        r"""Sliced Wasserstein distance of the model from the catalogue; differentiable.

        Arguments:
            model: Features of draws, shape :math:`(N, F)`.
            slices: Directions of this step.
            power: :math:`p`.
            generator: Source of the choice.
            weights: Chance of each draw to be in the catalogue, shape :math:`(N,)`.
            named: Share of the named directions in the sum, all of them in every step; 0 treats
                them as any other.
            debias: The gradient has no part in what the draws scatter by chance.
        """
        total = model.new_zeros(())
        for group in self.groups:
            chosen, shares = _chosen(group, slices, named, generator)
            along = group.along[chosen].to(model)
            projected = along @ model[:, group.columns].T
            levels = group.levels[chosen].to(model)
            parts = [slice(None)]
            if debias:
                parts += [slice(0, None, 2), slice(1, None, 2)]
            each = []
            for part in parts:
                some = None if weights is None else weights[part]
                each.append(_power(*_gaps(projected[:, part], levels, some), shares, power))
            total = total + group.share * _root(each, power)
        return total


def groups_of(data: Tensor) -> list[tuple[list[int], Tensor]]:
    r"""Features that are compared together, and the galaxies that have them all.

    Arguments:
        data: Shape :math:`(M, F)`; NaN where not observed.

    Returns:
        Columns and a mask of rows, the group of nearly all galaxies first.
    """
    seen = torch.isfinite(data)
    part = seen.float().mean(0)
    order = torch.argsort(part, descending=True, stable=True).tolist()
    first = [int(one) for one in order if part[one] >= _NEARLY_ALL] or [int(order[0])]
    sets: list[Sequence[int]] = [sorted(first)]
    for one in order[len(first) :]:
        sets.append(sorted([*sets[-1], int(one)]))
    found = [(list(columns), seen[:, list(columns)].all(-1)) for columns in sets]
    kept = [pair for pair in found if int(pair[1].sum()) >= _FEWEST] or found[:1]
    if int(kept[0][1].sum()) < 2:
        raise GalaxyError(
            f"{int(kept[0][1].sum())} galaxies are observed in all features: nothing to fit to"
        )
    return kept


def _levels(projected: Tensor, levels: int) -> Tensor:
    """Quantiles of each row at the middles of equal steps, shape (K, levels)."""
    ordered = np.sort(projected.numpy(), -1)
    count = ordered.shape[1]
    at = np.clip((np.arange(levels) + 0.5) / levels * count - 0.5, 0, count - 1)
    low = np.floor(at).astype(int).clip(max=max(count - 2, 0))
    share = (at - low).astype(ordered.dtype)
    high = np.minimum(low + 1, count - 1)
    return torch.from_numpy(ordered[:, low] * (1 - share) + ordered[:, high] * share)


def _gaps(projected: Tensor, levels: Tensor, weights: Tensor | None) -> tuple[Tensor, Tensor]:
    """Distance of each draw from the data at its rank, shape (K, N), and the weights."""
    ordered, order = sort_rows(projected)
    n, count = ordered.shape[1], levels.shape[1]
    if weights is None:
        if n == count:
            return (ordered - levels).abs(), ordered.new_full((1, n), 1.0 / n)
        weights = projected.new_ones(n)
    shares = (weights / weights.sum().clamp(min=1e-12))[order]
    middle = shares.cumsum(-1) - 0.5 * shares
    at = (middle * count - 0.5).clamp(0.0, count - 1.0)
    low = at.detach().floor().long().clamp(max=max(count - 2, 0))
    left = levels.gather(-1, low)
    right = levels.gather(-1, (low + 1).clamp(max=count - 1))
    wanted = left + (right - left) * (at - low)
    return (ordered - wanted).abs(), shares


def _within(named: Tensor, columns: Sequence[int]) -> Tensor:
    """Those of the directions that need no other columns, in these."""
    inside = named[:, list(columns)]
    whole = inside.square().sum(-1) > (1 - 1e-5) * named.square().sum(-1)
    return inside[whole]


def _chosen(
    group: _Group, slices: int, named: float, generator: Generator
) -> tuple[Tensor, Tensor]:
    """Directions of a step and the share of each."""
    if not named:
        some = torch.randperm(len(group.along), generator=generator)[:slices]
        return some, torch.full((len(some),), 1.0 / len(some))
    others = len(group.along) - group.named
    some = torch.randperm(others, generator=generator)[: max(slices - group.named, 1)]
    first = torch.full((group.named,), named / group.named)
    rest = torch.full((len(some),), (1 - named) / len(some))
    return torch.cat([torch.arange(group.named), group.named + some]), torch.cat([first, rest])


def _power(gaps: Tensor, weights: Tensor, shares: Tensor, power: float) -> Tensor:
    """Mean of the gaps to a power, over draws and directions."""
    return (gaps.pow(power) * weights).sum(-1) @ shares.to(gaps)


def _root(each: list[Tensor], power: float) -> Tensor:
    """The distance from its power; of (all, halves) with a gradient without chance."""
    whole = each[0].clamp(min=1e-12) ** (1 / power)
    if len(each) == 1:
        return whole
    apart = 2 * each[0] - 0.5 * (each[1] + each[2])
    slope = whole.detach() ** (1 - power) / power
    return whole.detach() + slope * (apart - apart.detach())
