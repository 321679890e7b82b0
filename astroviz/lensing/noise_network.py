r"""The network behind a learned noise: a small convolutional score, in one dimension or two.

It returns :math:`s(n, \sigma) \approx \nabla_n \log Q_\sigma(n)`, where :math:`Q_\sigma` is the
law of the noise with white noise of standard deviation :math:`\sigma` added. It has no size of its
own: a channel of ones says where pixels are, so that borders and masked pixels are left out by
learning the score of the pixels that are there. Since the noise is correlated over a few pixels,
a reach of some fifteen pixels is enough.

It is taught by denoising score matching,

.. math:: \mathcal L = E\left[\tfrac{c^2}{2}
    \left|s(n + \sigma z, \sigma) + z/\sigma\right|^2\right],

without its constant part and for :math:`z` and :math:`-z` together, which takes away most of the
scatter at small :math:`\sigma`.

References:
    | Vincent (2011), https://doi.org/10.1162/NECO_a_00142
    | Song & Ermon (2019), https://arxiv.org/abs/1907.05600
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["NoiseNetwork", "levels", "matching_loss"]

_INPUTS = 4


class _Block(nn.Module):
    """Two convolutions about the sum, told how noisy it is."""

    def __init__(self, conv: type[nn.Conv1d] | type[nn.Conv2d], width: int, dilation: int) -> None:
        super().__init__()
        self.first = conv(width, width, 3, padding=dilation, dilation=dilation)
        self.second = conv(width, width, 3, padding=1)
        self.told = nn.Linear(width, 2 * width)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.told.weight)
        nn.init.zeros_(self.told.bias)

    def forward(self, h: Tensor, level: Tensor, known: Tensor) -> Tensor:
        scale, shift = (
            self.told(level).view(*level.shape[:1], 2, -1, *[1] * (h.ndim - 2)).unbind(1)
        )
        inner = nn.functional.silu(self.first(nn.functional.silu(h)))
        return h + self.second((inner * (1 + scale) + shift) * known)


class NoiseNetwork(nn.Module):
    r"""The score of additive noise.

    Arguments:
        dims: 1 for series, 2 for images.
        width: Channels.
        dilations: One block for each; the reach grows with them.
        scale: Standard deviation of the noise, in its own unit.
    """

    def __init__(
        self, dims: int = 2, width: int = 20, dilations: tuple[int, ...] = (1, 2, 1),
        scale: float = 1.0,
    ) -> None:  # fmt: skip
        super().__init__()
        conv: Any = {1: nn.Conv1d, 2: nn.Conv2d}[dims]
        self.dims, self.scale, self.width = dims, float(scale), width
        self.config: Mapping[str, Any] = {
            "dims": dims, "width": width, "dilations": list(dilations), "scale": float(scale),
        }  # fmt: skip
        self.enter = conv(_INPUTS, width, 5, padding=2)
        self.blocks = nn.ModuleList(_Block(conv, width, dilation) for dilation in dilations)
        self.leave = conv(width + _INPUTS, 1, 5, padding=2)
        self.level = nn.Sequential(nn.Linear(3, width), nn.SiLU(), nn.Linear(width, width),
                                   nn.SiLU())  # fmt: skip
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)
        if dims == 2:  # twice as fast on a CPU
            self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, noise: Tensor, sigma: Tensor, known: Tensor | None = None) -> Tensor:
        r"""The score.

        Arguments:
            noise: Noise with white noise of `sigma` added, (B, *size), in the noise's unit.
            sigma: Standard deviation of the added noise, (B,) or (), same unit.
            known: 1 where there is a pixel, 0 where it is masked, like `noise`; all by default.

        Returns:
            Of the shape of `noise`, in one over its unit; 0 where it is masked.
        """
        sigma = sigma.expand(len(noise)).to(noise)
        known = torch.ones_like(noise) if known is None else known.to(noise)
        spread = torch.sqrt(self.scale**2 + sigma**2).view(-1, *[1] * self.dims)
        u = noise / spread * known
        inputs = torch.stack([u, torch.tanh(u), u / (1 + u * u / 9), known], -1).movedim(-1, 1)
        ratio = torch.log(sigma / self.scale)
        level = self.level(torch.stack([ratio, torch.sin(ratio), torch.cos(ratio)], -1))
        there = known[:, None]
        h = self.enter(inputs)
        for block in self.blocks:
            h = block(h, level, there)
        out = self.leave(torch.cat([nn.functional.silu(h) * there, inputs], 1))[:, 0]
        return (out - u) / spread * known


def matching_loss(
    network: NoiseNetwork, noise: Tensor, known: Tensor, sigma: Tensor, generator: torch.Generator
) -> Tensor:
    r"""Denoising score matching up to what no network can change.

    Arguments:
        network: The score.
        noise: Clean noise, (B, *size).
        known: 1 where it is known, like `noise`.
        sigma: Standard deviation of what is added, (B,).
        generator: Of the added noise.

    Returns:
        A scalar; the score of a white Gaussian of the right width gives about
        :math:`-1/2` at large :math:`\sigma`, correlation and tails make it less.
    """
    level = sigma.view(-1, *[1] * network.dims)
    z = torch.randn(noise.shape, generator=generator) * known
    spread = torch.sqrt(network.scale**2 + level**2)
    total = noise.new_zeros(())
    for sign in (1.0, -1.0):
        score = network(noise + sign * level * z, sigma, known) * spread
        total = total + (0.5 * score**2 + sign * score * z * (spread / level)).sum()
    return total / (2 * known.sum())


def levels(number: int, scale: float, generator: torch.Generator) -> Tensor:
    """Standard deviations to train at, most of them below that of the noise, (number,)."""
    drawn = torch.randn(number, generator=generator) * 1.3 + math.log(0.4)
    return scale * drawn.exp().clamp(0.05, 12.0)
