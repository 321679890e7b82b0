r"""Where the first axes of rotations point: their density on the sphere, relative to uniform.

Axes here have a sign (`readings` has those of ellipsoids, which have none). The first column of
an isotropic Gaussian on SO(3) of scale :math:`\sigma` is Brownian motion on the sphere,

.. math:: K_\sigma(\theta) = \sum_l (2l + 1)\, e^{-l(l+1)\sigma^2/2}\, P_l(\cos\theta).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

__all__ = ["density_of_axes", "density_of_kernels", "heat_kernel", "mean_smoothing"]

# Below this scale the short-time form is right to 1e-4 of the peak, and the series long.
_SHORT = 0.1
_LONGEST = 40.0  # of the exponent of a term that still counts


def heat_kernel(angle: np.ndarray, sigma: float) -> np.ndarray:
    r"""Density of Brownian motion on the sphere after the time :math:`\sigma^2`.

    Arguments:
        angle: Distance from the start, rad, shape :math:`(*)`.
        sigma: Scale, rad.

    Returns:
        Density relative to uniform, shape :math:`(*)`.

    Example:
        >>> theta = np.linspace(0, np.pi, 2001)
        >>> f = heat_kernel(theta, 0.4) * np.sin(theta) / 2
        >>> round(float(np.trapezoid(f, theta)), 6)
        1.0
    """
    angle = np.asarray(angle, dtype=float)
    if sigma < _SHORT:
        stretch = 1.0 / np.sqrt(np.maximum(np.sinc(angle / np.pi), 1e-12))
        short: np.ndarray = (
            2 / sigma**2 * np.exp(sigma**2 / 6 - angle**2 / (2 * sigma**2)) * stretch
        )
        return short
    cosine = np.cos(angle)
    last, this = np.ones_like(cosine), cosine
    total, order = np.ones_like(cosine), 1
    while order * (order + 1) * sigma**2 / 2 < _LONGEST:
        total = total + (2 * order + 1) * np.exp(-order * (order + 1) * sigma**2 / 2) * this
        last, this = this, ((2 * order + 1) * cosine * this - order * last) / (order + 1)
        order += 1
    return np.maximum(total, 0.0)


@lru_cache(maxsize=4)
def _pixels(nside: int) -> np.ndarray:
    import healpy

    return np.stack(healpy.pix2vec(nside, np.arange(12 * nside**2)), -1)


def density_of_kernels(
    axes: np.ndarray, weights: np.ndarray, sigma: float, nside: int = 32
) -> np.ndarray:
    r"""The exact axis density of a mixture of isotropic Gaussians of one scale.

    Arguments:
        axes: First columns of the means, unit vectors, shape :math:`(K, 3)`.
        weights: Shape :math:`(K,)`, of any sum.
        sigma: Scale, rad.
        nside: Resolution of the HEALPix map (RING).

    Returns:
        Density relative to uniform, shape :math:`(12\,\mathrm{nside}^2,)`.
    """
    grid = np.linspace(0.0, np.pi, 4097)
    table = heat_kernel(grid, sigma)
    share = np.asarray(weights, dtype=float) / np.sum(weights)
    total = np.zeros(12 * nside**2)
    for axis, weight in zip(np.asarray(axes, dtype=float), share, strict=True):
        angle = np.arccos(np.clip(_pixels(nside) @ axis, -1.0, 1.0))
        total += weight * np.interp(angle, grid, table)
    return total


def density_of_axes(axes: np.ndarray, smoothing: float, nside: int = 32) -> np.ndarray:
    r"""Density of draws, smoothed by the heat kernel.

    Arguments:
        axes: Unit vectors, shape :math:`(N, 3)`.
        smoothing: Scale of the kernel, rad; at least `mean_smoothing(nside)` to hide the pixels.
        nside: Resolution of the HEALPix map (RING).

    Returns:
        Density relative to uniform, shape :math:`(12\,\mathrm{nside}^2,)`, mean 1.
    """
    import healpy

    axes = np.asarray(axes, dtype=float).reshape(-1, 3)
    if not len(axes):
        return np.ones(12 * nside**2)
    found = np.bincount(healpy.vec2pix(nside, *axes.T), minlength=12 * nside**2)
    relative = found / found.mean()
    order = np.arange(3 * nside)
    alm = healpy.map2alm(relative, lmax=3 * nside - 1, iter=0, use_pixel_weights=False)
    alm = healpy.almxfl(alm, np.exp(-order * (order + 1) * smoothing**2 / 2))
    smooth = np.maximum(healpy.alm2map(alm, nside, lmax=3 * nside - 1), 0.0)
    density: np.ndarray = smooth / smooth.mean()
    return density


def mean_smoothing(nside: int) -> float:
    """The smallest scale that hides the pixels of a map: their width, rad."""
    return float(np.sqrt(4 * np.pi / (12 * nside**2)))
