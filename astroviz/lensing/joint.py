r"""Lens and source together: annealed Gibbs over noise levels, with gradient steps on the lens.

At coupling :math:`\rho` the source has two copies, :math:`x` under the prior and :math:`z` under
the data, with :math:`z = x + \rho n`. A sweep draws

.. math::
    \eta \mid x, y &\;\propto\; p(\eta)\,
        \mathcal{N}\big(y;\, A(\eta) x,\ N + \rho^2 A(\eta) A(\eta)^\top\big), \\
    z \mid x, \eta, y &\;\propto\; \mathcal{N}(y; A(\eta) z, N)\,\mathcal{N}(z; x, \rho^2), \\
    \eta, z \mid y &\;\propto\; p(\eta)\,p_\rho(z)\,\mathcal{N}(y; A(\eta) z, N)
        \quad\text{along}\quad (\eta + \delta,\ z + G\,\delta), \\
    x \mid z &\;\propto\; p(x)\,\mathcal{N}(z; x, \rho^2).

The first has :math:`z` integrated and the third :math:`x`. A lens that moves alone leaves behind a
source that was made for it, so the third moves the source along, by the answer :math:`G` of the
semi-linear source; its prior is the smoothed :math:`p_\rho`, whose score the network knows at just
the noise that :math:`z` has. Both are Metropolis-adjusted Langevin steps in free coordinates.

The coupling stops at three times the precision of the best-known pixel: below, the network no
longer holds sources where they belong, and they wander off within some ten sweeps. What this adds
to the noise of the data is felt by few directions of the source. The start is the semi-linear
posterior of a Gaussian prior with the learned prior's own covariance.

The pattern is that of GibbsDDRM (Murata et al. 2023, https://arxiv.org/abs/2301.12686) and of
blind lensing (Barco et al. 2025, https://arxiv.org/abs/2511.04792); the steps on the lens are our
own.
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
        rho_min: Coupling at the end; None for three times the precision of the best-known pixel.
        lens_steps: Langevin steps of lens and source together in each sweep.
        inner_steps: Heun steps of each denoising.
        spread: Width of the starts in units of the semi-linear posterior.
    """

    sweeps: int = 40
    annealed: float = 0.75
    rho_max: float = 1.0
    rho_min: float | None = None
    lens_steps: int = 2
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
    low = settings.rho_min if settings.rho_min is not None else 3.0 * start.precise
    high = max(settings.rho_max, low)
    falling = max(1, round(settings.annealed * settings.sweeps))
    for sweep in range(settings.sweeps):
        rho = low * (high / low) ** max(0.0, 1 - sweep / falling)
        cold = sweep >= falling
        walkers.move_lens(rho, adapt=not cold)
        walkers.refresh_data_copy()
        for _ in range(settings.lens_steps):
            walkers.move_both(rho, adapt=not cold)
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
        self.z, self.light = self.x, [np.zeros(0)] * n
        self.size = np.full((2, n), 0.7)
        self._tried, self._taken = np.zeros(2), np.zeros(2)
        # without its derivative a held slope costs a third less
        start.model.slope = bool(start.prior.width[7] > 1e-4)
        assert self.x.shape == (n, d)

    @property
    def accepted(self) -> float:
        return float((self._taken / np.maximum(self._tried, 1)).min())

    def _level(self, x: np.ndarray, rho: float) -> SemiLinear:
        """The collapsed likelihood at a level: the source is normal about x with width rho."""
        return self.start.model.about(x * self.start.model.amplitude, rho)

    def _judge(
        self, free: np.ndarray, x: Tensor, rho: float
    ) -> tuple[np.ndarray, np.ndarray, list[Evidence]]:
        """Log law of the lens given the prior's copy, its gradient, and what it rests on."""
        found, value, drift = [], [], []
        for one, source in zip(free, x.double().cpu().numpy(), strict=True):
            self.control.check()
            here = self._level(source, rho).evidence(one, exact=False)
            found.append(here)
            value.append(here.value + self.start.prior.log_prob(one))
            drift.append(here.gradient + self.start.prior.gradient(one))
        return np.array(value), np.stack(drift), found

    def move_lens(self, rho: float, adapt: bool) -> None:
        """A Langevin step on each lens given the prior's copy, the data's copy integrated."""
        value, drift, found = self._judge(self.free, self.x, rho)
        moved, change, forward = self._propose(drift, self.size[0])
        there, back_drift, later = self._judge(moved, self.x, rho)
        ratio = there - value + self._asymmetry(change, forward, back_drift, self.size[0])
        take = self._decide(ratio, adapt, 0)
        self.free = np.where(take[:, None], moved, self.free)
        self.here = [b if t else a for a, b, t in zip(found, later, take, strict=True)]

    def move_source(self, rho: float) -> None:
        """The prior's copy by denoising."""
        with torch.no_grad():
            self.x, _ = denoising_posterior(
                self.prior, self.z, rho, self.settings.inner_steps, self.chains, self.control
            )

    def refresh_data_copy(self) -> None:
        """The data's copy from its exact law."""
        amplitude = self.start.model.amplitude
        size = self.x.shape[1] + len(self.here[0].solution.light)
        noise = self.chains.normal(size).double().cpu().numpy()
        draws = [here.solution.both_from(white)
                 for here, white in zip(self.here, noise, strict=True)]  # fmt: skip
        self.z = torch.as_tensor(np.stack([one[0] for one in draws]) / amplitude).to(self.x)
        self.light = [one[1] for one in draws]

    def _together(
        self, free: np.ndarray, z: Tensor, rho: float
    ) -> tuple[np.ndarray, np.ndarray, Tensor]:
        """Log likelihood and prior of a lens with the data's copy, drift along G, and score."""
        model, follow = self.start.model, self.start.follow
        with torch.no_grad():
            score = self.prior.score(z, rho).double().cpu()
        value, drift = [], []
        sources, slopes = z.double().cpu().numpy(), score.numpy()
        for one, source, light, slope in zip(free, sources, self.light, slopes, strict=True):
            self.control.check()
            log_likelihood, by_lens, by_source = model.likelihood(
                one, source * model.amplitude, light
            )
            value.append(log_likelihood + self.start.prior.log_prob(one))
            drift.append(by_lens + self.start.prior.gradient(one)
                         + follow.T @ (model.amplitude * by_source + slope))  # fmt: skip
        return np.array(value), np.stack(drift), score

    def move_both(self, rho: float, adapt: bool) -> None:
        """A Langevin step on each lens that carries the data's copy along."""
        value, drift, score = self._together(self.free, self.z, rho)
        moved, change, forward = self._propose(drift, self.size[1])
        along = torch.as_tensor(change @ self.start.follow.T)
        z = (self.z.double().cpu() + along).to(self.z)
        there, back_drift, back_score = self._together(moved, z, rho)
        with torch.no_grad():
            middle = self.prior.score(0.5 * (z + self.z), rho).double().cpu()
        ratio = there - value + (((score + 4 * middle + back_score) / 6) * along).sum(1).numpy()
        ratio += self._asymmetry(change, forward, back_drift, self.size[1])
        take = self._decide(ratio, adapt, 1)
        self.free = np.where(take[:, None], moved, self.free)
        self.z = torch.where(torch.as_tensor(take)[:, None].to(self.z.device), z, self.z)

    # The steps

    def _propose(
        self, drift: np.ndarray, size: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """New lenses, the steps to them, and the drift's part of these."""
        white = self.chains.normal(8).double().cpu().numpy()
        forward = self._drifted(drift, size)
        change = forward + size[:, None] * white @ self.root.T
        return self.free + change, change, forward

    def _drifted(self, drift: np.ndarray, size: np.ndarray) -> np.ndarray:
        step = 0.5 * size[:, None] ** 2 * (drift @ self.root @ self.root.T)
        return step * np.minimum(1.0, 2.0 / np.maximum(self._length(step), 1e-9))[:, None]

    def _asymmetry(
        self, change: np.ndarray, forward: np.ndarray, back_drift: np.ndarray, size: np.ndarray
    ) -> np.ndarray:
        """Log probability of the step back less that of the step."""
        backward = self._drifted(back_drift, size)
        return 0.5 * (
            self._length(change - forward) ** 2 - self._length(-change - backward) ** 2
        ) / size**2  # fmt: skip

    def _decide(self, ratio: np.ndarray, adapt: bool, kind: int) -> np.ndarray:
        """Which steps are taken, by Metropolis; sizes follow while the coupling falls."""
        take = np.log(self.chains.uniform().numpy()) < ratio
        self._tried[kind] += len(take)
        self._taken[kind] += int(take.sum())
        if adapt:
            chance = np.exp(np.minimum(ratio, 0.0))
            self.size[kind] = np.clip(
                self.size[kind] * np.exp(0.25 * (chance - 0.5)), 0.02, 1.5)  # fmt: skip
        return take

    def _length(self, step: np.ndarray) -> np.ndarray:
        """Length of steps in units of the semi-linear posterior, shape (n,)."""
        return np.asarray(
            np.linalg.norm(linalg.solve_triangular(self.root, step.T, lower=True), axis=0)
        )
