r"""The spectral energy distribution of a star: what was seen, and what the draws predict.

.. math:: \nu F_\nu = \frac{c}{\lambda}\, F_0\, 10^{-0.4 m}

with the zero point :math:`F_0` of a band in Jy (Vega system).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from astroviz.io.observations import Observations, State
from astroviz.stars.summary import weighted_quantiles
from astroviz.stars.surveys import BANDS

if TYPE_CHECKING:
    from astroviz.core.draws import Draws

__all__ = ["BAND_QUANTILES", "nu_f_nu", "observed_sed", "predicted_sed", "typical_draw"]

_C_MICRON = 2.99792458e14  # micron / s
_JY = 1e-23  # erg / s / cm2 / Hz
_WATT = 1e3  # W/m2 in erg/s/cm2
BAND_QUANTILES = {"q025": 0.025, "q16": 0.16, "q50": 0.5, "q84": 0.84, "q975": 0.975}


def nu_f_nu(magnitude: np.ndarray, wavelength: np.ndarray, zero_point: np.ndarray) -> np.ndarray:
    r"""Flux :math:`\nu F_\nu` of Vega magnitudes.

    Arguments:
        magnitude: mag, shape :math:`(*, 15)`.
        wavelength: Effective wavelengths, micron, shape :math:`(15,)`.
        zero_point: Flux density of magnitude 0, Jy, shape :math:`(15,)`.

    Returns:
        erg/s/cm2, shape :math:`(*, 15)`.
    """
    flux: np.ndarray = _C_MICRON / wavelength * _JY * zero_point * 10 ** (-0.4 * magnitude)
    return flux


def observed_sed(
    star: Observations, wavelength: np.ndarray, zero_point: np.ndarray
) -> dict[str, np.ndarray]:
    r"""What was seen of one star in the 15 bands.

    Returns:
        `names`, `wavelength` (micron), `observed`, `observed_error` (mag), `state`, `used`,
        `limit` (bool), and `flux`, `flux_lower`, `flux_upper` (erg/s/cm2, one error each way),
        each of shape :math:`(15,)`. Ignored and unusable values keep their numbers.
    """
    columns = [star.index(band.name) for band in BANDS]
    value, error = star.values[0, columns], star.errors[0, columns]
    state = star.states[0, columns]
    spread = np.where(np.isfinite(error), error, 0.0)
    return {
        "names": np.array([band.name for band in BANDS]),
        "wavelength": wavelength,
        "observed": value,
        "observed_error": error,
        "state": state,
        "used": star.used[0, columns],
        "limit": state == State.LIMIT,
        "flux": nu_f_nu(value, wavelength, zero_point),
        "flux_lower": nu_f_nu(value + spread, wavelength, zero_point),
        "flux_upper": nu_f_nu(value - spread, wavelength, zero_point),
    }


def observed_spectra(star: Observations, lines: dict[str, Any] | None) -> list[dict[str, Any]]:
    r"""Spectra of one star as :math:`\lambda F_\lambda`.

    Arguments:
        star: One row.
        lines: Model spectrum of a draw, to whose level spectra without a trusted flux calibration
            are scaled; without one they are left out.

    Returns:
        For each spectrum in use `label`, and `wavelength` (micron), `flux` and `error`
        (erg/s/cm2), each of shape :math:`(px,)`.
    """
    found = []
    for one in star.spectra:
        if not one.used[0]:
            continue
        scale = one.wavelength * _WATT
        if not one.unit:
            if lines is None:
                continue
            total = np.asarray(lines["total"], dtype=float)
            model = np.interp(one.wavelength / 1e3, np.asarray(lines["wavelength"]), total)
            seen = np.isfinite(one.flux[0])
            level = np.nansum(one.flux[0][seen] * one.wavelength[seen])
            scale = one.wavelength * model[seen].sum() / max(float(level), 1e-300)
        found.append({
            "label": one.label, "wavelength": one.wavelength / 1e3,
            "flux": one.flux[0] * scale, "error": one.error[0] * scale,
        })  # fmt: skip
    return found


def predicted_sed(
    magnitudes: np.ndarray, weights: np.ndarray, wavelength: np.ndarray, zero_point: np.ndarray
) -> dict[str, np.ndarray]:
    r"""Quantiles of the predicted flux in the 15 bands.

    Arguments:
        magnitudes: Of each draw, shape :math:`(n, 15)`.
        weights: Of each draw, shape :math:`(n,)`.
        wavelength: Effective wavelengths, micron, shape :math:`(15,)`.
        zero_point: Zero points, Jy, shape :math:`(15,)`.

    Returns:
        `band_q025` to `band_q975`, erg/s/cm2, each of shape :math:`(15,)`.
    """
    flux = nu_f_nu(magnitudes, wavelength, zero_point)
    table = np.array(
        [weighted_quantiles(column, weights, tuple(BAND_QUANTILES.values())) for column in flux.T]
    )
    return {f"band_{name}": table[:, k] for k, name in enumerate(BAND_QUANTILES)}


def typical_draw(draws: Draws, weights: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    r"""The draw nearest to the medians: a consistent star, which the medians need not be.

    Arguments:
        draws: Draws with the columns `names`.
        weights: Of each draw, shape :math:`(n,)`.
        names: The :math:`d` parameters that matter.

    Returns:
        The draw's values of `names`, shape :math:`(d,)`.
    """
    values = np.stack([np.asarray(draws[name], dtype=float) for name in names], -1)
    low, middle, high = np.array([weighted_quantiles(column, weights) for column in values.T]).T
    # A draw without a disk has no excess to be near to or far from.
    offset = np.nan_to_num((values - middle) / np.maximum(high - low, 1e-6))
    distance = (offset**2).sum(1)
    distance = np.where(weights > 0, distance, np.inf)
    typical: np.ndarray = values[int(np.argmin(distance))]
    return typical


def _first(draws: Draws, n: int) -> Draws:
    """The first draws, with those extras that have a value for each draw cut alike."""
    if len(draws) <= n:
        return draws
    extras = {
        name: array[:n] if np.shape(array)[:1] == (len(draws),) else array
        for name, array in draws.extras.items()
    }
    return replace(draws, values=draws.values[:n], extras=extras)


def star_sed(
    model: Any,
    star: Observations,
    draws: Draws | None,
    weights: np.ndarray,
    curves: bool = True,
) -> dict[str, Any]:
    """All that the SED panel draws; without draws only what was seen."""
    from astroviz.stars.tables import load_tables

    tables = load_tables()
    wavelength = tables["filter.wavelength"].numpy().astype(float)
    zero_point = tables["filter.zero_point"].numpy().astype(float)
    parts: dict[str, Any] = observed_sed(star, wavelength, zero_point)
    parts["spectra"] = observed_spectra(star, None)
    if draws is None or len(draws) == 0:
        return parts
    # 500 draws fix a quantile to a few per cent of its width; the page is fast because of it.
    few = _first(draws, 500)
    magnitudes = np.asarray(model.predict(few))
    parts |= predicted_sed(magnitudes, weights[: len(few)], wavelength, zero_point)
    if curves:
        names = tuple(parameter.name for parameter in model.parameters)
        lines = model.sed(typical_draw(draws, weights, names))
        parts["curve_wavelength"] = np.asarray(lines["wavelength"])
        parts |= {key: np.asarray(lines[key]) for key in ("photosphere", "dusty", "excess")}
        parts["spectra"] = observed_spectra(star, lines)
    return parts
