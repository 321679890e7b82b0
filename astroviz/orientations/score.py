r"""The score network: a residual perceptron on the entries of the matrix.

Its input are the nine entries of :math:`R`, :math:`\sin` and :math:`\cos(2^k \pi R_{ij})` for
:math:`k = 0, 1, 2`, and features of :math:`\ln\sigma`. Matrix entries are smooth on all of SO(3),
which neither the rotation vector (torn at the angle :math:`\pi`) nor the quaternion (two for each
rotation) is. The output divided by :math:`\sigma` is the score in the body frame.

References:
    Murphy et al. 2021, arXiv 2106.05965 (features); Hsiao et al. 2024, arXiv 2305.15873.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from astroviz.orientations.process import HIGHEST, LOWEST

__all__ = ["NOISE_FEATURES", "ROTATION_FEATURES", "ScoreNetwork", "noise_features",
           "rotation_features"]  # fmt: skip

_OCTAVES = 3
_WAVES = 8
ROTATION_FEATURES = 9 * (1 + 2 * _OCTAVES)
NOISE_FEATURES = 1 + 2 * _WAVES


def rotation_features(rotation: Tensor) -> Tensor:
    r"""Entries of the matrix and their waves.

    Arguments:
        rotation: Shape :math:`(*, 3, 3)`.

    Returns:
        Shape :math:`(*, 63)`.
    """
    entries = rotation.flatten(-2)
    waves = [math.pi * 2**k * entries for k in range(_OCTAVES)]
    return torch.cat([entries, *(w.sin() for w in waves), *(w.cos() for w in waves)], -1)


def noise_features(sigma: Tensor) -> Tensor:
    r"""The scale's place between the lowest and the highest, and waves of it.

    Arguments:
        sigma: Radians, shape :math:`(*)`.

    Returns:
        Shape :math:`(*, 17)`.
    """
    span = math.log(HIGHEST / LOWEST)
    place = 2 * (sigma / LOWEST).log() / span - 1
    waves = place[..., None] * (0.5 * math.pi * torch.arange(1, _WAVES + 1).to(sigma))
    return torch.cat([place[..., None], waves.sin(), waves.cos()], -1)


class ScoreNetwork(nn.Module):
    r"""Score of a law on SO(3) at any scale, with or without a condition.

    Arguments:
        config: `width` of the hidden layers (256), `depth`, their number (4), and `condition`, the
            number of conditioning features (0). For a law with modes of some width, `spread` (0)
            is that width in radians: the output is divided by its hypotenuse with the scale,
            so that it hardly depends on the scale below; and below `floor` (0) not at all.

    Example:
        >>> network = ScoreNetwork({"width": 32, "depth": 2})
        >>> float(network(torch.eye(3)[None], torch.ones(1)).abs().max())  # nothing learned yet
        0.0
    """

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self.config: dict[str, Any] = {"width": 256, "depth": 4, "condition": 0}
        self.config |= {"spread": 0.0, "floor": 0.0}
        unknown = set(config or {}) - set(self.config)
        if unknown:
            raise ValueError(f"a score network has no setting {sorted(unknown)[0]!r}")
        self.config |= dict(config or {})
        self._spread = float(self.config["spread"])
        width, depth = int(self.config["width"]), int(self.config["depth"])
        inputs = ROTATION_FEATURES + NOISE_FEATURES + int(self.config["condition"])
        self.entry = nn.Linear(inputs, width)
        self.blocks = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.head = nn.Linear(width, 3)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, rotation: Tensor, sigma: Tensor, condition: Tensor | None = None) -> Tensor:
        r"""The score in the body frame.

        Arguments:
            rotation: Shape :math:`(N, 3, 3)`.
            sigma: Scales in radians, shape :math:`(N,)`.
            condition: Conditioning features, shape :math:`(N, C)`.

        Returns:
            Shape :math:`(N, 3)`.
        """
        sigma = sigma.clamp_min(float(self.config["floor"]))
        parts = [rotation_features(rotation), noise_features(sigma)]
        if condition is not None:
            parts.append(condition)
        hidden = nn.functional.silu(self.entry(torch.cat(parts, -1)))
        for block in self.blocks:
            hidden = hidden + nn.functional.silu(block(hidden))
        found: Tensor = self.head(hidden) / (sigma.square() + self._spread**2).sqrt()[:, None]
        return found
