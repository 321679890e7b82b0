r"""Twisted sequential Monte Carlo: particles that correct the guidance that moves them.

A particle at noise :math:`\sigma` is moved by the guided reverse step `q` and weighted by what
the step should have been,

.. math:: w' = w\, \frac{\tilde p(y \mid x')\, p(x' \mid x)}{\tilde p(y \mid x)\, q(x' \mid x)},
    \qquad \tilde p(y \mid x) = \mathcal{N}\!\left(y;\, A D(x, \sigma),\, 1 + r^2 A A^\top\right)

and particles are resampled when few carry the weight. With many particles the draws become those
of the prior's own reverse steps given the data, whatever the twist :math:`\tilde p`; with few, in
a thousand dimensions, they collapse onto one another: `effective` says how many are left.

References:
    | Practical and asymptotically exact conditional sampling in diffusion models (Wu et al. 2023)
    | https://arxiv.org/abs/2306.17775
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from astroviz.core.request import Control
from astroviz.lensing.chains import Chains
from astroviz.lensing.eigenbasis import Eigenbasis
from astroviz.lensing.likelihood import PseudoInverse
from astroviz.lensing.reverse_sde import noise_levels
from astroviz.lensing.settings import Frame, LinearLikelihood, SamplingError, Settings

if TYPE_CHECKING:
    from astroviz.lensing.prior import Prior

__all__ = ["effective_number", "log_twist", "systematic", "twisted_particles"]


def effective_number(log_weight: Tensor) -> float:
    """Number of particles that carry the weight, 1 to all of them."""
    weight = torch.softmax(log_weight, 0)
    return float(1.0 / (weight**2).sum())


def systematic(log_weight: Tensor, count: int, uniform: float) -> Tensor:
    r"""Places of particles drawn by their weights with the least noise.

    Arguments:
        log_weight: Shape :math:`(P,)`.
        count: How many to draw.
        uniform: A number from 0 to 1.

    Returns:
        Places, in order, shape :math:`(count,)`.
    """
    edges = torch.softmax(log_weight.double(), 0).cumsum(0)
    marks = (torch.arange(count, dtype=torch.float64) + uniform) / count
    return torch.searchsorted(edges / edges[-1], marks).clamp_max(len(log_weight) - 1)


def log_twist(basis: Eigenbasis, denoised: Tensor, variance: float) -> Tensor:
    r""":math:`\ln \tilde p(y \mid x)` but for a constant, float64, shape :math:`(P,)`."""
    wide = basis.like(denoised.double())
    eigenvalues = wide.eigenvalues
    spread = 1.0 + variance * eigenvalues
    left = wide.innovation(denoised.double())
    known = torch.where(eigenvalues > 0, left**2 / eigenvalues.clamp_min(1e-30), 0.0)
    return -0.5 * (known / spread + spread.log()).sum(-1)


def twisted_particles(
    prior: Prior,
    problem: LinearLikelihood,
    settings: Settings,
    chains: Chains,
    control: Control,
) -> Iterator[Frame]:
    r"""Draw by particles.

    Arguments:
        prior: The prior.
        problem: The data of one problem.
        settings: `steps`, `sigma_max`, `sigma_min` and `particles` for each draw.
        chains: As many as draws; particles have streams of their own.
        control: Told between steps.

    Yields:
        A frame after each step with the diagnostic `effective`, the effective number of particles.
    """
    count = len(chains)
    streams = chains.others(count * settings.particles)
    x = settings.sigma_max * streams.normal(prior.dim)
    basis = problem.basis(x)
    if len(basis.eigenvalues) != 1:
        raise SamplingError("particles sample one problem at a time, not a stack of them")
    swarm = _Swarm(prior, basis, streams)
    levels = noise_levels(settings.sigma_max, settings.sigma_min, settings.steps)
    for k, (sigma, following) in enumerate(itertools.pairwise(levels)):
        control.check()
        x, estimate, norms = swarm.step(x, sigma, following)
        finished = k + 1 == settings.steps
        control.progress((k + 1) / settings.steps)
        effective = swarm.effective
        if finished:
            x = estimate = swarm.finish(x, following, count)
            effective = swarm.effective
        yield Frame(
            k + 1, settings.steps, following, x[:count], estimate[:count], norms,
            (3 * (k + 1) + finished) * settings.particles, finished, (("effective", effective),),
        )  # fmt: skip


class _Swarm:
    """Particles, their weights and the part of a weight that waits for the next denoising."""

    def __init__(self, prior: Prior, basis: Eigenbasis, streams: Chains) -> None:
        self.prior, self.basis, self.streams = prior, basis, streams
        self.guide = PseudoInverse(prior, basis)
        self.log_weight = torch.zeros(len(streams), dtype=torch.float64)
        self.waiting = torch.zeros(len(streams), dtype=torch.float64)
        self.effective = float(len(streams))

    def _weigh(self, x: Tensor, denoised: Tensor, variance: float, threshold: float) -> Tensor:
        """Take the twist into the weights; returns the places of the survivors."""
        twist = log_twist(self.basis, denoised, variance).cpu()
        self.log_weight = self.log_weight + self.waiting + twist
        self.effective = effective_number(self.log_weight)
        places = torch.arange(len(x))
        if self.effective < threshold * len(x):
            places = systematic(self.log_weight, len(x), float(self.streams.uniform()[0]))
            self.log_weight = torch.zeros_like(self.log_weight)
            twist = twist[places]
        self.waiting = -twist
        return places

    def step(
        self, x: Tensor, sigma: float, following: float
    ) -> tuple[Tensor, Tensor, tuple[float, float]]:
        part = 1.0 - (following / sigma) ** 2
        found = self.guide(x, sigma, part)
        places = self._weigh(x, found.prior, self.guide.spread(sigma), 0.5)
        places = places.to(x.device)
        x, denoised, guided = x[places], found.prior[places], found.posterior[places]
        noise = following * math.sqrt(part) * self.streams.normal(x.shape[1])
        moved = (1 - part) * x + part * guided + noise
        # ln p(x' | x) - ln q(x' | x), two Gaussians of one variance
        off = (noise + part * (guided - denoised)).double().cpu()
        size = 2.0 * part * following**2
        ratio = ((noise.double().cpu() ** 2).sum(-1) - (off**2).sum(-1)) / size
        self.waiting = self.waiting + ratio
        scores = torch.stack([denoised - x, guided - denoised]) / sigma**2
        sizes = (scores**2).sum(-1).mean(-1).sqrt()
        return moved, guided, (float(sizes[0]), float(sizes[1]))

    def finish(self, x: Tensor, sigma: float, count: int) -> Tensor:
        """The draws: clean particles by their final weights."""
        clean = self.prior.denoise(x, sigma)
        self._weigh(x, clean, 0.0, 0.0)
        places = systematic(self.log_weight, count, float(self.streams.uniform()[0]))
        return clean[places.to(x.device)]
