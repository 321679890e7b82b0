r"""From the parameters of a star to its magnitudes: tracks, atmospheres, dust, disk, companion.

.. math:: m_b = M_b(T_\mathrm{eff}, \log g, [M/H]) - 5 \log_{10} R
          + 5 \log_{10}(d / 10\,\mathrm{pc}) + A_b(T_\mathrm{eff}, A_V, R_V)
          - 2.5 \log_{10}(1 + E(\lambda_b))

with the disk's excess over the photosphere

.. math:: E(\lambda) = 10^{a} (\lambda / 5\,\mu\mathrm{m})^{s}
          / (1 + (\lambda / \lambda_\mathrm{on})^{-6}).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from astroviz.stars.empirical import LOGG, TEFF, offsets
from astroviz.stars.surveys import WAVELENGTHS
from astroviz.stars.tables import Tables, interpolate, load_tables

__all__ = ["SUN_LOGG", "SUN_TEFF", "VEILING", "Physics", "Star"]

SUN_TEFF = 5772.0  # K, IAU 2015 resolution B3
SUN_LOGG = 4.438
_BLEND = (-0.097, 0.114)  # log10 of 0.8 and 1.3 solar masses
# Accretion or activity, relative to its effect in BP: a hot excess that fades towards the red.
VEILING = {"bp": 1.0, "g": 0.45, "rp": 0.25, "j": 0.08, "h": 0.05, "ks": 0.04}


@dataclass(frozen=True)
class Star:
    r"""What the tracks say of a star: each of shape :math:`(N,)`.

    Arguments:
        log_teff: log10 of the effective temperature, K.
        log_lum: log10 of the luminosity, solar.
        logg: log10 of the surface gravity, cm/s2.
        log_radius: log10 of the radius, solar.
        valid: Whether the tracks hold such a star.
    """

    log_teff: Tensor
    log_lum: Tensor
    logg: Tensor
    log_radius: Tensor
    valid: Tensor


@dataclass(frozen=True)
class Physics:
    r"""One choice of tracks, atmosphere and extinction law.

    Arguments:
        tracks: `parsec`, `mist`, `baraffe2015`, `feiden2016`, `feiden2016_magnetic`, `spots...`,
            or two joined by a plus: the first for low masses, the second for high ones, blended
            linearly in log mass between 0.8 and 1.3 solar masses, where the two agree.
        atmosphere: `btsettl` or `kurucz_phoenix`.
        law: Extinction law, `g23` or `f99`.
        empirical: Whether infrared colours follow those observed of young stars; see `empirical`.
        dtype: Floating point type of the tables.
        tables: The tables; the shipped ones by default.
    """

    tracks: str = "baraffe2015+feiden2016"
    atmosphere: str = "btsettl"
    law: str = "g23"
    empirical: bool = True
    dtype: torch.dtype = torch.float32
    tables: Tables = field(default=None, repr=False)  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if self.tables is None:
            object.__setattr__(self, "tables", load_tables(self.dtype))

    @cached_property
    def _track_grid(self) -> tuple[Tensor, Tensor, Tensor]:
        """Ages, masses, and (log Teff, log L) on their grid; two track sets blended if asked."""
        grids = [self._one_grid(name) for name in self.tracks.split("+")]
        if len(grids) == 1:
            return grids[0]
        (age_a, mass_a, low), (age_b, mass_b, high) = grids
        ages = torch.arange(5.7, 8.0001, 0.025, dtype=self.dtype)
        masses = torch.arange(float(mass_a[0]), float(mass_b[-1]), 0.01, dtype=self.dtype)
        at = [axis.flatten() for axis in torch.meshgrid(ages, masses, indexing="ij")]
        below = interpolate(low, (age_a, mass_a), (at[0], at[1]))
        above = interpolate(high, (age_b, mass_b), (at[0], at[1]))
        part = ((at[1] - _BLEND[0]) / (_BLEND[1] - _BLEND[0])).clamp(0, 1)[:, None]
        both = torch.where(part <= 0, below, torch.where(part >= 1, above,
                           below + part * (above - below)))  # fmt: skip
        return ages, masses, both.reshape(len(ages), len(masses), 2)

    def _one_grid(self, name: str) -> tuple[Tensor, Tensor, Tensor]:
        t, key = self.tables, f"track.{name}"
        both = torch.stack([t[f"{key}.log_teff"], t[f"{key}.log_lum"]], -1)
        return t[f"{key}.log_age"], t[f"{key}.log_mass"], both

    @property
    def wavelengths(self) -> Tensor:
        """Effective wavelengths of the 15 bands, micron."""
        return torch.as_tensor(WAVELENGTHS, dtype=self.dtype)

    def evolve(self, log_age: Tensor, log_mass: Tensor) -> Star:
        r"""Effective temperature and luminosity on the track, by bilinear interpolation.

        Arguments:
            log_age: log10 of the age, yr, shape :math:`(N,)`.
            log_mass: log10 of the mass, solar, shape :math:`(N,)`.
        """
        ages, masses, both = self._track_grid
        value = interpolate(both, (ages, masses), (log_age, log_mass))
        inside = (log_age >= ages[0] - 1e-4) & (log_age <= ages[-1] + 1e-4)
        inside &= (log_mass >= masses[0] - 1e-4) & (log_mass <= masses[-1] + 1e-4)
        coolest = self.tables[f"atmosphere.{self.atmosphere}.log_teff"][0]
        valid = inside & value.isfinite().all(-1) & (value[:, 0] >= coolest)
        value = torch.where(valid[:, None], value, torch.tensor([3.6, 0.0], dtype=value.dtype))
        return self.surface(value[:, 0], value[:, 1], log_mass, valid)

    def surface(self, log_teff: Tensor, log_lum: Tensor, log_mass: Tensor, valid: Tensor) -> Star:
        """Radius and gravity from temperature, luminosity and mass (Stefan-Boltzmann)."""
        log_radius = 0.5 * log_lum - 2 * (log_teff - torch.log10(torch.tensor(SUN_TEFF)))
        logg = SUN_LOGG + log_mass - 2 * log_radius
        return Star(log_teff, log_lum, logg, log_radius, valid)

    def photosphere(self, star: Star, metallicity: Tensor) -> Tensor:
        r"""Absolute Vega magnitudes without dust, shape :math:`(N, 15)`."""
        t, a = self.tables, f"atmosphere.{self.atmosphere}"
        knots = (t[f"{a}.log_teff"], t[f"{a}.logg"], t[f"{a}.mh"])
        mag = interpolate(t[f"{a}.mag"], knots, (star.log_teff, star.logg, metallicity))
        if self.empirical:
            where = torch.tensor(TEFF, dtype=self.dtype).log10()
            mag = mag + interpolate(self.offsets, (where,), (star.log_teff,))
        return mag - 5 * star.log_radius[:, None]

    @cached_property
    def offsets(self) -> Tensor:
        """Empirical offsets at the temperatures of `empirical.TEFF`, shape (K, 15)."""
        t, a = self.tables, f"atmosphere.{self.atmosphere}"
        knots = (t[f"{a}.log_teff"], t[f"{a}.logg"], t[f"{a}.mh"])
        where = torch.tensor(TEFF, dtype=self.dtype).log10()
        at = (where, torch.full_like(where, LOGG), torch.zeros_like(where))
        return offsets(interpolate(t[f"{a}.mag"], knots, at))

    def dimming(self, log_teff: Tensor, a_v: Tensor, r_v: Tensor) -> Tensor:
        r"""Extinction in each band, mag, shape :math:`(N, 15)`."""
        t, e = self.tables, f"extinction.{self.law}.{self.atmosphere}"
        knots = (t[f"{e}.log_teff"], t[f"{e}.a_v"], t[f"{e}.r_v"])
        return interpolate(t[f"{e}.a_band"], knots, (log_teff, a_v, r_v))

    def excess(
        self, amplitude: Tensor, slope: Tensor, onset: Tensor, wavelengths: Tensor | None = None
    ) -> Tensor:
        r"""Disk flux over photospheric flux in each band, shape :math:`(N, 15)`.

        Or at other wavelengths, micron, shape :math:`(k,)`.
        """
        wave = (self.wavelengths if wavelengths is None else wavelengths)[None, :]
        rise = 1 / (1 + (wave / onset[:, None]) ** -6)
        return 10 ** amplitude[:, None] * (wave / 5.0) ** slope[:, None] * rise

    def veiling(self, strength: Tensor) -> Tensor:
        r"""Hot continuum over photospheric flux in each band, shape :math:`(N, 15)`."""
        from astroviz.stars.surveys import BANDS

        shape = torch.tensor([VEILING.get(band.name, 0.0) for band in BANDS], dtype=self.dtype)
        return strength[:, None] * shape[None, :]

    def magnitudes(
        self,
        theta: Tensor,
        disk: Tensor,
        mass_ratio: Tensor | None = None,
        veiling: Tensor | None = None,
    ) -> tuple[Tensor, Star]:
        r"""Apparent Vega magnitudes of young stars.

        Arguments:
            theta: Parameters in the order of `PARAMETERS`, shape :math:`(N, 9)`.
            disk: Whether there is a disk, shape :math:`(N,)`, bool.
            mass_ratio: Mass of an unresolved companion over the primary's; 0 for none.
            veiling: Continuum of accretion or activity in BP over the photosphere; 0 for none.

        Returns:
            Magnitudes, shape :math:`(N, 15)`, and the primary as a `Star`.
        """
        log_age, log_mass, metallicity, a_v, r_v, distance = theta[:, :6].unbind(-1)
        star = self.evolve(log_age, log_mass)
        flux = 10 ** (-0.4 * self.photosphere(star, metallicity))
        photosphere = flux
        if veiling is not None:
            extra = self.veiling(veiling)
            flux = flux + photosphere * extra
        flux = flux + photosphere * self.excess(*theta[:, 6:].unbind(-1)) * disk[:, None]
        if mass_ratio is not None:
            flux = flux + self._companion(log_age, log_mass, metallicity, mass_ratio)
        modulus = 5 * torch.log10(distance / 10)
        mag = -2.5 * torch.log10(flux) + modulus[:, None]
        return mag + self.dimming(star.log_teff, a_v, r_v), star

    def companion(
        self, log_age: Tensor, log_mass: Tensor, mass_ratio: Tensor
    ) -> tuple[Star, Tensor]:
        """A coeval companion, and whether there is one that the tracks hold, shape (N,)."""
        masses = self._track_grid[1]
        secondary = log_mass + torch.log10(mass_ratio.clamp(min=1e-3))
        faint = (mass_ratio <= 0) | (secondary < masses[0])
        star = self.evolve(log_age, secondary.clamp(min=float(masses[0])))
        return star, star.valid & ~faint

    def _companion(
        self, log_age: Tensor, log_mass: Tensor, metallicity: Tensor, mass_ratio: Tensor
    ) -> Tensor:
        """Flux of a coeval companion; none where the tracks do not reach down to its mass."""
        star, there = self.companion(log_age, log_mass, mass_ratio)
        flux = 10 ** (-0.4 * self.photosphere(star, metallicity))
        return torch.where(there[:, None], flux, torch.zeros_like(flux))
