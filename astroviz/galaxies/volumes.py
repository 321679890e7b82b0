r"""Comoving volumes in the room's cosmology, which is flat.

:math:`H_0 = 70` km/s/Mpc and :math:`\Omega_m = 0.3`. Arrays in and out; the
differentiable distances of the forward model are in `cosmology`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["comoving_distance", "shell_volume"]

_HUBBLE_DISTANCE = 299_792.458 / 70.0  # Mpc
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)


def comoving_distance(redshift: ArrayLike) -> np.ndarray:
    r"""Comoving distance, Mpc.

    .. math:: D_C = \frac{c}{H_0} \int_0^z \frac{dz'}{\sqrt{\Omega_m (1 + z')^3 + \Omega_\Lambda}}

    Arguments:
        redshift: From 0 to 3, any shape; by Gauss-Legendre quadrature of 24 nodes.

    Example:
        >>> float(comoving_distance(0.1).round(1))
        418.5
    """
    z = np.asarray(redshift, dtype=float)
    inner = 0.5 * z[..., None] * (_NODES + 1.0)
    rate = np.sqrt(0.3 * (1.0 + inner) ** 3 + 0.7)
    return np.asarray(_HUBBLE_DISTANCE * 0.5 * z * (_WEIGHTS / rate).sum(axis=-1))


def shell_volume(low: ArrayLike, high: ArrayLike) -> np.ndarray:
    """Comoving volume between two redshifts in one steradian, Mpc³/sr."""
    return (comoving_distance(high) ** 3 - comoving_distance(low) ** 3) / 3.0
