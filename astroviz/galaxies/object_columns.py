r"""What is observed of single galaxies: quantities, names of their columns, and their light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from astroviz.galaxies.object_weights import Light
from astroviz.galaxies.parameters import (
    BOUNDS,
    DERIVED,
    DERIVED_UNITS,
    PARAMETERS,
    SYMBOLS,
    UNITS,
    GalaxyError,
)
from astroviz.io.observations import Observations, Quantity, State

__all__ = ["COLUMNS", "OBSERVED", "Column", "light_of_row", "quantities_of"]

_NATURAL = 0.4 * float(np.log(10.0))
_SURVEYS: Final = {
    "sdss": "SDSS", "lsst": "LSST", "twomass": "2MASS", "galex": "GALEX", "hsc": "HSC",
    "euclid": "Euclid",
}  # fmt: skip
_WAVELENGTHS: Final = {
    "sdss_u": 0.355, "sdss_g": 0.469, "sdss_r": 0.617, "sdss_i": 0.748, "sdss_z": 0.893,
    "twomass_j": 1.235, "twomass_h": 1.662, "twomass_ks": 2.159, "galex_fuv": 0.154,
    "galex_nuv": 0.230, "lsst_u": 0.368, "lsst_g": 0.480, "lsst_r": 0.623, "lsst_i": 0.754,
    "lsst_z": 0.869, "lsst_y": 0.971,
}  # fmt: skip
_NAMES: Final = (
    "{}", "{}_mag", "mag_{}", "{}mag", "modelmag_{}", "cmodelmag_{}", "{}_ab", "{}_model",
)  # fmt: skip
_SHORT: Final = {"twomass_ks": ("ks", "k")}
_LIMIT_SIGMAS = 2.0  # a limit is the brightness of so many standard deviations

OBSERVED = Quantity(
    "redshift_seen", "z", "", "Spectroscopy", "label",
    aliases=("redshift", "z_spec", "zspec", "spec_z", "specz", "redshift_spec", "zred"),
)  # fmt: skip
"""A redshift known from elsewhere; it is used where the posterior is asked at it."""


@dataclass(frozen=True)
class Column:
    r"""A column of the answers, as `stars.parameters.Parameter`.

    Arguments:
        name: Name in draws, tables and files.
        label: Name on an axis.
        unit: Unit as draws have it.
        lower: Smallest value.
        upper: Largest value.
    """

    name: str
    label: str
    unit: str
    lower: float = -np.inf
    upper: float = np.inf


COLUMNS: Final = (
    *(Column(name, SYMBOLS[name], UNITS[name], *BOUNDS[name]) for name in PARAMETERS),
    *(Column(name, SYMBOLS[name], DERIVED_UNITS[name]) for name in DERIVED),
)
"""The parameters and what follows from them."""


def quantities_of(bands: tuple[str, ...]) -> tuple[Quantity, ...]:
    r"""The quantities of a table of galaxies: magnitudes of the bands, and a redshift.

    Arguments:
        bands: Names of bands, as `sdss_g`. Its last part alone, `g`, names its column too, unless
            two bands share it.
    """
    shorts = [band.partition("_")[2] for band in bands]
    found = []
    for band, short in zip(bands, shorts, strict=True):
        own = _SHORT.get(band, (short,)) if shorts.count(short) == 1 else ()
        aliases = tuple(name.format(one) for one in (*own, band) for name in _NAMES)
        survey = _SURVEYS.get(band.partition("_")[0], band.partition("_")[0])
        found.append(Quantity(
            band, short, "mag", survey, "magnitude", _WAVELENGTHS.get(band, float("nan")),
            aliases, "AB",
        ))  # fmt: skip
    return (*found, OBSERVED)


def light_of_row(
    observations: Observations, row: int, floor: float = 0.0, use_redshift: bool = False
) -> Light:
    r"""The fluxes of one row.

    Arguments:
        observations: With the quantities of `quantities_of`.
        row: Which row.
        floor: Relative error that is added to that of every flux, in quadrature.
        use_redshift: Take the redshift of the row as known.

    Returns:
        Fluxes of the bands that were observed. A limit counts as a flux of nothing with half the
        limit for an error. Asinh magnitudes should be turned into magnitudes or fluxes before.
    """
    values, errors = observations.values[row], observations.errors[row]
    states = observations.states[row]
    bands, flux, sigma = [], [], []
    redshift = float("nan")
    for k, quantity in enumerate(observations.quantities):
        if quantity.kind != "magnitude":
            if states[k] == State.OBSERVED and use_redshift:
                redshift = float(values[k])
            continue
        size = 10.0 ** (-0.4 * values[k]) if np.isfinite(values[k]) else np.nan
        if states[k] == State.LIMIT and np.isfinite(size):
            bands.append(quantity.name)
            flux.append(0.0)
            sigma.append(size / _LIMIT_SIGMAS)
        elif states[k] == State.OBSERVED and np.isfinite(size):
            error = errors[k] if np.isfinite(errors[k]) and errors[k] > 0 else 0.05
            bands.append(quantity.name)
            flux.append(size)
            sigma.append(size * np.hypot(_NATURAL * error, floor))
    if use_redshift and not np.isfinite(redshift):
        raise GalaxyError(f"row {row} has no redshift to take as known: give the column redshift")
    return Light(tuple(bands), np.array(flux), np.array(sigma), redshift)
