r"""The recipe of `astroviz train orientations/pose`: endless renders, a budget, checkpoints."""

from __future__ import annotations

import dataclasses
import hashlib
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from astroviz.core.training import TrainingState
from astroviz.orientations.pose_lessons import Lesson, Pictures, lesson, losses
from astroviz.orientations.pose_network import PoseNetwork

__all__ = ["PoseRecipe", "PoseTraining", "checkpoint_of", "train", "train_pose"]

Report = Callable[[str], None]
_WEIGHTS = {"score": 1.0, "moments": 3.0, "shape": 0.1}
_COARSE, _FINE = -1.5, -3.0  # mean of the logarithm of the noise scale, in rad
_MEASURING = 0.12  # of the budget, for the figures of the card


@dataclass(frozen=True)
class PoseRecipe:
    r"""Settings of a training run.

    Arguments:
        budget: Wall-clock time, seconds.
        batch: Pictures in a batch.
        poses: Noisy poses of each picture.
        rate: Peak learning rate.
        seed: Seed of renders, noise and first weights.
        decay: Decay of the averaged weights, for each step.
        store: Pictures that are kept to be seen again.
        network: Settings of `PoseNetwork`.
    """

    budget: float = 1500.0
    batch: int = 64
    poses: int = 6
    rate: float = 2e-3
    seed: int = 0
    decay: float = 0.998
    store: int = 8192
    network: dict[str, Any] = field(default_factory=dict)


class PoseTraining(TrainingState[PoseNetwork]):
    """A run that can stop and go on: weights, averaged weights, optimiser, clock."""

    def __init__(self, recipe: PoseRecipe, device: torch.device) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            self.network = PoseNetwork(**recipe.network).to(device)
        self.recipe, self.device = recipe, device
        self.average = PoseNetwork(**recipe.network).to(device)
        self.average.load_state_dict(self.network.state_dict())
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=recipe.rate, betas=(0.9, 0.98), weight_decay=1e-4
        )
        self.step, self.elapsed = 0, 0.0

    def rate(self) -> float:
        """Learning rate now: a short rise, then half a cosine over the time budget."""
        part = min(self.elapsed / self.recipe.budget, 1.0)
        rise = min(1.0, (self.step + 1) / 100)
        return self.recipe.rate * rise * (0.5 * (1 + math.cos(math.pi * part)) + 1e-3)

    def lesson(self, pictures: Pictures) -> Lesson:
        """A batch for now: coarse poses first, then finer and finer ones."""
        part = min(self.elapsed / self.recipe.budget, 1.0)
        centre = _COARSE + (_FINE - _COARSE) * part
        return lesson(pictures, self.recipe.batch, self.recipe.poses, centre)

    def advance(self, batch: Lesson) -> dict[str, float]:
        """One optimiser step."""
        moved = Lesson(
            *(getattr(batch, f.name).to(self.device) for f in dataclasses.fields(batch))
        )
        terms = losses(self.network, moved)
        total = torch.stack([_WEIGHTS[name] * term for name, term in terms.items()]).sum()
        self.descend(total, clip=2.0, decay=self.recipe.decay)
        return {name: float(term.detach()) for name, term in terms.items()}


def train_pose(
    recipe: PoseRecipe,
    checkpoint: Path,
    device: torch.device | None = None,
    resume: bool = False,
    report: Report = lambda text: None,
) -> PoseTraining:
    r"""Train until the budget is spent.

    Arguments:
        recipe: The settings.
        checkpoint: Where the state is kept, every minute.
        device: Where the network runs; pictures are rendered on the CPU.
        resume: Go on from `checkpoint` if it is there.
        report: Called with a line of progress, every ten seconds.

    Returns:
        The finished run; `average` holds the weights to ship.
    """
    run = PoseTraining(recipe, device or torch.device("cpu"))
    if resume and checkpoint.exists():
        run.load(checkpoint)
        report(f"resumed at step {run.step}, {run.elapsed:.0f} s")
    generator = torch.Generator().manual_seed(recipe.seed + 1 + run.step)
    start = time.monotonic() - run.elapsed
    pictures = Pictures(recipe.store, generator)
    smooth: dict[str, float] = {}
    said, saved = -math.inf, run.elapsed
    while run.elapsed < recipe.budget:
        for name, value in run.advance(run.lesson(pictures)).items():
            smooth[name] = 0.98 * smooth.get(name, value) + 0.02 * value
        run.elapsed = time.monotonic() - start
        if run.elapsed - said > 10:
            said = run.elapsed
            terms = "  ".join(f"{name} {value:.4f}" for name, value in smooth.items())
            report(f"{run.elapsed:6.0f} s of {recipe.budget:.0f}  step {run.step}  {terms}")
        if run.elapsed - saved > 60:
            saved = run.elapsed
            run.save(checkpoint)
    run.save(checkpoint)
    return run


def train(
    budget: float = 1500.0,
    device: str | torch.device = "auto",
    out: Path | None = None,
    smoke: bool = False,
    resume: bool = False,
) -> Path:
    r"""Rebuild `orientations/pose`.

    Arguments:
        budget: Wall-clock time in seconds, measuring and writing included.
        device: `auto`, `cpu`, `cuda`, `cuda:1` or `mps`.
        out: Folder of models; by default the checkout's, else the user's.
        smoke: A tiny model in seconds, to try the way from end to end.
        resume: Go on from the checkpoint of an earlier run for the same folder.

    Returns:
        The folder that was written.
    """
    from astroviz.core.device import resolve_device
    from astroviz.core.registry import writable_folder
    from astroviz.orientations.pose_card import write_pose

    place = (out or writable_folder()) / "orientations" / "pose"
    recipe = PoseRecipe(budget=budget * (1 - _MEASURING))
    if smoke:
        small = {"width": 32, "depth": 1, "channels": [8, 8, 16], "code": 32}
        recipe = dataclasses.replace(recipe, budget=min(budget, 4.0), batch=20, store=200,
                                     network=small)  # fmt: skip
    run = train_pose(recipe, checkpoint_of(place), resolve_device(device), resume, _say)
    write_pose(place, run, smoke)
    return place


def checkpoint_of(place: Path) -> Path:
    """Where the state of a training is kept: not beside the model, or it would be shipped."""
    from astroviz.core.folders import cache_folder

    name = hashlib.sha256(str(place.resolve()).encode()).hexdigest()[:12]
    return cache_folder() / "training" / f"{place.name}-{name}.part"


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
