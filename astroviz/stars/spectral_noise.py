r"""Which stars have spectra, and how noisy they are.

The error of an XP-like spectrum follows from the *observed* G magnitude, so that it tells nothing
of the star beyond G; that of the others is a signal-to-noise ratio of the observer's choice, flat
in its logarithm. Errors of neighbouring XP bins are correlated within the blue and within the red
arm, over one of three lengths.

The numbers are typical of the surveys and stand-ins for their own error models.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor

from astroviz.io.observations import State
from astroviz.io.spectra import SpectrumSet
from astroviz.stars.compress import compress, unmixing
from astroviz.stars.simulator import SimulatedStars
from astroviz.stars.spectral_likelihood import MeasuredSpectrum
from astroviz.stars.spectral_physics import SpectralPhysics
from astroviz.stars.spectrographs import FLUX_UNIT, SPECTROGRAPHS, Spectrograph, spectrograph

__all__ = ["LENGTHS", "SPECTRAL_PATTERNS", "SimulatedSpectra", "correlation",
           "observe_spectra"]  # fmt: skip

LENGTHS = (0.8, 1.5, 2.5)
"""Correlation lengths of XP-like spectra, bins."""

SPECTRAL_PATTERNS: dict[str, tuple[str, tuple[str, ...]]] = {
    "all, no spectrum": ("all", ()),
    "all + XP": ("all", ("xp",)),
    "Gaia only + XP": ("Gaia only", ("xp",)),
    "all + LAMOST-like": ("all", ("lamost",)),
    "infrared only + APOGEE-like": ("infrared only", ("apogee",)),
    "all + three spectra": ("all", ("xp", "lamost", "apogee")),
}
"""Named gap patterns with spectra: photometric pattern and kinds of spectra."""

_NUGGET = 0.4  # uncorrelated part of the variance
_SPLIT = 640.0  # nm, where the blue arm ends
_ZERO_FLUX = 2.5e-11  # W/m2/nm at G = 0
_FAINTEST = {"xp": 18.0, "lamost": 17.5, "apogee": 14.0}  # G, G, H
_CHANCE = {"xp": 0.6, "lamost": 0.3, "apogee": 0.3}
_QUALITY = {"lamost": (10.0, 60.0), "apogee": (20.0, 100.0)}  # signal to noise per bin
_FLAT = 0.02  # error of every XP-like bin that no exposure beats, of the mean flux


@dataclass(frozen=True)
class SimulatedSpectra:
    r"""Spectra of one kind of a simulated catalogue.

    Arguments:
        one: The spectrograph.
        seen: Which stars have such a spectrum, shape :math:`(N,)`, bool.
        flux: Shape :math:`(N, px)`; NaN without a spectrum.
        error: Standard deviations, same shape.
        length: Index into `LENGTHS` of each star, shape :math:`(N,)`; -1 where uncorrelated.
    """

    one: Spectrograph
    seen: Tensor
    flux: Tensor
    error: Tensor
    length: Tensor

    def rows(self, index: Tensor) -> SimulatedSpectra:
        """Some of the stars."""
        return SimulatedSpectra(
            self.one, self.seen[index], self.flux[index], self.error[index], self.length[index]
        )

    def correlation(self, row: int) -> Tensor | None:
        """Correlation of the errors of one star, shape (px, px); None where there is none."""
        k = int(self.length[row])
        return None if k < 0 else correlation(self.one, LENGTHS[k])

    def measured(self, row: int) -> MeasuredSpectrum:
        """The spectrum of one star, as the exact likelihood takes it."""
        return MeasuredSpectrum(
            self.one, self.flux[row], self.error[row], self._unmix(int(self.length[row]))
        )

    def _unmix(self, length: int) -> Tensor | None:
        return None if length < 0 else _unmix(self.one.name, LENGTHS[length])

    def as_set(self) -> SpectrumSet:
        """The spectra as a table holds them."""
        matrices = None
        if (self.length >= 0).any():
            each = np.stack([correlation(self.one, length).numpy() for length in LENGTHS])
            matrices = each[self.length.numpy()]
        return SpectrumSet(
            self.one.name, self.one.label, self.one.wavelength, self.flux.numpy(),
            self.error.numpy(), matrices, np.zeros(len(self.seen), dtype=bool),
            FLUX_UNIT if self.one.calibrated else "",
        )  # fmt: skip

    def compressed(self, physics: SpectralPhysics) -> tuple[Tensor, Tensor]:
        """Components and errors, each (N, k); zeros without a spectrum."""
        found = torch.zeros(2, len(self.seen), self.one.components)
        for k in self.length[self.seen].unique().tolist():
            rows = (self.seen & (self.length == k)).nonzero()[:, 0]
            unmix = self._unmix(k)
            for part in rows.split(4096):
                found[:, part] = torch.stack(
                    compress(self.one, physics.tables, self.flux[part], self.error[part], unmix)
                )
        return found[0], found[1]


def correlation(one: Spectrograph, length: float) -> Tensor:
    r"""Correlation of the errors of an XP-like spectrum, shape :math:`(px, px)`.

    :math:`0.4\,\delta_{ij} + 0.6\,e^{-(i - j)^2 / 2\ell^2}` within one arm, 0 between the arms.

    Arguments:
        one: The spectrograph.
        length: :math:`\ell`, bins.
    """
    place = torch.arange(one.size, dtype=torch.float64)
    near = torch.exp(-0.5 * ((place[:, None] - place) / length) ** 2)
    blue = torch.from_numpy(one.wavelength < _SPLIT)
    near = torch.where(blue[:, None] == blue, near, 0.0)
    return (1 - _NUGGET) * near + _NUGGET * torch.eye(one.size, dtype=torch.float64)


@cache
def _unmix(name: str, length: float) -> Tensor:
    return unmixing(correlation(spectrograph(name), length))


def observe_spectra(
    stars: SimulatedStars,
    generator: torch.Generator,
    physics: SpectralPhysics,
    chance: dict[str, float] | None = None,
    mismatch: bool = True,
) -> tuple[SimulatedSpectra, ...]:
    r"""Spectra of a simulated catalogue.

    Arguments:
        stars: The stars.
        generator: Source of random numbers.
        physics: Its physics must be that of the stars.
        chance: Chance of each kind for a star that is bright enough; typical of the surveys by
            default, a kind that is not named is not observed.
        mismatch: Whether there is what nobody reports: smooth modes and `DRIFT`.

    Returns:
        One set for each of `SPECTROGRAPHS`, in that order.
    """
    chance = _CHANCE if chance is None else chance
    found = []
    for one in SPECTROGRAPHS:
        lottery = torch.rand(len(stars), generator=generator)
        seen = _bright(stars, one) & (lottery < chance.get(one.name, 0.0))
        found.append(_observe(stars, one, seen, generator, physics, mismatch))
    return tuple(found)


def _bright(stars: SimulatedStars, one: Spectrograph) -> Tensor:
    """Which stars such a spectrograph can observe."""
    if one.name == "xp":
        in_gaia = stars.states[:, 1] == int(State.OBSERVED)
        return in_gaia & (stars.values[:, 1] < _FAINTEST["xp"])
    band = 5 if one.name == "apogee" else 1  # H or G
    return stars.intrinsic[:, band] < _FAINTEST[one.name]


def _observe(
    stars: SimulatedStars, one: Spectrograph, seen: Tensor, gen: torch.Generator,
    physics: SpectralPhysics, mismatch: bool,
) -> SimulatedSpectra:  # fmt: skip
    n = len(stars)
    rows = seen.nonzero()[:, 0]
    flux = torch.full((n, one.size), torch.nan, dtype=torch.float64)
    error = torch.full_like(flux, torch.nan)
    length = torch.full((n,), -1)
    if one.name == "xp":
        length = torch.randint(len(LENGTHS), (n,), generator=gen)
    some = stars.rows(rows)
    light = physics.of_simulated(some, one).double()
    if mismatch:
        modes = torch.tensor(one.modes, dtype=torch.float64)
        wobble = torch.randn(len(rows), len(modes), generator=gen, dtype=torch.float64) * modes
        step = torch.randn(len(rows), 3, 1, generator=gen, dtype=torch.float64)
        drift = (physics.drift_of_simulated(some, one).double() @ step)[..., 0]
        light = light * (1 + wobble @ torch.from_numpy(one.shapes).T + drift)
    sd = _error(some, one, gen)
    if not one.calibrated:  # in units of the continuum
        light = light / light.mean(-1, keepdim=True)
    noise = torch.randn(len(rows), one.size, generator=gen, dtype=torch.float64)
    for k, scale in enumerate(LENGTHS if one.name == "xp" else ()):
        mine = length[rows] == k
        noise[mine] = noise[mine] @ torch.linalg.cholesky(correlation(one, scale)).T
    flux[rows], error[rows] = light + sd * noise, sd
    return SimulatedSpectra(one, seen, flux, error, length)


def _error(stars: SimulatedStars, one: Spectrograph, gen: torch.Generator) -> Tensor:
    """Standard deviation of every bin, shape (N, px)."""
    n = len(stars)
    if one.name != "xp":
        low, high = _QUALITY[one.name]
        ratio = low * (high / low) ** torch.rand(n, 1, generator=gen, dtype=torch.float64)
        return (1 / ratio).expand(n, one.size)
    g = stars.values[:, 1].double()
    part = 0.01 * 10 ** (0.2 * (g - 15.0).clamp(min=-2.5))
    part = part * torch.exp(0.3 * torch.randn(n, generator=gen, dtype=torch.float64))
    part = (part**2 + _FLAT**2).sqrt()
    level = _ZERO_FLUX * 10 ** (-0.4 * g) * part
    return level[:, None] * torch.from_numpy(_edges(one))


def _edges(one: Spectrograph) -> np.ndarray:
    """How much larger errors are at the ends of the arms, shape (px,)."""
    wave = one.wavelength
    blue = 3.0 * np.exp(-(wave - one.start) / 40.0)
    middle = np.exp(-(((wave - _SPLIT) / 20.0) ** 2))
    return np.asarray(1 + blue + middle + 1.5 * np.exp(-(one.stop - wave) / 30.0))
