r"""A training loop with a clock: averaged weights, falling rate, checkpoints, progress."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from astroviz.core.training import TrainingState

__all__ = ["Fit", "Fitting", "fit", "say"]

Report = Callable[[str], None]


@dataclass(frozen=True)
class Fit:
    r"""Settings of a training.

    Arguments:
        budget: Wall-clock time, seconds.
        rate: Peak learning rate.
        warm_up: Steps in which it rises.
        decay: Decay of the averaged weights per step.
        clip: Largest norm of the gradient.
        steps: Stop after so many steps even if time is left; 0 for no such end.
    """

    budget: float = 180.0
    rate: float = 2e-3
    warm_up: int = 200
    decay: float = 0.999
    clip: float = 1.0
    steps: int = 0


class Fitting(TrainingState[nn.Module]):
    r"""A run that can stop and go on.

    Arguments:
        network: What is trained, in place.
        settings: The settings.
    """

    def __init__(self, network: nn.Module, settings: Fit) -> None:
        self.network, self.settings = network, settings
        self.average = deepcopy(network).requires_grad_(False)
        self.optimiser = torch.optim.Adam(network.parameters(), lr=settings.rate)
        self.step, self.elapsed, self.loss = 0, 0.0, math.nan

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
        return self.settings.rate * rise * (0.5 * (1 + math.cos(math.pi * self.part)) + 1e-3)

    def advance(self, loss: Tensor) -> None:
        """One step of the optimiser and of the averaged weights."""
        self.descend(loss, clip=self.settings.clip, decay=self.settings.decay)
        value = float(loss.detach())
        self.loss = value if math.isnan(self.loss) else 0.98 * self.loss + 0.02 * value


def fit(
    network: nn.Module,
    batches: Iterable[Any],
    loss: Callable[[nn.Module, Any], Tensor],
    settings: Fit,
    checkpoint: Path | None = None,
    resume: bool = False,
    report: Report = lambda text: None,
) -> Fitting:
    r"""Train until the budget is spent.

    Arguments:
        network: What is trained, in place.
        batches: Where batches come from.
        loss: Loss of the network for a batch.
        settings: The settings.
        checkpoint: Where the state is kept, every half a minute.
        resume: Go on from `checkpoint` if it is there.
        report: Called with a line of progress every ten seconds.

    Returns:
        The finished run; its `average` is the network to use.
    """
    run = Fitting(network, settings)
    if resume and checkpoint is not None and checkpoint.exists():
        run.load(checkpoint)
        report(f"resumed at step {run.step}, {run.elapsed:.0f} s")
    source = iter(batches)
    start, said, saved = time.monotonic() - run.elapsed, run.elapsed, run.elapsed
    while run.part < 1:
        run.advance(loss(run.network, next(source)))
        run.elapsed = time.monotonic() - start
        if run.elapsed - said > 10:
            said = run.elapsed
            report(
                f"{run.elapsed:6.0f} s of {settings.budget:.0f}  step {run.step}  "
                f"loss {run.loss:.4f}"
            )
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
