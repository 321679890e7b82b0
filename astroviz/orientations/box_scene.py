r"""What the picture of a whole box is made of: galaxies, a filament, a graph, ellipsoids."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from astroviz.orientations.box import Box
from astroviz.orientations.filament import Filament
from astroviz.orientations.graph import separations
from astroviz.orientations.law import OrientationLaw, mean_axis_outer

__all__ = ["BoxPoints", "BoxScene", "box_points", "box_scene"]

_GLYPH = 3.2  # Mpc/h, the long half axis of a law that knows the direction


@dataclass(frozen=True, eq=False)
class BoxPoints:
    r"""Galaxies as points.

    Arguments:
        position: Mpc/h, shape :math:`(N, 3)`.
        size: Of the box, Mpc/h.
        mass: Stellar mass, Msun, shape :math:`(N,)`.
        web_type: Of the host halo, shape :math:`(N,)`.
    """

    position: np.ndarray
    size: float
    mass: np.ndarray
    web_type: np.ndarray


@dataclass(frozen=True, eq=False)
class BoxScene:
    r"""What is drawn around the picked galaxy.

    Arguments:
        edges: Pairs of rows along the filament, shape :math:`(E, 2)`.
        edge_weights: Shape :math:`(E,)`.
        neighbours: Rows of the galaxies tied to it.
        glyph_position: Mpc/h, shape :math:`(G, 3)`.
        glyph_axes: Half axes as columns, Mpc/h, shape :math:`(G, 3, 3)`: the exact second moment
            of the long axis, :math:`\langle a a^T \rangle`.
        glyph_category: Web types, shape :math:`(G,)`.
    """

    edges: np.ndarray
    edge_weights: np.ndarray
    neighbours: np.ndarray
    glyph_position: np.ndarray
    glyph_axes: np.ndarray
    glyph_category: np.ndarray


def box_points(box: Box) -> BoxPoints:
    """All galaxies of a box."""
    galaxies = box.galaxies
    return BoxPoints(
        galaxies.position % box.size, box.size, 10.0**galaxies.log_mass,
        box.haloes.web_type[galaxies.halo],
    )  # fmt: skip


def box_scene(box: Box, galaxy: int, filament: Filament, radius: float) -> BoxScene:
    r"""The filament through a galaxy, its neighbours, and what the law knows of each axis.

    Arguments:
        box: The box.
        galaxy: The picked row.
        filament: Through it.
        radius: Within which galaxies are neighbours, Mpc/h.
    """
    rows = filament.rows
    edges = np.stack([rows[:-1], rows[1:]], -1).astype(np.int32)
    apart = separations(box.galaxies.position[galaxy], box.galaxies.position, box.size)
    near = np.linalg.norm(apart, axis=-1) < radius
    near[galaxy] = False
    moments = mean_axis_outer(OrientationLaw().mixture(box.subset(rows)))
    values, axes = np.linalg.eigh(moments)
    lengths = _GLYPH * np.sqrt(np.maximum(values, 1e-6))
    return BoxScene(
        edges, np.full(len(edges), 0.9), np.flatnonzero(near),
        box.galaxies.position[rows] % box.size, axes * lengths[:, None, :],
        box.haloes.web_type[box.galaxies.halo[rows]],
    )  # fmt: skip
