r"""SLIC: parameters of a model under a learned law of the noise, by Langevin's equation.

With :math:`r = (x - M(\eta)) / u`, the noise map :math:`u` and the score :math:`s_Q` of the noise
in units of it, the score of the likelihood is :math:`g(\eta) = -J^\top s_Q(r) / u` with
:math:`J = \partial M/\partial\eta`, one vector-Jacobian product. A step is

.. math:: \eta' = \eta + \tau P g(\eta) + \sqrt{2\tau}\,P^{1/2}\xi ,

where :math:`P^{-1}` begins as :math:`J^\top J` times the information of a pixel and becomes the
inverse covariance of the chains after the warm-up, in which the noise level falls to that of the
law. A step is kept or refused by Metropolis' rule; the density, which no score gives, is only
needed as a difference, for which the trapezium of the scores on both sides is of third order in
the step:

.. math:: \log Q(r') - \log Q(r) \approx \tfrac12 (s_Q(r) + s_Q(r'))\cdot(r' - r).

White noise of the law's small level is added to the data once, so that they follow the law whose
score is known.

References:
    | Legin, Adam, Hezaveh & Perreault-Levasseur (2023), https://arxiv.org/abs/2302.03046
    | Roberts & Tweedie (1996), https://doi.org/10.2307/3318418
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from astroviz.core.draws import Draws
from astroviz.core.request import Alone, Control
from astroviz.lensing.noise import NoiseLaw

__all__ = ["ChainSettings", "SlicChains", "SlicError", "slic"]

Model = Callable[[Tensor], Tensor]
"""Parameters (n, p) to noiseless data (n, *size), differentiable, row by row."""


class SlicError(ValueError):
    """Chains cannot be run on what was given; the message says why."""


@dataclass(frozen=True)
class ChainSettings:
    r"""How the chains run.

    Arguments:
        chains: Chains of each observation.
        warm_up: Steps that are thrown away; the noise level falls and P adapts in them.
        steps: Steps that are kept.
        step: Size :math:`\tau`.
        first_level: Noise level at the start, in standard deviations of the noise.
    """

    chains: int = 8
    warm_up: int = 120
    steps: int = 160
    step: float = 0.35
    first_level: float = 3.0

    def __post_init__(self) -> None:
        if min(self.chains, self.warm_up, self.steps) < 1 or not 0 < self.step <= 1:
            raise SlicError(
                "chains, warm_up and steps must be 1 or more and step between 0 and 1, not "
                f"{self.chains}, {self.warm_up}, {self.steps} and {self.step:g}"
            )


@dataclass(frozen=True)
class SlicChains:
    r"""What the chains found.

    Arguments:
        values: Kept states, (observations, chains, steps, p).
        accepted: Part of the steps that was kept, (observations,).
    """

    values: Tensor
    accepted: Tensor

    def mixing(self) -> Tensor:
        r"""Gelman and Rubin's :math:`\hat R` of each parameter, (observations, p); 1 is mixed."""
        steps = self.values.shape[2]
        within = self.values.var(2).mean(1)
        between = self.values.mean(2).var(1)
        return torch.sqrt((steps - 1) / steps + between / within.clamp_min(1e-30))

    def draws(
        self, names: tuple[str, ...], units: tuple[str, ...], seed: int = 0, which: int = 0
    ) -> Draws:
        """The states of one observation as named draws, all chains in a row."""
        values = self.values[which].flatten(0, 1).numpy()
        extras = {"accepted": np.asarray(self.accepted[which]),
                  "mixing": self.mixing()[which].numpy()}  # fmt: skip
        return Draws(values, names, units, seed, extras)


def slic(
    model: Model,
    data: Tensor,
    noise: NoiseLaw,
    start: Tensor,
    bounds: Tensor,
    noise_map: Tensor | float = 1.0,
    known: Tensor | None = None,
    settings: ChainSettings = ChainSettings(),
    seed: int = 0,
    control: Control = Alone(),  # noqa: B008 - it has no state
) -> SlicChains:
    r"""Sample the parameters of a model; flat prior between bounds.

    Arguments:
        model: The model, see `Model`.
        data: Observations, (g, *size), or one of them, (*size).
        noise: Law of the noise in units of the noise map.
        start: Where chains begin, (g, p) or (p,).
        bounds: Least and largest value of each parameter, (p, 2).
        noise_map: Unit of the noise, in that of the data; of the shape of an observation, or one.
        known: 1 where data are used, of the shape of an observation.
        settings: How the chains run.
        seed: Seed of noise, chains and steps.
        control: Told of progress; may stop the work.

    Returns:
        Chains of every observation.
    """
    run = _Run(model, data, noise, start, bounds, noise_map, known, settings, seed)
    total = settings.warm_up + settings.steps
    kept = []
    for k in range(total):
        control.check()
        run.advance(k)
        if k >= settings.warm_up:
            kept.append(run.eta.clone())
        control.progress((k + 1) / total)
    values = torch.stack(kept, 1).view(run.groups, settings.chains, settings.steps, -1)
    return SlicChains(values, run.accepted / settings.steps)


class _Run:
    """Chains of all observations, moved together."""

    def __init__(
        self, model: Model, data: Tensor, noise: NoiseLaw, start: Tensor, bounds: Tensor,
        noise_map: Tensor | float, known: Tensor | None, settings: ChainSettings, seed: int,
    ) -> None:  # fmt: skip
        self.model, self.noise, self.settings = model, noise, settings
        self.generator = torch.Generator().manual_seed(seed)
        start = torch.atleast_2d(start).double()
        self.groups, self.number = start.shape
        self.bounds = torch.as_tensor(bounds, dtype=torch.float64)
        self.unit = torch.as_tensor(noise_map, dtype=torch.float32)
        _check(start, self.bounds, self.unit, data, known)
        data = data.float().reshape(self.groups, *self._one(start).shape[1:])
        self.known = None if known is None else known.float()
        fresh = torch.randn(data.shape, generator=self.generator)
        noisy = data + self.noise.level * self.unit * fresh
        self.data = noisy.repeat_interleave(settings.chains, 0)
        self.factor = self._first_factor(start)
        spread = self._gaussian(self.groups * settings.chains)
        self.eta = self._inside(start.repeat_interleave(settings.chains, 0) + spread)
        self.accepted = torch.zeros(self.groups)
        self.history: list[Tensor] = []
        self._level = -1.0

    def _one(self, eta: Tensor) -> Tensor:
        with torch.no_grad():
            return self.model(eta.float())

    def _inside(self, eta: Tensor) -> Tensor:
        margin = 1e-3 * (self.bounds[:, 1] - self.bounds[:, 0])
        return torch.minimum(torch.maximum(eta, self.bounds[:, 0] + margin),
                             self.bounds[:, 1] - margin)  # fmt: skip

    def _first_factor(self, start: Tensor) -> Tensor:
        """A root of P from the model's Jacobian at the start, (g, p, p)."""
        width = self.bounds[:, 1] - self.bounds[:, 0]
        step = 1e-3 * width
        columns = []
        for k in range(self.number):
            move = torch.zeros_like(start)
            move[:, k] = step[k]
            change = (self._one(start + move) - self._one(start - move)) / self.unit
            change = change if self.known is None else change * self.known
            columns.append(change.flatten(1).double() / (2 * step[k]))
        jacobian = torch.stack(columns, -1)
        per_pixel = 1.0 / (self.noise.scale**2 + self.noise.level**2)
        # a flat prior says a little too: it keeps P finite where the data say nothing
        metric = per_pixel * jacobian.mT @ jacobian + torch.diag(12.0 / width**2)
        return torch.linalg.cholesky(torch.linalg.inv(metric))

    def _gaussian(self, number: int) -> Tensor:
        """Independent draws of N(0, P), one for each chain."""
        z = torch.randn(number, self.number, generator=self.generator, dtype=torch.float64)
        return self._times(self.factor, z)

    def _times(self, factor: Tensor, z: Tensor) -> Tensor:
        apart = z.view(self.groups, -1, self.number)
        return torch.einsum("gpq,gcq->gcp", factor, apart).reshape(-1, self.number)

    def _look(self, eta: Tensor, level: float) -> tuple[Tensor, Tensor, Tensor]:
        """Residuals, their score and the score of the likelihood in `eta`."""
        inner = eta.float().requires_grad_()
        with torch.enable_grad():
            made = self.model(inner)
            residual = ((self.data - made) / self.unit).detach()
            residual = residual if self.known is None else residual * self.known
            score = self.noise.score(residual, self.known, level)
            (gradient,) = torch.autograd.grad((made * (-score / self.unit)).sum(), inner)
        return residual, score, gradient.double()

    def advance(self, step: int) -> None:
        """One step of all chains."""
        warm = self.settings.warm_up
        share = min(1.0, step / (0.5 * warm))
        level = self.noise.scale * self.settings.first_level * (1 - share)
        if level != self._level:
            self._level, self.here = level, self._look(self.eta, level)
        tau = self.settings.step
        drift = self._drift(self.here[2], tau)
        z = torch.randn(self.eta.shape, generator=self.generator, dtype=torch.float64)
        wanted = self.eta + drift + math.sqrt(2 * tau) * self._times(self.factor, z)
        inside = ((wanted > self.bounds[:, 0]) & (wanted < self.bounds[:, 1])).all(-1)
        there = self._look(self._inside(wanted), level)
        accept = self._judge(wanted, there, z, tau) & inside
        self.eta = torch.where(accept[:, None], wanted, self.eta)
        pairs = zip(there, self.here, strict=True)
        rows = [accept.view(-1, *[1] * (new.ndim - 1)) for new in there]
        moved = [torch.where(row, new, old) for row, (new, old) in zip(rows, pairs, strict=True)]
        self.here = (moved[0], moved[1], moved[2])
        if step >= warm:
            self.accepted += accept.view(self.groups, -1).float().mean(1)
        elif step >= warm // 2:
            self._adapt(step)

    def _drift(self, gradient: Tensor, tau: float) -> Tensor:
        """The move tau P g, at most four standard deviations of P: far away g is no guide."""
        inner = self._times(self.factor.mT, gradient)
        length = tau * inner.norm(dim=-1, keepdim=True)
        return tau * self._times(self.factor, inner * (4.0 / length.clamp_min(4.0)))

    def _judge(
        self, wanted: Tensor, there: tuple[Tensor, Tensor, Tensor], z: Tensor, tau: float
    ) -> Tensor:
        """Metropolis' rule with the trapezium for the density."""
        change = 0.5 * ((self.here[1] + there[1]) * (there[0] - self.here[0])).flatten(1).sum(1)
        back = self.eta - wanted - self._drift(there[2], tau)
        inverse = torch.linalg.inv(self.factor)
        returned = self._times(inverse, back)
        odds = change.double() + 0.5 * z.square().sum(-1) - returned.square().sum(-1) / (4 * tau)
        luck = torch.rand(len(odds), generator=self.generator, dtype=torch.float64)
        return luck.log() < odds

    def _adapt(self, step: int) -> None:
        """Let P become the covariance of the chains about their common mean."""
        self.history.append(self.eta.view(self.groups, -1, self.number).clone())
        if (step + 1) % 20 and step + 1 != self.settings.warm_up:
            return
        states = torch.cat(self.history[len(self.history) // 2 :], 1)
        count = states.shape[1]
        if count < 8 * self.number:
            return
        centred = states - states.mean(1, keepdim=True)
        found = centred.mT @ centred / count
        # chains that stick together must not shrink P to nothing
        trust = count / (count + 10.0 * self.number)
        mixed = trust * found + (1 - trust) * self.factor @ self.factor.mT
        self.factor = torch.linalg.cholesky(mixed)


def _check(
    start: Tensor, bounds: Tensor, unit: Tensor, data: Tensor, known: Tensor | None
) -> None:
    if bounds.shape != (start.shape[1], 2):
        raise SlicError(f"bounds must be ({start.shape[1]}, 2) as there are that many "
                        f"parameters, not {tuple(bounds.shape)}")  # fmt: skip
    if bool(((start <= bounds[:, 0]) | (start >= bounds[:, 1])).any()):
        raise SlicError(f"chains must start inside the bounds, not at {start.tolist()}")
    if bool((unit <= 0).any() | ~torch.isfinite(unit).all()):
        raise SlicError("the noise map must be positive and finite: mask other pixels by `known` "
                        "and give them any positive noise")  # fmt: skip
    if not bool(torch.isfinite(data).all()):
        raise SlicError("data hold values that are not finite: mask them by `known` and fill in 0")
    if known is not None and not bool((known > 0).any()):
        raise SlicError("no pixel is known: everything is masked")
