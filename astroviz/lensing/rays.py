r"""Rays of an observation: which pixels matter, how they are blurred, and how noise is whitened.

Light reaches a used pixel through the PSF from pixels around it, so rays start from the mask grown
by the PSF. PSF and whitening are one sparse matrix, made once.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch
from scipy import ndimage, signal, sparse

from astroviz.lensing.lens import deflection
from astroviz.lensing.observation import Observation
from astroviz.lensing.shapes import power_law
from astroviz.lensing.sky_noise import SkyNoise

__all__ = ["Rays"]

_STEP = 1e-4


class Rays:
    r"""Rays, blur and noise of an observation.

    Arguments:
        observation: The observation; its mask says which :math:`m` pixels are used.
        noise: Noise of the same mask.
        upsample: Rays along each side of a pixel.
    """

    def __init__(self, observation: Observation, noise: SkyNoise, upsample: int = 1) -> None:
        if noise.mask.shape != observation.shape or (noise.mask != observation.mask).any():
            raise ValueError("the noise and the observation must have the same mask")
        self.observation, self.noise, self.upsample = observation, noise, int(upsample)
        psf = observation.psf
        self.margin = (0, 0) if psf is None else (psf.shape[0] // 2, psf.shape[1] // 2)
        rows, columns = self.margin
        grown = np.pad(observation.mask, ((rows, rows), (columns, columns)))
        if psf is not None:  # light of beyond the frame reaches it too
            grown = ndimage.binary_dilation(grown, np.ones(psf.shape, dtype=bool))
        self.region = grown
        y, x = ((np.indices(grown.shape) - (np.array(grown.shape) - 1).reshape(2, 1, 1) / 2)
                * observation.pixel_scale)  # fmt: skip
        offset = ((np.arange(upsample) + 0.5) / upsample - 0.5) * observation.pixel_scale
        dy, dx = np.meshgrid(offset, offset, indexing="ij")
        self.x = (x[grown][:, None] + dx.ravel()).ravel()
        self.y = (y[grown][:, None] + dy.ravel()).ravel()

    @property
    def used(self) -> int:
        """Number of used pixels, m."""
        return self.observation.used

    @cached_property
    def data(self) -> np.ndarray:
        """Brightness of the used pixels, shape (m,)."""
        return np.asarray(self.observation.image[self.observation.mask], dtype=np.float64)

    @cached_property
    def whitener(self) -> sparse.csr_matrix:
        """Sparse whitening of the used pixels; see `SkyNoise.sparse_whitener`."""
        return self.noise.sparse_whitener

    @cached_property
    def white_data(self) -> np.ndarray:
        """Whitened data, shape (m,)."""
        return np.asarray(self.whitener @ self.data)

    @cached_property
    def log_determinant(self) -> float:
        """Log det of the noise covariance that the sparse whitening stands for."""
        return -2 * float(np.log(self.whitener.diagonal()).sum())

    def colour(self, white: np.ndarray) -> np.ndarray:
        """Undo the whitening, shape (m,)."""
        solved = sparse.linalg.spsolve_triangular(self.whitener, white, lower=True)
        return np.asarray(solved)

    def softened(self, factor: float) -> Rays:
        """The same with noise larger by a factor: a smoother landscape to climb first."""
        found = Rays.__new__(Rays)
        found.__dict__.update(self.__dict__)
        found.white_data = self.white_data / factor
        found.whitened_psf = self.whitened_psf / factor
        found.whitener = self.whitener / factor
        found.log_determinant = self.log_determinant + 2 * self.used * float(np.log(factor))
        return found

    @cached_property
    def whitened_psf(self) -> sparse.csr_matrix:
        """From the region's pixels to whitened used pixels, shape (m, region)."""
        return sparse.csr_matrix(self.whitener @ self.psf)

    @cached_property
    def psf(self) -> sparse.csr_matrix:
        """From the region's pixels to the used pixels, shape (m, region)."""
        number = np.full(self.region.shape, -1)
        number[self.region] = np.arange(int(self.region.sum()))
        here = np.argwhere(self.observation.mask) + np.array(self.margin)
        m, kernel = len(here), self.observation.psf
        if kernel is None:
            kernel = np.ones((1, 1))
        rows, columns, values = [], [], []
        middle = np.array(kernel.shape) // 2
        for i, j in np.ndindex(*kernel.shape):
            # convolution: light at p - offset reaches p with the kernel's value at the offset
            there = here - (np.array([i, j]) - middle)
            inside = ((there >= 0) & (there < self.region.shape)).all(1)
            rows.append(np.flatnonzero(inside))
            columns.append(number[tuple(there[inside].T)])
            values.append(np.full(int(inside.sum()), kernel[i, j]))
        parts = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
        return sparse.csr_matrix(parts, shape=(m, int(self.region.sum())))

    def binned(self, weights: sparse.csr_matrix) -> sparse.csr_matrix:
        """Mean of the rays of each pixel, (rays, d) to (region, d)."""
        return weights if self.upsample == 1 else sparse.csr_matrix(self._bin @ weights)

    def binned_vectors(self, values: np.ndarray) -> np.ndarray:
        """The same for columns of numbers, (rays, k) to (region, k)."""
        return values if self.upsample == 1 else np.asarray(self._bin @ values)

    @cached_property
    def _bin(self) -> sparse.csr_matrix:
        per, count = self.upsample**2, int(self.region.sum())
        parts = (np.full(per * count, 1 / per), np.arange(per * count),
                 np.arange(0, per * count + 1, per))  # fmt: skip
        return sparse.csr_matrix(parts, shape=(count, per * count))

    def trace(
        self, free: np.ndarray, extra: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Source-plane positions of the rays, arcsec, for a lens in free coordinates (8,)."""
        ax, ay = self._deflection(np.asarray(free, dtype=np.float64)[None])[0]
        if extra is not None:
            ax, ay = ax + extra[0], ay + extra[1]
        return self.x - ax, self.y - ay

    def deflection_slopes(self, free: np.ndarray, slope: bool = True) -> np.ndarray:
        r"""Derivatives of the deflection in the free coordinates, shape (8, 2, rays).

        Arguments:
            free: The lens in free coordinates.
            slope: Whether the power law's slope is free; otherwise its derivative is 0.
        """
        at = np.asarray(free, dtype=np.float64)
        sides = ((1, 1), (1, -1), (2, 1), (2, -1), (7, 1), (7, -1))[: 6 if slope else 4]
        moved = np.repeat(at[None], len(sides) + 1, 0)
        for k, (place, sign) in enumerate(sides):
            moved[k + 1, place] += sign * _STEP
        lens = [torch.from_numpy(column)[:, None] for column in moved.T]
        with torch.no_grad():
            x, y = torch.from_numpy(self.x) - lens[3], torch.from_numpy(self.y) - lens[4]
            alpha, kappa, shear = power_law(x, y, lens[0].exp(), lens[1], lens[2], lens[7])
        own = np.stack([alpha.real.numpy(), alpha.imag.numpy()], 1)
        mass, g = kappa[0].numpy(), shear[0].numpy()
        return np.stack([
            at[7] * own[0],
            (own[1] - own[2]) / (2 * _STEP),
            (own[3] - own[4]) / (2 * _STEP),
            np.stack([-(mass + g.real), -g.imag]),
            np.stack([-g.imag, -(mass - g.real)]),
            np.stack([self.x, -self.y]),
            np.stack([self.y, self.x]),
            (own[5] - own[6]) / (2 * _STEP) if slope else np.zeros_like(own[0]),
        ])  # fmt: skip

    def _deflection(self, free: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            lenses = torch.from_numpy(np.ascontiguousarray(free))[:, None]
            ax, ay = deflection(torch.from_numpy(self.x), torch.from_numpy(self.y), lenses, True)
        return np.stack([ax.numpy(), ay.numpy()], 1)

    def blur(self, image: np.ndarray) -> np.ndarray:
        """A whole image through the PSF, shape (n_y, n_x)."""
        if self.observation.psf is None:
            return np.asarray(image)
        return np.asarray(signal.fftconvolve(image, self.observation.psf, mode="same"))

    def whiten_images(self, images: np.ndarray) -> np.ndarray:
        r"""Blurred images as whitened columns, :math:`(p, n_y, n_x)` to :math:`(m, p)`."""
        return np.asarray(self.whitener @ images[:, self.observation.mask].T)
