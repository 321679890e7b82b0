r"""Additive noise as a likelihood: learned by a network, or white and Gaussian to compare with.

If data are a model plus noise, :math:`x = M(\eta) + n` with :math:`n \sim Q`, the likelihood of
:math:`\eta` is :math:`Q(x - M(\eta))`, whatever :math:`Q` may be. A network knows
:math:`\nabla_n \log Q_\sigma(n)`, where :math:`Q_\sigma` is the law of the noise with a little
white noise :math:`\sigma` on top: exact for data to which that much was added.

References:
    | Legin, Adam, Hezaveh & Perreault-Levasseur (2023), https://arxiv.org/abs/2302.03046
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from astroviz.core.request import Alone, Control
from astroviz.lensing.noise_network import NoiseNetwork

__all__ = ["LEVEL", "LearnedNoise", "NoiseLaw", "WhiteNoise"]

LEVEL = 0.2
"""White noise added to the data for a learned likelihood, in standard deviations of the noise."""

_PART = 48  # images that go through the network together


class NoiseLaw(Protocol):
    """What sampling asks of a noise."""

    @property
    def level(self) -> float:
        """Standard deviation of the white noise that is added to the data, in its unit."""

    @property
    def scale(self) -> float:
        """Standard deviation of the noise itself."""

    def score(self, noise: Tensor, known: Tensor | None = None, level: float = 0.0) -> Tensor:
        """Gradient of the log density, of the shape (B, *size) of `noise`."""


@dataclass(frozen=True)
class WhiteNoise:
    r"""Independent Gaussian pixels: what a noise map alone says.

    Arguments:
        scale: Standard deviation in units of the noise map; 1 believes it.
    """

    scale: float = 1.0
    level: float = 0.0

    def score(self, noise: Tensor, known: Tensor | None = None, level: float = 0.0) -> Tensor:
        r""":math:`-n / (s^2 + \sigma^2)` where pixels are known, of the shape of `noise`."""
        found = -noise / (self.scale**2 + max(level, self.level) ** 2)
        return found if known is None else found * known


@dataclass(frozen=True, eq=False)
class LearnedNoise:
    r"""Noise whose score a network has learned.

    Arguments:
        network: The score.
        relative_level: White noise added to the data, in standard deviations of the noise.
        name: What noise it is.
    """

    network: NoiseNetwork
    relative_level: float = LEVEL
    name: str = ""

    @property
    def scale(self) -> float:
        """Standard deviation of the noise, in its unit."""
        return self.network.scale

    @property
    def level(self) -> float:
        """Standard deviation of the white noise added to the data, in the noise's unit."""
        return self.relative_level * self.scale

    @torch.no_grad()
    def score(self, noise: Tensor, known: Tensor | None = None, level: float = 0.0) -> Tensor:
        r"""The score of the noise with white noise on top.

        Arguments:
            noise: (B, *size), any size; in the noise's unit.
            known: 1 where there are pixels, of the shape of `noise` or of one of its images.
            level: Standard deviation of what is on top; `self.level` if that is more.

        Returns:
            Of the shape of `noise`, 0 where pixels are masked.
        """
        sigma = torch.tensor(max(level, self.level), dtype=torch.float32)
        wide = noise.float()
        mask = None if known is None else known.to(wide).expand(wide.shape)
        parts = []
        for k in range(0, len(wide), _PART):
            rows = slice(k, k + _PART)
            parts.append(self.network(wide[rows], sigma, None if mask is None else mask[rows]))
        return torch.cat(parts).to(noise) if parts else torch.zeros_like(noise)

    def information(self, noise: Tensor) -> float:
        """Mean square of the score of a pixel: what white noise has as 1 / variance."""
        return float(self.score(noise).square().mean())

    @torch.no_grad()
    def sample(
        self,
        number: int,
        size: tuple[int, ...],
        seed: int = 0,
        steps: int = 60,
        control: Control = Alone(),  # noqa: B008 - it has no state
    ) -> Tensor:
        r"""Draws of the learned noise, by the reverse stochastic equation.

        Arguments:
            number: How many.
            size: Size of each, (ny, nx) or (samples,).
            seed: Seed.
            steps: Steps in noise.
            control: What may stop the work.

        Returns:
            In the noise's unit, (number, *size) float32.

        Example:
            >>> noise = LearnedNoise(NoiseNetwork(2, 8, (1,), 0.7))  # not taught: white
            >>> noise.sample(2, (8, 8)).shape
            torch.Size([2, 8, 8])
        """
        generator = torch.Generator().manual_seed(seed)
        top, bottom = 8.0 * self.scale, 0.05 * self.scale
        sigmas = torch.logspace(math.log10(top), math.log10(bottom), steps).tolist()
        x = math.hypot(top, self.scale) * torch.randn(number, *size, generator=generator)
        for now, then in zip(sigmas, [*sigmas[1:], 0.0], strict=True):
            control.check()
            score = self._parts(x, now)
            fresh = torch.randn(x.shape, generator=generator) if then else torch.zeros_like(x)
            # ancestral: exact where the denoised noise does not depend on the level
            x = x + (now**2 - then**2) * score + then * math.sqrt(1 - (then / now) ** 2) * fresh
        return x

    def _parts(self, x: Tensor, sigma: float) -> Tensor:
        return torch.cat([self.network(part, torch.tensor(sigma)) for part in x.split(_PART)])
