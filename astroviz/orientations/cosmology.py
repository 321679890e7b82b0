r"""Background cosmology: expansion and linear growth of a flat universe with a constant Lambda.

Radiation is left out: below redshift 50 it changes the growth by less than half a per cent.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
from scipy.integrate import trapezoid

__all__ = ["CRITICAL_DENSITY", "PLANCK15", "Cosmology"]

CRITICAL_DENSITY = 2.77536627e11
r"""Critical density today, :math:`h^2 M_\odot / \mathrm{Mpc}^3`."""

_STEPS = 2048  # of the growth integral; trapezoids in a, better than 1e-6


@dataclass(frozen=True)
class Cosmology:
    r"""A flat Lambda-CDM universe.

    Arguments:
        omega_m: Matter density today over the critical one.
        omega_b: Baryon density today over the critical one.
        h: Hubble constant in 100 km/s/Mpc.
        sigma8: Linear fluctuation in spheres of 8 Mpc/h today.
        n_s: Slope of the primordial spectrum.

    Example:
        >>> round(PLANCK15.growth(0.5), 3)
        0.609
    """

    omega_m: float
    omega_b: float
    h: float
    sigma8: float
    n_s: float

    def __post_init__(self) -> None:
        bounds = {"omega_m": (0.01, 1.0), "omega_b": (0.0, self.omega_m), "h": (0.1, 2.0),
                  "sigma8": (0.0, 3.0), "n_s": (0.0, 3.0)}  # fmt: skip
        for name, (low, high) in bounds.items():
            value = getattr(self, name)
            if not (math.isfinite(value) and low <= value <= high):
                raise ValueError(f"{name} is {value!r}; it must lie between {low:g} and {high:g}.")

    def replace(self, **changes: float) -> Cosmology:
        """A copy with some parameters changed, as `cosmology.replace(sigma8=0.7)`."""
        return dataclasses.replace(self, **changes)

    @property
    def matter_density(self) -> float:
        r"""Mean comoving matter density, :math:`h^2 M_\odot / \mathrm{Mpc}^3`."""
        return self.omega_m * CRITICAL_DENSITY

    def expansion(self, a: float | np.ndarray) -> float | np.ndarray:
        r"""Expansion rate :math:`E(a) = H(a) / H_0` at the scale factor(s) `a`."""
        return np.sqrt(self.omega_m * np.power(a, -3.0) + 1.0 - self.omega_m)

    def growth(self, a: float) -> float:
        r"""Linear growth factor, one today.

        .. math:: D(a) \propto E(a) \int_0^a \frac{da'}{[a' E(a')]^3}

        Arguments:
            a: Scale factor.

        References:
            | Heath (1977)
        """
        return self._unscaled_growth(a) / self._unscaled_growth(1.0)

    def growth_rate(self, a: float) -> float:
        r"""Logarithmic growth rate :math:`f = d\ln D / d\ln a` at the scale factor `a`."""
        omega = self.omega_m * a**-3 / float(self.expansion(a)) ** 2
        # exact derivative of the integral above
        share = float(self.expansion(a)) / (a * float(self.expansion(a))) ** 3
        return -1.5 * omega + a * share / self._unscaled_growth(a)

    def _unscaled_growth(self, a: float) -> float:
        # substituted a' = a u^(2/5): the integrand of the early universe becomes constant
        u = np.linspace(0.0, 1.0, _STEPS + 1)[1:]
        x = a * u**0.4
        integrand = 0.4 * a * u**-0.6 / (x * self.expansion(x)) ** 3
        first = 0.4 * a * (a / self.omega_m) ** 1.5  # its limit at u = 0
        values = np.concatenate([[first], integrand])
        return float(self.expansion(a)) * float(trapezoid(values, dx=1.0 / _STEPS))

    def peculiar_velocity(self, a: float) -> float:
        r"""Factor from a displacement rate to a velocity.

        Multiply :math:`dx/dD` in Mpc/h by :math:`100\, a E(a) f(a) D(a)` to have the peculiar
        velocity in km/s.
        """
        return 100.0 * a * float(self.expansion(a)) * self.growth_rate(a) * self.growth(a)


PLANCK15 = Cosmology(omega_m=0.3089, omega_b=0.0486, h=0.6774, sigma8=0.8159, n_s=0.9667)
"""Planck Collaboration XIII (2015), table 4, last column (arXiv:1502.01589)."""
