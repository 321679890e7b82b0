r"""The data of a fit as quantiles along many directions, sorted once for all steps.

Every step of a fit takes some of the directions at random and compares the draws of the model with
the *whole* catalogue along them: the data are neither thinned nor sorted again.

Galaxies that lack some features (a band that covers a part of the sky) are compared in groups: all
galaxies in the features that nearly all have, and those that have more in these too.
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
    """Features, directions in them, the data's quantiles along these, weight in the sum."""

    columns: Tensor
    along: Tensor
    levels: Tensor
    share: float


class SlicedTarget:
    r"""Where a model's draws should go.

    Arguments:
        data: Features of the catalogue, shape :math:`(M, F)`; NaN where not observed.
        generator: Source of the directions.
        pool: Directions in all.
        levels: Quantiles along each.
    """

    def __init__(
        self, data: Tensor, generator: Generator, pool: int = 1024, levels: int = 4096
    ) -> None:
        found = groups_of(data)
        self.groups: list[_Group] = []
        for columns, rows in found:
            cloud = data[rows][:, columns]
            along = directions(pool, len(columns), generator)
            # the axes themselves too: marginals are what people look at first
            along[: len(columns)] = torch.eye(len(columns))
            parts = [_levels(part @ cloud.T, levels) for part in along.split(64)]
            self.groups.append(
                _Group(torch.tensor(columns), along, torch.cat(parts), 1.0 / len(found))
            )

    def distance(
        self,
        model: Tensor,
        slices: int,
        power: float,
        generator: Generator,
        weights: Tensor | None = None,
    ) -> Tensor:
        r"""Sliced Wasserstein distance of the model from the catalogue; differentiable.

        Arguments:
            model: Features of draws, shape :math:`(N, F)`.
            slices: Directions of this step.
            power: :math:`p`.
            generator: Source of the choice.
            weights: Chance of each draw to be in the catalogue, shape :math:`(N,)`.
        """
        total = model.new_zeros(())
        for group in self.groups:
            chosen = torch.randperm(len(group.along), generator=generator)[:slices]
            along = group.along[chosen].to(model)
            projected = along @ model[:, group.columns].T
            gap = _gaps(projected, group.levels[chosen].to(model), weights)
            total = total + group.share * _norm(*gap, power)
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


def _norm(gaps: Tensor, shares: Tensor, power: float) -> Tensor:
    if power == 1.0:
        return (gaps * shares).sum(-1).mean()
    mean = (gaps.pow(power) * shares).sum(-1).mean()
    return mean.clamp(min=1e-12) ** (1 / power)
