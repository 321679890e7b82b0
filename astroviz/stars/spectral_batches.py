r"""Training batches with spectra: those of `batches`, and at random what was observed of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from astroviz.stars.batches import ROUND, Batch, conditional_batch
from astroviz.stars.physics import Physics
from astroviz.stars.simulator import SimulatedStars, simulate
from astroviz.stars.spectral_features import SpectralNumbers
from astroviz.stars.spectral_noise import SPECTRAL_PATTERNS, SimulatedSpectra, observe_spectra
from astroviz.stars.spectral_physics import SpectralPhysics
from astroviz.stars.spectrographs import SPECTROGRAPHS

__all__ = ["compressed_spectra", "numbers_of", "spectral_batches", "stars_with_spectra"]

# Chance that a star which is bright enough has such a spectrum: more than in the sky, since each
# kind is to be learned in the same time.
_CHANCE = {"xp": 0.75, "lamost": 0.4, "apogee": 0.35}


def spectral_batches(
    size: int, physics: Physics, generator: torch.Generator, any_conditional: float = 0.15
) -> Iterator[Batch]:
    r"""An endless stream of batches with spectra.

    Arguments:
        size: Stars in a batch.
        physics: Tracks, atmosphere and extinction.
        generator: Source of random numbers.
        any_conditional: See `batches.batches`.
    """
    light = SpectralPhysics(physics)
    while True:
        stars = simulate(size * ROUND, generator, physics)
        numbers = compressed_spectra(stars, generator, light)
        for rows in torch.arange(len(stars)).split(size):
            yield conditional_batch(
                stars.values[rows], stars.errors[rows], stars.states[rows], stars.z[rows],
                stars.classes[rows], stars.intrinsic[rows], any_conditional, generator,
                numbers.rows(rows),
            )  # fmt: skip


def stars_with_spectra(
    n: int,
    generator: torch.Generator,
    physics: Physics,
    weights: tuple[float, float, float, float],
    name: str,
) -> tuple[SimulatedStars, SpectralNumbers]:
    r"""Simulated stars of one of `SPECTRAL_PATTERNS`, bright enough for all of its spectra.

    Arguments:
        n: Number of stars.
        generator: Source of random numbers.
        physics: Tracks, atmosphere and extinction.
        weights: Parts of the classes, see `simulate`.
        name: Name of the pattern.
    """
    pattern, kinds = SPECTRAL_PATTERNS[name]
    light, every = SpectralPhysics(physics), dict.fromkeys(kinds, 1.0)
    wanted = torch.tensor([one.name in kinds for one in SPECTROGRAPHS])
    parts: list[tuple[SimulatedStars, SpectralNumbers]] = []
    while sum(len(part[0]) for part in parts) < n:
        stars = simulate(2 * n, generator, physics, weights, pattern)
        numbers = compressed_spectra(stars, generator, light, every)
        rows = (numbers.seen | ~wanted).all(1).nonzero()[:, 0]
        parts.append((stars.rows(rows), numbers.rows(rows)))
    first, joined = torch.arange(n), SpectralNumbers.join([part[1] for part in parts])
    return SimulatedStars.join([part[0] for part in parts]).rows(first), joined.rows(first)


def compressed_spectra(
    stars: SimulatedStars,
    generator: torch.Generator,
    physics: SpectralPhysics,
    chance: dict[str, float] | None = None,
) -> SpectralNumbers:
    r"""Observe spectra of a simulated catalogue and compress them.

    Arguments:
        stars: The stars.
        generator: Source of random numbers.
        physics: Physics of the spectra.
        chance: Chance of each kind; that of the training by default.
    """
    sets = observe_spectra(stars, generator, physics, _CHANCE if chance is None else chance)
    return numbers_of(sets, physics)


def numbers_of(sets: Sequence[SimulatedSpectra], physics: SpectralPhysics) -> SpectralNumbers:
    """Compressed spectra of all kinds of `SPECTROGRAPHS`, in that order."""
    parts = [found.compressed(physics) for found in sets]
    components, errors = (torch.cat(column, 1) for column in zip(*parts, strict=True))
    return SpectralNumbers(components, errors, torch.stack([found.seen for found in sets], 1))
