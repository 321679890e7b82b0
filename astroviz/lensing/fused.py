r"""Trace, sample and blur as one differentiable operation with derivatives written by hand.

Nothing is recorded between its steps: going backward costs two transforms, one gather, and the
sums of the pull on the rays against a few planes that the forward pass keeps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from astroviz.lensing.elliptical import power_law_gradient, power_law_rays
from astroviz.lensing.isothermal import isothermal_gradient, isothermal_rays
from astroviz.lensing.numbers import Numbers
from astroviz.lensing.setup import Grid

__all__ = ["Image", "Way", "image"]


@dataclass(frozen=True)
class Way:
    """How an image is made: its rays, the kind of vector, and what is not differentiated.

    Arguments:
        grid: The rays.
        free: The lens is in the order of `FREE_NAMES`.
        by_slope: Whether a derivative by the slope is wanted; else it is 0.
        shape: Of the image.
    """

    grid: Grid
    free: bool
    by_slope: bool
    shape: tuple[int, ...]


def image(lens: Tensor, source: Tensor, extra: Tensor | None, way: Way) -> Tensor:
    r"""Lenses (..., 8) and sources (..., s, s) to images; one of both single, or equally many.

    Arguments:
        lens: In the order of `LENS_NAMES`.
        source: Pixels of the sources.
        extra: Another deflection on the rays, (2, 1 or B, rows, columns), or None.
        way: The rest.
    """
    recorded = torch.is_grad_enabled() and (
        lens.requires_grad or source.requires_grad or (extra is not None and extra.requires_grad)
    )
    if recorded:
        made: Tensor = Image.apply(lens, source, extra, way)
        return made
    where, _ = _rays(Numbers(lens.reshape(-1, lens.shape[-1]), way.free), way.grid, extra, False)
    return way.grid.blur(_sampled(source, where, way.grid)).reshape(way.shape)


def _isothermal(core: Numbers) -> bool:
    slope = core.values[7]
    return bool(slope == 1.0) if core.single else bool((slope == 1.0).all())


def _rays(core: Numbers, grid: Grid, extra: Tensor | None, keep: bool) -> tuple[Tensor, Any]:
    setup = grid.setup
    rays: Any = isothermal_rays if _isothermal(core) else power_law_rays
    half = setup.half_source
    where, planes = rays(core, grid, half, (setup.source_x, setup.source_y), keep)
    if extra is not None:
        where.sub_(extra, alpha=1 / half)
    return where, planes


def _sampled(source: Tensor, where: Tensor, grid: Grid) -> Tensor:
    pixels, points = _arranged(source, where)
    return torch.grid_sampler_2d(pixels, points, 0, 0, False).view(-1, *grid.shape)


class Image(torch.autograd.Function):
    """`image` where a derivative is wanted."""

    @staticmethod
    def forward(ctx: Any, lens: Tensor, source: Tensor, extra: Tensor | None, way: Way) -> Tensor:
        """Trace, sample, blur; keeps the planes of the deflection if the lens is to be moved."""
        ctx.core, ctx.way = Numbers(lens.reshape(-1, lens.shape[-1]), way.free), way
        where, planes = _rays(ctx.core, way.grid, extra, ctx.needs_input_grad[0])
        kept = planes if isinstance(planes, tuple) else (planes,)
        ctx.save_for_backward(lens, source, where, *kept)
        return way.grid.blur(_sampled(source, where, way.grid)).reshape(way.shape)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, pull: Tensor) -> tuple[Any, ...]:
        """The pull on the pixels brought back to the rays, the source and the lens."""
        lens, source, where, *planes = ctx.saved_tensors
        grid, (by_lens, by_source, by_extra, _) = ctx.way.grid, ctx.needs_input_grad
        pixels, points = _arranged(source, where)
        rays = grid.unblur(pull).reshape(pixels.shape[0], -1, *points.shape[1:3])
        mask = [by_source, by_lens or by_extra]
        to_source, to_rays = torch.ops.aten.grid_sampler_2d_backward(
            rays, pixels, points, 0, 0, False, mask
        )
        to_lens = force = None
        if by_lens or by_extra:
            force = torch.empty_like(where)
            torch.mul(to_rays.view(-1, 2).T, -1 / grid.setup.half_source, out=force.view(2, -1))
        if by_lens:
            isothermal = _isothermal(ctx.core)
            gradient: Any = isothermal_gradient if isothermal else power_law_gradient
            kept = planes[0] if isothermal else planes
            found = gradient(ctx.core, grid, force, kept, ctx.way.by_slope)
            to_lens = ctx.core.chain(found, lens.device).view(lens.shape)
        to_source = to_source.view(source.shape) if by_source else None
        return to_lens, to_source, force if by_extra else None, None


def _arranged(source: Tensor, where: Tensor) -> tuple[Tensor, Tensor]:
    """Sources and points as the sampler wants them, without a copy where one of them is shared."""
    _, lenses, rows, columns = where.shape
    source = source.reshape(-1, *source.shape[-2:])
    if lenses == 1:  # one lens: sources are channels
        return source[None], where.permute(1, 2, 3, 0)
    if len(source) == 1:  # one source: lenses are rows of one large image
        return source[None], where.view(2, 1, lenses * rows, columns).permute(1, 2, 3, 0)
    return source[:, None], where.permute(1, 2, 3, 0)
