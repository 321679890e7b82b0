r"""What models of complete photometry share: their context, their stars, their training.

Every rung of the road before `stars/young` is fed one fixed vector: the parallax, the ten
magnitudes of Gaia, 2MASS and WISE, and the eleven errors. What they are taught differs in the loss
alone.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from astroviz.core.cards import Card
from astroviz.core.registry import save_model
from astroviz.io.observations import State
from astroviz.stars.parameters import PARAMETERS, PRIOR_TEXT
from astroviz.stars.physics import Physics
from astroviz.stars.simulator import simulate

__all__ = [
    "CONTEXT",
    "INNER",
    "USED",
    "YOUNG",
    "DrawingNetwork",
    "Network",
    "complete_stars",
    "context_vector",
    "teach",
]

USED = slice(0, 11)  # parallax and the ten bands of Gaia, 2MASS and WISE
INNER = 6  # the excess is left out: these models do not know classes
CONTEXT = 22
YOUNG = (0.575, 0.425, 0.0, 0.0)  # the prior of young stars, disks included
_POOL, _PASSES, _BATCH, _RATE = 16384, 2, 512, 1.5e-3

Report = Callable[[str], None]


def context_vector(values: Tensor, errors: Tensor) -> Tensor:
    r"""Standardised observables and errors.

    Arguments:
        values: Observed values of complete stars, shape :math:`(N, 20)`, as in `QUANTITIES`.
        errors: Their errors, same shape and units.

    Returns:
        Shape :math:`(N, 22)`.
    """
    mags = (values[:, 1:11] - 13) / 4
    parallax = (values[:, :1].clamp(min=0.05)).log()
    return torch.cat([parallax, mags, (errors[:, USED].clamp(min=1e-4).log() + 3) / 2], 1)


class Network(nn.Module):
    """A network that is fed the context of complete photometry."""

    def loss(
        self, values: Tensor, errors: Tensor, z: Tensor, generator: torch.Generator
    ) -> Tensor:
        r"""Training loss of stars with normal scores `z`, shape :math:`(N, 6)`; a scalar."""
        raise NotImplementedError


class DrawingNetwork(Network):
    """A network that turns noise into draws of the posterior."""

    def transport(self, values: Tensor, errors: Tensor, noise: Tensor) -> Tensor:
        r"""Normal scores from standard normal noise, both of shape :math:`(N, K, 6)`."""
        raise NotImplementedError

    def log_prob(self, values: Tensor, errors: Tensor, z: Tensor) -> Tensor:
        r"""Log density of normal scores, shape :math:`(N, 6)`, of each star; shape (N,)."""
        raise NotImplementedError


def complete_stars(
    n: int, generator: torch.Generator, physics: Physics
) -> tuple[Tensor, Tensor, Tensor]:
    r"""About 0.6 `n` simulated young stars whose eleven observables were all measured.

    Returns:
        Values and errors, shape :math:`(N, 20)`, and normal scores, shape :math:`(N, 6)`.
    """
    stars = simulate(2 * n, generator, physics, YOUNG, pattern="all")
    whole = (stars.states[:, USED] == int(State.OBSERVED)).all(1)
    return stars.values[whole], stars.errors[whole], stars.z[whole][:, :INNER]


def teach(
    make: Callable[[], Network],
    name: str,
    folder: Path,
    budget: float,
    seed: int,
    report: Report,
    **told: Any,
) -> Card:
    r"""Train a network on complete simulated stars until the budget is spent, and write it.

    Arguments:
        make: Makes the network.
        name: The rung; the model is called `stars/<name>`.
        folder: `<models>/stars/<name>`.
        budget: Wall-clock time, seconds.
        seed: Seed of simulator and weights.
        report: Called with lines of progress.
        told: What its card says beyond what all these models share.
    """
    torch.manual_seed(seed)  # first weights only
    network, physics = make(), Physics()
    optimiser = torch.optim.AdamW(network.parameters(), lr=_RATE)
    generator = torch.Generator().manual_seed(seed + 1)
    start, said, step, smooth = time.monotonic(), 0.0, 0, math.nan
    for values, errors, z in _batches(generator, physics, _POOL if budget > 5 else 4 * _BATCH):
        elapsed = time.monotonic() - start
        if elapsed >= budget and step:
            break
        for group in optimiser.param_groups:
            group["lr"] = _RATE * (0.5 * (1 + math.cos(math.pi * min(elapsed / budget, 1))) + 1e-3)
        loss = network.loss(values, errors, z, generator)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        step += 1
        smooth = loss.item() if step == 1 else 0.99 * smooth + 0.01 * loss.item()
        if elapsed - said > 10:
            said = elapsed
            report(f"{name} {elapsed:6.0f} s of {budget:.0f}  step {step}  loss {smooth:.3f}")
    metrics = {"training_loss": round(smooth, 4), "steps": step}
    card = _card(name, metrics=metrics, seed=seed, training_time=_time(budget), **told)
    return save_model(folder, network.state_dict(), card)


def _batches(
    generator: torch.Generator, physics: Physics, pool: int
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Batches of stars, simulated many at a time; each star comes twice."""
    while True:
        values, errors, z = complete_stars(pool, generator, physics)
        for _ in range(_PASSES):
            for rows in torch.randperm(len(z), generator=generator).split(_BATCH):
                yield values[rows], errors[rows], z[rows]


def _card(name: str, **told: Any) -> Card:
    """The card of a model of complete photometry: what all of them share, and what is told."""
    inner = PARAMETERS[:INNER]
    return Card(
        name=f"stars/{name}",
        system="stars",
        data="The simulator of stars/young, stars with all eleven observables only.",
        prior="; ".join(f"{p.name}: {PRIOR_TEXT[p.name]}" for p in inner),
        units={p.name: p.unit for p in inner},
        licence="BSD-3-Clause",
        # one family: `open_baseline` opens all of them, by their rung
        config={"family": "npe", "rung": name},
        **told,
    )


def _time(budget: float) -> str:
    return f"{budget / 60:.1f} minutes, one core" if budget > 60 else f"{budget:.1f} seconds"
