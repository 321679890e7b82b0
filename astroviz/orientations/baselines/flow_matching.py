r"""Flow matching along geodesics of SO(3).

A uniform rotation :math:`R_0` goes to one of the data, :math:`R_1`, along
:math:`R_t = R_0 \exp(t v)` with :math:`v = \log(R_0^T R_1)`, a velocity that is constant in the
body frame; the network learns its mean given :math:`R_t`. The target jumps where :math:`R_0` and
:math:`R_1` are half a turn apart.

References:
    | Chen & Lipman (2024), Flow matching on general geometries
    | https://arxiv.org/abs/2302.03660
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from astroviz.orientations.baselines.descent import batches, minimise
from astroviz.orientations.baselines.perceptron import TIME_FEATURES, seeded, time_features
from astroviz.orientations.rotations import exp, hat, log, random_rotations

__all__ = ["FlowMatching"]


class FlowMatching:
    r"""The whole method: network, loss, midpoint sampler, density.

    Arguments:
        width: Units of each hidden layer.
        depth: Residual layers.
        seed: Seed of the first weights.
    """

    name = "geodesic flow matching"

    def __init__(self, width: int = 256, depth: int = 4, seed: int = 0) -> None:
        self.network = seeded(seed, 3, TIME_FEATURES, width, depth)

    def velocity(self, rotation: Tensor, time: Tensor) -> Tensor:
        r"""Body-frame velocity, rad, of rotations (N, 3, 3) at times (N,), shape (N, 3)."""
        found: Tensor = self.network(rotation, time_features(time))
        return found

    def fit(
        self,
        rotations: Tensor,
        steps: int,
        generator: torch.Generator,
        batch: int = 512,
        budget: float = math.inf,
    ) -> FlowMatching:
        r"""Train; arguments as those of `anchor.Anchor.fit`."""
        draw = batches(rotations, batch, generator)

        def loss() -> Tensor:
            end, start = draw(), random_rotations(batch, generator)
            time = torch.rand(batch, generator=generator)
            wanted = log(start.mT @ end)
            there = start @ exp(time[:, None] * wanted)
            return (self.velocity(there, time) - wanted).square().sum(-1).mean()

        minimise(self.network, loss, steps, 2e-3, budget)
        return self

    @torch.no_grad()
    def sample(
        self,
        n: int,
        generator: torch.Generator,
        steps: int = 20,
        check: Callable[[], None] | None = None,
    ) -> Tensor:
        r"""Draws by the midpoint rule, two evaluations a step, shape :math:`(n, 3, 3)`."""
        rotation, h = random_rotations(n, generator), 1 / steps
        for step in range(steps):
            if check is not None:
                check()
            time = rotation.new_full((n,), step * h)
            middle = rotation @ exp(0.5 * h * self.velocity(rotation, time))
            rotation = rotation @ exp(h * self.velocity(middle, time + 0.5 * h))
        return rotation

    def log_prob(self, rotations: Tensor, steps: int = 60) -> Tensor:
        r"""Log density with respect to Haar probability, by the flow back to the uniform law.

        Arguments:
            rotations: Shape :math:`(N, 3, 3)`.
            steps: Steps of the midpoint rule, each with one exact divergence.

        Returns:
            Shape :math:`(N,)`.
        """
        rotation, h = rotations, 1 / steps
        total = rotations.new_zeros(len(rotations))
        with torch.no_grad():
            for step in range(steps):
                time = rotation.new_full((len(rotation),), 1 - step * h)
                middle = rotation @ exp(-0.5 * h * self.velocity(rotation, time))
                value, divergence = self._with_divergence(middle, time - 0.5 * h)
                rotation = rotation @ exp(-h * value)
                total = total - h * divergence
        return total

    def _with_divergence(self, rotation: Tensor, time: Tensor) -> tuple[Tensor, Tensor]:
        tangents = rotation[None] @ hat(torch.eye(3).to(rotation))[:, None]
        total = rotation.new_zeros(len(rotation))
        value = total
        for k in range(3):
            found: Any = torch.func.jvp(
                lambda r: self.velocity(r, time), (rotation,), (tangents[k],)
            )
            value, slope = found
            total = total + slope[:, k]
        return value, total
