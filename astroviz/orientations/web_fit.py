r"""Teaching the network of the web: one box a step, within a budget of time."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from astroviz.core.training import TrainingState
from astroviz.orientations.joint import scalar_noise
from astroviz.orientations.process import log_prob
from astroviz.orientations.web_lessons import Lesson, Moments, Pupils, moments, pupils
from astroviz.orientations.web_network import WebNetwork

__all__ = ["Fit", "Recipe", "fit", "gap"]

Report = Callable[[str], None]
_SAY, _SAVE = 15.0, 60.0  # seconds between two reports, and between two checkpoints


@dataclass(frozen=True)
class Recipe:
    r"""Settings of a training.

    Arguments:
        budget: Wall-clock time, seconds.
        galaxies: Galaxies asked about in a step.
        draws: Orientations of each that get noise; a quarter of them meet their noisy scalars
            as well.
        references: Orientations of each that make the target.
        rate: Peak learning rate.
        seed: Seed of the first weights and of all draws.
        decay: Decay of the averaged weights per step.
        network: Settings of `WebNetwork`.
    """

    budget: float = 1800.0
    galaxies: int = 512
    draws: int = 16
    references: int = 48
    rate: float = 2e-3
    seed: int = 0
    decay: float = 0.998
    network: dict[str, Any] = field(default_factory=dict)


class Fit(TrainingState[WebNetwork]):
    """A run that can stop and go on: weights, averaged weights, optimiser, clock."""

    def __init__(self, recipe: Recipe, first: Lesson, known: Moments) -> None:
        torch.manual_seed(recipe.seed)  # first weights only
        self.recipe = recipe
        sizes = (first.inputs.scalars.shape[1], first.inputs.tensors.shape[1])
        self.network = WebNetwork(*sizes, drawn=first.free.shape[1], **recipe.network)
        encoder = self.network.encoder
        for place, value in zip(
            (encoder.middle, encoder.spread, self.network.free_middle, self.network.free_spread),
            (*known.scalars, *known.free), strict=True,
        ):  # fmt: skip
            place.copy_(value)
        self.average = copy.deepcopy(self.network)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=recipe.rate, betas=(0.9, 0.98), weight_decay=1e-4
        )
        self.step, self.elapsed = 0, 0.0

    def rate(self) -> float:
        """Learning rate now: a short rise, then half a cosine over the time budget."""
        part = min(self.elapsed / self.recipe.budget, 1.0)
        rise = min(1.0, (self.step + 1) / 100)
        return self.recipe.rate * rise * (0.5 * (1 + math.cos(math.pi * part)) + 1e-3)

    def losses(self, one: Lesson, generator: torch.Generator) -> dict[str, Tensor]:
        """Terms of the loss for fresh orientations of some galaxies of a box."""
        asked = pupils(
            one, self.recipe.galaxies, self.recipe.draws, self.recipe.references, generator
        )
        inputs = one.inputs if self.network.sees else one.inputs.alone()
        encoded = self.network.encoder(inputs).rows(asked.rows)
        number = max(1, asked.sigma.shape[1] // 4)
        alone, joint = _columns(asked, slice(number, None)), _columns(asked, slice(0, number))
        bound = self.network.head.bind(encoded.repeat(alone.sigma.shape[1]))
        turn, _ = bound(alone.rotation.flatten(0, 1), alone.sigma.flatten())
        terms = {"turn": _turn_loss(turn, alone)}
        sigma = joint.sigma.flatten()
        free = (one.free[asked.rows] - self.network.free_middle) / self.network.free_spread
        clean = free.repeat_interleave(number, 0)
        tau = scalar_noise(sigma)[:, None]
        noise = torch.randn(clean.shape, generator=generator)
        x = clean + tau * noise
        bound = self.network.head.bind(encoded.repeat(number))
        turn, move = bound(joint.rotation.flatten(0, 1), sigma, x)
        terms["turn beside scalars"] = _turn_loss(turn, joint)
        # the error of the denoised scalars, in units of what a standard normal law leaves open
        error = (x + tau.square() * move - clean).square() * (1 + 1 / tau.square())
        terms["scalars"] = error.mean()
        return terms

    def advance(self, one: Lesson, generator: torch.Generator) -> dict[str, float]:
        """One optimiser step."""
        terms = self.losses(one, generator)
        total = terms["turn"] + 0.3 * terms["turn beside scalars"] + 0.3 * terms["scalars"]
        self.descend(total, clip=1.0, decay=self.recipe.decay)
        return {name: float(term.detach()) for name, term in terms.items()}


def fit(
    recipe: Recipe,
    lessons: Sequence[Lesson],
    checkpoint: Path,
    resume: bool = False,
    report: Report = lambda text: None,
    judge: Sequence[Lesson] = (),
) -> Fit:
    r"""Train until the budget is spent.

    Arguments:
        recipe: The settings.
        lessons: Boxes; one is taken at random in each step.
        checkpoint: Where the state is kept, every minute.
        resume: Go on from `checkpoint` if it is there.
        report: Called with lines of progress.
        judge: Boxes on which the gap to the true law is reported now and then.

    Returns:
        The finished run; `average` holds the weights to ship.
    """
    run = Fit(recipe, lessons[0], moments(lessons))
    if resume and checkpoint.exists():
        run.load(checkpoint)
        report(f"resumed at step {run.step}, {run.elapsed:.0f} s")
    generator = torch.Generator().manual_seed(recipe.seed + 1 + run.step)
    smooth: dict[str, float] = {}
    start, said, judged, saved = time.monotonic() - run.elapsed, 0.0, 0.0, 0.0
    while run.elapsed < recipe.budget:
        pick = int(torch.randint(len(lessons), (1,), generator=generator))
        for name, value in run.advance(lessons[pick], generator).items():
            smooth[name] = 0.98 * smooth.get(name, value) + 0.02 * value
        run.elapsed = time.monotonic() - start
        if run.elapsed - said > _SAY:
            said = run.elapsed
            report(_progress(run, smooth))
        if judge and run.elapsed - judged > max(60.0, recipe.budget / 10):
            judged = run.elapsed
            report(f"gap to the true law {gap(run.average, judge[:1])[0]:.4f} nats")
        if run.elapsed - saved > _SAVE:
            saved = run.elapsed
            run.save(checkpoint)
    run.save(checkpoint)
    return run


def _progress(run: Fit, terms: dict[str, float]) -> str:
    said = "  ".join(f"{name} {value:.4f}" for name, value in terms.items())
    return f"{run.elapsed:6.0f} s of {run.recipe.budget:.0f}  step {run.step}  {said}"


def gap(
    network: WebNetwork, lessons: Sequence[Lesson], number: int = 500, seed: int = 0,
    steps: int = 16,
) -> tuple[float, float]:  # fmt: skip
    r"""How much log likelihood the model gives away against the law that made the orientations.

    Arguments:
        network: The network.
        lessons: Boxes it was not taught.
        number: Galaxies of each box, an orientation each.
        seed: Seed of galaxies and orientations.
        steps: Runge-Kutta steps of the likelihood.

    Returns:
        Mean of the true log density minus the model's, and its standard error, nats.
    """
    found = []
    for k, one in enumerate(lessons):
        generator = torch.Generator().manual_seed(seed + k)
        rows = torch.randperm(len(one), generator=generator)[:number]
        rotation = one.law.sample(1, generator)[0]
        true = one.law.log_prob(rotation)[rows]
        with torch.no_grad():
            encoded = network.encoder(one.inputs if network.sees else one.inputs.alone())
            bound = network.head.bind(encoded.rows(rows))
            found.append(true - log_prob(lambda r, s: bound(r, s)[0], rotation[rows], steps))  # noqa: B023
    difference = torch.cat(found)
    return float(difference.mean()), float(difference.std() / len(difference) ** 0.5)


def _columns(asked: Pupils, part: slice) -> Pupils:
    return Pupils(asked.rows, asked.rotation[:, part], asked.sigma[:, part], asked.score[:, part])


def _turn_loss(score: Tensor, asked: Pupils) -> Tensor:
    error = (score - asked.score.flatten(0, 1)).square().sum(-1)
    return (asked.sigma.flatten().square() * error).mean()
