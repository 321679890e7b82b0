r"""Real stars, and pairs: those with known parameters beside the simulator's star of the same.

A pair is a real star with known parameters and its *twin*: the simulator's star of the same
parameters, with the same gaps and reported errors as the real one. Where only some quantities of a
real star are known, as a spectral type and an extinction, its twins are drawn from the simulated
stars that agree with them, see `adaptation_labels`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from astroviz.io.observations import State
from astroviz.stars.features import Tokens, featurise
from astroviz.stars.mock_galaxy import MockCatalogue, observe
from astroviz.stars.physics import Physics
from astroviz.stars.spectral_batches import numbers_of
from astroviz.stars.spectral_features import SpectralNumbers
from astroviz.stars.spectral_noise import observe_spectra
from astroviz.stars.spectral_physics import SpectralPhysics

__all__ = ["Pairs", "RealStars", "make_twins", "pairs_of_mock"]

_BANDS = slice(1, 16)


@dataclass(frozen=True)
class RealStars:
    r"""Stars as they were observed, real or of a mock catalogue that plays nature.

    Arguments:
        values: Shape :math:`(N, 20)`, canonical units, zero where there is none.
        errors: Same shape, positive.
        states: `State` codes, same shape.
        spectra: Compressed spectra of the same rows.
    """

    values: Tensor
    errors: Tensor
    states: Tensor
    spectra: SpectralNumbers

    def __len__(self) -> int:
        return len(self.values)

    def rows(self, index: Tensor) -> RealStars:
        """Some of the stars."""
        return RealStars(
            self.values[index], self.errors[index], self.states[index], self.spectra.rows(index)
        )

    def tokens(self, floor: float = 0.0) -> Tokens:
        """What the network sees; with an error floor, mag, in quadrature."""
        errors = with_floor(self.errors, floor)
        return featurise(self.values, errors, self.states, spectra=self.spectra)

    @classmethod
    def of_mock(cls, catalogue: MockCatalogue) -> RealStars:
        """A mock catalogue without its truths."""
        stars = catalogue.stars
        return cls(stars.values, stars.errors, stars.states, catalogue.spectra)


@dataclass(frozen=True)
class Pairs:
    r"""Real stars with known parameters, and their twins.

    Arguments:
        rows: Row of the real star among the real stars, shape :math:`(P,)`.
        z: Normal scores of the parameters, :math:`K` possible ones, shape :math:`(P, K, 9)`.
        disk: Whether there is a disk, shape :math:`(P, K)`.
        twins: The simulator's stars of these parameters, :math:`P K` of them.
    """

    rows: Tensor
    z: Tensor
    disk: Tensor
    twins: RealStars

    def __len__(self) -> int:
        return len(self.rows)


def with_floor(errors: Tensor, floor: float) -> Tensor:
    """Errors with a floor of the bands in quadrature."""
    if not floor:
        return errors
    more = errors.clone()
    more[:, _BANDS] = (errors[:, _BANDS] ** 2 + floor**2).sqrt()
    return more


def make_twins(
    real: RealStars, z: Tensor, disk: Tensor, physics: Physics, generator: torch.Generator
) -> RealStars:
    r"""The simulator's stars of given parameters with the gaps and errors of real ones.

    Arguments:
        real: :math:`P` real stars.
        z: Normal scores, shape :math:`(P, 9)`.
        disk: Whether there is a disk, shape :math:`(P,)`.
        physics: The simulator's.
        generator: Source of the noise.
    """
    stars = observe(z, disk, physics, generator, "all")
    noise = torch.randn(stars.intrinsic.shape, generator=generator)
    seen = real.states == int(State.OBSERVED)
    values = torch.where(seen, stars.intrinsic + real.errors * noise, real.values)
    chance = {"xp": 1.0} if bool(real.spectra.seen.any()) else {}
    glow = SpectralPhysics(physics)
    light = numbers_of(observe_spectra(stars, generator, glow, chance, mismatch=False), glow)
    kept = light.seen & real.spectra.seen
    return RealStars(values.float(), real.errors, real.states,
                     SpectralNumbers(light.components, light.errors, kept))  # fmt: skip


def pairs_of_mock(
    catalogue: MockCatalogue, rows: Tensor, physics: Physics, seed: int = 0
) -> Pairs:
    r"""Pairs of a mock catalogue, whose parameters are known completely.

    Arguments:
        catalogue: The catalogue that plays nature.
        rows: Which of its stars are labelled.
        physics: The simulator's.
        seed: Seed of the twins' noise.
    """
    generator = torch.Generator().manual_seed(seed)
    z, disk = catalogue.stars.z[rows], catalogue.stars.classes[rows] == 1
    real = RealStars.of_mock(catalogue).rows(rows)
    twins = make_twins(real, z, disk, physics, generator)
    return Pairs(rows, z[:, None], disk[:, None], twins)
