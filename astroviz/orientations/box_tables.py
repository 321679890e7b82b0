r"""A box from a user's own table of haloes or galaxies.

Needed are positions in a periodic box. Masses, velocities, shape axes, axis ratios, host haloes
and looks are read where they are there; what is missing is filled by a stand-in, and the notes of
the box say by which.
"""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import torch
from astropy.table import Table

from astroviz.io.errors import TableError
from astroviz.io.tables import read_table
from astroviz.orientations.box import SCALES, Box, Galaxies, Haloes, wrap
from astroviz.orientations.conditions import LAW_SCALE
from astroviz.orientations.cosmology import PLANCK15, Cosmology
from astroviz.orientations.galaxies import stellar_mass
from astroviz.orientations.haloes import halo_radius
from astroviz.orientations.law import draw
from astroviz.orientations.morphology import draw_diskyness, draw_looks
from astroviz.orientations.table_roles import Column, column_of, vector_of
from astroviz.orientations.table_shapes import read_rotations
from astroviz.orientations.table_units import check_inside, lengths, masses
from astroviz.orientations.tidal import TidalField, web_type

__all__ = ["from_table"]

_USUAL_MASS = 1e12  # Msun/h, of objects without a mass


def from_table(
    table: Table | Mapping[str, Any] | str | PathLike[str] | bytes | Any,
    size: float | None = None,
    cosmology: Cosmology = PLANCK15,
    redshift: float = 0.0,
    seed: int = 0,
    columns: Mapping[str, Any] | None = None,
    length_unit: str | None = None,
    mass_unit: str | None = None,
    need_shapes: bool = False,
) -> Box:
    r"""Read a box from a table of haloes or galaxies.

    Arguments:
        table: An astropy table, a pandas data frame, a mapping of arrays, or a file's path or
            content, in any format that `astroviz.io` reads.
        size: Side of the box, Mpc/h; a table that `Box.galaxies_table` made knows its own.
        cosmology: The universe.
        redshift: Of the snapshot.
        seed: Of the stand-ins.
        columns: Columns by role where their names are unusual, as
            `{"position": ("X", "Y", "Z"), "halo_mass": "M_h"}`.
        length_unit: Of positions: `Mpc/h`, `Mpc`, `kpc/h` or `kpc`; None for that of the file.
        mass_unit: Of masses: `Msun/h`, `Msun`, `log10 Msun/h`, `log10 Msun`, `1e10 Msun/h`; None
            for that of the file, or a guess which the notes tell.
        need_shapes: Refuse a table without shape axes, instead of drawing orientations.

    Returns:
        The box; its `notes` say what was assumed.

    Raises:
        TableError: a sentence on what is wrong with the table and what to do.
    """
    chosen, random = dict(columns or {}), np.random.default_rng([seed, 3])
    rows = _as_table(table)
    if len(rows) < 2:
        held = "no rows" if not len(rows) else "one galaxy only"
        raise TableError(
            f"the table holds {held}: tidal fields and correlations need two objects at least."
        )
    size = _size(size, rows)
    notes: list[str] = []
    position = _positions(rows, size, cosmology, length_unit, chosen, notes)
    velocity = _velocities(rows, chosen, notes)
    halo, central = _hosts(rows, chosen)
    mass, log_mass = _all_masses(rows, cosmology, mass_unit, chosen, notes)
    haloes = _haloes(position, velocity, mass, halo, central, size, cosmology, notes)
    galaxies = _galaxies(rows, position, velocity, halo, central, log_mass, haloes[1], random,
                         chosen, notes)  # fmt: skip
    box = Box(size, cosmology, seed, redshift, haloes[0], galaxies, SCALES)
    rotation = read_rotations(rows, galaxies.frames[:, SCALES.index(LAW_SCALE)], chosen, notes)
    if rotation is None:
        if need_shapes:
            raise TableError(
                "the table has no shapes: it needs the axes (a_x, a_y, a_z, ...) or a quaternion "
                "(q_x, q_y, q_z, q_w). Without them paint orientations onto it instead."
            )
        rotation = draw(box, seed)
        notes.append("The table has no shapes: its orientations were drawn from the law.")
    return box.replace(rotation=rotation, notes=tuple(notes))


def _as_table(table: Any) -> Table:
    if isinstance(table, Table):
        return table
    if isinstance(table, str | bytes | PathLike):
        return read_table(Path(table) if isinstance(table, str) else table)
    if hasattr(table, "to_numpy") and hasattr(table, "columns"):
        return Table.from_pandas(table)
    try:
        return Table(dict(table))
    except (TypeError, ValueError) as error:
        raise TableError(f"{type(table).__name__} is no table of equally long columns.") from error


def _size(size: float | None, rows: Table) -> float:
    known = size if size is not None else rows.meta.get("size", rows.meta.get("SIZE"))
    if known is None:
        raise TableError("the side of the box is not known: say size, in Mpc/h.")
    try:
        side = float(known)
    except (TypeError, ValueError):
        side = float("nan")
    if not 0 < side < 1e5:
        raise TableError(f"the side of the box is {known!r}; it must be a positive length, Mpc/h.")
    return side


def _positions(
    rows: Table,
    size: float,
    cosmology: Cosmology,
    unit: str | None,
    chosen: Mapping[str, Any],
    notes: list[str],
) -> np.ndarray:
    column = vector_of(rows, "position", chosen)
    if column is None:
        raise TableError(
            "no positions were found among the columns "
            f"{', '.join(rows.colnames[:12])}; name them, as "
            'columns={"position": ("X", "Y", "Z")}.'
        )
    position, said = lengths(column, cosmology.h, unit)
    _note(notes, said)
    check_inside(position, size, column.name)
    return wrap(position, size)


def _velocities(rows: Table, chosen: Mapping[str, Any], notes: list[str]) -> np.ndarray:
    column = vector_of(rows, "velocity", chosen)
    if column is None:
        notes.append("No velocities: redshift space is the same as real space.")
        return np.zeros((len(rows), 3))
    if not np.isfinite(column.values).all():
        raise TableError(f"the velocities {column.name} hold missing values; remove such rows.")
    return column.values


def _hosts(rows: Table, chosen: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Index of each row's halo from zero, and whether it is the central of it."""
    host = column_of(rows, "halo", chosen)
    if host is None:
        return np.arange(len(rows)), np.ones(len(rows), bool)
    _, halo = np.unique(host.values, return_inverse=True)
    said = column_of(rows, "central", chosen)
    central = np.zeros(len(rows), bool) if said is None else said.values > 0.5
    # a halo without a central, or with several: its first row is it
    order = np.lexsort((np.arange(len(rows)), ~central, halo))
    first = order[np.unique(halo[order], return_index=True)[1]]
    central = np.zeros(len(rows), bool)
    central[first] = True
    return halo, central


def _all_masses(
    rows: Table,
    cosmology: Cosmology,
    unit: str | None,
    chosen: Mapping[str, Any],
    notes: list[str],
) -> tuple[np.ndarray, np.ndarray]:
    """Halo masses, Msun/h, and log10 stellar masses, Msun, each from the other if need be."""
    halo, stars = (column_of(rows, role, chosen) for role in ("halo_mass", "stellar_mass"))
    mass = None if halo is None else _masses(halo, cosmology, unit, False, notes)
    stellar = None if stars is None else np.log10(
        _masses(stars, cosmology, unit if halo is None else None, True, notes)
    )  # fmt: skip
    if mass is None and stellar is None:
        notes.append("No masses: every object counts as a halo of 1e12 Msun/h.")
        mass = np.full(len(rows), _USUAL_MASS)
    if mass is None:
        grid = np.linspace(10.0, 16.0, 600)
        mass = 10.0 ** np.interp(np.asarray(stellar), stellar_mass(10.0**grid, cosmology), grid)
        notes.append("Halo masses follow from the stellar masses (Moster et al. 2013).")
    if stellar is None:
        stellar = stellar_mass(mass, cosmology)
        notes.append("Stellar masses follow from the halo masses (Moster et al. 2013).")
    return mass, stellar


def _masses(
    column: Column, cosmology: Cosmology, unit: str | None, stellar: bool, notes: list[str]
) -> np.ndarray:
    values, said = masses(column, cosmology.h, unit, stellar)
    _note(notes, said)
    return values


def _haloes(
    position: np.ndarray,
    velocity: np.ndarray,
    mass: np.ndarray,
    halo: np.ndarray,
    central: np.ndarray,
    size: float,
    cosmology: Cosmology,
    notes: list[str],
) -> tuple[Haloes, tuple[np.ndarray, np.ndarray]]:
    """The haloes, with the tidal eigenvalues and frames at all rows."""
    rows = np.flatnonzero(central)
    rows = rows[np.argsort(halo[rows])]
    heaviest = np.zeros(len(rows))
    np.maximum.at(heaviest, halo, mass)
    field = TidalField(
        torch.from_numpy(position[rows]), size, SCALES, torch.from_numpy(heaviest).float()
    )
    notes.append(
        "Tidal fields are those of the table's own objects, weighted by mass: a stand-in for "
        "matter, noisy below the distance between the objects."
    )
    values, frames = field.at(position)
    at = SCALES.index(LAW_SCALE)
    return Haloes(
        position[rows], velocity[rows], heaviest, halo_radius(heaviest, cosmology),
        np.zeros(len(rows), int), values[rows], frames[rows], web_type(values[rows, at]),
    ), (values, frames)  # fmt: skip


def _galaxies(
    rows: Table,
    position: np.ndarray,
    velocity: np.ndarray,
    halo: np.ndarray,
    central: np.ndarray,
    log_mass: np.ndarray,
    tides: tuple[np.ndarray, np.ndarray],
    random: np.random.Generator,
    chosen: Mapping[str, Any],
    notes: list[str],
) -> Galaxies:
    disky = _optional(rows, "diskyness", chosen, (0.0, 1.0))
    drawn = draw_diskyness(log_mass, central, random) if disky is None else disky
    looks = draw_looks(log_mass, drawn, central, random)
    read = {role: _optional(rows, role, chosen, bounds) for role, bounds in (
        ("axis_ratio_b", (0.0, 1.0)), ("axis_ratio_c", (0.0, 1.0)),
        ("log_size", (-5.0, 5.0)), ("colour", (-5.0, 10.0)))}  # fmt: skip
    missing = [name for name, values in {**read, "diskyness": disky}.items() if values is None]
    if missing:
        notes.append(f"Drawn at random as stand-ins: {', '.join(missing)}.")
    found = {name: getattr(looks, name) if values is None else values
             for name, values in read.items()}  # fmt: skip
    if (found["axis_ratio_c"] > found["axis_ratio_b"] + 1e-9).any():
        found["axis_ratio_b"], found["axis_ratio_c"] = (
            np.maximum(found["axis_ratio_b"], found["axis_ratio_c"]),
            np.minimum(found["axis_ratio_b"], found["axis_ratio_c"]),
        )
    at = SCALES.index(LAW_SCALE)
    return Galaxies(
        position=position, velocity=velocity, halo=halo, central=central, log_mass=log_mass,
        eigenvalues=tides[0], frames=tides[1], rotation=tides[1][:, at], diskyness=drawn, **found,
    )  # fmt: skip


def _optional(
    rows: Table, role: str, chosen: Mapping[str, Any], bounds: tuple[float, float]
) -> np.ndarray | None:
    column = column_of(rows, role, chosen)
    if column is None:
        return None
    low, high = bounds
    wrong = ~((column.values >= low) & (column.values <= high))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise TableError(
            f"{column.name} is {column.values[row]:g} in row {row}; it must lie between {low:g} "
            f"and {high:g}."
        )
    return column.values


def _note(notes: list[str], said: str) -> None:
    if said:
        notes.append(said)
