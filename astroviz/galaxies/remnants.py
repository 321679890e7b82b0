r"""What dead stars leave behind: white dwarfs, neutron stars and black holes.

The published grids give the mass of *living* stars only, while stellar masses in the literature
count remnants too: a tenth of all stars ever formed. The living fraction of a population with a
given initial mass function says which star is dying, and all heavier ones have left

.. math::
    m_{\rm left} = 0.077\,m + 0.48\ (m < 8.5), \quad 1.4\ (8.5 \le m < 40), \quad
    m / 2\ (m \ge 40),

in solar masses (Renzini & Ciotti 1993, as in FSPS and in Bruzual & Charlot 2003). Initial mass
function of Kroupa (2001, arXiv:astro-ph/0009005), 0.1 to 100 solar masses.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["remnant_mass", "with_remnants"]

Array = NDArray[np.float64]

_MASSES: Final[Array] = np.geomspace(0.1, 100.0, 4001)


def _kroupa(mass: Array) -> Array:
    """Number of stars per mass, any scale."""
    return np.where(mass < 0.5, mass**-1.3, 0.5 * mass**-2.3)


def remnant_mass(mass: ArrayLike) -> Array:
    r"""What a star leaves behind.

    Arguments:
        mass: Of the star when it formed, solar masses, any shape.

    Returns:
        Solar masses.

    Example:
        >>> remnant_mass([1.0, 20.0, 60.0]).round(3).tolist()
        [0.557, 1.4, 30.0]
    """
    mass = np.asarray(mass, float)
    return np.where(mass < 8.5, 0.077 * mass + 0.48, np.where(mass < 40, 1.4, mass / 2))


def _running(weights: Array) -> Array:
    steps = (weights[1:] + weights[:-1]) / 2 * np.diff(_MASSES)
    return np.concatenate([[0.0], np.cumsum(steps)])


def with_remnants(living: ArrayLike) -> Array:
    r"""Mass in living stars and remnants.

    Arguments:
        living: Mass in living stars over mass formed, from 0 to 1, any shape.

    Returns:
        Mass in both over mass formed, the same shape.

    Example:
        >>> with_remnants([1.0, 0.459]).round(2).tolist()
        [1.0, 0.6]
    """
    number = _kroupa(_MASSES)
    formed = _running(number * _MASSES)
    left = _running(number * remnant_mass(_MASSES))
    share, dead = formed / formed[-1], (left[-1] - left) / formed[-1]
    living = np.asarray(living, float)
    return living + np.interp(living, share, dead)
