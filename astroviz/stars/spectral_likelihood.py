r"""The exact likelihood of a spectrum, with its modes integrated out.

With :math:`y = f \circ (1 + \Phi a + D b) + e`, :math:`a \sim N(0, S)`, :math:`b \sim N(0, 1)`,
:math:`e \sim N(0, C)` and :math:`C = L L^\top`, the marginal is normal. With
:math:`r = L^{-1}(y - f)` and :math:`G = L^{-1}\,\mathrm{diag}(f)\,(\Phi S^{1/2}, D)`,

.. math:: -2 \ln p = |r|^2 - |K^{-1} G^\top r|^2 + 2 \ln|K| + \ln|2\pi C|, \qquad
          K K^\top = 1 + G^\top G .

A spectrum whose flux calibration is not trusted is divided by its model's mean first: its response
modes take the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from astroviz.stars.spectral_physics import SpectralPhysics
from astroviz.stars.spectrographs import Spectrograph

__all__ = ["MeasuredSpectrum", "log_likelihood_of_spectra", "spectral_misfit",
           "spectrum_log_likelihood"]  # fmt: skip

_LOG_2PI = 1.8378770664093453


@dataclass(frozen=True)
class MeasuredSpectrum:
    r"""One spectrum of one star.

    Arguments:
        one: The spectrograph.
        flux: Shape :math:`(px,)`; NaN in bins that were not observed.
        error: Standard deviations, same shape.
        unmix: From `compress.unmixing`, shape :math:`(px, px)`; None for uncorrelated errors.
    """

    one: Spectrograph
    flux: Tensor
    error: Tensor
    unmix: Tensor | None = None


def spectrum_log_likelihood(
    measured: MeasuredSpectrum, model: Tensor, drift: Tensor | None = None
) -> Tensor:
    r"""Log-likelihood for many model spectra.

    Arguments:
        measured: The spectrum.
        model: Noiseless spectra, shape :math:`(N, px)`, as `SpectralPhysics.flux` gives them.
        drift: From `SpectralPhysics.drift`, shape :math:`(N, px, 3)`.

    Returns:
        Shape :math:`(N,)`; minus infinity where the model is not finite.
    """
    chi2, log_det = _pulls(measured, model, drift)
    weight = _weight(measured)
    logs = -2 * weight[weight > 0].log().sum()
    if measured.unmix is not None:
        logs = logs - 2 * measured.unmix.to(weight).diagonal().log().sum()
    return -0.5 * (chi2 + log_det + logs + _LOG_2PI * (weight > 0).sum())


def spectral_misfit(
    measured: MeasuredSpectrum, physics: SpectralPhysics, theta: Tensor, disk: Tensor
) -> float:
    r"""Lower decile over draws of :math:`\chi^2` per bin, modes integrated out.

    Arguments:
        measured: The spectrum.
        physics: Physics of the spectra.
        theta: Draws in physical units, shape :math:`(n, 9)`; without companion and accretion.
        disk: Which have a disk, shape :math:`(n,)`.
    """
    model = physics.flux(measured.one, theta, disk)
    chi2, _ = _pulls(measured, model, physics.drift(measured.one, *theta[:, :3].unbind(-1)))
    bins = max(int((_weight(measured) > 0).sum()), 1)
    return float(chi2.quantile(0.1)) / bins


def _weight(measured: MeasuredSpectrum) -> Tensor:
    """One over the error of each bin; zero where it was not observed."""
    flux, error = measured.flux.double(), measured.error.double()
    good = flux.isfinite() & error.isfinite() & (error > 0)
    return torch.where(good, 1 / torch.where(good, error, 1.0), 0.0)


def _pulls(
    measured: MeasuredSpectrum, model: Tensor, drift: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Chi-square and log determinant of each model beyond those of the reported covariance."""
    one, weight = measured.one, _weight(measured)
    model = model.double()
    there = model.isfinite().all(-1) & (model > 0).all(-1)
    model = torch.where(there[:, None], model, 1.0)
    if not one.calibrated:
        model = model / model.mean(-1, keepdim=True)
    # bins that were not observed drop out: their weight is zero
    modes = torch.as_tensor(one.shapes) * torch.tensor(one.modes, dtype=torch.float64)
    r = (torch.where(weight > 0, measured.flux.double(), 0.0) - model) * weight
    if drift is not None:
        modes = torch.cat([modes.expand(len(model), -1, -1), drift.double().nan_to_num()], -1)
    g = (model * weight)[..., None] * modes
    if measured.unmix is not None:
        unmix = measured.unmix.double()
        r, g = r @ unmix.T, unmix @ g
    gram = g.transpose(1, 2) @ g + torch.eye(modes.shape[-1], dtype=torch.float64)
    factor = torch.linalg.cholesky(gram)
    pull = torch.linalg.solve_triangular(factor, g.transpose(1, 2) @ r[..., None], upper=False)
    chi2 = (r**2).sum(-1) - (pull[..., 0] ** 2).sum(-1)
    log_det = 2 * factor.diagonal(dim1=1, dim2=2).log().sum(-1)
    return torch.where(there, chi2, torch.inf), log_det


def log_likelihood_of_spectra(
    spectra: tuple[MeasuredSpectrum, ...], physics: SpectralPhysics, theta: Tensor, disk: Tensor,
    mass_ratio: Tensor, veiling: Tensor,
) -> Tensor:  # fmt: skip
    r"""Sum over the spectra of one star for many parameters, shape :math:`(N,)`.

    Arguments:
        spectra: The spectra.
        physics: Physics of the spectra.
        theta: Parameters in physical units, shape :math:`(N, 9)`.
        disk: Whether there is a disk, shape :math:`(N,)`, bool.
        mass_ratio: Companion over primary mass, shape :math:`(N,)`.
        veiling: Continuum of accretion or activity in BP, shape :math:`(N,)`.
    """
    total = torch.zeros(len(theta), dtype=torch.float64)
    for measured in spectra:
        model = physics.flux(measured.one, theta, disk, mass_ratio, veiling)
        drift = physics.drift(measured.one, *theta[:, :3].unbind(-1))
        total = total + spectrum_log_likelihood(measured, model, drift)
    return total.to(theta)
