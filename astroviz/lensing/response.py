r"""The dense response of image pixels to source pixels, for what needs all of it at once.

Each ray spreads over the four source pixels around it. The image of a source pixel is therefore a
few rays' weights, blurred; two real images share one complex transform, which a real PSF keeps
apart.
"""

from __future__ import annotations

import torch
from torch import Tensor

from astroviz.lensing.setup import Grid, average

__all__ = ["response"]

_CHUNK = 8_000_000  # complex numbers transformed at one time


def response(where: Tensor, grid: Grid) -> Tensor:
    r"""A of :math:`m = A s`, (m, d), row-major in both.

    Arguments:
        where: Rays in the source plane in units of half its grid, (2, rows, columns).
        grid: The rays.
    """
    side = grid.setup.source_pixels
    pixels, weights = _weights(where.reshape(2, -1), side)
    rays = torch.arange(pixels.shape[1], device=where.device).expand_as(pixels)
    seen = weights != 0
    pixels, rays, weights = pixels[seen], rays[seen], weights[seen]
    count = side * side
    per = 2 * max(1, _CHUNK // (grid.shape[0] * grid.shape[1]))
    parts = []
    for first in range(0, count, per):
        last = min(count, first + per)
        inside = (pixels >= first) & (pixels < last) if per < count else slice(None)
        chunk = (pixels[inside] - first, rays[inside], weights[inside])
        parts.append(_images(*chunk, last - first, grid))
    return parts[0] if len(parts) == 1 else torch.cat(parts, -1)


def _weights(where: Tensor, side: int) -> tuple[Tensor, Tensor]:
    """The four source pixels around each ray and their shares, (4, rays); 0 beyond the grid."""
    place = ((where + 1) * side - 1) * 0.5
    low = torch.floor(place)
    high_share = place - low
    column, row = low[0].long(), low[1].long()
    found, shares = [], []
    for i in (0, 1):
        for j in (0, 1):
            share = (high_share[1] if i else 1 - high_share[1]) * (
                high_share[0] if j else 1 - high_share[0]
            )
            at_row, at_column = row + i, column + j
            inside = (at_row >= 0) & (at_row < side) & (at_column >= 0) & (at_column < side)
            found.append(torch.where(inside, at_row * side + at_column, 0))
            shares.append(torch.where(inside, share, 0.0))
    return torch.stack(found), torch.stack(shares)


def _images(pixels: Tensor, rays: Tensor, weights: Tensor, count: int, grid: Grid) -> Tensor:
    """Images of `count` source pixels, (m, count)."""
    pairs, area = -(-count // 2), grid.shape[0] * grid.shape[1]
    flat = torch.zeros(pairs * area * 2, dtype=weights.dtype, device=weights.device)
    index = ((pixels // 2) * area + rays) * 2 + pixels % 2
    flat = flat.index_add(0, index, weights) if weights.requires_grad else flat.index_add_(
        0, index, weights
    )  # fmt: skip
    planes = torch.view_as_complex(flat.view(pairs, *grid.shape, 2))
    setup, up = grid.setup, grid.setup.upsample
    if grid.detector:
        planes = average(planes, up)
    if grid.kernel is not None:
        planes = torch.fft.ifft2(torch.fft.fft2(planes).mul_(grid.whole_kernel))
        per = 1 if grid.detector else up
        planes = planes[:, grid.half[0] : grid.half[0] + setup.shape[0] * per,
                        grid.half[1] : grid.half[1] + setup.shape[1] * per]  # fmt: skip
    planes = planes if grid.detector else average(planes, up)
    pixels_first = torch.view_as_real(planes.reshape(pairs, -1)).permute(1, 0, 2)
    return pixels_first.reshape(-1, 2 * pairs)[:, :count]
