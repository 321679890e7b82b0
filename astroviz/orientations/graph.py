r"""Galaxies as graphs: who is a neighbour of whom in a periodic box.

The cosmic web is a set of graphs. Inside a halo all galaxies within some radius of each other are
joined (one graph per halo); between haloes the centrals are joined to their nearest centrals or to
all within a radius. Edges are directed, from the *sender*, which is seen, to the *receiver*, which
sees; sums over the neighbours of a galaxy are sums over the edges that it receives.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor

__all__ = [
    "Graph",
    "check_positions",
    "halo_edges",
    "nearest_edges",
    "radius_edges",
    "scatter_mean",
    "scatter_sum",
    "separations",
]


@dataclass(frozen=True, eq=False)
class Graph:
    r"""Directed edges between :math:`N` galaxies.

    Arguments:
        senders: Row of the galaxy that is seen, for each of the :math:`E` edges, shape (E,).
        receivers: Row of the galaxy that sees it, shape (E,).
        offsets: From the receiver to the sender by the shortest way, Mpc/h, shape (E, 3).
        nodes: Number of galaxies :math:`N`.
    """

    senders: np.ndarray
    receivers: np.ndarray
    offsets: np.ndarray
    nodes: int

    def __len__(self) -> int:
        return len(self.senders)

    @property
    def distances(self) -> np.ndarray:
        """Length of each edge, Mpc/h, shape (E,)."""
        return np.linalg.norm(self.offsets, axis=-1)

    def degrees(self) -> np.ndarray:
        """Number of neighbours that each galaxy sees, shape (N,)."""
        return np.bincount(self.receivers, minlength=self.nodes)


def check_positions(positions: np.ndarray, size: float | None) -> np.ndarray:
    r"""Positions as float64, wrapped into the box; a ValueError says what is wrong with others.

    Arguments:
        positions: Shape :math:`(N, 3)`, Mpc/h.
        size: Side of the periodic box, Mpc/h; None for open space.
    """
    found = np.asarray(positions, dtype=np.float64)
    if found.ndim != 2 or found.shape[1] != 3:
        raise ValueError(
            f"positions must have shape (N, 3), not {found.shape}: give x, y and z in Mpc/h"
        )
    if not np.isfinite(found).all():
        row = int(np.flatnonzero(~np.isfinite(found).all(1))[0])
        raise ValueError(
            f"the position of galaxy {row} is {found[row].tolist()}: remove galaxies without one"
        )
    if size is None:
        return found
    if not (np.isfinite(size) and size > 0):
        raise ValueError(f"the side of the box must be a positive length in Mpc/h, not {size!r}")
    outside = (found < 0) | (found > size)
    if outside.any():
        row, axis = (int(k) for k in np.argwhere(outside)[0])
        raise ValueError(
            f"galaxy {row} lies outside the box: {'xyz'[axis]} = {found[row, axis]:g} Mpc/h is "
            f"not between 0 and {size:g}; check the unit of the positions (Mpc/h) and the size"
        )
    return np.asarray(found % size)


def separations(a: np.ndarray, b: np.ndarray, size: float | None) -> np.ndarray:
    r"""The way from `a` to `b`, through the walls of a periodic box where that is shorter.

    Arguments:
        a: Positions, Mpc/h, shape :math:`(*, 3)`.
        b: Positions, Mpc/h, shape :math:`(*, 3)`.
        size: Side of the periodic box, Mpc/h; None for open space.

    Returns:
        :math:`b - a`, each component between :math:`-L/2` and :math:`L/2`, shape (*, 3).
    """
    way = np.asarray(b, dtype=np.float64) - np.asarray(a, dtype=np.float64)
    return way if size is None else way - size * np.round(way / size)


def radius_edges(
    positions: np.ndarray,
    radius: float,
    size: float | None = None,
    receivers: np.ndarray | None = None,
) -> Graph:
    r"""Join every galaxy to all others within a radius.

    Arguments:
        positions: Shape :math:`(N, 3)`, Mpc/h.
        radius: Largest distance, Mpc/h; at most half of a periodic box.
        size: Side of the periodic box, Mpc/h; None for open space.
        receivers: Rows of the galaxies that see; by default all.

    Returns:
        The graph, edges ordered by receiver and then by sender.

    Example:
        >>> len(radius_edges(np.array([[1.0, 5, 5], [9.5, 5, 5]]), 2.0, size=10.0))
        2
    """
    placed = check_positions(positions, size)
    _check_radius(radius, size)
    rows = np.arange(len(placed)) if receivers is None else np.asarray(receivers, dtype=np.int64)
    if not len(placed) or not len(rows):
        return _graph(placed, np.empty(0, np.int64), np.empty(0, np.int64), size)
    tree = cKDTree(placed, boxsize=size)
    found = tree.query_ball_point(placed[rows], radius, return_sorted=True)
    counts = np.array([len(near) for near in found])
    to = np.repeat(rows, counts)
    frm = np.concatenate([np.asarray(near, dtype=np.int64) for near in found])
    apart = frm != to
    return _graph(placed, frm[apart], to[apart], size)


def nearest_edges(positions: np.ndarray, number: int, size: float | None = None) -> Graph:
    r"""Join every galaxy to its nearest others: the web graph between centrals.

    Arguments:
        positions: Shape :math:`(N, 3)`, Mpc/h.
        number: Neighbours of each galaxy; fewer where there are not so many galaxies.
        size: Side of the periodic box, Mpc/h; None for open space.

    Returns:
        The graph, edges ordered by receiver and then by distance.
    """
    placed = check_positions(positions, size)
    if number < 1:
        raise ValueError(f"a galaxy needs one neighbour at least, not {number}")
    count = min(number, len(placed) - 1)
    if count < 1:
        return _graph(placed, np.empty(0, np.int64), np.empty(0, np.int64), size)
    _, found = cKDTree(placed, boxsize=size).query(placed, k=count + 1)
    to = np.repeat(np.arange(len(placed)), count + 1)
    frm = found.reshape(-1)
    apart = frm != to
    # a galaxy that sits on top of others may be missing among its own nearest
    spare = np.add.reduceat(~apart, np.arange(0, len(to), count + 1)) == 0
    apart.reshape(len(placed), count + 1)[spare, -1] = False
    return _graph(placed, frm[apart], to[apart], size)


def halo_edges(
    positions: np.ndarray, halo: np.ndarray, size: float | None = None, radius: float | None = None
) -> Graph:
    r"""One graph per halo: join the galaxies that live in the same halo.

    Arguments:
        positions: Shape :math:`(N, 3)`, Mpc/h.
        halo: Number of each galaxy's halo, shape :math:`(N,)`.
        size: Side of the periodic box, Mpc/h; None for open space.
        radius: Join only galaxies within this distance, Mpc/h; by default all of a halo.

    Returns:
        The graph, edges ordered by receiver.
    """
    placed = check_positions(positions, size)
    label = np.asarray(halo)
    if label.shape != (len(placed),):
        raise ValueError(
            f"{len(placed)} galaxies need one halo number each, not an array of {label.shape}"
        )
    order = np.argsort(label, kind="stable")
    _, first, count = np.unique(label[order], return_index=True, return_counts=True)
    frm, to = [], []
    for start, many in zip(first[count > 1], count[count > 1], strict=True):
        rows = order[start : start + many]
        frm.append(np.tile(rows, many))
        to.append(np.repeat(rows, many))
    senders = np.concatenate([np.empty(0, np.int64), *frm])
    receivers = np.concatenate([np.empty(0, np.int64), *to])
    kept = senders != receivers
    if radius is not None:
        _check_radius(radius, size)
        way = separations(placed[receivers], placed[senders], size)
        kept &= np.linalg.norm(way, axis=-1) <= radius
    senders, receivers = senders[kept], receivers[kept]
    sort = np.lexsort((senders, receivers))
    return _graph(placed, senders[sort], receivers[sort], size)


def scatter_sum(values: Tensor, index: Tensor, rows: int) -> Tensor:
    r"""Sum of the values of each row's edges.

    Arguments:
        values: One entry for each edge, shape :math:`(E, *)`.
        index: The row that each edge belongs to, shape :math:`(E,)`.
        rows: Number of rows :math:`N`.

    Returns:
        Shape :math:`(N, *)`; zero for a row without edges.
    """
    return values.new_zeros(rows, *values.shape[1:]).index_add_(0, index, values)


def scatter_mean(values: Tensor, index: Tensor, rows: int) -> Tensor:
    r"""Mean of the values of each row's edges, shape :math:`(N, *)`; zero without edges."""
    count = torch.bincount(index, minlength=rows).clamp(min=1).to(values.dtype)
    return scatter_sum(values, index, rows) / count.reshape(-1, *[1] * (values.ndim - 1))


def _check_radius(radius: float, size: float | None) -> None:
    if not (np.isfinite(radius) and radius > 0):
        raise ValueError(f"the radius must be a positive length in Mpc/h, not {radius!r}")
    if size is not None and radius > size / 2:
        raise ValueError(
            f"a radius of {radius:g} Mpc/h is more than half of the box ({size:g} Mpc/h): "
            "galaxies would see each other twice; take a smaller radius or a larger box"
        )


def _graph(
    positions: np.ndarray, senders: np.ndarray, receivers: np.ndarray, size: float | None
) -> Graph:
    offsets = separations(positions[receivers], positions[senders], size)
    return Graph(senders, receivers, offsets.reshape(-1, 3), len(positions))
