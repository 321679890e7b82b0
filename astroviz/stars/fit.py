r"""How well a posterior reproduces the photometry it came from, and what is out of range.

For each draw

.. math:: \chi^2 = \min_{-0.8 \le \delta \le 0}
          \sum_b \frac{(x_b - m_b - \delta)^2}{\sigma_b^2 + f_b^2 + v_s^2 + a_b^2}

over the observed bands and the parallax, with error :math:`\sigma`, floor :math:`f`,
variability :math:`v`, accretion :math:`a` in the optical bands of disk stars, and :math:`\delta`
for the light of an unresolved companion, which the draws do not hold. A star that the model can
explain has draws with a small value. The score is the lower decile over the draws, divided by the
value that one simulated star in a hundred with the same number of bands exceeds: above 1 the
answer is an extrapolation.
"""

from __future__ import annotations

import torch
from torch import Tensor

from astroviz.io.observations import State
from astroviz.stars.noise import (
    PARALLAX_ZERO_POINT,
    SURVEY_OF_BAND,
    error_law,
    floors,
    variability,
)
from astroviz.stars.physics import Physics
from astroviz.stars.surveys import BANDS

__all__ = ["misfits", "score"]

_ACCRETION = {"bp": 0.6, "g": 0.35, "rp": 0.2}  # mag, typical brightening by accretion


def misfits(
    theta: Tensor, disk: Tensor, values: Tensor, errors: Tensor, states: Tensor, physics: Physics
) -> tuple[Tensor, Tensor]:
    r"""Lower decile of :math:`\chi^2` over the draws of each star.

    Arguments:
        theta: Draws in physical units, shape :math:`(N, n, 9)`.
        disk: Which have a disk, shape :math:`(N, n)`.
        values: Observed values, shape :math:`(N, 20)`.
        errors: Their errors, same shape.
        states: `State` codes, same shape.
        physics: Tracks, atmosphere and extinction.

    Returns:
        Deciles (0 where nothing was observed) and numbers of quantities in the sums, each of
        shape :math:`(N,)`.
    """
    many, n = disk.shape
    mag, _ = physics.magnitudes(theta.flatten(0, 1), disk.flatten())
    mag = mag.view(many, n, -1)
    seen = states == int(State.OBSERVED)
    number = seen[:, :16].sum(1)
    seen, values, errors = seen[:, None], values[:, None], errors[:, None]
    offset = torch.stack([variability(s, disk, mag.dtype) for s in SURVEY_OF_BAND], -1)
    veiled = torch.tensor([_ACCRETION.get(b.name, 0.0) for b in BANDS]) * disk[..., None]
    # a faint star that noise made bright has a reported error that is too small, see `noise`
    value = torch.where(seen[..., 1:16], values[..., 1:16], mag)
    noise = errors[..., 1:16] * error_law(mag) / error_law(value)
    variance = noise**2 + floors(mag.dtype) ** 2 + offset**2 + veiled**2
    weight = torch.where(seen[..., 1:16], 1 / variance, 0.0)
    residual = torch.where(seen[..., 1:16], values[..., 1:16] - mag, 0.0)
    shift = (weight * residual).sum(-1) / weight.sum(-1).clamp(min=1e-12)
    pulls = (weight * (residual - shift.clamp(-0.8, 0.0)[..., None]) ** 2).sum(-1)
    parallax = 1000 / theta[..., 5] + PARALLAX_ZERO_POINT
    pull = ((values[..., 0] - parallax) / errors[..., 0]) ** 2
    pulls = pulls + torch.where(seen[..., 0], pull, 0.0)
    pulls = torch.where(pulls.isfinite(), pulls, torch.nan)
    decile = pulls.nanquantile(0.1, dim=1).nan_to_num(nan=torch.inf)
    return torch.where(number > 0, decile, 0.0), number


def score(value: float, number: int, limits: list[float]) -> float:
    r"""Misfit relative to what the simulator's own stars reach.

    Arguments:
        value: From `misfits`.
        number: Number of quantities in the sum.
        limits: The 99 % level of `value` for 0, 1, 2, ... quantities.
    """
    if number == 0:
        return 0.0
    return float(min(value / limits[min(number, len(limits) - 1)], 1e6))
