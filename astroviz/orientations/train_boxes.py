r"""Boxes for training and testing, and the demo box that is shipped.

Every seed is another universe: models are trained on some, chosen on others and tested on others
again. Boxes are kept in a folder under a name that holds everything they were made from.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch

from astroviz.core.registry import Card, find_model, load_weights, save_model
from astroviz.orientations.box import SCALES, Box, pack, unpack
from astroviz.orientations.conditions import LAW_SCALE, NEIGHBOUR_POWER, NEIGHBOUR_RADIUS
from astroviz.orientations.cosmic_web import make_box
from astroviz.orientations.cosmology import PLANCK15, Cosmology

__all__ = ["GRID", "MODEL", "SIZE", "TEST", "TRAINING", "VALIDATION", "box_path", "demo_box",
           "train", "training_boxes"]  # fmt: skip

SIZE, GRID = 75.0, 80
"""Side in Mpc/h and particles to a side of the boxes that models are trained on."""

TRAINING, VALIDATION, TEST = range(48), range(100, 102), range(200, 220)
"""Seeds."""

MODEL = "orientations/box"
"""Name of the shipped box among the models."""

_RECIPE = 3  # to be raised when the same arguments make another box
_DEMO: dict[str, Any] = {"size": SIZE, "grid": GRID, "seed": 500}  # a universe of its own
_SMOKE: dict[str, Any] = {"size": 40.0, "grid": 32, "seed": 500}


def training_boxes(
    seeds: Iterable[int],
    folder: Path | str,
    size: float = SIZE,
    grid: int = GRID,
    cosmology: Cosmology = PLANCK15,
    progress: Callable[[float], None] | None = None,
    check: Callable[[], None] | None = None,
    seconds: float | None = None,
) -> list[Box]:
    r"""Boxes of some seeds: read where they are there, made and kept where not.

    Arguments:
        seeds: One box for each.
        folder: Where boxes are kept; made if it is not there.
        size: Side, Mpc/h.
        grid: Particles to a side.
        cosmology: The universe.
        progress: Called with the share done, 0 to 1.
        check: As of `make_box`.
        seconds: After this time no further box is begun: fewer boxes come back, one at least.

    Returns:
        The boxes in the order of the seeds.
    """
    wanted, start = list(seeds), time.monotonic()
    boxes: list[Box] = []
    for n, seed in enumerate(wanted):
        late = seconds is not None and time.monotonic() - start > seconds
        if late and boxes:
            break
        path = box_path(folder, seed, size, grid, cosmology)
        if path.is_file():
            boxes.append(Box.load(path))
        else:
            boxes.append(make_box(size, grid, seed, cosmology, check=check))
            boxes[-1].save(path)
        if progress is not None:
            progress((n + 1) / len(wanted))
    return boxes


def box_path(
    folder: Path | str,
    seed: int,
    size: float = SIZE,
    grid: int = GRID,
    cosmology: Cosmology = PLANCK15,
) -> Path:
    """Where a box is kept: the name says seed and grid, and a hash of all that it is made from."""
    recipe = {"recipe": _RECIPE, "size": float(size), "grid": grid,
              "law": [LAW_SCALE, NEIGHBOUR_POWER, NEIGHBOUR_RADIUS], "scales": SCALES,
              **dataclasses.asdict(cosmology)}  # fmt: skip
    mark = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:8]
    return Path(folder) / f"box_{grid}_{mark}_{seed:03d}.safetensors"


def demo_box() -> Box:
    """The box that is shipped, in a moment."""
    card = find_model(MODEL)
    tensors = {name: tensor.numpy() for name, tensor in load_weights(card).items()}
    return unpack(tensors, json.loads(str(card.extra["about"])))


def train(
    budget: float, device: torch.device | str, out: Path, smoke: bool = False, resume: bool = False
) -> Path:
    r"""Make the demo box and write it as `orientations/box`.

    Arguments:
        budget: Not asked: the box takes seconds, a minute on a busy machine.
        device: Not asked: a box is made on the CPU, so that it is the same everywhere.
        out: The folder of models.
        smoke: Make a tiny box only.
        resume: Nothing to resume.

    Returns:
        The folder of the box.
    """
    start = time.monotonic()
    box = make_box(**(_SMOKE if smoke else _DEMO))
    tensors, about = pack(box)
    folder = Path(out) / MODEL
    minutes = (time.monotonic() - start) / 60
    save_model(
        folder, {key: torch.from_numpy(array) for key, array in tensors.items()},
        _card(box, about, minutes, smoke),
    )  # fmt: skip
    return folder


def _card(box: Box, about: dict[str, Any], minutes: float, smoke: bool) -> Card:
    recipe = _SMOKE if smoke else _DEMO
    return Card(
        name=MODEL,
        system="orientations",
        kind="tables",
        title="A universe in a box",
        what="Haloes, galaxies, their tidal fields and orientations from a known law, in a "
        f"periodic cube of {box.size:g} Mpc/h at redshift zero.",
        data="Made from nothing but its arguments: linear power spectrum (Eisenstein & Hu 1998), "
        f"{recipe['grid']}^3 particles, a dozen particle-mesh steps, friends-of-friends haloes.",
        units={"position": "Mpc / littleh", "velocity": "km / s", "mass": "solMass / littleh",
               "radius": "Mpc / littleh", "log_mass": "log10 solMass", "log_size": "log10 kpc",
               "colour": "mag"},
        limits=["Gravity only. Stellar masses, sizes, colours, diskyness and axis ratios are "
                "stand-ins, shaped like observed relations.",
                "The law of the orientations is ours: its directions are those of the literature, "
                "its strengths are not measured.",
                "Large scales are missing: the box is small."],
        metrics={"haloes": len(box.haloes), "galaxies": len(box.galaxies)},
        seed=box.seed,
        training_time=f"{minutes:.1f} minutes on one core",
        licence="BSD-3-Clause",
        config=recipe,
        extra={"about": json.dumps(about)},
    )  # fmt: skip
