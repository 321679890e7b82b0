r"""Trace, sample and blur as one differentiable operation with derivatives written by hand.

Nothing is recorded between its steps: going backward costs two transforms, one gather, and the
sums of the pull on the rays against a few planes that the forward pass keeps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from astroviz.lensing.core_lens import CoreLens
from astroviz.lensing.elliptical import power_law_gradient, power_law_rays
from astroviz.lensing.isothermal import isothermal_gradient, isothermal_rays
from astroviz.lensing.setup import Grid

__all__ = ["Image", "Way", "image", "traced"]

_CHUNK = 60_000  # rays of a batch at a time: what a core's cache holds


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
        extra: Another deflection on the rays, (1 or B, 2, rows, columns), or None.
        way: The rest.
    """
    recorded = torch.is_grad_enabled() and (
        lens.requires_grad or source.requires_grad or (extra is not None and extra.requires_grad)
    )
    if recorded:
        made: Tensor = Image.apply(lens, source, extra, way)
        return made
    cores, sources = _cores(lens, way), source.reshape(-1, *source.shape[-2:])
    step = max(1, _CHUNK // way.grid.plane[0].numel())
    if len(cores) <= step:
        where, _ = _rays(cores, extra, way, False)
        return way.grid.blur(_sampled(source, where, way.grid)).reshape(way.shape)
    parts = []
    for start in range(0, len(cores), step):
        part = slice(start, start + step)
        shifted = extra if extra is None or len(extra) == 1 else extra[part]
        where, _ = _rays(cores[part], shifted, way, False)
        used = sources if len(sources) == 1 else sources[part]
        parts.append(way.grid.blur(_sampled(used, where, way.grid)))
    return torch.cat(parts).reshape(way.shape)


def traced(lens: Tensor, extra: Tensor | None, way: Way) -> Tensor:
    """Positions of all rays in units of half the source's grid, (B, 2, rows, columns)."""
    return _rays(_cores(lens, way), extra, way, False)[0]


def _cores(lens: Tensor, way: Way) -> list[CoreLens]:
    vectors = lens.detach().reshape(-1, lens.shape[-1]).tolist()
    return [CoreLens(vector, way.free) for vector in vectors]


def _rays(
    cores: list[CoreLens], extra: Tensor | None, way: Way, keep: bool
) -> tuple[Tensor, list[tuple[Tensor, ...]]]:
    """Positions in units of half the source, (B, 2, rows, columns), and planes to keep."""
    grid = way.grid
    where = torch.empty(len(cores), 2, *grid.shape, dtype=grid.x.dtype, device=grid.x.device)
    kept: list[tuple[Tensor, ...]] = []
    planes: Tensor | None = None
    for core, one in zip(cores, where.unbind(0), strict=True):
        if core.slope != 1.0:
            kept.append(power_law_rays(core, grid, one, keep, way.by_slope))
            continue
        if planes is None or keep:
            planes = where.new_empty(7, *grid.shape)
        isothermal_rays(core, grid, one, planes)
        kept.append((planes,) if keep else ())
    if extra is not None:
        where.sub_(extra, alpha=1 / grid.setup.half_source)
    return where, kept


def _arranged(source: Tensor, where: Tensor) -> tuple[Tensor, Tensor]:
    """Sources and points as the sampler wants them; several sources of one lens are channels."""
    pixels, points = source.reshape(-1, *source.shape[-2:]), where.permute(0, 2, 3, 1)
    if len(where) == 1:
        return pixels[None], points
    return pixels[:, None].expand(len(where), 1, *pixels.shape[-2:]), points


def _sampled(source: Tensor, where: Tensor, grid: Grid) -> Tensor:
    pixels, points = _arranged(source, where)
    return torch.grid_sampler_2d(pixels, points, 0, 0, False).view(-1, *grid.shape)


class Image(torch.autograd.Function):
    """`image` where a derivative is wanted."""

    @staticmethod
    def forward(ctx: Any, lens: Tensor, source: Tensor, extra: Tensor | None, way: Way) -> Tensor:
        """Trace, sample, blur; keeps the planes of the deflection if the lens is to be moved."""
        ctx.cores, ctx.way = _cores(lens, way), way
        where, kept = _rays(ctx.cores, extra, way, ctx.needs_input_grad[0])
        ctx.counts = [len(planes) for planes in kept]
        ctx.save_for_backward(lens, source, where, *(plane for planes in kept for plane in planes))
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
            torch.mul(to_rays.permute(0, 3, 1, 2), -1 / grid.setup.half_source, out=force)
        if by_lens:
            to_lens = _lens_gradient(ctx, force, planes).view(lens.shape)
        if by_source:
            shared = len(where) > 1 and source.numel() < to_source.numel()
            to_source = (to_source.sum(0) if shared else to_source).view(source.shape)
        return to_lens, to_source if by_source else None, force if by_extra else None, None


def _lens_gradient(ctx: Any, force: Any, planes: list[Tensor]) -> Tensor:
    """Derivatives by the given vectors, (B, 8)."""
    rows, place = [], 0
    for core, count, one in zip(ctx.cores, ctx.counts, force.unbind(0), strict=True):
        kept = tuple(planes[place : place + count])
        place += count
        if core.slope == 1.0:
            found = isothermal_gradient(core, one, kept[0], ctx.way.by_slope)
        else:
            found = power_law_gradient(core, one, kept, ctx.way.by_slope)
        rows.append(core.chain(found))
    return torch.tensor(rows, dtype=force.dtype, device=force.device)
