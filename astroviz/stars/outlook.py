r"""What surveys would see of stars whose parameters are known, by the simulator itself.

The companion and the accretion of a star are not among its parameters. For each draw some are
proposed from their prior, and one is chosen with a chance in proportion to the exact likelihood
of what was observed,

.. math:: \nu \sim p(\nu \mid \theta, x_g) \propto p(\nu \mid \theta)\, p(x_g \mid \theta, \nu) ,

so that a star seen too bright in one survey is expected to be as bright in the next.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from astroviz.stars.likelihood import log_likelihood
from astroviz.stars.noise import (
    PARALLAX_ZERO_POINT,
    PARALLAX_ZERO_POINT_ERROR,
    SURVEY_OF_BAND,
    floors,
    variability,
)
from astroviz.stars.physics import Physics
from astroviz.stars.simulator import nuisances
from astroviz.stars.surveys import SURVEYS

__all__ = ["choose_nuisances", "intrinsic_values", "outlook"]

_TRIES = 8  # proposals for each draw
_EXCESS = slice(6, 9)


def choose_nuisances(
    theta: Tensor,
    disk: Tensor,
    values: Tensor,
    errors: Tensor,
    states: Tensor,
    physics: Physics,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    r"""Companion and accretion of each draw, as the observation suggests.

    Arguments:
        theta: Parameters in physical units, shape :math:`(N, 9)`.
        disk: Whether there is a disk, shape :math:`(N,)`, bool.
        values: Observed values of the one star, shape :math:`(20,)`.
        errors: Their errors, same shape.
        states: `State` codes, same shape.
        physics: Tracks, atmosphere and extinction.
        generator: Source of random numbers.

    Returns:
        Mass ratio and veiling, each of shape :math:`(N,)`.
    """
    n = len(theta)
    many, disks = theta.repeat(_TRIES, 1), disk.repeat(_TRIES)
    uniform = torch.rand(n * _TRIES, 2, generator=generator)
    normal = torch.randn(n * _TRIES, generator=generator)
    ratio, veiling = nuisances(many[:, 1], disks, uniform, normal)
    found = log_likelihood(many, disks, ratio, veiling, values, errors, states, physics)
    weights = found.view(_TRIES, n).T.nan_to_num(neginf=-1e30).softmax(-1)
    pick = torch.multinomial(weights.float(), 1, generator=generator)[:, 0] * n + torch.arange(n)
    return ratio[pick], veiling[pick]


def intrinsic_values(
    theta: Tensor,
    disk: Tensor,
    mass_ratio: Tensor,
    veiling: Tensor,
    physics: Physics,
    generator: torch.Generator,
) -> Tensor:
    r"""Values of all quantities without survey noise, the stars' own scatter included.

    Arguments:
        theta: Parameters in physical units, shape :math:`(N, 9)`.
        disk: Whether there is a disk, shape :math:`(N,)`, bool.
        mass_ratio: Companion over primary mass, shape :math:`(N,)`.
        veiling: Continuum of accretion or activity in BP, shape :math:`(N,)`.
        physics: Tracks, atmosphere and extinction.
        generator: Source of random numbers.

    Returns:
        Canonical units, shape :math:`(N, 20)`, as `SimulatedStars.intrinsic`.
    """
    mag, star = physics.magnitudes(theta, disk, mass_ratio, veiling)
    n, kind = len(theta), mag.dtype
    drift = torch.zeros_like(mag)
    for survey in SURVEYS[:4]:
        members = torch.tensor([name == survey for name in SURVEY_OF_BAND])
        own = torch.randn(n, generator=generator).to(kind) * variability(survey, disk, kind)
        drift[:, members] = own[:, None]
    mag = mag + drift + floors(kind) * torch.randn(mag.shape, generator=generator).to(kind)
    zero = torch.randn(n, generator=generator).to(kind) * PARALLAX_ZERO_POINT_ERROR
    parallax = 1000 / theta[:, 5] + PARALLAX_ZERO_POINT + zero
    labels = torch.stack([10**star.log_teff, star.logg, theta[:, 2], star.log_lum], -1)
    return torch.cat([parallax[:, None], mag, labels], 1)


def outlook(
    values: np.ndarray,
    inputs: Mapping[str, np.ndarray],
    physics: Physics,
    generator: torch.Generator,
) -> Tensor:
    r"""What surveys without noise would see of a star, for each draw of its posterior.

    Arguments:
        values: Draws, parameters first, shape :math:`(n, \ge 9)`; no excess without a disk.
        inputs: What is told of the star, from `Posterior.inputs`.
        physics: Tracks, atmosphere and extinction.
        generator: Source of random numbers.

    Returns:
        Canonical units, shape :math:`(n, 20)`.
    """
    theta = torch.from_numpy(np.array(values[:, :9], dtype=np.float32))
    disk = theta[:, _EXCESS].isfinite().all(-1)
    theta = theta.nan_to_num(1.0)
    observed, errors, states = (
        torch.from_numpy(np.asarray(inputs[name])) for name in ("values", "errors", "states")
    )
    ratio, veiling = choose_nuisances(
        theta, disk, observed.to(theta), errors.to(theta), states, physics, generator
    )
    return intrinsic_values(theta, disk, ratio, veiling, physics, generator)
