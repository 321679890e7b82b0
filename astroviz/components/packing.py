r"""From arrays to the state of a sphere: checked, made float32, packed as bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["axis_angles", "pack", "sphere_state"]


def pack(values: ArrayLike, columns: int, what: str) -> bytes:
    """Rows of finite numbers as little-endian float32; ValueError with the first that is not."""
    array = np.asarray(values, dtype=np.float64)
    if array.size == 0:
        return b""
    if array.ndim != 2 or array.shape[1] != columns:
        raise ValueError(f"{what} have shape {array.shape}, not (n, {columns})")
    wrong = ~np.isfinite(array).all(1)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(f"{what} must be finite; row {row} is {array[row].tolist()}")
    return np.ascontiguousarray(array, dtype="<f4").tobytes()


def axis_angles(rotations: ArrayLike, axis: int = 0) -> np.ndarray:
    r"""Where an axis of each rotation points, and the roll about it.

    With the axis :math:`a`, the next axis :math:`b` (cyclically), east :math:`e` and north
    :math:`n` at the place of :math:`a`: longitude :math:`\operatorname{atan2}(a_y, a_x)`,
    latitude :math:`\arcsin a_z`, tilt :math:`\operatorname{atan2}(b\cdot n, b\cdot e)`.

    Arguments:
        rotations: Matrices whose columns are the axes, shape (N, 3, 3).
        axis: Which column.

    Returns:
        Longitude, latitude, tilt, rad, shape (N, 3).

    Example:
        >>> axis_angles(np.eye(3)[None]).tolist()
        [[0.0, 0.0, 0.0]]
    """
    matrices = np.asarray(rotations, dtype=np.float64)
    if matrices.size == 0:
        return np.empty((0, 3))
    if matrices.ndim != 3 or matrices.shape[1:] != (3, 3):
        raise ValueError(f"rotations have shape {matrices.shape}, not (n, 3, 3)")
    off = np.abs(np.swapaxes(matrices, 1, 2) @ matrices - np.eye(3)).max((1, 2))
    if not (off < 1e-3).all():
        row = int(np.argmax(~(off < 1e-3)))
        raise ValueError(
            f"rotations must be orthogonal; number {row} is off by {off[row]:.3g}: "
            "make its columns orthogonal and of length 1"
        )
    a, b = matrices[..., axis], matrices[..., (axis + 1) % 3]
    longitude = np.arctan2(a[:, 1], a[:, 0])
    latitude = np.arcsin(np.clip(a[:, 2], -1.0, 1.0))
    east = np.stack([-np.sin(longitude), np.cos(longitude), np.zeros_like(longitude)], -1)
    north = np.cross(a, east)
    tilt = np.arctan2((b * north).sum(-1), (b * east).sum(-1))
    return np.stack([longitude, latitude, tilt], -1)


def sphere_state(
    rotations: ArrayLike | None = None,
    axes: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    truth: ArrayLike | None = None,
    density: ArrayLike | None = None,
    places: ArrayLike | None = None,
    directions: ArrayLike | None = None,
    axis: int = 0,
    **state: Any,
) -> dict[str, Any]:
    r"""The part of a sphere's state that these arrays imply; set it with `param.update(**...)`.

    Only what is given is in the result, so that one part can change without the others.

    Arguments:
        rotations: Orientations, drawn at one of their axes and coloured by the roll about it,
            shape (N, 3, 3).
        axes: Directions instead, shape (N, 3), of any length; or longitude, latitude, tilt
            (rad) of each when passed as a mapping with these names.
        weights: Of each point; all 1 by default, shape (N,).
        truth: True orientations, drawn as open rings, shape (K, 3, 3) or (3, 3).
        density: Relative to uniform, in HEALPix pixels of the ring order,
            shape (12 nside^2,).
        places: Where arrows start, of any length, shape (M, 3).
        directions: Of the arrows; a direction of length 1 is `vector_scale` radii long.
        axis: Which axis of a rotation is drawn: 0 is the major one.
        state: Anything else of `traits.SPHERE`.

    Example:
        >>> found = sphere_state(rotations=np.eye(3)[None], point_size=5.0)
        >>> np.frombuffer(found["points"], "<f4").tolist(), found["point_size"]
        ([0.0, 0.0, 0.0, 1.0], 5.0)
    """
    found: dict[str, Any] = dict(state)
    if rotations is not None and axes is not None:
        raise ValueError("points are rotations or axes, not both: leave one of them out")
    angles = None
    if rotations is not None:
        angles = axis_angles(_stack(rotations), axis)
    elif axes is not None:
        angles = _angles_of(axes)
    if angles is not None:
        found["points"] = pack(np.column_stack([angles, _weights(weights, len(angles))]), 4,
                               "points")  # fmt: skip
    if truth is not None:
        found["rings"] = pack(axis_angles(_stack(truth), axis), 3, "rings")
    if density is not None:
        found["density"], found["nside"] = _density(density)
    if (places is None) != (directions is None):
        raise ValueError("arrows need both places and directions")
    if places is not None:
        found["vectors"] = _arrows(places, directions)
    return found


def _stack(rotations: ArrayLike) -> np.ndarray:
    matrices = np.asarray(rotations, dtype=np.float64)
    return matrices[None] if matrices.shape == (3, 3) else matrices


def _angles_of(axes: Any) -> np.ndarray:
    """Longitude, latitude and tilt of directions or of a mapping of angles."""
    if hasattr(axes, "keys"):
        longitude, latitude = (np.atleast_1d(axes[n]) for n in ("longitude", "latitude"))
        tilt = np.broadcast_to(axes["tilt"] if "tilt" in axes else 0.0, longitude.shape)
        return np.stack([longitude, latitude, tilt], -1).astype(np.float64)
    unit = _unit(axes, "axes")
    longitude = np.arctan2(unit[:, 1], unit[:, 0])
    latitude = np.arcsin(np.clip(unit[:, 2], -1.0, 1.0))
    return np.stack([longitude, latitude, np.zeros(len(unit))], -1)


def _unit(vectors: ArrayLike, what: str) -> np.ndarray:
    array = np.asarray(vectors, dtype=np.float64).reshape(-1, np.shape(vectors)[-1] or 3)
    if array.shape[-1] != 3:
        raise ValueError(f"{what} have shape {np.shape(vectors)}, not (n, 3)")
    length = np.linalg.norm(array, axis=-1)
    if not (length > 0).all():
        row = int(np.argmax(~(length > 0)))
        raise ValueError(f"{what} must have a length; row {row} is {array[row].tolist()}")
    return array / length[:, None]


def _weights(weights: ArrayLike | None, count: int) -> np.ndarray:
    if weights is None:
        return np.ones(count)
    array = np.asarray(weights, dtype=np.float64)
    if array.shape != (count,):
        raise ValueError(f"there are {count} points but weights of shape {array.shape}")
    if (array < 0).any():
        raise ValueError(f"weights must not be negative; the smallest is {array.min():.4g}")
    return array


def _density(density: ArrayLike) -> tuple[bytes, int]:
    """Bytes and resolution of a map."""
    array = np.asarray(density, dtype=np.float64)
    if array.size == 0:
        return b"", 0
    nside = round(np.sqrt(array.size / 12))
    if array.ndim != 1 or 12 * nside**2 != array.size:
        raise ValueError(f"a density has 12 nside^2 pixels, not shape {array.shape}")
    if not np.isfinite(array).all() or (array < 0).any():
        raise ValueError("a density must be finite and not negative")
    return array.astype("<f4").tobytes(), int(nside)


def _arrows(places: ArrayLike, directions: ArrayLike | None) -> bytes:
    if np.size(places) == 0:
        return b""
    starts, ways = _unit(places, "places"), np.asarray(directions, dtype=np.float64)
    if ways.shape != starts.shape:
        raise ValueError(f"there are {len(starts)} places but directions of shape {ways.shape}")
    return pack(np.column_stack([starts, ways]), 6, "arrows")
