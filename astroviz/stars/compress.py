r"""A spectrum in a few numbers with their errors, whatever its gaps and its covariance.

Fluxes become magnitudes :math:`m = -\tfrac{2.5}{\ln 10}\,\mathrm{asinh}(y / 2\sigma)
- 2.5 \log_{10}\sigma`, which are those of :math:`y` where the signal is clear and stay finite
where it is not; there their error grows. With the mean :math:`\mu` and the components :math:`B`
of simulated spectra, the untrusted modes :math:`\Phi a`, and the covariance :math:`C_m` that
follows from the reported one, the numbers are the most probable :math:`c` of

.. math:: m = \mu + B c + \Phi' a + \epsilon, \quad \epsilon \sim N(0, C_m), \quad
          a \sim N(0, S), \quad c \sim N(0, \Lambda)

and their errors the widths of :math:`p(c \mid m)`. Correlated errors, masked bins and an unknown
flux calibration are thereby all weighed as they should be before a network sees anything.

References:
    | asinh magnitudes (Lupton, Gunn & Szalay 1999), https://arxiv.org/abs/astro-ph/9903081
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from astroviz.stars.spectrographs import Spectrograph
from astroviz.stars.tables import Tables

__all__ = ["compress", "unmixing"]

_POGSON = 2.5 / math.log(10)
_UNCLEAR = 5.0  # mag, error of a bin without a signal
_SMOOTH = 8  # modes that are told apart from the components; finer ones count as noise of the bins


def unmixing(correlation: Tensor) -> Tensor:
    r"""Lower triangular :math:`L^{-1}` with :math:`L L^\top` the correlation matrix.

    Arguments:
        correlation: Shape :math:`(*, px, px)`, positive definite.

    Raises:
        ValueError: where it is not positive definite.
    """
    factor, info = torch.linalg.cholesky_ex(correlation.double())
    if bool((info != 0).any()):
        raise ValueError("the correlation matrix is not positive definite")
    one = torch.eye(correlation.shape[-1], dtype=torch.float64)
    return torch.linalg.solve_triangular(factor, one, upper=False).to(correlation.dtype)


def compress(
    one: Spectrograph, tables: Tables, flux: Tensor, error: Tensor, unmix: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    r"""Components of spectra, and their errors.

    Arguments:
        one: The spectrograph.
        tables: From `load_spectrographs`.
        flux: Shape :math:`(N, px)`, in W/m2/nm where the spectrograph is calibrated; NaN in bins
            that were not observed.
        error: Standard deviation of each bin, same shape and unit.
        unmix: From `unmixing`, shape :math:`(px, px)` or :math:`(N, px, px)`; uncorrelated when
            None.

    Returns:
        Components and errors, each of shape :math:`(N, k)`, in magnitudes.
    """
    flux, error = flux.double(), error.double()
    basis = f"basis.{one.name}"
    mean, spread = tables[f"{basis}.mean"].double(), tables[f"{basis}.spread"].double()
    components = tables[f"{basis}.components"].double()
    good = flux.isfinite() & error.isfinite() & (error > 0)
    flux, error = torch.where(good, flux, 0.0), torch.where(good, error, 1.0)
    if not one.calibrated:  # its unit is not known; the level is an untrusted mode
        level = (flux.abs().sum(-1) / good.sum(-1).clamp(min=1)).clamp(min=1e-300)[:, None]
        flux, error = flux / level, torch.where(good, error / level, 1.0)
    magnitude = -_POGSON * torch.asinh(flux / (2 * error)) - 2.5 * error.log10()
    clear = flux / error
    unclear = (_UNCLEAR * torch.exp(-0.25 * clear.clamp(min=0) ** 2)) ** 2
    slope = _POGSON / (flux**2 + 4 * error**2).sqrt()
    modes, rest = _modes(one)
    variance = (slope * error) ** 2 + unclear + rest
    weight = good / variance.sqrt()
    design = torch.cat([components * spread, modes], 1)
    columns = torch.cat([design.expand(len(flux), -1, -1), (magnitude - mean)[..., None]], -1)
    columns = columns * weight[..., None]
    if unmix is not None:
        columns = unmix.double() @ columns
    matrix, target = columns[..., :-1], columns[..., -1:]
    normal = matrix.transpose(1, 2) @ matrix
    normal = normal + torch.eye(normal.shape[-1], dtype=normal.dtype)
    factor = torch.linalg.cholesky(normal)
    inverse = torch.cholesky_inverse(factor)
    k = len(spread)
    found = (inverse @ (matrix.transpose(1, 2) @ target))[:, :k, 0]
    width = inverse.diagonal(dim1=1, dim2=2)[:, :k].sqrt()
    return (found * spread).float(), (width * spread).float()


def _modes(one: Spectrograph) -> tuple[Tensor, float]:
    """Smooth modes in magnitudes, shape (px, M), and the variance of the finer ones per bin."""
    height = torch.tensor(one.modes, dtype=torch.float64) * _POGSON
    smooth = max(one.free, _SMOOTH)
    rest = float((height[smooth:] ** 2).sum() / 2)
    # an untrusted response may be anything
    height[: one.free] *= 20.0
    return torch.as_tensor(one.shapes[:, :smooth]) * height[:smooth], rest
