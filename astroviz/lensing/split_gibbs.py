r"""Split Gibbs: the data and the prior each rule a copy of the source, coupled ever tighter.

The copies :math:`x` (prior) and :math:`z` (data) may differ by noise :math:`\rho`. A sweep draws

.. math::
    z \mid x, y \;\propto\; q_\rho(y \mid z)\, \mathcal{N}(z; x, \rho^2), \qquad
    x \mid z \;\propto\; p(x)\, \mathcal{N}(z; x, \rho^2)

The first is exact: in the eigenbasis of the likelihood it is a product of single numbers. The
second is what a denoiser is made for: the reverse equation started at noise :math:`\rho`. No
approximation of the likelihood of noisy sources is needed, whatever the prior.

With the plain likelihood :math:`q = p(y \mid z)` the draws :math:`x` see data whose noise is
wider by :math:`\rho^2`. Here `q` is narrower by just that in each direction in which the data
leave more than :math:`\rho` (`exact_split`). Such directions are free of bias at any
:math:`\rho`, and all are once :math:`\rho` is the precision with which the data fix the
best-known one, :math:`\lambda_{\max}^{-1/2}`:

.. math:: u_z = (1 - k)\, u_x + k\, \hat u + \rho \sqrt{1 - k}\; \epsilon, \qquad
    k = \min(1, \lambda \rho^2), \quad \hat u = t / \lambda

References:
    | Principled probabilistic imaging using diffusion models as plug-and-play priors
    | (Wu et al. 2024), https://arxiv.org/abs/2405.18782
    | Split-and-augmented Gibbs sampler (Vono et al. 2019), https://arxiv.org/abs/1804.05809
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from astroviz.core.request import Control
from astroviz.lensing.chains import Chains
from astroviz.lensing.eigenbasis import Eigenbasis
from astroviz.lensing.reverse_sde import denoising_posterior
from astroviz.lensing.settings import Frame, LinearLikelihood, Settings

if TYPE_CHECKING:
    from astroviz.lensing.prior import Prior

__all__ = ["couplings", "draw_data_side", "split_gibbs"]


def couplings(settings: Settings, smallest: float) -> list[float]:
    r"""The coupling :math:`\rho` of each sweep: falling geometrically, then constant."""
    low = settings.rho_min if settings.rho_min is not None else smallest
    high = max(settings.rho_max, low)
    falling = max(1, round(settings.annealed * settings.steps))
    ratio = (low / high) ** (1.0 / max(falling - 1, 1))
    levels = [high * ratio**k for k in range(falling)]
    return (levels + [low] * settings.steps)[: settings.steps]


def draw_data_side(
    basis: Eigenbasis, x: Tensor, rho: float, normal: Tensor, exact_split: bool = True
) -> Tensor:
    r"""Draw :math:`z \mid x, y`.

    Arguments:
        basis: The likelihood.
        x: The prior's copy, shape :math:`(n, d)`.
        rho: The coupling.
        normal: Standard normal numbers, shape :math:`(n, d)`.
        exact_split: See the module.

    Returns:
        The data's copy, shape :math:`(n, d)`.
    """
    n = len(x)
    eigenvalues = basis.rows(basis.eigenvalues, n)
    best = torch.where(
        eigenvalues > 0, basis.rows(basis.target, n) / eigenvalues.clamp_min(1e-30), 0.0
    )
    gain = eigenvalues * rho**2
    gain = gain.clamp_max(1.0) if exact_split else gain / (1.0 + gain)
    mixed = (1.0 - gain) * basis.rotate(x) + gain * best
    return basis.unrotate(mixed + rho * (1.0 - gain).sqrt() * normal)


def split_gibbs(
    prior: Prior,
    problem: LinearLikelihood,
    settings: Settings,
    chains: Chains,
    control: Control,
) -> Iterator[Frame]:
    r"""Sweep, one frame each.

    Arguments:
        prior: The prior.
        problem: The data.
        settings: `steps`, `rho_max`, `rho_min`, `annealed`, `inner_steps`, `exact_split`.
        chains: Random numbers, one stream for each draw.
        control: Told between steps.

    Yields:
        A frame after each sweep; its samples are the prior's copies.
    """
    x = chains.normal(prior.dim) * prior.sigma_data
    basis = problem.basis(x)
    evaluations = 0
    levels = couplings(settings, problem.best_precision)
    for k, rho in enumerate(levels):
        z = draw_data_side(basis, x, rho, chains.normal(prior.dim), settings.exact_split)
        x, used = denoising_posterior(prior, z, rho, settings.inner_steps, chains, control)
        evaluations += used
        # the scores of the two conditionals at the prior's copy
        data = basis.innovation(x) / (1.0 + basis.rows(basis.eigenvalues, len(x)) * rho**2)
        norms = (_size((z - x) / rho**2), _size(data))
        control.progress((k + 1) / settings.steps)
        yield Frame(
            k + 1, settings.steps, rho, x, x, norms, evaluations, k + 1 == settings.steps
        )  # fmt: skip


def _size(rows: Tensor) -> float:
    return float((rows**2).sum(-1).mean().sqrt())
