r"""Spectra whose magnitudes always have the emission lines of gas around young stars in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from astroviz.galaxies.sps import Synthesis, synthesis

__all__ = ["LineEmission"]


class LineEmission:
    r"""`sps.Synthesis` with lines unless they are switched off; all else is its own.

    Arguments:
        plain: From parameters to light; the shipped tables by default.
    """

    shows_lines = True

    def __init__(self, plain: Synthesis | None = None) -> None:
        self.plain = synthesis() if plain is None else plain

    def magnitudes(
        self, theta: Tensor, bands: Sequence[str], *, lines: bool | float = True, **settings: Any
    ) -> Tensor:
        r"""AB magnitudes, shape (..., B); arguments as of `Synthesis.magnitudes`."""
        return self.plain.magnitudes(theta, bands, lines=lines, **settings)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.plain, name)
