r"""What can be read off a law of orientations: where the long axis points, and the roll about it.

A triaxial galaxy has no sign on its axes (D2), so only even orders count. All densities are
relative to uniform, and all are smoothed by one heat kernel of scale :math:`h`, so that draws and
exact laws can be laid on each other.

.. math::

    p(a) = \sum_{l\ \mathrm{even}} (2l + 1)\, e^{-l(l+1)h^2/2}\, \langle P_l(a \cdot x) \rangle_x

With :math:`x` the axis of a mixture's component, :math:`h^2` grows by its :math:`\sigma^2`: the
first column of an isotropic Gaussian on SO(3) is Brownian motion on the sphere.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch

from astroviz.orientations.groups import SymmetricMixture
from astroviz.orientations.rotations import axis_coordinates

__all__ = [
    "SMOOTHING",
    "axis_cosine",
    "axis_map",
    "axis_map_of_law",
    "cosine_of_law",
    "fold",
    "projected_axis",
    "projected_axis_of_law",
    "tilt_density",
]

SMOOTHING = 0.12
"""Scale of the heat kernel that all densities are smoothed with, radians."""

_ORDERS = np.arange(0, 49, 2)
_FINE = 32
_FLIPS = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], dtype=float)


def fold(rotation: np.ndarray, reference: np.ndarray) -> np.ndarray:
    r"""The one of the four equal orientations of an ellipsoid that is nearest to a frame.

    Arguments:
        rotation: Shape :math:`(N, 3, 3)`.
        reference: Shape :math:`(3, 3)`.

    Returns:
        :math:`R g` with :math:`g \in D_2` that has the largest :math:`\mathrm{tr}(F^T R g)`.

    Example:
        >>> flipped = np.diag([-1.0, -1.0, 1.0])
        >>> bool(np.allclose(fold(flipped[None], np.eye(3))[0], np.eye(3)))
        True
    """
    rotation = np.asarray(rotation, dtype=float)
    alike = np.einsum("...ij,ij->...j", rotation, np.asarray(reference, dtype=float))
    best = np.argmax(alike @ _FLIPS.T, axis=-1)
    folded: np.ndarray = rotation * _FLIPS[best][..., None, :]
    return folded


def axis_map(axes: np.ndarray, nside: int = 16, smoothing: float = SMOOTHING) -> np.ndarray:
    r"""Density of axes (either sign) on the sphere, from draws.

    Arguments:
        axes: Unit vectors, shape :math:`(N, 3)`.
        nside: Resolution of the HEALPix map (RING).
        smoothing: Scale of the heat kernel, radians.

    Returns:
        Density relative to uniform, shape :math:`(12\,\mathrm{nside}^2,)`, mean 1.
    """
    axes = np.asarray(axes, dtype=float).reshape(-1, 3)
    if not len(axes):
        return np.ones(12 * nside**2)
    import healpy

    # counted on fine pixels, whose size is small against the kernel, and smoothed by orders
    counts = np.bincount(healpy.vec2pix(_FINE, *axes.T), minlength=12 * _FINE**2).astype(float)
    highest = int(_ORDERS[-1])
    moments = healpy.map2alm(counts / counts.mean(), lmax=highest, iter=0)
    orders = np.arange(highest + 1)
    decay = np.where(orders % 2, 0.0, np.exp(-0.5 * orders * (orders + 1) * smoothing**2))
    density = healpy.alm2map(healpy.almxfl(moments, decay), nside, lmax=highest)
    found: np.ndarray = np.maximum(density, 0.0)
    return found


def axis_map_of_law(
    law: SymmetricMixture, nside: int = 16, smoothing: float = SMOOTHING
) -> np.ndarray:
    """The same density of one exact law, shape (12 nside^2,)."""
    weights, axes, sigmas = _components(law)
    pixels = _pixels(nside)
    total = np.zeros(len(pixels))
    for weight, axis, sigma in zip(weights, axes, sigmas, strict=True):
        total += weight * _kernel(np.abs(pixels @ axis), float(np.hypot(sigma, smoothing)))
    return total


def axis_cosine(
    axes: np.ndarray, towards: np.ndarray, grid: np.ndarray, smoothing: float = SMOOTHING
) -> np.ndarray:
    r"""Density of :math:`|\cos\theta|` between axes and a direction, from draws.

    Arguments:
        axes: Unit vectors, shape :math:`(N, 3)`.
        towards: Unit vector, shape :math:`(3,)`.
        grid: Values of the cosine, shape :math:`(C,)`.
        smoothing: Scale of the heat kernel, radians.

    Returns:
        Density relative to uniform, shape :math:`(C,)`.
    """
    cosine = np.asarray(axes, dtype=float).reshape(-1, 3) @ np.asarray(towards, dtype=float)
    moments = _legendre(cosine).mean(0) if len(cosine) else (_ORDERS == 0).astype(float)
    return _series(grid, moments, smoothing)


def cosine_of_law(
    law: SymmetricMixture, towards: np.ndarray, grid: np.ndarray, smoothing: float = SMOOTHING
) -> np.ndarray:
    """The same density of one exact law, by the addition theorem, shape (C,)."""
    weights, axes, sigmas = _components(law)
    decay = np.exp(-0.5 * _ORDERS * (_ORDERS + 1) * sigmas[:, None] ** 2)
    moments = (weights[:, None] * decay * _legendre(axes @ towards)).sum(0)
    return _series(grid, moments, smoothing)


def tilt_density(
    rotation: np.ndarray, frame: np.ndarray, grid: np.ndarray, smoothing: float = SMOOTHING
) -> np.ndarray:
    r"""Density of the roll about the long axis, over the half turn that D2 leaves.

    Arguments:
        rotation: Draws, shape :math:`(N, 3, 3)`.
        frame: The frame that tilts are measured in, shape :math:`(3, 3)`.
        grid: Angles in radians, shape :math:`(T,)`.
        smoothing: Scale of the wrapped Gaussian, radians.

    Returns:
        Density relative to uniform, shape :math:`(T,)`.
    """
    turned = np.asarray(frame, dtype=float).T @ np.asarray(rotation, dtype=float)
    # the long axis has no sign: take the end that lies along the frame's
    turned = turned * np.where(turned[:, :1, :1] < 0, _FLIPS[3], 1.0)
    tilt = axis_coordinates(torch.from_numpy(turned))[2].numpy()
    orders = np.arange(1, 25)
    moments = np.exp(2j * orders[:, None] * tilt).mean(1)
    decay = np.exp(-0.5 * (2 * orders * smoothing) ** 2)
    waves = np.exp(-2j * np.asarray(grid)[:, None] * orders)
    density: np.ndarray = 1 + 2 * np.real(waves @ (moments * decay))
    return density


def projected_axis(
    axes: np.ndarray, right: np.ndarray, up: np.ndarray, angles: np.ndarray
) -> np.ndarray:
    r"""Density of the position angle of projected axes, from draws.

    Arguments:
        axes: Unit vectors, shape :math:`(\ldots, N, 3)`.
        right: Direction of angle zero on the screen, unit vector.
        up: The direction a quarter turn on.
        angles: Radians, shape :math:`(A,)`.

    Returns:
        Density relative to uniform, shape :math:`(\ldots, A)`; each draw counts as the square of
        its projected length, so that an axis along the line of sight has no say.
    """
    flat = np.asarray(axes, dtype=float) @ np.stack([right, up], -1)
    square = (flat**2).sum(-1)
    angle = np.arctan2(flat[..., 1], flat[..., 0])
    orders = np.arange(1, 13)
    weight = square / np.maximum(square.sum(-1, keepdims=True), 1e-12)
    moments = np.einsum("...n,...nm->...m", weight, np.exp(2j * angle[..., None] * orders))
    decay = np.exp(-0.5 * (2 * orders * 1.25 * SMOOTHING) ** 2)
    waves = np.exp(-2j * orders[:, None] * np.asarray(angles))
    density: np.ndarray = 1 + 2 * np.real((moments * decay) @ waves)
    return np.maximum(density, 0.0)


def projected_axis_of_law(
    law: SymmetricMixture, right: np.ndarray, up: np.ndarray, angles: np.ndarray, seed: int = 0
) -> np.ndarray:
    """The same of exact laws, from 3,000 seeded draws of each, shape (..., A)."""
    drawn = law.sample(3000, torch.Generator().manual_seed(seed)).double().numpy()[..., :, 0]
    return projected_axis(np.moveaxis(drawn, 0, -2), right, up, angles)


def _components(law: SymmetricMixture) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights, first axes and scales of the components of one law."""
    if law.means.ndim != 3:
        raise ValueError(f"one law has means of shape (K, 3, 3), not {tuple(law.means.shape)}")
    weights = law.weights.double().numpy()
    return (
        weights / weights.sum(),
        law.means.double().numpy()[:, :, 0],
        law.sigmas.double().numpy(),
    )


@lru_cache(maxsize=4)
def _pixels(nside: int) -> np.ndarray:
    import healpy

    return np.stack(healpy.pix2vec(nside, np.arange(12 * nside**2)), -1)


def _kernel(cosine: np.ndarray, scale: float) -> np.ndarray:
    """The even part of the heat kernel on the sphere, relative to uniform."""
    return _series(cosine, np.ones(len(_ORDERS)), scale)


def _series(cosine: np.ndarray, moments: np.ndarray, scale: float) -> np.ndarray:
    decay = (2 * _ORDERS + 1) * np.exp(-0.5 * _ORDERS * (_ORDERS + 1) * scale**2)
    found: np.ndarray = _legendre(np.asarray(cosine, dtype=float)) @ (decay * moments)
    return np.maximum(found, 0.0)


def _legendre(x: np.ndarray) -> np.ndarray:
    """Legendre polynomials of the even orders, shape (..., L)."""
    last, this = np.ones_like(x), np.asarray(x, dtype=float)
    found = [last]
    for order in range(2, int(_ORDERS[-1]) + 1):
        last, this = this, ((2 * order - 1) * x * this - (order - 1) * last) / order
        if order % 2 == 0:
            found.append(this)
    return np.stack(found, -1)
