r"""Mock catalogues as the network takes them: tokens, and endless training batches."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from astroviz.stars.batches import Batch
from astroviz.stars.features import N_PARAMETERS, Tokens, featurise
from astroviz.stars.mock_galaxy import MockCatalogue, mock_catalogue
from astroviz.stars.physics import Physics

__all__ = ["batch_of", "mock_batches", "tokens_of"]

POOL = 100_000
"""Stars drawn at once for training; every star is used once."""
_CLUSTERS = POOL // 100


def tokens_of(catalogue: MockCatalogue, rows: Tensor | None = None) -> Tokens:
    """What the network sees of a catalogue, or of some of its rows."""
    chosen = torch.arange(len(catalogue)) if rows is None else rows
    stars = catalogue.stars
    return featurise(
        stars.values[chosen], stars.errors[chosen], stars.states[chosen],
        spectra=catalogue.spectra.rows(chosen),
    )  # fmt: skip


def batch_of(catalogue: MockCatalogue, rows: Tensor) -> Batch:
    """Some stars as a training batch: nothing given, every parameter wanted."""
    given = torch.zeros(len(rows), N_PARAMETERS, dtype=torch.bool)
    stars = catalogue.stars
    return Batch(tokens_of(catalogue, rows), stars.z[rows], stars.classes[rows], given, None)


def mock_batches(size: int, physics: Physics, generator: torch.Generator) -> Iterator[Batch]:
    r"""An endless stream of batches of domain A.

    Arguments:
        size: Stars in a batch.
        physics: Not asked: the domain has its own.
        generator: Source of the seeds of the catalogues.
    """
    while True:
        seed = int(torch.randint(2**31, (1,), generator=generator))
        catalogue = mock_catalogue("A", POOL, seed, clusters=_CLUSTERS)
        for rows in torch.arange(POOL).split(size):
            yield batch_of(catalogue, rows)
