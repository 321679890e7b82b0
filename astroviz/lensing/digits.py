r"""Handwritten digits as sources: small images of many kinds, for the rounds of prior learning.

The 1,797 digits of 8 x 8 pixels that come with scikit-learn (Alpaydin & Kaynak 1998) are turned by
up to 12 degrees, resized by up to 10 %, moved by up to a twentieth of the frame and resampled onto
four fifths of it, so that there are as many as wanted. One in five is held out of every training.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable

import torch
from torch import Generator, Tensor
from torch.nn import functional

__all__ = ["PIXELS", "digits", "labelled_digits"]

PIXELS = 16
"""Side of the digits that priors learn."""

_PEAK = 2.0  # of the darkest ink, prior units
_GRAIN = 0.02
_FILLED = 0.8  # part of the frame's side that a digit takes


def digits(
    n: int,
    generator: Generator,
    pixels: int = PIXELS,
    classes: Iterable[int] = range(10),
    held_out: bool = False,
) -> Tensor:
    r"""Draw images of digits.

    Arguments:
        n: Number of images.
        generator: Source of all randomness, on the CPU.
        pixels: Side of an image.
        classes: Digits to choose from, all alike often.
        held_out: From those that no training saw.

    Returns:
        Images, shape :math:`(n, s, s)`, float32, prior units: ink about 2, grain of 0.02.

    Example:
        >>> digits(2, torch.Generator().manual_seed(0), classes=(3,)).shape
        torch.Size([2, 16, 16])
    """
    return labelled_digits(n, generator, pixels, classes, held_out)[0]


def labelled_digits(
    n: int,
    generator: Generator,
    pixels: int = PIXELS,
    classes: Iterable[int] = range(10),
    held_out: bool = False,
) -> tuple[Tensor, Tensor]:
    r"""Draw images of digits, as `digits`, and say which they are, shape :math:`(n)`."""
    images, labels = _table()
    chosen = tuple(classes)
    unknown = [digit for digit in chosen if digit not in range(10)]
    if unknown or not chosen:
        raise ValueError(f"digits are 0 to 9; {list(chosen)} cannot be drawn")
    apart = torch.arange(len(images)) % 5 == 0
    kept = apart if held_out else ~apart
    pools = [torch.nonzero(kept & (labels == digit))[:, 0] for digit in chosen]
    which = torch.randint(len(chosen), (n,), generator=generator)
    place = torch.rand(n, generator=generator)
    rows = torch.empty(n, dtype=torch.long)
    for k, pool in enumerate(pools):
        rows[which == k] = pool[(place[which == k] * len(pool)).long()]
    moved = _moved(images[rows], generator, pixels).clamp_min(0)
    grain = _GRAIN * torch.randn(moved.shape, generator=generator)
    return moved + grain, labels[rows]


@functools.cache
def _table() -> tuple[Tensor, Tensor]:
    from sklearn.datasets import load_digits

    found = load_digits()
    images = torch.from_numpy(found.images.astype("float32")) * (_PEAK / 16)
    # row 0 lies at the bottom
    return images.flip(1), torch.from_numpy(found.target.astype("int64"))


def _moved(images: Tensor, generator: Generator, pixels: int) -> Tensor:
    """Images turned, resized, moved and resampled, each a little and at random."""
    n = len(images)
    u = 2 * torch.rand(4, n, generator=generator) - 1
    angle, size = math.radians(12) * u[0], (1 + 0.1 * u[1]) / _FILLED
    cos, sin = angle.cos() * size, angle.sin() * size
    matrix = torch.stack(
        [torch.stack([cos, -sin, 0.1 * u[2]], 1), torch.stack([sin, cos, 0.1 * u[3]], 1)], 1
    )
    grid = functional.affine_grid(matrix, [n, 1, pixels, pixels], align_corners=False)
    return functional.grid_sample(
        images[:, None], grid, mode="bicubic", padding_mode="zeros", align_corners=False
    )[:, 0]
