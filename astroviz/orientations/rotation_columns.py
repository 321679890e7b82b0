r"""Rotations as the columns of draws: where the first axis points, the tilt, and a quaternion."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from astroviz.orientations.rotations import axis_coordinates, to_quaternion

__all__ = ["COLUMNS", "UNITS", "columns_of", "rotations_of"]

COLUMNS = ("longitude", "latitude", "tilt", "q_x", "q_y", "q_z", "q_w")
UNITS = ("deg", "deg", "deg", "", "", "", "")


def columns_of(rotation: Tensor) -> np.ndarray:
    r"""Longitude, latitude and tilt in degrees, and the quaternion with :math:`w \ge 0`.

    Arguments:
        rotation: Shape :math:`(N, 3, 3)`.

    Returns:
        Shape :math:`(N, 7)`, float32, in the order of `COLUMNS`.
    """
    place = torch.rad2deg(torch.stack(axis_coordinates(rotation), -1))
    values = torch.cat([place, to_quaternion(rotation)], -1)
    return values.detach().cpu().numpy().astype(np.float32)


def rotations_of(draws: np.ndarray) -> np.ndarray:
    """Matrices of the rows that `columns_of` gave, shape (N, 3, 3)."""
    from astroviz.orientations.rotations import from_quaternion

    found: np.ndarray = from_quaternion(np.asarray(draws)[:, 3:7]).numpy()
    return found
