"""What an observation of a lens is made of: pixels, PSF, upsampling, and the source's grid."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
from scipy.fft import next_fast_len
from torch import Tensor

from astroviz.lensing.psf import check_psf

__all__ = ["Grid", "Setup"]


@dataclass(frozen=True, eq=False)
class Setup:
    r"""Pixels of image and source.

    Arguments:
        image_pixels: (ny, nx), or one number for a square.
        pixel_scale: arcsec per image pixel.
        source_pixels: s of the s x s source.
        source_scale: arcsec per source pixel.
        psf: Odd-sized array, normalised here; None for none.
        upsample: Rays per pixel and axis; their mean is the pixel.
        psf_at: Whether the PSF is sampled at the upsampled pixels ("fine") or at the detector's,
            where it is applied after the mean over rays ("detector"). The same without upsampling.
        source_x, source_y: Centre of the source's grid in the source plane, arcsec.

    Example:
        >>> Setup(64, 0.05, 32, 0.04).shape
        (64, 64)
    """

    image_pixels: int | tuple[int, int]
    pixel_scale: float
    source_pixels: int
    source_scale: float
    psf: np.ndarray | None = None
    upsample: int = 1
    psf_at: Literal["fine", "detector"] = "fine"
    source_x: float = 0.0
    source_y: float = 0.0
    shape: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        pixels = self.image_pixels
        shape = (pixels, pixels) if isinstance(pixels, int | np.integer) else tuple(pixels)
        if len(shape) != 2 or min(shape) < 1:
            raise ValueError(f"image_pixels is {pixels!r}; give one number or (ny, nx), positive.")
        object.__setattr__(self, "shape", (int(shape[0]), int(shape[1])))
        for name in ("pixel_scale", "source_scale", "source_pixels", "upsample"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} is {value!r}; it must be positive.")
        if self.upsample != int(self.upsample) or self.source_pixels < 2:
            raise ValueError("upsample must be a whole number and source_pixels at least 2.")
        if self.psf_at not in ("fine", "detector"):
            raise ValueError(f"psf_at is {self.psf_at!r}; it is 'fine' or 'detector'.")
        if self.psf is not None:
            object.__setattr__(self, "psf", check_psf(self.psf))

    @property
    def half_field(self) -> float:
        """Half the width of the wider side of the image, arcsec."""
        return 0.5 * max(self.shape) * self.pixel_scale

    @property
    def half_source(self) -> float:
        """Half the width of the source's grid, arcsec."""
        return 0.5 * self.source_pixels * self.source_scale

    def axes(self) -> tuple[np.ndarray, np.ndarray]:
        """X of the columns and y of the rows of the image, arcsec."""
        rows, columns = self.shape
        return ((np.arange(columns) - (columns - 1) / 2) * self.pixel_scale,
                (np.arange(rows) - (rows - 1) / 2) * self.pixel_scale)  # fmt: skip

    def source_axis(self) -> np.ndarray:
        """X (and y) of the source's pixels from the centre of its grid, arcsec."""
        count = self.source_pixels
        return (np.arange(count) - (count - 1) / 2) * self.source_scale


class Grid:
    r"""The rays of a setup: the upsampled image and a margin of half a PSF, with its transform.

    Arguments:
        setup: The pixels.
        dtype, device: Of the tensors.

    Attributes:
        x, y: Ray positions by column and by row, arcsec.
        plane: The same at every ray, (2, rows, columns).
        pad: Rows and columns before the image's first, in rays; as many or a few more follow its
            last, up to a length that transforms fast.
        kernel: Real-to-complex transform of the PSF, centred on pixel (0, 0); None without PSF.
        mirrored: Its conjugate, of the mirrored PSF.
        whole_kernel: Complex-to-complex transform of the PSF.
        fft: Shape of the transform.
        shape: Rows and columns of rays.
    """

    def __init__(self, setup: Setup, dtype: torch.dtype, device: torch.device) -> None:
        up, psf = setup.upsample, setup.psf
        self.setup = setup
        self.detector = psf is not None and setup.psf_at == "detector"
        half = (0, 0) if psf is None else (psf.shape[0] // 2, psf.shape[1] // 2)
        per = up if self.detector else 1
        self.pad = (half[0] * per, half[1] * per)
        self.half = half
        counts = [side * up for side in setup.shape]
        self.fft = tuple(_fast(count // per + 2 * margin) if psf is not None else count
                         for count, margin in zip(counts, half, strict=True))  # fmt: skip
        self.shape = (self.fft[0] * per, self.fft[1] * per)
        self.y, self.x = (
            (torch.arange(whole, dtype=dtype, device=device) - margin - (count - 1) / 2)
            * (setup.pixel_scale / up)
            for whole, margin, count in zip(self.shape, self.pad, counts, strict=True)
        )
        self.plane = torch.stack(torch.broadcast_tensors(self.x[None, :], self.y[:, None]))
        self.kernel: Tensor | None = None
        if psf is not None:
            plane = torch.zeros(self.fft, dtype=torch.float64)
            plane[: psf.shape[0], : psf.shape[1]] = torch.from_numpy(psf)
            kernel = torch.fft.rfft2(torch.roll(plane, (-half[0], -half[1]), (0, 1)))
            self.kernel = kernel.to(device=device, dtype=dtype.to_complex())
            self.mirrored = self.kernel.conj_physical()
            whole = torch.fft.fft2(torch.roll(plane, (-half[0], -half[1]), (0, 1)))
            self.whole_kernel = whole.to(device=device, dtype=dtype.to_complex())

    def blur(self, rays: Tensor) -> Tensor:
        """Rays (..., rows, columns) to the image (..., ny, nx): PSF, crop, mean over a pixel."""
        up = self.setup.upsample
        if self.detector:
            rays = average(rays, up)
        if self.kernel is not None:
            rays = torch.fft.irfft2(torch.fft.rfft2(rays) * self.kernel, s=self.fft)
            per = 1 if self.detector else up
            rays = rays[..., self.half[0] : self.half[0] + self.setup.shape[0] * per,
                        self.half[1] : self.half[1] + self.setup.shape[1] * per]  # fmt: skip
        return rays if self.detector else average(rays, up)

    def unblur(self, image: Tensor) -> Tensor:
        """The transpose of `blur`: image (..., ny, nx) to rays (..., rows, columns)."""
        up = self.setup.upsample
        if self.kernel is None:
            return spread(image, up)
        plane = image if self.detector else spread(image, up)
        margins = [(half, whole - half - side) for half, whole, side
                   in zip(self.half, self.fft, plane.shape[-2:], strict=True)]  # fmt: skip
        padded = torch.nn.functional.pad(plane, (*margins[1], *margins[0]))
        back = torch.fft.irfft2(torch.fft.rfft2(padded) * self.mirrored, s=self.fft)
        return spread(back, up) if self.detector else back


def _fast(length: int) -> int:
    """The next length that transforms fast: a multiple of 8 with small factors."""
    if length < 8:
        return length
    found = 8 * -(-length // 8)
    while next_fast_len(found // 8, True) != found // 8:
        found += 8
    return found


def average(plane: Tensor, factor: int) -> Tensor:
    """Mean over factor x factor blocks of the last two axes."""
    if factor == 1:
        return plane
    rows, columns = plane.shape[-2] // factor, plane.shape[-1] // factor
    return plane.reshape(*plane.shape[:-2], rows, factor, columns, factor).mean((-3, -1))


def spread(plane: Tensor, factor: int) -> Tensor:
    """The transpose of `average`."""
    if factor == 1:
        return plane
    shape = (*plane.shape[:-2], plane.shape[-2], factor, plane.shape[-1], factor)
    wide = plane[..., :, None, :, None].expand(shape) / factor**2
    return wide.reshape(*plane.shape[:-2], plane.shape[-2] * factor, plane.shape[-1] * factor)
