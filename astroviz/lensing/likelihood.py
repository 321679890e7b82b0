r"""Approximations of the likelihood of noisy sources: how data guide a reverse diffusion.

At noise :math:`\sigma` a sampler needs the score of :math:`p(y \mid x_\sigma)`, which would take
an integral over all clean sources. Each class here returns the denoised source given the data,

.. math:: D_y(x, \sigma) = D(x, \sigma) + \sigma^2\, \nabla_x \log p(y \mid x_\sigma)

with another approximation of the second term. :math:`D` is the denoiser of the prior, `J` its
Jacobian and the data are whitened.

| class | the data's residual, weighted by the inverse of | right when |
| --- | --- | --- |
| `Convolved` | :math:`y - A x`, :math:`1 + \sigma^2 A A^\top` | the prior is flat |
| `DenoisedResidual` | :math:`y - A D`, its own norm | never; the most used |
| `PseudoInverse` | :math:`y - A D`, :math:`1 + r^2 A A^\top` | pixels are independent |
| `MomentMatching` | :math:`y - A D`, :math:`1 + \sigma^2 A J A^\top` | the prior is Gaussian |

with :math:`r^2 = \sigma^2 s^2 / (\sigma^2 + s^2)` for pixels of variance :math:`s^2`.

References:
    | Pixelated reconstruction of strong lenses with score-based priors (Adam et al. 2022)
    | https://arxiv.org/abs/2211.03812
    | Diffusion posterior sampling for general noisy inverse problems (Chung et al. 2023)
    | https://arxiv.org/abs/2209.14687
    | Pseudoinverse-guided diffusion models for inverse problems (Song et al. 2023)
    | https://openreview.net/forum?id=9_gsMA8MRKQ
    | Learning diffusion priors from observations by expectation maximization (Rozet et al. 2024)
    | https://arxiv.org/abs/2405.13712
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor

from astroviz.lensing.eigenbasis import Eigenbasis
from astroviz.lensing.settings import Settings

if TYPE_CHECKING:
    from astroviz.lensing.prior import Prior

__all__ = [
    "Convolved",
    "DenoisedResidual",
    "Guidance",
    "Guided",
    "MomentMatching",
    "PseudoInverse",
    "guidance_of",
    "linearise",
]

Pullback = Callable[[Tensor], Tensor]
_FULL_ITERATIONS, _FULL_TOLERANCE = 200, 1e-4  # of a solve that is called full


@dataclass(frozen=True, eq=False)
class Guided:
    r"""A denoised source, without and with the data.

    Arguments:
        prior: :math:`D`, shape :math:`(n, d)`.
        posterior: :math:`D_y`.
        evaluations: What it cost, in calls of the denoiser.
    """

    prior: Tensor
    posterior: Tensor
    evaluations: int


class Guidance(Protocol):
    """One approximation of the likelihood of noisy sources."""

    def __call__(self, x: Tensor, sigma: float, part: float) -> Guided:
        r"""The denoised source at noise `sigma`, in a step that removes `part` of its variance."""


def linearise(prior: Prior, x: Tensor, sigma: float) -> tuple[Tensor, Pullback]:
    r"""The denoised source and :math:`v \mapsto J^\top v`, which may be called many times."""
    jacobian = getattr(prior, "jacobian", None)
    if jacobian is not None:
        matrix = jacobian(sigma).to(x)
        return prior.denoise(x, sigma), lambda v: v @ matrix
    with torch.enable_grad():
        variable = x.detach().requires_grad_()
        found = prior.denoise(variable, sigma)

    def pullback(v: Tensor) -> Tensor:
        (back,) = torch.autograd.grad(found, variable, v.detach(), retain_graph=True)
        return back

    return found.detach(), pullback


@dataclass(frozen=True, eq=False)
class Convolved:
    """The likelihood as if the noise of the source were noise of the data (Adam et al. 2022)."""

    prior: Prior
    basis: Eigenbasis

    def __call__(self, x: Tensor, sigma: float, part: float) -> Guided:
        """See `Guidance`."""
        denoised = self.prior.denoise(x, sigma)
        spread = 1.0 + sigma**2 * self.basis.rows(self.basis.eigenvalues, len(x))
        pull = self.basis.unrotate(self.basis.innovation(x) / spread)
        return Guided(denoised, denoised + sigma**2 * pull, 1)


@dataclass(frozen=True, eq=False)
class DenoisedResidual:
    r"""A step of fixed size down the residual of the denoised source (Chung et al. 2023).

    The published rule moves the state by :math:`-\zeta \nabla_x \|y - A D\|` at each step
    whatever its length, for operators of norm 1; here the operator is scaled to that, and the
    move is written as a shift of :math:`D_y`.
    """

    prior: Prior
    basis: Eigenbasis
    zeta: float = 1.0

    def __call__(self, x: Tensor, sigma: float, part: float) -> Guided:
        """See `Guidance`."""
        denoised, pullback = linearise(self.prior, x, sigma)
        size = self.basis.misfit(denoised).sqrt().clamp_min(1e-12)[:, None]
        slope = pullback(self.basis.unrotate(self.basis.innovation(denoised))) / size
        norm = self.basis.eigenvalues.amax().sqrt()
        shift = self.zeta * slope / (norm * part)
        return Guided(denoised, denoised + shift, 3)


@dataclass(frozen=True, eq=False)
class PseudoInverse:
    r"""Denoised pixels with one variance, independent of each other (Song et al. 2023).

    Arguments:
        prior: The prior.
        basis: The likelihood.
        variance: :math:`s^2` of a pixel of the prior. The published choice is 1, about that of
            the bright pixels here; the mean over a frame, mostly dark, lets steps overshoot.
    """

    prior: Prior
    basis: Eigenbasis
    variance: float = 1.0

    def __call__(self, x: Tensor, sigma: float, part: float) -> Guided:
        """See `Guidance`."""
        denoised, pullback = linearise(self.prior, x, sigma)
        spread = 1.0 + self.spread(sigma) * self.basis.rows(self.basis.eigenvalues, len(x))
        pull = pullback(self.basis.unrotate(self.basis.innovation(denoised) / spread))
        return Guided(denoised, denoised + sigma**2 * pull, 3)

    def spread(self, sigma: float) -> float:
        r""":math:`r^2`, variance of a denoised pixel."""
        return sigma**2 * self.variance / (sigma**2 + self.variance)


@dataclass(frozen=True, eq=False)
class MomentMatching:
    r"""Denoised sources with the covariance :math:`\sigma^2 J` (Rozet et al. 2024).

    Arguments:
        prior: The prior.
        basis: The likelihood.
        iterations: Of the conjugate gradients, each with one product with the Jacobian; 0 solves
            until the residual is below 1e-4, directly where the Jacobian is known as a matrix.
    """

    prior: Prior
    basis: Eigenbasis
    iterations: int = 3

    def __call__(self, x: Tensor, sigma: float, part: float) -> Guided:
        """See `Guidance`."""
        if self.iterations == 0 and hasattr(self.prior, "jacobian"):
            return self._directly(x, sigma)
        denoised, pullback = linearise(self.prior, x, sigma)
        root = self.basis.rows(self.basis.eigenvalues, len(x)).sqrt()
        left = self.basis.innovation(denoised)
        # with w = sqrt(lambda) v the system is symmetric: (1 + sqrt(L) V' P V sqrt(L)) v = ...
        right = torch.where(root > 0, left / root.clamp_min(1e-30), 0.0)

        def product(v: Tensor) -> Tensor:
            back = pullback(self.basis.unrotate(root * v))
            return v + sigma**2 * root * self.basis.rotate(back)

        most = self.iterations or _FULL_ITERATIONS
        tolerance = 0.0 if self.iterations else _FULL_TOLERANCE
        data = self.prior.sigma_data**2
        guess = 1.0 + root**2 * sigma**2 * data / (sigma**2 + data)
        solution, used = _conjugate_gradients(product, right, guess, most, tolerance)
        pull = pullback(self.basis.unrotate(root * solution))
        return Guided(denoised, denoised + sigma**2 * pull, 1 + 2 * (used + 1))

    def _directly(self, x: Tensor, sigma: float) -> Guided:
        denoised = self.prior.denoise(x, sigma)
        gain = self._gain(sigma, x)
        return Guided(denoised, denoised + self.basis.innovation(denoised) @ gain, 3)

    def _gain(self, sigma: float, like: Tensor) -> Tensor:
        r""":math:`V^\top P (1 + G P)^{-1}` with :math:`P = \sigma^2 J`, float64 inside."""
        if self.basis.vectors.ndim != 2:
            raise NotImplementedError("a full solve takes problems of one operator")
        covariance = sigma**2 * self.prior.jacobian(sigma)  # type: ignore[attr-defined]
        vectors, root = self.basis.vectors.double(), self.basis.eigenvalues[0].double().sqrt()
        turned = vectors.T @ covariance
        inner = turned @ vectors
        spread = root[:, None] * inner * root
        spread.diagonal().add_(1.0)
        # B (1 + R^2 B)^-1 = R^-1 (1 + R B R)^-1 R B with R = sqrt(lambda), B = V' P V; a row of
        # which the data say nothing takes the form that does not divide
        solved = torch.cholesky_solve(root[:, None] * turned, torch.linalg.cholesky(spread))
        gain = solved / root.clamp_min(1e-30)[:, None]
        blind = root < 1e-6 * root.max()
        gain[blind] = turned[blind] - (inner[blind] * root) @ solved
        return gain.to(like)


def _conjugate_gradients(
    product: Callable[[Tensor], Tensor],
    right: Tensor,
    guess: Tensor,
    most: int,
    tolerance: float,
) -> tuple[Tensor, int]:
    """Solve a symmetric positive system for each row, preconditioned by a diagonal."""
    solution, left = torch.zeros_like(right), right
    direction = left / guess
    old = (left * direction).sum(-1, keepdim=True)
    goal = tolerance * right.norm(dim=-1, keepdim=True)
    for used in range(1, most + 1):
        moved = product(direction)
        bend = (direction * moved).sum(-1, keepdim=True)
        # a network's Jacobian need not be positive: a row that meets this stays where it is
        size = torch.where(bend > 0, old / bend.clamp_min(1e-30), 0.0)
        solution, left = solution + size * direction, left - size * moved
        if tolerance and bool((left.norm(dim=-1, keepdim=True) <= goal).all()):
            return solution, used
        turned = left / guess
        new = (left * turned).sum(-1, keepdim=True)
        direction, old = turned + new / old.clamp_min(1e-30) * direction, new
    return solution, most


def guidance_of(prior: Prior, basis: Eigenbasis, settings: Settings) -> Guidance:
    """The approximation that settings ask for."""
    if settings.method == "cla":
        return Convolved(prior, basis)
    if settings.method == "dps":
        return DenoisedResidual(prior, basis, settings.zeta)
    if settings.method == "pigdm":
        return PseudoInverse(prior, basis)
    return MomentMatching(prior, basis, settings.iterations)
