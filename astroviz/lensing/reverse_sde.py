r"""The reverse diffusion, from noise to sources, guided by data.

With noise :math:`\sigma` falling, time reversed noising of exact marginals is

.. math:: x' = a\,x + (1 - a)\,\bar D + \sigma' \sqrt{1 - a}\; z, \qquad a = (\sigma'/\sigma)^2

where :math:`\bar D` is the denoised source, averaged over the step. *Ancestral* steps take it at
the start of the step, which loses variance of first order in the step; *Heun* steps average the
start and a trial end that holds the same noise, which for this equation (noise that does not
depend on the state) is of weak order 2, with weights that are exact for a flat prior at any step;
*predictor-corrector* adds Langevin steps at constant noise to ancestral ones, as the field does.

References:
    | Score-based generative modeling through stochastic differential equations (Song et al. 2021)
    | https://arxiv.org/abs/2011.13456
    | Elucidating the design space of diffusion-based generative models (Karras et al. 2022)
    | https://arxiv.org/abs/2206.00364
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from astroviz.core.request import Control
from astroviz.lensing.chains import Chains
from astroviz.lensing.likelihood import Guidance, Guided, guidance_of
from astroviz.lensing.settings import Frame, LinearLikelihood, Settings

if TYPE_CHECKING:
    from astroviz.lensing.prior import Prior

__all__ = ["denoising_posterior", "heun_step", "noise_levels", "reverse_diffusion"]

Denoiser = Callable[[Tensor, float, float], Tensor]
"""Denoised source of a state, its noise and the part of the variance that a step removes."""


def noise_levels(high: float, low: float, steps: int) -> list[float]:
    """Noise before each step and after the last, falling geometrically, `steps + 1` numbers."""
    ratio = (low / high) ** (1.0 / steps)
    return [high * ratio**k for k in range(steps + 1)]


def heun_step(
    denoise: Denoiser, x: Tensor, sigma: float, following: float, normal: Tensor, first: Tensor
) -> Tensor:
    r"""One stochastic Heun step.

    Arguments:
        denoise: The denoiser.
        x: State at noise `sigma`, shape :math:`(n, d)`.
        sigma: Noise before.
        following: Noise after, above 0.
        normal: Standard normal numbers, shape :math:`(n, d)`.
        first: `denoise` at the state.

    Returns:
        The state at noise `following`.
    """
    kept = (following / sigma) ** 2
    part = 1.0 - kept
    noise = following * math.sqrt(part) * normal
    trial = kept * x + part * first + noise
    second = denoise(trial, following, part)
    # exact for a denoiser that does not change and for one that changes nothing (a flat prior),
    # between which every prior lies
    late = sigma / following - 1.0
    return kept * x + (part - late) * first + late * second + noise


def denoising_posterior(
    prior: Prior,
    z: Tensor,
    rho: float,
    steps: int,
    chains: Chains,
    control: Control,
    finer: int = 1,
) -> tuple[Tensor, int]:
    r"""Draw :math:`x \sim p(x \mid z)` for :math:`z = x + \rho n`, by the reverse equation.

    Arguments:
        prior: The prior.
        z: Noisy sources, shape :math:`(n, d)`.
        rho: Their noise.
        steps: Heun steps down to half the noise.
        chains: Random numbers.
        control: Told between steps.
        finer: How many times to halve the noise before the last step.

    Returns:
        Sources, shape :math:`(n, d)`, and the number of calls of the denoiser.
    """
    count = steps * finer
    levels = noise_levels(rho, rho * 0.5**finer, count)

    def denoise(x: Tensor, sigma: float, part: float) -> Tensor:
        return prior.denoise(x, sigma)

    for sigma, following in itertools.pairwise(levels):
        control.check()
        first = denoise(z, sigma, 1.0)
        z = heun_step(denoise, z, sigma, following, chains.normal(z.shape[1]), first)
    # the denoiser passes on the noise that the data of this step leave open: all of it for a flat
    # prior, none where the prior knows the pixel
    last = levels[-1]
    return prior.denoise(z + last * chains.normal(z.shape[1]), last), 2 * count + 1


def reverse_diffusion(
    prior: Prior,
    problem: LinearLikelihood,
    settings: Settings,
    chains: Chains,
    control: Control,
) -> Iterator[Frame]:
    r"""Draw by the reverse equation with an approximate likelihood.

    Arguments:
        prior: The prior.
        problem: The data.
        settings: `method` chooses the likelihood, `solver` the steps.
        chains: Random numbers, one stream for each draw.
        control: Told between steps.

    Yields:
        A frame after each step.
    """
    levels = noise_levels(settings.sigma_max, settings.sigma_min, settings.steps)
    x = settings.sigma_max * chains.normal(prior.dim)
    guide = guidance_of(prior, problem.basis(x), settings)
    spent = _Spent(guide, control)
    for k, (sigma, following) in enumerate(itertools.pairwise(levels), start=1):
        part = 1.0 - (following / sigma) ** 2
        found = spent(x, sigma, part)
        norms = _norms(x, found, sigma)
        normal = chains.normal(prior.dim)
        if settings.solver == "heun":
            x = heun_step(spent.posterior, x, sigma, following, normal, found.posterior)
        else:
            x = (1 - part) * x + part * found.posterior + following * math.sqrt(part) * normal
        if settings.solver == "predictor_corrector":
            x = _correct(spent, x, following, part, settings, chains)
        estimate, last = found.posterior, k == settings.steps
        if last:
            x = estimate = spent.posterior(x, following, part)
        control.progress(k / settings.steps)
        yield Frame(k, settings.steps, following, x, estimate, norms, spent.evaluations, last)


class _Spent:
    """A guidance that counts what it costs and lets itself be stopped."""

    def __init__(self, guide: Guidance, control: Control) -> None:
        self._guide, self._control, self.evaluations = guide, control, 0

    def __call__(self, x: Tensor, sigma: float, part: float) -> Guided:
        self._control.check()
        found = self._guide(x, sigma, part)
        self.evaluations += found.evaluations
        return found

    def posterior(self, x: Tensor, sigma: float, part: float) -> Tensor:
        return self(x, sigma, part).posterior


def _correct(
    spent: _Spent, x: Tensor, sigma: float, part: float, settings: Settings, chains: Chains
) -> Tensor:
    """Langevin steps at constant noise; a step moves by a fixed part of the noise."""
    size = 2.0 * (settings.signal_to_noise * sigma) ** 2
    for _ in range(settings.corrections):
        pull = (spent.posterior(x, sigma, part) - x) / sigma**2
        x = x + size * pull + math.sqrt(2.0 * size) * chains.normal(x.shape[1])
    return x


def _norms(x: Tensor, found: Guided, sigma: float) -> tuple[float, float]:
    """Root mean square norms of the two scores."""
    both = torch.stack([found.prior - x, found.posterior - found.prior]) / sigma**2
    sizes = (both**2).sum(-1).mean(-1).sqrt()
    return float(sizes[0]), float(sizes[1])
