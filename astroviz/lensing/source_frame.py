r"""A learned prior's frame laid over a source, and the linear problem that the samplers answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from astroviz.lensing.lens import to_free
from astroviz.lensing.linear import LinearProblem
from astroviz.lensing.rays import Rays
from astroviz.lensing.sky_noise import SkyNoise
from astroviz.lensing.source_grid import SourceGrid

if TYPE_CHECKING:
    from astroviz.lensing.fit_lens import LensFit
    from astroviz.lensing.observation import Observation

__all__ = ["LightlessWhitening", "SourceFrame", "frame_of", "problem_of"]

_PEAK = 2.0  # of a typical galaxy in prior units


@dataclass(frozen=True)
class SourceFrame:
    r"""Where a prior's image lies in the source plane and how bright its unit is.

    Arguments:
        grid: The pixels of the source plane.
        amplitude: Data units of one prior unit.
    """

    grid: SourceGrid
    amplitude: float


class LightlessWhitening:
    r"""Whitening that does not see the lens galaxy: its brightnesses are free.

    With the whitened components' orthonormal basis :math:`U`, data become
    :math:`(1 - UU^\top)\,W y`: what any brightness could explain counts for nothing, which is the
    limit of a flat prior on each.

    Arguments:
        noise: Noise of the used pixels.
        light: Components, shape :math:`(p, n_y, n_x)`; None for none.
    """

    def __init__(self, noise: SkyNoise, light: np.ndarray | None = None) -> None:
        self.noise = noise
        self.scale = float(np.median(noise.sigma))
        used = len(noise.sigma)
        self._basis = np.zeros((used, 0))
        if light is not None:
            columns = noise.whiten(light[:, noise.mask].T)
            left, values, _ = np.linalg.svd(
                columns / np.linalg.norm(columns, axis=0), full_matrices=False
            )
            self._basis = left[:, values > 1e-8 * values[0]]
        self.pixels = used - self._basis.shape[1]

    def __call__(self, values: Tensor) -> Tensor:
        """Columns of values of the used pixels, shape (m, k), whitened."""
        white = self.noise.whiten(values.numpy())
        return torch.from_numpy(white - self._basis @ (self._basis.T @ white))


def frame_of(fit: LensFit, pixels: int, mean: np.ndarray | None = None) -> SourceFrame:
    r"""The frame in which a fitted source looks like a draw of a prior.

    Arguments:
        fit: The fit.
        pixels: Side of the prior's images.
        mean: The prior's mean image, shape :math:`(s, s)`: its extent sets the scale.
    """
    source = np.maximum(fit.source, 0.0)
    source = np.where(source > 0.1 * source.max(), source, 0.0)
    side = len(source)
    line = (np.arange(side) - (side - 1) / 2) * fit.source_scale
    total = source.sum()
    x = float((source.sum(0) * line).sum() / total)
    y = float((source.sum(1) * line).sum() / total)
    away = np.maximum(np.abs(line[None] - x), np.abs(line[:, None] - y))
    order = np.argsort(away.ravel())
    covered = np.cumsum(source.ravel()[order]) / total
    reach = float(away.ravel()[order][np.searchsorted(covered, 0.95)])
    width = max(2.2 * reach, 4 * fit.source_scale)
    if mean is not None:
        wide = _extent(np.maximum(mean, 0.0)) / len(mean)
        width = max(width, fit.source_scale * _extent(source) / wide)
    width = min(width, 1.5 * side * fit.source_scale)
    grid = SourceGrid(pixels, width / pixels, x + fit.source_centre[0], y + fit.source_centre[1])
    return SourceFrame(grid, float(np.quantile(source[source > 0], 0.99)) / _PEAK)


def _extent(image: np.ndarray) -> float:
    """Root mean square radius of an image, pixels."""
    rows, columns = np.indices(image.shape)
    total = image.sum()
    x, y = (rows * image).sum() / total, (columns * image).sum() / total
    return float(np.sqrt((((rows - x) ** 2 + (columns - y) ** 2) * image).sum() / total))


def problem_of(
    observation: Observation,
    noise: SkyNoise,
    lens: Tensor,
    frame: SourceFrame,
    light: np.ndarray | None = None,
    upsample: int = 1,
    rays: Rays | None = None,
) -> LinearProblem:
    r"""The linear problem of the source behind one lens.

    Arguments:
        observation: The observation.
        noise: Noise of the same mask.
        lens: The lens in the order of `LENS_NAMES`, shape :math:`(8,)`.
        frame: The prior's frame.
        light: Components of the lens galaxy, shape :math:`(p, n_y, n_x)`; left free.
        upsample: Rays along each side of a pixel.
        rays: Rays of the observation, if they are made already.
    """
    rays = rays or Rays(observation, noise, upsample)
    bx, by = rays.trace(to_free(lens.double()).numpy())
    matrix: Any = rays.psf @ rays.binned(frame.grid.weights(bx, by))
    whiten = LightlessWhitening(noise, light)
    side = frame.grid.pixels
    return LinearProblem(
        frame.amplitude * matrix.toarray(), rays.data, whiten, (side, side), (rays.used,)
    )
