r"""The recipe of `astroviz train orientations/densities`: one small network for each density."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from astroviz.orientations.densities import SHEETS, density
from astroviz.orientations.densities_card import write
from astroviz.orientations.fitting import Fit, Fitting, fit, say
from astroviz.orientations.process import log_prob
from astroviz.orientations.score import ScoreNetwork
from astroviz.orientations.targets import Lessons, NoiseLaw, score_loss, stream

__all__ = ["RECIPES", "TRAINING_SET", "Recipe", "anchor", "gap", "gaps", "teach", "train"]

TRAINING_SET = 200_000
"""Rotations that a network may learn from, as in the published comparison."""

_SEED = 0
_TEST_SEED = 90_000
_ANCHOR_SHARE = 0.02  # of the budget, at most


# Laws with modes 0.07 to 0.09 rad wide change so little below this scale that the likelihood
# loses 0.001 nats, less than learning the last octave costs.
_FLOOR, _SPREAD = 0.02, 0.07


@dataclass(frozen=True)
class Recipe:
    r"""How the network of one density is taught.

    Arguments:
        share: Part of the budget.
        width: Units of each hidden layer.
        depth: Number of hidden layers.
        noise: Law of the noise: where likelihoods count, the scales of the modes are met often.
        floor: Scale below which the score is taken as that at it, radians.
        spread: Width of the modes, radians; 0 for laws on surfaces.
    """

    share: float
    width: int = 256
    depth: int = 4
    noise: NoiseLaw = "flat"
    floor: float = 0.0
    spread: float = 0.0


RECIPES: dict[str, Recipe] = {
    "checkerboard": Recipe(0.07),
    "gauss4": Recipe(0.07),
    "stripes": Recipe(0.07),
    "tetrahedron": Recipe(0.08, depth=5, noise="modes", floor=_FLOOR),
    "cube": Recipe(0.10, depth=5, noise="modes", floor=_FLOOR),
    "icosahedron": Recipe(0.14, depth=5, noise="modes", floor=_FLOOR, spread=_SPREAD),
    "mixture16": Recipe(0.15, depth=5, noise="modes", floor=_FLOOR),
    "mixture32": Recipe(0.16, depth=5, noise="modes", floor=_FLOOR),
    "mixture64": Recipe(0.16, depth=5, noise="modes", floor=_FLOOR),
}


def teach(
    name: str,
    budget: float,
    checkpoint: Path | None = None,
    resume: bool = False,
    smoke: bool = False,
    device: torch.device | None = None,
    network: nn.Module | None = None,
) -> Fitting:
    r"""Train the network of one density.

    Arguments:
        name: The density.
        budget: Wall-clock time, seconds, the drawing of the training set included.
        checkpoint: Where the state is kept.
        resume: Go on from there.
        smoke: A tiny network.
        device: Where the network runs.
        network: Another network to teach the same way, for a comparison.

    Returns:
        The finished run; `average` is the network.
    """
    start = time.monotonic()
    place = device or torch.device("cpu")
    recipe = RECIPES[name]
    config: dict[str, float] = {"width": recipe.width, "depth": recipe.depth}
    config = {
        **config,
        **({"width": 32, "depth": 2} if smoke else {}),
        "floor": recipe.floor,
        "spread": recipe.spread,
    }
    if network is None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(_SEED)  # first weights only
            network = ScoreNetwork(config)
    network = network.to(place)
    generator = torch.Generator().manual_seed(_SEED + 1)
    data = density(name).sample(2000 if smoke else TRAINING_SET, generator)
    lessons = Lessons(law=recipe.noise)
    if smoke:
        lessons = Lessons(batch=64, references=256, law=recipe.noise)

    def loss(model: nn.Module, batch: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        noisy, sigma, wanted = (part.to(place) for part in batch)
        return score_loss(model(noisy, sigma), wanted, sigma)

    settings = Fit(budget=max(0.5, budget - (time.monotonic() - start)))
    return fit(
        network, stream(data, generator, lessons), loss, settings, checkpoint, resume,
        lambda text: say(f"{name}: {text}"),
    )  # fmt: skip


def gap(network: nn.Module, name: str, number: int = 1500, steps: int = 20) -> tuple[float, float]:
    r"""How much less likely fresh data are to the network than to the law they come from.

    Arguments:
        network: The score.
        name: A density that has a log density.
        number: Fresh rotations; both are evaluated at the same ones.
        steps: Runge-Kutta steps of the flow.

    Returns:
        Mean difference in nats, and its standard error.
    """
    law = density(name)
    rotation = law.sample(number, torch.Generator().manual_seed(_TEST_SEED))
    found = [log_prob(network, part, steps) for part in rotation.split(500)]
    difference = law.log_prob(rotation) - torch.cat(found)
    return float(difference.mean()), float(difference.std() / number**0.5)


def train(
    budget: float = 3600.0,
    device: str = "auto",
    out: Path | None = None,
    smoke: bool = False,
    resume: bool = False,
) -> Path:
    r"""Rebuild `orientations/densities`.

    Arguments:
        budget: Wall-clock time, seconds.
        device: `auto`, `cpu`, `cuda`, `cuda:1` or `mps`.
        out: Folder of models; by default the checkout's, else the user's.
        smoke: Tiny networks in seconds.
        resume: Go on from the checkpoints of an earlier run for the same folder.

    Returns:
        The folder of the model.
    """
    from astroviz.core.device import resolve_device
    from astroviz.core.registry import writable_folder

    folder = (out or writable_folder()) / "orientations" / "densities"
    whole = min(budget, 9.0) if smoke else 0.9 * budget
    runs = {}
    for name, recipe in RECIPES.items():
        runs[name] = teach(
            name, recipe.share * whole, checkpoint_of(folder, name), resume, smoke,
            resolve_device(device),
        )  # fmt: skip
    networks = {name: run.average.cpu() for name, run in runs.items()}
    anchors = {
        name: anchor(name, budget=_ANCHOR_SHARE * whole, steps=2 * runs[name].step)
        for name in SHEETS
    }
    metrics = {} if smoke else gaps(networks)
    write(folder, networks, anchors, metrics, f"{whole / 60:.0f} minutes on one core", _SEED)
    return folder


def anchor(name: str, steps: int, budget: float = math.inf) -> nn.Module:
    r"""The baseline that reads the rotation vector, taught by its own recipe on the same data.

    Arguments:
        name: The density.
        steps: Steps of 512 rotations; twice as many as ours show it as many rotations.
        budget: At most this many seconds.

    Returns:
        The network.
    """
    from astroviz.orientations.baselines.anchor import Anchor

    generator = torch.Generator().manual_seed(_SEED + 1)
    data = density(name).sample(TRAINING_SET, generator)
    found: nn.Module = Anchor().fit(data, max(1, steps), generator, budget=budget).network
    return found


def gaps(networks: Mapping[str, nn.Module]) -> dict[str, float]:
    """The likelihood gap of each network whose law has a density, and its error, in nats."""
    found = {}
    for name, network in networks.items():
        if density(name).law is not None:
            value, error = gap(network, name)
            found[f"{name}: log-likelihood gap, nat"] = round(value, 4)
            found[f"{name}: its standard error, nat"] = round(error, 4)
    return found


def checkpoint_of(folder: Path, name: str) -> Path:
    """Where the state of a training is kept: not beside the model, or it would be shipped."""
    from astroviz.core.folders import cache_folder

    key = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
    return cache_folder() / "training" / f"densities-{name}-{key}.part"
