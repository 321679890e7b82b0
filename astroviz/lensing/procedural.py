r"""A law of galaxy images from which exact draws are cheap: bulge, disc, log-spiral arms, clumps.

Lengths are in parts of the side of the frame unless they say pixels; brightness is in prior units,
linear in flux.

* Centre: normal with 0.02 about the middle of the frame. Half-light radius :math:`R`: lognormal
  with median 0.20 and scatter 0.25, within 0.11 to 0.32.
* *Elliptical* (a third of `all`): Sersic profile, index 0.8 to 2.5, axis ratio 0.5 to 1.
* *Spiral*: exponential disc of scale length :math:`R/1.68` seen at an inclination uniform in its
  cosine from 0.3 to 1, and a Sersic bulge with 2 to 45 % of the disc's flux.
  The disc is multiplied by :math:`1 + a\,w(r)\,[e^{k(\cos\psi - 1)} - b]` with
  :math:`\psi = m[\theta - \theta_0 - \pm\ln(r/R)/\tan p]`: :math:`m` = 2 (two thirds), 3 or 4 arms
  with pitch 12 to 32 degrees; :math:`w` fades them out in the centre.
* *Clumps*: up to ten in a spiral, Gaussian, 0.7 to 1.6 pixels wide, along the arms.
* *Texture*: a smooth lognormal field scatter 3 to 20 % in spirals, to 4 % in ellipticals.
* Profiles are softened by 1.2 pixels, as by a point spread function, and fade to zero at the rim
  of the frame. The brightest pixel is lognormal about 2, within 1 to 4.

Pixels are sampled at their centres.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Generator, Tensor

__all__ = ["ELLIPTICAL_SHARE", "KINDS", "Kind", "fade", "galaxies"]

Kind = Literal["all", "elliptical", "spiral"]
KINDS: tuple[Kind, ...] = ("all", "elliptical", "spiral")
"""Populations that can be drawn."""

ELLIPTICAL_SHARE = 1 / 3
"""Part of ellipticals in the population `all`."""

_CLUMPS = 10
_PART = 2048  # images made at once: what fits the cache is faster


def galaxies(n: int, generator: Generator, pixels: int = 32, kind: Kind = "all") -> Tensor:
    r"""Draw images of galaxies from the law of this module.

    Arguments:
        n: Number of images.
        generator: Source of all randomness, on the CPU.
        pixels: Side of an image.
        kind: The population.

    Returns:
        Images, shape :math:`(n, s, s)`, float32, prior units: zero or more, peak 1 to 4.

    Example:
        >>> images = galaxies(3, torch.Generator().manual_seed(0))
        >>> images.shape, bool((images >= 0).all())
        (torch.Size([3, 32, 32]), True)
    """
    if kind not in KINDS:
        raise ValueError(f"there is no kind of galaxy {kind!r}; there is {', '.join(KINDS)}")
    if pixels < 4:
        raise ValueError(f"an image of {pixels} pixels to a side holds no galaxy; take 4 or more")
    parts = [_draw(min(_PART, n - begun), generator, pixels, kind) for begun in range(0, n, _PART)]
    return torch.cat(parts) if parts else torch.empty(0, pixels, pixels)


def _draw(n: int, generator: Generator, pixels: int, kind: Kind) -> Tensor:
    share = {"all": ELLIPTICAL_SHARE, "elliptical": 1.0, "spiral": 0.0}[kind]
    smooth = torch.rand(n, generator=generator) < share
    frame = _Frame(n, generator, pixels)
    image = torch.empty(n, pixels, pixels)
    image[smooth] = _ellipticals(frame.take(smooth), generator)
    image[~smooth] = _spirals(frame.take(~smooth), generator)
    low = torch.where(smooth, 0.0, 0.03)
    high = torch.where(smooth, 0.04, 0.20)
    image = image * _texture(low + (high - low) * torch.rand(n, generator=generator), generator,
                             pixels) * frame.window  # fmt: skip
    peak = (2.0 * torch.exp(0.25 * torch.randn(n, generator=generator))).clamp(1.0, 4.0)
    return image * (peak / image.amax((1, 2)).clamp_min(1e-6))[:, None, None]


def fade(pixels: int) -> Tensor:
    """What images are multiplied by so that they end at the rim of the frame, one to zero."""
    grid = (torch.arange(pixels) - (pixels - 1) / 2) / pixels
    left = ((0.5 - torch.sqrt(grid[:, None] ** 2 + grid**2)) / 0.14).clamp(0, 1)
    return left * left * (3 - 2 * left)


class _Frame:
    """Where galaxies lie: coordinates of the pixels about each centre, radius, window."""

    def __init__(self, n: int, generator: Generator, pixels: int) -> None:
        grid = (torch.arange(pixels) - (pixels - 1) / 2) / pixels
        centre = (0.02 * torch.randn(2, n, generator=generator)).clamp(-0.05, 0.05)
        self.x = grid - centre[0, :, None]
        self.y = grid - centre[1, :, None]
        scatter = 0.25 * torch.randn(n, generator=generator)
        self.radius = (0.20 * torch.exp(scatter)).clamp(0.11, 0.32)
        self.angle = math.pi * torch.rand(n, generator=generator)
        self.window = fade(pixels)
        self.soft = 1.2 / pixels

    def take(self, chosen: Tensor) -> _Frame:
        """The frame of some of the galaxies."""
        part = object.__new__(_Frame)
        part.x, part.y = self.x[chosen], self.y[chosen]
        part.radius, part.angle = self.radius[chosen], self.angle[chosen]
        part.window, part.soft = self.window, self.soft
        return part

    def turned(self, ratio: Tensor) -> tuple[Tensor, Tensor]:
        """Coordinates along the axes of ellipses with this axis ratio, minor axis stretched."""
        cos, sin = self.angle.cos()[:, None], self.angle.sin()[:, None]
        long = (self.x * cos)[:, None, :] + (self.y * sin)[:, :, None]
        short = (self.y * cos)[:, :, None] - (self.x * sin)[:, None, :]
        return long, short / ratio[:, None, None]


def _sersic(square: Tensor, radius: Tensor, index: Tensor, soft: float) -> Tensor:
    """Sersic profile of a squared radius, softened; one at the half-light radius."""
    slope = 2 * index - 1 / 3 + 0.009876 / index
    scaled = (square + soft**2) / radius[:, None, None] ** 2
    power = torch.exp((0.5 / index)[:, None, None] * torch.log(scaled))
    return torch.exp(slope[:, None, None] * (1 - power))


def _ellipticals(frame: _Frame, generator: Generator) -> Tensor:
    ratio, index = torch.rand(2, len(frame.radius), generator=generator)
    ratio, index = 0.5 + 0.5 * ratio, 0.8 + 1.7 * index
    long, short = frame.turned(ratio)
    root = ratio.sqrt()[:, None, None]
    square = (long**2 + short**2) * root**2
    return _sersic(square, frame.radius, index, frame.soft)


def _spirals(frame: _Frame, generator: Generator) -> Tensor:
    u = torch.rand(10, len(frame.radius), generator=generator)
    tilt = 0.3 + 0.7 * u[0]
    long, short = frame.turned(tilt)
    square = long**2 + short**2
    radius = (square + frame.soft**2).sqrt()
    size = frame.radius[:, None, None]
    disc = torch.exp(-1.678 * radius / size)
    arms = torch.where(u[1] < 2 / 3, 2.0, torch.where(u[1] < 5 / 6, 3.0, 4.0))
    wind = torch.where(u[2] < 0.5, 1.0, -1.0) / torch.tan(torch.deg2rad(12 + 20 * u[3]))
    start = 2 * math.pi * u[4]
    phase = arms[:, None, None] * (
        torch.atan2(short, long) - start[:, None, None]
        - wind[:, None, None] * torch.log(radius / size)
    )  # fmt: skip
    sharp = (1.0 + 2.0 * u[5])[:, None, None]
    fade = square / (square + (0.35 * size) ** 2)
    lane = torch.exp(sharp * (torch.cos(phase) - 1))
    strength = (0.5 + 2.5 * u[6])[:, None, None]
    image = disc * (1 + strength * fade * (lane - 0.25)).clamp_min(0.1)
    image += _clumps(frame, tilt, arms, wind, start, generator)
    round_ = 1 - 0.3 * (1 - tilt)
    wide, flat = frame.turned(round_)
    bulge = _sersic(wide**2 + flat**2, frame.radius * (0.2 + 0.2 * u[7]), 1.0 + 1.5 * u[8],
                    frame.soft)  # fmt: skip
    return image + (0.1 + 1.1 * u[9] ** 2)[:, None, None] * bulge


def _clumps(
    frame: _Frame, tilt: Tensor, arms: Tensor, wind: Tensor, start: Tensor, generator: Generator
) -> Tensor:
    """Gaussian knots scattered about the ridges of the arms, in the plane of the disc."""
    n = len(tilt)
    u = torch.rand(5, n, _CLUMPS, generator=generator)
    number = (_CLUMPS + 1) * torch.rand(n, 1, generator=generator)
    lit = (torch.arange(_CLUMPS) < number - 1).float()
    radius = (0.4 + 1.6 * u[0]) * frame.radius[:, None]
    ridge = start[:, None] + wind[:, None] * torch.log(radius / frame.radius[:, None])
    angle = ridge + 2 * math.pi * torch.floor(arms[:, None] * u[1]) / arms[:, None]
    angle = angle + 0.35 * torch.randn(n, _CLUMPS, generator=generator)
    long, short = radius * angle.cos(), tilt[:, None] * radius * angle.sin()
    cos, sin = frame.angle.cos()[:, None], frame.angle.sin()[:, None]
    width = (0.6 + 0.7 * u[2])[..., None] * frame.soft
    across = frame.x[:, None, :] - (long * cos - short * sin)[..., None]
    along = frame.y[:, None, :] - (long * sin + short * cos)[..., None]
    light = lit * (0.1 + 0.7 * u[3] ** 2) * torch.exp(-0.8 * radius / frame.radius[:, None])
    column = torch.exp(-0.5 * (along / width) ** 2) * light[..., None]
    return torch.bmm(column.transpose(1, 2), torch.exp(-0.5 * (across / width) ** 2))


def _texture(scatter: Tensor, generator: Generator, pixels: int) -> Tensor:
    """Lognormal field, smooth over two pixels, mean about one."""
    coarse = torch.randn(len(scatter), 1, pixels // 2 + 1, pixels // 2 + 1, generator=generator)
    field = torch.nn.functional.interpolate(
        coarse, size=(pixels, pixels), mode="bilinear", align_corners=True
    )[:, 0]
    return torch.exp(1.4 * scatter[:, None, None] * field)
