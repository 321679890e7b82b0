r"""Extinction in each band, integrated through the passbands, for two laws.

$A_\mathrm{band}(T, A_V, R_V)$ is not proportional to $A_V$: a reddened spectrum shifts a wide
band's mean wavelength. So it is tabulated at 14 values of $A_V$ for spectra of logg 4, solar
composition.

Both laws come from dust_extinction. F99 is defined there to 3.3 micron; we continue its own
infrared spline to its last anchor (zero extinction at infinite wavelength), which has no silicate
features. G23 has them and ends at 32 micron.
"""

from __future__ import annotations

import numpy as np

from astroviz.stars.build_atmospheres import (
    LOGG,
    METALLICITY,
    TEFF,
    SpectralGrid,
)
from astroviz.stars.build_filters import Filter, band_weights

__all__ = ["AV", "LAWS", "RV", "TEFF_KNOTS", "band_extinction", "law_curve"]

LAWS: tuple[str, ...] = ("f99", "g23")
AV = np.array([0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 13.0, 16.0, 20.0])
RV = np.array([2.5, 3.1, 4.0, 5.5])
TEFF_KNOTS = np.concatenate(
    [
        [2000.0, 2300.0, 2600.0, 2900.0, 3200.0, 3500.0, 3800.0, 4200.0, 4600.0, 5000.0],
        [6000.0, 7000.0, 8200.0, 10000.0, 14000.0, 20000.0, 30000.0],
    ]
)
_LOGG = 4.0
_F99_END, _G23_END = 10.0 / 3.0, 31.9


def law_curve(law: str, r_v: float, wavelength: np.ndarray) -> np.ndarray:
    """A_lambda / A_V of a law.

    Args:
        law: "f99" or "g23".
        r_v: ratio of total to selective extinction.
        wavelength: (n,) micron.

    Returns:
        (n,) extinction in units of that in V.
    """
    try:
        from dust_extinction.parameter_averages import F99, G23
    except ImportError as error:
        raise ImportError(
            "building the tables needs dust_extinction: pip install 'astroviz[tables]'"
        ) from error
    import astropy.units as u

    grid = np.asarray(wavelength, dtype=float)
    if law == "g23":
        inside = np.clip(grid, 0.0913, _G23_END)
        return np.asarray(G23(Rv=r_v)(inside * u.micron))
    if law != "f99":
        raise ValueError(f"no extinction law named {law!r}; there are {', '.join(LAWS)}")
    curve = F99(Rv=r_v)
    near = np.asarray(curve(np.clip(grid, 0.1, _F99_END) * u.micron))
    return np.where(grid > _F99_END, _f99_far(r_v, grid), near)


def band_extinction(law: str, grid: SpectralGrid, filters: tuple[Filter, ...]) -> np.ndarray:
    """(t, av, rv, b) extinction in mag for spectra of `TEFF_KNOTS`, logg 4, [M/H] 0."""
    rows = np.searchsorted(TEFF, TEFF_KNOTS)
    gravity, metals = int(np.argmin(np.abs(LOGG - _LOGG))), int(np.argmin(np.abs(METALLICITY)))
    flux = 10.0 ** grid.log_flux[rows, gravity, metals].astype(float)
    weights = band_weights(filters, grid.wavelength)
    out = np.empty((TEFF_KNOTS.size, AV.size, RV.size, len(filters)))
    for k, r_v in enumerate(RV):
        curve = law_curve(law, float(r_v), grid.wavelength * 1e-4)
        for j, a_v in enumerate(AV):
            rates = (flux * 10.0 ** (-0.4 * a_v * curve)) @ weights
            out[:, j, k] = -2.5 * np.log10(rates)
    return out - out[:, :1]


def _f99_far(r_v: float, wavelength: np.ndarray) -> np.ndarray:
    """F99's own spline between 3.3 micron and infinity (Fitzpatrick 1999, table 3)."""
    from scipy.interpolate import CubicSpline

    ebv = np.array(
        [
            0.0,
            0.265 * r_v / 3.1,
            0.829 * r_v / 3.1,
            -0.426 + 1.0044 * r_v,
            -0.050 + 1.0016 * r_v,
            0.701 + 1.0016 * r_v,
            1.208 + 1.0032 * r_v - 0.00033 * r_v**2,
        ]
    )
    x = np.array([0.0, *(1e4 / np.array([26500.0, 12200.0, 6000.0, 5470.0, 4670.0, 4110.0]))])
    # The published spline goes on into the ultraviolet; its two anchors there hold its end.
    ultraviolet = 1e4 / np.array([2700.0, 2600.0])
    c2 = -0.824 + 4.717 / r_v
    c1 = 2.030 - 3.007 * c2
    drude = ultraviolet**2 / ((ultraviolet**2 - 4.596**2) ** 2 + (ultraviolet * 0.99) ** 2)
    ebv = np.append(ebv, c1 + c2 * ultraviolet + 3.23 * drude + r_v)
    spline = CubicSpline(np.append(x, ultraviolet), ebv / r_v)
    return np.asarray(np.clip(spline(1.0 / wavelength), 0.0, None))
