r"""The numbers that are drawn beside an orientation: axis ratios, size and colour.

Axis ratios obey :math:`0 < c \le b \le 1`; the diffusion works on numbers without bounds,
:math:`\mathrm{logit}\, b` and :math:`\mathrm{logit}\, c/b`, and on size and colour as they are,
all shifted and scaled to mean zero and unit variance over the training boxes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

__all__ = ["NAMES", "UNITS", "from_free", "to_free"]

NAMES = ("axis_ratio_b", "axis_ratio_c", "log_size", "colour")
UNITS = ("", "", "log10 kpc", "mag")

_EDGE = 1e-3


def to_free(galaxies: Any) -> np.ndarray:
    r"""Unbounded numbers of galaxies.

    Arguments:
        galaxies: With the arrays `NAMES`, shape :math:`(N,)` each.

    Returns:
        Shape :math:`(N, 4)`.
    """
    b = np.clip(np.asarray(galaxies.axis_ratio_b, dtype=float), _EDGE, 1 - _EDGE)
    ratio = np.clip(np.asarray(galaxies.axis_ratio_c, dtype=float) / b, _EDGE, 1 - _EDGE)
    return np.stack([_logit(b), _logit(ratio), galaxies.log_size, galaxies.colour], 1)


def from_free(free: Tensor) -> Tensor:
    r"""Axis ratios b and c, size and colour of unbounded numbers, shape (*, 4)."""
    b = free[..., 0].sigmoid()
    return torch.stack([b, b * free[..., 1].sigmoid(), free[..., 2], free[..., 3]], -1)


def _logit(p: np.ndarray) -> np.ndarray:
    return np.log(p / (1 - p))
