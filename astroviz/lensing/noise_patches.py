r"""Patches of additive noise: blank sky of real images, and a procedural stand-in.

Blank sky is what is left of an image outside a radius around the lens after a smooth background
and detected sources are taken away, in units of the noise map. Of drizzled HST images it has a
standard deviation of 0.65 to 0.70, neighbours are correlated by 0.2 to 0.3, and its tails are a
little heavier than a Gaussian's.

The stand-in is made by the same mechanisms, stronger, so that its law is far from Gaussian:

- white noise through the kernel that drizzling amounts to, standard deviation 0.66, correlation
  0.33 of neighbours in a row or column, 0.11 in a diagonal;
- hot pixels, 0.4 % of all, amplitude 3 plus an exponential of mean 5, through the same kernel;
- residuals of cosmic rays, one in 900 pixels: straight tracks at any angle, length lognormal
  about 4 pixels, amplitude of either sign (rejection takes too little or too much), exponential of
  mean 4.

References:
    | Fruchter & Hook (2002), drizzle, https://doi.org/10.1086/338393
    | Casertano et al. (2000), correlated noise, https://doi.org/10.1086/316851
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.ndimage import binary_dilation, gaussian_filter
from torch import Tensor

__all__ = ["TEST_LENSES", "Sky", "blank_sky", "patches", "read_skies", "stand_in", "tiles"]

# Kept from training, every third by name; benchmarks and tests take their noise from these.
TEST_LENSES = (
    "J0037-0942", "J0157-0056", "J0330-0020", "J0822+2652", "J1020+1122", "J1100+5329",
    "J1204+0358", "J1430+4105", "J2300+0022",
)  # fmt: skip
_INNER = 3.0  # arcsec
_SMOOTH, _SOURCE = 7.0, 1.5  # pixels: of the background, of the search for sources
_DETECTED = 4.0  # standard deviations
_MASKED = 1e7  # noise beyond it means no data
_LEFT_OVER = 0.045  # correlation at 5 pixels beyond which structure was left in the sky
_MARGIN = 12  # pixels around a stand-in patch, so that tracks may begin outside
_DEVIATION, _HOT, _RAYS = 0.66, 0.004, 1 / 900


@dataclass(frozen=True)
class Sky:
    r"""Blank sky of one image.

    Arguments:
        name: Which image.
        values: Noise in units of the noise map, (ny, nx); 0 where there is none.
        good: Where it is blank sky, (ny, nx) bool.
    """

    name: str
    values: np.ndarray
    good: np.ndarray

    def correlation(self, rows: int, columns: int) -> float:
        """Correlation of pixels so far apart, both blank."""
        ny, nx = self.values.shape
        one = np.s_[rows:, columns:]
        two = np.s_[: ny - rows, : nx - columns]
        both = self.good[one] & self.good[two]
        spread = self.values[self.good].var()
        return float((self.values[one] * self.values[two])[both].mean() / spread)


def blank_sky(
    image: np.ndarray, noise: np.ndarray, pixel_scale: float = 0.05, name: str = ""
) -> Sky:
    r"""The blank sky of an image with a lens in its middle.

    Arguments:
        image: The image, (ny, nx).
        noise: Its noise map in the same unit, (ny, nx); 1e7 and more, or NaN, is masked.
        pixel_scale: In arcsec.
        name: What to call it.

    Returns:
        What is farther than 3 arcsec from the middle, without sources and smooth background.
    """
    image, noise = np.asarray(image, np.float64), np.asarray(noise, np.float64)
    if image.shape != noise.shape or image.ndim != 2:
        raise ValueError(f"image {image.shape} and noise map {noise.shape} must be 2-D and alike")
    known = np.isfinite(image) & np.isfinite(noise) & (noise > 0) & (noise < _MASKED)
    y, x = (np.arange(n) - (n - 1) / 2 for n in image.shape)
    good = known & (np.hypot(y[:, None], x[None]) * pixel_scale > _INNER)
    ratio = np.where(good, image / np.where(known, noise, 1.0), 0.0)
    for _ in range(3):
        if not good.any():
            raise ValueError(f"no blank sky in {name or 'the image'} beyond {_INNER:g} arcsec")
        weight = np.maximum(gaussian_filter(good.astype(float), _SMOOTH), 1e-3)
        background = gaussian_filter(np.where(good, ratio, 0.0), _SMOOTH) / weight
        values = np.where(good, ratio - background, 0.0)
        smooth = gaussian_filter(values, _SOURCE)
        spread = 1.4826 * np.median(np.abs(smooth[good]))
        good = good & ~binary_dilation(smooth > _DETECTED * spread, iterations=3)
    return Sky(name, np.where(good, values, 0.0).astype(np.float32), good)


def read_skies(folder: Path | str, names: Sequence[str] | None = None) -> list[Sky]:
    r"""Blank skies of a folder of lenses, without those in which structure is left.

    Arguments:
        folder: Holds `<lens>/image.fits` and `<lens>/noise.fits`.
        names: Only these lenses; all by default.

    Returns:
        One sky a lens, sorted by name.
    """
    from astropy.io import fits

    found = []
    for place in sorted(Path(folder).glob("*/")):
        if (names is None or place.name in names) and (place / "image.fits").is_file():
            image, noise = (fits.getdata(place / f"{kind}.fits") for kind in ("image", "noise"))
            sky = blank_sky(image, noise, name=place.name)
            if abs(sky.correlation(0, 5)) < _LEFT_OVER:
                found.append(sky)
    if not found:
        raise FileNotFoundError(
            f"no lenses with image.fits and noise.fits in {folder}: name the folder that holds "
            "them, or use the stand-in, which needs no files"
        )
    return found


def patches(
    skies: Sequence[Sky], number: int, pixels: int, seed: int, filled: float = 0.85
) -> tuple[Tensor, Tensor]:
    r"""Random patches of skies, each turned or mirrored.

    Arguments:
        skies: Where to cut.
        number: How many.
        pixels: Their side.
        seed: Seed of places and turns.
        filled: Least part of a patch that is blank sky.

    Returns:
        Values in units of the noise map, and 1 where they are known, both (number, p, p).
    """
    random = np.random.default_rng(seed)
    values = np.empty((number, pixels, pixels), np.float32)
    known = np.empty_like(values)
    done, tries = 0, 0
    while done < number:
        tries += 1
        if tries > 1000 * (number + 10):
            raise ValueError(
                f"no patches of {pixels} pixels are {filled:.0%} blank in these skies"
            )
        sky = skies[int(random.integers(len(skies)))]
        row, column = (int(random.integers(n - pixels + 1)) for n in sky.good.shape)
        cut = np.s_[row : row + pixels, column : column + pixels]
        if sky.good[cut].mean() < filled:
            continue
        turn, mirrored = int(random.integers(4)), bool(random.integers(2))
        for kept, part in ((values, sky.values), (known, sky.good)):
            turned = np.rot90(part[cut], turn)
            kept[done] = turned[:, ::-1] if mirrored else turned
        done += 1
    return torch.from_numpy(values), torch.from_numpy(known)


def tiles(skies: Sequence[Sky], pixels: int) -> Tensor:
    """Patches that do not overlap and are blank all over, (n, pixels, pixels)."""
    found = []
    for sky in skies:
        ny, nx = sky.good.shape
        row = 0
        while row + pixels <= ny:
            column, any_found = 0, False
            while column + pixels <= nx:
                cut = np.s_[row : row + pixels, column : column + pixels]
                if sky.good[cut].all():
                    found.append(sky.values[cut])
                    any_found = True
                    column += pixels
                else:
                    column += 1
            row += pixels if any_found else 1
    return torch.from_numpy(np.stack(found)) if found else torch.empty(0, pixels, pixels)


def stand_in(number: int, pixels: int | tuple[int, int], seed: int) -> Tensor:
    r"""Procedural noise; the law is in the docstring of the module.

    Arguments:
        number: How many patches.
        pixels: Their side, or (ny, nx).
        seed: Seed.

    Returns:
        Values in units of a noise map, (number, ny, nx) float32.

    Example:
        >>> stand_in(3, 24, seed=0).shape
        torch.Size([3, 24, 24])
    """
    ny, nx = (pixels, pixels) if isinstance(pixels, int) else pixels
    random = np.random.default_rng(seed)
    shape = (number, ny + 2 * _MARGIN, nx + 2 * _MARGIN)
    white = random.standard_normal(shape)
    hot = random.random(shape) < _HOT
    white = _drizzled(white)
    white += _drizzled(np.where(hot, 3 + random.exponential(5.0, shape), 0.0)) / _DEVIATION
    noise = _DEVIATION * white + _tracks(shape, random)
    inside = noise[:, _MARGIN : _MARGIN + ny, _MARGIN : _MARGIN + nx]
    return torch.from_numpy(np.ascontiguousarray(inside, np.float32))


def _drizzled(image: np.ndarray) -> np.ndarray:
    """Through [a, 1, a] along rows and columns, of unit sum of squares: correlation 1/3."""
    a = 0.17712  # 2 a / (1 + 2 a^2) = 1/3
    norm = 1 + 2 * a * a
    along = image + a * (np.roll(image, 1, -1) + np.roll(image, -1, -1))
    return (along + a * (np.roll(along, 1, -2) + np.roll(along, -1, -2))) / norm


def _tracks(shape: tuple[int, int, int], random: np.random.Generator) -> np.ndarray:
    """Cosmic rays that were not quite rejected."""
    number, ny, nx = shape
    rays = int(random.poisson(_RAYS * number * ny * nx))
    which = random.integers(number, size=rays)
    y, x = random.random(rays) * ny, random.random(rays) * nx
    angle, length = random.random(rays) * 2 * np.pi, random.lognormal(np.log(4), 0.5, rays)
    height = random.exponential(4.0, rays) * random.choice([-1, 1], rays)
    image = np.zeros(shape)
    step = 0.25
    for k in range(int(np.ceil(min(length.max(initial=0.0), 2 * _MARGIN) / step))):
        on = k * step < length
        rows = (y + k * step * np.sin(angle)) % ny
        columns = (x + k * step * np.cos(angle)) % nx
        np.add.at(
            image,
            (which[on], rows[on].astype(int), columns[on].astype(int)),
            step * height[on],
        )
    return _drizzled(image)
