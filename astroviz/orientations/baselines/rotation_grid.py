r"""An even grid on SO(3): pixels of the sphere times turns.

References:
    | Yershova et al. (2010), Generating uniform incremental grids on SO(3) using the Hopf
      fibration; Gorski et al. (2005), HEALPix, https://arxiv.org/abs/astro-ph/0409513
"""

from __future__ import annotations

import functools
import math

import healpy
import numpy as np
import torch
from torch import Tensor

from astroviz.orientations.rotations import from_axis_coordinates

__all__ = ["cell_size", "rotation_grid"]


@functools.cache
def rotation_grid(level: int) -> Tensor:
    r"""Rotations that stand for cells of equal volume.

    Arguments:
        level: Each level halves the cells' size; 0 has 72 cells of 60 degrees.

    Returns:
        Shape :math:`(72 \cdot 8^r, 3, 3)`; not to be written into.
    """
    nside, turns = 2**level, 6 * 2**level
    theta, phi = healpy.pix2ang(nside, np.arange(healpy.nside2npix(nside)))
    tilt = (torch.arange(turns) + 0.5) * (2 * math.pi / turns) - math.pi
    longitude = torch.from_numpy(phi).float()[:, None].expand(-1, turns)
    latitude = torch.from_numpy(0.5 * math.pi - theta).float()[:, None].expand(-1, turns)
    grid = from_axis_coordinates(longitude, latitude, tilt.expand(len(theta), -1))
    return grid.reshape(-1, 3, 3)


def cell_size(level: int) -> float:
    r"""Side of a cube of the volume of a cell, rad."""
    return float((8 * math.pi**2 / (72 * 8**level)) ** (1 / 3))
