r"""Fine-tuning a network of simulated stars towards real ones: every loss of the experiment.

.. math:: L = L_\mathrm{FM}(\text{sim}) + r(t)\,\big[\lambda_\mathrm{OT}\,S_\epsilon(c_s, c_r)
          + \lambda_\mathrm{MMD}\,\mathrm{MMD}^2(c_s, c_r) + \lambda_p\,D(c_s^\mathrm{pair},
          c_r^\mathrm{pair}) + \lambda_s\,L_\mathrm{FM}(\text{real member of pairs})\big]

with flow matching :math:`L_\mathrm{FM}`, contexts :math:`c` of simulated and real stars, and a
ramp :math:`r`. Gradients go through both branches. A pair is a real star whose parameters are
known, and the simulation of these parameters: it is what a labelled calibration set gives.

References:
    | RoPE: Wehenkel et al. (2024), https://arxiv.org/abs/2405.08719
    | When unsupervised adaptation helps: Elsemueller et al. (2025), https://arxiv.org/abs/2502.04949
"""

from __future__ import annotations

import copy
import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from astroviz.stars.adaptation_sets import AdaptationSets
from astroviz.stars.alignment import context_scale, mmd, pair_distance, sinkhorn
from astroviz.stars.network import StarsNetwork

__all__ = ["Adaptation", "Arm", "NotFinite"]

_WEIGHTS = {"class": 0.3, "normal": 1.0, "flow": 1.0}
_BLUR = (0.6, 0.15)  # from, to
_RAMP = 0.15  # of the steps


class NotFinite(ArithmeticError):
    """Contexts or losses have become NaN; the last good state is kept."""


@dataclass(frozen=True)
class Arm:
    r"""One way to adapt.

    Arguments:
        name: Short name.
        title: Name on screen.
        pairs: Number of pairs.
        transport: Weight of the Sinkhorn divergence, :math:`\lambda_\mathrm{OT}`.
        reach: Its reach, in units of the spread of the contexts; None for balanced transport.
        discrepancy: Weight of the MMD.
        pull: Weight of the distance within pairs.
        pair_loss: `mse` or `cosine`.
        supervised: Weight of flow matching on the real members of pairs.
        lookalikes: Weight of flow matching on simulated stars that look like real ones, see
            `lookalikes`.
        floor: Error floor of every band, mag, for an arm that adapts nothing else.
        guard: Whether simulated stars are weighed to the population of the real ones.
        steps: Number of steps.
        rate: Peak learning rate.
        size: Simulated, and real, stars in a step.
        shared: Factor of the rate for what simulated and real stars share: small, so that what
            is known of simulated stars is kept.
    """

    name: str
    title: str
    pairs: int = 0
    transport: float = 0.0
    reach: float | None = None
    discrepancy: float = 0.0
    pull: float = 0.0
    pair_loss: str = "mse"
    supervised: float = 0.0
    lookalikes: float = 0.0
    floor: float = 0.0
    guard: bool = False
    steps: int = 500
    rate: float = 8e-4
    size: int = 256
    shared: float = 0.1

    @property
    def branch(self) -> bool:
        """Whether real stars take a branch of their own: not where nothing tells them apart."""
        return self.transport > 0 or self.discrepancy > 0 or self.pairs > 0

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for a card."""
        return {k: v for k, v in dataclasses.asdict(self).items() if v is not None}


class Adaptation:
    r"""A run that adapts a copy of a network.

    Arguments:
        network: The network to start from; it is left as it is.
        sets: The stars.
        arm: What to do.
        seed: Seed of the batches.
    """

    def __init__(
        self, network: StarsNetwork, sets: AdaptationSets, arm: Arm, seed: int = 0
    ) -> None:
        self.arm, self.sets, self.step = arm, sets, 0
        self.network, self.average = copy.deepcopy(network).train(), copy.deepcopy(network).eval()
        for each in (self.network, self.average):
            each.encoder.real = float(arm.branch)
        own = [p for n, p in self.network.named_parameters() if "correction" in n or ".last" in n]
        rest = [p for n, p in self.network.named_parameters()
                if not ("correction" in n or ".last" in n)]  # fmt: skip
        groups = [{"params": rest, "scale": arm.shared}, {"params": own, "scale": 2.0}]
        self.optimiser = torch.optim.AdamW(groups, lr=arm.rate, betas=(0.9, 0.98),
                                           weight_decay=1e-4)  # fmt: skip
        self.generator = torch.Generator().manual_seed(seed)
        self.terms: dict[str, float] = {}
        with torch.no_grad():
            self.scale = context_scale(network.encoder(sets.simulated_tokens(self.generator, 2000),
                                                       real=0.0))  # fmt: skip

    @property
    def done(self) -> bool:
        """Whether all steps were made."""
        return self.step >= self.arm.steps

    def advance(self) -> dict[str, float]:
        r"""One step; the terms of the loss.

        Raises:
            NotFinite: before anything is changed by a loss that is not a number.
        """
        part = self.step / self.arm.steps
        rise = min(1.0, (self.step + 1) / 30)
        for group in self.optimiser.param_groups:
            group["lr"] = self.arm.rate * group["scale"] * rise * (
                0.5 * (1 + math.cos(math.pi * part)) + 1e-3)  # fmt: skip
        terms = self._terms(part)
        total = sum(terms.values(), torch.zeros(()))
        if not torch.isfinite(total):
            bad = ", ".join(name for name, term in terms.items() if not torch.isfinite(term))
            raise NotFinite(
                f"the adaptation broke down at step {self.step}: {bad} is not a number; "
                "the last good state is kept. Check the table for absurd values, or take a "
                "smaller learning rate."
            )
        self.optimiser.zero_grad(set_to_none=True)
        total.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.step += 1
        decay = min(0.985, self.step / (self.step + 5))
        with torch.no_grad():
            torch._foreach_lerp_(
                list(self.average.parameters()), list(self.network.parameters()), 1 - decay
            )
        self.terms = {name: float(term.detach()) for name, term in terms.items()}
        return self.terms

    def _terms(self, part: float) -> dict[str, Tensor]:
        arm, network, ramp = self.arm, self.network, min(1.0, part / _RAMP)
        batch, weights = self.sets.simulated(self.generator, arm.size, arm.guard)
        if arm.floor:
            batch = self.sets.floored(self.generator, arm.size, arm.floor)
        tokens = batch.tokens
        here = network.encoder(tokens, real=0.0)
        found = _weighed(network.losses_of(here, tokens, batch.z, batch.classes, batch.given, 4,
                                           self.generator), "sim ", 1.0)  # fmt: skip
        if arm.transport or arm.discrepancy:
            there = network.encoder(self.sets.real_tokens(self.generator, arm.size), real=1.0)
            x, y = here * self.scale, there * self.scale
            if arm.transport:
                blur = _BLUR[0] * (_BLUR[1] / _BLUR[0]) ** part
                found["transport"] = ramp * arm.transport * sinkhorn(x, y, blur, arm.reach,
                                                                     weights)  # fmt: skip
            if arm.discrepancy:
                found["discrepancy"] = ramp * arm.discrepancy * mmd(x, y, weights)
        if arm.pairs:
            found |= self._pair_terms(ramp)
        return found

    def _pair_terms(self, ramp: float) -> dict[str, Tensor]:
        arm, network = self.arm, self.network
        members, twins = self.sets.pair_batch(self.generator, arm.pairs, arm.size // 2)
        there = network.encoder(members.tokens, real=1.0)
        found = _weighed(network.losses_of(there, members.tokens, members.z, members.classes,
                                           members.given, 4, self.generator),
                         "real ", arm.supervised)  # fmt: skip
        if arm.lookalikes:
            batch = self.sets.lookalikes(self.generator, arm.pairs, arm.size)
            seen = network.encoder(batch.tokens, real=1.0)
            found |= _weighed(network.losses_of(seen, batch.tokens, batch.z, batch.classes,
                                                batch.given, 4, self.generator),
                              "lookalike ", arm.lookalikes)  # fmt: skip
        if arm.pull:
            here = network.encoder(twins.tokens, real=0.0)
            gap = pair_distance(here * self.scale, there * self.scale, arm.pair_loss)
            found["pull"] = ramp * arm.pull * gap
        return found


def _weighed(losses: dict[str, Tensor], prefix: str, factor: float) -> dict[str, Tensor]:
    return {prefix + name: factor * _WEIGHTS[name] * term for name, term in losses.items()}
