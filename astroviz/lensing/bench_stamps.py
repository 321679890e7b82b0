r"""Pictures that can stand behind the lens of the bench: drawn, computed, brought, painted.

A stamp is a square picture, row 0 at the bottom, zero or more, with its brightest pixel at one.
"""

from __future__ import annotations

import base64
import binascii
import io
import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

__all__ = [
    "KINDS",
    "STAMP_PIXELS",
    "StampError",
    "drawn",
    "galaxy_stamp",
    "hubble_stamp",
    "packed",
    "painted",
    "pictures_of",
    "prior_stamp",
    "sersic_stamp",
    "shrunk",
    "unpacked",
]

KINDS = {
    "spiral": "Spiral (procedural)",
    "elliptical": "Elliptical (procedural)",
    "prior": "Draw of the score prior",
    "sersic": "Sersic profile",
    "hubble": "Real galaxy (Hubble)",
    "file": "From your file",
    "paint": "Painted by hand",
}
"""Kinds of sources, and what they are called."""

STAMP_PIXELS = 48
"""Side of a picture that was brought or painted."""

_BEND = 1.9992  # b of a Sersic profile is about 2n - 1/3 (Ciotti & Bertin 1999)


class StampError(ValueError):
    """A picture that cannot be a source: says why and what to do."""


def normal(picture: np.ndarray) -> np.ndarray:
    """Float32 with its brightest pixel at one; a sentence where nothing shines."""
    values = np.nan_to_num(np.asarray(picture, dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    values = np.maximum(values, 0.0)
    peak = float(values.max()) if values.size else 0.0
    if peak <= 0:
        raise StampError("The picture is empty: no pixel of it is brighter than zero.")
    return (values / peak).astype(np.float32)


@lru_cache(maxsize=64)
def galaxy_stamp(kind: str, seed: int, pixels: int = 64) -> np.ndarray:
    r"""A galaxy of the procedural law, shape :math:`(s, s)`.

    Arguments:
        kind: `spiral` or `elliptical`.
        seed: Which one.
        pixels: Its side.
    """
    import torch

    from astroviz.lensing.procedural import galaxies

    chosen: Any = kind
    found = galaxies(1, torch.Generator().manual_seed(seed), pixels, chosen)[0]
    return normal(found.numpy())


_PRIORS: dict[tuple[str, int], np.ndarray] = {}


def prior_stamp(model: Any, seed: int) -> np.ndarray:
    r"""A draw of the score prior, kept; a second of work where it is new.

    Arguments:
        model: What `astroviz.load("lensing")` gives.
        seed: Which draw.
    """
    key = (str(getattr(model.card, "sha256", id(model))), seed)
    if key not in _PRIORS:
        found = model.sample(1, seed).reshape(model.pixels, model.pixels)
        if len(_PRIORS) > 64:
            _PRIORS.pop(next(iter(_PRIORS)))
        _PRIORS[key] = normal(np.asarray(found.detach().cpu().numpy()))
    return _PRIORS[key]


@lru_cache(maxsize=64)
def hubble_stamp(seed: int) -> np.ndarray:
    """A real galaxy, by the number of its stamp; see `stamps`."""
    from astroviz.lensing.stamps import StampsError, stamps

    try:
        found = stamps()
    except StampsError as error:
        raise StampError(str(error)) from error
    return normal(found[seed % len(found)].numpy())


def sersic_stamp(
    index: float, axis_ratio: float, angle: float, reach: float = 0.2, pixels: int = 64
) -> np.ndarray:
    r"""A Sersic profile :math:`\exp(-b_n[(R/R_e)^{1/n} - 1])`, averaged over each pixel.

    Arguments:
        index: :math:`n`.
        axis_ratio: Minor over major axis.
        angle: Of the major axis from +x, counter-clockwise, radians.
        reach: Half-light radius on the intermediate axis, in parts of the side.
        pixels: Its side.

    Returns:
        Shape :math:`(s, s)`; fades to zero towards the rim of the stamp.
    """
    fine = 3 * pixels
    axis = (np.arange(fine) - (fine - 1) / 2) / fine
    x, y = axis[None, :], axis[:, None]
    along = x * math.cos(angle) + y * math.sin(angle)
    across = y * math.cos(angle) - x * math.sin(angle)
    radius = np.sqrt(axis_ratio * along**2 + across**2 / axis_ratio) / reach
    bend = _BEND * index - 0.3271
    profile = np.exp(-bend * (np.maximum(radius, 1e-6) ** (1 / index) - 1))
    rim = np.hypot(x, y) / 0.5
    profile *= np.clip((1 - rim) / 0.25, 0.0, 1.0) ** 2
    return normal(profile.reshape(pixels, 3, pixels, 3).mean((1, 3)))


def painted(strokes: Sequence[Sequence[float]], pixels: int = STAMP_PIXELS) -> np.ndarray:
    r"""What a brush has left; zeros where it has not been used.

    Arguments:
        strokes: Dabs (x, y, width, strength): place and width in parts of the side from the
            middle, strength negative to erase.
        pixels: Side of the picture.

    Returns:
        Shape :math:`(s, s)`, between 0 and 1; not scaled to its peak.
    """
    axis = (np.arange(pixels) - (pixels - 1) / 2) / pixels
    canvas = np.zeros((pixels, pixels))
    for x, y, width, strength in strokes:
        dab = np.exp(-0.5 * ((axis[:, None] - y) ** 2 + (axis - x) ** 2) / max(width, 1e-3) ** 2)
        canvas = canvas + strength * dab if strength > 0 else canvas * (1 - dab)
    return np.clip(canvas, 0.0, 1.0).astype(np.float32)


def shrunk(picture: np.ndarray, pixels: int = STAMP_PIXELS) -> np.ndarray:
    """A picture in the middle of a square, resampled by area to a stamp; shape (s, s)."""
    rows, columns = picture.shape
    side = max(rows, columns)
    square = np.zeros((side, side))
    top, left = (side - rows) // 2, (side - columns) // 2
    square[top : top + rows, left : left + columns] = picture
    weights = _overlaps(side, pixels)
    return weights @ square @ weights.T


@lru_cache(maxsize=32)
def _overlaps(old: int, new: int) -> np.ndarray:
    """Share of each old pixel in each new one, (new, old); rows sum to one."""
    edges = np.linspace(0, old, new + 1)
    low, high = edges[:-1, None], edges[1:, None]
    at = np.arange(old)
    shared = np.clip(np.minimum(high, at + 1) - np.maximum(low, at), 0, None)
    return np.asarray(shared / shared.sum(1, keepdims=True))


def packed(stamp: np.ndarray) -> str:
    """A stamp as a short text, 8 bits a pixel."""
    grey = np.rint(255 * normal(stamp)).astype(np.uint8)
    return base64.urlsafe_b64encode(grey.tobytes()).decode("ascii")


def unpacked(text: str) -> np.ndarray:
    """The stamp of a text that `packed` wrote."""
    try:
        grey = np.frombuffer(base64.urlsafe_b64decode(text), np.uint8)
    except (binascii.Error, ValueError) as error:
        raise StampError("The picture in this link is damaged: bring its file again.") from error
    side = math.isqrt(len(grey))
    if side * side != len(grey) or side < 4:
        raise StampError("The picture in this link is damaged: bring its file again.")
    return normal(grey.reshape(side, side))


def pictures_of(content: bytes, name: str = "the file") -> list[np.ndarray]:
    r"""Pictures in a file: every image of a FITS file, or one of a PNG, JPEG or the like.

    Arguments:
        content: The bytes.
        name: What the file is called, for sentences.

    Returns:
        Arrays (ny, nx), row 0 at the bottom, as bright as in the file; a sentence where there
        is none.
    """
    if not content:
        raise StampError(f"{name} is empty.")
    found = _fits(content, name) if content[:9] == b"SIMPLE  =" else [_bitmap(content, name)]
    kept = [one for one in found if min(one.shape) >= 4 and np.nanmax(one, initial=0.0) > 0]
    if not kept:
        raise StampError(f"{name} holds no picture of 4 by 4 pixels or more that shines.")
    return kept


def _fits(content: bytes, name: str) -> list[np.ndarray]:
    from astropy.io import fits

    try:
        with fits.open(io.BytesIO(content), memmap=False) as file:
            arrays = [np.asarray(hdu.data, float) for hdu in file if hdu.is_image and hdu.size]
    except Exception as error:
        raise StampError(f"{name} looks like FITS but cannot be read: {error}") from error
    return [plane for array in arrays for plane in _planes(array)]


def _planes(array: np.ndarray) -> list[np.ndarray]:
    """Two-dimensional pictures of an array of two or more axes."""
    if array.ndim < 2:
        return []
    return list(array.reshape(-1, *array.shape[-2:]))[:1000]


def _bitmap(content: bytes, name: str) -> np.ndarray:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content)) as file:
            if file.width * file.height > 40_000_000:
                raise StampError(
                    f"{name} has {file.width} by {file.height} pixels: shrink it below 40 million."
                )
            grey = np.asarray(file.convert("L"), dtype=float)
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise StampError(
            f"{name} is no image that can be read: bring a FITS, PNG or JPEG file."
        ) from error
    return grey[::-1]


def drawn(picture: np.ndarray) -> str:
    """A picture of any size as the text of a stamp; its sky, the median of its rim, is taken off.

    A photograph on white or grey ground would otherwise be a lit square.
    """
    rim = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    sky = float(np.nanmedian(rim))
    clean = np.nan_to_num(picture - sky, nan=0.0)
    if sky > 0.5 * np.nanmax(picture):  # dark on white, as things are drawn on paper
        clean = np.nan_to_num(sky - picture, nan=0.0)
    return packed(shrunk(np.maximum(clean, 0.0)))
