r"""What the orientation law reads of a galaxy's environment.

The last of it is the neighbour quadrupole: with the unit vectors :math:`\hat r_j` from a galaxy to
the haloes around it (its own left out) at distances :math:`r_j`,

.. math::

    Q = \frac{\sum_j w_j \hat r_j \hat r_j^\top}{\sum_j w_j}, \qquad
    w_j = M_j^{1/2} u(r_j), \qquad u(r) = \left(1 - r^2 / R^2\right)^2 \ \text{for } r < R.

It knows no sign of a direction, is periodic, and needs the neighbours themselves: no smoothed
field at the galaxy's own place holds it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from astroviz.orientations.box import Box

__all__ = [
    "LAW_SCALE",
    "NEIGHBOUR_POWER",
    "NEIGHBOUR_RADIUS",
    "Conditions",
    "conditions",
    "neighbour_quadrupole",
]  # fmt: skip

LAW_SCALE = 2.0
"""Smoothing scale of the tidal tensor that galaxies follow, Mpc/h."""

NEIGHBOUR_RADIUS = 8.0
"""Mpc/h beyond which haloes do not count as neighbours."""

NEIGHBOUR_POWER = 0.5
"""Power of a neighbour's mass in its weight."""


@dataclass(frozen=True)
class Conditions:
    r"""The environment of galaxies as the law reads it.

    Arguments:
        log_halo_mass: log10 Msun/h of the host, shape :math:`(N,)`.
        central: Shape :math:`(N,)`.
        toward_central: Unit vectors from a satellite to its central, zero for centrals,
            shape :math:`(N, 3)`.
        radial_fraction: Distance to the central over the host's radius, shape :math:`(N,)`.
        eigenvalues: Of the tidal tensor at `LAW_SCALE`, ascending, shape :math:`(N, 3)`.
        frames: Its right-handed eigenvectors as columns, shape :math:`(N, 3, 3)`.
        quadrupole: Of the neighbours, trace one (zero without neighbours),
            shape :math:`(N, 3, 3)`.
        neighbours: Effective number :math:`\sum_j u(r_j)`, shape :math:`(N,)`.
        diskyness: Shape :math:`(N,)`.
    """

    log_halo_mass: np.ndarray
    central: np.ndarray
    toward_central: np.ndarray
    radial_fraction: np.ndarray
    eigenvalues: np.ndarray
    frames: np.ndarray
    quadrupole: np.ndarray
    neighbours: np.ndarray
    diskyness: np.ndarray

    def __len__(self) -> int:
        return len(self.log_halo_mass)

    def replace(self, **changes: np.ndarray) -> Conditions:
        """A copy with some arrays changed, as when somebody drags the tidal ellipsoid."""
        return dataclasses.replace(self, **changes)

    def subset(self, mask: np.ndarray) -> Conditions:
        """The environments of some of the galaxies."""
        parts = {f.name: getattr(self, f.name)[mask] for f in dataclasses.fields(self)}
        return Conditions(**parts)


def conditions(box: Box, seen_only: bool = False) -> Conditions:
    r"""What the law reads of every galaxy of a box.

    Arguments:
        box: The box. Its haloes are the neighbours, whichever galaxies were selected.
        seen_only: Only haloes whose central is among the galaxies are neighbours: for small
            pieces of a box from which somebody takes neighbours away.
    """
    galaxies, haloes = box.galaxies, box.haloes
    if not len(galaxies):
        raise ValueError("the box holds no galaxies: there is nothing to ask the law about.")
    scale = int(np.argmin(np.abs(np.asarray(box.scales) - LAW_SCALE)))
    apart = haloes.position[galaxies.halo] - galaxies.position
    apart -= box.size * np.round(apart / box.size)
    distance = np.linalg.norm(apart, axis=1)
    far = (distance > 0) & ~galaxies.central
    seen = np.ones(len(haloes), bool)
    if seen_only:
        seen[:] = False
        seen[galaxies.halo[galaxies.central]] = True
    quadrupole, neighbours = neighbour_quadrupole(
        galaxies.position, haloes.position, haloes.mass * seen, box.size, galaxies.halo
    )
    return Conditions(
        log_halo_mass=np.log10(haloes.mass[galaxies.halo]),
        central=galaxies.central,
        toward_central=np.where(far, 1.0, 0.0)[:, None] * apart
        / np.where(far, distance, 1.0)[:, None],
        radial_fraction=np.where(far, distance / haloes.radius[galaxies.halo], 0.0),
        eigenvalues=galaxies.eigenvalues[:, scale],
        frames=galaxies.frames[:, scale],
        quadrupole=quadrupole,
        neighbours=neighbours,
        diskyness=galaxies.diskyness,
    )  # fmt: skip


def neighbour_quadrupole(
    position: np.ndarray,
    halo_position: np.ndarray,
    halo_mass: np.ndarray,
    size: float,
    own: np.ndarray | None = None,
    radius: float = NEIGHBOUR_RADIUS,
) -> tuple[np.ndarray, np.ndarray]:
    r"""Quadrupole of the haloes around places.

    Arguments:
        position: Of the places, Mpc/h, shape :math:`(N, 3)`.
        halo_position: Shape :math:`(H, 3)`.
        halo_mass: Msun/h, shape :math:`(H,)`; those without mass do not count.
        size: Side of the periodic box, Mpc/h.
        own: Index of the halo to leave out for each place, shape :math:`(N,)`.
        radius: Where the weight has fallen to zero, Mpc/h.

    Returns:
        The quadrupoles, trace one, shape :math:`(N, 3, 3)`, and the effective numbers of
        neighbours, shape :math:`(N,)`.
    """
    reach = min(radius, 0.499 * size)
    places, trees = (cKDTree(np.mod(p, size), boxsize=size) for p in (position, halo_position))
    pairs = places.sparse_distance_matrix(trees, reach, output_type="ndarray")
    i, j, distance = pairs["i"], pairs["j"], pairs["v"]
    kept = (distance > 0) & (halo_mass[j] > 0)
    if own is not None:
        kept &= own[i] != j
    i, j, distance = i[kept], j[kept], distance[kept]
    apart = halo_position[j] - position[i]
    apart -= size * np.round(apart / size)
    unit = apart / distance[:, None]
    window = (1 - (distance / reach) ** 2) ** 2
    weight = window * halo_mass[j] ** NEIGHBOUR_POWER
    count = len(position)
    total = np.bincount(i, weight, count)
    sums = np.stack([
        np.bincount(i, weight * unit[:, a] * unit[:, b], count) for a in range(3) for b in range(3)
    ], 1)  # fmt: skip
    quadrupole = sums / np.where(total > 0, total, 1.0)[:, None]
    return quadrupole.reshape(count, 3, 3), np.bincount(i, window, count)
