r"""Pictures of a solid under a rotation, 32 pixels wide, shaded, by ray casting.

The camera looks along -z from far away (orthographic), so that the outline is the solid's exact
projection. Each ray meets a convex solid in one interval, the intersection of what half-spaces
and a quadric leave of it; its near end is what is seen, and its brightness rises with the
cosine between the normal and the light. Pixels average a square of rays.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import torch
from torch import Tensor

from astroviz.orientations.solids import SHAPES, Solid, solid

__all__ = ["FIELD", "SIZE", "Camera", "random_camera", "render", "render_many", "silhouette_area"]

SIZE = 32
"""Pixels along a side of a picture."""

FIELD = 1.15
"""Half the width of the picture, in radii of the solid's sphere."""

_AMBIENT = 0.1
_FAR = 1e6
_TINY = 1e-7


@dataclass(frozen=True)
class Camera:
    r"""Light and noise of each picture.

    Arguments:
        light: Unit vectors towards the light, shape :math:`(N, 3)`.
        gain: Brightness of a face that looks into the light, shape :math:`(N,)`.
        noise: Standard deviation of the noise of a pixel.
    """

    light: Tensor
    gain: Tensor
    noise: float = 0.02

    @classmethod
    def usual(cls, n: int) -> Camera:
        """The same light for all: from above, to the right, in front."""
        light = torch.tensor(_LIGHT).expand(n, 3)
        return cls(light / light.norm(dim=-1, keepdim=True), torch.ones(n))


_LIGHT = (0.45, 0.65, 0.75)
_SPREAD = 0.08  # of the direction of the light, rad


def random_camera(n: int, generator: torch.Generator) -> Camera:
    r"""Lights a few degrees around the usual one, brightness within 10 %.

    Arguments:
        n: Number of pictures.
        generator: Source of randomness.
    """
    light = Camera.usual(n).light + _SPREAD * torch.randn(n, 3, generator=generator)
    gain = 0.9 + 0.1 * torch.rand(n, generator=generator)
    return Camera(light / light.norm(dim=-1, keepdim=True), gain)


@functools.cache
def _rays(size: int, finer: int) -> Tensor:
    """Where the rays pierce the picture, shape (P, 2), row by row from the top left."""
    count = size * finer
    middle = (torch.arange(count) + 0.5) / count * 2 * FIELD - FIELD
    y, x = torch.meshgrid(-middle, middle, indexing="ij")
    return torch.stack([x.reshape(-1), y.reshape(-1)], -1)


def _clip(
    low: Tensor, high: Tensor, seen: Tensor, start: Tensor, rise: Tensor, shade: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    r"""What the half-space `start + t rise <= 0` leaves of the intervals, and what is seen.

    Arguments:
        low: Far ends, shape :math:`(N, P)`.
        high: Near ends.
        seen: Brightness at the near ends.
        start: Value at t = 0, shape :math:`(N, P)`.
        rise: Its slope along the ray, shape :math:`(N, 1)`.
        shade: Brightness of the face, shape :math:`(N, 1)`.
    """
    steep = torch.where(rise.abs() < _TINY, _TINY, rise)
    crossing = -start / steep
    nearer = (steep > 0) & (crossing < high)
    seen = torch.where(nearer, shade, seen)
    high = torch.where(nearer, crossing, high)
    low = torch.where(steep < 0, torch.maximum(low, crossing), low)
    return low, high, seen


def _round_side(
    body: Solid, rotation: Tensor, rays: Tensor, light: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    r"""Intervals inside :math:`x^2 + y^2 \le (r - k z)^2`, the half with :math:`r > kz`."""
    turned = rotation.mT  # space to body
    across = torch.einsum("nij,pj->nip", turned[..., :2], rays)  # the ray at t = 0
    along = turned[..., 2:]  # its direction, shape (N, 3, 1)
    k, r = body.slope, body.radius
    (ox, oy, oz), (dx, dy, dz) = across.unbind(1), along.unbind(1)
    reach, fall = r - k * oz, -k * dz
    a = dx**2 + dy**2 - fall**2
    a = torch.where(a.abs() < _TINY, _TINY, a)
    b = ox * dx + oy * dy - reach * fall
    c = ox**2 + oy**2 - reach**2
    inside = b**2 - a * c
    root = inside.clamp(min=0).sqrt()
    one, two = (-b - root) / a, (-b + root) / a
    first, last = torch.minimum(one, two), torch.maximum(one, two)
    # a ray steeper than the side leaves this half of the double cone through one root only
    shut = a > 0
    low = torch.where(shut, first, torch.where(dz > 0, -_FAR, last))
    high = torch.where(shut, last, torch.where(dz > 0, first, _FAR))
    # a shallow ray meets one half only, perhaps the other one: beyond the apex
    beyond = shut & (reach + 0.5 * (first + last) * fall < 0)
    high = torch.where((inside < 0) | beyond, -_FAR, high)
    x, y = ox + high * dx, oy + high * dy
    side = (x**2 + y**2).sqrt().clamp(min=_TINY)
    lamp = torch.einsum("nij,nj->ni", turned, light)[..., None].unbind(1)
    cosine = (x * lamp[0] + y * lamp[1]) / side + k * lamp[2]
    return low, high, cosine / (1 + k * k) ** 0.5


def _cast(body: Solid, rotation: Tensor, light: Tensor, rays: Tensor) -> tuple[Tensor, Tensor]:
    """Cosine between normal and light where each ray hits, and whether it hits, (N, P)."""
    normals = torch.einsum("nij,fj->fni", rotation, body.normals)
    if body.is_round:
        low, high, seen = _round_side(body, rotation, rays, light)
    else:
        low = rotation.new_full((len(rotation), len(rays)), -_FAR)
        high, seen = -low, torch.zeros_like(low)
    for normal in normals:
        start = normal[:, :2] @ rays.mT - body.offset
        shade = (normal * light).sum(-1, keepdim=True)
        low, high, seen = _clip(low, high, seen, start, normal[:, 2:], shade)
    return seen, high > low


def render(
    name: str,
    rotation: Tensor,
    camera: Camera | None = None,
    generator: torch.Generator | None = None,
    size: int = SIZE,
    finer: int = 2,
) -> Tensor:
    r"""Pictures of one solid.

    Arguments:
        name: One of `solids.SHAPES`.
        rotation: From the solid's frame to the camera's, shape :math:`(N, 3, 3)`.
        camera: Light of each picture; by default the usual one.
        generator: Source of the pixels' noise; without one there is no noise.
        size: Pixels along a side.
        finer: Rays along a side of a pixel.

    Returns:
        Brightness from 0 (background) to 1, shape :math:`(N, size, size)`, top row first.

    Example:
        >>> render("cube", torch.eye(3)[None]).shape
        torch.Size([1, 32, 32])
    """
    camera = camera or Camera.usual(len(rotation))
    seen, hit = _cast(solid(name), rotation, camera.light, _rays(size, finer))
    # wrapped around the dark side, so that no two faces look alike for want of light
    bright = _AMBIENT + (1 - _AMBIENT) * (0.5 + 0.5 * seen).square()
    picture = (camera.gain[:, None] * bright * hit).reshape(-1, size, finer, size, finer)
    picture = picture.mean((2, 4))
    if generator is not None:
        picture = picture + camera.noise * torch.randn(picture.shape, generator=generator)
    return picture.clamp(0, 1)


def render_many(
    kinds: Tensor, rotation: Tensor, generator: torch.Generator, finer: int = 2
) -> Tensor:
    r"""Pictures of several solids under lights of their own, with noise.

    Arguments:
        kinds: Index of each solid in `SHAPES`, shape :math:`(N,)`.
        rotation: Shape :math:`(N, 3, 3)`.
        generator: Source of lights and noise.
        finer: Rays along a side of a pixel.

    Returns:
        Shape :math:`(N, 32, 32)`.
    """
    camera = random_camera(len(kinds), generator)
    pictures = rotation.new_zeros(len(kinds), SIZE, SIZE)
    for kind, name in enumerate(SHAPES):
        rows = (kinds == kind).nonzero()[:, 0]
        if len(rows):
            here = Camera(camera.light[rows], camera.gain[rows], camera.noise)
            pictures[rows] = render(name, rotation[rows], here, generator, finer=finer)
    return pictures


def silhouette_area(name: str, rotation: Tensor, finer: int = 4) -> Tensor:
    r"""Area of the outline by counting rays, in squared radii of the sphere, shape (N,)."""
    rays = _rays(SIZE, finer)
    _, hit = _cast(solid(name), rotation, Camera.usual(len(rotation)).light, rays)
    return hit.float().mean(-1) * (2 * FIELD) ** 2
