r"""Pairs of galaxies in a periodic box, found once and then summed over as often as one likes.

Where galaxies are does not change when their orientations are drawn again or when a part of them
is selected, so that every correlation costs one weighted count over these lists. Bins hold their
upper edge, not their lower one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import cKDTree

__all__ = [
    "Pairs",
    "check_edges",
    "check_positions",
    "pairs_in_projection",
    "pairs_in_space",
    "sky_axes",
]

_MOST_PAIRS = 2e7


@dataclass(frozen=True)
class Pairs:
    r"""Pairs :math:`i < j` with a separation in one of the bins.

    Arguments:
        first: Index :math:`i` of each pair, shape :math:`(P,)`.
        second: Index :math:`j`, shape :math:`(P,)`.
        bin: Index of the bin of each pair, shape :math:`(P,)`.
        direction: From :math:`i` to :math:`j`, unit vectors: in space, shape :math:`(3, P)`; in
            projection :math:`(\cos 2\phi, \sin 2\phi)` of the position angle, shape
            :math:`(2, P)`.
        edges: Edges of the bins, Mpc/h, shape :math:`(B + 1,)`.
        count: Number of galaxies :math:`N`.
        size: Side of the box, Mpc/h.
        pi_max: Largest separation along the line of sight, Mpc/h; None in space.
        line_of_sight: The axis that is looked along, 0, 1 or 2.
    """

    first: np.ndarray
    second: np.ndarray
    bin: np.ndarray
    direction: np.ndarray
    edges: np.ndarray
    count: int
    size: float
    pi_max: float | None = None
    line_of_sight: int = 2

    def __len__(self) -> int:
        return len(self.bin)

    @property
    def bins(self) -> int:
        """Number of bins."""
        return len(self.edges) - 1

    def take(self, keep: np.ndarray) -> Pairs:
        """The pairs of a mask or of indices, shape (P,); galaxies keep their numbers."""
        parts = (self.first[keep], self.second[keep], self.bin[keep])
        first, second, bins = parts
        direction = np.ascontiguousarray(self.direction[:, keep])
        return replace(self, first=first, second=second, bin=bins, direction=direction)

    def sum(self, values: np.ndarray) -> np.ndarray:
        """Sum of a number for each pair, shape (P,), in each bin, shape (B,)."""
        return np.bincount(self.bin, weights=values, minlength=self.bins)[: self.bins]


def check_edges(edges: np.ndarray, largest: float) -> np.ndarray:
    """Edges of bins as float64, Mpc/h; ValueError unless they ascend from 0 or more."""
    edges = np.asarray(edges, dtype=float)
    if edges.ndim != 1 or len(edges) < 2 or not np.isfinite(edges).all():
        raise ValueError(f"edges of bins must be two or more finite numbers, not {edges!r}")
    if edges[0] < 0 or (np.diff(edges) <= 0).any():
        raise ValueError(f"edges of bins must ascend from 0 or more, in Mpc/h, not {edges!r}")
    if edges[-1] >= largest:
        raise ValueError(
            f"the last bin ends at {edges[-1]:g} Mpc/h, but in this box separations are counted "
            f"below {largest:g} Mpc/h only: use smaller ones, or a larger box"
        )
    return edges


def check_positions(position: np.ndarray, size: float) -> np.ndarray:
    r"""Positions as float64 within a periodic box.

    Arguments:
        position: Comoving positions, Mpc/h, shape :math:`(N, 3)`.
        size: Side of the box, Mpc/h.

    Raises:
        ValueError: Another shape, a value that is no number, or one outside the box.
    """
    position = np.asarray(position, dtype=float)
    if position.ndim != 2 or position.shape[1] != 3:
        raise ValueError(f"positions must have shape (N, 3), not {position.shape}")
    if not np.isfinite(size) or size <= 0:
        raise ValueError(f"the side of the box must be a positive length in Mpc/h, not {size!r}")
    if not np.isfinite(position).all():
        row = int(np.flatnonzero(~np.isfinite(position).all(1))[0])
        raise ValueError(f"the position of galaxy {row} is {position[row]}: remove it first")
    outside = ((position < 0) | (position > size)).any(1)
    if outside.any():
        row = int(np.flatnonzero(outside)[0])
        raise ValueError(
            f"{int(outside.sum())} of {len(position)} positions are outside the box of "
            f"{size:g} Mpc/h, the first at {position[row]} Mpc/h: are they in Mpc/h, and is this "
            "the side of the box? Positions of a periodic box may be wrapped with `% size`"
        )
    return np.where(position >= size, position - size, position)


def sky_axes(line_of_sight: int) -> tuple[int, int]:
    """The two axes of the sky, right-handed with the line of sight as the third."""
    if line_of_sight not in (0, 1, 2):
        raise ValueError(f"the line of sight is axis 0, 1 or 2, not {line_of_sight!r}")
    return (line_of_sight + 1) % 3, (line_of_sight + 2) % 3


def pairs_in_space(position: np.ndarray, size: float, edges: np.ndarray) -> Pairs:
    r"""All pairs by their separation in space.

    Arguments:
        position: Comoving positions, Mpc/h, shape :math:`(N, 3)`.
        size: Side of the periodic box, Mpc/h.
        edges: Edges of the bins, Mpc/h, shape :math:`(B + 1,)`.

    Example:
        >>> import numpy as np
        >>> position = np.random.default_rng(0).uniform(0, 50, (100, 3))
        >>> len(pairs_in_space(position, 50.0, np.array([0.0, 5.0, 10.0])))
        161
    """
    position = check_positions(position, size)
    edges = check_edges(edges, size / 2)
    first, second = _near(position, size, float(edges[-1]))
    offset = _offset(position, size, first, second)
    squared = np.einsum("ip,ip->p", offset, offset)
    bins, keep = _sort_into(squared, edges)
    direction = offset[:, keep] / np.sqrt(squared[keep])
    return Pairs(first[keep], second[keep], bins[keep], direction, edges, len(position), size)


def pairs_in_projection(
    position: np.ndarray,
    size: float,
    edges: np.ndarray,
    pi_max: float,
    line_of_sight: int = 2,
) -> Pairs:
    r"""All pairs by their separation on the sky, near each other along the line of sight.

    The observer is far away: the line of sight is an axis of the box.

    Arguments:
        position: Comoving positions, Mpc/h, shape :math:`(N, 3)`.
        size: Side of the periodic box, Mpc/h.
        edges: Edges of the bins of :math:`r_p`, Mpc/h, shape :math:`(B + 1,)`.
        pi_max: Largest separation along the line of sight, Mpc/h.
        line_of_sight: The axis that is looked along.
    """
    position = check_positions(position, size)
    edges = check_edges(edges, size / 2)
    if not 0 < pi_max <= size / 2:
        raise ValueError(
            f"pi_max must be above 0 and at most half the side of the box, {size / 2:g} Mpc/h, "
            f"not {pi_max!r}"
        )
    x, y = sky_axes(line_of_sight)
    first, second = _near(position[:, [x, y]], size, float(edges[-1]))
    depth = _offset(position[:, [line_of_sight]], size, first, second)[0]
    keep = depth**2 <= pi_max**2
    first, second = first[keep], second[keep]
    offset = _offset(position[:, [x, y]], size, first, second)
    squared = offset[0] ** 2 + offset[1] ** 2
    bins, keep = _sort_into(squared, edges)
    dx, dy = offset[:, keep]
    double = np.stack([dx * dx - dy * dy, 2 * dx * dy]) / squared[keep]
    parts = (first[keep], second[keep], bins[keep], double)
    return Pairs(*parts, edges, len(position), size, float(pi_max), line_of_sight)


def _near(position: np.ndarray, size: float, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Indices i < j of all pairs within a radius."""
    empty = np.zeros(0, dtype=np.intp)
    if len(position) < 2:
        return empty, empty
    tree = cKDTree(position, boxsize=size)
    expected = (int(tree.count_neighbors(tree, radius)) - len(position)) / 2
    if expected > _MOST_PAIRS:
        raise ValueError(
            f"{expected:.2g} pairs are too many to keep: take fewer galaxies or smaller "
            "separations, or count without keeping them (`astroviz.orientations.by_halotools`)"
        )
    # a rounding's width more, so that the edge of the last bin is decided in one place
    pairs = tree.query_pairs(radius * (1 + 1e-12), output_type="ndarray")
    return pairs[:, 0], pairs[:, 1]


def _offset(
    position: np.ndarray, size: float, first: np.ndarray, second: np.ndarray
) -> np.ndarray:
    """From the first to the nearest image of the second, shape (D, P)."""
    offset = np.empty((position.shape[1], len(first)))
    for k, column in enumerate(np.ascontiguousarray(position.T)):
        step = column[second] - column[first]
        offset[k] = step - size * np.round(step / size)
    return offset


def _sort_into(squared: np.ndarray, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bin of each squared separation and whether it has one; coincident points have none."""
    bins = np.searchsorted(edges**2, squared, side="left") - 1
    return bins, (bins >= 0) & (bins < len(edges) - 1) & (squared > 0)
