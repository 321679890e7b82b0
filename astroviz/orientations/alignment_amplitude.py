r"""How strongly the galaxies of a box align, in the units of surveys: the amplitude A.

Linear alignment predicts, for tracers of linear bias :math:`b` and with
:math:`\xi_l(r) = \int \frac{k^2 dk}{2\pi^2} P(k)\, j_l(kr)`,

.. math:: w_{gg} = b^2 D^2 \int_{-\pi_{\max}}^{\pi_{\max}} \xi_0(r)\, d\pi, \qquad
          w_{g+} = A\, C_1\rho_c\, \Omega_m\, b\, D \int_{-\pi_{\max}}^{\pi_{\max}}
          \xi_2(r)\, \frac{r_p^2}{r^2}\, d\pi .

It is meant for separations above some Mpc/h; a small box has no modes longer than its side, so
that they are left out of the integrals too. Take it as good to some ten per cent.

References:
    | Hirata & Seljak (2004), https://arxiv.org/abs/astro-ph/0406275
    | Blazek, McQuinn & Seljak (2011), https://arxiv.org/abs/1101.4017
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from astroviz.orientations.cosmology import Cosmology
from astroviz.orientations.curves import Correlation
from astroviz.orientations.lensing_spectra import ALIGNMENT_CONSTANT
from astroviz.orientations.power import linear_power

__all__ = ["Amplitude", "fit_amplitude", "linear_projections"]

_DEPTHS = 65


@dataclass(frozen=True)
class Amplitude:
    r"""Amplitude of linear alignment.

    Arguments:
        value: Amplitude A.
        error: Its error from that of :math:`w_{g+}` alone.
        bias: Linear bias of the galaxies.
        bins: Number of bins of separation that were fitted.
    """

    value: float
    error: float
    bias: float
    bins: int


def linear_projections(
    radius: np.ndarray, pi_max: float, cosmology: Cosmology, k_min: float = 1e-4
) -> tuple[np.ndarray, np.ndarray]:
    r"""The two integrals over the line of sight, of linear theory today.

    Arguments:
        radius: Projected separations, Mpc/h, shape :math:`(B,)`.
        pi_max: Largest separation along the line of sight, Mpc/h.
        cosmology: The universe.
        k_min: Smallest wavenumber, h/Mpc; :math:`2\pi/L` for a box of side :math:`L`.

    Returns:
        Of :math:`\xi_0` and of :math:`\xi_2 r_p^2/r^2`, Mpc/h, each of shape :math:`(B,)`.
    """
    k = np.geomspace(k_min, 30.0, 1500)
    # softened at the smallest scales, where the integrand only oscillates
    power = linear_power(k, cosmology) * k**3 / (2 * np.pi**2) * np.exp(-((k / 10) ** 2))
    table = np.geomspace(0.1, np.hypot(radius.max(), pi_max) * 1.01, 200)
    monopole, quadrupole = (
        np.trapezoid(wave * power, np.log(k), axis=1) for wave in _waves(np.outer(table, k))
    )
    depth = pi_max * np.linspace(0, 1, _DEPTHS) ** 2  # dense where the pair is close
    r = np.hypot(radius[:, None], depth)
    part = radius[:, None] ** 2 / r**2
    return (
        2 * np.trapezoid(np.interp(r, table, monopole), depth, axis=1),
        2 * np.trapezoid(np.interp(r, table, quadrupole) * part, depth, axis=1),
    )


def _waves(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Spherical Bessel functions of order 0 and 2."""
    sine = np.sin(x) / x
    second = (3 / x**2 - 1) * sine - 3 * np.cos(x) / x**2
    # the closed form loses its digits below x of about 0.02
    return sine, np.where(x < 0.02, x**2 / 15, second)


def fit_amplitude(
    alignment: Correlation,
    clustering: Correlation,
    cosmology: Cosmology,
    size: float,
    redshift: float = 0.0,
    r_min: float = 4.0,
) -> Amplitude:
    r"""Fit the bias to :math:`w_{gg}` and A to :math:`w_{g+}`.

    Arguments:
        alignment: `wg+` of :math:`\epsilon` (a shear, up to the sign) with errors or with truth.
        clustering: `wgg` of the same galaxies in the same bins.
        cosmology: The universe.
        size: Side of the box, Mpc/h.
        redshift: Of the box.
        r_min: Smallest projected separation that is fitted, Mpc/h.
    """
    if alignment.kind != "wg+" or clustering.kind != "wgg" or alignment.pi_max is None:
        raise ValueError(f"give wg+ and wgg, not {alignment.kind} and {clustering.kind}")
    if alignment.definition != "epsilon":
        raise ValueError("the amplitude is that of a shear: measure wg+ of `epsilon`")
    error = alignment.error if alignment.truth is None else alignment.truth.error
    if error is None:
        raise ValueError("wg+ has neither jackknife errors nor a truth: measure it with errors")
    keep = (alignment.edges[:-1] >= r_min) & np.isfinite(alignment.value) & (error > 0)
    if not keep.any():
        raise ValueError(
            f"no bin of w_g+ begins at {r_min:g} Mpc/h or beyond, where linear theory holds: "
            "take larger separations or a smaller r_min"
        )
    growth = cosmology.growth(1 / (1 + redshift))
    matter, shear = linear_projections(
        alignment.r[keep], alignment.pi_max, cosmology, 2 * np.pi / size
    )
    weight = 1 / error[keep] ** 2
    model = matter * growth**2
    squared = (weight * model) @ clustering.value[keep] / ((weight * model) @ model)
    bias = float(np.sqrt(max(squared, 1e-2)))
    model = ALIGNMENT_CONSTANT * cosmology.omega_m * bias * growth * shear
    norm = (weight * model) @ model
    value = float((weight * model) @ alignment.value[keep] / norm)
    return Amplitude(value, float(norm**-0.5), bias, int(keep.sum()))
