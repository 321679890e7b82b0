r"""From the parameters of a star to its spectra: the physics of `physics`, bin by bin.

.. math:: f_\lambda = \frac{R^2}{d^2}\,
          \left[F_\lambda(T_\mathrm{eff}, \log g, [M/H])\,(1 + E(\lambda) + V(\lambda))
          + F^\mathrm{companion}_\lambda\right]\, 10^{-0.4 A(\lambda)}

with the disk's excess :math:`E` and the veiling :math:`V` of `physics`, the latter between and
beyond its bands as a power law, and with the empirical offsets of the bands interpolated in log
wavelength, so that spectra and magnitudes of one star agree.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from astroviz.stars.empirical import TEFF
from astroviz.stars.physics import VEILING, Physics, Star
from astroviz.stars.spectrographs import DRIFT, SPECTROGRAPHS, Spectrograph
from astroviz.stars.surveys import BANDS
from astroviz.stars.tables import Tables, interpolate

if TYPE_CHECKING:
    from astroviz.stars.simulator import SimulatedStars

__all__ = ["SpectralPhysics", "load_spectrographs"]

_RADIUS_OVER_PARSEC = 2.2546e-8  # solar radius over parsec
_SI = 1e-3  # erg/s/cm2 in W/m2
_OPTICAL = ("bp", "g", "rp", "j", "h", "ks")
# G is too wide to say where in it the veiling is.
_VEILED = {name: part for name, part in VEILING.items() if name != "g"}


@cache
def load_spectrographs(dtype: torch.dtype = torch.float32) -> Tables:
    """Read the shipped tables of spectra once per precision."""
    from astroviz.core.registry import load_weights

    weights = load_weights("stars/spectrographs", "cpu")
    return Tables({k: v.to(dtype) for k, v in weights.items()})


@dataclass(frozen=True)
class SpectralPhysics:
    r"""Spectra under one choice of physics.

    Arguments:
        physics: Tracks, atmosphere and extinction.
        tables: The tables of spectra; the shipped ones by default.
    """

    physics: Physics = field(default_factory=Physics)
    tables: Tables = field(default=None, repr=False)  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if self.tables is None:
            object.__setattr__(self, "tables", load_spectrographs(self.physics.dtype))

    def flux(
        self,
        one: Spectrograph,
        theta: Tensor,
        disk: Tensor,
        mass_ratio: Tensor | None = None,
        veiling: Tensor | None = None,
    ) -> Tensor:
        r"""Noiseless spectra of young stars.

        Arguments:
            one: The spectrograph.
            theta: Parameters in the order of `PARAMETERS`, shape :math:`(N, 9)`.
            disk: Whether there is a disk, shape :math:`(N,)`, bool.
            mass_ratio: Mass of an unresolved companion over the primary's; 0 for none.
            veiling: Continuum of accretion or activity in BP over the photosphere; 0 for none.

        Returns:
            Flux at the Earth, W/m2/nm, shape :math:`(N, px)`.
        """
        log_age, log_mass, metallicity, a_v, r_v, distance = theta[:, :6].unbind(-1)
        star = self.physics.evolve(log_age, log_mass)
        light = self._surface(one, star, metallicity)
        factor = torch.ones_like(light)
        if disk.any():
            factor = factor + self._excess(one, theta[:, 6:]) * disk[:, None]
        if veiling is not None:
            factor = factor + veiling[:, None] * self._veiling(one)
        light = light * factor
        if mass_ratio is not None:
            light = light + self._companion(one, log_age, log_mass, metallicity, mass_ratio)
        return self._seen(one, light, a_v, r_v, distance)

    def drift(self, one: Spectrograph, log_age: Tensor, log_mass: Tensor, metallicity: Tensor
              ) -> Tensor:  # fmt: skip
        r"""Relative change of a young star's spectrum by one `DRIFT`, shape :math:`(N, px, 3)`.

        Of the photosphere of the primary, its mean over the range taken out.

        Arguments:
            one: The spectrograph.
            log_age: log10 of the age, yr, shape :math:`(N,)`.
            log_mass: log10 of the mass, solar, shape :math:`(N,)`.
            metallicity: [M/H], shape :math:`(N,)`.
        """
        return self._drift(one, self.physics.evolve(log_age, log_mass), metallicity)

    def _drift(self, one: Spectrograph, star: Star, metallicity: Tensor) -> Tensor:
        slopes = interpolate(self._slopes[one.name], self._knots,
                             (star.log_teff, star.logg, metallicity))  # fmt: skip
        slopes = slopes.view(-1, one.size, 3)
        return slopes - slopes.mean(1, keepdim=True)

    @property
    def _knots(self) -> tuple[Tensor, Tensor, Tensor]:
        t, key = self.tables, f"surface.{self.physics.atmosphere}"
        return t[f"{key}.log_teff"], t[f"{key}.logg"], t[f"{key}.mh"]

    @cached_property
    def _slopes(self) -> dict[str, Tensor]:
        """Derivatives of the log flux on the grid, times one `DRIFT`, (T, G, Z, 3 px)."""
        found = {}
        for one in SPECTROGRAPHS:
            table = self.tables[f"surface.{self.physics.atmosphere}.{one.name}"]
            parts = [
                torch.gradient(table, spacing=(knots,), dim=axis)[0] * (step * math.log(10))
                for axis, (knots, step) in enumerate(zip(self._knots, DRIFT, strict=True))
            ]
            found[one.name] = torch.stack(parts, -1).flatten(-2)
        return found

    def drift_of_simulated(self, stars: SimulatedStars, one: Spectrograph) -> Tensor:
        """`drift` for a simulated catalogue, field stars included, shape (N, px, 3)."""
        return self._drift(one, stars.star, stars.sight[:, 0])

    def of_simulated(self, stars: SimulatedStars, one: Spectrograph) -> Tensor:
        """The same for a simulated catalogue, field stars included, shape (N, px)."""
        metallicity, a_v, r_v, distance = stars.sight.unbind(-1)
        light = self._surface(one, stars.star, metallicity)
        found = self._seen(one, light, a_v, r_v, distance)
        young = (stars.classes < 2).nonzero()[:, 0]
        found[young] = self.flux(
            one, stars.theta[young], stars.classes[young] == 1, stars.mass_ratio[young],
            stars.veiling[young],
        )  # fmt: skip
        return found

    def _surface(self, one: Spectrograph, star: Star, metallicity: Tensor) -> Tensor:
        """Radiation of the whole photosphere, times R^2 in solar radii, shape (N, px)."""
        table = self.tables[f"surface.{self.physics.atmosphere}.{one.name}"]
        log_flux = interpolate(table, self._knots, (star.log_teff, star.logg, metallicity))
        if self.physics.empirical:
            where = torch.tensor(TEFF, dtype=self.physics.dtype).log10()
            offset = interpolate(self._offsets[one.name], (where,), (star.log_teff,))
            log_flux = log_flux - 0.4 * offset
        return 10 ** (log_flux + 2 * star.log_radius[:, None])

    def _companion(
        self, one: Spectrograph, log_age: Tensor, log_mass: Tensor, metallicity: Tensor,
        mass_ratio: Tensor,
    ) -> Tensor:  # fmt: skip
        """A coeval companion; none where the tracks do not reach down to its mass."""
        found = torch.zeros(len(log_age), one.size, dtype=log_age.dtype)
        double = (mass_ratio > 0).nonzero()[:, 0]
        star, there = self.physics.companion(log_age[double], log_mass[double], mass_ratio[double])
        light = self._surface(one, star, metallicity[double])
        found[double] = torch.where(there[:, None], light, torch.zeros_like(light))
        return found

    def _seen(
        self, one: Spectrograph, light: Tensor, a_v: Tensor, r_v: Tensor, distance: Tensor
    ) -> Tensor:
        t = self.tables
        k = interpolate(t[f"dust.{self.physics.law}.{one.name}"], (t["dust.r_v"],), (r_v,))
        dilution = (_RADIUS_OVER_PARSEC / distance) ** 2 * _SI
        return light * 10 ** (-0.4 * a_v[:, None] * k) * dilution[:, None]

    def _excess(self, one: Spectrograph, disk: Tensor) -> Tensor:
        wave = torch.as_tensor(one.wavelength * 1e-3, dtype=self.physics.dtype)
        amplitude, slope, onset = disk.unbind(-1)
        return self.physics.excess(amplitude, slope, onset, wave)

    def _veiling(self, one: Spectrograph) -> Tensor:
        bands = {band.name: band.wavelength for band in BANDS}
        place = np.log([bands[name] for name in _VEILED])
        height = np.log(list(_VEILED.values()))
        wave = np.log(one.wavelength * 1e-3)
        found = np.interp(wave, place, height)
        blue = (height[1] - height[0]) / (place[1] - place[0])
        found = np.where(wave < place[0], height[0] + blue * (wave - place[0]), found)
        return torch.as_tensor(np.exp(found), dtype=self.physics.dtype)

    @cached_property
    def _offsets(self) -> dict[str, Tensor]:
        """Offsets of the bands of `empirical`, mag, between their wavelengths, (K, px)."""
        columns = [k for k, band in enumerate(BANDS) if band.name in _OPTICAL]
        columns.sort(key=lambda k: BANDS[k].wavelength)
        place = np.log([BANDS[k].wavelength for k in columns])
        found = {}
        for one in SPECTROGRAPHS:
            wave = np.log(one.wavelength * 1e-3)
            height = self.physics.offsets[:, columns].double().numpy()
            rows = np.stack([np.interp(wave, place, row) for row in height])
            found[one.name] = torch.as_tensor(rows, dtype=self.physics.dtype)
        return found
