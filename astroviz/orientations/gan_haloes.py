r"""Boxes as the GAN sees them: haloes in the frame of an observer, with projected shapes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from astroviz.orientations.box import Box
from astroviz.orientations.environment import check_box
from astroviz.orientations.gan import HaloGraphs
from astroviz.orientations.graph import Graph, halo_edges
from astroviz.orientations.law import OrientationLaw
from astroviz.orientations.projection import project
from astroviz.orientations.web_inputs import towards_centre

__all__ = ["FEATURES", "Haloes", "axes_to_sight", "ellipticities",
           "fresh_orientations", "haloes_of", "join_boxes"]  # fmt: skip

FEATURES = 35
"""Features of a galaxy: five numbers, nine eigenvalues, three tensors, one direction."""

_BINS = 16  # of halo mass, from which haloes are drawn evenly
_RADIUS = 1.2  # Mpc/h, three times the scale of the radial weights
_UPPER = np.triu_indices(3)


@dataclass(frozen=True)
class Haloes:
    r"""Galaxies of many boxes by halo, not yet seen from anywhere.

    Arguments:
        plain: Numbers that do not turn, shape :math:`(N, 14)`.
        tides: Traceless tidal tensors of unit norm in space, shape :math:`(N, S, 3, 3)`.
        centre: Unit vectors to the centre, zero for centrals, shape :math:`(N, 3)`.
        axis_ratios: b and c, shape :math:`(N, 2)`.
        halo: Number of the halo, shape :math:`(N,)`.
        graph: Edges within the haloes.
        mass: log10 halo mass, Msun/h, of each halo, shape :math:`(H,)`.
    """

    plain: np.ndarray
    tides: np.ndarray
    centre: np.ndarray
    axis_ratios: np.ndarray
    halo: np.ndarray
    graph: Graph
    mass: np.ndarray

    def __len__(self) -> int:
        return len(self.plain)

    def pick(self, number: int, random: np.random.Generator) -> np.ndarray:
        """Haloes drawn evenly over bins of mass, each bin as often as any other."""
        edges = np.linspace(self.mass.min(), self.mass.max() + 1e-9, _BINS + 1)
        place = np.digitize(self.mass, edges) - 1
        bins = random.choice(np.unique(place), number)
        order = np.argsort(place, kind="stable")
        first, last = (np.searchsorted(place[order], bins, side) for side in ("left", "right"))
        return order[first + (random.random(number) * (last - first)).astype(int)]

    def seen(self, turn: np.ndarray, haloes: np.ndarray | None = None
             ) -> tuple[HaloGraphs, np.ndarray]:  # fmt: skip
        r"""Some haloes after a rotation of each, as an observer along the third axis sees them.

        Arguments:
            turn: Rotation of each halo, shape :math:`(K, 3, 3)`, or one for all, (3, 3).
            haloes: The haloes, shape :math:`(K,)`; a halo may come twice. All by default.

        Returns:
            Graphs, and rows of the galaxies in the order of the graphs.
        """
        wanted = np.arange(len(self.mass)) if haloes is None else haloes
        rows, halo = _members(self.halo, wanted)
        turns = np.broadcast_to(turn, (len(wanted), 3, 3))[halo]
        tides = turns[:, None] @ self.tides[rows] @ np.swapaxes(turns, -1, -2)[:, None]
        parts = [
            self.plain[rows],
            tides[..., _UPPER[0], _UPPER[1]].reshape(len(rows), -1),
            np.einsum("nab,nb->na", turns, self.centre[rows]),
        ]
        senders, receivers, offsets = self._edges(rows, halo)
        way = np.einsum("eab,eb->ea", turns[receivers], offsets)
        graphs = HaloGraphs(
            torch.from_numpy(np.concatenate(parts, 1)).float(), torch.from_numpy(senders),
            torch.from_numpy(receivers), torch.from_numpy(way).float(), torch.from_numpy(halo),
            len(wanted),
        )  # fmt: skip
        return graphs, rows

    def _edges(
        self, rows: np.ndarray, halo: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Edges between galaxies that were chosen, in their new numbers."""
        near = self.graph
        first = np.searchsorted(near.receivers, rows, "left")
        count = np.searchsorted(near.receivers, rows, "right") - first
        receivers = np.repeat(np.arange(len(rows)), count)
        edges = np.repeat(first - np.cumsum(count) + count, count) + np.arange(count.sum())
        # members of a halo stand together and in order, so a sender is found by its place
        start = np.searchsorted(halo, np.arange(halo.max() + 1 if len(halo) else 0))
        order = np.argsort(self.halo, kind="stable")
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order)) - np.searchsorted(self.halo[order], self.halo[order])
        senders = start[halo[receivers]] + place[near.senders[edges]]
        return senders, receivers, near.offsets[edges]


def haloes_of(box: Box) -> Haloes:
    """The haloes of a box."""
    check_box(box)
    galaxies = box.galaxies
    centre, distance = towards_centre(box)
    values, frames = galaxies.eigenvalues, galaxies.frames
    spread = values - values.mean(-1, keepdims=True)
    spread = spread / (np.sqrt((spread**2).sum(-1, keepdims=True)) + 1e-9)
    tides = np.einsum("nsai,nsi,nsbi->nsab", frames, spread, frames)
    used, halo = np.unique(galaxies.halo, return_inverse=True)
    mass = np.log10(box.haloes.mass[used])
    plain = np.stack(
        [
            galaxies.log_mass - 10.5, mass[halo] - 12.5, 2.0 * galaxies.central - 1.0,
            np.minimum(distance, 4.0), 2.0 * galaxies.diskyness - 1.0,
        ], 1,
    )  # fmt: skip
    plain = np.concatenate([plain, np.arcsinh(values).reshape(len(plain), -1)], 1)
    ratios = np.stack([galaxies.axis_ratio_b, galaxies.axis_ratio_c], 1)
    graph = halo_edges(galaxies.position, halo, box.size, radius=_RADIUS)
    return Haloes(plain, tides, centre, ratios, halo, graph, mass)


def join_boxes(parts: list[Haloes]) -> Haloes:
    """The haloes of several boxes in one."""
    galaxies = np.cumsum([0, *(len(part) for part in parts)])
    haloes = np.cumsum([0, *(len(part.mass) for part in parts)])
    graph = Graph(
        np.concatenate([p.graph.senders + n for p, n in zip(parts, galaxies, strict=False)]),
        np.concatenate([p.graph.receivers + n for p, n in zip(parts, galaxies, strict=False)]),
        np.concatenate([p.graph.offsets for p in parts]), int(galaxies[-1]),
    )  # fmt: skip
    halo = np.concatenate([p.halo + n for p, n in zip(parts, haloes, strict=False)])
    return Haloes(
        np.concatenate([part.plain for part in parts]),
        np.concatenate([part.tides for part in parts]),
        np.concatenate([part.centre for part in parts]),
        np.concatenate([part.axis_ratios for part in parts]),
        halo, graph, np.concatenate([part.mass for part in parts]),
    )  # fmt: skip


def axes_to_sight(line_of_sight: int) -> np.ndarray:
    """The rotation that brings a coordinate axis to the third, keeping the order of axes."""
    if line_of_sight not in (0, 1, 2):
        raise ValueError(f"the line of sight is axis 0, 1 or 2, not {line_of_sight!r}")
    return np.roll(np.eye(3), 2 - line_of_sight, axis=0)


def ellipticities(
    haloes: Haloes, rows: np.ndarray, rotation: np.ndarray, turns: np.ndarray
) -> np.ndarray:
    """Projected shapes of galaxies whose haloes were turned, shape (N, 2)."""
    b, c = haloes.axis_ratios[rows].T
    return project(turns @ rotation[rows], b, c)


def fresh_orientations(boxes: list[Box], seed: int) -> np.ndarray:
    """Orientations of all galaxies of some boxes, drawn anew from the law, (N, 3, 3)."""
    generator = torch.Generator().manual_seed(seed)
    law = OrientationLaw()
    drawn = [law.mixture(box).sample(1, generator)[0] for box in boxes]
    return torch.cat(drawn).double().numpy()


def _members(halo: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the galaxies of haloes, halo by halo, and the place of each one's halo."""
    order = np.argsort(halo, kind="stable")
    first = np.searchsorted(halo[order], wanted, "left")
    count = np.searchsorted(halo[order], wanted, "right") - first
    place = np.repeat(np.arange(len(wanted)), count)
    offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return order[np.repeat(first, count) + offset], place
