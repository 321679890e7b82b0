r"""Monotone maps by tables: from a normal deviate to a parameter, given one other or none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import ndtr
from torch import Tensor

__all__ = ["DEVIATES", "Column", "of_density", "of_quantile"]

_REACH, _STEP = 5.5, 0.05
DEVIATES = np.linspace(-_REACH, _REACH, round(2 * _REACH / _STEP) + 1)
"""Normal deviates at which the maps are tabulated; what lies beyond is moved to the end."""

_LEAST = 1e-20  # of a slope, so that its logarithm is finite at the ends of a range


@dataclass(frozen=True, eq=False)
class Column:
    r"""The map of one parameter.

    .. math:: \theta = Q(x, g), \quad x \sim \mathcal N(0, 1)

    Straight between the nodes in :math:`x` and in the given parameter :math:`g`, so the density
    that goes with it, :math:`\mathcal N(x) / Q'(x, g)`, is exact.

    Arguments:
        name: The parameter.
        table: :math:`Q` at the nodes, shape :math:`(G, X)`, growing along :math:`x`.
        given: Name of the parameter that it depends on; empty for none.
        ends: First and last of the :math:`G` evenly spaced nodes of that one.
    """

    name: str
    table: Tensor
    given: str = ""
    ends: tuple[float, float] = (0.0, 1.0)

    def value(self, x: Tensor, given: Tensor | None = None) -> Tensor:
        r"""The parameter, shape :math:`(N,)`; gradients go through both arguments."""
        # what is not a number has no density anyway
        at = torch.nan_to_num((x + _REACH) / _STEP).clamp(0.0, len(DEVIATES) - 1.0)
        low = at.detach().floor().clamp(max=len(DEVIATES) - 2).long()
        left, right = self._node(low, given), self._node(low + 1, given)
        return left + (right - left) * (at - low)

    def deviate(self, value: Tensor, given: Tensor | None = None) -> Tensor:
        r"""The normal deviate of a parameter, shape :math:`(N,)`."""
        with torch.no_grad():
            low = torch.zeros_like(value, dtype=torch.long)
            high = torch.full_like(low, len(DEVIATES) - 1)
            for _ in range(len(DEVIATES).bit_length()):
                middle = (low + high) // 2
                above = self._node(middle, given) <= value
                low, high = torch.where(above, middle, low), torch.where(above, high, middle)
            low = low.clamp(max=len(DEVIATES) - 2)
        left, right = self._node(low, given), self._node(low + 1, given)
        share = ((value - left) / (right - left).clamp(min=1e-30)).clamp(0.0, 1.0)
        return (low + share) * _STEP - _REACH

    def log_slope(self, x: Tensor, given: Tensor | None = None) -> Tensor:
        r""":math:`\ln \partial Q/\partial x`, shape :math:`(N,)`."""
        # what is not a number has no density anyway
        at = torch.nan_to_num((x + _REACH) / _STEP).clamp(0.0, len(DEVIATES) - 1.0)
        low = at.floor().clamp(max=len(DEVIATES) - 2).long()
        rise = self._node(low + 1, given) - self._node(low, given)
        return (rise / _STEP).clamp(min=_LEAST).log()

    def _node(self, place: Tensor, given: Tensor | None) -> Tensor:
        table = self.table.to(place.device)
        if given is None or len(table) == 1:
            return table[0, place]
        first, last = self.ends
        at = ((given - first) * ((len(table) - 1) / (last - first))).clamp(0.0, len(table) - 1.0)
        at = torch.nan_to_num(at)  # what is not a number has no density anyway
        row = at.detach().floor().clamp(max=len(table) - 2).long()
        flat, width = table.reshape(-1), table.shape[1]
        left, right = flat[row * width + place], flat[(row + 1) * width + place]
        return left + (right - left) * (at - row)


def of_quantile(name: str, low: float, high: float, power: float = 1.0) -> Column:
    r"""A parameter between two bounds as a power of a uniform number.

    .. math:: \theta = \theta_0 + (\theta_1 - \theta_0)\, u^p, \quad u = \Phi(x)
    """
    table = low + (high - low) * ndtr(DEVIATES) ** power
    return Column(name, _tensor(table[None]))


def of_density(
    name: str,
    values: np.ndarray,
    density: np.ndarray,
    given: str = "",
    ends: tuple[float, float] = (0.0, 1.0),
) -> Column:
    r"""A parameter with a density that is known on a grid.

    Arguments:
        name: The parameter.
        values: Its grid, shape :math:`(V,)`.
        density: Unnormalised, shape :math:`(V,)` or :math:`(G, V)`.
        given: Name of the parameter of the :math:`G` rows.
        ends: First and last of that one's nodes.
    """
    rows = np.atleast_2d(density)
    steps = np.diff(values)
    middle = 0.5 * (rows[:, 1:] + rows[:, :-1]) * steps
    cdf = np.concatenate([np.zeros((len(rows), 1)), np.cumsum(middle, 1)], 1)
    cdf /= cdf[:, -1:]
    chances = ndtr(DEVIATES)
    table = np.stack([np.interp(chances, row, values) for row in cdf])
    return Column(name, _tensor(table), given, ends)


def _tensor(table: np.ndarray) -> Tensor:
    return torch.tensor(np.ascontiguousarray(table), dtype=torch.float32)
