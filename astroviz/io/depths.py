r"""What to assume where a table is silent: usual errors, usual depths, possible values.

Every assumption that is really made for a table is named in `Observations.notes`.

References:
    | Gaia DR3 (Lindegren et al. 2021, table 4), https://arxiv.org/abs/2012.03380
    | 2MASS (Skrutskie et al. 2006), AllWISE (Cutri et al. 2013), explanatory supplements
    | Spitzer: IRAC and MIPS as in the Corona Australis census (Esplin & Luhman 2022)
"""

from __future__ import annotations

import numpy as np

from astroviz.io.observations import Quantity

__all__ = [
    "DEFAULT_ERRORS",
    "DEFAULT_LIMITS",
    "GAP_CODES",
    "default_error",
    "gap_codes",
    "plausible_range",
]

# Faintest magnitude at which the survey usually sees a point source (about 5 to 10 sigma).
DEFAULT_LIMITS = {
    "g": 20.7, "bp": 20.3, "rp": 20.0,
    "j": 15.8, "h": 15.1, "ks": 14.3,
    "w1": 16.9, "w2": 15.9, "w3": 11.5, "w4": 8.0,
    "i1": 17.0, "i2": 16.5, "i3": 14.5, "i4": 13.5, "m24": 8.5,
}  # fmt: skip

# One standard deviation where the file gives none; in the canonical unit of the quantity.
DEFAULT_ERRORS = {
    "g": 0.01, "bp": 0.03, "rp": 0.02,
    "j": 0.03, "h": 0.03, "ks": 0.03,
    "w1": 0.03, "w2": 0.03, "w3": 0.1, "w4": 0.2,
    "i1": 0.04, "i2": 0.04, "i3": 0.05, "i4": 0.05, "m24": 0.1,
    "spec_teff": 100.0, "spec_logg": 0.15, "spec_mh": 0.1, "spec_lum": 0.1,
}  # fmt: skip

# Gaia DR3's median parallax error (mas) against G, and what is taken where G is not known.
_PARALLAX_G = np.array([6.0, 15.0, 17.0, 20.0, 21.0])
_PARALLAX_ERROR = np.array([0.02, 0.03, 0.07, 0.5, 1.3])
_PARALLAX_ERROR_BLIND = 0.1

GAP_CODES = (
    -99.0, -99.9, -99.99, -999.0, -999.9, -999.99, -9999.0, -9999.9, -9999.99,
    99.0, 99.9, 99.99, 99.999, 999.0, 999.9, 9999.0,
)  # fmt: skip

_RANGES = {
    "parallax": (-500.0, 1000.0),
    "spec_teff": (300.0, 200_000.0),
    "spec_logg": (-2.0, 10.0),
    "spec_mh": (-6.0, 3.0),
    "spec_lum": (-8.0, 8.0),
}
_MAGNITUDES = (-10.0, 40.0)


def gap_codes(quantity: Quantity) -> tuple[float, ...]:
    """Numbers that mean "no value"; 99 is a possible parallax and 9999 K a temperature."""
    if quantity.kind == "magnitude":
        return GAP_CODES
    if quantity.kind == "parallax":
        return tuple(code for code in GAP_CODES if code < 0 or code >= 999)
    if quantity.unit == "K":
        return tuple(code for code in GAP_CODES if code < 1000)
    return GAP_CODES


def plausible_range(quantity: Quantity) -> tuple[float, float]:
    """Values outside are a wrong unit or a typing error; in the canonical unit."""
    if quantity.kind == "magnitude":
        return _MAGNITUDES
    return _RANGES.get(quantity.name, (-np.inf, np.inf))


def default_error(quantity: Quantity, g_magnitude: np.ndarray) -> np.ndarray:
    r"""Error to assume, in the canonical unit.

    Arguments:
        quantity: What was measured.
        g_magnitude: Gaia G of every star, mag, NaN where unknown, shape :math:`(N,)`; only a
            parallax uses it.

    Returns:
        Shape :math:`(N,)`.
    """
    if quantity.kind == "parallax":
        at_g = np.interp(g_magnitude, _PARALLAX_G, _PARALLAX_ERROR)
        known: np.ndarray = np.where(np.isnan(g_magnitude), _PARALLAX_ERROR_BLIND, at_g)
        return known
    fallback = 0.05 if quantity.kind == "magnitude" else np.nan
    return np.full(np.shape(g_magnitude), DEFAULT_ERRORS.get(quantity.name, fallback))
