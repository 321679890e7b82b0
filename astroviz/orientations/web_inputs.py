r"""What the network is told of a box: numbers and tensors that turn with it, and its graph.

Every galaxy is described in the frame of the tidal field around it (its *own frame*): numbers that
no rotation of the box changes, and symmetric tensors, which have no signs that one would have to
choose. So a box that is turned, mirrored in the sign of its frames, or listed in another order
gives the same answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from astroviz.orientations.encoder import (
    direction_classes,
    direction_tensors,
    direction_weights,
)
from astroviz.orientations.graph import Graph, radius_edges, separations

__all__ = [
    "RADIUS",
    "SCALAR_NAMES",
    "WebInputs",
    "own_scale",
    "towards_centre",
    "web_edges",
    "web_inputs",
]

RADIUS = 8.0
"""Galaxies within this distance of each other send messages, Mpc/h."""

_LEAST = 1e-6


@dataclass(frozen=True)
class WebInputs:
    r"""A box as the network reads it: :math:`N` galaxies, :math:`E` edges.

    Arguments:
        scalars: Numbers that do not turn with the box, shape :math:`(N, F)`.
        tensors: Symmetric tensors in each galaxy's own frame, shape :math:`(N, B, 3, 3)`:
            projectors on the tidal axes of each scale, then the direction to the halo's centre.
        frames: The own frames, columns in space, shape :math:`(N, 3, 3)`.
        senders: Shape :math:`(E,)`.
        receivers: Shape :math:`(E,)`.
        distance: Mpc/h, shape :math:`(E,)`.
        together: 1 where both live in the same halo, else 0, shape :math:`(E,)`.
        classes: Weights of the seven classes of directions in the receiver's own frame,
            shape :math:`(E, 7)`.
        seen: The quadrupole of the edge's directions in that frame, shape :math:`(E, 3, 3)`.
    """

    scalars: Tensor
    tensors: Tensor
    frames: Tensor
    senders: Tensor
    receivers: Tensor
    distance: Tensor
    together: Tensor
    classes: Tensor
    seen: Tensor

    def __len__(self) -> int:
        return len(self.scalars)

    @property
    def edges(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Senders, receivers, lengths, and whether both ends live in one halo."""
        return self.senders, self.receivers, self.distance, self.together

    def to(self, device: torch.device | str, dtype: torch.dtype | None = None) -> WebInputs:
        """The same elsewhere or with other floats."""
        moved = {
            name: value.to(device, dtype if value.is_floating_point() else None)
            for name, value in vars(self).items()
        }
        return WebInputs(**moved)

    def alone(self) -> WebInputs:
        """The same galaxies without any edge."""
        edges = ("senders", "receivers", "distance", "together", "classes", "seen")
        return WebInputs(**{k: v[:0] if k in edges else v for k, v in vars(self).items()})


SCALAR_NAMES = (
    "log stellar mass", "log halo mass", "central", "distance to the centre", "diskyness",
)  # fmt: skip
"""The first of the scalars; those of the tidal field follow."""


def own_scale(scales: Sequence[float]) -> int:
    """Which of the smoothing scales gives the own frame: the one in the middle."""
    return len(scales) // 2


def web_inputs(box: Any, radius: float, graph: Graph | None = None) -> WebInputs:
    r"""Numbers, tensors and edges of all galaxies of a box.

    Arguments:
        box: A `Box` or an `Environment`.
        radius: Galaxies within this distance see each other, Mpc/h.
        graph: The edges, where they are known already.
    """
    galaxies, scale = box.galaxies, own_scale(box.scales)
    own = np.asarray(galaxies.frames[:, scale], dtype=float)
    edges = web_edges(box, radius) if graph is None else graph
    centre, distance = towards_centre(box)
    seen = np.einsum("nba,nb->na", own, centre)
    turned = np.einsum("nba,nsbc->nsac", own, galaxies.frames)  # tidal axes in the own frame
    projectors = np.einsum("nsai,nsbi->nsiab", turned, turned)
    outer = seen[:, :, None] * seen[:, None, :]
    tensors = np.concatenate([projectors.reshape(len(own), -1, 3, 3), outer[:, None]], axis=1)
    length = edges.distances
    way = np.einsum("eba,eb->ea", own[edges.receivers], edges.offsets)
    unit = way / np.maximum(length, _LEAST)[:, None]
    q = direction_weights(torch.from_numpy(unit))
    together = galaxies.halo[edges.senders] == galaxies.halo[edges.receivers]
    scalars = np.concatenate([_plain(box, distance), _tidal(galaxies, turned, centre)], axis=1)
    return WebInputs(
        torch.from_numpy(scalars), torch.from_numpy(tensors), torch.from_numpy(own),
        torch.from_numpy(edges.senders), torch.from_numpy(edges.receivers),
        torch.from_numpy(length), torch.from_numpy(together.astype(float)),
        direction_classes(q), direction_tensors(q),
    )  # fmt: skip


def web_edges(box: Any, radius: float) -> Graph:
    r"""The graph of a box: every halo is one, and the centrals tie the haloes to a web.

    A galaxy sees the galaxies of its own halo, and of other haloes the central.

    Arguments:
        box: A `Box` or an `Environment`.
        radius: Largest distance, Mpc/h.
    """
    galaxies = box.galaxies
    near = radius_edges(galaxies.position, min(radius, 0.499 * box.size), box.size)
    central = np.asarray(galaxies.central, dtype=bool)[near.senders]
    kept = central | (galaxies.halo[near.senders] == galaxies.halo[near.receivers])
    return Graph(near.senders[kept], near.receivers[kept], near.offsets[kept], near.nodes)


def towards_centre(box: Any) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors to the centre of the halo (zero for centrals), and distances in its radii.

    The centre of a halo is its central galaxy where there is one in the box.
    """
    galaxies, haloes = box.galaxies, box.haloes
    centres = np.array(haloes.position, dtype=float)
    central = np.asarray(galaxies.central, dtype=bool)
    centres[galaxies.halo[central]] = galaxies.position[central]
    way = separations(galaxies.position, centres[galaxies.halo], box.size)
    length = np.linalg.norm(way, axis=-1)
    satellite = ~central & (length > _LEAST)
    unit = np.where(satellite[:, None], way / np.maximum(length, _LEAST)[:, None], 0.0)
    radius = np.maximum(haloes.radius[galaxies.halo], _LEAST)
    return unit, np.where(central, 0.0, length / radius)


def _plain(box: Any, distance: np.ndarray) -> np.ndarray:
    galaxies = box.galaxies
    return np.stack(
        [
            galaxies.log_mass - 10.5,
            np.log10(box.haloes.mass[galaxies.halo]) - 12.5,
            2.0 * galaxies.central - 1.0,
            np.minimum(distance, 4.0),
            2.0 * galaxies.diskyness - 1.0,
        ],
        axis=1,
    )


def _tidal(galaxies: Any, turned: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Strength and shape of the tidal field at each scale, and how the scales lie together."""
    values = np.asarray(galaxies.eigenvalues, dtype=float)
    size = np.sqrt((values**2).sum(-1, keepdims=True)) + _LEAST
    spread = values - values.mean(-1, keepdims=True)
    shape = spread / (np.sqrt((spread**2).sum(-1, keepdims=True)) + _LEAST)
    along = np.einsum("nsba,nb->nsa", galaxies.frames, centre) ** 2
    scales = turned.shape[1]
    others = [s for s in range(scales) if s != own_scale(range(scales))]
    parts = [np.arcsinh(values), values / size, shape, along, turned[:, others] ** 2]
    return np.concatenate([part.reshape(len(values), -1) for part in parts], axis=1)
