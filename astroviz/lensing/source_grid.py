r"""A square grid of source pixels: bilinear weights, their slopes, and smooth priors on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

__all__ = ["SourceGrid"]


@dataclass(frozen=True)
class SourceGrid:
    r"""Pixels of the source plane.

    Arguments:
        pixels: Pixels along a side, :math:`s`.
        scale: Arcsec per pixel.
        x: Centre of the grid, arcsec.
        y: Centre of the grid, arcsec.

    Example:
        >>> SourceGrid(4, 0.1).weights(np.zeros(1), np.zeros(1)).sum()
        np.float64(1.0)
    """

    pixels: int
    scale: float
    x: float = 0.0
    y: float = 0.0

    @property
    def size(self) -> int:
        """Number of pixels, d."""
        return self.pixels**2

    @property
    def width(self) -> float:
        """Side of the grid, arcsec."""
        return self.pixels * self.scale

    def positions(self) -> tuple[np.ndarray, np.ndarray]:
        """X and y of the pixels' centres, arcsec, each shape (d,), row-major."""
        line = (np.arange(self.pixels) - (self.pixels - 1) / 2) * self.scale
        y, x = np.meshgrid(line + self.y, line + self.x, indexing="ij")
        return x.ravel(), y.ravel()

    def weights(self, bx: np.ndarray, by: np.ndarray) -> sparse.csr_matrix:
        """Bilinear weights of the grid at points, shape (r, d); zero beyond the grid."""
        return self._matrices(bx, by, slopes=False)[0]

    def weights_and_slopes(
        self, bx: np.ndarray, by: np.ndarray
    ) -> tuple[sparse.csr_matrix, sparse.csr_matrix, sparse.csr_matrix]:
        """Weights and their derivatives in x and in y, per arcsec."""
        found = self._matrices(bx, by, slopes=True)
        return found[0], found[1], found[2]

    def _matrices(self, bx: np.ndarray, by: np.ndarray, slopes: bool) -> list[sparse.csr_matrix]:
        s = self.pixels
        u = (np.asarray(bx) - self.x) / self.scale + (s - 1) / 2
        v = (np.asarray(by) - self.y) / self.scale + (s - 1) / 2
        column, row = np.floor(u), np.floor(v)
        fu, fv = u - column, v - row
        along = ((1 - fu), fu), ((1 - fv), fv)
        sign = (-1.0 / self.scale, 1.0 / self.scale)
        columns, kinds = [], ([], [], [])  # type: ignore[var-annotated]
        for i in (0, 1):
            for j in (0, 1):
                c, r = column + j, row + i
                inside = (c >= 0) & (c < s) & (r >= 0) & (r < s)
                columns.append(np.where(inside, r * s + c, 0).astype(np.int32))
                kinds[0].append(along[0][j] * along[1][i] * inside)
                if slopes:
                    kinds[1].append(sign[j] * along[1][i] * inside)
                    kinds[2].append(along[0][j] * sign[i] * inside)
        index = np.stack(columns, 1)
        starts = np.arange(0, 4 * len(index) + 1, 4, dtype=np.int32)
        return [
            sparse.csr_matrix(
                (np.stack(values, 1).ravel(), index.ravel().copy(), starts),
                shape=(len(index), s * s),
            )
            for values in kinds
            if values
        ]

    def matern(self, length: float) -> np.ndarray:
        r"""Matern-3/2 correlation of the pixels, shape (d, d).

        Arguments:
            length: Correlation length :math:`\ell`, arcsec:
                :math:`(1 + \sqrt3 r/\ell)\,e^{-\sqrt3 r/\ell}`.
        """
        x, y = self.positions()
        r = np.sqrt(3) / length * np.hypot(x[:, None] - x, y[:, None] - y)
        return np.asarray((1 + r) * np.exp(-r))
