r"""Quantiles of the angle of the isotropic Gaussian on SO(3), from one table.

The table holds :math:`\omega/\sigma` on a grid of :math:`\ln\sigma` and of
:math:`(2/\pi) \arcsin\sqrt u`, in which both tails are resolved.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

__all__ = ["angle_quantiles"]

_LOWEST, _HIGHEST = 1e-2, 4.0
_ROWS, _COLUMNS, _ANGLES = 400, 2048, 4096
_IMAGES = 5


def _density(angle: np.ndarray, sigma: float) -> np.ndarray:
    """Density of the angle without its constant, for one scale."""
    images = np.arange(-_IMAGES, _IMAGES + 1)[:, None]
    shifted = angle + 2 * np.pi * images
    # the factor (1 - cos w) / sin(w/2) leaves sin(w/2)
    terms = (-1.0) ** images * shifted * np.exp(-(shifted**2) / (2 * sigma**2))
    found: np.ndarray = np.sin(angle / 2) * terms.sum(0)
    return np.maximum(found, 0.0)


@lru_cache(maxsize=1)
def _table() -> Tensor:
    """Shape (rows, columns): quantiles of the angle over the scale."""
    place = np.sin(0.5 * np.pi * np.linspace(0, 1, _COLUMNS)) ** 2
    rows = []
    for sigma in np.geomspace(_LOWEST, _HIGHEST, _ROWS):
        angle = np.linspace(0, min(np.pi, 8.0 * sigma), _ANGLES)
        density = _density(angle, sigma)
        # cumulative by Simpson's rule on half steps would gain nothing at 4,096 nodes
        mass = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]))])
        rising = np.concatenate([[True], np.diff(mass) > 0])
        rows.append(np.interp(place, (mass / mass[-1])[rising], angle[rising]) / sigma)
    return torch.from_numpy(np.stack(rows).astype(np.float32))


def angle_quantiles(probability: Tensor, sigma: Tensor) -> Tensor:
    r"""The angle below which a given part of the law lies.

    Arguments:
        probability: In :math:`[0, 1]`, shape :math:`(*)`.
        sigma: Scale in radians, of the same shape. Below 0.01 the law scales with it, above 4 it
            is uniform.

    Returns:
        Radians, shape :math:`(*)`.
    """
    table = _table().to(sigma.device)
    bounded = sigma.clamp(_LOWEST, _HIGHEST)
    step = math.log(_HIGHEST / _LOWEST) / (_ROWS - 1)
    row = ((bounded / _LOWEST).log() / step).clamp(0, _ROWS - 1)
    column = (2 / math.pi) * probability.clamp(0, 1).sqrt().asin() * (_COLUMNS - 1)
    top, left = row.long().clamp_max(_ROWS - 2), column.long().clamp_max(_COLUMNS - 2)
    down, right = row - top, column - left
    upper = torch.lerp(table[top, left], table[top, left + 1], right)
    lower = torch.lerp(table[top + 1, left], table[top + 1, left + 1], right)
    return (torch.lerp(upper, lower, down) * sigma.clamp_max(_HIGHEST)).clamp_max(math.pi)
