r"""Orientations from a table: shape axes as vectors, quaternions, or matrices.

Axes may have any length and any sign (an ellipsoid does not know signs); two of the three are
enough. With the major axis alone the tidal field decides the turn about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from astropy.table import Table

from astroviz.io.errors import TableError
from astroviz.orientations.rotations import check_rotations, from_quaternion
from astroviz.orientations.table_roles import Column, vector_of

__all__ = ["frames_of_axes", "read_rotations"]

_SKEW = 0.05  # largest cosine between axes that are meant to be orthogonal
_AXES = ("major", "intermediate", "minor")


def read_rotations(
    rows: Table, frames: np.ndarray, chosen: Mapping[str, Any], notes: list[str]
) -> np.ndarray | None:
    r"""Rotations with the major, intermediate and minor axis as columns.

    Arguments:
        rows: The table.
        frames: Tidal frames, shape :math:`(N, 3, 3)`, for the turn about a lone major axis.
        chosen: Columns that the user named, by role.
        notes: Sentences are added here.

    Returns:
        Shape :math:`(N, 3, 3)`; None where the table has no shapes.
    """
    matrices = vector_of(rows, "rotation", chosen)
    if matrices is not None and matrices.values.ndim == 3:
        return _checked(lambda: check_rotations(matrices.values, matrices.name))
    quaternion = vector_of(rows, "quaternion", chosen)
    if quaternion is not None and quaternion.values.shape[1:] == (4,):
        notes.append(f"Quaternions were read in the order x, y, z, w ({quaternion.name} first).")
        return _checked(lambda: from_quaternion(quaternion.values))
    axes = {axis: vector_of(rows, axis, chosen) for axis in _AXES}
    found = {axis: _unit(column) for axis, column in axes.items() if column is not None}
    if not found:
        return None
    if "major" in found and len(found) == 1:
        notes.append("Only the major axis is known: the turn about it follows the tidal field.")
        return _completed(found["major"], frames)
    if len(found) == 1:
        raise TableError(
            f"of the shape only the {next(iter(found))} axis was found; add the major one, "
            "for example as a_x, a_y, a_z."
        )
    return frames_of_axes(found)


def frames_of_axes(axes: Mapping[str, np.ndarray]) -> np.ndarray:
    r"""Right-handed frames from two or three unit axes, made exactly orthogonal.

    Arguments:
        axes: At least two of `major`, `intermediate` and `minor`, each of shape :math:`(N, 3)`.
    """
    names = [name for name in _AXES if name in axes]
    for n, name in enumerate(names):
        for other in names[n + 1 :]:
            cosine = np.abs((axes[name] * axes[other]).sum(1))
            if cosine.max() > _SKEW:
                row = int(cosine.argmax())
                raise TableError(
                    f"the {name} and {other} axes in row {row} are not orthogonal: the cosine "
                    f"between them is {cosine[row]:.3g}."
                )
    first, second = names[0], names[1]
    a = axes[first]
    b = axes[second] - (axes[second] * a).sum(1, keepdims=True) * a
    b /= np.linalg.norm(b, axis=1, keepdims=True)
    columns = {first: a, second: b}
    if "minor" not in columns:
        columns["minor"] = np.cross(columns["major"], columns["intermediate"])
    elif "intermediate" not in columns:
        columns["intermediate"] = np.cross(columns["minor"], columns["major"])
    else:
        columns["major"] = np.cross(columns["intermediate"], columns["minor"])
    return np.stack([columns[name] for name in _AXES], -1)


def _completed(major: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """The major axis with the tidal axis that is most across it as the next."""
    cosine = np.abs(np.einsum("ni,nij->nj", major, frames))
    across = frames[np.arange(len(major)), :, cosine.argmin(1)]
    minor = across - (across * major).sum(1, keepdims=True) * major
    minor /= np.linalg.norm(minor, axis=1, keepdims=True)
    return np.stack([major, np.cross(minor, major), minor], -1)


def _unit(column: Column) -> np.ndarray:
    values = column.values
    if values.ndim != 2 or values.shape[1] != 3:
        raise TableError(f"the axis {column.name} has {values.shape[1:]} numbers a row, not 3.")
    length = np.linalg.norm(values, axis=1)
    wrong = ~(np.isfinite(length) & (length > 0))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise TableError(
            f"the axis {column.name} in row {row} has no direction ({values[row].tolist()}); "
            "remove such rows."
        )
    return np.asarray(values / length[:, None])


def _checked(read: Any) -> np.ndarray:
    try:
        return np.asarray(read().double().numpy())
    except ValueError as error:
        raise TableError(f"the orientations of the table cannot be used: {error}") from error
