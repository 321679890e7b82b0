r"""Heights of a spectral energy distribution and its residuals, before anything is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["CURVES", "LIMIT", "OBSERVED", "QUANTILES", "SpectrumMarks", "spectrum_marks"]

OBSERVED, LIMIT = 0, 2  # codes of `astroviz.io.State`
CURVES = {"photosphere": "photosphere", "dusty": "dust", "excess": "excess"}  # with their roles
QUANTILES = ("band_q025", "band_q16", "band_q50", "band_q84", "band_q975")
_TAIL = 0.22  # length of a limit's arrow, dex


@dataclass(frozen=True)
class SpectrumMarks:
    r"""What the panel shows, heights in :math:`\log_{10} \nu F_\nu` or in magnitudes.

    Arguments:
        y: Height of each band's point, shape :math:`(B,)`; NaN where there is none.
        low: Lower (fainter) end of the error bar, or of a limit's arrow, shape :math:`(B,)`.
        high: Upper (brighter) end, shape :math:`(B,)`.
        bands: Predicted 2.5, 16, 50, 84, 97.5 % quantiles of brightness, shape :math:`(5, B)`.
        residual: Measured minus predicted brightness in units of their joint standard deviation,
            shape :math:`(B,)`; for a limit only where the prediction is brighter; NaN elsewhere.
        curves: Name to heights of a curve, each of the shape of the curves' wavelengths.
    """

    y: np.ndarray
    low: np.ndarray
    high: np.ndarray
    bands: np.ndarray
    residual: np.ndarray
    curves: dict[str, np.ndarray]


def spectrum_marks(
    parts: Mapping[str, Any], zero_flux: np.ndarray | None = None, magnitudes: bool = False
) -> SpectrumMarks:
    r"""Compute the panel without drawing it.

    Arguments:
        parts: `wavelength` (micron), `flux` (:math:`\nu F_\nu`, erg/s/cm2), `state` of the
            :math:`B` bands; and, where there are any, `flux_lower`, `flux_upper`, the quantiles
            `band_q025` to `band_q975`, and `curve_wavelength` with `photosphere`, `dusty`,
            `excess`.
        zero_flux: :math:`\nu F_\nu` of magnitude 0 in each band, erg/s/cm2, shape :math:`(B,)`.
        magnitudes: Whether heights are Vega magnitudes. Curves are then measured against
            `zero_flux`, interpolated between the bands.

    Returns:
        The heights.
    """
    if magnitudes and zero_flux is None:
        raise ValueError("magnitudes need `zero_flux`, the flux of magnitude 0 in each band")
    wavelength = np.asarray(parts["wavelength"], dtype=float)
    size = len(wavelength)
    flux = _log(parts["flux"])
    state = np.asarray(parts["state"])
    low, high = (
        _log(parts.get("flux_lower", parts["flux"])),
        _log(parts.get("flux_upper", parts["flux"])),
    )
    bands = np.array([_log(parts.get(name, np.full(size, np.nan))) for name in QUANTILES])
    error = np.where(np.isfinite(high - low), (high - low) / 2, 0.0)
    residual = _residuals(flux, error, state, bands)
    limit = state == LIMIT
    low, high = np.where(limit, flux - _TAIL, low), np.where(limit, flux, high)
    curves = {name: _log(parts[name]) for name in CURVES if name in parts}
    if magnitudes:
        zero = np.log10(np.asarray(zero_flux, dtype=float))
        flux, low, high, bands = (-2.5 * (part - zero) for part in (flux, low, high, bands))
        order = np.argsort(wavelength)
        grid = np.log10(np.asarray(parts.get("curve_wavelength", [1.0]), dtype=float))
        along = _zero_along(grid, np.log10(wavelength[order]), zero[order])
        curves = {name: -2.5 * (curve - along) for name, curve in curves.items()}
    return SpectrumMarks(flux, low, high, bands, residual, curves)


def _residuals(
    flux: np.ndarray, error: np.ndarray, state: np.ndarray, bands: np.ndarray
) -> np.ndarray:
    """Residuals in sigma; both spreads are small in dex, so their difference needs no model."""
    spread = np.hypot(error, np.nan_to_num((bands[3] - bands[1]) / 2))
    found = (flux - bands[2]) / np.maximum(spread, 1e-4)
    violated = (state == LIMIT) & (found < 0)
    return np.where((state == OBSERVED) | violated, found, np.nan)


def _zero_along(grid: np.ndarray, places: np.ndarray, zero: np.ndarray) -> np.ndarray:
    """Flux of magnitude 0 between the bands; beyond the reddest Vega falls like a black body."""
    along: np.ndarray = np.interp(grid, places, zero) - 3.0 * np.maximum(grid - places[-1], 0)
    return along


def _log(values: Any) -> np.ndarray:
    """Logarithm that is NaN where there is no positive number."""
    values = np.asarray(values, dtype=float)
    return np.log10(np.where(values > 0, values, np.nan))
