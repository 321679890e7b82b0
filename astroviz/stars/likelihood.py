r"""The exact likelihood of a simulated star, the measure of every network.

For given parameters and nuisances (companion, accretion or activity) the bands of one survey share
a normal offset of variance :math:`v^2`, so with residuals :math:`r_b` and variances
:math:`\tau_b^2`

.. math:: -2 \ln L = \sum_b \frac{r_b^2}{\tau_b^2}
          - \frac{(\sum_b r_b / \tau_b^2)^2}{S_0 + v^{-2}}
          + \sum_b \ln 2\pi\tau_b^2 + \ln(1 + v^2 S_0), \quad S_0 = \sum_b \tau_b^{-2},

and limits enter by their normal probability, averaged over the offset by Gauss-Hermite
quadrature. Quantities that are neither observed nor limits say nothing.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from astroviz.io.observations import State
from astroviz.stars.noise import (
    PARALLAX_ZERO_POINT,
    PARALLAX_ZERO_POINT_ERROR,
    SURVEY_OF_BAND,
    error_law,
    floors,
    variability,
)
from astroviz.stars.physics import Physics
from astroviz.stars.surveys import SURVEYS

__all__ = ["log_likelihood"]

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(9)


def log_likelihood(
    theta: Tensor,
    disk: Tensor,
    mass_ratio: Tensor,
    veiling: Tensor,
    values: Tensor,
    errors: Tensor,
    states: Tensor,
    physics: Physics,
) -> Tensor:
    r"""Log-likelihood of one observed star for many parameters, or of many stars row by row.

    Arguments:
        theta: Parameters in physical units, shape :math:`(N, 9)`.
        disk: Whether there is a disk, shape :math:`(N,)`, bool.
        mass_ratio: Companion over primary mass, shape :math:`(N,)`.
        veiling: Continuum of accretion or activity in BP, shape :math:`(N,)`.
        values: Observed values, shape :math:`(20,)` or :math:`(N, 20)`.
        errors: Reported errors, same shape and units.
        states: `State` codes, same shape.
        physics: Tracks, atmosphere and extinction.

    Returns:
        Log-likelihood, shape :math:`(N,)`; minus infinity where the tracks hold no such star.
    """
    mag, star = physics.magnitudes(theta, disk, mass_ratio, veiling)
    values, errors, states = (torch.as_tensor(a).expand(len(theta), 20) for a in
                              (values, errors, states))  # fmt: skip
    total = _bands(mag, disk, values[:, 1:16], errors[:, 1:16], states[:, 1:16])
    spread = torch.sqrt(errors[:, 0] ** 2 + PARALLAX_ZERO_POINT_ERROR**2)
    model = 1000 / theta[:, 5] + PARALLAX_ZERO_POINT
    total = total + _normal(values[:, 0], model, spread, states[:, 0])
    labels = (star.log_teff, star.logg, theta[:, 2], star.log_lum)
    for column, truth in enumerate(labels, start=16):
        value, error = values[:, column], errors[:, column]
        if column == 16:  # temperatures have a relative error: normal in log10
            value, error = value.clamp(min=1.0).log10(), error / (2.302585 * value)
        total = total + _normal(value, truth, error, states[:, column])
    return torch.where(star.valid, total, torch.full_like(total, -torch.inf))


def _normal(value: Tensor, mean: Tensor, sd: Tensor, state: Tensor) -> Tensor:
    seen = state == int(State.OBSERVED)
    sd = torch.where(seen, sd, torch.ones_like(sd))
    pull = torch.where(seen, (value - mean) / sd, torch.zeros_like(mean))
    return -0.5 * pull**2 - torch.where(seen, sd.log() + 0.918938533, torch.zeros_like(sd))


def _bands(mag: Tensor, disk: Tensor, value: Tensor, error: Tensor, state: Tensor) -> Tensor:
    """Sum over surveys of the log-likelihood of their bands."""
    seen, limit = state == int(State.OBSERVED), state == int(State.LIMIT)
    known = seen | limit
    value = torch.where(known, value, mag)
    reported = torch.where(known, error, torch.ones_like(error))
    noise = reported * error_law(mag) / error_law(value)
    variance = noise**2 + floors(mag.dtype) ** 2
    residual = value - mag
    total = torch.zeros_like(mag[:, 0])
    for survey in SURVEYS[:4]:
        members = torch.tensor([s == survey for s in SURVEY_OF_BAND])
        total = total + _survey(
            residual[:, members], variance[:, members], seen[:, members], limit[:, members],
            variability(survey, disk, mag.dtype),
        )  # fmt: skip
    return total


def _survey(
    residual: Tensor, variance: Tensor, seen: Tensor, limit: Tensor, offset_sd: Tensor
) -> Tensor:
    """Log-likelihood of the bands of one survey with a shared offset."""
    weight = torch.where(seen, 1 / variance, torch.zeros_like(variance))
    s0, s1 = weight.sum(-1), (weight * residual).sum(-1)
    s2 = (weight * residual**2).sum(-1)
    precision = s0 + offset_sd**-2
    logs = torch.where(seen, (2 * torch.pi * variance).log(), torch.zeros_like(variance)).sum(-1)
    total = -0.5 * (s2 - s1**2 / precision + logs + torch.log1p(offset_sd**2 * s0))
    if not limit.any():
        return total
    some = limit.any(0)
    limit, residual, variance = limit[:, some], residual[:, some], variance[:, some]
    mean, sd = s1 / precision, precision**-0.5
    nodes = torch.as_tensor(_NODES, dtype=mean.dtype)
    weights = torch.as_tensor(_WEIGHTS / _WEIGHTS.sum(), dtype=mean.dtype)
    offset = mean[:, None] + sd[:, None] * nodes  # (N, 9)
    # not detected: model + offset + noise lies beyond the limit, i.e. noise > residual - offset
    pull = (offset[:, None, :] - residual[..., None]) / variance.sqrt()[..., None]
    log_p = torch.where(limit[..., None], torch.special.log_ndtr(pull), torch.zeros_like(pull))
    return total + torch.logsumexp(log_p.sum(1) + weights.log(), -1)
