r"""From a pixelated source through a lens to an image: traced, sampled, blurred, in one operator.

.. math:: m = D\,P\,s(\theta - \alpha(\theta)),

rays on the upsampled pixels and a margin of half a PSF, the source by bilinear interpolation (zero
outside of its grid), the PSF by one product of transforms, and the mean over the rays of a pixel.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor

from astroviz.lensing.fused import Way, image, traced
from astroviz.lensing.lens import LENS_NAMES, LensError, deflection
from astroviz.lensing.response import response
from astroviz.lensing.setup import Grid, Setup

__all__ = ["LensOperator", "Setup"]

Extra = Tensor | Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


class LensOperator:
    r"""The image of a source behind a lens; linear in the source, differentiable in both.

    Arguments:
        setup: Pixels, PSF and upsampling.
        by_slope: Whether images are differentiated by the slope; without, its derivative is 0
            and a gradient costs a third less.

    Example:
        >>> operator = LensOperator(Setup(32, 0.1, 16, 0.1))
        >>> lens = torch.tensor([1.0, 0.8, 0.3, 0.0, 0.0, 0.0, 0.0, 1.0])
        >>> tuple(operator(lens, torch.ones(16, 16)).shape)
        (32, 32)
    """

    def __init__(self, setup: Setup, by_slope: bool = True) -> None:
        self.setup = setup
        self.by_slope = by_slope
        self._grids: dict[tuple[torch.dtype, torch.device], Grid] = {}
        self._extra: Extra | None = None
        self._made: dict[Grid, Tensor] = {}  # what a function has given, by its grid

    def grid(self, dtype: torch.dtype, device: torch.device) -> Grid:
        """The rays and the transform of the PSF, made once for a dtype and device."""
        key = (dtype, device)
        if key not in self._grids:
            self._grids[key] = Grid(self.setup, dtype, device)
        return self._grids[key]

    def trace_extra(self, deflection_map: Extra | None) -> LensOperator:
        r"""The same operator with one more deflection, subtracted from every ray.

        Arguments:
            deflection_map: (2, ny, nx) or (..., 2, ny, nx) on the image's pixels, arcsec
                (interpolated, differentiable; its edge is continued into the margin), or a
                function of x and y (rows, columns), as of a caustics lens, which is asked once;
                None for none.
        """
        other = copy.copy(self)
        other._extra, other._made = deflection_map, {}
        return other

    def __call__(self, lens: Tensor, source: Tensor, free: bool = False) -> Tensor:
        r"""Image of the source.

        Arguments:
            lens: (..., 8) in the order of `LENS_NAMES`.
            source: (..., s, s); batch axes broadcast against those of the lens.
            free: The lens is in the order of `FREE_NAMES`.

        Returns:
            (..., ny, nx), in the units of the source (surface brightness is kept).
        """
        self._check(lens, source)
        grid = self.grid(lens.dtype, lens.device)
        if lens.ndim == 1 and source.ndim == 2 and self._extra is None:
            return image(lens, source, None, Way(grid, free, self.by_slope, self.setup.shape))
        extra = self._extra_rays(grid)
        batch = torch.broadcast_shapes(
            lens.shape[:-1], source.shape[:-2], () if extra is None else extra.shape[:-3]
        )
        if extra is not None:
            if extra.ndim > 3:
                lens = lens.expand(*extra.shape[:-3], 8)
            extra = extra.reshape(-1, *extra.shape[-3:])
        if lens.device.type != "cpu" and lens.shape[:-1].numel() > 1:
            return self.plain(lens, source, free)  # one pass over a batch, not lens by lens
        lenses, sources = _flat(lens, 1, batch), _flat(source, 2, batch)
        shape = (*batch, *self.setup.shape)
        return image(lenses, sources, extra, Way(grid, free, self.by_slope, shape))

    def plain(self, lens: Tensor, source: Tensor, free: bool = False) -> Tensor:
        """The same by simple differentiable steps: slower; for `torch.func` and higher orders."""
        self._check(lens, source)
        grid = self.grid(lens.dtype, lens.device)
        beta_x, beta_y = self._rays(lens, grid, free)
        batch = torch.broadcast_shapes(lens.shape[:-1], source.shape[:-2], beta_x.shape[:-2])
        half = self.setup.half_source
        where = torch.stack([(beta_x - self.setup.source_x) / half,
                             (beta_y - self.setup.source_y) / half], -1)  # fmt: skip
        where = where.expand(*batch, *grid.shape, 2).reshape(-1, *grid.shape, 2)
        pixels = source.expand(*batch, *source.shape[-2:]).reshape(-1, 1, *source.shape[-2:])
        rays = torch.nn.functional.grid_sample(pixels, where, align_corners=False)
        return grid.blur(rays.reshape(*batch, *grid.shape))

    def trace(self, lens: Tensor, free: bool = False) -> tuple[Tensor, Tensor]:
        """Positions in the source plane of the upsampled pixels, (..., ny*up, nx*up), arcsec."""
        grid = self.grid(lens.dtype, lens.device)
        sides = (side * self.setup.upsample for side in self.setup.shape)
        rows, columns = (slice(pad, pad + side) for pad, side in zip(grid.pad, sides, strict=True))
        beta_x, beta_y = self._rays(lens, grid, free)
        return beta_x[..., rows, columns], beta_y[..., rows, columns]

    def positions(self, lens: Tensor, free: bool = False) -> tuple[Tensor, Tensor]:
        r"""Where all rays meet the source plane, the PSF's margin included, (..., rows, columns).

        Fast and without derivatives: what a source with a formula is evaluated at, for `blur`.
        """
        grid = self.grid(lens.dtype, lens.device)
        extra = self._extra_rays(grid)
        way = Way(grid, free, False, ())
        where = traced(lens.reshape(-1, lens.shape[-1]), extra, way)
        where = where.mul_(self.setup.half_source).reshape(*lens.shape[:-1], 2, *grid.shape)
        return (
            where[..., 0, :, :] + self.setup.source_x,
            where[..., 1, :, :] + self.setup.source_y,
        )

    def blur(self, rays: Tensor) -> Tensor:
        """Brightness of all rays, (..., rows, columns), to images (..., ny, nx)."""
        return self.grid(rays.dtype, rays.device).blur(rays)

    def _rays(self, lens: Tensor, grid: Grid, free: bool) -> tuple[Tensor, Tensor]:
        x, y = grid.x[None, :], grid.y[:, None]
        alpha_x, alpha_y = deflection(x, y, lens[..., None, None, :], free)
        extra = self._extra_rays(grid)
        if extra is not None:
            alpha_x, alpha_y = alpha_x + extra[..., 0, :, :], alpha_y + extra[..., 1, :, :]
        return x - alpha_x, y - alpha_y

    def _extra_rays(self, grid: Grid) -> Tensor | None:
        """The extra deflection on the rays, (..., 2, rows, columns)."""
        if self._extra is None:
            return None
        if not isinstance(self._extra, Tensor):
            if grid not in self._made:
                x, y = grid.plane.unbind(0)
                self._made[grid] = torch.stack(list(self._extra(x, y))).detach()
            return self._made[grid]
        given = self._extra.to(grid.x)
        if given.ndim < 3 or tuple(given.shape[-3:]) != (2, *self.setup.shape):
            raise LensError(
                f"The extra deflection has shape {tuple(given.shape)}; give (2, "
                f"{self.setup.shape[0]}, {self.setup.shape[1]}), in arcsec."
            )
        if grid.shape == self.setup.shape:
            return given
        ny, nx = self.setup.shape
        scale = self.setup.pixel_scale
        where = torch.stack(
            torch.broadcast_tensors(
                grid.x[None, :] / (0.5 * nx * scale), grid.y[:, None] / (0.5 * ny * scale)
            ),
            -1,
        )
        flat = given.reshape(-1, 2, ny, nx)
        rays = torch.nn.functional.grid_sample(
            flat, where.expand(len(flat), *where.shape), padding_mode="border", align_corners=False
        )
        return rays.reshape(*given.shape[:-2], *grid.shape)

    def _check(self, lens: Tensor, source: Tensor) -> None:
        if lens.shape[-1:] != (len(LENS_NAMES),):
            raise LensError(
                f"The lens has shape {tuple(lens.shape)}; give (..., {len(LENS_NAMES)})."
            )
        side = self.setup.source_pixels
        if tuple(source.shape[-2:]) != (side, side):
            raise LensError(
                f"The source has shape {tuple(source.shape)}; give (..., {side}, {side})."
            )
        if lens.dtype != source.dtype:
            raise LensError(
                f"The lens is {lens.dtype}, the source {source.dtype}; use one of them."
            )

    def matrix(self, lens: Tensor, free: bool = False) -> Tensor:
        r"""The response A of each image pixel to each source pixel, (..., m, d).

        Arguments:
            lens: (..., 8).
            free: The lens is in the order of `FREE_NAMES`.

        Returns:
            m = ny * nx and d = s * s, both row-major; in the dtype of the lens.
        """
        if lens.ndim > 1:
            flat = [self.matrix(one, free) for one in lens.reshape(-1, lens.shape[-1])]
            return torch.stack(flat).reshape(*lens.shape[:-1], *flat[0].shape)
        grid, half = self.grid(lens.dtype, lens.device), self.setup.half_source
        if torch.is_grad_enabled() and lens.requires_grad:
            x, y = self._rays(lens, grid, free)
        else:
            x, y = self.positions(lens, free)
        where = torch.stack([x - self.setup.source_x, y - self.setup.source_y]) / half
        return response(where, grid)


def _flat(values: Tensor, kept: int, batch: torch.Size) -> Tensor:
    """The batch axes as one: of length one where the values are shared, else broadcast."""
    axes = values.shape[: values.ndim - kept]
    if axes.numel() > 1:
        values = values.expand(*batch, *values.shape[values.ndim - kept :])
    return values.reshape(-1, *values.shape[values.ndim - kept :])
