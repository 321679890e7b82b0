r"""From the settings of the SED inspector to what it draws: spectrum, magnitudes, history."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from astroviz.core.draws import Draws
from astroviz.galaxies.agn import ActiveNucleus
from astroviz.galaxies.cosmology import age_of_universe
from astroviz.galaxies.filters import effective_wavelength, filter_set, load_curve
from astroviz.galaxies.parameters import DERIVED, DERIVED_UNITS, PARAMETERS, UNITS
from astroviz.galaxies.sps import Synthesis, synthesis

__all__ = ["Sed", "SedQuestion", "ab_of_flux", "flux_of_ab"]

_LIGHT: Final = 2.99792458e18  # Angstrom per second
_ZERO: Final = 48.6
_SUN: Final = 3.828e33  # erg/s, IAU 2015
_TEN_PARSEC: Final = 3.0856775814913674e19  # cm
_PER_UNIT: Final = 1e-17  # erg/s/cm2/A: the unit of the flux that is shown
_TIMES: Final = 241
_PIXELS: Final = 1500
_MARGIN: Final = 1.14  # how far the spectrum goes on beyond the filters


def ab_of_flux(wavelength: np.ndarray, flux: np.ndarray) -> np.ndarray:
    r"""AB magnitudes of a flux density.

    .. math:: m = -2.5 \log_{10}(F_\lambda \lambda^2 / c) - 48.6

    Arguments:
        wavelength: Angstrom.
        flux: :math:`F_\lambda`, erg/s/cm2/A, of the same shape; zero gives NaN.

    References:
        | Oke & Gunn (1983), https://doi.org/10.1086/160817

    Example:
        >>> round(float(ab_of_flux(np.array(5500.0), np.array(3.6e-9))), 2)
        -0.0
    """
    per_hertz = np.asarray(flux, float) * np.asarray(wavelength, float) ** 2 / _LIGHT
    with np.errstate(divide="ignore", invalid="ignore"):
        found = -2.5 * np.log10(per_hertz) - _ZERO
    return np.where(np.isfinite(found), found, np.nan)


def flux_of_ab(wavelength: np.ndarray, magnitude: np.ndarray) -> np.ndarray:
    """The flux density of AB magnitudes, erg/s/cm2/A, at wavelengths in Angstrom."""
    per_hertz = 10.0 ** (-0.4 * (np.asarray(magnitude, float) + _ZERO))
    return np.asarray(per_hertz * _LIGHT / np.asarray(wavelength, float) ** 2)


@dataclass(frozen=True, eq=False)
class Sed:
    r"""What there is to see of one galaxy.

    Arguments:
        wavelength: Angstrom, in the frame asked for, shape :math:`(L,)`.
        flux: As set, erg/s/cm2/A; in the frame at rest as from 10 pc, shape :math:`(L,)`.
        bare: Without dust, likewise.
        bands: Names of the :math:`B` filters.
        centre: Their wavelengths, Angstrom, shape :math:`(B,)`.
        curves: Filter to its wavelengths, Angstrom, and throughput.
        magnitudes: AB as set; absolute in the frame at rest, shape :math:`(B,)`.
        bare_magnitudes: Without dust, likewise.
        emulator: Of the emulator, shape :math:`(B,)`, NaN in bands that it does not know; None
            where there is nothing to compare.
        lookback: Gyr before the light left, shape :math:`(T,)`.
        rate: Star formation without the burst, Msun/yr, shape :math:`(T,)`.
        formed: Part of the mass formed by then, shape :math:`(T,)`.
        age: Of the Universe then, Gyr.
        derived: Names of `DERIVED` to values.
        question: What was asked.
    """

    wavelength: np.ndarray
    flux: np.ndarray
    bare: np.ndarray
    bands: tuple[str, ...]
    centre: np.ndarray
    curves: Mapping[str, tuple[np.ndarray, np.ndarray]]
    magnitudes: np.ndarray
    bare_magnitudes: np.ndarray
    emulator: np.ndarray | None
    lookback: np.ndarray
    rate: np.ndarray
    formed: np.ndarray
    age: float
    derived: Mapping[str, float]
    question: SedQuestion

    def shown(self, bare: bool = False) -> np.ndarray:
        """The spectrum on the scale that was asked for."""
        flux = self.bare if bare else self.flux
        if self.question.scale == "flux":
            return flux / _PER_UNIT
        return ab_of_flux(self.wavelength, flux)

    def points(self, magnitudes: np.ndarray) -> np.ndarray:
        """Magnitudes on the scale that was asked for."""
        if self.question.scale == "flux":
            return flux_of_ab(self.centre, magnitudes) / _PER_UNIT
        return np.asarray(magnitudes)

    def draws(self) -> Draws:
        """The galaxy, what follows from it, and its magnitudes, as one row."""
        values = (*self.question.theta, *self.derived.values(), *self.magnitudes)
        units = (*UNITS.values(), *DERIVED_UNITS.values(), *["mag"] * len(self.bands))
        return Draws(np.array([values]), (*PARAMETERS, *self.derived, *self.bands), units)

    @property
    def burst(self) -> tuple[float, float] | None:
        """When the burst was, Gyr, and its part of the mass; None where there was none."""
        named = dict(zip(PARAMETERS, self.question.theta, strict=True))
        there = named["f_burst"] > 0 and named["t_burst"] < self.age
        return (named["t_burst"], named["f_burst"]) if there else None


@dataclass(frozen=True)
class SedQuestion:
    r"""A frozen copy of the settings, which any thread can work on.

    Arguments:
        theta: The galaxy in the order of `PARAMETERS`.
        dust: Whether dust dims the stars.
        lines: log10 of the ionisation parameter of the gas; None for no gas.
        agn: Luminosity, log10 of solar, and reddening, mag, of an active nucleus, as
            `agn.ActiveNucleus` takes them; None for no nucleus.
        filters: Name of a set of filters.
        frame: `observed` or `rest`.
        scale: `magnitude` or `flux`.
        emulator: What else knows magnitudes; None for nothing to compare.
    """

    theta: tuple[float, ...]
    dust: bool = True
    lines: float | None = None
    agn: tuple[float, float] | None = None
    filters: str = "sdss"
    frame: str = "observed"
    scale: str = "magnitude"
    emulator: Any = field(default=None, compare=False, repr=False)

    def answer(self) -> Sed:
        """Make the light of the galaxy; a GalaxyError says why it cannot be made."""
        maker, bands = synthesis(), filter_set(self.filters)
        curves = {band: load_curve(band) for band in bands}
        grid = self._grid(curves)
        with torch.no_grad():
            flux, bare = (self._spectrum(maker, grid, dust) for dust in (self.dust, False))
            lookback, rate, formed, age = self._history(maker)
            found = maker.derived(self._tensor())
            derived = {name: _number(found[name]) for name in DERIVED}
            return Sed(
                wavelength=grid,
                flux=flux,
                bare=bare,
                bands=bands,
                centre=np.array([effective_wavelength(band) for band in bands]),
                curves=curves,
                magnitudes=self._magnitudes(maker, bands, self.dust),
                bare_magnitudes=self._magnitudes(maker, bands, False),
                emulator=self._emulated(bands),
                lookback=lookback,
                rate=rate,
                formed=formed,
                age=age,
                derived=derived,
                question=self,
            )

    def beyond_emulator(self) -> bool:
        """Whether the galaxy lies outside of what the emulator was taught."""
        if self.emulator is None:
            return False
        return bool(self.emulator.outside(self._tensor()).any())

    # Parts

    def _tensor(self) -> Tensor:
        return torch.tensor([self.theta], dtype=torch.float32)

    @property
    def _redshift(self) -> float:
        return self.theta[PARAMETERS.index("redshift")]

    def _extras(self) -> dict[str, Any]:
        lines: bool | float = False if self.lines is None else self.lines
        return {"lines": lines, "agn": None if self.agn is None else ActiveNucleus(*self.agn)}

    def _grid(self, curves: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
        """Wavelengths of the spectrum: those of the filters and somewhat more."""
        low = min(float(w[0]) for w, _ in curves.values()) / _MARGIN
        high = max(float(w[-1]) for w, _ in curves.values()) * _MARGIN
        return np.geomspace(low, high, _PIXELS)

    def _spectrum(self, maker: Synthesis, grid: np.ndarray, dust: bool) -> np.ndarray:
        observed = self.frame == "observed"
        _, flux = maker.spectrum(
            self._tensor(), torch.from_numpy(grid), observed=observed, dust=dust, **self._extras()
        )
        found = flux.double().reshape(-1).numpy()
        return found if observed else found * _SUN / (4 * math.pi * _TEN_PARSEC**2)

    def _magnitudes(self, maker: Synthesis, bands: tuple[str, ...], dust: bool) -> np.ndarray:
        if self.frame == "observed":
            found = maker.magnitudes(self._tensor(), bands, dust=dust, **self._extras())
        else:
            found = maker.rest_frame(self._tensor(), bands, dust=dust, **self._extras())
        return np.asarray(found.double().reshape(-1).numpy())

    def _emulated(self, bands: tuple[str, ...]) -> np.ndarray | None:
        """What the emulator says, where it speaks of the same thing: dusty stars, observed."""
        plain = self.lines is None and self.agn is None and self.frame == "observed"
        if self.emulator is None or not plain or not self.dust or self.beyond_emulator():
            return None
        found = self.emulator.magnitudes(self._tensor(), bands)
        return np.asarray(found.double().reshape(-1).numpy())

    def _history(self, maker: Synthesis) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
        age_then = float(age_of_universe(torch.tensor(self._redshift)))
        times = np.linspace(0.0, age_then, _TIMES)
        named = dict(zip(PARAMETERS, self.theta, strict=True))
        share = named["f_burst"] if named["t_burst"] < age_then else 0.0
        smooth_only = torch.tensor([tuple({**named, "f_burst": 0.0}.values())])
        found = (1 - share) * maker.history(smooth_only, torch.from_numpy(times)).double()
        rate = found.reshape(-1).numpy()
        # From the beginning on: lookback times run backwards.
        parts = np.concatenate([np.cumsum((0.5 * (rate[1:] + rate[:-1]))[::-1])[::-1], [0.0]])
        smooth = parts / max(float(parts[0]), 1e-30)
        formed = (1 - share) * smooth + share * (times <= named["t_burst"])
        return times, np.asarray(rate), np.asarray(formed), age_then


def _number(value: Tensor) -> float:
    found = float(value.reshape(-1)[0])
    return found if math.isfinite(found) else math.nan
