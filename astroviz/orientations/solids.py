r"""Five solids and the rotations that leave each of them as it was.

A solid is given in its own frame, inside the unit sphere. Tetrahedron, cube and icosahedron are
intersections of half-spaces :math:`\{x : n_f \cdot x \le d\}`, symmetric under 12, 24 and 60
rotations; a cone about the z axis is symmetric under every turn about that axis, a cylinder also
under turning it upside down. `R` and `R g` look the same for every symmetry `g`.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from astroviz.orientations.groups import group

__all__ = [
    "SHAPES",
    "Solid",
    "axis_of",
    "equivalents",
    "nearest_angle",
    "nearest_equivalent",
    "solid",
    "symmetries",
]

SHAPES = ("tetrahedron", "cube", "icosahedron", "cone", "cylinder")
"""Names of the solids."""

_GROUPS = {"tetrahedron": "T", "cube": "O", "icosahedron": "I"}
_GOLDEN = (1 + math.sqrt(5)) / 2


@dataclass(frozen=True)
class Solid:
    r"""A convex solid inside the unit sphere.

    Arguments:
        name: One of `SHAPES`.
        normals: Outward unit normals of its flat faces, shape :math:`(F, 3)`.
        offset: Distance of these faces from the origin; the solid is inside all of them.
        slope: Of the cone's side: radius lost for each unit of height; 0 for a cylinder.
        radius: Of the cylinder, or of the cone at height 0; 0 for a solid without a round side.
    """

    name: str
    normals: Tensor
    offset: float
    slope: float = 0.0
    radius: float = 0.0

    @property
    def is_round(self) -> bool:
        """Whether it has a round side, and so a continuous symmetry."""
        return self.radius > 0


@functools.cache
def solid(name: str) -> Solid:
    """The solid of a name; ValueError for an unknown one."""
    if name not in SHAPES:
        raise ValueError(f"there is no solid {name!r}; there is {', '.join(SHAPES)}")
    axis = torch.tensor([[0.0, 0.0, 1.0]])
    if name == "cone":  # apex at (0, 0, 1), a base of radius 0.8 at z = -0.6
        return Solid(name, -axis, 0.6, slope=0.5, radius=0.5)
    if name == "cylinder":
        return Solid(name, torch.cat([axis, -axis]), 0.8, radius=0.5)
    if name == "tetrahedron":
        normals, offset = -_corners_of_tetrahedron(), 1 / 3
    elif name == "cube":
        normals, offset = np.concatenate([np.eye(3), -np.eye(3)]), 1 / math.sqrt(3)
    else:  # the faces of an icosahedron look at the corners of a dodecahedron
        normals = _corners_of_dodecahedron()
        offset = math.sqrt((5 + 2 * math.sqrt(5)) / 15)
    unit = normals / np.linalg.norm(normals, axis=1, keepdims=True)
    return Solid(name, torch.from_numpy(unit).float(), offset)


def _corners_of_tetrahedron() -> np.ndarray:
    return np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], dtype=np.float64)


def _corners_of_dodecahedron() -> np.ndarray:
    signs = np.array([[a, b, c] for a in (1, -1) for b in (1, -1) for c in (1, -1)], float)
    # rectangles in these planes, not in their mirror images: only then does the group fit
    flat = [[0.0, a * _GOLDEN, b / _GOLDEN] for a in (1, -1) for b in (1, -1)]
    rolled = [np.roll(flat, k, 1) for k in range(3)]
    return np.concatenate([signs, *rolled])


@functools.cache
def symmetries(name: str) -> Tensor:
    r"""The rotations that leave a solid as it was, shape :math:`(G, 3, 3)`.

    Cone and cylinder have infinitely many: they get only the identity, and for the cylinder half
    a turn about x; the turns about z are told by `Solid.is_round`.
    """
    if solid(name).is_round:
        half = torch.diag(torch.tensor([1.0, -1.0, -1.0]))
        return torch.stack([torch.eye(3), half] if name == "cylinder" else [torch.eye(3)])
    return group(_GROUPS[name]).float()


def axis_of(rotation: Tensor) -> Tensor:
    r"""Where the solid's z axis points, shape :math:`(*, 3)`."""
    return rotation[..., :, 2]


def equivalents(name: str, rotation: Tensor, turns: int = 72) -> Tensor:
    r"""Rotations that look the same.

    Arguments:
        name: One of `SHAPES`.
        rotation: Shape :math:`(*, 3, 3)`.
        turns: How many turns about the axis stand for the infinitely many of a round solid.

    Returns:
        Shape :math:`(*, G, 3, 3)`, with :math:`G` of 12, 24, 60, `turns` or twice `turns`.
    """
    group = symmetries(name)
    if solid(name).is_round:
        angle = torch.arange(turns) * (2 * math.pi / turns)
        zero, one = torch.zeros_like(angle), torch.ones_like(angle)
        rows = [angle.cos(), -angle.sin(), zero, angle.sin(), angle.cos(), zero, zero, zero, one]
        about = torch.stack(rows, -1).reshape(turns, 3, 3)
        group = (group[:, None] @ about).reshape(-1, 3, 3)
    return rotation[..., None, :, :] @ group.to(rotation)


def nearest_angle(name: str, rotation: Tensor, truth: Tensor) -> Tensor:
    r"""Angle to the nearest rotation that looks like the truth.

    For a round solid this is exact: the smallest angle over all turns about the axis is the
    angle between the axes.

    Arguments:
        name: One of `SHAPES`.
        rotation: Shape :math:`(*, 3, 3)`.
        truth: Broadcasts against `rotation`.

    Returns:
        Angle, rad, shape :math:`(*)`.
    """
    if solid(name).is_round:
        one, other = axis_of(rotation), axis_of(truth)
        sine = torch.linalg.cross(one, other.expand_as(one)).norm(dim=-1)
        angle = torch.atan2(sine, (one * other).sum(-1))
        return torch.minimum(angle, math.pi - angle) if name == "cylinder" else angle
    between = rotation.mT @ truth
    trace = torch.einsum("...ij,gji->...g", between, symmetries(name).to(rotation)).amax(-1)
    # |R - R0| = sqrt(8) sin(angle / 2): no loss of digits at small angles
    chord = (6 - 2 * trace).clamp(min=0).sqrt()
    return 2 * torch.asin((chord / math.sqrt(8)).clamp(max=1))


def nearest_equivalent(name: str, rotation: Tensor, truth: Tensor) -> Tensor:
    r"""The rotation that looks like `rotation` and is nearest to the truth.

    Arguments:
        name: A solid with a finite group.
        rotation: Shape :math:`(N, 3, 3)`.
        truth: Shape :math:`(3, 3)` or :math:`(N, 3, 3)`.

    Returns:
        Shape :math:`(N, 3, 3)`.
    """
    all_of_them = rotation[:, None] @ symmetries(name).to(rotation)
    closeness = (all_of_them * truth.reshape(-1, 1, 3, 3)).sum((-1, -2))
    return all_of_them[torch.arange(len(rotation)), closeness.argmax(1)]
