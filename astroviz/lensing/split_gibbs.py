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

Directions that the data leave free move by little more than :math:`\rho` a sweep. Each draw of
the data's side therefore keeps to the other side of its mean than the draw before (Adler's
over-relaxation), which leaves the law as it is and moves about twice as far, and the coupling
falls more slowly the smaller it is.

References:
    | Principled probabilistic imaging using diffusion models as plug-and-play priors
    | (Wu et al. 2024), https://arxiv.org/abs/2405.18782
    | Split-and-augmented Gibbs sampler (Vono et al. 2019), https://arxiv.org/abs/1804.05809
    | Over-relaxation method for the Monte Carlo evaluation of the partition function
    | (Adler 1981), Phys. Rev. D 23, 2901
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from astroviz.core.request import Control
from astroviz.lensing.chains import Chains
from astroviz.lensing.eigenbasis import Eigenbasis
from astroviz.lensing.reverse_sde import denoising_posterior
from astroviz.lensing.settings import Frame, LinearLikelihood, Settings

if TYPE_CHECKING:
    from astroviz.lensing.prior import Prior

__all__ = ["DataSide", "couplings", "split_gibbs"]

_RELAXED = 0.9
_SLOWER = 3.0


def couplings(settings: Settings, smallest: float) -> list[float]:
    r"""The coupling :math:`\rho` of each sweep: falling, then constant.

    A sweep covers less of :math:`\ln \rho` by :math:`1 + (3 \rho_{\min} / \rho)^2`.

    Arguments:
        settings: `steps`, `rho_max`, `rho_min`, `annealed`.
        smallest: The last where settings name none.
    """
    low = settings.rho_min if settings.rho_min is not None else smallest
    high = max(settings.rho_max, low)
    falling = max(1, round(settings.annealed * settings.steps))
    grid = np.linspace(np.log(high), np.log(low), 500)
    pace = 1.0 + (_SLOWER * low / np.exp(grid)) ** 2
    time = np.concatenate([[0.0], np.cumsum(0.5 * (pace[1:] + pace[:-1]))])
    levels = np.exp(np.interp(np.linspace(0.0, time[-1], falling), time, grid)).tolist()
    return (levels + [low] * settings.steps)[: settings.steps]


class DataSide:
    r"""Draws :math:`z \mid x, y`, each over-relaxed against the one before.

    Arguments:
        basis: The likelihood.
        exact_split: See the module.
        relaxed: How far a draw keeps to the other side of its mean, 0 for independent draws.
    """

    def __init__(self, basis: Eigenbasis, exact_split: bool = True, relaxed: float = 0.0) -> None:
        self.basis, self.exact_split, self.relaxed = basis, exact_split, relaxed
        eigenvalues = basis.eigenvalues
        known = basis.target / eigenvalues.clamp_min(1e-30)
        self._best = torch.where(eigenvalues > 0, known, 0.0)
        self._last: tuple[Tensor, float] | None = None

    def _law(self, u: Tensor, rho: float) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of the conditional in the basis."""
        n = len(u)
        gain = self.basis.rows(self.basis.eigenvalues, n) * rho**2
        gain = gain.clamp_max(1.0) if self.exact_split else gain / (1.0 + gain)
        mean = (1.0 - gain) * u + gain * self.basis.rows(self._best, n)
        return mean, rho * (1.0 - gain).sqrt()

    def __call__(self, x: Tensor, rho: float, normal: Tensor) -> Tensor:
        r"""The data's copy.

        Arguments:
            x: The prior's copy, shape :math:`(n, d)`.
            rho: The coupling.
            normal: Standard normal numbers, shape :math:`(n, d)`.

        Returns:
            Shape :math:`(n, d)`.
        """
        u = self.basis.rotate(x)
        if self._last is not None and self.relaxed:
            before, old = self._last
            mean, spread = self._law(u, old)
            free = spread > 0
            opposite = -self.relaxed * (before - mean) / spread.clamp_min(1e-30)
            opposite = opposite + (1.0 - self.relaxed**2) ** 0.5 * normal
            normal = torch.where(free, opposite, normal)
        mean, spread = self._law(u, rho)
        drawn = mean + spread * normal
        self._last = (drawn, rho)
        return self.basis.unrotate(drawn)


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
    data_side = DataSide(basis, settings.exact_split, _RELAXED)
    evaluations = 0
    levels = couplings(settings, problem.best_precision)
    for k, rho in enumerate(levels):
        z = data_side(x, rho, chains.normal(prior.dim))
        # the last denoising is seen: it goes further down
        finer = 3 if k + 1 == settings.steps else 1
        x, used = denoising_posterior(prior, z, rho, settings.inner_steps, chains, control, finer)
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
