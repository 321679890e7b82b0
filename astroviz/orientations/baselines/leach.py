r"""A denoising diffusion model on SO(3) with a variance-preserving schedule of a hundred steps.

The mean of the noisy law is the data moved towards the identity along its geodesic,
:math:`\lambda(\gamma, R) = \exp(\gamma \log R)` with :math:`\gamma = \sqrt{\bar\alpha}`, the noise
an isotropic Gaussian of :math:`\epsilon^2 = 1 - \bar\alpha` in the convention
:math:`e^{-l(l+1)\epsilon^2}`; a perceptron predicts the noise's rotation vector. The identity is
special, and the logarithm is torn at :math:`\pi`: both are the method's own.

References:
    | Leach, Schmon, Degiacomi & Willcocks (2022), Denoising diffusion probabilistic models on
      SO(3) for rotational alignment, openreview BY88eBbkpe5
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from astroviz.orientations import igso3
from astroviz.orientations.baselines.descent import batches, minimise
from astroviz.orientations.baselines.perceptron import TIME_FEATURES, seeded, time_features
from astroviz.orientations.rotations import exp, log, random_rotations

__all__ = ["STEPS", "Leach", "cosine_schedule", "scaled"]

STEPS = 100
_WIDEST = igso3.UNIFORM_FROM


def scaled(rotation: Tensor, factor: Tensor) -> Tensor:
    r"""The part :math:`\exp(\gamma \log R)` of the way from the identity, (N, 3, 3)."""
    return exp(factor[:, None] * log(rotation))


def cosine_schedule(steps: int = STEPS) -> Tensor:
    r"""Noise variances :math:`\beta_1 \dots \beta_T`, at most 0.999, shape (T,)."""
    place = torch.linspace(0, 1, steps + 1, dtype=torch.float64)
    level = torch.cos((place + 0.008) / 1.008 * math.pi / 2).square()
    return (1 - level[1:] / level[:-1]).clamp(max=0.999).float()


class Leach:
    r"""The whole method.

    Arguments:
        width: Units of each hidden layer.
        depth: Residual layers.
        seed: Seed of the first weights.
        steps: Steps of the schedule.
    """

    name = "denoising diffusion of rotation vectors"

    def __init__(
        self, width: int = 256, depth: int = 4, seed: int = 0, steps: int = STEPS
    ) -> None:
        self.network = seeded(seed, 3, TIME_FEATURES, width, depth)
        self.beta = cosine_schedule(steps)
        self.kept = (1 - self.beta).cumprod(0)  # alpha bar

    def _noise(self, rotation: Tensor, step: Tensor) -> Tensor:
        """Predicted rotation vector of the noise in units of its epsilon, shape (N, 3)."""
        found: Tensor = self.network(rotation, time_features((step + 1) / len(self.beta)))
        return found

    def fit(
        self,
        rotations: Tensor,
        steps: int,
        generator: torch.Generator,
        batch: int = 512,
        budget: float = math.inf,
    ) -> Leach:
        r"""Train; arguments as those of `anchor.Anchor.fit`."""
        draw = batches(rotations, batch, generator)
        eye = torch.eye(3).expand(batch, 3, 3)

        def loss() -> Tensor:
            clean, step = draw(), torch.randint(len(self.beta), (batch,), generator=generator)
            kept = self.kept[step]
            epsilon = (1 - kept).sqrt()
            noise = igso3.sample(eye, math.sqrt(2) * epsilon, generator)
            noisy = noise @ scaled(clean, kept.sqrt())
            wanted = log(noise) / epsilon[:, None]
            return (self._noise(noisy, step) - wanted).square().mean()

        minimise(self.network, loss, steps, 1e-3, budget)
        return self

    @torch.no_grad()
    def sample(
        self, n: int, generator: torch.Generator, check: Callable[[], None] | None = None
    ) -> Tensor:
        r"""Draws by the reverse chain, one evaluation a step, shape :math:`(n, 3, 3)`."""
        rotation = random_rotations(n, generator)
        for step in reversed(range(len(self.beta))):
            if check is not None:
                check()
            kept = self.kept[step]
            before = self.kept[step - 1] if step else torch.ones(())
            index = torch.full((n,), step)
            vector = self._noise(rotation, index)
            clean = self._clean(rotation, vector, kept)
            one = before.sqrt() * self.beta[step] / (1 - kept)
            two = (1 - before) * (1 - self.beta[step]).sqrt() / (1 - kept)
            rotation = scaled(clean, one.expand(n)) @ scaled(rotation, two.expand(n))
            if step:
                variance = self.beta[step] * (1 - before) / (1 - kept)
                sigma = (2 * variance).sqrt().clamp(max=_WIDEST).expand(n)
                rotation = igso3.sample(rotation, sigma, generator)
        return rotation

    @staticmethod
    def _clean(rotation: Tensor, vector: Tensor, kept: Tensor) -> Tensor:
        """The data that the predicted noise implies."""
        moved = exp(-(1 - kept).sqrt() * vector) @ rotation
        return scaled(moved, (1 / kept.sqrt()).expand(len(rotation)))
