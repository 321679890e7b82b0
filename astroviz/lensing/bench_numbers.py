r"""What a lens weighs, how fast its stars move, how late its images come: numbers with units.

In a flat universe with :math:`\Omega_m = 0.3`:

.. math::
    \Sigma_{cr} = \frac{c^2}{4\pi G}\frac{D_s}{D_l D_{ls}},\quad
    M_E = \pi\theta_E^2 D_l^2\Sigma_{cr},\quad
    \theta_E = 4\pi\frac{\sigma_v^2}{c^2}\frac{D_{ls}}{D_s},\quad
    D_{\Delta t} = (1 + z_l)\frac{D_l D_s}{D_{ls}}.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from astroviz.lensing.lens import LENS_NAMES, LENS_UNITS, LensError

if TYPE_CHECKING:
    from astropy.table import QTable

    from astroviz.lensing.bench_scene import Picture

__all__ = ["ARCSEC", "Scales", "figures", "scales", "table"]

ARCSEC = math.pi / (180 * 3600)
"""Radians of an arcsec."""

MATTER = 0.3
"""Matter density of the universe that all numbers are for."""


@dataclass(frozen=True)
class Scales:
    r"""What redshifts make of angles.

    Arguments:
        kpc_lens: Kiloparsec of an arcsec at the lens.
        kpc_source: The same at the source.
        sigma_crit: Critical surface density, solar masses per square parsec.
        ratio: :math:`D_{ls} / D_s`.
        delay_distance: :math:`D_{\Delta t}`, Mpc.
    """

    kpc_lens: float
    kpc_source: float
    sigma_crit: float
    ratio: float
    delay_distance: float

    def dispersion(self, radius: float) -> float:
        """Velocity dispersion of an isothermal lens of this Einstein radius (arcsec), km/s."""
        return 299_792.458 * math.sqrt(radius * ARCSEC / (4 * math.pi * self.ratio))

    def mass(self, radius: float) -> float:
        """Mass within this Einstein radius (arcsec), solar masses."""
        return math.pi * (1e3 * radius * self.kpc_lens) ** 2 * self.sigma_crit

    def days(self, fermat: float) -> float:
        """Delay of a difference of the Fermat potential, arcsec squared, in days."""
        megaparsec, light = 3.0856775815e19, 299_792.458
        return self.delay_distance * megaparsec / light * fermat * ARCSEC**2 / 86_400


@lru_cache(maxsize=256)
def scales(lens_redshift: float, source_redshift: float, hubble_constant: float) -> Scales:
    r"""What these redshifts make of angles; a sentence where the source is not behind the lens.

    Arguments:
        lens_redshift: Of the lens.
        source_redshift: Of the source.
        hubble_constant: km/s/Mpc.

    Example:
        >>> round(scales(0.285, 0.575, 70.0).dispersion(1.47))
        331
    """
    from astropy import constants, units
    from astropy.cosmology import FlatLambdaCDM

    if source_redshift <= lens_redshift:
        raise LensError(
            f"The source at redshift {source_redshift:g} is not behind the lens at "
            f"{lens_redshift:g}: give it a higher redshift."
        )
    universe = FlatLambdaCDM(H0=hubble_constant, Om0=MATTER)
    near, far = (universe.angular_diameter_distance(z) for z in (lens_redshift, source_redshift))
    # in a flat universe transverse distances add up
    gap = universe.comoving_distance(source_redshift) - universe.comoving_distance(lens_redshift)
    between = gap / (1 + source_redshift)
    sigma = constants.c**2 / (4 * math.pi * constants.G) * far / (near * between)
    return Scales(
        float(near.to_value("kpc")) * ARCSEC,
        float(far.to_value("kpc")) * ARCSEC,
        float(sigma.to_value(units.Unit("solMass / pc2"))),
        float((between / far).to_value("")),
        float(((1 + lens_redshift) * near * far / between).to_value("Mpc")),
    )


def figures(state: Any, picture: Picture) -> dict[str, tuple[str, str]]:
    r"""Numbers of a picture: what, to (value, unit) as text."""
    found: dict[str, tuple[str, str]] = {}
    try:
        physical = scales(state.lens_redshift, state.source_redshift, state.hubble_constant)
    except LensError:
        physical = None
    if physical is not None:
        radius = state.einstein_radius
        found["Einstein radius"] = (f"{radius * physical.kpc_lens:.2f}", "kpc")
        found["Mass within it"] = _power(physical.mass(radius), "M\u2609")
        found["Velocity dispersion"] = (f"{physical.dispersion(radius):.0f}", "km/s")
        found["\u03a3 critical"] = (f"{physical.sigma_crit:.0f}", "M\u2609/pc\u00b2")
        found["1\u2033 at the source"] = (f"{physical.kpc_source:.2f}", "kpc")
    if math.isfinite(picture.magnification):
        found["Magnification"] = (f"{picture.magnification:.1f}", "\u00d7")
    else:
        found["Magnification"] = ("\u2013", "light leaves the frame")
    return found


def table(state: Any, picture: Picture) -> QTable:
    """Lens and numbers of a picture, with units."""
    from astropy import units as u
    from astropy.table import QTable

    columns: dict[str, Any] = {
        name: [value] * u.Unit(unit)
        for name, unit, value in zip(LENS_NAMES, LENS_UNITS, state.lens(), strict=True)
    }
    columns |= {
        "source_x": [state.source_x] * u.arcsec,
        "source_y": [state.source_y] * u.arcsec,
        "noise": [picture.noise],
        "magnification": [picture.magnification],
    }
    try:
        physical = scales(state.lens_redshift, state.source_redshift, state.hubble_constant)
    except LensError:
        return QTable(columns)
    radius = state.einstein_radius
    columns |= {
        "mass_einstein": [physical.mass(radius)] * u.solMass,
        "velocity_dispersion": [physical.dispersion(radius)] * u.km / u.s,
        "sigma_crit": [physical.sigma_crit] * u.solMass / u.pc**2,
        "kpc_per_arcsec_lens": [physical.kpc_lens] * u.kpc / u.arcsec,
        "kpc_per_arcsec_source": [physical.kpc_source] * u.kpc / u.arcsec,
    }
    found = QTable(columns)
    found.meta.update(lens_redshift=state.lens_redshift, source_redshift=state.source_redshift,
                      hubble_constant=state.hubble_constant, omega_matter=MATTER)  # fmt: skip
    return found


def _power(value: float, unit: str) -> tuple[str, str]:
    """A large number as a power of ten."""
    exponent = int(np.floor(np.log10(value)))
    raised = str(exponent).translate(
        str.maketrans("0123456789", "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079")
    )
    return f"{value / 10**exponent:.2f} \u00d7 10{raised}", unit
