r"""Fluxes, magnitudes, and magnitudes that negative fluxes have too.

Fluxes are in maggies, :math:`f = F_\nu / 3631\,\mathrm{Jy}`. The asinh magnitude of Lupton,

.. math:: m = -\frac{2.5}{\ln 10}
    \left[\operatorname{asinh}\!\left(\frac{f}{2 b}\right) + \ln b\right],

is the usual one for :math:`f \gg b` and linear in the flux for :math:`|f| \ll b`: with a softening
:math:`b` of about the noise of the sky a galaxy that is not detected stays in the table, with a
finite error, instead of being dropped or called a limit.

References:
    | Lupton, Gunn & Szalay (1999), https://arxiv.org/abs/astro-ph/9903081
    | Blanton & Roweis (2007), https://arxiv.org/abs/astro-ph/0606170: AB and Vega magnitudes
    | Schlafly & Finkbeiner (2011), https://arxiv.org/abs/1012.4804, table 6; Wyder et al. (2007),
      https://arxiv.org/abs/0706.3938: extinction per E(B-V)
"""

from __future__ import annotations

from typing import Final, TypeVar, cast

import numpy as np
import torch
from torch import Tensor

__all__ = [
    "AB_MINUS_VEGA",
    "EXTINCTION",
    "SDSS_SOFTENING",
    "asinh_error",
    "asinh_magnitude",
    "flux_of_asinh",
    "flux_of_magnitude",
    "magnitude",
]

POGSON: Final = 2.5 / float(np.log(10.0))
"""Magnitudes per unit of the natural logarithm of a flux."""

SDSS_SOFTENING: Final[dict[str, float]] = {
    "sdss_u": 1.4e-10, "sdss_g": 0.9e-10, "sdss_r": 1.2e-10, "sdss_i": 1.8e-10, "sdss_z": 7.4e-10,
}  # fmt: skip
"""Softening :math:`b` of the asinh magnitudes in the catalogues of SDSS, maggies."""

AB_MINUS_VEGA: Final[dict[str, float]] = {
    "sdss_u": 0.91, "sdss_g": -0.08, "sdss_r": 0.16, "sdss_i": 0.37, "sdss_z": 0.54,
    "twomass_j": 0.91, "twomass_h": 1.39, "twomass_ks": 1.85,
    "lsst_u": 0.92, "lsst_g": -0.08, "lsst_r": 0.16, "lsst_i": 0.37, "lsst_z": 0.51,
    "lsst_y": 0.55, "galex_fuv": 2.22, "galex_nuv": 1.69,
}  # fmt: skip
"""AB minus Vega magnitude of a star like Vega, which is what one adds to a Vega magnitude."""

EXTINCTION: Final[dict[str, float]] = {
    "sdss_u": 4.239, "sdss_g": 3.303, "sdss_r": 2.285, "sdss_i": 1.698, "sdss_z": 1.263,
    "lsst_u": 4.145, "lsst_g": 3.237, "lsst_r": 2.273, "lsst_i": 1.684, "lsst_z": 1.323,
    "lsst_y": 1.088, "twomass_j": 0.723, "twomass_h": 0.460, "twomass_ks": 0.310,
    "galex_fuv": 8.376, "galex_nuv": 8.741,
}  # fmt: skip
"""Extinction in magnitudes per E(B-V) of the maps of Schlegel, Finkbeiner & Davis (1998)."""

_Array = TypeVar("_Array", np.ndarray, Tensor)


def magnitude(flux: _Array) -> _Array:
    r"""Magnitude of a flux in maggies; NaN where it is not positive."""
    if isinstance(flux, Tensor):
        return -2.5 * torch.log10(torch.where(flux > 0, flux, torch.nan))
    positive = np.where(np.asarray(flux) > 0, flux, np.nan)
    return cast("_Array", -2.5 * np.log10(positive))


def flux_of_magnitude(magnitudes: _Array) -> _Array:
    r"""Flux in maggies of a usual magnitude, :math:`10^{-0.4 m}`."""
    return 10.0 ** (-0.4 * magnitudes)


def asinh_magnitude(flux: _Array, softening: _Array | float) -> _Array:
    r"""Asinh magnitude of any flux, zero and negative ones included.

    Arguments:
        flux: Maggies, any shape.
        softening: :math:`b`, maggies; broadcast against `flux`.

    Example:
        >>> float(np.round(asinh_magnitude(np.array(1e-8), 1e-10), 3))
        20.0
    """
    if isinstance(flux, Tensor):
        b = torch.as_tensor(softening, dtype=flux.dtype, device=flux.device)
        return -POGSON * (torch.asinh(flux / (2 * b)) + torch.log(b))
    flux = np.asarray(flux)
    found = -POGSON * (np.arcsinh(flux / (2 * np.asarray(softening))) + np.log(softening))
    return cast("_Array", found)


def asinh_error(flux: _Array, flux_error: _Array, softening: _Array | float) -> _Array:
    r"""Error of an asinh magnitude, finite at any flux.

    .. math:: \sigma_m = \frac{2.5}{\ln 10}\,\frac{\sigma_f}{\sqrt{f^2 + 4 b^2}}

    Arguments:
        flux: Maggies.
        flux_error: One standard deviation, maggies.
        softening: :math:`b`, maggies.
    """
    if isinstance(flux, Tensor):
        b = torch.as_tensor(softening, dtype=flux.dtype, device=flux.device)
        # scaled by b: squares of maggies underflow in single precision
        return POGSON * (flux_error / b) / torch.sqrt((flux / b) ** 2 + 4)
    b = np.asarray(softening)
    return cast("_Array", POGSON * (flux_error / b) / np.sqrt((flux / b) ** 2 + 4))


def flux_of_asinh(magnitudes: _Array, softening: _Array | float) -> _Array:
    r"""Flux in maggies of an asinh magnitude; the inverse of `asinh_magnitude`."""
    if isinstance(magnitudes, Tensor):
        b = torch.as_tensor(softening, dtype=magnitudes.dtype, device=magnitudes.device)
        return 2 * b * torch.sinh(-magnitudes / POGSON - torch.log(b))
    found: np.ndarray = (
        2 * np.asarray(softening) * np.sinh(-magnitudes / POGSON - np.log(softening))
    )
    return found
