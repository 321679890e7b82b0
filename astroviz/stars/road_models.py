r"""Two rungs of the road: a regression, and flow matching, both on complete photometry.

The regression is taught the mean squared error of the normal scores, so that its one point is
their posterior mean. The flow-matching model is the NPE's answer to the same question by other
means: a velocity field instead of splines, in the whitened coordinates of `flow`.

References:
    | Flow matching posterior estimation (Wildberger et al. 2023), https://arxiv.org/abs/2305.17161
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from astroviz.core.cards import Card, ModelError
from astroviz.core.registry import load_weights
from astroviz.core.solvers import solve, solve_log_det
from astroviz.io.observations import Observations, State
from astroviz.stars.complete import (
    CONTEXT,
    INNER,
    USED,
    DrawingNetwork,
    Network,
    context_vector,
    teach,
)
from astroviz.stars.complete_model import CompleteModel, CompletePosterior, DrawingModel
from astroviz.stars.features import featurise
from astroviz.stars.flow import Velocity, Whitener, flow_matching_loss
from astroviz.stars.network import Block
from astroviz.stars.parameters import PARAMETERS, to_theta

__all__ = ["FlowMatching", "PointModel", "Regression", "open_rung", "train_fmpe",
           "train_regression"]  # fmt: skip

_DISTANCE = 5
_STEPS = 8  # midpoint steps, two evaluations each
_PULL = 12.0  # standard deviations beyond which one odd star pulls no harder


class Regression(Network):
    r"""A multilayer perceptron from the context to one point.

    Arguments:
        hidden: Width of its three hidden layers.
    """

    def __init__(self, hidden: int = 224) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(CONTEXT, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(),
            nn.Linear(hidden, hidden), nn.SiLU(), nn.Linear(hidden, INNER),
        )  # fmt: skip

    def forward(self, values: Tensor, errors: Tensor) -> Tensor:
        r"""Expected normal scores, shape :math:`(N, 6)`."""
        found: Tensor = self.net(context_vector(values, errors))
        return found

    def loss(
        self, values: Tensor, errors: Tensor, z: Tensor, generator: torch.Generator
    ) -> Tensor:
        """Mean squared error, whose minimum is the posterior mean."""
        return (self(values, errors) - z).square().mean()


class FlowMatching(DrawingNetwork):
    r"""A velocity field over six parameters around a normal approximation of each posterior.

    Arguments:
        context: Length of the embedded context.
        hidden: Width of the hidden layers of embedding and whitening head.
        width: Width of the velocity network.
        blocks: Its number of residual blocks.
    """

    wanted: Tensor

    def __init__(
        self, context: int = 96, hidden: int = 160, width: int = 96, blocks: int = 3
    ) -> None:
        super().__init__()
        self.embed = nn.Sequential(
            nn.Linear(CONTEXT, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(),
            nn.Linear(hidden, context),
        )  # fmt: skip
        self.whitener = Whitener(context, INNER, hidden)
        self.velocity = Velocity(context, INNER, width, blocks)
        self.register_buffer("wanted", torch.ones(1, INNER, dtype=torch.bool), persistent=False)

    def forward(self, values: Tensor, errors: Tensor) -> Block:
        """What the flow of each star needs, computed once."""
        context = self.embed(context_vector(values, errors))
        wanted = self.wanted.expand(len(context), -1)
        # whatever the distance, its parallax says most of it, and how well it is known
        complete = torch.full(values.shape, int(State.OBSERVED), device=values.device)
        complete[:, USED.stop :] = int(State.NOT_COVERED)
        tokens = featurise(values, errors, complete)
        shift, scale = torch.zeros_like(context[:, :INNER]), torch.ones_like(context[:, :INNER])
        shift[:, _DISTANCE], scale[:, _DISTANCE] = tokens.distance_mean, tokens.distance_scale
        modulation = self.velocity.prepare(context, wanted)
        return Block(modulation, wanted, self.whitener(context, wanted), shift, scale)

    def loss(
        self, values: Tensor, errors: Tensor, z: Tensor, generator: torch.Generator
    ) -> Tensor:
        """The normal approximation's, and flow matching around it, which does not move it."""
        block = self(values, errors)
        w = block.whiten(z)
        normal = (0.5 * w.clamp(-_PULL, _PULL) ** 2).mean() - block.log_det().mean() / INNER
        target = w.detach().clamp(-_PULL, _PULL)
        return normal + flow_matching_loss(
            self.velocity, target, block.modulation, block.wanted, 2, generator
        )

    def transport(self, values: Tensor, errors: Tensor, noise: Tensor) -> Tensor:
        """See `DrawingNetwork`."""
        block = self(values, errors)
        solution = solve(self._field(block), noise, steps=_STEPS, method="midpoint")
        return block.unwhiten(solution.x)

    def log_prob(self, values: Tensor, errors: Tensor, z: Tensor) -> Tensor:
        """See `DrawingNetwork`: along the flow, with its exact divergence."""
        with torch.no_grad():
            block = self(values, errors)
            w = block.whiten(z)[:, None]
        solution = solve_log_det(self._field(block), w, steps=_STEPS, method="midpoint")
        base = torch.distributions.Normal(0.0, 1.0).log_prob(solution.x).sum(-1)
        assert solution.log_det is not None
        return (base + solution.log_det)[:, 0] + block.log_det()

    def _field(self, block: Block) -> Callable[[Tensor, Tensor], Tensor]:
        def velocity(t: Tensor, w: Tensor) -> Tensor:
            return self.velocity(w, t.reshape(1, 1, 1), block.modulation, block.wanted)

        return velocity


@dataclass(frozen=True, eq=False)
class PointModel(CompleteModel):
    """A regression: one point of each star, and no posterior."""

    def points(self, observations: Observations, rows: Sequence[int] | None = None) -> np.ndarray:
        r"""The points of complete stars.

        Arguments:
            observations: A table.
            rows: Which :math:`N` of its stars; all by default.

        Returns:
            Parameters in their units, shape :math:`(N, 6)`.
        """
        chosen = range(len(observations)) if rows is None else rows
        with torch.no_grad():
            z = self.network(*self.tensors(observations, list(chosen))).cpu()
        padded = torch.cat([z, z.new_zeros(len(z), len(PARAMETERS) - INNER)], -1)
        return to_theta(padded)[:, :INNER].numpy()

    def point(self, row: Any, index: int = 0) -> dict[str, float]:
        """The point of one star, which must be complete: parameter to value."""
        values = self.points(self.observe(row), [index])[0].tolist()
        return dict(zip((p.name for p in self.parameters), values, strict=True))

    def posterior(self, row: Any, index: int = 0) -> CompletePosterior:
        """There is none: a ValueError says what to use."""
        raise ValueError(
            f"{self.name} is a point regression and has no posterior: it gives one number for "
            "each parameter, without a width; use .point(row), or a model with a posterior, such "
            "as 'stars'"
        )

    def checks(self, seed: int = 0, quick: bool = False) -> list[dict[str, Any]]:
        """There are none: a ValueError says why."""
        raise ValueError(
            f"{self.name} is a point regression: without a width there is no calibration to check"
        )


def open_rung(card: Card, device: torch.device) -> CompleteModel:
    """Build the regression or the flow-matching model of a card."""
    rung = card.config.get("rung")
    if rung not in ("regression", "fmpe"):
        raise ModelError(f"{card.name} says it is {rung!r}, which this version cannot open")
    network: Network = Regression() if rung == "regression" else FlowMatching()
    network.load_state_dict(load_weights(card, "cpu"))
    network = network.eval().to(device)
    kind = PointModel if rung == "regression" else DrawingModel
    return kind(network, card, device)


def train_regression(
    budget: float, folder: Path, seed: int = 0, report: Callable[[str], None] = lambda text: None
) -> Card:
    """Train and write `stars/regression`; arguments as of `baseline.train_baseline`."""
    return teach(
        Regression, "regression", folder, budget, seed, report,
        title="First rung: regression to one point",
        what="One point for six parameters of one young star from complete Gaia, 2MASS and WISE "
        "photometry: the mean of their normal scores.",
        limits=[
            "A point has no width: it cannot say how well a parameter is known.",
            "It averages: where two answers fit, the point lies between them, where neither is.",
            "No gaps, no limits, no disk parameters, no classes.",
        ],
    )  # fmt: skip


def train_fmpe(
    budget: float, folder: Path, seed: int = 0, report: Callable[[str], None] = lambda text: None
) -> Card:
    """Train and write `stars/fmpe`; arguments as of `baseline.train_baseline`."""
    return teach(
        FlowMatching, "fmpe", folder, budget, seed, report,
        title="Third rung: flow matching on complete photometry",
        what="Six parameters of one young star from complete Gaia, 2MASS and WISE photometry.",
        limits="No gaps, no limits, no disk parameters, no classes: a rung to compare with.",
    )  # fmt: skip
