r"""The score network that reads the logarithm of a rotation, and its sampler of 2,047 steps.

A perceptron of five layers takes the three coordinates :math:`\log R` and :math:`\sigma` and is
trained by denoising score matching under :math:`\sigma = 1.2 |N| + 0.01`. Its input is torn at
angle :math:`\pi`, where :math:`\log R` jumps to its negative. Samples follow the probability flow
from :math:`t = \sigma^2 = 10` to 0 by the explicit midpoint rule in steps uniform in :math:`t`,
most of which are spent where the law is uniform already.

References:
    | Jagvaral, Lanusse & Mandelbaum (2024), Unified framework for diffusion generative models
      in SO(3)
    | https://arxiv.org/abs/2312.11707
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn

from astroviz.orientations import igso3, process
from astroviz.orientations.baselines.descent import batches, minimise, staircase
from astroviz.orientations.rotations import exp, log, random_rotations

__all__ = ["STEPS", "Anchor", "AnchorNetwork", "midpoint_sample", "noise_law"]

STEPS = 2047
"""Steps of the sampler, two evaluations of the network each."""

START = 10.0
"""Diffusion time at which the sampler starts."""

Score = Callable[[Tensor, Tensor], Tensor]


class AnchorNetwork(nn.Module):
    r"""Score of the noisy law from :math:`(\log R, \sigma)`, in the body frame.

    Arguments:
        width: Units of each hidden layer.
        depth: Number of hidden layers.

    Example:
        >>> network = AnchorNetwork(width=8, depth=2)
        >>> network(torch.eye(3).expand(4, 3, 3), torch.full((4,), 0.5)).shape
        torch.Size([4, 3])
    """

    def __init__(self, width: int = 256, depth: int = 5) -> None:
        super().__init__()
        sizes = [4, *[width] * depth]
        layers: list[nn.Module] = []
        for before, after in pairwise(sizes):
            layers += [nn.Linear(before, after), nn.SiLU()]
        self.layers = nn.Sequential(*layers, nn.Linear(width, 3))

    def forward(self, rotation: Tensor, sigma: Tensor, condition: None = None) -> Tensor:
        r"""The score.

        Arguments:
            rotation: Shape :math:`(N, 3, 3)`.
            sigma: Noise scale, rad, shape :math:`(N,)`.
            condition: There is none; it stands here so that every score is called alike.

        Returns:
            Body-frame score, 1/rad, shape :math:`(N, 3)`.
        """
        sigma = sigma.reshape(-1, 1)
        found: Tensor = self.layers(torch.cat([log(rotation), sigma], -1)) / sigma
        return found


def noise_law(n: int, generator: torch.Generator) -> Tensor:
    r"""Noise scales :math:`\sigma = 1.2 |N(0, 1)| + 0.01` of a training batch, shape (n,)."""
    return 1.2 * torch.randn(n, generator=generator).abs() + 0.01


@torch.no_grad()
def midpoint_sample(
    score: Score,
    n: int,
    generator: torch.Generator,
    steps: int = STEPS,
    check: Callable[[], None] | None = None,
) -> Tensor:
    r"""Uniform rotations carried along :math:`dR/dt = -\tfrac12 R\,\widehat{s}(R, \sqrt t)`.

    Arguments:
        score: Gives the body-frame score of rotations (N, 3, 3) at scales (N,).
        n: Number of draws.
        generator: Source of the start.
        steps: Steps, uniform in :math:`t` from 10 to 0; each costs two evaluations.
        check: Called at every step; may raise to stop.

    Returns:
        Draws, shape :math:`(n, 3, 3)`.
    """
    rotation = random_rotations(n, generator)
    h = -START / steps
    for step in range(steps):
        if check is not None:
            check()
        time = START + step * h
        sigma = rotation.new_full((n,), math.sqrt(time))
        between = exp(-0.25 * h * score(rotation, sigma))
        sigma = rotation.new_full((n,), math.sqrt(time + 0.5 * h))
        slope = score(rotation @ between, sigma)
        rotation = rotation @ exp(-0.5 * h * slope)
    return rotation


class Anchor:
    r"""The whole method: network, noise law, staircase of learning rates, sampler.

    Arguments:
        width: Units of each hidden layer.
        depth: Number of hidden layers.
        seed: Seed of the first weights.
    """

    name = "anchor: score of the log map"

    def __init__(self, width: int = 256, depth: int = 5, seed: int = 0) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = AnchorNetwork(width, depth)

    def fit(
        self,
        rotations: Tensor,
        steps: int,
        generator: torch.Generator,
        batch: int = 512,
        budget: float = math.inf,
    ) -> Anchor:
        r"""Train by denoising score matching.

        Arguments:
            rotations: The data, shape :math:`(N, 3, 3)`.
            steps: Steps of the optimiser.
            generator: Source of batches and noise.
            batch: Rotations in a batch.
            budget: At most this many seconds.

        Returns:
            Itself.
        """
        draw = batches(rotations, batch, generator)

        def loss() -> Tensor:
            clean, sigma = draw(), noise_law(batch, generator)
            noisy = igso3.sample(clean, sigma, generator)
            wanted = igso3.score(noisy, clean, sigma)
            missed = self.network(noisy, sigma) - wanted
            return (sigma[:, None] * missed).square().sum(-1).mean()

        minimise(self.network, loss, steps, 1e-3, budget, staircase, warm=0)
        return self

    def sample(self, n: int, generator: torch.Generator, steps: int = STEPS) -> Tensor:
        r"""Draws by its own sampler, shape :math:`(n, 3, 3)`; see `midpoint_sample`."""
        return midpoint_sample(self.network, n, generator, steps)

    def log_prob(self, rotations: Tensor, steps: int = 60) -> Tensor:
        r"""Log density by the probability flow with exact divergence.

        Arguments:
            rotations: Shape :math:`(N, 3, 3)`.
            steps: Steps of the flow.

        Returns:
            With respect to Haar probability (uniform is 0), shape :math:`(N,)`.
        """
        return process.log_prob(self.network, rotations, steps)
