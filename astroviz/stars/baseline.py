r"""The classic baseline: neural posterior estimation with a spline flow, complete photometry only.

What the field starts from: one normalizing flow conditioned on a fixed vector of eleven
observables and their errors. It is here to be compared with, and it says so when a star has gaps.

References:
    | Neural spline flows (Durkan et al. 2019), https://arxiv.org/abs/1906.04032
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import zuko
from torch import Tensor, nn

from astroviz.core.cards import Card
from astroviz.core.draws import Draws
from astroviz.core.registry import load_weights, save_model
from astroviz.core.request import Chunk, Control, Request
from astroviz.io.observations import Observations, State
from astroviz.stars.parameters import PARAMETERS, PRIOR_TEXT, to_theta
from astroviz.stars.physics import Physics
from astroviz.stars.sampler import chunk_sizes
from astroviz.stars.simulator import simulate
from astroviz.stars.surveys import QUANTITIES

__all__ = ["Baseline", "BaselineModel", "open_baseline", "train_baseline"]

_USED = slice(0, 11)  # parallax and the ten bands of Gaia, 2MASS and WISE
_INNER = 6  # the excess is left out: the flow does not know classes


def _context(values: Tensor, errors: Tensor) -> Tensor:
    """Standardised observables and errors, shape (N, 22)."""
    mags = (values[:, 1:11] - 13) / 4
    parallax = (values[:, :1].clamp(min=0.05)).log()
    return torch.cat([parallax, mags, (errors[:, _USED].clamp(min=1e-4).log() + 3) / 2], 1)


class Baseline(nn.Module):
    r"""A neural spline flow over six parameters.

    Arguments:
        hidden: Width of the hidden layers.
        transforms: Number of spline transforms.
    """

    def __init__(self, hidden: int = 96, transforms: int = 4) -> None:
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(22, 128), nn.SiLU(), nn.Linear(128, 48))
        self.flow = zuko.flows.NSF(
            _INNER, context=48, transforms=transforms, hidden_features=(hidden, hidden), bins=8
        )

    def forward(self, values: Tensor, errors: Tensor) -> torch.distributions.Distribution:
        """The posterior of normal scores of a batch of stars."""
        found: torch.distributions.Distribution = self.flow(self.embed(_context(values, errors)))
        return found


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
    torch.manual_seed(seed)
    network, physics = Baseline(), Physics()
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3)
    generator = torch.Generator().manual_seed(seed + 1)
    start, said, step, loss = time.monotonic(), 0.0, 0, torch.zeros(())
    while (elapsed := time.monotonic() - start) < budget:
        values, errors, z = _complete(16384, generator, physics)
        for rows in torch.randperm(len(z), generator=generator).split(512):
            part = (time.monotonic() - start) / budget
            for group in optimiser.param_groups:
                group["lr"] = 1e-3 * (0.5 * (1 + math.cos(math.pi * min(part, 1.0))) + 1e-3)
            loss = -network(values[rows], errors[rows]).log_prob(z[rows]).mean()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            step += 1
        if elapsed - said > 10:
            said = elapsed
            report(f"baseline {elapsed:6.0f} s of {budget:.0f}  step {step}  loss {loss:.3f}")
    card = Card(
        name="stars/npe", system="stars", title="Baseline: spline flow on complete photometry",
        what="Six parameters of one young star from complete Gaia, 2MASS and WISE photometry.",
        data="The simulator of stars/young, stars with all eleven observables only.",
        prior="; ".join(f"{p.name}: {PRIOR_TEXT[p.name]}" for p in PARAMETERS[:_INNER]),
        units={p.name: p.unit for p in PARAMETERS[:_INNER]},
        limits="No gaps, no limits, no disk parameters, no classes: a baseline to compare with.",
        metrics={"training_loss": round(float(loss.detach()), 4), "steps": step}, seed=seed,
        training_time=f"{budget / 60:.0f} minutes", licence="BSD-3-Clause",
        config={"family": "npe"},
    )  # fmt: skip
    return save_model(folder, network.state_dict(), card)


def _complete(
    n: int, generator: torch.Generator, physics: Physics
) -> tuple[Tensor, Tensor, Tensor]:
    """Stars that all eleven observables were measured of."""
    stars = simulate(2 * n, generator, physics, (0.575, 0.425, 0.0, 0.0), pattern="all")
    whole = (stars.states[:, _USED] == int(State.OBSERVED)).all(1)
    return stars.values[whole], stars.errors[whole], stars.z[whole][:, :_INNER]


def open_baseline(card: Card, device: torch.device) -> BaselineModel:
    """Build the baseline of a card."""
    network = Baseline()
    network.load_state_dict(load_weights(card, "cpu"))
    return BaselineModel(network.eval().to(device), card, device)


@dataclass(frozen=True, eq=False)
class BaselineModel:
    r"""The baseline behind the same doors as the model it is compared with."""

    network: Baseline
    card: Card
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    parameters = PARAMETERS[:_INNER]
    derived = ()
    quantities = QUANTITIES

    @property
    def name(self) -> str:
        """Name in `astroviz.load`."""
        return self.card.name

    def posterior(self, row: Observations, index: int = 0) -> BaselinePosterior:
        """The posterior of one row of `Observations`, which must be complete."""
        return BaselinePosterior(self, row, index)

    def columns(self, request: Request | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names and units of the columns of draws."""
        return tuple(p.name for p in self.parameters), tuple(p.unit for p in self.parameters)

    def batch_key(self, request: Request) -> Hashable:
        """Requests for the same number of draws run together."""
        return (self.name, id(self), request.n)

    def draw(
        self, requests: Sequence[Request], device: torch.device, control: Control
    ) -> Iterator[Sequence[Chunk | None]]:
        """Answer requests together."""
        for size in chunk_sizes(requests[0].n):
            control.check()
            chunks = [self._chunk(request, size) for request in requests]
            yield chunks

    def _chunk(self, request: Request, size: int) -> Chunk:
        # zuko draws from the global generator: forked, so that nobody else's numbers change
        with torch.random.fork_rng(devices=[]), torch.inference_mode():
            torch.manual_seed(request.seed + size)
            values, errors = (
                torch.from_numpy(np.asarray(request.inputs[name])).float()[None].to(self.device)
                for name in ("values", "errors")
            )
            z = self.network(values, errors).sample((size,))[:, 0].cpu()
        padded = torch.cat([z, torch.zeros(size, len(PARAMETERS) - _INNER)], -1)
        return Chunk(to_theta(padded)[:, :_INNER].numpy())


@dataclass(frozen=True, eq=False)
class BaselinePosterior:
    """What the baseline believes of one star."""

    model: BaselineModel
    observations: Observations
    index: int = 0

    def request(self, n: int, seed: int = 0, **options: Any) -> Request:
        """The question; a star with gaps is refused with a sentence."""
        states = self.observations.states[self.index][_USED]
        if (states != State.OBSERVED).any():
            absent = [q.name for q, s in zip(QUANTITIES[_USED], states, strict=True)
                      if s != State.OBSERVED]  # fmt: skip
            raise ValueError(
                f"the baseline needs complete photometry, and {', '.join(absent)} are not "
                "observed; use the model 'stars', which works with gaps"
            )
        inputs = {"values": self.observations.values[self.index],
                  "errors": self.observations.errors[self.index]}  # fmt: skip
        return Request(self.model, inputs, n, seed)

    def sample(self, n: int, seed: int = 0) -> Draws:
        """Draws of the six parameters."""
        request = self.request(n, seed)
        parts = [self.model._chunk(request, size).values for size in chunk_sizes(n)]
        names, units = self.model.columns(None)
        return Draws(np.concatenate(parts), names, units, seed)
