r"""A Gaussian process as a prior of sources: everything about it is known exactly.

It has the interface of the learned priors, so that every sampler can be run against a posterior
that is known in closed form:

.. math:: x \mid y \sim \mathcal{N}\!\left(m + \Sigma (b - G m),\ \Sigma\right), \qquad
    \Sigma = (C^{-1} + G)^{-1}
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from astroviz.core.request import Alone, Control

if TYPE_CHECKING:
    from astroviz.lensing.linear import LinearProblem

__all__ = ["GaussianPosterior", "GaussianPrior", "exponential_prior", "matern_prior"]


class GaussianPrior:
    r"""The law :math:`\mathcal{N}(m, C)` of sources.

    Arguments:
        mean: :math:`m`, shape :math:`(d,)`.
        covariance: :math:`C`, shape :math:`(d, d)`.
        name: What to call it.

    Example:
        >>> prior = exponential_prior(8)
        >>> prior.sample(3, seed=0).shape
        torch.Size([3, 64])
    """

    def __init__(self, mean: Tensor, covariance: Tensor, name: str = "gaussian") -> None:
        self.mean, self.covariance = mean.double().cpu(), covariance.double().cpu()
        self.name, self.dim = name, len(mean)
        self.pixels = math.isqrt(self.dim)
        self.device = torch.device("cpu")
        self.sigma_data = float(self.covariance.diagonal().mean().sqrt())
        values, vectors = torch.linalg.eigh(self.covariance)
        if float(values[0]) < -1e-8 * float(values[-1]):
            raise ValueError(
                f"a covariance has no negative eigenvalue, but this has {float(values[0]):.2e}"
            )
        self.values, self.vectors = values.clamp_min(0.0), vectors
        self._cast: dict[torch.dtype, tuple[Tensor, Tensor, Tensor]] = {}

    def __repr__(self) -> str:
        return f"GaussianPrior({self.name}, {self.dim} pixels)"

    def _parts(self, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
        if dtype not in self._cast:
            self._cast[dtype] = (
                self.mean.to(dtype), self.values.to(dtype), self.vectors.to(dtype),
            )  # fmt: skip
        return self._cast[dtype]

    def denoise(self, x: Tensor, sigma: Tensor | float) -> Tensor:
        r""":math:`E[x_0 \mid x]` for :math:`x = x_0 + \sigma z`, exact.

        Arguments:
            x: Noisy sources, shape :math:`(n, d)`.
            sigma: Noise, a number or one for each row.

        Returns:
            Shape :math:`(n, d)`.
        """
        mean, values, vectors = self._parts(x.dtype)
        noise = torch.as_tensor(sigma, dtype=x.dtype).reshape(-1, 1) ** 2
        shrink = values / (values + noise)
        return mean + (((x - mean) @ vectors) * shrink) @ vectors.T

    def score(self, x: Tensor, sigma: Tensor | float) -> Tensor:
        """Gradient of the log density at noise `sigma`, shape :math:`(n, d)`."""
        noise = torch.as_tensor(sigma, dtype=x.dtype).reshape(-1, 1) ** 2
        return (self.denoise(x, sigma) - x) / noise

    def jacobian(self, sigma: float) -> Tensor:
        r"""Derivative of `denoise`, the same everywhere, float64, shape :math:`(d, d)`."""
        shrink = self.values / (self.values + sigma**2)
        return (self.vectors * shrink) @ self.vectors.T

    def sample(
        self,
        n: int,
        seed: int = 0,
        steps: int = 1,
        control: Control = Alone(),  # noqa: B008 - it has no state
    ) -> Tensor:
        """Exact draws, float32, shape :math:`(n, d)`; steps and control are not needed."""
        generator = torch.Generator().manual_seed(seed)
        white = torch.randn(n, self.dim, generator=generator, dtype=torch.float64)
        return (self.mean + (white * self.values.sqrt()) @ self.vectors.T).float()

    def draw_truth(self, n: int, seed: int = 0) -> Tensor:
        """Exact draws, as `sample`."""
        return self.sample(n, seed)

    def posterior(self, problem: LinearProblem) -> GaussianPosterior:
        """The exact posterior under a linear problem."""
        root = self.vectors * self.values.sqrt()
        turned = problem.eigenvectors.T @ root
        inner = turned.T @ (problem.eigenvalues[:, None] * turned)
        inner.diagonal().add_(1.0)
        lower = torch.linalg.cholesky(inner)
        # Sigma = R (1 + R^T G R)^-1 R^T with C = R R^T needs no inverse of C
        factor = torch.linalg.solve_triangular(lower, root.T, upper=False).T
        left = problem.backprojection - problem.eigenvectors @ (
            problem.eigenvalues * (problem.eigenvectors.T @ self.mean)
        )
        shift = factor @ (factor.T @ left)
        log_determinant = 2 * float(lower.diagonal().log().sum())
        at_mean = float(problem.chi_square(self.mean[None])[0])
        evidence = -0.5 * (at_mean - float(left @ shift) + log_determinant)
        return GaussianPosterior(self.mean + shift, factor, evidence)


@dataclass(frozen=True, eq=False)
class GaussianPosterior:
    r"""The law :math:`\mathcal{N}(\mu, F F^\top)` of sources given data.

    Arguments:
        mean: :math:`\mu`, float64, shape :math:`(d,)`.
        factor: :math:`F`, shape :math:`(d, d)`.
        log_evidence: :math:`\log p(y)` up to :math:`-\tfrac12 \log\det 2\pi N`.
    """

    mean: Tensor
    factor: Tensor
    log_evidence: float

    @cached_property
    def covariance(self) -> Tensor:
        r""":math:`\Sigma = F F^\top`, shape :math:`(d, d)`."""
        return self.factor @ self.factor.T

    @property
    def variance(self) -> Tensor:
        """Of each pixel, shape :math:`(d,)`."""
        return (self.factor**2).sum(1)

    def draws(self, n: int, seed: int) -> Tensor:
        """Independent draws, float32, shape :math:`(n, d)`."""
        generator = torch.Generator().manual_seed(seed)
        white = torch.randn(n, len(self.mean), generator=generator, dtype=torch.float64)
        return (self.mean + white @ self.factor.T).float()

    def whiten(self, x: Tensor) -> Tensor:
        r""":math:`F^{-1} (x - \mu)`, standard normal for right draws, shape :math:`(n, d)`."""
        left = (x.double() - self.mean).T
        return torch.linalg.solve(self.factor, left).T


def exponential_prior(
    pixels: int,
    length: float = 0.12,
    envelope: float = 0.22,
    nugget: float = 1e-3,
    amplitude: float = 1.0,
) -> GaussianPrior:
    r"""Clumpy light that fades outwards.

    .. math:: C_{ij} = a^2\, w_i w_j e^{-r_{ij}/\ell} + \epsilon\, \delta_{ij}, \qquad
        w = e^{-r^2 / 2 e^2}

    Arguments:
        pixels: Pixels on a side, :math:`s`.
        length: Correlation length :math:`\ell`, in sides of the stamp.
        envelope: Width :math:`e` of the envelope, in sides of the stamp.
        nugget: Variance :math:`\epsilon` of each pixel by itself.
        amplitude: Standard deviation at the centre, :math:`a`, in prior units.
    """
    place, apart = _places(pixels)
    weight = amplitude * torch.exp(-0.5 * (place**2).sum(1) / envelope**2)
    covariance = weight[:, None] * weight * torch.exp(-apart / length)
    covariance.diagonal().add_(nugget)
    return GaussianPrior(torch.zeros(pixels**2), covariance, "exponential")


def matern_prior(
    pixels: int, length: float = 0.12, amplitude: float = 1.0, nugget: float = 1e-6
) -> GaussianPrior:
    r"""Smooth light everywhere: the Matern kernel of order 3/2.

    .. math:: C_{ij} = a^2 \left(1 + \sqrt 3\, r/\ell\right) e^{-\sqrt 3\, r/\ell}

    Arguments:
        pixels: Pixels on a side, :math:`s`.
        length: :math:`\ell`, in sides of the stamp.
        amplitude: :math:`a`, in prior units.
        nugget: Variance of each pixel by itself.
    """
    _, apart = _places(pixels)
    scaled = math.sqrt(3.0) * apart / length
    covariance = amplitude**2 * (1.0 + scaled) * torch.exp(-scaled)
    covariance.diagonal().add_(nugget)
    return GaussianPrior(torch.zeros(pixels**2), covariance, "matern")


def _places(pixels: int) -> tuple[Tensor, Tensor]:
    """Places of pixels in sides of the stamp, (d, 2), and distances between them, (d, d)."""
    axis = (torch.arange(pixels, dtype=torch.float64) - (pixels - 1) / 2) / pixels
    place = torch.stack(torch.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 2)
    return place, torch.cdist(place, place, compute_mode="donot_use_mm_for_euclid_dist")
