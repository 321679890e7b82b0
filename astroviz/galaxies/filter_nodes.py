r"""A filter over dust that is smooth inside it: a few wavelengths and exact weights.

Inside a filter the transmission of dust is close to a polynomial in log wavelength, so

.. math::
    \int f(\lambda) A(\lambda) T(\lambda) \lambda\, d\lambda \approx
    \sum_j A(\lambda_j) \int f(\lambda) T(\lambda) L_j(\ln \lambda) \lambda\, d\lambda

with Lagrange's polynomials :math:`L_j` at Chebyshev nodes. The integrals do not depend on the dust
and are tabulated; the spectrum itself may be as rough as it likes.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astroviz.galaxies.filters import load_curve
from astroviz.galaxies.parameters import GalaxyError

__all__ = ["FilterNodes"]

Array = NDArray[np.float64]

_STEP: Final = 5e-5  # of log wavelength
_LIGHT: Final = 2.99792458e18  # A/s
_AB: Final = 3.631e-20  # erg/s/cm2/Hz
_SUN: Final = 3.828e33  # erg/s
_AREA: Final = 4 * math.pi * (10 * 3.0856775814913673e18) ** 2  # of a sphere of 10 pc, cm2
_FAINT: Final = 1e-3  # response that nodes need not reach, of the highest
_GAP: Final = 0.03  # of log wavelength, that faint: what is beyond is a leak
_LEAST: Final = (1e-5, 1e-3)  # of photons: a red leak, or a blue one, with nodes of its own


def _number(low: float, high: float, share: float) -> int:
    """Nodes for a stretch of wavelength: more where dust is steep, in the blue, and for light."""
    if share < 0.05:
        return 3
    if low < 2500:
        return 12
    if low < 4500:
        return 10 if high / low > 1.45 else 8
    return 6 if low < 9000 else 4


def _runs(logs: Array) -> list[tuple[float, float]]:
    """First and last of each run without a gap."""
    breaks = np.flatnonzero(np.diff(logs) > _GAP)
    starts, ends = [0, *(breaks + 1)], [*breaks, len(logs) - 1]
    return [(float(logs[a]), float(logs[b])) for a, b in zip(starts, ends, strict=True)]


def _stretches(fine: Array, value: Array, photons: Array) -> list[tuple[float, float, float]]:
    """Stretches of log wavelength that are seen, and their share of photons; leaks on their own.

    Light of an old or dusty galaxy is red: a red leak of a ten-thousandth is not to be neglected.
    """
    main = _runs(fine[value > _FAINT * value.max()])
    away = np.min([np.maximum(low - fine, fine - high) for low, high in main], axis=0)
    faint = fine[(value > 0) & (away > _GAP / 2)]
    found = []
    for low, high in sorted([*main, *(_runs(faint) if len(faint) else [])]):
        inside = (fine >= low) & (fine <= high)
        share = float(photons[inside].sum() / photons.sum())
        if share > _LEAST[high < main[0][0]]:
            found.append((low, high, share))
    return found


class FilterNodes:
    r"""One filter: nodes, and the weight that each bin of a spectrum has for each node.

    Attributes:
        nodes: Observed wavelengths, A, rising, shape (K,).

    Arguments:
        band: Name of the filter.
        edges: Of the bins of the spectrum at rest, A, shape (W + 1,).
    """

    def __init__(self, band: str, edges: Array) -> None:
        wavelength, response = load_curve(band)
        fine = np.arange(math.log(wavelength[0]) - _STEP, math.log(wavelength[-1]) + _STEP, _STEP)
        value = np.interp(np.exp(fine), wavelength, response, left=0, right=0)
        photons = value * np.exp(2 * fine)  # response, wavelength, and its step per log wavelength
        zero = np.trapezoid(_AB * _LIGHT * value, fine)
        stretches = _stretches(fine, value, photons)
        borders = [(one[1] + two[0]) / 2 for one, two in pairwise(stretches)]
        side = np.searchsorted(borders, fine)
        logs, parts = [], []
        for k, (low, high, share) in enumerate(stretches):
            number = _number(math.exp(low), math.exp(high), share)
            angles = (2 * np.arange(number) + 1) / (2 * number) * math.pi
            logs.append((low + high) / 2 - (high - low) / 2 * np.cos(angles))
            parts.append(_lagrange(np.clip(fine, low, high), logs[-1]) * (side == k))
        self.nodes = np.exp(np.concatenate(logs))
        steps = photons * np.concatenate(parts) * (_SUN / _AREA / zero)
        running = np.cumsum((steps[:, 1:] + steps[:, :-1]) / 2 * _STEP, axis=1)
        self._running = np.concatenate([np.zeros((len(steps), 1)), running], axis=1)
        self._fine, self._edges, self._band = fine, edges, band
        if wavelength[-1] > edges[-1]:
            lost = 1 - np.interp(math.log(edges[-1]), fine, self._running.sum(0)) / (
                self._running[:, -1].sum()
            )
            if lost > 0.02:
                raise GalaxyError(
                    f"the filter {band} sees beyond {edges[-1] / 1e4:.1f} micron, where galaxies "
                    "shine by dust that is not part of these spectra; leave it out"
                )

    def weights(self, redshift: float) -> tuple[slice, Array]:
        r"""What each bin adds at each node.

        Arguments:
            redshift: Of the galaxy.

        Returns:
            The bins that count, and maggies at 10 pc for one solar luminosity per A in each,
            shape (K, bins); their sum over the nodes is the flux without dust.
        """
        logs = np.log(self._edges) + math.log1p(redshift)
        low = max(int(np.searchsorted(logs, self._fine[0])) - 1, 0)
        high = min(int(np.searchsorted(logs, self._fine[-1])) + 1, len(logs))
        bins = slice(low, max(high - 1, low + 1))
        at = logs[bins.start : bins.stop + 1]
        running = np.stack([np.interp(at, self._fine, row) for row in self._running])
        return bins, np.diff(running, axis=1) / (1 + redshift)


def _lagrange(x: Array, nodes: Array) -> Array:
    """Lagrange's polynomials at points (M,), shape (K, M)."""
    found = np.ones((len(nodes), len(x)))
    for j, node in enumerate(nodes):
        for other in np.delete(nodes, j):
            found[j] *= (x - other) / (node - other)
    return found
