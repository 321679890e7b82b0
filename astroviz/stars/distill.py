r"""Training of the few-step sampler: jumps learned from the flow's own trajectories."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor

from astroviz.core.solvers import solve
from astroviz.stars.batches import Batch, batches
from astroviz.stars.network import Block, StarsNetwork
from astroviz.stars.physics import Physics
from astroviz.stars.sampler import DEFAULT_STEPS
from astroviz.stars.shortcut import Shortcut, distillation_loss

__all__ = ["Distillation", "distil", "trajectories"]

_DRAWS = 4  # trajectories of each star
_PAIRS = 4  # pairs of times of each trajectory
_RATE = 1e-3
_DECAY = 0.998


def trajectories(network: StarsNetwork, block: Block, start: Tensor, steps: int) -> Tensor:
    r"""The flow's solution at equal times, shape :math:`(T + 1, N, K, D)`.

    Arguments:
        network: The trained network.
        block: The flow of :math:`N` stars.
        start: Noise, shape :math:`(N, K, D)`.
        steps: Number :math:`T` of midpoint steps.
    """

    def velocity(t: Tensor, w: Tensor) -> Tensor:
        return network.velocity(w, t.reshape(1, 1, 1), block.modulation, block.wanted)

    points = [start]
    for k in range(steps):
        part = solve(velocity, points[-1], steps=1, start=k / steps, stop=(k + 1) / steps)
        points.append(part.x)
    return torch.stack(points)


class Distillation:
    """A run that can stop and go on; the flow itself does not change."""

    def __init__(self, network: StarsNetwork, budget: float) -> None:
        if network.shortcut is None:
            raise ValueError("this network has no shortcut: build it with shortcut=True")
        self.network, self.budget = network.eval(), budget
        self.student: Shortcut = network.shortcut
        self.student.start_from(network.velocity)
        self.average = {k: v.clone() for k, v in self.student.state_dict().items()}
        self.optimiser = torch.optim.AdamW(self.student.parameters(), lr=_RATE, weight_decay=0.0)
        self.step, self.elapsed = 0, 0.0

    def advance(self, batch: Batch, generator: torch.Generator) -> float:
        """One optimiser step; its loss."""
        with torch.no_grad():
            context = self.network.encoder(batch.tokens)
            young = (batch.classes < 2).nonzero()[:, 0]
            tokens = batch.tokens.rows(young)
            disk = batch.classes[young] == 1
            block = self.network.parameters_block(context[young], tokens, disk, batch.given[young])
            noise = torch.randn(len(young), _DRAWS, self.student.field.size, generator=generator)
            path = trajectories(self.network, block, noise, DEFAULT_STEPS)
        part = min(self.elapsed / self.budget, 1.0)
        for group in self.optimiser.param_groups:
            rise = min(1.0, (self.step + 1) / 50)
            group["lr"] = _RATE * rise * (0.5 * (1 + math.cos(math.pi * part)) + 1e-3)
        known = torch.cat([context[young], disk.to(context)[:, None]], -1)
        modulation = self.student.prepare(known, block.wanted)
        loss = distillation_loss(self.student, path, modulation, block.wanted, _PAIRS, generator)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.student.parameters(), 1.0)
        self.optimiser.step()
        self.step += 1
        decay = min(_DECAY, self.step / (self.step + 10))
        for name, value in self.student.state_dict().items():
            self.average[name].lerp_(value, 1 - decay)
        return float(loss.detach())

    def save(self, path: Path) -> None:
        """Write a checkpoint; the old one stays until the new one is whole."""
        path.parent.mkdir(parents=True, exist_ok=True)
        state = {
            "student": self.student.state_dict(), "average": self.average,
            "optimiser": self.optimiser.state_dict(), "step": self.step, "elapsed": self.elapsed,
        }  # fmt: skip
        part = path.with_suffix(".new")
        torch.save(state, part)
        part.replace(path)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint."""
        state = torch.load(path, weights_only=True)
        self.student.load_state_dict(state["student"])
        self.average = state["average"]
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.elapsed = state["step"], state["elapsed"]


def distil(
    network: StarsNetwork,
    budget: float,
    seed: int,
    physics: Physics,
    checkpoint: Path,
    resume: bool = False,
    report: Callable[[str], None] = lambda text: None,
    size: int = 512,
    stream: Callable[[int, Physics, torch.Generator], Iterator[Batch]] = batches,
) -> Distillation:
    r"""Teach the network's shortcut; its averaged weights are in place afterwards.

    Arguments:
        network: A trained network with a shortcut.
        budget: Wall-clock time, seconds.
        seed: Seed of the simulated stars and of the noise.
        physics: Physics of the simulator.
        checkpoint: Where the state is kept, every minute.
        resume: Go on from `checkpoint` if it is there.
        report: Called with a line of progress, every ten seconds.
        size: Stars in a batch.
        stream: The questions of the batches: `batches` or `questions`.
    """
    run = Distillation(network, budget)
    if resume and checkpoint.exists():
        run.load(checkpoint)
    generator = torch.Generator().manual_seed(seed + 101 + run.step)
    source = stream(size, physics, generator)
    start, said, saved, smooth = time.monotonic() - run.elapsed, 0.0, 0.0, 0.0
    while run.elapsed < budget:
        loss = run.advance(next(source), generator)
        smooth = 0.98 * smooth + 0.02 * loss if run.step > 1 else loss
        run.elapsed = time.monotonic() - start
        if run.elapsed - said > 10:
            said = run.elapsed
            report(f"{said:6.0f} s of {budget:.0f}  shortcut, step {run.step}  {smooth:.5f}")
        if run.elapsed - saved > 60:
            saved = run.elapsed
            run.save(checkpoint)
    run.save(checkpoint)
    run.student.load_state_dict(run.average)
    return run
