r"""What papers mean by a mass, a rate, a density or a metallicity, in the convention of the room.

The room's convention: the initial mass function of Kroupa (2001), *surviving* stellar mass (stars
and remnants), :math:`H_0 = 70` km/s/Mpc (:math:`h = 0.7`), :math:`Z_\odot = 0.02`, AB magnitudes.
A population of stars has the same light under each of the three initial mass functions below
with another mass; the factors are those of the review of Madau & Dickinson (2014).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from astroviz.galaxies.parameters import GalaxyError

__all__ = [
    "HUBBLE",
    "INITIAL_MASS_FUNCTIONS",
    "OXYGEN_SUN",
    "RETURNED",
    "Z_SUN",
    "convert_density",
    "convert_magnitude",
    "convert_mass",
    "convert_metallicity",
    "convert_sfr",
]

HUBBLE: Final = 0.7
"""The room's :math:`h`."""

Z_SUN: Final[dict[str, float]] = {
    "bc03": 0.02, "padova": 0.019, "asplund09": 0.0142, "mist": 0.0142,
}  # fmt: skip
"""Solar mass fraction of metals by who says so; the room's is `bc03` (Anders & Grevesse 1989)."""

OXYGEN_SUN: Final = 8.69
"""Solar 12 + log(O/H) (Asplund et al. 2009, arXiv:0909.0948)."""

INITIAL_MASS_FUNCTIONS: Final = ("kroupa", "chabrier", "salpeter")

_MASS: Final = {"salpeter": 1.0, "kroupa": 0.66, "chabrier": 0.61}
_SFR: Final = {"salpeter": 1.0, "kroupa": 0.67, "chabrier": 0.63}

RETURNED: Final[dict[str, float]] = {"salpeter": 0.27, "kroupa": 0.39, "chabrier": 0.41}
"""Part of the mass formed that old stars have given back, a rule of thumb of the review; the room
itself takes the surviving mass of each history from the tables of stellar populations."""


def _ratio(factors: dict[str, float], source: str, target: str) -> float:
    for name in (source, target):
        if name not in factors:
            raise GalaxyError(
                f"no initial mass function {name!r}; there is {', '.join(INITIAL_MASS_FUNCTIONS)}"
            )
    return float(np.log10(factors[target] / factors[source]))


def convert_mass(log_mass: ArrayLike, source: str, target: str = "kroupa") -> np.ndarray:
    r"""Stellar mass under another initial mass function.

    Arguments:
        log_mass: :math:`\log_{10} M_*/M_\odot`, any shape.
        source: Of `INITIAL_MASS_FUNCTIONS`, what the mass was measured with.
        target: What it is wanted in.

    Returns:
        :math:`\log_{10} M_*/M_\odot`, same shape.

    References:
        Madau & Dickinson 2014, section 3.1 (arXiv:1403.0007).

    Example:
        >>> float(convert_mass(10.66, "chabrier").round(3))
        10.694
    """
    return np.asarray(log_mass, dtype=float) + _ratio(_MASS, source, target)


def convert_sfr(log_sfr: ArrayLike, source: str, target: str = "kroupa") -> np.ndarray:
    r"""Star formation rate under another initial mass function.

    Arguments:
        log_sfr: :math:`\log_{10}` of a rate, or of a density of rates; any shape.
        source: Of `INITIAL_MASS_FUNCTIONS`.
        target: What it is wanted in.

    Returns:
        In the unit of `log_sfr`, same shape.

    References:
        Madau & Dickinson 2014, section 3.1 (arXiv:1403.0007).
    """
    return np.asarray(log_sfr, dtype=float) + _ratio(_SFR, source, target)


def convert_metallicity(log_z: ArrayLike, source: str, target: str = "bc03") -> np.ndarray:
    r"""Metallicity in units of another Sun, :math:`\log Z/Z_\odot`.

    Arguments:
        log_z: :math:`\log_{10} Z / Z_\odot`, any shape.
        source: Of `Z_SUN`.
        target: Of `Z_SUN`.
    """
    for name in (source, target):
        if name not in Z_SUN:
            raise GalaxyError(f"no solar metallicity {name!r}; there is {', '.join(Z_SUN)}")
    return np.asarray(log_z, dtype=float) + np.log10(Z_SUN[source] / Z_SUN[target])


def convert_density(density: ArrayLike, hubble: float, target: float = HUBBLE) -> np.ndarray:
    r"""Comoving number density with another Hubble constant, :math:`n \propto h^3`.

    Arguments:
        density: Per Mpc³ (not per :math:`h^{-3}` Mpc³), any shape.
        hubble: The :math:`h` that it was measured with.
        target: The :math:`h` that it is wanted in.
    """
    return np.asarray(density, dtype=float) * (target / hubble) ** 3


def convert_magnitude(magnitude: ArrayLike, hubble: float, target: float = HUBBLE) -> np.ndarray:
    r"""Absolute magnitude with another Hubble constant, :math:`M - 5 \log h` is the same.

    Arguments:
        magnitude: AB mag, any shape.
        hubble: The :math:`h` that it was measured with; 1 for :math:`M - 5\log h`.
        target: The :math:`h` that it is wanted in.
    """
    return np.asarray(magnitude, dtype=float) + 5.0 * np.log10(target / hubble)
