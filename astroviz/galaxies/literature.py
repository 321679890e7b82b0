r"""What others have measured of the relations of galaxies, as formulae in the room's convention.

Every curve is a formula of its paper, turned by `conventions` into Kroupa (2001) masses and rates,
:math:`h = 0.7` and :math:`Z_\odot = 0.02`. Stellar masses are surviving masses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from astroviz.galaxies.conventions import convert_mass, convert_metallicity, convert_sfr
from astroviz.galaxies.parameters import GalaxyError

__all__ = [
    "COSMIC_SFR",
    "MAIN_SEQUENCES",
    "MASS_FUNCTIONS",
    "MASS_METALLICITY",
    "Curve",
    "cosmic_age",
    "cosmic_sfr",
    "main_sequence",
    "mass_function",
    "mass_metallicity",
    "quiescent_uvj",
    "redshift_shape",
    "uvj_border",
]


@dataclass(frozen=True)
class Curve:
    r"""A published relation.

    Arguments:
        label: Who and when, as in a legend.
        reference: Journal or arXiv number.
        imf: The initial mass function that the paper uses.
        reach: Range of the first argument over which it was measured, in the paper's masses.
        redshifts: Range of redshift over which it was measured.
        formula: In the paper's own convention; of (x) or (x, redshift).
        words: The formula, to read.
    """

    label: str
    reference: str
    imf: str
    reach: tuple[float, float]
    redshifts: tuple[float, float]
    formula: Callable[..., np.ndarray]
    words: str


def cosmic_age(redshift: ArrayLike) -> np.ndarray:
    r"""Age of the Universe in Gyr at each redshift; flat, :math:`H_0 = 70`, :math:`\Omega_m=0.3`.

    .. math:: t = \frac{2}{3 H_0 \sqrt{\Omega_\Lambda}}
        \operatorname{arsinh} \sqrt{\Omega_\Lambda / \Omega_m (1 + z)^3}
    """
    scale = 1.0 + np.asarray(redshift, dtype=float)
    hubble_time = 977.7922216807891 / 70.0  # Gyr
    return 2 * hubble_time / (3 * np.sqrt(0.7)) * np.arcsinh(np.sqrt(0.7 / 0.3 / scale**3))


def _schechter(
    knee: float, density1: float, slope1: float, density2: float, slope2: float
) -> Callable[[np.ndarray], np.ndarray]:
    """Double Schechter function per dex; densities in 1/Mpc³."""

    def formula(log_mass: np.ndarray) -> np.ndarray:
        x = 10.0 ** (log_mass - knee)
        both = density1 * x**slope1 + density2 * x**slope2
        return np.log(10.0) * np.exp(-x) * x * both

    return formula


_DOUBLE = "exp(-x) (phi1 x^a1 + phi2 x^a2) dx, x = M / M*"

MASS_FUNCTIONS: Final[dict[str, Curve]] = {
    "wright17": Curve(
        "Wright+17 (GAMA)", "arXiv:1705.04074", "chabrier", (7.5, 11.75), (0.0, 0.1),
        _schechter(10.78, 2.93e-3, -0.62, 0.63e-3, -1.50),
        f"{_DOUBLE}: 10.78, 2.93e-3, -0.62, 0.63e-3, -1.50 (h = 0.7)",
    ),
    "baldry12": Curve(
        "Baldry+12 (GAMA)", "arXiv:1111.5707", "chabrier", (8.0, 11.5), (0.0, 0.06),
        _schechter(10.66, 3.96e-3, -0.35, 0.79e-3, -1.47),
        f"{_DOUBLE}: 10.66, 3.96e-3, -0.35, 0.79e-3, -1.47 (h = 0.7)",
    ),
}  # fmt: skip


def _speagle(log_mass: np.ndarray, redshift: float) -> np.ndarray:
    t = cosmic_age(redshift)
    return (0.84 - 0.026 * t) * log_mass - (6.51 - 0.11 * t)


def _popesso(log_mass: np.ndarray, redshift: float) -> np.ndarray:
    t = cosmic_age(redshift)
    bend = 10.0 ** (-0.99 * (log_mass - (10.85 - 0.0729 * t)))
    return 2.693 - 0.186 * t - np.log10(1.0 + bend)


def _renzini(log_mass: np.ndarray, redshift: float) -> np.ndarray:
    return 0.76 * log_mass - 7.64


MAIN_SEQUENCES: Final[dict[str, Curve]] = {
    "speagle14": Curve(
        "Speagle+14", "arXiv:1405.2041", "kroupa", (9.7, 11.1), (0.0, 6.0), _speagle,
        "(0.84 - 0.026 t) log M - (6.51 - 0.11 t), t in Gyr",
    ),
    "popesso23": Curve(
        "Popesso+23", "arXiv:2203.10487", "kroupa", (8.5, 11.5), (0.0, 6.0), _popesso,
        "a0 + a1 t - log(1 + (M / 10^(a2 + a3 t))^-a4): 2.693, -0.186, 10.85, -0.0729, 0.99 "
        "(its form with a slope of one, 2.71 and 10.86, differs by 0.02 dex at most)",
    ),
    "renzini15": Curve(
        "Renzini & Peng 15 (SDSS)", "arXiv:1502.01027", "chabrier", (8.5, 11.25), (0.02, 0.085),
        _renzini, "0.76 log M - 7.64",
    ),
}  # fmt: skip


def _madau14(redshift: np.ndarray) -> np.ndarray:
    z = 1.0 + redshift
    return 0.015 * z**2.7 / (1.0 + (z / 2.9) ** 5.6)


def _madau17(redshift: np.ndarray) -> np.ndarray:
    z = 1.0 + redshift
    return 0.01 * z**2.6 / (1.0 + (z / 3.2) ** 6.2)


COSMIC_SFR: Final[dict[str, Curve]] = {
    "madau14": Curve(
        "Madau & Dickinson 14", "arXiv:1403.0007", "salpeter", (0.0, 8.0), (0.0, 8.0), _madau14,
        "0.015 (1+z)^2.7 / (1 + ((1+z)/2.9)^5.6) Msun / yr / Mpc3",
    ),
    "madau17": Curve(
        "Madau & Fragos 17", "arXiv:1606.07887", "kroupa", (0.0, 10.0), (0.0, 10.0), _madau17,
        "0.01 (1+z)^2.6 / (1 + ((1+z)/3.2)^6.2) Msun / yr / Mpc3",
    ),
}  # fmt: skip


def _gallazzi(log_mass: np.ndarray) -> np.ndarray:
    return -0.259 + 0.384 * np.tanh((log_mass - 10.11) / 0.494)


def _curti(log_mass: np.ndarray) -> np.ndarray:
    oxygen = 8.793 - 0.28 / 1.2 * np.log10(1.0 + 10.0 ** (-1.2 * (log_mass - 10.02)))
    return oxygen - 8.69


MASS_METALLICITY: Final[dict[str, Curve]] = {
    "gallazzi05": Curve(
        "Gallazzi+05, stars", "arXiv:astro-ph/0506539", "chabrier", (8.9, 11.9), (0.005, 0.22),
        _gallazzi, "-0.259 + 0.384 tanh((log M - 10.11) / 0.494): our fit to the medians of "
        "its table 2, which it follows to 0.04 dex; Zsun = 0.02",
    ),
    "curti20": Curve(
        "Curti+20, gas", "arXiv:1910.00597", "chabrier", (8.0, 11.5), (0.027, 0.3), _curti,
        "12 + log(O/H) = 8.793 - 0.28/1.2 log(1 + (M/10^10.02)^-1.2), less the solar 8.69: "
        "the gas of star-forming galaxies, which is richer than their stars",
    ),
}  # fmt: skip


def _named(curves: Mapping[str, Curve], name: str, what: str) -> Curve:
    if name not in curves:
        raise GalaxyError(f"no {what} {name!r}; there is {', '.join(curves)}")
    return curves[name]


def _mass_of(curve: Curve, log_mass: ArrayLike) -> np.ndarray:
    """Masses in the paper's convention; what lies outside its reach is NaN."""
    own = convert_mass(log_mass, "kroupa", curve.imf)
    low, high = curve.reach
    return np.where((own >= low) & (own <= high), own, np.nan)


def mass_function(log_mass: ArrayLike, name: str = "wright17") -> np.ndarray:
    r"""Number density of galaxies per dex of stellar mass.

    .. math:: \phi(\log M) = \ln 10 \; e^{-x} x \left(\phi_1 x^{\alpha_1}
        + \phi_2 x^{\alpha_2}\right), \quad x = M / M_*

    Arguments:
        log_mass: Surviving mass, Kroupa, :math:`\log_{10} M_\odot`, any shape.
        name: One of `MASS_FUNCTIONS`.

    Returns:
        In 1/Mpc³/dex (:math:`h = 0.7`); NaN outside the masses it was measured for.

    References:
        Wright et al. 2017 (arXiv:1705.04074); Baldry et al. 2012 (arXiv:1111.5707).

    Example:
        >>> float(mass_function(10.0).round(4))
        0.006
    """
    curve = _named(MASS_FUNCTIONS, name, "mass function")
    return curve.formula(_mass_of(curve, log_mass))


def main_sequence(
    log_mass: ArrayLike, redshift: float = 0.0, name: str = "speagle14"
) -> np.ndarray:
    r"""Star formation rate of star-forming galaxies at a stellar mass.

    Arguments:
        log_mass: Surviving mass, Kroupa, :math:`\log_{10} M_\odot`, any shape.
        redshift: Redshift.
        name: One of `MAIN_SEQUENCES`.

    Returns:
        :math:`\log_{10}` of :math:`M_\odot`/yr; NaN outside the masses it was measured for.

    References:
        Speagle et al. 2014 (arXiv:1405.2041); Popesso et al. 2023 (arXiv:2203.10487);
        Renzini & Peng 2015 (arXiv:1502.01027).
    """
    curve = _named(MAIN_SEQUENCES, name, "main sequence")
    return convert_sfr(curve.formula(_mass_of(curve, log_mass), redshift), curve.imf)


def cosmic_sfr(redshift: ArrayLike, name: str = "madau14") -> np.ndarray:
    r"""Star formation rate in a comoving volume.

    Arguments:
        redshift: Any shape.
        name: One of `COSMIC_SFR`.

    Returns:
        :math:`\log_{10}` of :math:`M_\odot`/yr/Mpc³, Kroupa.

    References:
        Madau & Dickinson 2014 (arXiv:1403.0007); Madau & Fragos 2017 (arXiv:1606.07887).
    """
    curve = _named(COSMIC_SFR, name, "history of cosmic star formation")
    return convert_sfr(np.log10(curve.formula(np.asarray(redshift, dtype=float))), curve.imf)


def mass_metallicity(log_mass: ArrayLike, name: str = "gallazzi05") -> np.ndarray:
    r"""Metallicity of galaxies of a stellar mass.

    Arguments:
        log_mass: Surviving mass, Kroupa, :math:`\log_{10} M_\odot`, any shape.
        name: One of `MASS_METALLICITY`.

    Returns:
        :math:`\log_{10} Z / Z_\odot`, :math:`Z_\odot = 0.02` for stars; the gas is told in its own
        solar abundance. NaN outside the masses it was measured for.

    References:
        Gallazzi et al. 2005 (arXiv:astro-ph/0506539); Curti et al. 2020 (arXiv:1910.00597).
    """
    curve = _named(MASS_METALLICITY, name, "relation of mass and metallicity")
    return convert_metallicity(curve.formula(_mass_of(curve, log_mass)), "bc03")


_WALL, _TOP, _SLOPE = 1.6, 1.3, 0.88


def _offset(redshift: float) -> float:
    return 0.69 if redshift < 0.5 else 0.59


def quiescent_uvj(u_v: ArrayLike, v_j: ArrayLike, redshift: float = 0.0) -> np.ndarray:
    r"""Whether galaxies have stopped forming stars, by two rest-frame colours.

    :math:`U - V > 1.3`, :math:`V - J < 1.6` and :math:`U - V > 0.88 (V - J) + 0.69` (0.59 at
    redshifts of 0.5 and above).

    Arguments:
        u_v: Rest-frame U - V, AB mag, any shape.
        v_j: Rest-frame V - J, AB mag, same shape.
        redshift: Where the border is.

    References:
        Williams et al. 2009 (arXiv:0806.0625).
    """
    u_v, v_j = np.asarray(u_v, dtype=float), np.asarray(v_j, dtype=float)
    return (u_v > _TOP) & (v_j < _WALL) & (u_v > _SLOPE * v_j + _offset(redshift))


def uvj_border(redshift: float = 0.0, left: float = -0.5, top: float = 2.7) -> np.ndarray:
    """The border of `quiescent_uvj` as a line to draw: V - J and U - V, shape (4, 2), AB mag."""
    knee = (_TOP - _offset(redshift)) / _SLOPE
    corner = _SLOPE * _WALL + _offset(redshift)
    return np.array([[left, _TOP], [knee, _TOP], [_WALL, corner], [_WALL, top]])


def redshift_shape(redshift: ArrayLike, median: float) -> np.ndarray:
    r"""The usual shape of the redshifts of a survey limited in magnitude.

    .. math:: n(z) = \frac{3 z^2}{2 z_c^3} \exp\left[-(z / z_c)^{3/2}\right], \quad
        z_c = z_{median} / 1.412

    Arguments:
        redshift: Any shape.
        median: Median redshift of the survey.

    Returns:
        Density per unit redshift, same shape; its integral is 1.

    References:
        Baugh & Efstathiou 1993, MNRAS 265, 145.
    """
    if not median > 0:
        raise GalaxyError(f"the median redshift must be above 0, not {median:g}")
    z, centre = np.asarray(redshift, dtype=float), median / 1.412
    inside = np.maximum(z, 0.0)
    return 1.5 * inside**2 / centre**3 * np.exp(-((inside / centre) ** 1.5))
