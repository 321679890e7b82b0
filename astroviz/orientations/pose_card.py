r"""Measures a trained pose network and writes `orientations/pose`, weights and card."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from astroviz.core.registry import Card, save_model
from astroviz.orientations import rotation_columns
from astroviz.orientations.pose_checks import measure
from astroviz.orientations.pose_lessons import SHARPEST
from astroviz.orientations.pose_model import PoseModel
from astroviz.orientations.solids import SHAPES

if TYPE_CHECKING:
    from astroviz.orientations.pose_network import PoseNetwork
    from astroviz.orientations.train_pose import PoseTraining

__all__ = ["packed", "residual_of", "write_pose"]

_WHAT = "The rotations that the solid in a picture of 32 x 32 pixels may have."
_DATA = (
    "Endless renders of our own of a tetrahedron, a cube, an icosahedron, a cone and a cylinder: "
    "32 x 32 pixels, orthographic, one light within a few degrees of a fixed direction, "
    "brightness within 10 %, noise of 0.02 in each pixel, poses uniform over SO(3)."
)
_LIMITS = [
    "It knows these five solids, filling the field as in its own renders, under its own light; "
    "a photograph of something else gets an answer too, with an `ood_score` above 1.",
    "Figures are for our own renders and are not comparable with those on SYMSOL pictures.",
]


def packed(network: PoseNetwork) -> dict[str, Tensor]:
    """The weights as shipped: half precision, the basis of the moments in single precision."""
    return {
        name: tensor if name.startswith("coupling") else tensor.half()
        for name, tensor in network.state_dict().items()
    }


def residual_of(model: PoseModel, number: int = 60, seed: int = 9) -> float:
    r"""The rms difference between a picture and its best redrawing that 98 % stay below."""
    plain = dataclasses.replace(model.card, config={**model.card.config, "residual": 1.0})
    judge = dataclasses.replace(model, card=plain)
    found = []
    for k in range(number):
        shown = judge.picture(SHAPES[k % len(SHAPES)], seed=1000 * seed + k)
        found.append(
            float(judge.posterior(shown).sample(48, seed=k, steps=10).extras["ood_score"])
        )
    return float(np.quantile(found, 0.98))


def write_pose(place: Path, run: PoseTraining, smoke: bool = False) -> Card:
    r"""Measure the averaged network of a run and write it.

    Arguments:
        place: The model's folder.
        run: The finished run.
        smoke: Measure on a handful of pictures only.

    Returns:
        The card as written.
    """
    network = run.average.cpu().eval().requires_grad_(False)
    tensors = packed(network)
    # what is measured is what is shipped: weights of half precision
    network.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    config: dict[str, Any] = {"network": "pose", "pose": network.config, "residual": 1.0,
                              "sharpest": SHARPEST}  # fmt: skip
    card = Card(
        name="orientations/pose", system="orientations", title="Pose of a solid from a picture",
        what=_WHAT, data=_DATA, prior="Uniform over SO(3); the five solids equally often.",
        units=dict(zip(rotation_columns.COLUMNS, rotation_columns.UNITS, strict=True)),
        limits=_LIMITS, seed=run.recipe.seed, licence="BSD-3-Clause",
        training_time=f"{run.elapsed / 60:.0f} minutes of a shared core, {run.step} steps of "
        f"{run.recipe.batch} pictures with {run.recipe.poses} noisy poses each",
        config=config,
    )  # fmt: skip
    model = PoseModel(card, network, torch.device("cpu"))
    number, draws = (4, 24) if smoke else (100, 64)
    shapes = {
        shape: measure(model, shape, number, draws, run.recipe.seed + 77).summary()
        for shape in SHAPES
    }
    config["residual"] = residual_of(model, 5 if smoke else 60)
    metrics = {"steps": run.step, "seconds": round(run.elapsed), "shapes": shapes}
    return save_model(place, tensors, dataclasses.replace(card, config=config, metrics=metrics))
