r"""The perceptron that the baselines share: matrix entries and their waves, residual layers."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from astroviz.orientations.score import ROTATION_FEATURES, rotation_features

__all__ = ["TIME_FEATURES", "RotationPerceptron", "seeded", "time_features"]

_WAVES = 6
TIME_FEATURES = 1 + 2 * _WAVES


def time_features(time: Tensor) -> Tensor:
    r"""A time from 0 to 1 and waves of it, shape (N,) to (N, 13)."""
    waves = time[:, None] * (0.5 * math.pi * torch.arange(1, _WAVES + 1).to(time))
    return torch.cat([2 * time[:, None] - 1, waves.sin(), waves.cos()], -1)


class RotationPerceptron(nn.Module):
    r"""From a rotation and further numbers to some numbers, of the size of the score network.

    Arguments:
        outputs: Numbers that come out.
        extra: Numbers that come in beside the rotation.
        width: Units of each hidden layer.
        depth: Residual layers.

    Example:
        >>> network = RotationPerceptron(3, extra=2, width=8, depth=1)
        >>> network(torch.eye(3).expand(5, 3, 3), torch.zeros(5, 2)).shape
        torch.Size([5, 3])
    """

    def __init__(self, outputs: int, extra: int = 0, width: int = 256, depth: int = 4) -> None:
        super().__init__()
        self.entry = nn.Linear(ROTATION_FEATURES + extra, width)
        self.blocks = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.head = nn.Linear(width, outputs)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, rotation: Tensor, extra: Tensor | None = None) -> Tensor:
        r"""The numbers.

        Arguments:
            rotation: Shape :math:`(*, 3, 3)`.
            extra: Shape :math:`(*, E)`.

        Returns:
            Shape :math:`(*, \mathrm{outputs})`.
        """
        features = rotation_features(rotation)
        if extra is not None:
            features = torch.cat([features, extra], -1)
        hidden = nn.functional.silu(self.entry(features))
        for block in self.blocks:
            hidden = hidden + nn.functional.silu(block(hidden))
        found: Tensor = self.head(hidden)
        return found


def seeded(seed: int, outputs: int, extra: int, width: int, depth: int) -> RotationPerceptron:
    """A perceptron whose first weights depend on the seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return RotationPerceptron(outputs, extra, width, depth)
