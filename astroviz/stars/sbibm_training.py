r"""Training on a task of the benchmark: recipes, optimisers, the weights that are kept."""

from __future__ import annotations

import math
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from astroviz.stars.joint_network import JointNetwork, condition_masks
from astroviz.stars.orthogonal import Orthogonal, split_parameters
from astroviz.stars.sbibm_tasks import Task

__all__ = ["RECIPES", "Recipe", "Report", "Training", "teach"]

_COPIES = 4  # times and noises of each held-out simulation
_LOOKS = 20  # how often the held-out simulations are looked at

Report = Callable[[str], None]


@dataclass(frozen=True)
class Recipe:
    r"""Settings of a training run.

    Arguments:
        steps: Optimiser steps.
        batch: Simulations in a batch.
        copies: Times and noises for each.
        rate: Peak learning rate.
        weight_decay: Weight decay.
        held_out: Share of the simulations that only tell which weights to keep.
        shares: See `condition_masks`.
        network: Settings of `JointNetwork`.
        minutes: About how long training and comparing 2,000 draws take on one core.
    """

    steps: int = 3000
    batch: int = 256
    copies: int = 4
    rate: float = 1e-3
    weight_decay: float = 1e-3
    held_out: float = 0.05
    shares: tuple[float, ...] = (0.4, 0.1, 0.1, 0.2, 0.2)
    network: dict[str, Any] = field(default_factory=dict)
    minutes: int = 5


RECIPES = {
    "two_moons": Recipe(
        steps=5000, batch=512, copies=2, rate=4e-3, shares=(0.15, 0.05, 0.05, 0.35, 0.4),
        network={"wide": 128, "blocks": 4}, minutes=10,
    ),
    "gaussian_linear": Recipe(steps=300, network={"wide": 32, "blocks": 2}, minutes=7),
    "gaussian_mixture": Recipe(steps=1500, rate=4e-3, network={"wide": 128}),
    "slcp": Recipe(
        steps=2000, copies=2, rate=4e-3, shares=(0.8, 0.05, 0.05, 0.05, 0.05),
        network={"wide": 128}, minutes=7,
    ),
}  # fmt: skip
"""Settings for each task with 10,000 simulations. The posterior of slcp is asked for alone, so
most of its training questions are that one."""


class Training:
    """A run: the network, its average over the steps, and the best average so far.

    Arguments:
        task: The task.
        simulations: How many simulations there are, held-out ones included.
        recipe: The settings.
        seed: Seed of the simulations, first weights and batches.
    """

    def __init__(self, task: Task, simulations: int, recipe: Recipe, seed: int) -> None:
        self.task, self.recipe = task, recipe
        self.generator = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed)  # first weights only
        theta, x = task.simulate(simulations, self.generator)
        table = torch.cat([theta, x], -1)
        aside = max(1, int(recipe.held_out * simulations))
        self.checks, self.table = table[:aside], table[aside:]
        self.network = self._build()
        self.average, self.best = deepcopy(self.network), deepcopy(self.network)
        self.lowest = math.inf
        self.optimisers = self._optimisers()

    def advance(self, step: int) -> float:
        """One optimiser step; the rate rises shortly, then falls as half a cosine."""
        recipe, network = self.recipe, self.network
        rise, part = min(1.0, (step + 1) / 100), step / recipe.steps
        for group in (g for optimiser in self.optimisers for g in optimiser.param_groups):
            group["lr"] = recipe.rate * rise * (0.5 * (1 + math.cos(math.pi * part)) + 1e-3)
        rows = torch.randint(len(self.table), (recipe.batch,), generator=self.generator)
        terms = self._terms(network, self.table[rows], recipe.copies, self.generator)
        loss = torch.stack(list(terms.values())).sum()
        network.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        for optimiser in self.optimisers:
            optimiser.step()
        decay = min(0.998, step / (step + 20))
        with torch.no_grad():
            torch._foreach_lerp_(
                list(self.average.parameters()), list(network.parameters()), 1 - decay
            )
        return float(loss.detach())

    @torch.no_grad()
    def look(self) -> float:
        """Held-out loss; the weights that did best are kept."""
        generator = torch.Generator().manual_seed(1)  # always the same noise
        terms = self._terms(self.average, self.checks, _COPIES, generator)
        score = sum(map(float, terms.values()))
        if score < self.lowest:
            self.best, self.lowest = deepcopy(self.average), score
        return score

    def _build(self) -> JointNetwork:
        network = JointNetwork(self.task.links, self.task.kinds, **self.recipe.network)
        network.adopt(self.table)
        return network

    def _optimisers(self) -> list[torch.optim.Optimizer]:
        recipe = self.recipe
        hidden, rest = split_parameters(self.network)
        adam = torch.optim.AdamW(
            rest, lr=recipe.rate, betas=(0.9, 0.98), weight_decay=recipe.weight_decay
        )
        return [adam, Orthogonal(hidden, recipe.rate)] if hidden else [adam]

    def _terms(
        self, network: JointNetwork, rows: Tensor, copies: int, generator: torch.Generator
    ) -> dict[str, Tensor]:
        task = self.task
        given = condition_masks(
            len(rows), task.parameters, task.size, self.recipe.shares, generator
        )
        return network.loss(rows, given, copies, generator)


def teach(task: Task, simulations: int, recipe: Recipe, seed: int,
          report: Report = lambda text: None) -> JointNetwork:  # fmt: skip
    """Train on simulations of a task; the weights with the best held-out loss are kept."""
    run = Training(task, simulations, recipe, seed)
    every = max(25, recipe.steps // _LOOKS)
    for step in range(recipe.steps):
        loss = run.advance(step)
        if (step + 1) % every == 0 or step + 1 == recipe.steps:
            report(
                f"{task.name}  step {step + 1} of {recipe.steps}  loss {loss:.4f}  "
                f"held out {run.look():.4f}"
            )
    return run.best
