r"""Friends-of-friends haloes in a periodic box.

Two particles are friends when they are closer than 0.2 times the mean distance between particles;
friends of friends make a group.

References:
    | Davis, Efstathiou, Frenk & White (1985)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from astroviz.orientations.box import wrap
from astroviz.orientations.cosmology import Cosmology
from astroviz.orientations.particle_mesh import Particles

__all__ = ["LINKING", "OVERDENSITY", "Groups", "find_groups", "friends_of_friends", "halo_radius"]

LINKING = 0.2
"""Linking length over the mean distance of the particles."""

OVERDENSITY = 200.0
"""Density within the radius of a halo over the mean matter density."""


@dataclass(frozen=True)
class Groups:
    r"""Groups of particles, the heaviest first.

    Arguments:
        position: Centres of mass, Mpc/h, shape :math:`(H, 3)`.
        velocity: Mean peculiar velocities, km/s, shape :math:`(H, 3)`.
        mass: Msun/h, shape :math:`(H,)`.
        particles: Number of particles, shape :math:`(H,)`.
    """

    position: np.ndarray
    velocity: np.ndarray
    mass: np.ndarray
    particles: np.ndarray

    def __len__(self) -> int:
        return len(self.position)


def friends_of_friends(position: np.ndarray, size: float, length: float) -> np.ndarray:
    r"""Which group each particle belongs to.

    Arguments:
        position: Within the box, shape :math:`(N, 3)`.
        size: Side of the periodic box, in the unit of the positions.
        length: Linking length.

    Returns:
        Labels from zero, shape :math:`(N,)`; a particle without friends is a group of its own.

    Example:
        >>> friends_of_friends(np.array([[0.1, 0, 0], [9.9, 0, 0], [5.0, 0, 0]]), 10.0, 0.3)
        array([0, 0, 1], dtype=int32)
    """
    # neither balancing nor shrinking pays off for one pass over nearly uniform particles
    tree = cKDTree(position, boxsize=size, balanced_tree=False, compact_nodes=False)
    pairs = tree.query_pairs(length, output_type="ndarray")
    count = len(position)
    graph = coo_matrix((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), (count, count))
    return connected_components(graph, directed=False)[1]


def find_groups(
    particles: Particles, linking: float = LINKING, least: int = 20, exclude: float = 0.0
) -> Groups:
    r"""Groups of at least so many particles.

    Arguments:
        particles: Of a snapshot.
        linking: Linking length over the mean distance of the particles.
        least: The smallest number of particles.
        exclude: Msun/h below which groups are left out too.
    """
    position = wrap(particles.position.double().numpy(), particles.size)
    velocity = particles.velocity.double().numpy()
    length = linking * particles.size / len(position) ** (1 / 3)
    labels = friends_of_friends(position, particles.size, length)
    counts = np.bincount(labels)
    kept = np.flatnonzero((counts >= least) & (counts * particles.mass >= exclude))
    kept = kept[np.argsort(-counts[kept], kind="stable")]
    new = np.full(len(counts), -1)
    new[kept] = np.arange(len(kept))
    inside = np.flatnonzero(new[labels] >= 0)
    members, count = new[labels[inside]], counts[kept]
    centre = _centres(position[inside], members, count, particles.size)
    return Groups(centre, _mean(velocity[inside], members, count), count * particles.mass, count)


def halo_radius(mass: np.ndarray, cosmology: Cosmology) -> np.ndarray:
    r"""Comoving radius within which the density is 200 times the mean.

    Arguments:
        mass: Msun/h.
        cosmology: The universe.

    Returns:
        Mpc/h, of the shape of `mass`.
    """
    volume = np.asarray(mass) / (OVERDENSITY * cosmology.matter_density)
    return np.cbrt(3.0 * volume / (4.0 * np.pi))


def _centres(
    position: np.ndarray, members: np.ndarray, count: np.ndarray, size: float
) -> np.ndarray:
    """Centres of mass, seen from one particle of each group: a group may cross the border."""
    first = np.zeros((len(count), 3))
    first[members[::-1]] = position[::-1]  # the last written, the first of each group, stays
    apart = position - first[members]
    apart -= size * np.round(apart / size)
    return wrap(first + _mean(apart, members, count), size)


def _mean(values: np.ndarray, members: np.ndarray, count: np.ndarray) -> np.ndarray:
    sums = [np.bincount(members, values[:, i], len(count)) for i in range(3)]
    return np.stack(sums, 1) / np.maximum(count, 1)[:, None]
