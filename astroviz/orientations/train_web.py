r"""The recipe of `astroviz train orientations/web`: boxes, the network, and its ablation.

Two networks are taught on the same boxes: the one that is used, whose galaxies send each other
messages, and one that differs in nothing but that it sees no neighbour, to tell what the messages
are worth.
"""

from __future__ import annotations

import dataclasses
import hashlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from astroviz.core.registry import Card, save_model
from astroviz.orientations.box import SCALES, Box
from astroviz.orientations.scalars import NAMES, UNITS
from astroviz.orientations.shift import Reference, features_of_box
from astroviz.orientations.train_boxes import GRID, SIZE, TRAINING, VALIDATION, training_boxes
from astroviz.orientations.web_fit import Fit, Recipe, fit, gap
from astroviz.orientations.web_inputs import RADIUS
from astroviz.orientations.web_lessons import Lesson, lesson

__all__ = ["BOXES", "NETWORK", "box_folder", "train"]

BOXES = TRAINING
"""Seeds of the boxes that are learned from; fewer where the time is short."""

NETWORK: dict[str, Any] = {
    "features": 48, "heads": 4, "layers": 2, "frames": 5, "context": 64, "width": 128,
    "blocks": 3, "radius": RADIUS,
}  # fmt: skip
"""Settings of the network; the ablation differs in `layers = 0`."""

_SHARES = {"boxes": 0.2, "graph": 0.5, "alone": 0.22}  # of the budget; the rest is the card's
_SMOKE = {"size": 40.0, "grid": 32}
_LIMITS = [
    "It knows the law of our own simulator (boxes of 75 Mpc/h, particle mesh, Planck 2015, "
    "redshift zero) and no law of nature: for other simulations train it on theirs.",
    "Masses, sizes, colours, diskyness and axis ratios in the boxes are labelled stand-ins.",
    "Haloes lighter than 20 particles (1.4e12 Msun/h) are missing around every galaxy.",
]


def train(
    budget: float = 2400.0,
    device: str | torch.device = "auto",
    out: Path | None = None,
    smoke: bool = False,
    resume: bool = False,
) -> Path:
    r"""Rebuild `orientations/web`.

    Arguments:
        budget: Wall-clock time in seconds, making of boxes included; boxes that were made
            before are read.
        device: Not asked: the network is small and is taught on the CPU.
        out: Folder of models; by default the checkout's, else the user's.
        smoke: A tiny model in seconds, to try the way from end to end.
        resume: Go on from the checkpoints of an earlier run for the same folder.

    Returns:
        The folder that was written.
    """
    from astroviz.core.registry import writable_folder

    place = (out or writable_folder()) / "orientations" / "web"
    boxes, unseen = _boxes(budget, smoke)
    lessons, judges = ([lesson(box, RADIUS) for box in part] for part in (boxes, unseen))
    _say(f"{len(lessons)} boxes, {sum(map(len, lessons))} galaxies")
    recipe = Recipe(network=NETWORK)
    if smoke:
        small = {**NETWORK, "features": 16, "width": 48, "blocks": 2}
        recipe = Recipe(network=small, galaxies=64, draws=8)
        budget = min(budget, 10.0)
    runs: dict[str, Fit] = {}
    for name, layers in (("graph", NETWORK["layers"]), ("alone", 0)):
        _say(f"network {name!r}; checkpoint every minute: {_checkpoint(place, name)}")
        own = dataclasses.replace(
            recipe, budget=_SHARES[name] * budget, network={**recipe.network, "layers": layers}
        )
        runs[name] = fit(own, lessons, _checkpoint(place, name), resume, _say, judges)
    write(place, runs, judges, reference_of(boxes), len(boxes))
    return place


def write(
    place: Path, runs: dict[str, Fit], judges: list[Lesson], known: Reference, boxes: int
) -> None:
    """Write weights and card of the networks that were taught."""
    tensors: dict[str, torch.Tensor] = {}
    metrics: dict[str, float] = {}
    for name, run in runs.items():
        network = run.average.eval()
        tensors |= {f"{name}.{key}": value for key, value in network.state_dict().items()}
        given, error = gap(network, judges, number=1000)
        metrics |= {f"gap_{name}": round(given, 4), f"gap_{name}_error": round(error, 4),
                    f"steps_{name}": run.step}  # fmt: skip
    for key, value in known.tensors().items():
        tensors[f"reference.{key}"] = torch.as_tensor(np.asarray(value, dtype=np.float32))
    save_model(place, tensors, _card(runs, boxes, metrics, known.names))


def reference_of(boxes: list[Box]) -> Reference:
    """What the galaxies of the training boxes look like."""
    found = [features_of_box(box) for box in boxes]
    return Reference.fit([features for features, _ in found], found[0][1])


def box_folder() -> Path:
    """Where the boxes are kept between trainings."""
    from astroviz.core.folders import cache_folder

    return cache_folder() / "boxes"


def _boxes(budget: float, smoke: bool) -> tuple[list[Box], list[Box]]:
    """Boxes to learn from, and unseen ones."""
    settings: dict[str, Any] = dict(_SMOKE) if smoke else {"size": SIZE, "grid": GRID}
    limit = 5.0 if smoke else _SHARES["boxes"] * budget
    judges = training_boxes(list(VALIDATION)[: 1 if smoke else None], box_folder(), **settings)
    boxes = training_boxes(BOXES[: 2 if smoke else None], box_folder(), seconds=limit, **settings)
    return boxes, judges


def _card(
    runs: dict[str, Fit], boxes: int, metrics: dict[str, float], names: tuple[str, ...]
) -> Card:
    minutes = sum(run.elapsed for run in runs.values()) / 60
    return Card(
        name="orientations/web",
        system="orientations",
        title="Orientations of galaxies in the cosmic web",
        what="The orientation of a galaxy (and its axis ratios, size and colour) given the tidal "
        "field around it and its neighbours, by diffusion on SO(3).",
        data=f"{boxes} boxes of {SIZE:g} Mpc/h of our own simulator, {GRID}^3 particles each. "
        "Orientations are drawn afresh in every step, several for the same galaxy, as only a "
        "simulator can; looks of galaxies are drawn once.",
        prior="Uniform over SO(3) where nothing is known of the environment.",
        units={"longitude": "deg", "latitude": "deg", "tilt": "deg", "q_x": "", "q_y": "",
               "q_z": "", "q_w": "", **dict(zip(NAMES, UNITS, strict=True))},
        limits=_LIMITS,
        metrics=metrics,
        seed=0,
        training_time=f"{minutes:.0f} minutes on one core of a shared machine, boxes not counted",
        licence="BSD-3-Clause",
        default=True,
        config={
            "network": "web",
            "graph": runs["graph"].recipe.network,
            "alone": runs["alone"].recipe.network,
            "scales": list(SCALES),
            "reference": list(names),
            "validation_seeds": list(VALIDATION),
        },
    )  # fmt: skip


def _checkpoint(place: Path, name: str) -> Path:
    """Where the state of a training is kept: not beside the model, or it would be shipped."""
    from astroviz.core.folders import cache_folder

    mark = hashlib.sha256(str(place.resolve()).encode()).hexdigest()[:12]
    return cache_folder() / "training" / f"web-{name}-{mark}.part"


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
