r"""The card of `orientations/densities`, and the file it goes with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from astroviz.core.cards import Card
from astroviz.core.registry import save_model
from astroviz.orientations.process import HIGHEST, LOWEST
from astroviz.orientations.score import ScoreNetwork

__all__ = ["write"]

_LIMITS = [
    "Checkerboard, four Gaussians and stripes lie on surfaces: the networks know them smoothed "
    "by a kernel of 0.01 rad, and their likelihood means nothing.",
    "Scales of noise from 0.01 to 3 rad; the law at 3 rad is taken as uniform, which is wrong by "
    "less than 4 parts in 10,000.",
    "Draws take 39 evaluations of the network; with fewer, narrow modes come out too wide.",
    "The likelihood gaps in the metrics are those of this training; those above 0.03 nats would "
    "fall with more steps.",
    "Laws of rotations made for testing: nothing here is about galaxies.",
]


def write(
    folder: Path,
    networks: Mapping[str, nn.Module],
    anchors: Mapping[str, nn.Module],
    metrics: Mapping[str, Any],
    training_time: str,
    seed: int = 0,
) -> Card:
    r"""Write weights (in half precision) and card.

    Arguments:
        folder: `<models>/orientations/densities`.
        networks: A trained `ScoreNetwork` for each density.
        anchors: An `AnchorNetwork` for those that have one to compare with.
        metrics: Measured figures.
        training_time: Time that the training took, in words.
        seed: Seed of the training.

    Returns:
        The card as written.
    """
    tensors = {
        f"{kind}.{name}.{key}": value.half()
        for kind, found in (("ours", networks), ("anchor", anchors))
        for name, network in found.items()
        for key, value in network.state_dict().items()
    }
    configs = {n: dict(net.config) for n, net in networks.items() if isinstance(net, ScoreNetwork)}
    card = Card(
        name="orientations/densities",
        system="orientations",
        title="Known densities on SO(3)",
        what="Scores of nine known laws of rotations, by diffusion on SO(3): checkerboard, four "
        "Gaussians, three stripes, the symmetries of three solids, and mixtures of 16, 32 and 64 "
        "modes. They draw, run both ways, and give exact likelihoods.",
        data="200,000 rotations drawn from each law by `orientations.densities`. Definitions: "
        "Jagvaral et al. 2024, arXiv 2312.11707; De Bortoli et al. 2022, arXiv 2202.02763; modes "
        "of solids 5 deg wide.",
        prior="uniform rotations at the scale of 3 rad",
        units={"longitude": "deg", "latitude": "deg", "tilt": "deg", "log_prob": "nat"},
        limits=_LIMITS,
        metrics=metrics,
        seed=seed,
        training_time=training_time,
        licence="BSD-3-Clause (weights)",
        config={
            "network": "densities",
            "networks": configs,
            "anchors": {name: _shape(network) for name, network in anchors.items()},
            "scales": [LOWEST, HIGHEST],
        },
    )
    return save_model(folder, tensors, card)


def _shape(network: nn.Module) -> dict[str, int]:
    """Settings of a plain perceptron, from its layers."""
    layers = [module for module in network.modules() if isinstance(module, nn.Linear)]
    return {"width": layers[0].out_features, "depth": len(layers) - 1}
