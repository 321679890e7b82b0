r"""Tables around a real lens: published figures, what is saved, what it weighs."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from astroviz.lensing.lens import LENS_NAMES, LENS_UNITS

if TYPE_CHECKING:
    from astropy.table import QTable

    from astroviz.lensing.real_answers import RealAnswer, RealFit
    from astroviz.lensing.real_case import RealCase

__all__ = [
    "draws_table",
    "kpc_per_arcsec",
    "lenses_table",
    "physical",
    "published",
    "redshifts_of",
    "table_of",
]

_LITERATURE = (
    ("bSIE", "", "", "Bolton+ 2008, SIE"),
    ("bLTM", "", "", "Bolton+ 2008, light traces mass"),
    ("thetaE_lens_m", "thetaE_lens_l", "thetaE_lens_u", "automatic fit of the same image"),
)
"""Column, lower and upper end, and whose value it is, of `*_literature.csv`."""


def _rows_beside(folder: Path, name: str, ending: str) -> Iterator[Mapping[str, str]]:
    """Rows of a lens in the tables that lie in its folder or up to two folders above it."""
    for place in (folder, *list(folder.resolve().parents)[:2]):
        for path in sorted(place.glob(f"*_{ending}.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    if row.get("lens_name", row.get("Name", "")) == name:
                        yield row


def _number(row: Mapping[str, str], column: str) -> float:
    try:
        return float(row.get(column) or "nan")
    except ValueError:
        return math.nan


def published(folder: Path, name: str) -> dict[str, tuple[float, float]]:
    r"""Published Einstein radii of a lens, arcsec, with errors (NaN for none), by whose they are.

    Arguments:
        folder: Folder of the lens; tables `*_literature.csv` lie in it or above it.
        name: Name of the lens.
    """
    found: dict[str, tuple[float, float]] = {}
    for row in _rows_beside(folder, name, "literature"):
        for column, low, high, whose in _LITERATURE:
            value = _number(row, column)
            if math.isfinite(value):
                error = (_number(row, high) - _number(row, low)) / 2 if low else math.nan
                found[whose] = (value, error)
    return found


def redshifts_of(folder: Path, name: str) -> tuple[float | None, float | None]:
    """Redshifts of lens and source from a table `*_redshifts.csv` beside the lens."""
    for row in _rows_beside(folder, name, "redshifts"):
        lens, source = _number(row, "zFG1"), _number(row, "zBG1")
        if math.isfinite(lens) and math.isfinite(source):
            return lens, source
    return None, None


def kpc_per_arcsec(redshift: float) -> float:
    """Proper kpc in an arcsec at a redshift, in the Planck 2018 cosmology."""
    from astropy.cosmology import Planck18

    return float(Planck18.kpc_proper_per_arcmin(redshift).value / 60)


def physical(case: RealCase, radius: float) -> list[tuple[str, str]]:
    r"""What an Einstein radius weighs: mass inside it, dispersion of an isothermal sphere.

    Arguments:
        case: The lens, with both redshifts or without.
        radius: Einstein radius, arcsec.
    """
    lens, source = case.full.lens_redshift, case.full.source_redshift
    if lens is None or source is None or not 0 < lens < source:
        return []
    from astropy import constants, units
    from astropy.cosmology import Planck18

    theta = (radius * units.arcsec).to_value(units.rad)
    near, far = Planck18.angular_diameter_distance([lens, source])
    transverse = Planck18.comoving_distance([lens, source])  # the cosmology is flat
    between = (transverse[1] - transverse[0]) / (1 + source)
    mass = (constants.c**2 / (4 * constants.G) * near * far / between * theta**2).to(units.Msun)
    speed = constants.c * np.sqrt(theta / (4 * np.pi) * (far / between).value)
    return [
        ("Einstein radius (kpc)", f"{radius * kpc_per_arcsec(lens):.2f}"),
        ("mass inside (10\u00b9\u00b9 M\u2609)", f"{mass.value / 1e11:.2f}"),
        ("dispersion of a sphere (km/s)", f"{speed.to_value(units.km / units.s):.0f}"),
        ("kpc per arcsec of the source", f"{kpc_per_arcsec(source):.2f}"),
    ]


def table_of(case: RealCase, fit: RealFit | None, answer: RealAnswer | None) -> QTable:
    """Lens parameters with errors in one row, figures in `meta`."""
    from astropy import units
    from astropy.table import QTable

    if fit is None:
        raise ValueError("the lens is not fitted yet: do step 3 first")
    columns: dict[str, Any] = {"name": [case.full.name]}
    for name, unit in zip(LENS_NAMES, LENS_UNITS, strict=True):
        columns[name] = [fit.values[name]] * units.Unit(unit)
        columns[f"{name}_error"] = [fit.errors[name]] * units.Unit(unit)
    table = QTable(columns)
    table.meta.update(
        simulated=case.simulated, covariance="correlated" if case.noise.correlated else "diagonal",
        noise_factor=case.noise.factor, reduced_chi_square=fit.fit.chi_square,
        reduced_chi_square_floor=case.floor, log_evidence=fit.fit.log_evidence,
    )  # fmt: skip
    if answer is not None:
        table.meta.update(prior=answer.prior, reduced_chi_square_draws=answer.chi_square)
    return table


def draws_table(answer: RealAnswer) -> QTable:
    """A row for each source pixel: its place, mean, standard deviation and every draw."""
    from astropy import units
    from astropy.table import QTable

    side = answer.samples.shape[-1]
    line = (np.arange(side) - (side - 1) / 2) * answer.source_scale
    x, y = np.meshgrid(line + answer.centre[0], line + answer.centre[1])
    columns: dict[str, Any] = {
        "x": x.ravel() * units.arcsec, "y": y.ravel() * units.arcsec,
        "mean": answer.mean.ravel().astype(np.float32),
        "standard_deviation": answer.sd.ravel().astype(np.float32),
    }  # fmt: skip
    for number, draw in enumerate(answer.samples):
        columns[f"draw_{number + 1}"] = draw.ravel().astype(np.float32)
    table = QTable(columns)
    table.meta.update(source_scale_arcsec=answer.source_scale, source_pixels=side,
                      prior=answer.prior, sampler=answer.sampler)  # fmt: skip
    return table


def lenses_table(answer: RealAnswer) -> QTable:
    """A row for each draw: its chain and its lens."""
    from astropy import units
    from astropy.table import QTable

    count = len(answer.samples)
    columns: dict[str, Any] = {"draw": np.arange(count) + 1, "chain": answer.chains + 1}
    for k, (name, unit) in enumerate(zip(LENS_NAMES, LENS_UNITS, strict=True)):
        columns[name] = answer.lens[:, k] * units.Unit(unit)
    return QTable(columns)
