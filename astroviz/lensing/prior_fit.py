r"""Teach a denoiser: noise levels, averaged weights, falling rate, checkpoints, a clock.

Noise levels are lognormal about the rms of the pixels. Most of what a prior knows, how large and
how bright a galaxy is and which way it lies, is decided where the noise of one pixel is many
times the rms of the pixels, so the law is wider than the usual one.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Generator, Tensor

from astroviz.core.training import TrainingState
from astroviz.lensing.prior_laws import Images
from astroviz.lensing.unet import Denoiser

__all__ = ["PriorFit", "PriorFitting", "fit_prior", "say", "turned"]

_CENTRE, _SCATTER = 0.2, 1.7  # of the logarithm of the noise over the rms of the pixels


@dataclass(frozen=True)
class PriorFit:
    r"""Settings of a training.

    Arguments:
        budget: Wall-clock time, seconds.
        batch: Images in a step.
        rate: Peak learning rate.
        warm_up: Steps in which it rises.
        decay: Decay of the averaged weights per step.
        seed: Seed of images, noise and first weights.
        steps: Stop after so many steps even if time is left; 0 for no such end.
    """

    budget: float = 2700.0
    batch: int = 64
    rate: float = 2e-3
    warm_up: int = 200
    decay: float = 0.999
    seed: int = 0
    steps: int = 0


class PriorFitting(TrainingState[Denoiser]):
    r"""A training of a prior that can stop and go on.

    Arguments:
        network: What is trained, in place.
        settings: The settings.
    """

    def __init__(self, network: Denoiser, settings: PriorFit) -> None:
        self.network, self.settings = network, settings
        self.average = deepcopy(network).requires_grad_(False)
        self.optimiser = torch.optim.AdamW(
            network.parameters(), lr=settings.rate, betas=(0.9, 0.98), weight_decay=1e-3
        )
        self.step, self.elapsed, self.error = 0, 0.0, math.nan

    @property
    def part(self) -> float:
        """Part of the budget that is spent."""
        part = self.elapsed / self.settings.budget
        if self.settings.steps:
            part = max(part, self.step / self.settings.steps)
        return min(part, 1.0)

    def rate(self) -> float:
        """Learning rate now: a short rise, then half a cosine over the budget."""
        rise = min(1.0, (self.step + 1) / self.settings.warm_up)
        return self.settings.rate * rise * (0.5 * (1 + math.cos(math.pi * self.part)) + 2e-3)

    def advance(self, images: Tensor, generator: Generator) -> None:
        """One step of the optimiser and of the averaged weights."""
        device = self.network.mean.device
        sigma = levels(len(images), self.network.sigma_data, generator)
        noise = torch.randn(images.shape, generator=generator)
        loss = self.network.loss(images.to(device), sigma.to(device), noise.to(device))
        self.descend(loss, clip=1.0, decay=self.settings.decay)
        value = float(loss.detach())
        self.error = value if math.isnan(self.error) else 0.99 * self.error + 0.01 * value


def levels(n: int, scale: float, generator: Generator) -> Tensor:
    """Noise levels of a batch: one from each of `n` equally likely parts of a lognormal law."""
    part = (torch.arange(n) + torch.rand(n, generator=generator)) / n
    return scale * torch.exp(_CENTRE + _SCATTER * torch.special.ndtri(part.clamp(1e-5, 1 - 1e-5)))


def turned(images: Tensor, generator: Generator) -> Tensor:
    """Images, each turned by a multiple of a right angle and mirrored or not, at random."""
    out = images.clone()
    which = torch.randint(8, (len(images),), generator=generator)
    for n in range(1, 8):
        chosen = which == n
        part = torch.rot90(images[chosen], n % 4, (1, 2))
        out[chosen] = part.flip(2) if n >= 4 else part
    return out


def fit_prior(
    network: Denoiser,
    images: Images,
    settings: PriorFit,
    checkpoint: Path | None = None,
    resume: bool = False,
    report: Callable[[str], None] = lambda text: None,
) -> PriorFitting:
    r"""Train until the budget is spent.

    Arguments:
        network: What is trained, in place; its mean image and `sigma_data` are set.
        images: Where images come from.
        settings: The settings.
        checkpoint: Where the state is kept, every half a minute.
        resume: Go on from `checkpoint` if it is there.
        report: Called with a line of progress every ten seconds.

    Returns:
        The finished run; its `average` is the network to use.
    """
    run = PriorFitting(network, settings)
    if resume and checkpoint is not None and checkpoint.exists():
        run.load(checkpoint)
        report(f"resumed at step {run.step}, {run.elapsed:.0f} s")
    generator = Generator().manual_seed(settings.seed + 1 + run.step)
    start, said, saved = time.monotonic() - run.elapsed, run.elapsed, run.elapsed
    while run.part < 1:
        run.advance(images(settings.batch, generator), generator)
        run.elapsed = time.monotonic() - start
        if run.elapsed - said > 10:
            said = run.elapsed
            report(f"{run.elapsed:6.0f} s of {settings.budget:.0f}  step {run.step}  "
                   f"loss {run.error:.4f}")  # fmt: skip
        if checkpoint is not None and run.elapsed - saved > 30:
            saved = run.elapsed
            run.save(checkpoint)
    if checkpoint is not None:
        run.save(checkpoint)
    run.average.eval()
    return run


def say(text: str) -> None:
    """Write a line of progress to the standard error."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
