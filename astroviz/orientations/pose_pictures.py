r"""Pictures that people bring, made into what the network reads: 32 x 32 pixels, dark around.

A picture of the right size on a dark background is taken as it is. Any other one is turned to
grey and set on black; `Foreground` then cuts it to the solid in a frame of any size and place, of
which `pose_framing` finds the one that the network can explain best. What cannot be read is
refused with a sentence that says why.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from astroviz.orientations.renders import FIELD, SIZE

__all__ = ["Foreground", "PictureError", "foreground", "read_picture"]

_SMALLEST, _LARGEST = 8, 8192
_DARK = 0.1  # a background below this needs no correction
_CONTRAST = (0.03, 0.15)  # by which the solid stands out from the background, at least
_FILL = 0.8 / FIELD  # part of the field that a solid fills on average


class PictureError(ValueError):
    """A picture cannot be used; the message is for people."""


@dataclass(frozen=True)
class Foreground:
    r"""A picture in grey on black, and where the solid is.

    Arguments:
        grey: Brightness from 0 to 1, shape :math:`(H, W)`, top row first.
        middle: Row and column of the middle of the solid's bounding box, pixels.
        extent: The longer side of the bounding box, pixels.
        ready: Whether the picture is one of 32 x 32 pixels on a dark background.
    """

    grey: np.ndarray
    middle: tuple[float, float]
    extent: float
    ready: bool

    def framed(self, fill: float = _FILL, row: float = 0.0, column: float = 0.0) -> np.ndarray:
        r"""The solid in a square frame, as the network reads it.

        Arguments:
            fill: Part of the frame's side that the bounding box takes.
            row: How far down from the middle of the box the frame has its own, in extents.
            column: How far to the right.

        Returns:
            Shape :math:`(32, 32)`, float32.
        """
        side = self.extent / fill
        top = self.middle[0] + row * self.extent - side / 2
        left = self.middle[1] + column * self.extent - side / 2
        return _resampled(self.grey, top, left, side)

    def whole(self) -> np.ndarray:
        """The middle square of the picture itself, 32 pixels wide."""
        if self.ready:
            return self.grey
        height, width = self.grey.shape
        side = min(height, width)
        return _resampled(self.grey, (height - side) / 2, (width - side) / 2, side)


def foreground(source: Any) -> Foreground:
    r"""A picture from outside, in grey on black.

    Arguments:
        source: A path, the bytes of a PNG, JPEG, GIF, BMP, TIFF or WebP file, an image of
            Pillow, or an array of shape :math:`(H, W)`, :math:`(H, W, 1)`, :math:`(H, W, 3)` or
            :math:`(H, W, 4)`, as whole numbers from 0 to 255 or as fractions from 0 to 1.

    Returns:
        The picture; a `PictureError` says why one cannot be used.
    """
    grey = _grey(_array(source))
    height, width = grey.shape
    if min(height, width) < _SMALLEST or max(height, width) > _LARGEST:
        raise PictureError(
            f"the picture has {width} x {height} pixels; give one with {_SMALLEST} to "
            f"{_LARGEST} on each side"
        )
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    background = float(np.median(border))
    noise = 1.4826 * float(np.median(np.abs(border - background)))
    solid = np.abs(grey - background) > np.clip(5 * noise, *_CONTRAST)
    if not solid.any():
        raise PictureError(
            "the picture has one colour throughout: there is no solid to be seen; give one in "
            "which the solid stands out from its background"
        )
    dark = background < _DARK
    solid = _hull(solid)
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    return Foreground(
        grey if dark else np.where(solid, np.maximum(grey, 0.02), 0.0).astype(np.float32),
        (0.5 * (rows[0] + rows[-1] + 1), 0.5 * (columns[0] + columns[-1] + 1)),
        float(max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1),
        grey.shape == (SIZE, SIZE) and dark,
    )


def read_picture(source: Any) -> np.ndarray:
    r"""A picture as the network reads it, in the usual frame.

    Arguments:
        source: As `foreground` takes it.

    Returns:
        Brightness from 0 to 1, float32, shape :math:`(32, 32)`, top row first.

    Example:
        >>> disc = np.hypot(*np.mgrid[-1:1:90j, -1:1:90j]) < 0.6
        >>> read_picture(disc).shape
        (32, 32)
    """
    found = foreground(source)
    return found.grey if found.ready else found.framed()


def _array(source: Any) -> np.ndarray:
    """Pixels of whatever was given."""
    if isinstance(source, np.ndarray | list | tuple):
        return np.asarray(source)
    if hasattr(source, "detach"):  # a tensor
        return np.asarray(source.detach().cpu())
    from PIL import Image, UnidentifiedImageError

    if not isinstance(source, Image.Image):
        if not isinstance(source, str | Path | bytes | bytearray):
            raise PictureError(
                f"a picture is a file, its bytes or an array, not {type(source).__name__}"
            )
        content = io.BytesIO(source) if isinstance(source, bytes | bytearray) else source
        try:
            source = Image.open(content)
            source.load()
        except UnidentifiedImageError as error:
            raise PictureError(
                "this is no picture that can be read; give a PNG or JPEG"
            ) from error
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise PictureError(f"the picture cannot be read: {error}") from error
    return np.asarray(source.convert("RGBA"))


def _grey(pixels: np.ndarray) -> np.ndarray:
    """Brightness from 0 to 1, transparent parts black."""
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] not in (3, 4)):
        raise PictureError(
            f"an array of shape {pixels.shape} is no picture; give (H, W), (H, W, 3) or (H, W, 4)"
        )
    if not (np.issubdtype(pixels.dtype, np.number) or pixels.dtype == bool):
        raise PictureError(f"pixels must be numbers, not {pixels.dtype}")
    whole = np.issubdtype(pixels.dtype, np.integer)
    values = pixels.astype(np.float32)
    if not np.isfinite(values).all():
        raise PictureError("the picture has pixels that are not finite; replace them")
    top = 255.0 if whole else 1.0
    low, high = float(values.min(initial=0)), float(values.max(initial=0))
    if low < 0 or high > top * (1 + 1e-6):
        raise PictureError(
            f"pixels go from {low:g} to {high:g}; give whole numbers from 0 to 255 or fractions "
            "from 0 to 1"
        )
    values = values / top
    if values.ndim == 2:
        return values
    cover = values[..., 3] if values.shape[2] == 4 else 1.0
    found: np.ndarray = values[..., :3] @ np.array([0.299, 0.587, 0.114], np.float32) * cover
    return found


def _hull(solid: np.ndarray) -> np.ndarray:
    """The convex hull of the solid's pixels: faces as bright as the background belong to it."""
    from PIL import Image, ImageDraw
    from scipy.spatial import ConvexHull, QhullError

    # the first and the last pixel of each row are all that a hull needs
    rows = np.flatnonzero(solid.any(1))
    first, last = solid[rows].argmax(1), solid.shape[1] - 1 - solid[rows][:, ::-1].argmax(1)
    points = np.concatenate([np.stack([first, rows], -1), np.stack([last, rows], -1)])
    try:
        corners = points[ConvexHull(points).vertices]
    except QhullError:  # a line, or a point
        return solid
    picture = Image.new("L", solid.shape[::-1], 0)
    ImageDraw.Draw(picture).polygon([(int(x), int(y)) for x, y in corners], fill=1, outline=1)
    return np.asarray(picture) > 0


def _resampled(grey: np.ndarray, top: float, left: float, side: float) -> np.ndarray:
    """Mean brightness over each of 32 x 32 cells of a square of the picture."""
    finer = int(np.clip(np.ceil(2 * side / SIZE), 2, 64))
    step = (np.arange(SIZE * finer) + 0.5) / (SIZE * finer) * side
    rows, columns = np.floor(top + step).astype(int), np.floor(left + step).astype(int)
    inside = np.ix_(rows.clip(0, grey.shape[0] - 1), columns.clip(0, grey.shape[1] - 1))
    there = ((rows >= 0) & (rows < grey.shape[0]))[:, None] & (
        (columns >= 0) & (columns < grey.shape[1])
    )
    cells = np.where(there, grey[inside], 0.0).reshape(SIZE, finer, SIZE, finer)
    return cells.mean((1, 3)).astype(np.float32)
