r"""Rotations: maps between matrices, vectors, quaternions and axes, and the checks at the border.

A rotation is a matrix :math:`R` of shape :math:`(*, 3, 3)`. The columns of a galaxy's :math:`R`
are its major, intermediate and minor axis in space; tangent vectors and scores live in the body
frame, :math:`R \exp(\hat v)`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import roma
import torch
from torch import Tensor

__all__ = [
    "angle_between",
    "axis_coordinates",
    "check_rotations",
    "exp",
    "from_axis_coordinates",
    "from_quaternion",
    "hat",
    "log",
    "random_rotations",
    "relative_turn",
    "to_quaternion",
    "vee",
]

_TOLERANCE = 1e-3  # of the entries of R^T R, wide enough for tables of three decimals
_SHORTEST = 1e-6  # norm below which a quaternion has no direction


def hat(vector: Tensor) -> Tensor:
    r"""The antisymmetric matrix of a vector, :math:`\hat v w = v \times w`.

    Arguments:
        vector: Shape :math:`(*, 3)`.

    Returns:
        Shape :math:`(*, 3, 3)`.
    """
    x, y, z = vector.unbind(-1)
    nought = torch.zeros_like(x)
    rows = [nought, -z, y, z, nought, -x, -y, x, nought]
    return torch.stack(rows, -1).unflatten(-1, (3, 3))


def vee(matrix: Tensor) -> Tensor:
    r"""The vector of the antisymmetric part, :math:`\mathrm{vee}(M - M^T)`.

    For a rotation by :math:`\omega` about the unit vector :math:`n` it is
    :math:`2 \sin\omega\, n`.

    Arguments:
        matrix: Shape :math:`(*, 3, 3)`.

    Returns:
        Shape :math:`(*, 3)`.
    """
    m = matrix
    return torch.stack(
        [
            m[..., 2, 1] - m[..., 1, 2],
            m[..., 0, 2] - m[..., 2, 0],
            m[..., 1, 0] - m[..., 0, 1],
        ],
        -1,
    )


def exp(vector: Tensor) -> Tensor:
    r"""The rotation by :math:`|v|` about :math:`v`, :math:`\exp(\hat v)`.

    Arguments:
        vector: Rotation vectors in radians, shape :math:`(*, 3)`.

    Returns:
        Shape :math:`(*, 3, 3)`.

    Example:
        >>> bool(torch.allclose(exp(torch.zeros(3)), torch.eye(3)))
        True
    """
    square = (vector * vector).sum(-1)
    small = square < 1e-4
    safe = torch.where(small, torch.ones_like(square), square)
    angle = safe.sqrt()
    first = torch.where(small, 1 - square / 6 + square.square() / 120, angle.sin() / angle)
    half = (angle / 2).sin()
    second = torch.where(small, 0.5 - square / 24 + square.square() / 720, 2 * half * half / safe)
    matrix = hat(vector)
    outer = vector[..., :, None] * vector[..., None, :]
    eye = torch.eye(3, dtype=vector.dtype, device=vector.device)
    # hat(v)^2 = v v^T - |v|^2 I
    diagonal = (1 - second * square)[..., None, None] * eye
    return diagonal + first[..., None, None] * matrix + second[..., None, None] * outer


def log(rotation: Tensor) -> Tensor:
    r"""The rotation vector, of length :math:`[0, \pi]`; exact at the angle :math:`\pi` too.

    Arguments:
        rotation: Shape :math:`(*, 3, 3)`.

    Returns:
        Radians, shape :math:`(*, 3)`. At the angle :math:`\pi` one of the two opposite vectors.
    """
    vector: Tensor = roma.rotmat_to_rotvec(rotation)
    return vector


def relative_turn(rotation: Tensor, mean: Tensor) -> tuple[Tensor, Tensor]:
    r"""Angle and scaled axis of :math:`M^T R`, without the tear of the logarithm.

    Arguments:
        rotation: :math:`R`, shape :math:`(*, 3, 3)`.
        mean: :math:`M`, broadcast against it.

    Returns:
        The angle :math:`\omega` in radians, shape :math:`(*)`, and
        :math:`2 \sin\omega\, n`, shape :math:`(*, 3)`, in the body frame.
    """
    between = mean.transpose(-1, -2) @ rotation
    vector = vee(between)
    trace = between.diagonal(dim1=-2, dim2=-1).sum(-1)
    length = (vector * vector).sum(-1).clamp_min(1e-30).sqrt()
    return torch.atan2(length, trace - 1), vector


def angle_between(first: Tensor, second: Tensor) -> Tensor:
    r"""Geodesic distance of two rotations.

    Arguments:
        first: Shape :math:`(*, 3, 3)`.
        second: Broadcast against it.

    Returns:
        Radians in :math:`[0, \pi]`, shape :math:`(*)`.
    """
    return relative_turn(first, second)[0]


def random_rotations(n: int, generator: torch.Generator | None = None) -> Tensor:
    r"""Rotations drawn from the Haar measure.

    Arguments:
        n: Number of rotations.
        generator: Source of random numbers.

    Returns:
        Shape :math:`(n, 3, 3)`.
    """
    return _of_quaternion(torch.randn(n, 4, generator=generator))


def check_rotations(array: Any, what: str = "the rotations") -> Tensor:
    r"""Rotations from outside as float32, or an error that says what is wrong with them.

    Arguments:
        array: Anything of shape :math:`(*, 3, 3)`: array, tensor or nested lists.
        what: What the array is called in an error.

    Returns:
        The same matrices, made exactly orthogonal where they are so only to some decimals.
    """
    try:
        found = np.asarray(array.detach().cpu() if isinstance(array, Tensor) else array, float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{what} must be numbers of shape (n, 3, 3): {error}") from error
    if found.ndim < 2 or found.shape[-2:] != (3, 3):
        raise ValueError(
            f"{what} must have the shape (n, 3, 3), not {found.shape}: one 3 x 3 matrix each"
        )
    flat = found.reshape(-1, 3, 3)
    finite = np.isfinite(flat).all((1, 2))
    if not finite.all():
        raise ValueError(f"{what}: matrix {int(np.argmin(finite))} holds NaN or infinity; drop it")
    off = np.abs(flat.transpose(0, 2, 1) @ flat - np.eye(3)).max((1, 2), initial=0.0)
    if len(flat) and off.max() > _TOLERANCE:
        worst = int(off.argmax())
        raise ValueError(
            f"{what}: matrix {worst} is not orthogonal: R^T R differs from the identity by "
            f"{off[worst]:.3g}; give unit axes at right angles as columns"
        )
    handed = np.linalg.det(flat)
    if len(flat) and handed.min() < 0:
        worst = int(handed.argmin())
        raise ValueError(
            f"{what}: matrix {worst} is left-handed (determinant {handed[worst]:.3f}); "
            "flip the sign of one of its axes"
        )
    left, _, right = np.linalg.svd(flat)
    return torch.from_numpy((left @ right).reshape(found.shape).astype(np.float32))


def from_quaternion(quaternion: Any) -> Tensor:
    r"""Rotations of quaternions, in the order x, y, z, w.

    Arguments:
        quaternion: Shape :math:`(*, 4)`; the length does not matter, but must not be zero.

    Returns:
        Shape :math:`(*, 3, 3)`.
    """
    found = torch.as_tensor(quaternion)
    found = found if found.is_floating_point() else found.to(torch.float32)
    if found.ndim < 1 or found.shape[-1] != 4:
        raise ValueError(f"quaternions must have the shape (n, 4), not {tuple(found.shape)}")
    length = found.norm(dim=-1)
    bad = ~(length > _SHORTEST) | ~length.isfinite()
    if bad.any():
        value = found[bad][0].tolist()
        raise ValueError(f"the quaternion {value} is no rotation: its length must not be zero")
    return _of_quaternion(found)


def _of_quaternion(quaternion: Tensor) -> Tensor:
    matrix: Tensor = roma.unitquat_to_rotmat(torch.nn.functional.normalize(quaternion, dim=-1))
    return matrix


def to_quaternion(rotation: Tensor) -> Tensor:
    r"""Unit quaternions in the order x, y, z, w, with :math:`w \ge 0`.

    Arguments:
        rotation: Shape :math:`(*, 3, 3)`.

    Returns:
        Shape :math:`(*, 4)`.
    """
    found: Tensor = roma.rotmat_to_unitquat(rotation)
    return torch.where(found[..., 3:] < 0, -found, found)


def _frame(longitude: Tensor, latitude: Tensor) -> Tensor:
    """Outward, northern-plane basis (radial, east, north) at a place of the sphere, as columns."""
    zero = torch.zeros_like(longitude)
    sin_l, cos_l = longitude.sin(), longitude.cos()
    sin_b, cos_b = latitude.sin(), latitude.cos()
    radial = torch.stack([cos_b * cos_l, cos_b * sin_l, sin_b], -1)
    east = torch.stack([-sin_l, cos_l, zero], -1)
    north = torch.stack([-sin_b * cos_l, -sin_b * sin_l, cos_b], -1)
    return torch.stack([radial, east, north], -1)


def axis_coordinates(rotation: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    r"""Where the first column points, and the tilt (roll) about it.

    The tilt is the angle from the local east to the second column, towards north.

    Arguments:
        rotation: Shape :math:`(*, 3, 3)`.

    Returns:
        Longitude :math:`(-\pi, \pi]`, latitude and tilt :math:`(-\pi, \pi]`, in radians.
    """
    axis = rotation[..., 0]
    level = (axis[..., 0].square() + axis[..., 1].square()).sqrt()
    longitude, latitude = torch.atan2(axis[..., 1], axis[..., 0]), torch.atan2(axis[..., 2], level)
    turned = _frame(longitude, latitude).transpose(-1, -2) @ rotation
    return longitude, latitude, torch.atan2(turned[..., 2, 1], turned[..., 1, 1])


def from_axis_coordinates(longitude: Tensor, latitude: Tensor, tilt: Tensor) -> Tensor:
    r"""The rotation of a place on the sphere and a tilt: the inverse of `axis_coordinates`.

    Arguments:
        longitude: Radians, shape :math:`(*)`.
        latitude: Radians.
        tilt: Radians.

    Returns:
        Shape :math:`(*, 3, 3)`.
    """
    zero = torch.zeros_like(tilt)
    return _frame(longitude, latitude) @ exp(torch.stack([tilt, zero, zero], -1))
