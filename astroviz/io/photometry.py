r"""Between fluxes and magnitudes, AB and Vega, and other units of what a table holds.

Zero points: Vega :math:`F_0` of a band such that :math:`m = -2.5 \log_{10}(F_\nu / F_0)`.

References:
    | Gaia DR3: the official AB and Vega zero points (Riello et al. 2021)
    | 2MASS: Cohen et al. 2003; WISE: Jarrett et al. 2011
    | IRAC: Reach et al. 2005; MIPS: Engelbracht et al. 2007
"""

from __future__ import annotations

from dataclasses import dataclass

import astropy.units as u
import numpy as np

from astroviz.io.errors import TableError
from astroviz.io.observations import Quantity

__all__ = [
    "AB_MINUS_VEGA",
    "ZERO_POINTS",
    "convert",
    "flux_to_magnitude",
    "magnitude_to_flux",
]

_AB_JY = 3631.0
# Gaia: from the official AB - Vega differences, so that fluxes and AB magnitudes agree.
_GAIA_AB = {"g": 25.8010 - 25.6874, "bp": 25.3540 - 25.3385, "rp": 25.1040 - 24.7479}
ZERO_POINTS: dict[str, float] = {
    **{band: float(_AB_JY * 10 ** (-0.4 * offset)) for band, offset in _GAIA_AB.items()},
    "j": 1594.0, "h": 1024.0, "ks": 666.7,
    "w1": 309.540, "w2": 171.787, "w3": 31.674, "w4": 8.363,
    "i1": 280.9, "i2": 179.7, "i3": 115.0, "i4": 64.9, "m24": 7.17,
}  # fmt: skip
AB_MINUS_VEGA: dict[str, float] = {
    band: float(2.5 * np.log10(_AB_JY / zero)) for band, zero in ZERO_POINTS.items()
}
_MAG_PER_SNR = 2.5 / np.log(10.0)
_LIMIT_SNR = 2.0


@dataclass(frozen=True)
class Converted:
    r"""Numbers in the canonical unit, :math:`(N,)` each; `limit` where only a limit was measured.

    `impossible` marks numbers that have no counterpart (a flux below zero without error).
    """

    values: np.ndarray
    errors: np.ndarray
    limit: np.ndarray
    impossible: np.ndarray


def flux_to_magnitude(
    flux: np.ndarray, error: np.ndarray, zero_point: float
) -> tuple[np.ndarray, np.ndarray]:
    r"""Vega magnitude and its error, :math:`\sigma_m = 2.5 / \ln 10 \; \sigma_F / F`.

    Arguments:
        flux: Flux density, Jy, shape :math:`(N,)`; NaN comes out where it is not positive.
        error: One standard deviation, Jy.
        zero_point: Flux density of magnitude 0, Jy.
    """
    flux = np.where(np.asarray(flux, dtype=float) > 0, flux, np.nan)
    return -2.5 * np.log10(flux / zero_point), _MAG_PER_SNR * np.asarray(error) / flux


def magnitude_to_flux(
    magnitude: np.ndarray, error: np.ndarray, zero_point: float
) -> tuple[np.ndarray, np.ndarray]:
    """Flux density and its error, Jy; the inverse of `flux_to_magnitude`."""
    flux = zero_point * 10 ** (-0.4 * np.asarray(magnitude, dtype=float))
    return flux, np.asarray(error) * flux / _MAG_PER_SNR


def convert(
    values: np.ndarray,
    errors: np.ndarray,
    quantity: Quantity,
    unit: u.UnitBase | None,
    error_unit: u.UnitBase | None = None,
    snr: bool = False,
) -> Converted:
    r"""A column in any sensible unit, in the canonical unit of the quantity.

    Arguments:
        values: Shape :math:`(N,)`, NaN where there is none.
        errors: One standard deviation, or signal to noise if `snr`; NaN where there is none.
        quantity: What the column is of.
        unit: Unit of `values`; None: the canonical one.
        error_unit: Unit of `errors`; None: that of `values`.
        snr: `errors` holds signal to noise.

    Raises:
        TableError: when the unit cannot be one of this quantity.
    """
    nowhere = np.zeros(len(values), dtype=bool)
    if snr:
        scale = _MAG_PER_SNR if quantity.kind == "magnitude" and not _is_flux(unit) else values
        errors = np.abs(scale) / np.where(errors > 0, errors, np.nan)
        error_unit = unit
    if quantity.kind == "magnitude" and _is_flux(unit):
        return _from_flux(values, errors, quantity, unit, error_unit)
    if quantity.name == "spec_lum" and _linear(unit, u.solLum):
        return _to_log(values, errors, unit, error_unit, u.solLum)
    if quantity.unit == "K" and _is_log(unit):
        teff = 10 ** np.clip(values, -10, 10)
        return Converted(teff, np.log(10) * teff * errors, nowhere, nowhere)
    if quantity.unit in ("mag", "dex"):
        offset = _offset(quantity, unit)
        scale = _log_scale(quantity, unit)
        return Converted(
            values * scale - offset, errors * _log_scale(quantity, error_unit, scale),
            nowhere, nowhere,
        )  # fmt: skip
    target = u.Unit(quantity.unit)
    factor = _factor(quantity, unit, target)
    error_factor = factor if error_unit is None else _factor(quantity, error_unit, target)
    return Converted(values * factor, errors * error_factor, nowhere, nowhere)


def _is_flux(unit: u.UnitBase | None) -> bool:
    return unit is not None and (_linear(unit, u.Jy) or _linear(unit, u.W / u.m**3))


def _linear(unit: u.UnitBase | None, target: u.UnitBase) -> bool:
    if unit is None or isinstance(unit, u.function.FunctionUnitBase):
        return False
    return bool(unit.is_equivalent(target))


def _is_log(unit: u.UnitBase | None) -> bool:
    return isinstance(unit, u.DexUnit) or (unit is not None and unit == u.dex)


def _from_flux(
    values: np.ndarray,
    errors: np.ndarray,
    quantity: Quantity,
    unit: u.UnitBase | None,
    error_unit: u.UnitBase | None,
) -> Converted:
    wave = u.spectral_density(quantity.wavelength * u.micron)
    zero_point = ZERO_POINTS.get(quantity.name, _AB_JY)
    flux = (values * unit).to_value(u.Jy, wave)
    flux_error = (errors * (error_unit or unit)).to_value(u.Jy, wave)
    # WISE's rule: below two sigma there is no detection, and the flux plus two sigma is the limit.
    limit = (flux_error > 0) & (flux < _LIMIT_SNR * flux_error)
    bound = np.where(limit, np.clip(flux, 0, None) + _LIMIT_SNR * flux_error, flux)
    magnitude, error = flux_to_magnitude(bound, flux_error, zero_point)
    impossible = np.isfinite(flux) & ~np.isfinite(magnitude)
    return Converted(magnitude, np.where(limit, np.nan, error), limit, impossible)


def _to_log(
    values: np.ndarray,
    errors: np.ndarray,
    unit: u.UnitBase | None,
    error_unit: u.UnitBase | None,
    target: u.UnitBase,
) -> Converted:
    linear = (values * unit).to_value(target)
    sigma = (errors * (error_unit or unit)).to_value(target)
    positive = np.where(linear > 0, linear, np.nan)
    impossible = np.isfinite(linear) & (linear <= 0)
    nowhere = np.zeros(len(values), dtype=bool)
    return Converted(np.log10(positive), sigma / (positive * np.log(10)), nowhere, impossible)


def _offset(quantity: Quantity, unit: u.UnitBase | None) -> float:
    if unit is not None and quantity.kind == "magnitude" and isinstance(unit, u.MagUnit):
        if unit.physical_unit == u.AB:
            return AB_MINUS_VEGA.get(quantity.name, 0.0)
        if unit.physical_unit != u.dimensionless_unscaled:
            raise _wrong(quantity, unit)
    return 0.0


def _log_scale(quantity: Quantity, unit: u.UnitBase | None, default: float = 1.0) -> float:
    """Factor to magnitudes or dex; a function unit (`mag(AB)`, `dex(cm/s2)`) counts as its own."""
    if unit is None:
        return default
    plain = unit.function_unit if isinstance(unit, u.function.FunctionUnitBase) else unit
    if plain == u.dimensionless_unscaled:
        return default
    target = u.mag if quantity.unit == "mag" else u.dex
    # A dex is -2.5 mag to astropy; a column that says so is not a magnitude.
    factor = float(plain.to(target)) if plain.is_equivalent(target) else 0.0
    if factor <= 0:
        raise _wrong(quantity, unit)
    return factor


def _factor(quantity: Quantity, unit: u.UnitBase | None, target: u.UnitBase) -> float:
    if unit is None or unit == u.dimensionless_unscaled:
        return 1.0
    if not _linear(unit, target):
        raise _wrong(quantity, unit)
    return float(unit.to(target))


def _wrong(quantity: Quantity, unit: u.UnitBase) -> TableError:
    works = {"mag": "mag, mag(AB) or a flux density such as Jy, mJy, erg/(s cm2 Angstrom)"}
    return TableError(
        f"{quantity.name} is in {unit}, which cannot be turned into {quantity.unit}; "
        f"units that work are {works.get(quantity.unit, quantity.unit)}."
    )
