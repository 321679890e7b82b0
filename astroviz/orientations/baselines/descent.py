r"""One plain training loop for every baseline, so that a step means the same for each of them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

__all__ = ["Schedule", "batches", "cosine", "minimise", "staircase"]

Schedule = Callable[[float], float]


def cosine(done: float) -> float:
    """Factor of the learning rate: half a cosine over the run. `done` is 0 at its start."""
    return 0.5 * (1 + math.cos(math.pi * min(done, 1.0))) + 1e-3


def staircase(done: float) -> float:
    """Factor of the learning rate: 1, then 0.1 after a fifth, then 0.01 after seven tenths."""
    return 1.0 if done < 0.2 else 0.1 if done < 0.7 else 0.01


def batches(rotations: Tensor, size: int, generator: torch.Generator) -> Callable[[], Tensor]:
    r"""A source of batches drawn with replacement.

    Arguments:
        rotations: The data, shape :math:`(N, 3, 3)`.
        size: Rotations in a batch.
        generator: Source of the choice.

    Returns:
        Each call gives a batch, shape :math:`(B, 3, 3)`.
    """

    def draw() -> Tensor:
        return rotations[torch.randint(len(rotations), (size,), generator=generator)]

    return draw


def minimise(
    network: nn.Module,
    loss: Callable[[], Tensor],
    steps: int,
    rate: float = 1e-3,
    budget: float = math.inf,
    schedule: Schedule = cosine,
    decay: float = 0.999,
    warm: int = 200,
) -> int:
    r"""Adam until the steps or the seconds are spent; leaves the averaged weights in the network.

    Arguments:
        network: What is trained, in place.
        loss: Gives the loss of a fresh batch.
        steps: Number of steps.
        rate: Peak learning rate.
        budget: Wall-clock time, seconds; the schedule follows whichever ends first.
        schedule: Factor of the learning rate against the part of the run that is done.
        decay: Of the averaged weights, for each step; 0 keeps the last ones.
        warm: Steps over which the rate rises, at most a tenth of all.

    Returns:
        The number of steps that were made.
    """
    parameters = [p for p in network.parameters() if p.requires_grad]
    average = [p.detach().clone() for p in parameters]
    optimiser = torch.optim.Adam(parameters, lr=rate)
    begun, step, rise = time.monotonic(), 0, max(1, min(warm, steps // 10))
    while step < steps and (spent := time.monotonic() - begun) < budget:
        done = max(step / steps, spent / budget)
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / rise) * schedule(done)
        value = loss()
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 10.0)
        optimiser.step()
        step += 1
        _follow(average, parameters, min(decay, step / (step + 10.0)))
    with torch.no_grad():
        for own, mean in zip(parameters, average, strict=True):
            own.copy_(mean)
    return step


@torch.no_grad()
def _follow(average: Iterable[Tensor], parameters: Iterable[Tensor], decay: float) -> None:
    torch._foreach_lerp_(list(average), [p.detach() for p in parameters], 1 - decay)
