r"""A filter over a spectrum that is given in bins of wavelength at rest, at any redshift.

The running integral of response times wavelength is tabulated once over log wavelength, where a
redshift is a shift; what a bin weighs is its difference between the two edges, exact for a
spectrum that is constant within bins.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import torch
from torch import Tensor

from astroviz.galaxies.cosmology import distance_modulus
from astroviz.galaxies.filters import load_curve
from astroviz.galaxies.igm import transmission

__all__ = ["FilterBins"]

_STEP: Final = 1e-4  # of log wavelength
_LIGHT: Final = 2.99792458e18  # A/s
_AB: Final = 3.631e-20  # erg/s/cm2/Hz
_SUN: Final = 3.828e33  # erg/s
_AREA: Final = 4 * math.pi * (10 * 3.0856775814913673e18) ** 2  # of a sphere of 10 pc, cm2
_LYMAN_ALPHA: Final = 1216.0


class FilterBins:
    r"""One filter over bins of wavelength.

    Arguments:
        band: Name of the filter.
        edges: Of the bins at rest, A, shape (W + 1,).
        highest: The redshift to which it will be asked.
    """

    def __init__(self, band: str, edges: Tensor, highest: float = 1.0) -> None:
        wavelength, response = load_curve(band)
        fine = np.arange(math.log(wavelength[0]) - _STEP, math.log(wavelength[-1]) + _STEP, _STEP)
        value = np.interp(np.exp(fine), wavelength, response, left=0, right=0) * np.exp(2 * fine)
        running = np.concatenate([[0.0], np.cumsum((value[1:] + value[:-1]) / 2 * _STEP)])
        at = np.exp(fine)
        zero = np.trapezoid(_AB * _LIGHT / at * value / at, fine)
        self._first = float(fine[0])
        self._running = torch.tensor(running * _SUN / _AREA / zero, device=edges.device)
        low = int((edges[1:] * (1 + highest) < wavelength[0]).sum())
        high = int((edges[:-1] < wavelength[-1]).sum())
        if edges[-1] < wavelength[-1] * 0.999 and high == len(edges) - 1:
            covered = float(edges[-1])
            lost = np.interp(math.log(covered), fine, running) / running[-1]
            self.redward = 1 - float(lost)  # part of the filter beyond the spectrum at redshift 0
        else:
            self.redward = 0.0
        self.bins = slice(low, high)
        self._log_edges = edges[low : high + 1].log()
        self._middles = (edges[low:high] * edges[low + 1 : high + 1]).sqrt().float()

    def weights(self, redshift: Tensor) -> Tensor:
        r"""What each bin of `self.bins` adds to the flux, shape (N, bins).

        Arguments:
            redshift: Shape (N,).

        Returns:
            Maggies at 10 pc per solar luminosity per A, before the dimming by :math:`1 + z`.
        """
        place = (self._log_edges + torch.log1p(redshift.double())[:, None] - self._first) / _STEP
        place = place.clamp(0, len(self._running) - 1.001)
        below = place.detach().long()
        start, end = self._running[below], self._running[below + 1]
        return (start + (place - below) * (end - start)).diff(dim=-1).float()

    def magnitudes(self, light: Tensor, redshift: Tensor) -> Tensor:
        r"""AB magnitudes.

        Arguments:
            light: Solar luminosities per A in each bin, (N, W).
            redshift: Shape (N,).

        Returns:
            Shape (N,).
        """
        flux = light[:, self.bins] * self.weights(redshift)
        if float(self._middles[0]) < _LYMAN_ALPHA:
            seen = self._middles * (1 + redshift[:, None])
            flux = flux * transmission(seen, redshift[:, None])
        total = flux.sum(-1).clamp(min=1e-30)
        dimming = 2.5 * torch.log10(1 + redshift)
        return -2.5 * torch.log10(total) + distance_modulus(redshift) + dimming
