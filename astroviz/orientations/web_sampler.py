r"""Draws of orientation and looks for galaxies that the encoder has described.

The draws of a galaxy depend on its own description and seed alone: noise comes from a generator of
its own on the CPU, and rows never meet inside the head.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from astroviz.orientations.joint import WIDEST, sample_joint
from astroviz.orientations.orientation_head import Encoded
from astroviz.orientations.process import sample
from astroviz.orientations.rotations import random_rotations
from astroviz.orientations.scalars import from_free
from astroviz.orientations.web_network import WebNetwork

__all__ = ["DEFAULT_STEPS", "Listener", "chunk_sizes", "draw_pairs", "draw_rotations", "starts"]

DEFAULT_STEPS = 19
"""Heun steps: 39 evaluations of the network."""

_FIRST, _NEXT = 256, 2048


class Listener:
    """A `Control` of two plain functions."""

    max_draws: int | None = None

    def __init__(
        self, progress: Callable[[float], None] | None, check: Callable[[], None] | None
    ) -> None:
        self._progress, self._check = progress, check

    def check(self) -> None:
        """Go on, unless the function raises."""
        if self._check is not None:
            self._check()

    def progress(self, fraction: float) -> None:
        """Hand the share on."""
        if self._progress is not None:
            self._progress(fraction)


def chunk_sizes(n: int) -> list[int]:
    """Sizes of the parts of an answer: a small one first, for the eye, then larger ones."""
    sizes = [min(n, _FIRST)]
    while sum(sizes) < n:
        sizes.append(min(_NEXT, n - sum(sizes)))
    return sizes


def starts(sizes: list[int], scalars: int, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    r"""Noise of a question, part by part.

    Arguments:
        sizes: Draws of each part.
        scalars: Number of scalars of a draw.
        seed: Seed of the question.

    Returns:
        Uniform rotations and scalars at their noisiest, shapes (k, 3, 3) and (k, n).
    """
    generator = torch.Generator().manual_seed(seed)
    for size in sizes:
        yield (
            random_rotations(size, generator),
            WIDEST * torch.randn(size, scalars, generator=generator),
        )


def draw_pairs(
    network: WebNetwork,
    encoded: Encoded,
    start: tuple[Tensor, Tensor],
    steps: int = DEFAULT_STEPS,
    check: Callable[[], None] | None = None,
    most: int | None = None,
) -> tuple[Tensor, Tensor]:
    r"""Orientations with their scalars.

    Arguments:
        network: The network.
        encoded: One row for each draw.
        start: As `starts` gives it.
        steps: Heun steps.
        check: Called before every step; may raise to give up.
        most: Rows computed at a time; None for all.

    Returns:
        Rotations, shape :math:`(N, 3, 3)`, and axis ratios, size and colour, (N, 4).
    """
    rotations, scalars = [], []
    with torch.inference_mode():
        for rows in torch.arange(len(encoded)).split(most or max(1, len(encoded))):
            bound = network.head.bind(encoded.rows(rows))
            turned, free = sample_joint(bound, start[0][rows], start[1][rows], steps, check)
            rotations.append(turned)
            scalars.append(from_free(free * network.free_spread + network.free_middle))
    return torch.cat(rotations), torch.cat(scalars)


def draw_rotations(
    network: WebNetwork,
    encoded: Encoded,
    start: Tensor,
    steps: int = DEFAULT_STEPS,
    check: Callable[[], None] | None = None,
) -> Tensor:
    r"""Orientations alone, by the score that knows no scalars: draws of what `log_prob` describes.

    Arguments:
        network: The network.
        encoded: One row for each draw.
        start: Uniform rotations, shape :math:`(N, 3, 3)`.
        steps: Heun steps.
        check: Called before every step; may raise to give up.

    Returns:
        Shape :math:`(N, 3, 3)`.
    """
    with torch.inference_mode():
        bound = network.head.bind(encoded)
        return sample(lambda r, s: bound(r, s)[0], start, steps, check=check)
