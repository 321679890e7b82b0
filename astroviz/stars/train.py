r"""The recipe of `astroviz train stars`: online simulation, a time budget, checkpoints."""

from __future__ import annotations

import dataclasses
import hashlib
import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from astroviz.core.training import TrainingState
from astroviz.stars.batches import Batch, batches
from astroviz.stars.encoder import DEPENDENCIES
from astroviz.stars.network import StarsNetwork
from astroviz.stars.physics import Physics

__all__ = ["Recipe", "Training", "train", "train_network"]

Report = Callable[[str], None]
# of the budget
_SHARES = {
    "young": 0.5,
    "shortcut": 0.06,
    "joint": 0.16,
    "spectra": 0.2,
    "npe": 0.05,
    "road": 0.03,
}
_WEIGHTS = {"class": 0.3, "normal": 1.0, "flow": 1.0}


@dataclass(frozen=True)
class Recipe:
    r"""Settings of a training run.

    Arguments:
        budget: Wall-clock time, seconds.
        batch: Stars in a batch.
        copies: Times and noises drawn for each star.
        rate: Peak learning rate.
        seed: Seed of the simulator and of the first weights.
        decay: Decay of the averaged weights per step.
        sky: Weight of the observables' terms in the loss.
        masks: Whether each batch meets another dependency mask, so that all can be used.
        network: Settings of `StarsNetwork`.
        physics: Settings of `Physics`.
    """

    budget: float = 3600.0
    batch: int = 1024
    copies: int = 5
    rate: float = 1.5e-3
    seed: int = 0
    decay: float = 0.9992
    sky: float = 0.3
    masks: bool = False
    network: dict[str, Any] | None = None
    physics: dict[str, Any] | None = None


class Training(TrainingState[StarsNetwork]):
    """A run that can stop and go on: weights, averaged weights, optimiser, clock."""

    def __init__(self, recipe: Recipe, device: torch.device) -> None:
        torch.manual_seed(recipe.seed)  # first weights only
        self.recipe, self.device = recipe, device
        self.network = StarsNetwork(**(recipe.network or {})).to(device)
        self.average = StarsNetwork(**(recipe.network or {})).to(device)
        self.average.load_state_dict(self.network.state_dict())
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=recipe.rate, betas=(0.9, 0.98), weight_decay=1e-4
        )
        self.step, self.elapsed = 0, 0.0

    def rate(self) -> float:
        """Learning rate now: a short rise, then half a cosine over the time budget."""
        part = min(self.elapsed / self.recipe.budget, 1.0)
        rise = min(1.0, (self.step + 1) / 300)
        return self.recipe.rate * rise * (0.5 * (1 + math.cos(math.pi * part)) + 1e-3)

    def advance(self, batch: Batch) -> dict[str, float]:
        """One optimiser step."""
        if self.recipe.masks:
            self.network.encoder.listen(DEPENDENCIES[self.step % len(DEPENDENCIES)])
        terms = self.network.losses(
            batch.tokens, batch.z, batch.classes, batch.given, self.recipe.copies,
            batch.observables,
        )  # fmt: skip
        weighted = (_WEIGHTS.get(name, self.recipe.sky) * term for name, term in terms.items())
        total = sum(weighted, torch.zeros(()))
        self.descend(total, clip=1.0, decay=self.recipe.decay)
        return {name: float(term.detach()) for name, term in terms.items()}


def train_network(
    recipe: Recipe,
    checkpoint: Path,
    device: torch.device | None = None,
    resume: bool = False,
    report: Report = lambda text: None,
    stream: Callable[[int, Physics, torch.Generator], Iterator[Batch]] = batches,
    start_from: StarsNetwork | None = None,
) -> Training:
    r"""Train until the budget is spent.

    Arguments:
        recipe: The settings.
        checkpoint: Where the state is kept, every minute.
        device: Where the network runs; the simulator runs on the CPU.
        resume: Go on from `checkpoint` if it is there.
        report: Called with a line of progress, every ten seconds.
        stream: What the network is taught: `batches` or `questions`.
        start_from: A network whose weights are taken over.

    Returns:
        The finished run; `average` holds the weights to ship.
    """
    run = Training(recipe, device or torch.device("cpu"))
    if start_from is not None:
        for network in (run.network, run.average):
            adopt(network, start_from)
    if resume and checkpoint.exists():
        run.load(checkpoint)
        report(f"resumed at step {run.step}, {run.elapsed:.0f} s")
    generator = torch.Generator().manual_seed(recipe.seed + 1 + run.step)
    physics = Physics(**(recipe.physics or {}))
    source = stream(recipe.batch, physics, generator)
    smooth: dict[str, float] = {}
    start, said, saved = time.monotonic() - run.elapsed, 0.0, 0.0
    while run.elapsed < recipe.budget:
        for name, value in run.advance(next(source)).items():
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
    budget: float = 3600.0,
    device: str = "auto",
    out: Path | None = None,
    smoke: bool = False,
    resume: bool = False,
) -> Path:
    r"""Rebuild the models of the stars room; what `astroviz train stars` runs.

    Half of the budget goes to `stars/young`, 6 % to its few-step sampler, 16 % and 20 % to
    `stars/joint` and `stars/spectra`, which start from it, the rest to the baseline `stars/npe`
    and to the other rungs of the road, `stars/regression` and `stars/fmpe`.

    Arguments:
        budget: Wall-clock time in seconds, writing included.
        device: `auto`, `cpu`, `cuda`, `cuda:1` or `mps`.
        out: Folder of models; by default the checkout's, else the user's.
        smoke: A tiny model in seconds, to try the way from end to end.
        resume: Go on from the checkpoint of an earlier run for the same folder.

    Returns:
        The folder that was written.
    """
    from astroviz.core.registry import writable_folder

    folder = (out or writable_folder()) / "stars"
    recipe = Recipe(budget=min(budget, 8.0) if smoke else budget)
    if smoke:
        recipe = dataclasses.replace(recipe, batch=64)
    return _train_all(recipe, device, folder, smoke, resume)


def _train_all(recipe: Recipe, device: str, folder: Path, smoke: bool, resume: bool) -> Path:
    from astroviz.core.device import resolve_device
    from astroviz.stars.baseline import train_baseline
    from astroviz.stars.road import teach_road
    from astroviz.stars.siblings import SIBLINGS, finish, teach

    place = folder / "young"
    place.mkdir(parents=True, exist_ok=True)
    share = {name: part * recipe.budget for name, part in _SHARES.items()}
    main = dataclasses.replace(recipe, budget=share["young"] - 0.02 * recipe.budget)
    _say(f"checkpoint every minute: {checkpoint_of(place)}")
    run = train_network(main, checkpoint_of(place), resolve_device(device), resume, _say)
    finish(run, place, share["shortcut"], "young", smoke, resume, _say)
    for kind in SIBLINGS:
        _say(f"stars/{kind}")
        teach(kind, run.average.cpu(), recipe, share[kind], device, folder / kind, smoke, resume,
              _say)  # fmt: skip
    train_baseline(share["npe"], folder / "npe", recipe.seed, _say)
    teach_road(share["road"], folder, recipe.seed, _say)
    return folder


def with_shortcut(
    network: StarsNetwork, settings: dict[str, Any]
) -> tuple[StarsNetwork, dict[str, Any]]:
    """The same network with a few-step sampler that is still to be taught, and its settings."""
    settings = {**settings, "shortcut": True}
    grown = StarsNetwork(**settings)
    adopt(grown, network)
    return grown, settings


def adopt(network: StarsNetwork, other: StarsNetwork) -> None:
    """Take over the weights of another network, of all parts that both have."""
    own, theirs = network.state_dict(), other.state_dict()
    network.load_state_dict({name: theirs.get(name, value) for name, value in own.items()})


def checkpoint_of(place: Path) -> Path:
    """Where the state of a training is kept: not beside the model, or it would be shipped."""
    from astroviz.core.folders import cache_folder

    name = hashlib.sha256(str(place.resolve()).encode()).hexdigest()[:12]
    return cache_folder() / "training" / f"{place.name}-{name}.part"


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
