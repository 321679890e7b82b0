r"""Laws of images by name: what priors are trained on, and what exact draws of it are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Generator, Tensor

from astroviz.lensing.digits import digits
from astroviz.lensing.procedural import KINDS, galaxies

__all__ = ["Images", "law"]

Images = Callable[[int, Generator], Tensor]
"""Draws a number of images, shape :math:`(n, s, s)`, with a generator."""


def law(config: Mapping[str, Any], held_out: bool = True) -> Images | None:
    r"""The law that a prior was trained on.

    Arguments:
        config: `data` (`all`, `elliptical`, `spiral`, `digits`, `hubble`), `pixels` and for digits
            `digits`, as in the card of the prior.
        held_out: Where the law is a set of images that are varied, those that no training saw.

    Returns:
        What draws images; None where the law is not known.
    """
    data, pixels = str(config.get("data", "")), int(config["pixels"])
    if data in KINDS:
        kind = next(known for known in KINDS if known == data)
        return lambda n, generator: galaxies(n, generator, pixels, kind)
    if data == "digits":
        classes = tuple(config.get("digits", range(10)))
        return lambda n, generator: digits(n, generator, pixels, classes, held_out)
    return None
