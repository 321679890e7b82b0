r"""Train on a task of the benchmark and compare with its reference posteriors."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from astroviz.stars.factors import FactorNetwork, follow_factors
from astroviz.stars.joint_network import JointNetwork, condition_masks
from astroviz.stars.sbibm_moons import draw_moons
from astroviz.stars.sbibm_tasks import OBSERVATIONS, TASKS, Task, read_reference

__all__ = ["RECIPES", "Recipe", "Training", "draw_posterior", "measure", "teach"]

_COPIES = 4  # times and noises of each held-out simulation
_LOOKS = 20  # how often the held-out simulations are looked at
_CONDITIONALS_GOAL = 0.55
_JOINT_DRAWS = 2  # simulations whose conditionals are compared

_POPULATION = 8_000  # at least

Network = JointNetwork | FactorNetwork
Report = Callable[[str], None]
Distance = Callable[[np.ndarray, np.ndarray], float]


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
        factors: Whether the posterior comes from learned factors of exchangeable points.
        network: Settings of `JointNetwork`, or of `FactorNetwork`.
    """

    steps: int = 3000
    batch: int = 256
    copies: int = 4
    rate: float = 1e-3
    weight_decay: float = 1e-3
    held_out: float = 0.05
    shares: tuple[float, ...] = (0.4, 0.1, 0.1, 0.2, 0.2)
    factors: bool = False
    network: dict[str, Any] = field(default_factory=dict)


RECIPES = {
    "two_moons": Recipe(steps=3000, network={"wide": 256}),
    "gaussian_linear": Recipe(steps=300, network={"wide": 32, "blocks": 2}),
    "gaussian_mixture": Recipe(steps=1500, network={"wide": 192}),
    "slcp": Recipe(steps=8000, rate=2e-3, factors=True),
}
"""Settings for each task with 10,000 simulations."""


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
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=recipe.rate, betas=(0.9, 0.98),
            weight_decay=recipe.weight_decay,
        )  # fmt: skip

    def advance(self, step: int) -> float:
        """One optimiser step; the rate rises shortly, then falls as half a cosine."""
        recipe, network = self.recipe, self.network
        rise, part = min(1.0, (step + 1) / 100), step / recipe.steps
        for group in self.optimiser.param_groups:
            group["lr"] = recipe.rate * rise * (0.5 * (1 + math.cos(math.pi * part)) + 1e-3)
        rows = torch.randint(len(self.table), (recipe.batch,), generator=self.generator)
        terms = self._terms(network, self.table[rows], recipe.copies, self.generator)
        loss = torch.stack(list(terms.values())).sum()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        self.optimiser.step()
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

    def _build(self) -> Network:
        if self.recipe.factors:
            factors = FactorNetwork(
                self.task.parameters, self.task.data // self.task.points, **self.recipe.network
            )
            factors.adopt(self._points(self.table))
            return factors
        network = JointNetwork(self.task.links, self.task.kinds, **self.recipe.network)
        network.adopt(self.table)
        return network

    def _terms(
        self, network: Network, rows: Tensor, copies: int, generator: torch.Generator
    ) -> dict[str, Tensor]:
        task = self.task
        if isinstance(network, FactorNetwork):
            theta = rows[:, : task.parameters] / (task.bound or 1.0)
            return network.loss(theta, self._points(rows), generator)
        given = condition_masks(
            len(rows), task.parameters, task.size, self.recipe.shares, generator
        )
        return network.loss(rows, given, copies, generator)

    def _points(self, rows: Tensor) -> Tensor:
        return rows[:, self.task.parameters :].unflatten(1, (self.task.points, -1))


def teach(task: Task, simulations: int, recipe: Recipe, seed: int,
          report: Report = lambda text: None) -> Network:  # fmt: skip
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


def draw_posterior(network: Network, task: Task, observation: Tensor, n: int, seed: int) -> Tensor:
    r"""Draws of the parameters, shape :math:`(n, P)`; those outside the prior are drawn again."""
    if isinstance(network, FactorNetwork):
        return _draw_by_factors(network, task, observation, n, seed)
    values = torch.cat([torch.zeros(task.parameters), observation])
    given = torch.arange(task.size) >= task.parameters
    return _draw(network, task, values, given, n, seed)[:, : task.parameters]


def _draw_by_factors(
    network: FactorNetwork, task: Task, observation: Tensor, n: int, seed: int
) -> Tensor:
    """By the normal approximation of the factors first, then weighted by their flow."""
    generator = torch.Generator().manual_seed(seed)
    points = observation.view(task.points, -1)
    start = 2 * torch.rand(max(2 * n, _POPULATION), task.parameters, generator=generator) - 1
    people = follow_factors(
        lambda z: network.log_prob(z, points), start, lambda z: (z.abs() <= 1).all(-1), generator
    )
    more = network.log_prob(people, points, steps=8) - network.log_prob(people, points)
    weight = (more - more.max()).double().exp()
    chosen = torch.multinomial(weight, n, generator=generator)
    return people[chosen] * (task.bound or 1.0)


def _draw(
    network: JointNetwork, task: Task, values: Tensor, given: Tensor, n: int, seed: int
) -> Tensor:
    """Draws of all variables, shape (n, D)."""
    generator = torch.Generator().manual_seed(seed)
    kept: list[Tensor] = []
    while sum(map(len, kept)) < n:
        drawn = network.draw(values, given, n, generator)
        kept.append(drawn[task.inside(drawn[:, : task.parameters])])
    return torch.cat(kept)[:n]


def measure(
    name: str, wheel: Path, distance: Distance, *, simulations: int = 10_000, seed: int = 0,
    draws: int = 2_000, report: Report = lambda text: None,
    observations: Sequence[int] = OBSERVATIONS, recipe: Recipe | None = None,
) -> dict[str, Any]:  # fmt: skip
    r"""Train on a task and compare with the reference posteriors of its observations.

    Arguments:
        name: Name of the task.
        wheel: The archive of the `sbibm` package.
        distance: The two-sample test, called with reference and own draws.
        simulations: How many simulations there are.
        seed: Seed of everything.
        draws: Draws of each that are compared, 10,000 at most.
        report: Called with lines of progress.
        observations: Numbers of the observations.
        recipe: Settings; by default those of the task.

    Returns:
        What `astroviz bench sbibm --json` prints for the task.
    """
    task, start = TASKS[name], time.perf_counter()
    network = teach(task, simulations, recipe or RECIPES[name], seed, report)
    trained = time.perf_counter() - start
    found = []
    for number in observations:
        observation, reference = read_reference(wheel, name, number)
        own = draw_posterior(network, task, observation, draws, seed + number)
        found.append(distance(reference[:draws].numpy(), own.numpy()))
        report(f"{name}  observation {number}  C2ST {found[-1]:.3f}")
    mean = float(np.mean(found))
    figures: dict[str, Any] = {
        "task": name, "way": "factors" if isinstance(network, FactorNetwork) else "flow",
        "simulations": simulations, "seed": seed, "draws": draws,
        "c2st": [round(value, 4) for value in found], "mean": round(mean, 4),
        "goal": task.goal, "goal_reached": mean <= task.goal,
        "stretch": task.stretch, "stretch_reached": mean <= task.stretch,
        "published_10k": task.published,
        "ratio": {key: round(mean / value, 3) for key, value in task.published.items()},
    }  # fmt: skip
    if name == "two_moons" and isinstance(network, JointNetwork):
        figures["all_conditionals"] = _conditionals(network, distance, seed, draws, report)
    figures["training_seconds"] = round(trained, 1)
    figures["seconds"] = round(time.perf_counter() - start, 1)
    return figures


def _conditionals(
    network: JointNetwork, distance: Distance, seed: int, draws: int, report: Report
) -> dict[str, Any]:
    """C2ST of every conditional of two_moons, the joint distribution included."""
    task = TASKS["two_moons"]
    generator = torch.Generator().manual_seed(seed + 1_000_000)  # not those of the training
    points = torch.cat(task.simulate(_JOINT_DRAWS, generator), -1)
    names = ("theta1", "theta2", "x1", "x2")
    found: dict[str, float] = {}
    for pattern in itertools.product((False, True), repeat=4):
        given = torch.tensor(pattern)
        if given.all():
            continue
        word = ",".join(n for n, told in zip(names, pattern, strict=True) if told) or "nothing"
        values = []
        for k, point in enumerate(points if any(pattern) else points[:1]):
            exact = draw_moons(point, given, draws, generator)[:, ~given]
            own = _draw(network, task, point, given, draws, seed + k)[:, ~given]
            values.append(distance(exact.numpy(), own.numpy()))
        found[word] = round(float(np.mean(values)), 4)
        report(f"two_moons  given {word}  C2ST {found[word]:.3f}")
    mean = float(np.mean(list(found.values())))
    return {
        "given": found, "mean": round(mean, 4), "largest": max(found.values()),
        "goal": _CONDITIONALS_GOAL, "goal_reached": mean <= _CONDITIONALS_GOAL,
        "published_10k": {"simformer": 0.526},
    }  # fmt: skip
