r"""Filter curves by name: every set of speclite, and a user's own.

Bands are called by survey and letter, `sdss_r`, `lsst_y`, `twomass_ks`, `galex_nuv`; a curve that
speclite calls `hsc2017-g` is `hsc_g`, or `hsc2017_g` where several years are there. All curves are
of photon counters, as astronomers give them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from astroviz.galaxies.parameters import GalaxyError

__all__ = [
    "FILTER_SETS",
    "SHORT_NAMES",
    "add_filter",
    "available",
    "effective_wavelength",
    "filter_set",
    "known_band",
    "load_curve",
]

Array = NDArray[np.float64]

_SDSS: Final = ("sdss_u", "sdss_g", "sdss_r", "sdss_i", "sdss_z")
_LSST: Final = ("lsst_u", "lsst_g", "lsst_r", "lsst_i", "lsst_z", "lsst_y")
_TWOMASS: Final = ("twomass_j", "twomass_h", "twomass_ks")
_GALEX: Final = ("galex_fuv", "galex_nuv")

FILTER_SETS: Final[dict[str, tuple[str, ...]]] = {
    "sdss": _SDSS,
    "lsst": _LSST,
    "sdss+2mass": (*_SDSS, *_TWOMASS),
    "sdss+galex": (*_GALEX, *_SDSS),
    "sdss+2mass+galex": (*_GALEX, *_SDSS, *_TWOMASS),
    "lsst+2mass": (*_LSST, *_TWOMASS),
    "lsst+euclid": (*_LSST, "euclid_vis", "euclid_y", "euclid_j", "euclid_h"),
    "hsc": ("hsc_g", "hsc_r", "hsc_i", "hsc_z", "hsc_y"),
    "decam": ("decam_u", "decam_g", "decam_r", "decam_i", "decam_z", "decam_y"),
    "panstarrs": ("panstarrs_g", "panstarrs_r", "panstarrs_i", "panstarrs_z", "panstarrs_y"),
    "euclid": ("euclid_vis", "euclid_y", "euclid_j", "euclid_h"),
    "bessell": ("bessell_u", "bessell_b", "bessell_v", "bessell_r", "bessell_i"),
}
"""Bands of each survey, from blue to red."""

SHORT_NAMES: Final[dict[str, str]] = {
    **{band: band.partition("_")[2] for bands in (_SDSS, _LSST, _GALEX) for band in bands},
    "twomass_j": "j", "twomass_h": "h", "twomass_ks": "ks",
}  # fmt: skip
"""Columns in which the bands are looked for."""

# Which of several years a bare name of a survey means.
_YEARS: Final = {
    "sdss": "sdss2010", "lsst": "lsst2023", "hsc": "hsc2017", "decam": "decam2014",
    "wise": "wise2010", "gaia": "gaiadr3", "2mass": "twomass",
}  # fmt: skip

_OWN: dict[str, tuple[Array, Array]] = {}


@cache
def _shipped() -> dict[str, str]:
    """Name of each curve, in lower case, to its file."""
    folder = resources.files("speclite") / "data" / "filters"
    names = [entry.name for entry in folder.iterdir() if entry.name.endswith(".ecsv")]
    return {name.removesuffix(".ecsv").replace("-", "_").lower(): name for name in names}


def _key(band: str) -> str:
    """The name of a shipped curve, or an empty string."""
    name = band.strip().lower().replace("-", "_")
    survey, _, letter = name.rpartition("_")
    known = _shipped()
    dated = f"{_YEARS.get(survey, survey)}_{letter}"
    return dated if dated in known else ""


def known_band(band: str) -> bool:
    """Whether there is a curve of this name."""
    return band in _OWN or bool(_key(band))


def available() -> tuple[str, ...]:
    """Names of all curves, the user's own included."""
    back = {year: survey for survey, year in _YEARS.items() if survey != "2mass"}
    names = set(_OWN)
    for name in _shipped():
        survey, _, letter = name.rpartition("_")
        names.add(f"{back.get(survey, survey)}_{letter}")
    return tuple(sorted(names))


def filter_set(filters: str | Sequence[str]) -> tuple[str, ...]:
    r"""Names of bands.

    Arguments:
        filters: One of `FILTER_SETS`, one band, or several bands.

    Example:
        >>> filter_set("sdss+2mass")[-1]
        'twomass_ks'
    """
    if isinstance(filters, str) and filters in FILTER_SETS:
        return FILTER_SETS[filters]
    bands = (filters,) if isinstance(filters, str) else tuple(filters)
    for band in bands:
        if not known_band(band):
            raise _unknown(band)
    return bands


def _unknown(band: str) -> GalaxyError:
    survey = band.strip().lower().rpartition("_")[0]
    near = [name for name in available() if survey and name.startswith(survey)]
    there = near or [*FILTER_SETS, "and every curve of speclite, as hsc_g or euclid_vis"]
    return GalaxyError(
        f"no filter curve {band!r}; there is {', '.join(there)}. A curve of your own is added "
        "with add_filter(name, wavelength, response)."
    )


def load_curve(band: str) -> tuple[Array, Array]:
    r"""A filter curve.

    Arguments:
        band: Its name.

    Returns:
        Wavelengths, A, rising, and the response per photon, both of shape (W,); the ends are
        where the response begins and ends.
    """
    if band in _OWN:
        return _OWN[band]
    key = _key(band)
    if not key:
        raise _unknown(band)
    return _read(key)


@cache
def _read(key: str) -> tuple[Array, Array]:
    from astropy.table import Table

    place = resources.files("speclite") / "data" / "filters" / _shipped()[key]
    with resources.as_file(place) as path:
        table = Table.read(path, format="ascii.ecsv")
    column = table["wavelength"]
    wavelength = np.asarray(column.quantity.to_value("Angstrom"), float)
    return wavelength, np.asarray(table["response"], float)


def add_filter(name: str, wavelength: ArrayLike, response: ArrayLike) -> None:
    r"""Add a filter of one's own for this session.

    Arguments:
        name: What it is called from now on; not the name of a shipped curve.
        wavelength: A, rising, shape (W,).
        response: Per photon, not negative, any scale, shape (W,).
    """
    at, value = np.array(wavelength, float), np.array(response, float)
    if _key(name):
        raise GalaxyError(f"{name!r} is the name of a shipped filter curve; take another name")
    if at.ndim != 1 or at.shape != value.shape or len(at) < 2:
        raise GalaxyError(
            f"the filter {name!r} has {at.shape} wavelengths and {value.shape} responses; give "
            "two lists of the same length, at least two entries"
        )
    if not (np.isfinite(at).all() and np.isfinite(value).all()):
        raise GalaxyError(f"the filter {name!r} has entries that are no numbers; leave them out")
    if at[0] <= 0 or (np.diff(at) <= 0).any():
        raise GalaxyError(
            f"the wavelengths of the filter {name!r} do not rise (first {at[0]:g} A); sort them, "
            "and give each once"
        )
    if at[-1] < 100:
        raise GalaxyError(
            f"the filter {name!r} ends at {at[-1]:g}: that looks like micron; give Angstrom"
        )
    if (value < 0).any() or not value.max() > 0:
        raise GalaxyError(
            f"the response of the filter {name!r} goes from {value.min():g} to {value.max():g}; "
            "it must not be negative, and not zero everywhere"
        )
    _OWN[name] = (at, value)


def effective_wavelength(band: str) -> float:
    r"""Mean wavelength of a filter, A, weighted by its response."""
    wavelength, response = load_curve(band)
    total = np.trapezoid(response, wavelength)
    return float(np.trapezoid(response * wavelength, wavelength) / total)
