r"""Clouds in cells, Fourier wavenumbers and trilinear readings on a periodic mesh.

A mesh of `cells` to a side has its nodes at integers: all positions here are in cells. Particles
are worked through in pieces, so that memory stays at a few times the mesh.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

__all__ = ["paint", "read", "smooth_cells", "wavenumbers"]

_PIECE = 1 << 15  # particles at one time


def paint(position: Tensor, cells: int, weight: Tensor | None = None) -> Tensor:
    r"""Mass of particles spread on the eight nodes around each (cloud in cell).

    Arguments:
        position: In cells, any real number, shape :math:`(N, 3)`.
        cells: Cells to a side.
        weight: Mass of each, shape :math:`(N,)`; one by default.

    Returns:
        Mass on the nodes, shape :math:`(cells, cells, cells)`.

    Example:
        >>> paint(torch.tensor([[0.25, 0.0, 0.0]]), 4)[:2, 0, 0]
        tensor([0.7500, 0.2500])

    References:
        | Hockney & Eastwood (1981)
    """
    mesh = position.new_zeros(cells**3)
    for start in range(0, len(position), _PIECE):
        piece = position[start : start + _PIECE]
        mass = None if weight is None else weight[start : start + _PIECE]
        for node, share in _corners(piece, cells):
            mesh.index_add_(0, node, share if mass is None else share * mass)
    return mesh.view(cells, cells, cells)


def read(mesh: Tensor, position: Tensor) -> Tensor:
    r"""Trilinear values of periodic meshes: the transpose of `paint`.

    Arguments:
        mesh: Values on the nodes, one or several for each,
            shape :math:`(cells, cells, cells)` or :math:`(cells, cells, cells, F)`.
        position: In cells, shape :math:`(N, 3)`.

    Returns:
        Shape :math:`(N,)` or :math:`(N, F)`.
    """
    cells = mesh.shape[0]
    flat = mesh.reshape(cells**3, -1)
    values = mesh.new_zeros(len(position), flat.shape[1])
    for start in range(0, len(position), _PIECE):
        into = values[start : start + _PIECE]
        for node, share in _corners(position[start : start + _PIECE].to(mesh.dtype), cells):
            into.addcmul_(flat.index_select(0, node), share[:, None])
    return values if mesh.ndim == 4 else values[:, 0]


def wavenumbers(cells: int, size: float, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    r"""Wavenumbers of a real transform, each shaped to broadcast along its own axis.

    Arguments:
        cells: Cells to a side.
        size: Side of the box; 1/size is the unit of what is returned, times :math:`2\pi`.
        dtype: Of the numbers.
    """
    step = 2 * torch.pi / size
    full = torch.fft.fftfreq(cells, 1 / cells, dtype=dtype) * step
    half = torch.fft.rfftfreq(cells, 1 / cells, dtype=dtype) * step
    return [full.view(-1, 1, 1), full.view(1, -1, 1), half.view(1, 1, -1)]


def smooth_cells(least: float) -> int:
    """The smallest even number of at least `least` with prime factors up to five."""
    cells = max(2, int(-(-least // 1)))
    while cells % 2 or _rest(cells) > 1:
        cells += 1
    return cells


def _rest(number: int) -> int:
    for prime in (2, 3, 5):
        while number % prime == 0:
            number //= prime
    return number


def _corners(position: Tensor, cells: int) -> Iterator[tuple[Tensor, Tensor]]:
    """The eight nodes around each particle, flat indices, with the shares of its mass."""
    floor = torch.floor(position)
    part = position - floor
    low = torch.remainder(floor, cells).int()
    high = torch.where(low == cells - 1, 0, low + 1)
    rows = (low[:, 0] * cells**2, high[:, 0] * cells**2)
    columns = (low[:, 1] * cells, high[:, 1] * cells)
    depth = (low[:, 2], high[:, 2])
    shares = [(1 - part[:, i], part[:, i]) for i in range(3)]
    for i in (0, 1):
        for j in (0, 1):
            plane, across = rows[i] + columns[j], shares[0][i] * shares[1][j]
            for k in (0, 1):
                yield plane + depth[k], across * shares[2][k]
