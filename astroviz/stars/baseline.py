r"""The classic baseline: neural posterior estimation with a spline flow, complete photometry only.

What the field starts from: one normalizing flow conditioned on a fixed vector of eleven
observables and their errors. It is here to be compared with, and it says so when a star has gaps.

References:
    | Neural spline flows (Durkan et al. 2019), https://arxiv.org/abs/1906.04032
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
import zuko
from torch import Tensor, nn

from astroviz.core.cards import Card
from astroviz.core.registry import load_weights
from astroviz.stars.complete import CONTEXT, INNER, DrawingNetwork, context_vector, teach
from astroviz.stars.complete_model import CompleteModel, DrawingModel

__all__ = ["Baseline", "BaselineModel", "open_baseline", "train_baseline"]

BaselineModel = CompleteModel


class Baseline(DrawingNetwork):
    r"""A neural spline flow over six parameters.

    Arguments:
        hidden: Width of the hidden layers.
        transforms: Number of spline transforms.
    """

    def __init__(self, hidden: int = 96, transforms: int = 4) -> None:
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(CONTEXT, 128), nn.SiLU(), nn.Linear(128, 48))
        self.flow = zuko.flows.NSF(
            INNER, context=48, transforms=transforms, hidden_features=(hidden, hidden), bins=8
        )

    def forward(self, values: Tensor, errors: Tensor) -> zuko.distributions.NormalizingFlow:
        """The posterior of normal scores of a batch of stars."""
        return self.flow(self.embed(context_vector(values, errors)))

    def log_prob(self, values: Tensor, errors: Tensor, z: Tensor) -> Tensor:
        """See `DrawingNetwork`."""
        found: Tensor = self(values, errors).log_prob(z)
        return found

    def loss(
        self, values: Tensor, errors: Tensor, z: Tensor, generator: torch.Generator
    ) -> Tensor:
        """Negative log probability of the truth."""
        return -self.log_prob(values, errors, z).mean()

    def transport(self, values: Tensor, errors: Tensor, noise: Tensor) -> Tensor:
        """See `DrawingNetwork`; the flow's base distribution is the standard normal one."""
        found: Tensor = self(values, errors).transform.inv(noise.transpose(0, 1))
        return found.transpose(0, 1)


def train_baseline(
    budget: float, folder: Path, seed: int = 0, report: Callable[[str], None] = lambda text: None
) -> Card:
    r"""Train on complete simulated stars and write the model.

    Arguments:
        budget: Wall-clock time, seconds.
        folder: `<models>/stars/npe`.
        seed: Seed of simulator and weights.
        report: Called with lines of progress.
    """
    return teach(
        Baseline, "npe", folder, budget, seed, report,
        title="Baseline: spline flow on complete photometry",
        what="Six parameters of one young star from complete Gaia, 2MASS and WISE photometry.",
        limits="No gaps, no limits, no disk parameters, no classes: a baseline to compare with.",
    )  # fmt: skip


def open_baseline(card: Card, device: torch.device) -> BaselineModel:
    """Build the model of a card: the baseline, or another rung of complete photometry."""
    rung = card.config.get("rung", "npe")
    if rung != "npe":
        from astroviz.stars.road_models import open_rung

        return open_rung(card, device)
    network = Baseline()
    network.load_state_dict(load_weights(card, "cpu"))
    return DrawingModel(network.eval().to(device), card, device)
