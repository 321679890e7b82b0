r"""Ages and distances in the room's flat universe, differentiable.

:math:`H_0 = 70` km/s/Mpc, :math:`\Omega_m = 0.3`, no radiation: what astropy calls
`FlatLambdaCDM(H0=70, Om0=0.3)`.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import torch
from torch import Tensor

__all__ = [
    "HUBBLE",
    "NEAREST",
    "OMEGA_MATTER",
    "age_of_universe",
    "distance_modulus",
    "luminosity_distance",
]

HUBBLE: Final = 70.0
"""Km/s/Mpc."""

OMEGA_MATTER: Final = 0.3

NEAREST: Final = 1e-6
"""Smallest redshift that has a distance: 4 kpc. Smaller ones are taken for it."""

_HUBBLE_TIME: Final = 977.7922216807891 / HUBBLE  # Gyr
_HUBBLE_DISTANCE: Final = 299_792.458 / HUBBLE  # Mpc
_NODES, _WEIGHTS = (torch.from_numpy(part) for part in np.polynomial.legendre.leggauss(10))


def age_of_universe(redshift: Tensor | float) -> Tensor:
    r"""Time since the Big Bang.

    .. math:: t = \frac{2}{3 H_0 \sqrt{\Omega_\Lambda}} \,
        \mathrm{arsinh} \sqrt{\frac{\Omega_\Lambda}{\Omega_m (1 + z)^3}}

    Arguments:
        redshift: 0 or more, any shape.

    Returns:
        Gyr, same shape.

    Example:
        >>> round(float(age_of_universe(0.0)), 2)
        13.47
    """
    z = torch.as_tensor(redshift)
    dark = 1 - OMEGA_MATTER
    ratio = math.sqrt(dark / OMEGA_MATTER) * (1 + z).pow(-1.5)
    return 2 * _HUBBLE_TIME / (3 * math.sqrt(dark)) * torch.asinh(ratio)


def _distance_over_redshift(z: Tensor) -> Tensor:
    """Comoving distance over redshift, Mpc; smooth at redshift 0."""
    nodes = ((1 + _NODES) / 2).to(z)
    rate = OMEGA_MATTER * (1 + z.unsqueeze(-1) * nodes).pow(3) + (1 - OMEGA_MATTER)
    return _HUBBLE_DISTANCE / 2 * (rate.rsqrt() @ _WEIGHTS.to(z))


def luminosity_distance(redshift: Tensor | float) -> Tensor:
    r"""Luminosity distance by Gauss-Legendre quadrature, good to 1e-6 up to redshift 3.

    Arguments:
        redshift: Any shape; raised to `NEAREST`.

    Returns:
        Mpc, same shape.
    """
    z = torch.as_tensor(redshift).clamp(min=NEAREST)
    return z * (1 + z) * _distance_over_redshift(z)


def distance_modulus(redshift: Tensor | float) -> Tensor:
    r"""Apparent minus absolute bolometric magnitude, :math:`5 \log_{10}(d_L / 10\,\mathrm{pc})`.

    Arguments:
        redshift: Any shape; raised to `NEAREST`.

    Returns:
        Mag, same shape; its gradient is finite.

    Example:
        >>> round(float(distance_modulus(0.1)), 2)
        38.32
    """
    z = torch.as_tensor(redshift).clamp(min=NEAREST)
    smooth = torch.log10(_distance_over_redshift(z)) + torch.log10(1 + z)
    return 5 * (torch.log10(z) + smooth + 5)
