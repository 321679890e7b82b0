r"""Training of a score of noise: data as a stream of patches, a clock, a checkpoint."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from astroviz.core.training import TrainingState
from astroviz.lensing.noise_network import NoiseNetwork, levels, matching_loss

__all__ = ["NoiseFit", "fit", "holdout_loss"]

_RATE, _CLIP, _DECAY = 3e-3, 1.0, 0.998
_WARM_UP = 50  # steps
_HIDDEN = 0.35  # part of the batch in which pixels are hidden

Stream = Callable[[int], tuple[Tensor, Tensor]]
"""A seed to clean noise and where it is known, (B, *size) each."""


@dataclass
class NoiseFit(TrainingState[NoiseNetwork]):
    r"""A network at work.

    Arguments:
        network: What is taught.
        budget: Seconds of training; the learning rate ends near zero when they are over.
        seed: Seed of data and noise.
    """

    network: NoiseNetwork
    budget: float
    seed: int = 0

    def __post_init__(self) -> None:
        self.average = copy.deepcopy(self.network).requires_grad_(False)
        self.optimiser = torch.optim.AdamW(self.network.parameters(), _RATE, weight_decay=1e-4)
        self.step, self.elapsed = 0, 0.0

    def rate(self) -> float:
        """A warm-up, then down to zero along a cosine of the time that was used."""
        share = min(self.elapsed / self.budget, 1.0)
        falling = 0.5 * (1 + torch.cos(torch.tensor(torch.pi * share)).item())
        return _RATE * min(1.0, (self.step + 1) / _WARM_UP) * (0.01 + 0.99 * falling)

    def advance(self, stream: Stream) -> float:
        """One step; returns its loss."""
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.step)
        noise, known = stream(self.seed * 1_000_003 + self.step)
        known = _hide(known, generator)
        sigma = levels(len(noise), self.network.scale, generator)
        loss = matching_loss(self.network, noise, known, sigma, generator)
        self.descend(loss, _CLIP, _DECAY)
        return float(loss.detach())


def _hide(known: Tensor, generator: torch.Generator) -> Tensor:
    """Hide blocks and single pixels in some of the batch, so that masks are met in training."""
    hidden = torch.rand(known.shape, generator=generator) < 0.04
    shape = (len(known), *(-(-n // 5) for n in known.shape[1:]))
    blocks = torch.rand(shape, generator=generator) < 0.08
    for axis in range(1, known.ndim):
        blocks = blocks.repeat_interleave(5, axis)
    blocks = blocks[tuple(slice(n) for n in known.shape)]
    asked = torch.rand(len(known), generator=generator) < _HIDDEN
    asked = asked.view(-1, *[1] * (known.ndim - 1))
    return known * ~((hidden | blocks) & asked)


def fit(
    run: NoiseFit,
    stream: Stream,
    checkpoint: Path | None = None,
    resume: bool = False,
    report: Callable[[str], None] = lambda text: None,
) -> NoiseFit:
    r"""Teach until the budget is used.

    Arguments:
        run: Network and clock.
        stream: The data.
        checkpoint: Where the state is kept, every half minute; None keeps none.
        resume: Go on from it, if it is there.
        report: Is told how it goes.
    """
    if resume and checkpoint is not None and checkpoint.is_file():
        run.load(checkpoint)
        report(f"resumed at step {run.step} after {run.elapsed:.0f} s")
    begun = time.monotonic() - run.elapsed
    said = kept = run.elapsed
    smooth = 0.0
    while run.elapsed < run.budget:
        loss = run.advance(stream)
        smooth = loss if run.step == 1 or not smooth else 0.98 * smooth + 0.02 * loss
        run.elapsed = time.monotonic() - begun
        if run.elapsed - said > 15:
            said = run.elapsed
            report(f"{said:6.0f} s of {run.budget:.0f}  step {run.step}  loss {smooth:.4f}")
        if checkpoint is not None and run.elapsed - kept > 30:
            kept = run.elapsed
            run.save(checkpoint)
    if checkpoint is not None:
        run.save(checkpoint)
    return run


def holdout_loss(
    network: NoiseNetwork, noise: Tensor, known: Tensor, sigma: float, seed: int = 0
) -> float:
    """The loss on noise that was kept from training, at one level in the noise's unit."""
    generator = torch.Generator().manual_seed(seed)
    with torch.inference_mode():
        level = torch.full((len(noise),), float(sigma))
        return float(matching_loss(network, noise, known, level, generator))
