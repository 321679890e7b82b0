r"""The spectrum behind the magnitudes: photosphere, dust, disk.

Low-resolution spectra of the atmosphere grid at solar metallicity, to draw beside the photometry.
The photometry itself comes from the full-resolution tables.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from astroviz.stars.physics import Physics
from astroviz.stars.tables import interpolate

__all__ = ["star_sed"]

_SUN_RADIUS_PC = 2.2546e-8  # 6.957e8 m in parsec


def star_sed(theta: np.ndarray, physics: Physics, disk: bool | None = None) -> dict[str, Any]:
    r"""Flux :math:`\lambda F_\lambda` at the Earth of one young star.

    Arguments:
        theta: Parameters in the order of `PARAMETERS`, shape :math:`(9,)`; without a disk the
            excess may be NaN.
        physics: Tracks, atmosphere and extinction.
        disk: Whether there is a disk; by default there is one if the excess is given.

    Returns:
        `wavelength` (micron), and in erg/s/cm2 `photosphere` (no dust), `dusty` (with dust),
        `excess` (disk alone, with dust), `total`, each of shape :math:`(64,)`.
    """
    dtype, t = physics.dtype, physics.tables
    row = torch.as_tensor(np.asarray(theta, dtype=np.float64)[:9], dtype=dtype)
    disk = bool(row[6:].isfinite().all()) if disk is None else disk
    star = physics.evolve(row[:1], row[1:2])
    atmosphere = f"spectrum.{physics.atmosphere}"
    grid = f"atmosphere.{physics.atmosphere}"
    wavelength = t[f"{atmosphere}.wavelength"]
    knots = (t[f"{grid}.log_teff"], t[f"{grid}.logg"])
    log_flux = interpolate(t[f"{atmosphere}.log_flux"], knots, (star.log_teff, star.logg))[0]
    dilution = 2 * (star.log_radius[0] + np.log10(_SUN_RADIUS_PC) - row[5].log10())
    photosphere = 10 ** (log_flux.double() + dilution.double())
    curve = f"curve.{physics.law}"
    k = interpolate(t[f"{curve}.k"], (t[f"{curve}.r_v"],), (row[4:5],))[0]
    dimming = 10 ** (-0.4 * (row[3] * k).double())
    excess = torch.zeros_like(photosphere)
    if disk:
        rise = 1 / (1 + (wavelength / row[8]) ** -6)
        excess = photosphere * (10 ** row[6] * (wavelength / 5) ** row[7] * rise).double()
    return {
        "wavelength": wavelength.numpy(),
        "photosphere": photosphere.numpy(),
        "dusty": (photosphere * dimming).numpy(),
        "excess": (excess * dimming).numpy(),
        "total": ((photosphere + excess) * dimming).numpy(),
    }
