r"""Draw from a network trained on a task and compare with the reference posteriors."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from astroviz.stars.joint_network import JointNetwork
from astroviz.stars.sbibm_moons import draw_moons
from astroviz.stars.sbibm_tasks import OBSERVATIONS, TASKS, Task, read_reference
from astroviz.stars.sbibm_training import RECIPES, Recipe, Report, teach

__all__ = ["draw_posterior", "measure", "published_share"]

_CONDITIONALS_GOAL = 0.55
_POINTS = 3  # simulations whose conditionals are compared

Distance = Callable[[np.ndarray, np.ndarray], float]


def draw_posterior(
    network: JointNetwork, task: Task, observation: Tensor, n: int, seed: int
) -> Tensor:
    r"""Draws of the parameters, shape :math:`(n, P)`; those outside the prior are drawn again."""
    values = torch.cat([torch.zeros(task.parameters), observation])
    given = torch.arange(task.size) >= task.parameters
    return _draw(network, task, values, given, n, seed)[:, : task.parameters]


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
    recipe = recipe or RECIPES[name]
    report(f"{name}  takes about {recipe.minutes} minutes on one core with 2,000 draws")
    network = teach(task, simulations, recipe, seed, report)
    trained = time.perf_counter() - start
    found = []
    for number in observations:
        observation, reference = read_reference(wheel, name, number)
        own = draw_posterior(network, task, observation, draws, seed + number)
        found.append(distance(reference[:draws].numpy(), own.numpy()))
        report(f"{name}  observation {number}  C2ST {found[-1]:.3f}")
    mean = float(np.mean(found))
    figures: dict[str, Any] = {
        "task": name, "simulations": simulations, "seed": seed, "draws": draws,
        "c2st": [round(value, 4) for value in found], "mean": round(mean, 4),
        "goal": task.goal, "goal_reached": mean <= task.goal,
        "stretch": task.stretch, "stretch_reached": mean <= task.stretch,
        "published_10k": task.published,
        "ratio": {key: round(mean / value, 3) for key, value in task.published.items()},
    }  # fmt: skip
    if name == "two_moons":
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
    points = torch.cat(task.simulate(_POINTS, generator), -1)
    names = ("theta1", "theta2", "x1", "x2")
    found: dict[str, float] = {}
    published = 0.0
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
        published += published_share(given, task.parameters) * found[word]
        report(f"two_moons  given {word}  C2ST {found[word]:.3f}")
    mean = float(np.mean(list(found.values())))
    return {
        "given": found, "points": _POINTS, "mean": round(mean, 4), "largest": max(found.values()),
        "goal": _CONDITIONALS_GOAL, "goal_reached": mean <= _CONDITIONALS_GOAL,
        "mean_published_masks": round(published, 4), "published_10k": {"simformer": 0.526},
    }  # fmt: skip


def published_share(given: Tensor, parameters: int) -> float:
    r"""How often Simformer's evaluation asks this question.

    Joint, posterior, likelihood, and random masks with 0.3 and with 0.7 are a fifth each; a mask
    that leaves nothing to ask counts as the joint distribution. A plain mean over all masks, in
    contrast, is mostly over narrow conditionals of one or two variables.

    Arguments:
        given: Which variables are given, shape (D,), bool.
        parameters: The first so many variables are parameters.
    """
    size, told = len(given), int(given.sum())
    share = sum(odds**told * (1 - odds) ** (size - told) for odds in (0.3, 0.7))
    if told == 0:
        return 0.2 * (1 + share + 0.3**size + 0.7**size)
    data = torch.arange(size) >= parameters
    return 0.2 * (share + torch.equal(given, data) + torch.equal(given, ~data))
