r"""The tidal tensor of a density field, its frames, and the type of the cosmic web.

.. math::

    T_{ij} = \partial_i \partial_j \phi, \qquad \nabla^2 \phi = \delta, \qquad
    \mathrm{tr}\, T = \delta

with the density smoothed by a Gaussian of each scale. A positive eigenvalue means collapse along
its axis; the axis of the smallest is that of the slowest collapse.

References:
    | Hahn et al. (2007): https://arxiv.org/abs/astro-ph/0610280
    | Forero-Romero et al. (2009), threshold 0.2: https://arxiv.org/abs/0809.4135
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from astroviz.orientations.box import SCALES
from astroviz.orientations.mesh import paint, read, smooth_cells, wavenumbers

__all__ = ["CELL", "THRESHOLD", "TidalField", "eigen_frames", "web_type"]

CELL = 0.75
"""Largest cell of the mesh, Mpc/h."""

THRESHOLD = 0.2
"""Eigenvalue above which an axis counts as collapsing."""

_PAIRS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))


class TidalField:
    r"""The tidal field of point masses in a periodic box.

    Arguments:
        position: Mpc/h, shape :math:`(N, 3)`.
        size: Side of the box, Mpc/h.
        scales: Smoothing scales (Gaussian standard deviations), Mpc/h.
        weight: Mass of each, shape :math:`(N,)`; equal by default.
        cells: Cells to a side; by default as many as make them at most `CELL` wide.
        check: Called before each transform; what it raises ends the work.
    """

    def __init__(
        self,
        position: Tensor,
        size: float,
        scales: tuple[float, ...] = SCALES,
        weight: Tensor | None = None,
        cells: int | None = None,
        check: Callable[[], None] | None = None,
    ) -> None:
        self.size, self.scales = float(size), tuple(scales)
        self.cells = cells or smooth_cells(size / CELL)
        self._check = check
        mass = paint(position.float() * (self.cells / size), self.cells, weight)
        contrast = mass / mass.mean() - 1.0
        self._k = wavenumbers(self.cells, size)
        self._modes = torch.fft.rfftn(contrast) * self._kernel()

    @classmethod
    def of_contrast(
        cls, contrast: Tensor, size: float, scales: tuple[float, ...] = SCALES
    ) -> TidalField:
        """The field of a density contrast that is already on a mesh."""
        field = cls.__new__(cls)
        field.size, field.scales, field.cells = float(size), tuple(scales), contrast.shape[0]
        field._check = None
        field._k = wavenumbers(field.cells, size)
        square = field._square()
        field._modes = torch.fft.rfftn(contrast.float()) / square
        field._modes[0, 0, 0] = 0.0
        return field

    def at(self, position: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        r"""Eigenvalues and frames at places, read between the nodes.

        Arguments:
            position: Mpc/h, shape :math:`(M, 3)`.

        Returns:
            Eigenvalues, ascending, shape :math:`(M, S, 3)`, and frames of shape
            :math:`(M, S, 3, 3)` with the eigenvectors as columns.
        """
        return eigen_frames(self.tensor(position))

    def tensor(self, position: np.ndarray) -> np.ndarray:
        r"""The tensors at places, shape :math:`(M, S, 3, 3)`."""
        where = torch.as_tensor(position / self.size * self.cells, dtype=torch.float32)
        tensors = np.zeros((len(position), len(self.scales), 3, 3))
        for s, scale in enumerate(self.scales):
            if self._check is not None:
                self._check()
            smooth = self._modes * torch.exp(-0.5 * self._square() * scale**2)
            fields = torch.stack([self._component(smooth, i, j) for i, j in _PAIRS], -1)
            values = read(fields, where).double().numpy()
            for c, (i, j) in enumerate(_PAIRS):
                tensors[:, s, i, j] = tensors[:, s, j, i] = values[:, c]
        return tensors

    def _component(self, smooth: Tensor, i: int, j: int) -> Tensor:
        return torch.fft.irfftn(self._k[i] * self._k[j] * smooth, s=(self.cells,) * 3)

    def _square(self) -> Tensor:
        square = self._k[0] ** 2 + self._k[1] ** 2 + self._k[2] ** 2
        square[0, 0, 0] = 1.0
        return square

    def _kernel(self) -> Tensor:
        """Inverse Laplacian (T = k k delta / k^2), with the cloud in cell taken out again."""
        kernel = 1.0 / self._square()
        for k in self._k:
            kernel = kernel / torch.sinc(k * self.size / self.cells / (2 * torch.pi)) ** 2
        kernel[0, 0, 0] = 0.0
        return kernel


def eigen_frames(tensors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Eigenvalues, ascending, and right-handed eigenvectors of symmetric matrices.

    Arguments:
        tensors: Shape :math:`(*, 3, 3)`.

    Returns:
        Shapes :math:`(*, 3)` and :math:`(*, 3, 3)`, eigenvectors as columns. Their signs mean
        nothing but the handedness.
    """
    values, vectors = np.linalg.eigh(tensors)
    vectors = vectors.copy()
    vectors[..., 2] *= np.sign(np.linalg.det(vectors))[..., None]
    return values, vectors


def web_type(eigenvalues: np.ndarray, threshold: float = THRESHOLD) -> np.ndarray:
    r"""Type of the cosmic web: the number of collapsing axes.

    Arguments:
        eigenvalues: Shape :math:`(*, 3)`.
        threshold: Above which an axis collapses.

    Returns:
        0 void, 1 sheet, 2 filament, 3 knot, shape :math:`(*)`.
    """
    return (eigenvalues > threshold).sum(-1)
