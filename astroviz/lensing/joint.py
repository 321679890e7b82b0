r"""Lens and source together: annealed Gibbs over noise levels, with gradient steps on the lens.

At coupling :math:`\rho` the source has two copies, :math:`x` under the prior and :math:`z` under
the data, with :math:`z = x + \rho n`. A sweep draws

.. math::
    \eta \mid x, y &\;\propto\; p(\eta)\,
        \mathcal{N}\big(y;\, A(\eta) x,\ N + \rho^2 A(\eta) A(\eta)^\top\big), \\
    z \mid x, \eta, y &\;\propto\; \mathcal{N}(y; A(\eta) z, N)\,\mathcal{N}(z; x, \rho^2), \qquad
    x \mid z \;\propto\; p(x)\,\mathcal{N}(z; x, \rho^2).

The first has :math:`z` integrated, so that the lens is as free as the level leaves it; it is a
Metropolis-adjusted Langevin step in free coordinates. A lens that moves alone leaves behind a
source that was made for it; so the step moves :math:`x` along, :math:`x + G\,\delta\eta`, by the
answer :math:`G` of the semi-linear source, and the prior's part of the acceptance is the integral
of its score along the way. The start is the semi-linear posterior of a Gaussian prior with the
learned prior's own covariance.

The pattern is that of GibbsDDRM (Murata et al. 2023, https://arxiv.org/abs/2301.12686) and of
blind lensing (Barco et al. 2025, https://arxiv.org/abs/2511.04792); the collapsed step is ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy import linalg
from torch import Tensor

from astroviz.core.request import Alone, Control
from astroviz.lensing.chains import Chains
from astroviz.lensing.lens_search import FreePrior
from astroviz.lensing.reverse_sde import denoising_posterior
from astroviz.lensing.semilinear import Evidence, SemiLinear

__all__ = ["JointFrame", "JointSettings", "Start", "joint_chains", "start_of"]


@dataclass(frozen=True)
class JointSettings:
    r"""How to sample lens and source.

    Arguments:
        sweeps: Sweeps of each chain.
        annealed: Part of them during which the coupling falls. At its end a chain moves slowly:
            one chain is one draw, and a few chains with many sweeps are no substitute.
        rho_max: Coupling at the start, prior units.
        rho_min: Coupling at the end; None for half the precision of the best-known pixel.
        lens_steps: Langevin steps on the lens in each sweep.
        inner_steps: Heun steps of each denoising.
        spread: Width of the starts in units of the semi-linear posterior.
    """

    sweeps: int = 36
    annealed: float = 0.85
    rho_max: float = 1.0
    rho_min: float | None = None
    lens_steps: int = 1
    inner_steps: int = 2
    spread: float = 1.5


@dataclass(frozen=True, eq=False)
class Start:
    r"""The semi-linear posterior that chains start from.

    Arguments:
        model: The evidence under the Gaussian prior, on the prior's grid.
        prior: Prior of the free coordinates.
        free: Its maximum, shape :math:`(8,)`.
        covariance: Inverse curvature there, shape :math:`(8, 8)`.
        follow: :math:`G`, what the source does when the lens moves, prior units, shape
            :math:`(d, 8)`.
        precise: The smallest standard deviation with which the data fix anything of the source.
    """

    model: SemiLinear
    prior: FreePrior
    free: np.ndarray
    covariance: np.ndarray
    follow: np.ndarray
    precise: float


@dataclass(frozen=True, eq=False)
class JointFrame:
    r"""Chains after a sweep.

    Arguments:
        sweep: Sweeps done.
        sweeps: How many there are.
        rho: The coupling.
        free: Lenses in free coordinates, shape :math:`(n, 8)`.
        sources: Sources, prior units, shape :math:`(n, d)`.
        accepted: Part of the lens steps that were accepted so far.
        cold: Whether the coupling has reached its end.
    """

    sweep: int
    sweeps: int
    rho: float
    free: np.ndarray
    sources: Tensor
    accepted: float
    cold: bool


def start_of(model: SemiLinear, prior: FreePrior, summit_free: np.ndarray) -> Start:
    r"""What chains need of the semi-linear posterior.

    Arguments:
        model: Evidence under the Gaussian prior on the learned prior's grid, with `amplitude` the
            data units of one prior unit and `covariance` in prior units.
        prior: Prior of the free coordinates.
        summit_free: Where its log posterior is highest, shape :math:`(8,)`.
    """
    found = model.evidence(summit_free, exact=False)
    covariance = np.linalg.inv(found.information + prior.precision())
    follow = -model.answer_to(summit_free, found.solution) / model.amplitude
    response = model.amplitude * model.response(summit_free)
    last = [model.grid.size - 1] * 2
    largest = float(linalg.eigvalsh(response.T @ response, subset_by_index=last)[0])
    return Start(model, prior, summit_free, covariance, follow, largest**-0.5)


def joint_chains(
    prior: Any,
    start: Start,
    n: int = 4,
    seed: int = 0,
    settings: JointSettings | None = None,
    control: Control | None = None,
) -> Iterator[JointFrame]:
    r"""Sample lens and source, one frame for each sweep.

    Arguments:
        prior: The learned prior (or any of its interface), of as many pixels as the start's grid.
        start: From `start_of`.
        n: Number of chains.
        seed: Seed.
        settings: How.
        control: Told between steps.
    """
    settings, control = settings or JointSettings(), control or Alone()
    chains = Chains(seed, n, torch.empty(0, dtype=torch.float32, device=prior.device))
    walkers = _Walkers(prior, start, chains, settings, control)
    low = settings.rho_min if settings.rho_min is not None else 0.5 * start.precise
    high = max(settings.rho_max, low)
    falling = max(1, round(settings.annealed * settings.sweeps))
    for sweep in range(settings.sweeps):
        rho = low * (high / low) ** max(0.0, 1 - sweep / falling)
        cold = sweep >= falling
        for _ in range(settings.lens_steps):
            walkers.move_lens(rho, adapt=not cold)
        walkers.move_source(rho)
        control.progress((sweep + 1) / settings.sweeps)
        yield JointFrame(sweep + 1, settings.sweeps, rho, walkers.free.copy(), walkers.x.clone(),
                         walkers.accepted, cold)  # fmt: skip


class _Walkers:
    """Chains and the two kinds of step."""

    def __init__(
        self, prior: Any, start: Start, chains: Chains, settings: JointSettings, control: Control
    ) -> None:
        self.prior, self.start, self.chains = prior, start, chains
        self.settings, self.control = settings, control
        n, d = len(chains), start.model.grid.size
        self.root = np.linalg.cholesky(start.covariance)
        white = chains.normal(8).double().cpu().numpy()
        self.free = start.free + settings.spread * white @ self.root.T
        draws = [start.model.solve(one).source_draws(1, seed=chains.seed * 9973 + k)[0]
                 for k, one in enumerate(self.free)]  # fmt: skip
        self.x = torch.as_tensor(np.stack(draws) / start.model.amplitude).to(chains.like)
        self.size = np.full(n, 0.7)
        self._tried, self._taken = 0, 0
        # without its derivative a held slope costs a third less
        start.model.slope = bool(start.prior.width[7] > 1e-4)
        assert self.x.shape == (n, d)

    @property
    def accepted(self) -> float:
        return self._taken / max(self._tried, 1)

    def _level(self, x: np.ndarray, rho: float) -> SemiLinear:
        """The collapsed likelihood at a level: the source is normal about x with width rho."""
        return self.start.model.about(x * self.start.model.amplitude, rho)

    def _judge(
        self, free: np.ndarray, x: Tensor, rho: float
    ) -> tuple[np.ndarray, np.ndarray, list[Evidence], Tensor]:
        """Log target without the source's prior, drift along the move, and the prior's score."""
        with torch.no_grad():
            score = self.prior.score(x, max(rho, 1e-3)).double().cpu()
        found, value, drift = [], [], []
        for one, source, slope in zip(free, x.double().cpu().numpy(), score.numpy(), strict=True):
            self.control.check()
            here = self._level(source, rho).evidence(one, exact=False)
            push = (here.solution.source / self.start.model.amplitude - source) / rho**2
            found.append(here)
            value.append(here.value + self.start.prior.log_prob(one))
            drift.append(here.gradient + self.start.prior.gradient(one)
                         + self.start.follow.T @ (push + slope))  # fmt: skip
        return np.array(value), np.stack(drift), found, score

    def move_lens(self, rho: float, adapt: bool) -> None:
        """A Langevin step on each lens, its source moved along, accepted by Metropolis."""
        n = len(self.free)
        value, drift, found, score = self._judge(self.free, self.x, rho)
        white = self.chains.normal(8).double().cpu().numpy()
        step = self.size[:, None]
        forward = 0.5 * step**2 * (drift @ self.root @ self.root.T)
        forward = forward * np.minimum(1.0, 2.0 / np.maximum(self._length(forward), 1e-9))[:, None]
        change = forward + step * white @ self.root.T
        moved = self.free + change
        along = torch.as_tensor(change @ self.start.follow.T)
        x = (self.x.double().cpu() + along).to(self.x)
        there, back_drift, later, back_score = self._judge(moved, x, rho)
        backward = 0.5 * step**2 * (back_drift @ self.root @ self.root.T)
        backward = backward * np.minimum(
            1.0, 2.0 / np.maximum(self._length(backward), 1e-9))[:, None]  # fmt: skip
        ratio = there - value + 0.5 * ((score + back_score) * along).sum(1).numpy()
        ratio += 0.5 * (self._length(change - forward) ** 2
                        - self._length(-change - backward) ** 2) / self.size**2  # fmt: skip
        take = np.log(self.chains.uniform().numpy()) < ratio
        self.free = np.where(take[:, None], moved, self.free)
        self.x = torch.where(torch.as_tensor(take)[:, None].to(self.x.device), x, self.x)
        self.here = [b if t else a for a, b, t in zip(found, later, take, strict=True)]
        self._tried, self._taken = self._tried + n, self._taken + int(take.sum())
        if adapt:
            chance = np.exp(np.minimum(ratio, 0.0))
            self.size = np.clip(self.size * np.exp(0.25 * (chance - 0.5)), 0.02, 1.5)

    def _length(self, step: np.ndarray) -> np.ndarray:
        """Length of steps in units of the semi-linear posterior, shape (n,)."""
        return np.asarray(
            np.linalg.norm(linalg.solve_triangular(self.root, step.T, lower=True), axis=0)
        )

    def move_source(self, rho: float) -> None:
        """The data's copy from its exact law, then the prior's copy by denoising."""
        amplitude = self.start.model.amplitude
        draws = []
        noise = self.chains.normal(self.x.shape[1]).double().cpu().numpy()
        for here, white in zip(self.here, noise, strict=True):
            draws.append(here.solution.source_from(white) / amplitude)
        z = torch.as_tensor(np.stack(draws)).to(self.x)
        with torch.no_grad():
            self.x, _ = denoising_posterior(
                self.prior, z, rho, self.settings.inner_steps, self.chains, self.control
            )
