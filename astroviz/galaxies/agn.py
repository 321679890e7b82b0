r"""An active nucleus: a disc that shines as a broken power law, and hot dust around it.

.. math::
    L_\lambda \propto (\lambda / \lambda_b)^{-2 - \alpha}, \quad
    \alpha = -0.349\ (\lambda < 3880\,\text{A}),\ \alpha = 0.593\ (\lambda > 3880\,\text{A}),

with the slopes in frequency that Temple, Hewett & Banerji (2021, arXiv:2109.04472) found for SDSS
quasars, one
power of the wavelength steeper below 1200 A, and dust at 1240 K that outshines the disc 3.96 times
at 2 micron, after the same (constants as in qsogen, the public code of that paper). The
disc, not the dust, is reddened as in the Small Magellanic Cloud,
:math:`A_\lambda = 1.39\,(\lambda / \mu\text{m})^{-1.2}\,E(B-V)` (Prevot et al. 1984; Richards et
al. 2003, arXiv:astro-ph/0305305). Broad lines and the iron forest are not part of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from astroviz.galaxies.parameters import GalaxyError

__all__ = ["ActiveNucleus", "continuum"]

_BREAK: Final = 3880.0  # A
_FAR: Final = 1200.0  # A, below which the disc fades faster
_SLOPES: Final = (-0.349, 0.593)  # of flux per frequency with frequency
_DUST: Final = 1240.0  # K
_DUST_TO_DISC: Final = 3.96  # at 2 micron, in flux per wavelength
_SECOND: Final = 1.4387769e8  # h c / k, A K
_NORM: Final = 5100.0  # A


def _disc(wavelength: Tensor) -> Tensor:
    ratio = wavelength / _BREAK
    slope = torch.where(ratio < 1, -2 - _SLOPES[0], -2 - _SLOPES[1])
    return ratio.pow(slope) * (wavelength / _FAR).clamp(max=1.0)


def _planck(wavelength: Tensor) -> Tensor:
    """A black body relative to 2 micron, per wavelength."""
    at = math.expm1(_SECOND / (_DUST * 2e4)) * (2e4 / wavelength).pow(5)
    return at / torch.expm1((_SECOND / (_DUST * wavelength)).clamp(max=80))


def continuum(wavelength: Tensor, reddening: Tensor | float = 0.0) -> Tensor:
    r"""Shape of the spectrum of an active nucleus.

    Arguments:
        wavelength: At rest, A, any shape; meant for 900 A to 3 micron.
        reddening: :math:`E(B-V)` of the disc, mag, broadcast against the wavelengths.

    Returns:
        Luminosity per wavelength, such that :math:`\lambda L_\lambda` of the bare disc is one at
        5100 A; unit 1/A.

    Example:
        >>> float(5100 * continuum(torch.tensor([5100.0]))) > 0.99
        True
    """
    at_norm = _disc(torch.tensor([_NORM], dtype=wavelength.dtype, device=wavelength.device))
    at_dust = _disc(torch.tensor([2e4], dtype=wavelength.dtype, device=wavelength.device))
    depth = 0.4 * math.log(10) * 1.39 * (wavelength / 1e4).pow(-1.2) * reddening
    disc = _disc(wavelength) * torch.exp(-depth.clamp(max=40))
    dust = _DUST_TO_DISC * at_dust * _planck(wavelength)
    return (disc + dust) / (at_norm * _NORM)


@dataclass(frozen=True)
class ActiveNucleus:
    r"""What the argument `agn` of a synthesis takes.

    Arguments:
        log_luminosity: log10 of :math:`\lambda L_\lambda` of the bare disc at 5100 A, solar
            luminosities; one for all galaxies, or of shape (...).
        reddening: :math:`E(B-V)` of the disc, mag; from 0 (type 1) to some (type 2).
    """

    log_luminosity: Tensor | float
    reddening: Tensor | float = 0.0

    def __post_init__(self) -> None:
        """Refuse negative reddening."""
        lowest = torch.as_tensor(self.reddening).min()
        if not lowest >= 0:
            raise GalaxyError(
                f"the reddening of an active nucleus is {float(lowest):g} mag; give 0 or more"
            )

    def luminosity(self, wavelength: Tensor) -> Tensor:
        r"""Luminosity per wavelength.

        Arguments:
            wavelength: At rest, A; (W,) for all galaxies, or (..., W).

        Returns:
            Solar luminosities per A, shape (..., W).
        """
        level = torch.as_tensor(self.log_luminosity, dtype=wavelength.dtype).unsqueeze(-1)
        red = torch.as_tensor(self.reddening, dtype=wavelength.dtype).unsqueeze(-1)
        return 10**level * continuum(wavelength, red)
