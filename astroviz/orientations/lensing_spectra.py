r"""Toy angular spectra of cosmic shear and of intrinsic alignments, by Limber's approximation.

With lensing efficiencies :math:`q_i(\chi)`, source distributions :math:`n_i(\chi)` and the
nonlinear alignment model, in which galaxies answer to the tidal field with
:math:`F(z) = -A\, C_1\rho_c\, \Omega_m / D(z)`,

.. math:: C^{GG}_{ij} = \int \frac{d\chi}{\chi^2} q_i q_j P, \quad
          C^{GI}_{ij} = \int \frac{d\chi}{\chi^2} (q_i n_j + n_i q_j) F P, \quad
          C^{II}_{ij} = \int \frac{d\chi}{\chi^2} n_i n_j F^2 P .

A toy in these respects: the matter power is linear, all galaxies align alike, redshift errors have
no outliers, and the shape of the spectrum (h, n_s, Omega_b) is fixed.

References:
    | Hirata & Seljak (2004), https://arxiv.org/abs/astro-ph/0406275
    | Bridle & King (2007), https://arxiv.org/abs/0705.0166
    | Joachimi, Mandelbaum, Abdalla & Bridle (2011), https://arxiv.org/abs/1008.3491
    | Chevallier & Polarski (2001), https://arxiv.org/abs/gr-qc/0009008
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from scipy.special import erf

from astroviz.orientations.cosmology import PLANCK15, Cosmology
from astroviz.orientations.power import linear_power

__all__ = [
    "ALIGNMENT_CONSTANT",
    "HUBBLE_LENGTH",
    "Spectra",
    "Survey",
    "Universe",
    "angular_spectra",
    "intrinsic_response",
]

HUBBLE_LENGTH = 2997.92458
"""c / H0, Mpc/h."""
ALIGNMENT_CONSTANT = 0.0134
"""C_1 times the critical density, as Joachimi et al. (2011) normalise the amplitude A."""

_REDSHIFTS = np.linspace(0.0, 3.5, 176)
_LOG_K = np.linspace(np.log(1e-4), np.log(50.0), 600)


@dataclass(frozen=True)
class Universe:
    r"""A flat universe whose dark energy has :math:`w(a) = w_0 + w_a (1 - a)`.

    Arguments:
        cosmology: Matter and the shape of its spectrum; :math:`\sigma_8` is today's.
        w0: Equation of state of dark energy today.
        wa: Its change, :math:`-dw/da`.
    """

    cosmology: Cosmology = PLANCK15
    w0: float = -1.0
    wa: float = 0.0

    def expansion(self, redshift: np.ndarray) -> np.ndarray:
        """Expansion rate over today's."""
        a = 1 / (1 + np.asarray(redshift, dtype=float))
        return np.sqrt(self.cosmology.omega_m * a**-3 + self._dark(a))

    def distance(self, redshift: np.ndarray) -> np.ndarray:
        """Comoving distance on an ascending grid of redshifts that starts at 0, Mpc/h."""
        rate = HUBBLE_LENGTH / self.expansion(redshift)
        step = np.diff(redshift) * (rate[1:] + rate[:-1]) / 2
        return np.concatenate([[0.0], np.cumsum(step)])

    def growth(self, redshift: np.ndarray) -> np.ndarray:
        r"""Linear growth factor, one today.

        Solves :math:`D'' + (2 + d\ln H/d\ln a) D' = \tfrac32 \Omega_m(a) D` in :math:`\ln a` from
        deep in matter domination, with Runge and Kutta's fourth-order steps.
        """
        x = np.linspace(np.log(1e-3), 0.0, 241)
        half = np.linspace(x[0], 0.0, 481)
        friction, source = self._growth_terms(np.exp(half))
        value, slope = np.exp(x[0]), np.exp(x[0])
        values, h = [value], x[1] - x[0]
        for k in range(0, 480, 2):
            rates: list[tuple[float, float]] = []
            for place, part in ((k, 0.0), (k + 1, 0.5), (k + 1, 0.5), (k + 2, 1.0)):
                dv, ds = rates[-1] if rates else (0.0, 0.0)
                v, s = value + part * h * dv, slope + part * h * ds
                rates.append((s, source[place] * v - friction[place] * s))
            weight = np.array([1, 2, 2, 1]) * h / 6
            value, slope = np.array([value, slope]) + weight @ np.array(rates)
            values.append(value)
        ln_a = -np.log1p(np.asarray(redshift, dtype=float))
        return np.exp(np.interp(ln_a, x, np.log(values))) / values[-1]

    def _dark(self, a: np.ndarray) -> np.ndarray:
        share = 1 - self.cosmology.omega_m
        return share * a ** (-3 * (1 + self.w0 + self.wa)) * np.exp(-3 * self.wa * (1 - a))

    def _growth_terms(self, a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Coefficients of D' and of D in the equation of growth."""
        matter, dark = self.cosmology.omega_m * a**-3, self._dark(a)
        total = matter + dark
        pressure = (self.w0 + self.wa * (1 - a)) * dark
        return 0.5 - 1.5 * pressure / total, 1.5 * matter / total


@dataclass(frozen=True)
class Survey:
    r"""A toy survey of galaxy shapes, with numbers like those of the next decade.

    Arguments:
        sky: Observed part of the sky.
        density: Galaxies per square arcminute.
        shape_noise: Scatter of one component of the intrinsic ellipticity.
        middle: Scale :math:`z_0` of :math:`n(z) \propto z^2 e^{-(z/z_0)^{3/2}}`.
        bins: Tomographic bins of equal number.
        redshift_error: Scatter of photometric redshifts over :math:`1 + z`.
        ell_min: Smallest multipole.
        ell_max: Largest multipole.
        ells: Number of logarithmic bands between them.
    """

    sky: float = 0.35
    density: float = 30.0
    shape_noise: float = 0.26
    middle: float = 0.64
    bins: int = 4
    redshift_error: float = 0.05
    ell_min: float = 30.0
    ell_max: float = 1000.0
    ells: int = 20
    redshifts: np.ndarray = field(default_factory=lambda: _REDSHIFTS, repr=False)

    def bands(self) -> tuple[np.ndarray, np.ndarray]:
        """Middle and width of each band of multipoles."""
        edges = np.geomspace(self.ell_min, self.ell_max, self.ells + 1)
        return np.sqrt(edges[1:] * edges[:-1]), np.diff(edges)

    def sources(self) -> np.ndarray:
        """Distribution of true redshifts in each bin, integral one, shape (bins, Z)."""
        z = self.redshifts
        total = z**2 * np.exp(-((z / self.middle) ** 1.5))
        cumulative = np.concatenate([[0], np.cumsum((total[1:] + total[:-1]) / 2)])
        edges = np.interp(np.linspace(0, 1, self.bins + 1), cumulative / cumulative[-1], z)
        edges[-1] = 10.0
        width = np.sqrt(2) * self.redshift_error * (1 + z)
        chance = [erf((edge - z) / width) for edge in edges]
        parts = np.array([total * (b - a) for a, b in pairwise(chance)])
        return parts / np.trapezoid(parts, z, axis=1)[:, None]

    @property
    def noise(self) -> float:
        """Shape noise in the spectrum of one bin, sr."""
        per_steradian = self.density / self.bins * (180 * 60 / np.pi) ** 2
        return self.shape_noise**2 / per_steradian


@dataclass(frozen=True)
class Spectra:
    r"""Angular spectra between tomographic bins, each of shape :math:`(L, n, n)`, sr.

    Arguments:
        ell: Multipoles, shape :math:`(L,)`.
        gg: Of shear.
        gi: Between shear and intrinsic shapes, both orders, for the amplitude of `amplitude`.
        ii: Of intrinsic shapes.
        amplitude: Amplitude A of the intrinsic alignments.
    """

    ell: np.ndarray
    gg: np.ndarray
    gi: np.ndarray
    ii: np.ndarray
    amplitude: float

    @property
    def observed(self) -> np.ndarray:
        """What a survey of shapes sees, without its noise."""
        return self.gg + self.gi + self.ii


def intrinsic_response(amplitude: float, omega_m: float, growth: np.ndarray) -> np.ndarray:
    r"""Intrinsic shear over density contrast, :math:`F = -A\,C_1\rho_c\,\Omega_m / D`."""
    return -amplitude * ALIGNMENT_CONSTANT * omega_m / np.asarray(growth)


def angular_spectra(
    universe: Universe, survey: Survey, amplitude: float = 1.0, ell: np.ndarray | None = None
) -> Spectra:
    r"""Spectra of shear and of intrinsic alignments.

    Arguments:
        universe: Expansion, growth and matter.
        survey: Sources and multipoles.
        amplitude: Amplitude A of the alignments, 1 as in the SuperCOSMOS shear that defined it.
        ell: Multipoles; those of the survey's bands by default.

    Example:
        >>> spectra = angular_spectra(Universe(), Survey(bins=1))
        >>> bool(spectra.gi.max() < 0 < spectra.ii.min())
        True
    """
    ell = survey.bands()[0] if ell is None else np.asarray(ell, dtype=float)
    z = survey.redshifts
    distance, growth = universe.distance(z)[1:], universe.growth(z)[1:]
    rate = universe.expansion(z)[1:] / HUBBLE_LENGTH
    sources = survey.sources()[:, 1:]
    lensing = _efficiency(universe.cosmology.omega_m, z[1:], distance, sources)
    omega_m = universe.cosmology.omega_m
    intrinsic = sources * rate * intrinsic_response(amplitude, omega_m, growth)
    power = _power_along(universe.cosmology, ell, distance) * growth**2
    weight = np.gradient(distance) / distance**2
    weighted = power * weight  # (L, Z)

    def project(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.einsum("lz,iz,jz->lij", weighted, a, b, optimize=True)

    cross = project(lensing, intrinsic)
    return Spectra(
        ell, project(lensing, lensing), cross + np.swapaxes(cross, 1, 2),
        project(intrinsic, intrinsic), amplitude,
    )  # fmt: skip


def _efficiency(
    omega_m: float, z: np.ndarray, distance: np.ndarray, sources: np.ndarray
) -> np.ndarray:
    """Lensing efficiency of each bin, h/Mpc, shape (bins, Z)."""
    ratio = np.clip(1 - distance[:, None] / distance[None, :], 0, None)  # lens, source
    behind = np.trapezoid(sources[:, None, :] * ratio, z, axis=-1)
    return 1.5 * omega_m / HUBBLE_LENGTH**2 * (1 + z) * distance * behind


def _power_along(cosmology: Cosmology, ell: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Linear power today at k = (l + 1/2) / distance, (Mpc/h)^3, shape (L, Z)."""
    table = np.log(linear_power(np.exp(_LOG_K), cosmology))
    wanted = np.log((ell[:, None] + 0.5) / distance[None, :])
    # beyond the table the spectrum goes on as a power law of its last slope
    slope = (table[-1] - table[-2]) / (_LOG_K[-1] - _LOG_K[-2])
    steeper = np.maximum(wanted - _LOG_K[-1], 0) * slope
    return np.exp(np.interp(wanted, _LOG_K, table) + steeper)
