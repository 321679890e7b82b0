r"""Stars as surveys see them: parameters, errors, gaps and all.

The order of events: a class (young, young with a disk, field dwarf, giant), parameters from the
prior, magnitudes from the physics with an unresolved companion and accretion, an offset for the
epoch of each survey, noise, limits, footprints, and what a user switches off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from astroviz.io.observations import Observations, State
from astroviz.stars.contaminants import contaminants
from astroviz.stars.noise import (
    PARALLAX_ZERO_POINT,
    PARALLAX_ZERO_POINT_ERROR,
    SURVEY_OF_BAND,
    error_law,
    floors,
    limits,
    parallax_error_law,
    unusable,
    variability,
)
from astroviz.stars.parameters import DERIVED, PARAMETERS, to_theta
from astroviz.stars.physics import Physics, Star
from astroviz.stars.surveys import QUANTITIES, SURVEYS

__all__ = ["PATTERNS", "SimulatedStars", "observe_parallax", "simulate", "survey_columns",
           "veiling_of", "with_gaps"]  # fmt: skip

# Surveys present in each named gap pattern.
PATTERNS: dict[str, tuple[str, ...]] = {
    "all": ("Gaia", "2MASS", "WISE"),
    "no WISE": ("Gaia", "2MASS"),
    "no Gaia": ("2MASS", "WISE", "Spitzer"),
    "infrared only": ("2MASS", "WISE"),
    "Gaia only": ("Gaia",),
    "+ Spitzer": ("Gaia", "2MASS", "WISE", "Spitzer"),
}
_COVERED = {"Gaia": 0.93, "2MASS": 0.95, "WISE": 0.85, "Spitzer": 0.35, "Spectroscopy": 0.2}
BINARY_FRACTION = (0.28, 0.50)  # at 0.1 and at 1 solar mass and above (Offner et al. 2023)


@dataclass(frozen=True)
class SimulatedStars:
    r"""A simulated catalogue of :math:`N` stars.

    Arguments:
        z: Normal scores of the parameters, shape :math:`(N, 9)`; NaN for field stars.
        classes: Index into `CLASSES`, shape :math:`(N,)`.
        star: Temperature, luminosity, gravity, radius of each primary.
        mass_ratio: Companion mass over primary mass, 0 for a single star.
        veiling: Continuum of accretion or activity in BP, 0 for field stars.
        values: Observed values, shape :math:`(N, 20)`, the limit itself where not detected.
        errors: Reported errors, same shape and units.
        states: `State` codes, same shape.
        intrinsic: Values without survey noise but with floor and epoch offset, shape (N, 20).
        sight: [M/H], A_V (mag), R_V and distance (pc) of every star, shape :math:`(N, 4)`.
    """

    z: Tensor
    classes: Tensor
    star: Star
    mass_ratio: Tensor
    veiling: Tensor
    values: Tensor
    errors: Tensor
    states: Tensor
    intrinsic: Tensor
    sight: Tensor

    def __len__(self) -> int:
        return len(self.z)

    def rows(self, index: Tensor) -> SimulatedStars:
        """Some of the stars."""
        star = Star(*(getattr(self.star, name)[index] for name in vars(self.star)))
        found = {name: part[index] for name, part in vars(self).items() if name != "star"}
        return SimulatedStars(star=star, **found)

    @classmethod
    def join(cls, parts: Sequence[SimulatedStars]) -> SimulatedStars:
        """Catalogues below each other."""
        stars = [part.star for part in parts]
        star = Star(*(torch.cat([getattr(s, name) for s in stars]) for name in vars(stars[0])))
        names = [name for name in vars(parts[0]) if name != "star"]
        found = {name: torch.cat([getattr(part, name) for part in parts]) for name in names}
        return cls(star=star, **found)

    @property
    def theta(self) -> Tensor:
        """Parameters in physical units, shape (N, 9); NaN for field stars."""
        return to_theta(self.z)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns of `theta`."""
        return tuple(parameter.name for parameter in PARAMETERS)

    @property
    def derived(self) -> dict[str, Tensor]:
        """Derived quantities by name, each of shape (N,)."""
        star = self.star
        columns = (10**star.log_teff, star.logg, star.log_lum, 10**star.log_radius)
        return {p.name: column for p, column in zip(DERIVED, columns, strict=True)}

    @property
    def observations(self) -> Observations:
        """What a table of these stars would hold, with invented names and no positions."""
        known = (self.states == int(State.OBSERVED)) | (self.states == int(State.LIMIT))
        missing = torch.tensor(float("nan"), dtype=self.values.dtype)
        n = len(self)
        return Observations(
            QUANTITIES,
            torch.where(known, self.values, missing).double().numpy(),
            torch.where(known, self.errors, missing).double().numpy(),
            self.states.numpy(),
            np.array([f"star {k + 1}" for k in range(n)]),
            np.full((n, 2), np.nan),
        )


def _young(
    n: int, disk: Tensor, physics: Physics, gen: torch.Generator
) -> tuple[Tensor, Tensor, Star, Tensor, Tensor]:
    """Parameters from the prior, redrawn where the tracks hold no such star."""
    dtype = physics.dtype
    z = torch.randn(n, 9, generator=gen).to(dtype)
    for _ in range(20):
        theta = to_theta(z)
        bad = ~physics.evolve(theta[:, 0], theta[:, 1]).valid
        if not bad.any():
            break
        z[bad] = torch.randn(int(bad.sum()), 9, generator=gen).to(dtype)
    mass_ratio, veiling = nuisances(theta[:, 1], disk, torch.rand(n, 2, generator=gen),
                                    torch.randn(n, generator=gen))  # fmt: skip
    mag, star = physics.magnitudes(theta, disk, mass_ratio, veiling)
    return z, mag, star, mass_ratio, veiling


def binary_fraction(log_mass: Tensor) -> Tensor:
    """Chance of an unresolved companion, rising with the mass of the primary."""
    low, high = BINARY_FRACTION
    return low + (high - low) * (log_mass + 1).clamp(0, 1)


def nuisances(
    log_mass: Tensor, disk: Tensor, uniform: Tensor, normal: Tensor
) -> tuple[Tensor, Tensor]:
    r"""Companion and accretion from uniform and normal random numbers.

    Arguments:
        log_mass: log10 of the primary's mass, shape :math:`(N,)`.
        disk: Whether there is a disk, shape :math:`(N,)`.
        uniform: Uniform numbers, shape :math:`(N, 2)`: is there a companion; which mass ratio.
        normal: Normal numbers, shape :math:`(N,)`, for the veiling.

    Returns:
        Mass ratio (flat in 0.1 to 1, or 0) and `veiling_of` the normal numbers, each
        :math:`(N,)`.
    """
    uniform, normal = uniform.to(log_mass), normal.to(log_mass)
    ratio = 0.1 + 0.9 * uniform[:, 1]
    ratio = torch.where(uniform[:, 0] < binary_fraction(log_mass), ratio, torch.zeros_like(ratio))
    return ratio, veiling_of(normal, disk)


def veiling_of(normal: Tensor, disk: Tensor) -> Tensor:
    r"""Continuum on top of the photosphere, as a part of it in BP.

    With a disk it is accretion: log-normal, median 0.1, 0.5 dex, at most 5. Without one it is
    activity (plages, flares), which makes young K and M stars bluer in the blue than old ones of
    the same type: log-normal, median 0.08, 0.35 dex. The median is that by which diskless members
    of Corona Australis are bluer in BP - G than the colours of `empirical` at the same G - RP.

    Arguments:
        normal: Normal numbers, shape :math:`(N,)`.
        disk: Whether there is a disk, shape :math:`(N,)`, bool.

    References:
        | Why are the K dwarfs in the Pleiades so blue? (Stauffer et al. 2003)
        | https://arxiv.org/abs/astro-ph/0305117
    """
    accretion = (10 ** (-1.0 + 0.5 * normal)).clamp(max=5.0)
    return torch.where(disk, accretion, 10 ** (-1.1 + 0.35 * normal))


def simulate(
    n: int,
    generator: torch.Generator,
    physics: Physics | None = None,
    class_weights: tuple[float, float, float, float] = (0.46, 0.34, 0.12, 0.08),
    pattern: str | None = None,
) -> SimulatedStars:
    r"""Draw a catalogue.

    Arguments:
        n: Number of stars.
        generator: Source of random numbers, on the CPU.
        physics: Tracks, atmosphere and extinction; the default is PARSEC, BT-Settl, G23.
        class_weights: Parts of young, young with a disk, field dwarfs, giants.
        pattern: One of `PATTERNS` for every star; by default footprints vary as in a real
            census, and surveys and bands are switched off at random.

    Returns:
        The stars; the same generator state gives the same catalogue.

    Example:
        >>> stars = simulate(4, torch.Generator().manual_seed(0))  # doctest: +SKIP
    """
    physics = physics or Physics()
    weights = torch.tensor(class_weights, dtype=torch.float64)
    classes = torch.multinomial(weights, n, replacement=True, generator=generator)
    disk, field = classes == 1, classes >= 2
    z, mag, star, mass_ratio, veiling = _young(n, disk, physics, generator)
    theta = to_theta(z)
    sight = theta[:, 2:6].clone()
    if field.any():
        other, other_star, rest = contaminants(classes[field] == 3, physics, generator)
        mag[field] = other
        for name in ("log_teff", "log_lum", "logg", "log_radius"):
            getattr(star, name)[field] = getattr(other_star, name)
        sight[field] = rest
        z[field] = float("nan")
        mass_ratio[field], veiling[field] = 0.0, 0.0
    bands = _observe_bands(mag, disk, generator)
    parallax = observe_parallax(sight[:, 3], bands[0][:, 0], generator)
    labels = _observe_labels(star, sight[:, 0], generator)
    parts = [torch.cat(p, 1) for p in zip(parallax, bands, labels, strict=True)]
    values, errors, intrinsic = parts[:3]
    states = torch.full((n, 20), int(State.OBSERVED), dtype=torch.int8)
    states = with_gaps(states, values, errors, pattern, generator)
    return SimulatedStars(
        z, classes, star, mass_ratio, veiling, values, errors, states, intrinsic, sight
    )


def _observe_bands(
    mag: Tensor, disk: Tensor, gen: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Observed magnitudes, reported errors, and magnitudes without survey noise."""
    n, dtype = len(mag), mag.dtype
    scatter = torch.exp(0.3 * torch.randn(n, 15, generator=gen)).to(dtype)
    # one star in six has poorer photometry than the catalogues' own
    poorer = torch.rand(n, 1, generator=gen) < 0.16
    worse = torch.exp(torch.randn(n, 15, generator=gen).abs()).to(dtype)
    scatter = scatter * torch.where(poorer, worse, torch.ones_like(worse))
    offset = torch.zeros_like(mag)
    for survey in SURVEYS[:4]:
        members = torch.tensor([s == survey for s in SURVEY_OF_BAND])
        drift = torch.randn(n, generator=gen).to(dtype) * variability(survey, disk, dtype)
        offset[:, members] = drift[:, None]
    noise = torch.randn(n, 15, 2, generator=gen).to(dtype)
    intrinsic = mag + offset + floors(dtype) * noise[..., 0]
    values = intrinsic + scatter * error_law(mag) * noise[..., 1]
    return values, scatter * error_law(values), intrinsic


def observe_parallax(
    distance: Tensor, g: Tensor, gen: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Observed parallax with its zero point and inflated errors, mas, each (N, 1)."""
    n, dtype = len(distance), distance.dtype
    draws = torch.randn(n, 3, generator=gen).to(dtype)
    bad = torch.rand(n, 2, generator=gen).to(dtype)
    ruwe = torch.where(bad[:, 0] < 0.12, 1.4 - 2 * torch.log(bad[:, 1].clamp(min=1e-6)), 1.0)
    error = parallax_error_law(g) * torch.exp(0.4 * draws[:, 0]) * ruwe
    zero = PARALLAX_ZERO_POINT + PARALLAX_ZERO_POINT_ERROR * draws[:, 1]
    intrinsic = 1000 / distance + zero
    return (intrinsic + error * draws[:, 2])[:, None], error[:, None], intrinsic[:, None]


def _observe_labels(
    star: Star, metallicity: Tensor, gen: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Spectroscopic Teff (K), log g, [M/H] and literature log L with errors, each (N, 4)."""
    n, dtype = len(metallicity), metallicity.dtype
    truth = torch.stack([star.log_teff, star.logg, metallicity, star.log_lum], -1)
    low = torch.tensor([0.004, 0.05, 0.03, 0.04], dtype=dtype)
    high = torch.tensor([0.02, 0.30, 0.20, 0.25], dtype=dtype)
    error = low * (high / low) ** torch.rand(n, 4, generator=gen).to(dtype)
    value = truth + error * torch.randn(n, 4, generator=gen).to(dtype)
    kelvin = 10 ** value[:, :1]
    values = torch.cat([kelvin, value[:, 1:]], 1)
    errors = torch.cat([kelvin * error[:, :1] * 2.302585, error[:, 1:]], 1)
    return values, errors, torch.cat([10 ** truth[:, :1], truth[:, 1:]], 1)


def with_gaps(
    states: Tensor, values: Tensor, errors: Tensor, pattern: str | None, gen: torch.Generator
) -> Tensor:
    """States of all quantities; writes limits into `values` and `errors` in place."""
    n, dtype = len(states), values.dtype
    limit = limits(dtype) + 0.3 * torch.randn(n, 15, generator=gen).to(dtype)
    bands = slice(1, 16)
    undetected = values[:, bands] > limit
    scatter = errors[:, bands] / error_law(values[:, bands])
    states[:, bands][undetected] = int(State.LIMIT)
    values[:, bands] = torch.where(undetected, limit, values[:, bands])
    errors[:, bands] = torch.where(undetected, scatter * error_law(limit), errors[:, bands])
    no_source = undetected[:, 0]  # not in Gaia at all: the G limit says so, once
    for column in (0, 2, 3):
        states[no_source, column] = int(State.NOT_COVERED)
    spoiled = torch.rand(n, 15, generator=gen) < unusable(torch.float32)
    if pattern is None:
        states[:, bands][spoiled] = int(State.UNUSABLE)
    states[~_footprint(n, pattern, gen)] = int(State.NOT_COVERED)
    return states


def survey_columns() -> Tensor:
    """Which survey each of the 20 quantities belongs to, shape (20,)."""
    names = ("Gaia", *SURVEY_OF_BAND, *("Spectroscopy",) * 4)
    return torch.tensor([SURVEYS.index(name) for name in names])


def _footprint(n: int, pattern: str | None, gen: torch.Generator) -> Tensor:
    """Whether each quantity of each star was looked at, shape (N, 20)."""
    columns = survey_columns()
    if pattern is not None:
        present = torch.tensor([survey in PATTERNS[pattern] for survey in SURVEYS])
        return present[columns].expand(n, 20)
    covered = torch.rand(n, 5, generator=gen) < torch.tensor([_COVERED[s] for s in SURVEYS])
    named = torch.tensor([[s in p for s in SURVEYS] for p in PATTERNS.values()])
    choice = torch.randint(len(PATTERNS), (n,), generator=gen)
    kind = torch.rand(n, 1, generator=gen)
    covered = torch.where(kind < 0.35, named[choice], covered)
    switched_off = (torch.rand(n, 5, generator=gen) < 0.2) & (kind > 0.7)
    looked = (covered & ~switched_off)[:, columns]
    single = (torch.rand(n, 20, generator=gen) < 0.15) & (torch.rand(n, 1, generator=gen) < 0.4)
    labels = torch.rand(n, 4, generator=gen) > torch.tensor([0.1, 0.4, 0.4, 0.6])
    looked[:, 16:] &= labels
    return looked & ~(single & (kind > 0.35))
