r"""The linear matter power spectrum after Eisenstein & Hu (1998), normalised to sigma_8.

Both of their fitting formulae are here: with the baryon wiggles (the default of the boxes) and
the smooth shape without them.

References:
    | Eisenstein & Hu (1998)
    | https://arxiv.org/abs/astro-ph/9709112
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy.integrate import trapezoid

from astroviz.orientations.cosmology import Cosmology

__all__ = ["CMB_TEMPERATURE", "linear_power", "sigma", "transfer"]

CMB_TEMPERATURE = 2.7255
"""Kelvin."""

_WAVENUMBERS = np.geomspace(1e-5, 1e3, 8192)  # h/Mpc, of the integral for sigma(R)


def linear_power(k: np.ndarray, cosmology: Cosmology, wiggles: bool = True) -> np.ndarray:
    r"""Linear power spectrum today.

    .. math:: P(k) = A k^{n_s} T^2(k), \qquad \sigma(8\,\mathrm{Mpc}/h) = \sigma_8

    Arguments:
        k: Comoving wavenumbers, h/Mpc, any shape; zero gives zero.
        cosmology: The universe.
        wiggles: With baryon acoustic oscillations, or the smooth shape.

    Returns:
        The spectrum, (Mpc/h)^3, of the shape of `k`.

    Example:
        >>> from astroviz.orientations.cosmology import PLANCK15
        >>> float(linear_power(np.array([0.1]), PLANCK15)[0].round(-2))
        5700.0
    """
    k = np.asarray(k, dtype=np.float64)
    inside = k > 0
    safe = np.where(inside, k, 1.0)
    shape = safe**cosmology.n_s * transfer(safe, cosmology, wiggles) ** 2
    return np.where(inside, shape * _amplitude(cosmology, wiggles), 0.0)


def sigma(radius: float, cosmology: Cosmology, wiggles: bool = True) -> float:
    r"""Linear fluctuation today in spheres of a radius.

    .. math:: \sigma^2(R) = \int \frac{k^3 P(k)}{2\pi^2} W^2(kR)\, d\ln k

    Arguments:
        radius: Comoving radius of the top hat, Mpc/h.
        cosmology: The universe.
        wiggles: As of `linear_power`.
    """
    power = linear_power(_WAVENUMBERS, cosmology, wiggles)
    return math.sqrt(_variance(power, radius))


@lru_cache(maxsize=64)
def _amplitude(cosmology: Cosmology, wiggles: bool) -> float:
    k = _WAVENUMBERS
    shape = k**cosmology.n_s * transfer(k, cosmology, wiggles) ** 2
    return cosmology.sigma8**2 / _variance(shape, 8.0)


def _variance(power: np.ndarray, radius: float) -> float:
    k = _WAVENUMBERS
    x = k * radius
    # the closed form loses its digits below x of about 0.01
    window = np.where(x < 1e-2, 1 - x**2 / 10, 3 * (np.sin(x) - x * np.cos(x)) / x**3)
    return float(trapezoid(k**3 * power * window**2 / (2 * math.pi**2), np.log(k)))


def transfer(k: np.ndarray, cosmology: Cosmology, wiggles: bool = True) -> np.ndarray:
    r"""Transfer function of matter, one on large scales.

    Arguments:
        k: Comoving wavenumbers above zero, h/Mpc.
        cosmology: The universe.
        wiggles: Their section 3 (baryons in full) or their equations 26 and 28 to 31.
    """
    return _full(k, cosmology) if wiggles else _smooth(k, cosmology)


def _smooth(k: np.ndarray, cosmology: Cosmology) -> np.ndarray:
    h = cosmology.h
    matter, baryons = cosmology.omega_m * h**2, cosmology.omega_b * h**2
    share = cosmology.omega_b / cosmology.omega_m
    theta = CMB_TEMPERATURE / 2.7
    horizon = 44.5 * math.log(9.83 / matter) / math.sqrt(1 + 10 * baryons**0.75)
    alpha = 1 - 0.328 * math.log(431 * matter) * share + 0.38 * math.log(22.3 * matter) * share**2
    gamma = cosmology.omega_m * h * (alpha + (1 - alpha) / (1 + (0.43 * k * h * horizon) ** 4))
    q = k * theta**2 / gamma
    logarithm = np.log(2 * math.e + 1.8 * q)
    return logarithm / (logarithm + (14.2 + 731 / (1 + 62.5 * q)) * q**2)


def _full(k: np.ndarray, cosmology: Cosmology) -> np.ndarray:
    share = cosmology.omega_b / cosmology.omega_m
    equality_k = 7.46e-2 * cosmology.omega_m * cosmology.h**2 * (CMB_TEMPERATURE / 2.7) ** -2
    wavenumber = k * cosmology.h  # 1/Mpc
    q = wavenumber / (13.41 * equality_k)
    if share == 0:
        return _pressureless(q, 1, 1)
    drag, horizon, ratio = _epochs(cosmology, equality_k)
    cold = _cold(q, wavenumber * horizon, cosmology)
    alpha = 2.07 * equality_k * horizon * (1 + drag) ** -0.75 * _suppression(ratio)
    return share * _baryons(q, wavenumber, cosmology, horizon, alpha) + (1 - share) * cold


def _epochs(cosmology: Cosmology, equality_k: float) -> tuple[float, float, float]:
    """Baryon load at the drag epoch, sound horizon (Mpc), (1 + z) of equality over drag's."""
    matter, baryons = cosmology.omega_m * cosmology.h**2, cosmology.omega_b * cosmology.h**2
    theta = CMB_TEMPERATURE / 2.7
    equality = 2.50e4 * matter * theta**-4
    b1 = 0.313 * matter**-0.419 * (1 + 0.607 * matter**0.674)
    b2 = 0.238 * matter**0.223
    drag = 1291 * matter**0.251 / (1 + 0.659 * matter**0.828) * (1 + b1 * baryons**b2)
    loads = [31.5 * baryons * theta**-4 * 1e3 / z for z in (drag, equality)]
    root = math.sqrt(1 + loads[0]) + math.sqrt(loads[0] + loads[1])
    horizon = (2 / (3 * equality_k) * math.sqrt(6 / loads[1])
               * math.log(root / (1 + math.sqrt(loads[1]))))  # fmt: skip
    return loads[0], horizon, (1 + equality) / (1 + drag)


def _suppression(y: float) -> float:
    root = math.sqrt(1 + y)
    return y * (-6 * root + (2 + 3 * y) * math.log((root + 1) / (root - 1)))


def _pressureless(q: np.ndarray, alpha: float, beta: float) -> np.ndarray:
    logarithm = np.log(math.e + 1.8 * beta * q)
    return logarithm / (logarithm + (14.2 / alpha + 386 / (1 + 69.9 * q**1.08)) * q**2)


def _cold(q: np.ndarray, phase: np.ndarray, cosmology: Cosmology) -> np.ndarray:
    matter = cosmology.omega_m * cosmology.h**2
    share = cosmology.omega_b / cosmology.omega_m
    a1 = (46.9 * matter) ** 0.670 * (1 + (32.1 * matter) ** -0.532)
    a2 = (12.0 * matter) ** 0.424 * (1 + (45.0 * matter) ** -0.582)
    alpha = a1**-share * a2 ** -(share**3)
    b1 = 0.944 / (1 + (458 * matter) ** -0.708)
    b2 = (0.395 * matter) ** -0.0266
    beta = 1 / (1 + b1 * ((1 - share) ** b2 - 1))
    weight = 1 / (1 + (phase / 5.4) ** 4)
    return weight * _pressureless(q, 1, beta) + (1 - weight) * _pressureless(q, alpha, beta)


def _baryons(
    q: np.ndarray, k: np.ndarray, cosmology: Cosmology, horizon: float, alpha: float
) -> np.ndarray:
    h = cosmology.h
    matter, baryons = cosmology.omega_m * h**2, cosmology.omega_b * h**2
    share = cosmology.omega_b / cosmology.omega_m
    beta = 0.5 + share + (3 - 2 * share) * math.sqrt((17.2 * matter) ** 2 + 1)
    node = 8.41 * matter**0.435
    silk = 1.6 * baryons**0.52 * matter**0.73 * (1 + (10.4 * matter) ** -0.95)
    phase = k * horizon
    stretched = phase / np.cbrt(1 + (node / phase) ** 3)
    first = _pressureless(q, 1, 1) / (1 + (phase / 5.2) ** 2)
    second = alpha / (1 + (beta / phase) ** 3) * np.exp(-((k / silk) ** 1.4))
    return (first + second) * np.sinc(stretched / math.pi)
