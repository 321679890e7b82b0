r"""Deflection of a pixelated map of convergence, exact for pixels of uniform mass.

.. math::
    \alpha(\theta) = \frac1\pi \int \kappa(\theta')\,
        \frac{\theta - \theta'}{|\theta - \theta'|^2}\, d^2\theta'

The integral over one pixel has a closed form; the sum over pixels is a product of transforms,
padded so that nothing wraps around. Differentiable in the map. (The same model in caustics 1.7 is
off by half a pixel for an even number of pixels and by more for an odd one.)
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from scipy.fft import next_fast_len
from torch import Tensor

from astroviz.lensing.lens import LensError

__all__ = ["convergence_map", "map_deflection"]


def _corner(x: Tensor, y: Tensor) -> Tensor:
    r""":math:`\iint x/(x^2+y^2)`, up to what cancels between corners."""
    turn = torch.atan2(y * torch.sign(x), x.abs())
    return 0.5 * y * torch.log((x * x + y * y).clamp_min(1e-30)) + x * turn


def _kernel(reach: int, size: int, step: float) -> tuple[Tensor, Tensor]:
    """Deflection by one pixel at offsets up to `reach`, wrapped into a square of `size`."""
    offset = torch.fft.fftfreq(size, 1 / size, dtype=torch.float64)
    x = offset[None, :] * step
    y = offset[:, None] * step
    half = 0.5 * step
    along = (_corner(x + half, y + half) - _corner(x - half, y + half)
             - _corner(x + half, y - half) + _corner(x - half, y - half)) / math.pi  # fmt: skip
    used = (offset.abs() < reach).double()
    along = along * used[None, :] * used[:, None]
    return along, along.T.contiguous()


def map_deflection(convergence: Tensor, pixel_scale: float, margin: int = 0) -> Tensor:
    r"""Deflection at the centres of a map's pixels and of a margin around it.

    Arguments:
        convergence: Square, shape (..., n, n), over the critical density.
        pixel_scale: Arcsec per pixel.
        margin: Pixels around the map, empty of mass, for which it is wanted too.

    Returns:
        Shape (..., 2, n + 2 margin, n + 2 margin), arcsec.
    """
    n = convergence.shape[-1]
    if convergence.ndim < 2 or convergence.shape[-2] != n:
        raise LensError(f"The map has shape {tuple(convergence.shape)}; give a square one.")
    if not torch.isfinite(convergence).all():
        raise LensError("The map has pixels that are not finite; fill them first.")
    if not pixel_scale > 0:
        raise LensError(f"The map has {pixel_scale:g} arcsec per pixel; give more than 0.")
    wide = n + 2 * margin
    size = next_fast_len(2 * wide, True)
    kernels = _kernel(n + margin, size, pixel_scale)
    padded = torch.nn.functional.pad(convergence.double(), (margin, size - n - margin) * 2)
    mass = torch.fft.rfft2(padded)
    found = [torch.fft.irfft2(mass * torch.fft.rfft2(kernel.to(mass.device)), s=(size, size))
             for kernel in kernels]  # fmt: skip
    return torch.stack(found, -3)[..., :wide, :wide].to(convergence.dtype)


def convergence_map(
    convergence: np.ndarray | Tensor, pixel_scale: float, x0: float = 0.0, y0: float = 0.0
) -> Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]:
    r"""The deflection of a map as a function of places, for `LensOperator.trace_extra`.

    Arguments:
        convergence: Square, shape (n, n), over the critical density.
        pixel_scale: Arcsec per pixel of the map.
        x0: Of its middle, arcsec.
        y0: The same.

    Returns:
        Between pixels it is interpolated; further from the map than half its side, it is that of
        all its mass in one point.
    """
    given = torch.as_tensor(np.asarray(convergence), dtype=torch.float64)
    n = given.shape[-1]
    margin = n // 2
    field = map_deflection(given, pixel_scale, margin)[None]
    half = 0.5 * (n + 2 * margin) * pixel_scale
    mass = float(given.sum()) * pixel_scale**2 / math.pi
    middle = (torch.arange(n, dtype=torch.float64) - (n - 1) / 2) * pixel_scale
    total = max(float(given.sum()), 1e-30)
    centre = float(given.sum(0) @ middle) / total, float(given.sum(1) @ middle) / total

    def found(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        x, y = torch.broadcast_tensors(torch.as_tensor(x), torch.as_tensor(y))
        dx, dy = x.double() - x0, y.double() - y0
        where = torch.stack([dx, dy], -1).reshape(1, 1, -1, 2) / half
        inside = torch.nn.functional.grid_sample(field, where, align_corners=False)
        inside = inside.reshape(2, *x.shape)
        far = torch.maximum(dx.abs(), dy.abs()) > half - 0.5 * pixel_scale
        px, py = dx - centre[0], dy - centre[1]
        weight = mass / (px * px + py * py).clamp_min(pixel_scale**2)
        alpha = torch.where(far, torch.stack([px, py]) * weight, inside)
        return alpha[0].to(x), alpha[1].to(x)

    return found
