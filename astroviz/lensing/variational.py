r"""One Gaussian for the posterior, fitted with the score of the prior.

:math:`q = \mathcal{N}(V\mu,\ V\,\mathrm{diag}(S)\,V^\top)` in the eigenbasis of the likelihood
is moved down :math:`\mathrm{KL}(q \,\|\, p(x \mid y))` by natural gradients. What they need of
the prior at noise :math:`\sigma`, under :math:`q_\sigma = q * \mathcal{N}(0, \sigma^2)`, is

.. math:: g = E\left[s_\sigma(x)\right], \qquad
    h_i = -E\left[\epsilon_i\, s_{\sigma,i}(x)\right] / \sqrt{S_i + \sigma^2}

(the mean score and, by Stein's identity, the mean curvature), from pairs of opposite draws. The
noise falls while the fit goes on, from one that hides every detail.

Warning:
    Correlations between the directions are not in `q`: it is narrower than the posterior, and a
    posterior of several modes becomes one of them.

References:
    | A variational perspective on solving inverse problems with diffusion models
    | (Mardani et al. 2024), https://arxiv.org/abs/2305.04391
    | The Bayesian learning rule (Khan & Rue 2023), https://arxiv.org/abs/2107.04562
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from astroviz.core.request import Control
from astroviz.lensing.chains import Chains
from astroviz.lensing.eigenbasis import Eigenbasis
from astroviz.lensing.reverse_sde import noise_levels
from astroviz.lensing.settings import Frame, LinearLikelihood, SamplingError, Settings

if TYPE_CHECKING:
    from astroviz.lensing.prior import Prior

__all__ = ["variational"]

_PAIRS = 8  # of opposite draws for each step
_RATE = 0.15  # of the natural gradient
_WIDEST, _NARROWEST = 4.0, 0.05  # noise, in standard deviations of a pixel of the prior


def variational(
    prior: Prior,
    problem: LinearLikelihood,
    settings: Settings,
    chains: Chains,
    control: Control,
) -> Iterator[Frame]:
    r"""Fit, then draw.

    Arguments:
        prior: The prior.
        problem: The data of one problem.
        settings: `steps` of the fit.
        chains: One stream for each draw; the fit has its own.
        control: Told between steps.

    Yields:
        A frame after each step; samples are draws of the Gaussian so far.
    """
    normal = chains.normal(prior.dim)
    basis = problem.basis(normal)
    if len(basis.eigenvalues) != 1:
        raise SamplingError("a variational fit takes one problem at a time, not a stack of them")
    fit = _Fit(prior, basis, chains.others(_PAIRS))
    falling = max(1, (2 * settings.steps) // 3)
    levels = noise_levels(_WIDEST * prior.sigma_data, _NARROWEST * prior.sigma_data, falling)
    for k in range(settings.steps):
        control.check()
        sigma = levels[min(k, falling)]
        norms = fit.step(sigma)
        control.progress((k + 1) / settings.steps)
        draws = basis.unrotate(fit.mean + fit.precision.rsqrt() * normal)
        centre = basis.unrotate(fit.mean).expand_as(draws)
        finished = k + 1 == settings.steps
        shown = draws if finished else centre
        calls = -(-2 * _PAIRS * (k + 1) // len(chains))
        yield Frame(k + 1, settings.steps, sigma, draws, shown, norms, calls, finished)


class _Fit:
    """Mean and precision in the eigenbasis, both (1, d)."""

    def __init__(self, prior: Prior, basis: Eigenbasis, streams: Chains) -> None:
        self.prior, self.basis, self.streams = prior, basis, streams
        self.curvature = torch.full_like(basis.target, prior.sigma_data**-2)
        self.mean = basis.target / (basis.eigenvalues + self.curvature)

    @property
    def precision(self) -> Tensor:
        return self.basis.eigenvalues + self.curvature

    def step(self, sigma: float) -> tuple[float, float]:
        """One natural-gradient step; returns the norms of the two mean scores."""
        half = self.streams.normal(self.prior.dim)
        noise = torch.cat([half, -half])
        width = (1.0 / self.precision + sigma**2).sqrt()
        x = self.basis.unrotate(self.mean + width * noise)
        score = self.basis.rotate((self.prior.denoise(x, sigma) - x) / sigma**2)
        # of q's own covariance, not of the noisy one: the noise stands for nothing
        bend = -(noise * score).mean(0, keepdim=True) / width
        bend = bend / (1.0 - sigma**2 * bend).clamp_min(0.05)
        self.curvature = ((1 - _RATE) * self.curvature + _RATE * bend).clamp_min(1e-6)
        pull = score.mean(0, keepdim=True)
        data = self.basis.target - self.basis.eigenvalues * self.mean
        self.mean = self.mean + _RATE * (pull + data) / self.precision
        return float(pull.norm()), float(data.norm())
