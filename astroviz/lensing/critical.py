r"""Critical curves and caustics of a power law with shear, the areas they enclose, and images.

Critical curves are where :math:`\det\partial\beta/\partial\theta = 0`: there images merge and are
infinitely bright. Carried to the source plane they are the caustics, across which a source gains
or loses two images. A singular isothermal centre adds a cut, across which it gains one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from astroviz.lensing.bench_rays import Image, Rays
from astroviz.lensing.lens import check_lens, deflection, magnification

__all__ = ["area", "caustics", "critical_curves", "cut", "images", "rays_of"]


def rays_of(lens: Any, half_field: float | None = None, count: int = 161) -> Rays:
    r"""Rays of a lens over a square frame; its methods give curves and images.

    Arguments:
        lens: By name or in the order of `LENS_NAMES`.
        half_field: Half of the frame's side, arcsec; 2.5 Einstein radii around the lens if None.
        count: Rays along a side: a curve is followed between them, exactly where they are dense.
    """
    vector = check_lens(lens).double()
    radius, x0, y0 = (float(vector[k]) for k in (0, 3, 4))
    half = half_field or 2.5 * radius + max(abs(x0), abs(y0))

    def trace(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ax, ay = deflection(*_places(x, y), vector)
        return x - ax.numpy(), y - ay.numpy()

    def inverse(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.asarray(1 / magnification(*_places(x, y), vector).numpy())

    return Rays(trace, half, count, (x0, y0), inverse)


def _places(x: np.ndarray, y: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.as_tensor(x, dtype=torch.float64), torch.as_tensor(y, dtype=torch.float64)


def critical_curves(lens: Any, half_field: float | None = None) -> list[np.ndarray]:
    r"""Critical curves in the image plane, each :math:`(k, 2)`, arcsec.

    Arguments:
        lens: By name or in order.
        half_field: Half of the frame's side, arcsec.

    Example:
        >>> round(area(critical_curves({"einstein_radius": 1.0})[0]), 2)
        3.14
    """
    return rays_of(lens, half_field).critical()


def caustics(lens: Any, half_field: float | None = None) -> list[np.ndarray]:
    r"""Caustics in the source plane, each :math:`(k, 2)`, arcsec; the cut is not among them."""
    return rays_of(lens, half_field).caustics()


def cut(lens: Any) -> np.ndarray:
    r"""Where an image vanishes in a singular isothermal centre, :math:`(k, 2)`.

    Empty for other slopes: with t < 1 the deflection vanishes in the centre, with t > 1 it has no
    bound, and in neither is there a line across which a source gains one image.
    """
    isothermal = abs(float(check_lens(lens)[7]) - 1.0) < 1e-3
    return rays_of(lens).cut() if isothermal else np.zeros((0, 2))


def images(lens: Any, x: float, y: float, half_field: float | None = None) -> list[Image]:
    r"""Images of a point of the source plane, with their signed magnification.

    Arguments:
        lens: By name or in order.
        x: Of the point, arcsec.
        y: The same.
        half_field: Half of the frame's side, arcsec; images beyond are not found.
    """
    return rays_of(lens, half_field).images(x, y)


def area(curve: np.ndarray) -> float:
    r"""Area within a closed curve :math:`(k, 2)`, arcsec squared; its orientation does not matter.

    That of the tangential critical curve, divided by :math:`\pi`, is the square of the effective
    Einstein radius.
    """
    x, y = curve.T
    return 0.5 * abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1)))
