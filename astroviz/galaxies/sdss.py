r"""Ten thousand real galaxies with redshifts, and how they came into their catalogue.

The table ships with the room (`build_sdss` makes it). Its galaxies are of the main sample of SDSS,

.. math:: r_\text{Petrosian} < 17.77,

*and* were seen by 2MASS as extended sources: all of them have magnitudes in J and Ks, and their
number drops about Ks = 16 (AB), brighter than where the limit in r alone would end it. Both limits
are in the model of the selection; the first acts on Petrosian magnitudes, while the fit sees model
magnitudes, so the offset and the scatter between the two are measured where neither limit acts.

H is not used: 7 % of the galaxies have only a bound there, and they are the faint ones.

Magnitudes of 2MASS are of whole galaxies, those of SDSS of a model of their profile: between the
two lies a scatter of 0.09 mag that J and Ks share and that neither lists among its errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from astropy.table import Table

from astroviz.galaxies.catalogue import Catalogue
from astroviz.galaxies.filters import filter_set
from astroviz.galaxies.magnitude_scales import (
    POGSON,
    SDSS_SOFTENING,
    asinh_error,
    flux_of_asinh,
)
from astroviz.galaxies.noise_model import NoiseModel
from astroviz.galaxies.parameters import GalaxyError
from astroviz.galaxies.selection import MagnitudeLimit, Selection

__all__ = [
    "BANDS",
    "BLUE",
    "DEMO",
    "ERROR_FLOORS",
    "INFRARED",
    "LIMIT",
    "ZERO_POINT_ERRORS",
    "Petrosian",
    "aperture_scatter",
    "demo_table",
    "petrosian",
    "sdss_catalogue",
    "sdss_noise",
    "sdss_selection",
]

DEMO: Final = Path(__file__).with_name("stored") / "sdss.parquet"
"""The table: model magnitudes `u g r i z`, `j h ks`, `fuv nuv` (AB, asinh, corrected for Galactic
extinction) with errors, `redshift`, and `petrosian_r`."""

BANDS: Final = (*filter_set("sdss"), "twomass_j", "twomass_ks")
"""Bands of the fits of real galaxies."""

BLUE: Final = (-0.4, 0.8)
"""How the edge in Ks goes with the colour: mag per mag of g - r, and where it is as `INFRARED`
says. Blue galaxies are faint on their surface and are missed at brighter magnitudes; chosen
likewise."""

ZERO_POINT_ERRORS: Final[tuple[float, ...]] = (0.05, 0.02, 0.02, 0.02, 0.03, 0.1, 0.1)
"""Spread of the zero points of `BANDS`, mag: the calibration, and for 2MASS what magnitudes of
whole galaxies may be off from those of a fitted profile."""

LIMIT: Final = 17.77
"""Of the main sample, in Petrosian r (Strauss et al. 2002), mag."""

INFRARED: Final = (16.0, 0.4)
"""Magnitude in Ks (AB) at which 2MASS misses half of the galaxies, and the width of the edge, mag.

They were chosen on a grid so that a fitted population has the magnitudes of the half of the
galaxies that is fitted; the other half had no say. The edge is
wide: detection goes by surface brightness, not by the magnitude of the whole galaxy."""

ERROR_FLOORS: Final[dict[str, float]] = {
    "sdss_u": 0.05, "sdss_g": 0.02, "sdss_r": 0.02, "sdss_i": 0.02, "sdss_z": 0.03,
    "twomass_j": 0.05, "twomass_h": 0.05, "twomass_ks": 0.05, "galex_fuv": 0.08, "galex_nuv": 0.08,
}  # fmt: skip
"""Relative errors added in quadrature, as kcorrect does for SDSS; more where apertures differ."""

_SOFTENING: Final[dict[str, float]] = {
    **SDSS_SOFTENING, "twomass_j": 1e-8, "twomass_h": 1e-8, "twomass_ks": 1e-8,
    "galex_fuv": 2e-10, "galex_nuv": 2e-10,
}  # fmt: skip
_SAFE = 0.6  # mag brighter than the limit, where it has no say in the scatter
_FURTHEST, _LARGEST_ERROR = 0.45, 0.2
_INTRINSIC = 0.0138  # mag squared, of 15,000 draws of the prior as the survey lists them


@dataclass(frozen=True)
class Petrosian:
    r"""How Petrosian magnitudes in r go with model magnitudes.

    .. math:: r_P = r + \delta + k\,(g - r) \pm s

    Arguments:
        offset: :math:`\delta`, mag.
        slope: :math:`k`, mag per mag: light beyond the aperture grows with the red colour of
            early types.
        scatter: :math:`s`, mag, robust.
    """

    offset: float
    slope: float
    scatter: float


@cache
def _table() -> Table:
    from astroviz.io import read_table

    return read_table(DEMO)


def demo_table() -> Table:
    """The table of real galaxies, a copy of its own."""
    return _table().copy()


def sdss_catalogue(
    bands: tuple[str, ...] = BANDS, floors: bool = True, galex: str = "any"
) -> Catalogue:
    r"""The clean part of the main sample, with redshifts.

    Arguments:
        bands: Which bands; GALEX is known for one galaxy in thirteen.
        floors: Add the `ERROR_FLOORS`.
        galex: `any`: bands of GALEX may be missing; `only`: galaxies that have them all.

    Example:
        >>> catalogue = sdss_catalogue()
        >>> len(catalogue) > 9000, catalogue.bands[-1]
        (True, 'twomass_ks')
    """
    table = _table()
    short = {band: band.partition("_")[2] for band in bands}
    lacking = [band for band in bands if band not in _SOFTENING]
    if lacking:
        raise GalaxyError(f"these galaxies have no {', '.join(lacking)}: choose other bands")
    b = np.array([_SOFTENING[band] for band in bands])
    seen = np.stack([_column(table, name) for name in short.values()], 1)
    error = np.stack([_column(table, f"{name}_error") for name in short.values()], 1)
    flux = flux_of_asinh(seen, b)
    sigma = error / POGSON * np.sqrt(flux**2 + 4 * b**2)
    if floors:
        sigma = np.hypot(sigma, np.array([ERROR_FLOORS[band] for band in bands]) * flux)
    clean = _clean(table)
    whole = np.isfinite(sigma)
    wanted = [k for k, band in enumerate(bands) if galex == "only" or "galex" not in band]
    keep = clean & whole[:, wanted].all(1)
    magnitudes = np.where(whole, seen, np.nan)
    errors = asinh_error(flux, sigma, b)
    return Catalogue(
        magnitudes[keep].astype(np.float32), errors[keep].astype(np.float32), tuple(bands),
        _column(table, "redshift")[keep].astype(np.float32), b, np.flatnonzero(keep),
        notes=(str(table.meta.get("citation", "")),
               f"{int((~keep).sum())} of {len(keep)} rows are left out: beyond the limit or the "
               "redshift, with bad errors, or not observed in a band"),
    )  # fmt: skip


def sdss_selection(bands: tuple[str, ...] = BANDS) -> Selection:
    r"""How galaxies came into the catalogue.

    Arguments:
        bands: Of the magnitudes; g, r and Ks must be among them.
    """
    law, (infrared, width) = petrosian(), INFRARED
    main = MagnitudeLimit(
        "sdss_r", LIMIT, width=law.scatter, offset=law.offset, colour=("sdss_g", "sdss_r"),
        slope=law.slope,
    )  # fmt: skip
    slope, middle = BLUE
    edge = MagnitudeLimit(
        "twomass_ks", infrared, width=width, offset=-slope * middle,
        colour=("sdss_g", "sdss_r"), slope=slope,
    )  # fmt: skip
    return Selection((main, edge), bands)


def sdss_noise(catalogue: Catalogue) -> NoiseModel:
    """Noise as the catalogue lists it, and the scatter between the apertures of both surveys."""
    scatter = aperture_scatter()
    shared = [scatter if band.startswith("twomass") else 0.0 for band in catalogue.bands]
    return NoiseModel.learn(catalogue, shared=shared)


@cache
def aperture_scatter() -> float:
    r"""Scatter that J and Ks share against z, mag.

    It is the root of the covariance of z - J and z - Ks, once their trends with redshift and two
    optical colours are taken off, less the covariance that is left in the same way over galaxies
    of the prior `survey`, from their dust, their ages and the noise in z.
    """
    table = _table()
    known = _clean(table) & np.isfinite(_column(table, "j") + _column(table, "ks"))
    z, bands = _column(table, "redshift")[known], ("g", "r", "i", "z", "j", "ks")
    g, r, i, far, j, ks = (_column(table, band)[known] for band in bands)
    trends = np.stack([np.ones(len(z)), z, z**2, g - r, (g - r) ** 2, i - far], 1)
    left = []
    for colour in (far - j, far - ks):
        left.append(colour - trends @ np.linalg.lstsq(trends, colour, rcond=None)[0])
    calm = (np.abs(left[0]) < 0.6) & (np.abs(left[1]) < 0.6)
    return float(np.sqrt(np.cov(left[0][calm], left[1][calm])[0, 1] - _INTRINSIC))


@cache
def petrosian() -> Petrosian:
    """Petrosian against model magnitudes, from galaxies well inside the limit."""
    table = _table()
    r, colour = _column(table, "r"), _column(table, "g") - _column(table, "r")
    known = _clean(table) & (r < LIMIT - _SAFE) & (colour > 0.2) & (colour < 1.3)
    apart = (_column(table, "petrosian_r") - r)[known]
    x = colour[known]
    slope, offset = np.polyfit(x, apart, 1)
    for _ in range(5):  # without the few that were cut up or blended
        left = apart - offset - slope * x
        calm = np.abs(left) < 3 * 1.4826 * np.median(np.abs(left))
        slope, offset = np.polyfit(x[calm], apart[calm], 1)
    left = apart - offset - slope * x
    scatter = 1.4826 * np.median(np.abs(left - np.median(left)))
    return Petrosian(float(offset), float(slope), float(scatter))


def _column(table: Table, name: str) -> np.ndarray:
    return np.asarray(np.ma.filled(np.ma.asarray(table[name], dtype=float), np.nan))


def _clean(table: Table) -> np.ndarray:
    z = _column(table, "redshift")
    return (
        (_column(table, "petrosian_r") < LIMIT)
        & (z > 0.005) & (z < _FURTHEST)
        & (_column(table, "r_error") < _LARGEST_ERROR)
        & (_column(table, "i_error") < _LARGEST_ERROR)
    )  # fmt: skip
