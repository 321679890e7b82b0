r"""The tables of a box: what a user downloads, every column with its unit and description."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from astroviz.orientations.box import WEB_TYPES

if TYPE_CHECKING:
    from astropy.table import QTable

    from astroviz.orientations.box import Box

__all__ = ["galaxies_table", "haloes_table"]

_AXES = ("major", "intermediate", "minor")


def galaxies_table(box: Box) -> QTable:
    """One row for each galaxy, with positions, shape axes and the labelled stand-ins."""
    from astropy import units
    from astropy.cosmology.units import littleh

    table = _table(box)
    galaxies = box.galaxies
    _vector(table, ("x", "y", "z"), galaxies.position, units.Mpc / littleh,
            "comoving position")  # fmt: skip
    _vector(table, ("vx", "vy", "vz"), galaxies.velocity, units.km / units.s,
            "peculiar velocity")  # fmt: skip
    _column(table, "halo", galaxies.halo, None, "index of the host halo")
    _column(table, "central", galaxies.central, None, "central of its halo")
    _column(table, "halo_mass", box.haloes.mass[galaxies.halo], units.Msun / littleh,
            "of the host")  # fmt: skip
    _column(table, "log_mass", galaxies.log_mass, units.dex(units.Msun),
            "stellar mass, a stand-in")  # fmt: skip
    for k, axis in enumerate(_AXES):
        names = tuple(f"{axis}_{direction}" for direction in "xyz")
        _vector(table, names, galaxies.rotation[:, :, k], None, f"unit vector of the {axis} axis")
    _column(table, "axis_ratio_b", galaxies.axis_ratio_b, None, "intermediate over major axis")
    _column(table, "axis_ratio_c", galaxies.axis_ratio_c, None, "minor over major axis")
    _column(table, "log_size", galaxies.log_size, units.dex(units.kpc),
            "half-light radius, a stand-in")  # fmt: skip
    _column(table, "colour", galaxies.colour, units.mag, "g - r, a stand-in")
    _column(table, "diskyness", galaxies.diskyness, None, "0 elliptical, 1 disc, a stand-in")
    for k, scale in enumerate(box.scales):
        names = tuple(f"tidal_{scale:g}_{i}" for i in (1, 2, 3))
        _vector(table, names, galaxies.eigenvalues[:, k], None,
                f"tidal eigenvalue, smoothed at {scale:g} Mpc/h")  # fmt: skip
    return table


def haloes_table(box: Box) -> QTable:
    """One row for each halo."""
    from astropy import units
    from astropy.cosmology.units import littleh

    table = _table(box)
    haloes = box.haloes
    _vector(table, ("x", "y", "z"), haloes.position, units.Mpc / littleh,
            "comoving centre of mass")  # fmt: skip
    _vector(table, ("vx", "vy", "vz"), haloes.velocity, units.km / units.s, "peculiar velocity")
    _column(table, "mass", haloes.mass, units.Msun / littleh, "friends of friends")
    _column(table, "radius", haloes.radius, units.Mpc / littleh, "of 200 mean densities")
    _column(table, "particles", haloes.particles, None, "number of particles")
    _column(table, "web_type", np.asarray(WEB_TYPES)[haloes.web_type], None, "cosmic web")
    for k, scale in enumerate(box.scales):
        names = tuple(f"tidal_{scale:g}_{i}" for i in (1, 2, 3))
        _vector(table, names, haloes.eigenvalues[:, k], None,
                f"tidal eigenvalue, smoothed at {scale:g} Mpc/h")  # fmt: skip
    return table


def _table(box: Box) -> QTable:
    from astropy.table import QTable

    return QTable(
        meta={
            "size": box.size, "size_unit": "Mpc/h", "seed": box.seed, "redshift": box.redshift,
            "h": box.cosmology.h, "omega_m": box.cosmology.omega_m,
            "sigma8": box.cosmology.sigma8, "notes": " ".join(box.notes),
        }
    )  # fmt: skip


def _vector(
    table: QTable, names: tuple[str, ...], values: np.ndarray, unit: object, said: str
) -> None:
    for k, name in enumerate(names):
        _column(table, name, values[:, k], unit, said)


def _column(table: QTable, name: str, values: np.ndarray, unit: object, said: str) -> None:
    table[name] = values if unit is None else values * unit
    table[name].info.description = said
