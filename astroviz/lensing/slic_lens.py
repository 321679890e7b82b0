r"""A small lens whose parameters are inferred under a law of noise, see `slic`.

An isothermal lens in front of an exponential source, 28 x 28 pixels of 0.11 arcsec through a
Gaussian PSF, peak about five times the noise: small enough for hundreds of simulations. The lens
is described by its ellipticity components, in which a round lens is nothing special.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from astroviz.lensing.psf import gaussian_psf

__all__ = ["SLIC_BOUNDS", "SLIC_LABELS", "SLIC_NAMES", "SLIC_UNITS", "SmallLens", "draw_lens"]

SLIC_NAMES = ("einstein_radius", "e1", "e2", "source_x", "source_y", "log_brightness")
SLIC_UNITS = ("arcsec", "", "", "arcsec", "arcsec", "")
SLIC_LABELS = ("\u03b8_E", "e\u2081", "e\u2082", "source x", "source y", "log brightness")
SLIC_BOUNDS = (
    (0.6, 1.35), (-0.4, 0.4), (-0.4, 0.4), (-0.45, 0.45), (-0.45, 0.45),
    (float(np.log(1.5)), float(np.log(25.0))),
)  # fmt: skip
"""Where the parameters may be; the prior is flat."""

_REACH = 0.16  # scale length of the source, arcsec
_SOFT = 0.03  # arcsec, so that gradients at its centre are finite


@dataclass(frozen=True)
class SmallLens:
    r"""The model, from parameters to a noiseless image.

    Arguments:
        pixels: Side of the image.
        pixel_scale: Arcsec per pixel.
        blur: Full width at half maximum of the PSF, pixels.

    Example:
        >>> SmallLens()(torch.zeros(1, 6) + torch.tensor([1.0, 0, 0, 0.1, 0, 1.5])).shape
        torch.Size([1, 28, 28])
    """

    pixels: int = 28
    pixel_scale: float = 0.11
    blur: float = 1.6

    def __call__(self, parameters: Tensor) -> Tensor:
        r"""Images in units of the noise map.

        Arguments:
            parameters: In the order of `SLIC_NAMES`, (n, 6).

        Returns:
            (n, pixels, pixels), differentiable.
        """
        x0, y0, brightness = (one[:, None, None] for one in parameters[:, 3:].float().unbind(-1))
        axis = (torch.arange(self.pixels) - (self.pixels - 1) / 2) * self.pixel_scale
        x, y = axis[None, None, :], axis[None, :, None]
        ax, ay = _isothermal(x, y, parameters[:, :3].float())
        square = (x - ax - x0).square() + (y - ay - y0).square()
        sharp = (brightness - (square + _SOFT**2).sqrt() / _REACH).exp()
        return self._blurred(sharp)

    def _blurred(self, images: Tensor) -> Tensor:
        kernel = torch.from_numpy(gaussian_psf(self.blur, 7)).float()[None, None]
        return torch.nn.functional.conv2d(images[:, None], kernel, padding=3)[:, 0]


def _isothermal(x: Tensor, y: Tensor, lens: Tensor) -> tuple[Tensor, Tensor]:
    """Deflection of isothermal ellipsoids (n, 3) in closed form: a tenth of the series' cost."""
    radius, e1, e2 = (one[:, None, None] for one in lens.unbind(-1))
    size = (e1.square() + e2.square() + 1e-9).sqrt()
    q, f = (1 - size) / (1 + size), 2 * size.sqrt() / (1 + size)
    angle = 0.5 * torch.atan2(e2, e1)
    cos, sin = angle.cos(), angle.sin()
    along, across = x * cos + y * sin, y * cos - x * sin
    scale = radius * q.sqrt() / f
    over = f / (q.square() * along.square() + across.square() + 1e-9).sqrt()
    first, second = scale * (along * over).atan(), scale * (across * over).atanh()
    return first * cos - second * sin, first * sin + second * cos


def draw_lens(number: int, seed: int) -> Tensor:
    r"""True parameters of simulations, well inside the bounds.

    Arguments:
        number: How many.
        seed: Seed.

    Returns:
        (number, 6), in the order of `SLIC_NAMES`.
    """
    random = np.random.default_rng(seed)
    turn, size = random.uniform(0, 2 * np.pi, number), random.uniform(0.03, 0.2, number)
    away, where = random.uniform(0.04, 0.22, number), random.uniform(0, 2 * np.pi, number)
    columns = [
        random.uniform(0.8, 1.15, number), size * np.cos(turn), size * np.sin(turn),
        away * np.cos(where), away * np.sin(where),
        np.log(random.uniform(5.0, 9.0, number)),
    ]  # fmt: skip
    return torch.from_numpy(np.stack(columns, -1).astype(np.float32))
