r"""Stamps of real galaxies, brought to the frame and the units of the priors.

Two sources: the picture of the Hubble eXtreme Deep Field that comes with scikit-image (NASA,
public domain; eight bits, its stretch is undone with the curve of sRGB, so that flux is linear
only roughly), and 100 COSMOS galaxies in linear flux, where `$ASTROVIZ_SHARED_DATA` names a folder
that holds `lensing/cosmos_galaxies.fits`. Every galaxy is cut out with its half-light radius at a
fifth of the frame or less, its neighbours and the sky are blanked, and every fourth is held out of
all trainings.
"""

from __future__ import annotations

import functools
import math
import os
from pathlib import Path

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn import functional

from astroviz.lensing.procedural import fade

__all__ = ["FRAME", "StampsError", "cosmos_path", "sources", "stamps", "varied"]

FRAME = 48
"""Side of a kept stamp, pixels."""

_RADIUS = 0.18  # half-light radius, parts of the frame
_SMALLEST = 14  # side of a frame in pixels of the picture: less would be mostly resampling
_AREA = 45  # pixels above three sigma
_SATURATED = 0.97
_CLEAR = 5.0  # mean brightness over the scatter of the sky
_ASTRAY = 0.7  # of the half-light radius: brightest further from the centre is a pair, not one


class StampsError(ValueError):
    """There is no picture to cut galaxies from."""


def cosmos_path() -> Path | None:
    """The file of COSMOS galaxies; None where it is not there."""
    shared = os.environ.get("ASTROVIZ_SHARED_DATA", "")
    path = Path(shared) / "lensing" / "cosmos_galaxies.fits"
    return path if shared and path.is_file() else None


def sources() -> str:
    """Where the stamps come from here, in words."""
    return f"XDF picture{' and 100 COSMOS galaxies' if cosmos_path() else ''}"


def stamps(held_out: bool = False) -> Tensor:
    r"""Stamps of real galaxies, largest pixel one.

    Arguments:
        held_out: Those that no training saw, instead of the others.

    Returns:
        Shape :math:`(n, 48, 48)`, float32.
    """
    found = _all(cosmos_path())
    apart = torch.arange(len(found)) % 4 == 0
    return found[apart if held_out else ~apart]


def varied(images: Tensor, n: int, generator: Generator, pixels: int) -> Tensor:
    r"""Draw stamps, turned by any angle, mirrored, resized and moved a little.

    Arguments:
        images: From `stamps`.
        n: Number of images.
        generator: Source of all randomness, on the CPU.
        pixels: Side of an image.

    Returns:
        Shape :math:`(n, s, s)`, prior units: the brightest pixel lognormal about 2, 1 to 4.
    """
    rows = torch.randint(len(images), (n,), generator=generator)
    u = torch.rand(5, n, generator=generator)
    angle, size = 2 * math.pi * u[0], torch.exp(0.3 * (u[1] - 0.5))
    mirror = torch.where(u[2] < 0.5, 1.0, -1.0)
    cos, sin = angle.cos() * size, angle.sin() * size
    moved = 0.1 * (u[3:] - 0.5)
    matrix = torch.stack(
        [torch.stack([cos * mirror, -sin, moved[0]], 1),
         torch.stack([sin * mirror, cos, moved[1]], 1)], 1
    )  # fmt: skip
    grid = functional.affine_grid(matrix, [n, 1, pixels, pixels], align_corners=False)
    found = functional.grid_sample(images[rows][:, None], grid, align_corners=False)[:, 0]
    found = found.clamp_min(0) * fade(pixels)
    peak = (2.0 * torch.exp(0.25 * torch.randn(n, generator=generator))).clamp(1.0, 4.0)
    return found * (peak / found.amax((1, 2)).clamp_min(1e-6))[:, None, None]


@functools.lru_cache(maxsize=2)
def _all(cosmos: Path | None) -> Tensor:
    cut = _cut_out(*_xdf())
    if cosmos is not None:
        cut += [stamp for picture in _cosmos(cosmos) for stamp in _cut_out(picture, picture)[:1]]
    return torch.from_numpy(np.stack(cut))


def _xdf() -> tuple[np.ndarray, np.ndarray]:
    """The deep field in roughly linear flux, and as it is, whose saturated pixels are one."""
    try:
        from skimage.data import hubble_deep_field
    except ImportError as error:
        raise StampsError(
            "stamps of real galaxies are cut from a picture that comes with scikit-image: "
            "install it with `pip install scikit-image`"
        ) from error
    shown = hubble_deep_field()[::-1].astype(np.float32) / 255
    linear = np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
    return linear.mean(-1), shown.mean(-1)


def _cosmos(path: Path) -> list[np.ndarray]:
    from astropy.io import fits

    with fits.open(path) as units:
        return [np.asarray(unit.data, np.float32) for unit in units if unit.data is not None]


def _cut_out(linear: np.ndarray, shown: np.ndarray) -> list[np.ndarray]:
    """Frames of the galaxies of a picture, the largest first."""
    from scipy import ndimage

    smooth = ndimage.gaussian_filter(shown, 1.0)
    sky = float(np.median(smooth))
    spread = 1.4826 * float(np.median(np.abs(smooth - sky)))
    labels, _ = ndimage.label(smooth > sky + 3 * spread)
    flux = np.clip(linear - np.median(linear), 0, None)
    saturated = shown.max() <= 1.0
    found = []
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        own = labels[box] == number
        whole = not saturated or float((shown[box][own] > _SATURATED).mean()) < 0.02
        clear = (smooth[box][own] - sky).mean() > _CLEAR * spread
        if own.sum() < _AREA or not whole or not clear:
            continue
        stamp = _frame(flux, labels, number, box)
        if stamp is not None:
            found.append((int(own.sum()), stamp))
    return [stamp for _, stamp in sorted(found, key=lambda pair: -pair[0])]


def _frame(
    flux: np.ndarray, labels: np.ndarray, number: int, box: tuple[slice, ...]
) -> np.ndarray | None:
    """One galaxy in its frame, all else blanked; None for a pair or beyond the rim."""
    from scipy import ndimage

    light = np.where(labels[box] == number, flux[box], 0)
    rows, columns = np.indices(light.shape)
    total = light.sum()
    row, column = (rows * light).sum() / total, (columns * light).sum() / total
    away = np.hypot(rows - row, columns - column).ravel()
    order = np.argsort(away)
    grown = np.cumsum(light.ravel()[order])
    half = float(away[order][np.searchsorted(grown, 0.5 * total)])
    side = max(half / _RADIUS, _SMALLEST)
    bright = np.unravel_index(ndimage.gaussian_filter(light, 1.0).argmax(), light.shape)
    if math.hypot(bright[0] - row, bright[1] - column) > _ASTRAY * half:
        return None
    row, column = row + box[0].start, column + box[1].start
    line = (np.arange(FRAME) - (FRAME - 1) / 2) * side / FRAME
    place = np.stack(np.meshgrid(row + line, column + line, indexing="ij"))
    ends = np.array(flux.shape)[:, None, None] - 0.5
    if (place < -0.5).any() or (place > ends).any():
        return None
    reach = tuple(slice(max(s.start - 6, 0), s.stop + 6) for s in box)
    own = ndimage.binary_dilation(labels[reach] == number, iterations=3)
    own &= (labels[reach] == number) | (labels[reach] == 0)
    kept = np.zeros_like(flux[reach])
    soft = ndimage.gaussian_filter(own.astype(np.float32), 1.0) * own
    kept[...] = flux[reach] * soft
    start = np.array([reach[0].start, reach[1].start])[:, None, None]
    stamp = ndimage.map_coordinates(kept, place - start, order=3, mode="constant").clip(0)
    peak = float(stamp.max())
    return (stamp / peak).astype(np.float32) if peak > 0 else None
