"""Point-spread functions: what is accepted, and Gaussian and Moffat ones."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["PsfError", "check_psf", "full_width", "gaussian_psf", "moffat_psf"]


class PsfError(ValueError):
    """A point-spread function that cannot be used: says why and what to do."""


def check_psf(psf: Any, image_shape: tuple[int, int] | None = None) -> np.ndarray:
    r"""The PSF as a float64 array of sum one, or a `PsfError`.

    A positive sum other than one is normalised; a negative wing is kept (drizzled PSFs have them).

    Arguments:
        psf: (rows, columns), odd in both, so that it has a central pixel.
        image_shape: (ny, nx) of the image; a larger PSF is refused.
    """
    array = np.array(psf, dtype=np.float64)
    if array.ndim != 2:
        raise PsfError(f"The PSF has shape {array.shape}; give one image, (rows, columns).")
    if array.shape[0] % 2 == 0 or array.shape[1] % 2 == 0:
        raise PsfError(
            f"The PSF is {array.shape[0]} x {array.shape[1]} pixels: without a central pixel it "
            "would shift the image; trim or pad it to odd sides."
        )
    if not np.isfinite(array).all():
        raise PsfError(f"{int((~np.isfinite(array)).sum())} pixels of the PSF are not finite.")
    if image_shape is not None and any(np.greater(array.shape, image_shape)):
        raise PsfError(
            f"The PSF ({array.shape[0]} x {array.shape[1]}) is larger than the image "
            f"({image_shape[0]} x {image_shape[1]}); trim its wings."
        )
    total = array.sum()
    if not total > 0:
        raise PsfError(f"The PSF sums to {total:g}; it must be positive to be normalised.")
    return array / total


def _radius(pixels: int, axis_ratio: float, angle: float) -> np.ndarray:
    """Elliptical radius in pixels from the centre of a square of odd side."""
    if pixels < 1 or pixels % 2 == 0:
        raise PsfError(f"pixels is {pixels}; a PSF has an odd number of pixels on a side.")
    axis = np.arange(pixels) - pixels // 2
    x, y = axis[None, :], axis[:, None]
    along = x * np.cos(angle) + y * np.sin(angle)
    across = y * np.cos(angle) - x * np.sin(angle)
    return np.sqrt(axis_ratio * along**2 + across**2 / axis_ratio)


def gaussian_psf(
    width: float, pixels: int = 21, axis_ratio: float = 1.0, angle: float = 0.0
) -> np.ndarray:
    r"""Gaussian PSF of sum one.

    Arguments:
        width: Full width at half maximum, pixels, on the intermediate axis.
        pixels: Odd side.
        axis_ratio: Minor over major axis.
        angle: Of the major axis from +x, radians.
    """
    if not width > 0:
        raise PsfError(f"The width of the PSF is {width:g} pixels; it must be positive.")
    sigma = width / np.sqrt(8 * np.log(2))
    return check_psf(np.exp(-0.5 * (_radius(pixels, axis_ratio, angle) / sigma) ** 2))


def moffat_psf(
    width: float,
    pixels: int = 21,
    beta: float = 3.5,
    axis_ratio: float = 1.0,
    angle: float = 0.0,
) -> np.ndarray:
    r"""Moffat PSF :math:`(1 + r^2/a^2)^{-\beta}` of sum one: wings that a Gaussian has not.

    Arguments:
        width: Full width at half maximum, pixels: :math:`2a\sqrt{2^{1/\beta} - 1}`.
        pixels: Odd side.
        beta: Slope of the wings.
        axis_ratio: Minor over major axis.
        angle: Of the major axis from +x, radians.

    References:
        | Moffat (1969)
    """
    if not (width > 0 and beta > 1):
        raise PsfError(f"Width {width:g} must be positive and beta {beta:g} above 1.")
    core = 0.5 * width / np.sqrt(2 ** (1 / beta) - 1)
    return check_psf((1 + (_radius(pixels, axis_ratio, angle) / core) ** 2) ** -beta)


def full_width(psf: np.ndarray) -> float:
    r"""Full width at half maximum, pixels, of the circle with the area above half the peak.

    For a well-sampled PSF; one of a pixel or two it can only bound.
    """
    array = np.asarray(psf)
    return float(2 * np.sqrt((array >= 0.5 * array.max()).sum() / np.pi))
