r"""Galaxies in haloes: one central each, and satellites around it.

Counts follow a halo occupation distribution, places an NFW profile in a triaxial host that lies
along its tidal frame. Stellar masses come from halo masses by the relation of Moster et al.;
what light would say (size, colour, diskyness) are stand-ins: shaped like the relations observed,
drawn at random, not simulated.

References:
    | Moster, Naab & White (2013): https://arxiv.org/abs/1205.5807
    | Duffy et al. (2008), concentrations: https://arxiv.org/abs/0804.2486
    | Allgood et al. (2006), shapes of haloes: https://arxiv.org/abs/astro-ph/0508497
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from astroviz.orientations.box import wrap
from astroviz.orientations.cosmology import Cosmology

__all__ = ["LEAST_SUBHALO", "SATELLITE_MASS", "Placed", "concentration", "host_axis_ratios",
           "nfw_radius", "place", "stellar_mass"]  # fmt: skip

SATELLITE_MASS = 1.5e13
"""Mass of a halo that has one satellite on average, Msun/h."""

LEAST_SUBHALO = 6e11
"""Mass of the smallest subhalo with a satellite, Msun/h."""

_GRAVITY = 4.30091e-9  # Mpc (km/s)^2 / Msun
_SCATTER = 0.15  # dex, of the stellar mass


@dataclass(frozen=True)
class Placed:
    r"""Galaxies with their places and masses, before their environment is known.

    Arguments:
        position: Mpc/h, shape :math:`(N, 3)`.
        velocity: km/s, shape :math:`(N, 3)`.
        halo: Index of the host, shape :math:`(N,)`.
        central: Whether it is the central, shape :math:`(N,)`.
        log_mass: Stellar mass, log10 Msun, shape :math:`(N,)`.
    """

    position: np.ndarray
    velocity: np.ndarray
    halo: np.ndarray
    central: np.ndarray
    log_mass: np.ndarray


def stellar_mass(halo_mass: np.ndarray, cosmology: Cosmology) -> np.ndarray:
    r"""Mean stellar mass of a halo at redshift zero.

    .. math:: m = 2 N M \left[(M/M_1)^{-\beta} + (M/M_1)^{\gamma}\right]^{-1}

    Arguments:
        halo_mass: Msun/h.
        cosmology: The universe, for its `h`.

    Returns:
        log10 Msun.
    """
    mass = np.asarray(halo_mass) / cosmology.h
    ratio = mass / 10**11.590
    return np.log10(2 * 0.0351 * mass / (ratio**-1.376 + ratio**0.608))


def concentration(mass: np.ndarray, redshift: float = 0.0) -> np.ndarray:
    """Concentration within 200 times the mean density of a halo mass in Msun/h."""
    return 10.14 * (np.asarray(mass) / 2e12) ** -0.081 * (1 + redshift) ** -1.01


def host_axis_ratios(mass: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Intermediate and minor over major axis of haloes of a mass in Msun/h."""
    minor = np.clip(0.54 * (np.asarray(mass) / 8e12) ** -0.05, 0.3, 0.9)
    return 0.5 * (1 + minor), minor


def nfw_radius(share: np.ndarray, c: np.ndarray) -> np.ndarray:
    r"""Radius, in units of the halo's, within which a share of an NFW halo lies.

    Solves :math:`\mu(c x) = s\, \mu(c)` with :math:`\mu(y) = \ln(1 + y) - y / (1 + y)` by halving.

    Arguments:
        share: Of the mass, 0 to 1, shape :math:`(N,)`.
        c: Concentrations, shape :math:`(N,)`.

    Returns:
        0 to 1, shape :math:`(N,)`.
    """
    wanted = share * (np.log1p(c) - c / (1 + c))
    low, high = np.zeros_like(wanted), np.ones_like(wanted)
    for _ in range(40):
        middle = 0.5 * (low + high)
        y = c * middle
        short = np.log1p(y) - y / (1 + y) < wanted
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return 0.5 * (low + high)


def place(
    position: np.ndarray,
    velocity: np.ndarray,
    mass: np.ndarray,
    radius: np.ndarray,
    frames: np.ndarray,
    size: float,
    cosmology: Cosmology,
    redshift: float,
    random: np.random.Generator,
) -> Placed:
    r"""Centrals and satellites of haloes.

    The mean number of satellites is :math:`M / M_{sat}` (`SATELLITE_MASS`), their number Poisson.

    Arguments:
        position: Of the haloes, Mpc/h, shape :math:`(H, 3)`.
        velocity: Of the haloes, km/s, shape :math:`(H, 3)`.
        mass: Msun/h, shape :math:`(H,)`.
        radius: Mpc/h, shape :math:`(H,)`.
        frames: Tidal frames, shape :math:`(H, 3, 3)`: the hosts' axes, major first.
        size: Side of the box, Mpc/h.
        cosmology: The universe.
        redshift: Of the snapshot.
        random: Source of all randomness.
    """
    count = random.poisson(mass / SATELLITE_MASS)
    host = np.repeat(np.arange(len(mass)), count)
    offset = _offsets(mass[host], radius[host], frames[host], redshift, random)
    # one-dimensional dispersion of an isothermal sphere of that mass and physical radius
    dispersion = np.sqrt(0.5 * _GRAVITY * mass[host] / radius[host] * (1 + redshift))
    drawn = random.normal(size=(len(host), 3)) * dispersion[:, None]
    subhalo = _subhalo_mass(mass[host], random)
    of = np.concatenate([np.arange(len(mass)), host])
    means = stellar_mass(np.concatenate([mass, subhalo]), cosmology)
    return Placed(
        position=np.concatenate([position, wrap(position[host] + offset, size)]),
        velocity=np.concatenate([velocity, velocity[host] + drawn]),
        halo=of,
        central=np.arange(len(of)) < len(mass),
        log_mass=means + _SCATTER * random.normal(size=len(of)),
    )


def _offsets(
    mass: np.ndarray,
    radius: np.ndarray,
    frames: np.ndarray,
    redshift: float,
    random: np.random.Generator,
) -> np.ndarray:
    direction = random.normal(size=(len(mass), 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    distance = radius * nfw_radius(random.random(len(mass)), concentration(mass, redshift))
    b, c = host_axis_ratios(mass)
    stretch = np.stack([np.ones_like(b), b, c], 1) / np.cbrt(b * c)[:, None]
    inside = direction * distance[:, None] * stretch  # along the axes of the host
    return np.einsum("nij,nj->ni", frames, inside)


def _subhalo_mass(host: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Masses at infall from dn/dm ~ m^-1.9 between `LEAST_SUBHALO` and a third of the host."""
    slope = -0.9
    low = np.full_like(host, LEAST_SUBHALO) ** slope
    high = np.maximum(host / 3, 1.01 * LEAST_SUBHALO) ** slope
    return (low + random.random(len(host)) * (high - low)) ** (1 / slope)
