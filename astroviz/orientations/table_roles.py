r"""Which column of a user's table holds what: names as simulations and halo finders write them.

Case, spaces and brackets do not count: Rockstar's `A[x]`, IllustrisTNG's `SubhaloPos` and
halotools' `halo_x` are all found.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from astropy.table import Table

from astroviz.io.errors import TableError

__all__ = ["ROLES", "VECTORS", "Column", "column_of", "has", "vector_of"]

ROLES: dict[str, tuple[str, ...]] = {
    "halo_mass": (
        "halo_mass", "log_halo_mass", "halo_mvir", "mvir", "log_mvir", "m200b", "m200m", "m200c",
        "m_200", "m200", "halo_m200b", "halo_m200c", "group_m_mean200", "group_m_crit200",
        "groupmass", "mhalo", "log_mhalo", "logmhalo", "fof_mass", "mass_fof", "host_mass",
        "log_mass_halo", "mass", "logm",
    ),
    "stellar_mass": (
        "log_mass", "stellar_mass", "log_stellar_mass", "mstar", "log_mstar", "logmstar", "m_star",
        "log_m_star", "mstellar", "sm",
    ),
    "halo": (
        "halo", "halo_id", "halo_hostid", "host_id", "hostid", "group", "group_id", "groupid",
        "fof_id", "subhalogrnr",
    ),
    "central": ("central", "is_central", "cen", "iscentral"),
    "axis_ratio_b": ("axis_ratio_b", "b_to_a", "halo_b_to_a", "b/a", "ba", "q"),
    "axis_ratio_c": ("axis_ratio_c", "c_to_a", "halo_c_to_a", "c/a", "ca", "s"),
    "log_size": ("log_size", "log_half_light_radius", "log_re"),
    "colour": ("colour", "color", "g_r", "g_minus_r", "gr"),
    "diskyness": ("diskyness", "disk_fraction", "disc_fraction", "disk_to_total", "d_t"),
}  # fmt: skip
"""Role of a column and its names, best first."""

VECTORS: dict[str, tuple[str, ...]] = {
    "position": (
        "", "pos_", "position_", "halo_", "gal_", "subhalopos_", "grouppos_", "coordinates_", "p",
        "centre_", "center_",
    ),
    "velocity": (
        "v", "vel_", "velocity_", "halo_v", "v_", "subhalovel_", "groupvel_", "velocities_",
    ),
    "major": ("major_", "major_axis_", "a_", "a", "halo_a_", "axis_a_", "e1_", "axisa_"),
    "intermediate": ("intermediate_", "intermediate_axis_", "b_", "halo_b_", "axis_b_", "e2_",
                     "axisb_", "middle_"),
    "minor": ("minor_", "minor_axis_", "c_", "halo_c_", "axis_c_", "e3_", "axisc_"),
    "quaternion": ("q_", "q", "quaternion_", "quat_"),
}  # fmt: skip
"""Role of three columns, or of one with three numbers a row, and what precedes `x`, `y`, `z`."""

_ALONE: dict[str, tuple[str, ...]] = {
    "position": ("position", "pos", "coordinates", "subhalopos", "grouppos", "xyz", "center"),
    "velocity": ("velocity", "vel", "velocities", "subhalovel", "groupvel"),
    "major": ("major", "major_axis", "axis_a", "e1"),
    "intermediate": ("intermediate", "intermediate_axis", "axis_b", "e2"),
    "minor": ("minor", "minor_axis", "axis_c", "e3"),
    "quaternion": ("quaternion", "quat", "q"),
    "rotation": ("rotation", "rotation_matrix", "frame", "axes"),
}
_SUFFIXES = (("x", "y", "z"), ("0", "1", "2"), ("1", "2", "3"))


class Column:
    r"""Numbers of a role with the name and the unit that the file gives.

    Arguments:
        name: Of the column, or of the first of several.
        values: Float64, missing ones NaN, shape :math:`(N,)` or :math:`(N, d)`.
        unit: Of the file, None where it gives none.
    """

    def __init__(self, name: str, values: np.ndarray, unit: Any = None) -> None:
        self.name, self.values, self.unit = name, values, unit


def column_of(table: Table, role: str, chosen: Mapping[str, Any]) -> Column | None:
    """The column of a role of `ROLES`, or None.

    Arguments:
        table: The table.
        role: Which.
        chosen: Columns that the user named, by role; they come first.
    """
    if role in chosen:
        return _read(table, str(chosen[role]))
    names = _names(table)
    for name in ROLES[role]:
        if name in names and np.ndim(table[names[name]]) == 1:
            return _read(table, names[name])
    return None


def vector_of(table: Table, role: str, chosen: Mapping[str, Any]) -> Column | None:
    """Three columns of a role of `VECTORS` side by side (four for quaternions), or None."""
    if role in chosen:
        return _named_vector(table, role, chosen[role])
    names = _names(table)
    for name in _ALONE[role]:
        if name in names and np.ndim(table[names[name]]) > 1:
            return _read(table, names[name])
    ends = (("x", "y", "z", "w"),) if role == "quaternion" else _SUFFIXES
    for before in VECTORS.get(role, ()):
        for suffixes in ends:
            found = [names.get(before + suffix) for suffix in suffixes]
            if all(found) and (before or suffixes[0] == "x"):
                return _joined(table, [str(name) for name in found])
    return None


def has(table: Table, role: str, chosen: Mapping[str, Any]) -> bool:
    """Whether the table has a role."""
    finder = column_of if role in ROLES else vector_of
    return finder(table, role, chosen) is not None


def _named_vector(table: Table, role: str, choice: Any) -> Column:
    if isinstance(choice, str):
        return _read(table, choice)
    wanted = 4 if role == "quaternion" else 3
    if len(choice) != wanted:
        raise TableError(f"{role} takes {wanted} columns, not {len(choice)}: {list(choice)!r}.")
    return _joined(table, [str(name) for name in choice])


def _joined(table: Table, names: list[str]) -> Column:
    parts = [_read(table, name) for name in names]
    return Column(names[0], np.stack([part.values for part in parts], 1), parts[0].unit)


def _read(table: Table, name: str) -> Column:
    if name not in table.colnames:
        raise TableError(
            f"the table has no column {name!r}; it has {', '.join(table.colnames[:12])}."
        )
    column = table[name]
    plain = getattr(column, "value", column)
    if column.dtype.kind in "USO":
        plain = _truths(plain)
    try:
        values = np.ma.filled(np.ma.asarray(plain).astype(np.float64), np.nan)
    except (TypeError, ValueError) as error:
        raise TableError(
            f"the column {name!r} holds no numbers; choose another for it."
        ) from error
    return Column(name, np.asarray(values), getattr(column, "unit", None))


def _truths(texts: Any) -> Any:
    """Truth values as text files write them, as numbers; other texts as they are."""
    known = {"true": 1.0, "t": 1.0, "false": 0.0, "f": 0.0}
    found = [known.get(str(text).strip().lower()) for text in texts]
    return texts if None in found else np.array(found, dtype=float)


def _names(table: Table) -> dict[str, str]:
    """Names as they are compared, to names as they are; the first of equals stays."""
    names: dict[str, str] = {}
    for name in table.colnames:
        names.setdefault(_key(name), name)
    return names


def _key(name: str) -> str:
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    return plain.replace("[", "_").replace("]", "").replace("(", "_").replace(")", "")
