r"""A mock catalogue as a table that anyone can read: measurements, truths, positions, units."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy.table import Column, Table

from astroviz import __version__
from astroviz.io.convert import observations_table
from astroviz.stars.mock_galaxy import MockCatalogue
from astroviz.stars.parameters import DERIVED, PARAMETERS

__all__ = ["mock_table", "write_mock"]

_FORMATS = {".parquet": "parquet", ".fits": "fits", ".ecsv": "ascii.ecsv", ".csv": "ascii.csv"}


def mock_table(catalogue: MockCatalogue, seed: int = 0) -> Table:
    r"""Measurements with errors and states, `true_<parameter>`, positions, cluster.

    Arguments:
        catalogue: The catalogue.
        seed: As it was drawn, for the header.

    Returns:
        One row per star, measurements as in `io.convert.observations_table`. XP spectra are the
        columns `xp_flux` and `xp_flux_error`, NaN where there is none.
    """
    observations, stars = catalogue.observations, catalogue.stars
    table = observations_table(observations)
    table.remove_columns([name for name in table.colnames if name.startswith("spec_")])
    table["longitude"] = Column(catalogue.longitude, unit="deg")
    table["latitude"] = Column(catalogue.latitude, unit="deg")
    table["cluster"] = catalogue.cluster
    light = observations.spectra[0]
    table["xp_flux"] = Column(light.flux, unit=light.unit)
    table["xp_flux_error"] = Column(light.error, unit=light.unit)
    theta = stars.theta.numpy()
    for k, parameter in enumerate(PARAMETERS[:6]):
        table[f"true_{parameter.name}"] = _with_unit(theta[:, k], parameter.unit)
    for parameter in DERIVED:
        table[f"true_{parameter.name}"] = _with_unit(
            stars.derived[parameter.name].numpy(), parameter.unit
        )
    table["true_disk"] = stars.classes.numpy() == 1
    table.meta |= {
        "galaxy": catalogue.domain.name, "what": catalogue.domain.title, "mix": catalogue.mix,
        "seed": seed, "made_by": f"astroviz {__version__}",
        "dust": "a stand-in for a published map, see astroviz/stars/dust_maps.py",
    }  # fmt: skip
    return table


def _with_unit(values: np.ndarray, unit: str) -> Column:
    """Logarithms stay plain numbers: their names say what they are."""
    plain = not unit or unit.startswith("log10") or unit == "dex"
    return Column(values) if plain else Column(values, unit=unit)


def write_mock(catalogue: MockCatalogue, path: Path, seed: int = 0) -> None:
    """Write the table; ValueError names the kinds of files that can be written."""
    kind = _FORMATS.get(path.suffix.lower())
    if kind is None:
        raise ValueError(f"no table of kind {path.suffix!r}; take {', '.join(_FORMATS)}")
    table = mock_table(catalogue, seed)
    if kind == "ascii.csv":
        table.remove_columns(["xp_flux", "xp_flux_error"])  # a CSV cell holds one number
    table.write(path, format=kind, overwrite=True)
