r"""Training batches: fresh stars, and at random what is given and what is wanted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from astroviz.io.observations import State
from astroviz.stars.features import N_PARAMETERS, Tokens, featurise, standardise
from astroviz.stars.physics import Physics
from astroviz.stars.simulator import simulate, survey_columns
from astroviz.stars.spectral_features import SpectralNumbers

__all__ = ["ROUND", "Batch", "batches", "conditional_batch", "questions"]

_MIX = (0.25, 0.35, 0.20, 0.05, 0.15)  # of the kinds of `questions`
ROUND = 32
"""Batches made at once: the simulator is fastest on many stars."""


@dataclass(frozen=True)
class Batch:
    r"""A training batch.

    Arguments:
        tokens: What the network is given.
        z: True normal scores of the parameters, shape :math:`(N, 9)`.
        classes: True classes, shape :math:`(N,)`.
        given: Parameters that are given, shape :math:`(N, 9)`.
        observables: Standardised true observables and which are wanted, or None.
    """

    tokens: Tokens
    z: Tensor
    classes: Tensor
    given: Tensor
    observables: tuple[Tensor, Tensor] | None


def batches(
    size: int, physics: Physics, generator: torch.Generator, any_conditional: float = 0.2
) -> Iterator[Batch]:
    r"""An endless stream of batches from the simulator.

    Arguments:
        size: Stars in a batch.
        physics: Tracks, atmosphere and extinction.
        generator: Source of random numbers.
        any_conditional: Part of the batches in which parameters are given, observables hidden
            and observables wanted, all at random; the others ask for the posterior.
    """
    for columns in _fresh(size, physics, generator):
        yield conditional_batch(*columns, any_conditional, generator)


def conditional_batch(
    values: Tensor,
    errors: Tensor,
    states: Tensor,
    z: Tensor,
    classes: Tensor,
    intrinsic: Tensor,
    chance: float,
    generator: torch.Generator,
    spectra: SpectralNumbers | None = None,
) -> Batch:
    r"""A batch of posteriors, or by chance one of conditionals of any kind.

    Arguments:
        values: Observed values, shape :math:`(N, 20)`.
        errors: Their errors, same shape.
        states: `State` codes, same shape.
        z: Normal scores of the parameters, shape :math:`(N, 9)`.
        classes: Classes, shape :math:`(N,)`.
        intrinsic: Values without survey noise, shape :math:`(N, 20)`.
        chance: That parameters are given, observables hidden and observables wanted.
        generator: Source of random numbers.
        spectra: Compressed spectra.
    """
    given = torch.zeros(len(values), N_PARAMETERS, dtype=torch.bool)
    observables = None
    if torch.rand((), generator=generator) < chance:
        states, given = _hide(states, classes, generator)
        observables = (standardise(intrinsic), _want(states, generator))
    tokens = featurise(values, errors, states, z, given, spectra)
    return Batch(tokens, z, classes, given, observables)


def questions(size: int, physics: Physics, generator: torch.Generator) -> Iterator[Batch]:
    r"""An endless stream of batches of all kinds of conditionals, for the joint model.

    Posteriors from what is left when quantities are hidden at random (a quarter of the stars);
    from spectroscopic labels, or from one to four quantities, alone (a third); given most or all
    parameters (a fifth); given nothing; with surveys hidden as a whole. Observables are wanted
    wherever they are not told.

    Arguments:
        size: Stars in a batch.
        physics: Tracks, atmosphere and extinction.
        generator: Source of random numbers.
    """
    for values, errors, states, z, classes, intrinsic in _fresh(size, physics, generator):
        states, given = _ask(states, classes, generator)
        wanted = (states != int(State.OBSERVED)) & (states != int(State.LIMIT))
        tokens = featurise(values, errors, states, z, given)
        yield Batch(tokens, z, classes, given, (standardise(intrinsic), wanted))


_Fresh = tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]


def _fresh(size: int, physics: Physics, generator: torch.Generator) -> Iterator[_Fresh]:
    """Values, errors, states, scores, classes and noiseless values of batches of new stars."""
    while True:
        stars = simulate(size * ROUND, generator, physics)
        columns = (stars.values, stars.errors, stars.states, stars.z, stars.classes,
                   stars.intrinsic)  # fmt: skip
        yield from zip(*(column.split(size) for column in columns), strict=True)


def _ask(states: Tensor, classes: Tensor, gen: torch.Generator) -> tuple[Tensor, Tensor]:
    """What is told of each star, for one of five kinds of question."""
    n, size = states.shape
    hidden, given = _hide(states, classes, gen)
    ignored = torch.tensor(int(State.IGNORED), dtype=states.dtype)
    kind = torch.multinomial(torch.tensor(_MIX), n, replacement=True, generator=gen)[:, None]
    # labels were measured of every star, though few surveys have looked
    looked = torch.cat([states[:, :16], torch.full_like(states[:, 16:], State.OBSERVED)], 1)
    known = (looked == int(State.OBSERVED)) | (looked == int(State.LIMIT))
    lottery = torch.rand(n, size, generator=gen) - 2.0 * known
    few = lottery.argsort(1).argsort(1) < torch.randint(1, 5, (n, 1), generator=gen)
    labels = torch.rand(n, size, generator=gen) < 0.75
    labels[:, :16] = few[:, :16] & (torch.rand(n, 1, generator=gen) < 0.3)
    few = torch.where(torch.rand(n, 1, generator=gen) < 0.5, labels, few)
    few_given = torch.rand(n, given.shape[1], generator=gen) < 0.1
    absent = torch.rand(n, 5, generator=gen)[:, survey_columns()] < 0.5
    most = torch.rand(n, given.shape[1], generator=gen) < torch.where(
        torch.rand(n, 1, generator=gen) < 0.3, 1.0, 0.6
    )
    some = torch.rand(n, 1, generator=gen) < 0.7
    states = torch.where(kind == 1, torch.where(few, looked, ignored), hidden)
    states = torch.where(kind == 2, torch.where(some & few, looked, ignored), states)
    states = torch.where((kind == 3) | ((kind == 4) & absent), ignored, states)
    given = torch.where(kind == 1, few_given, given)
    given = torch.where(kind == 2, most, given)
    given = given & ~((kind == 3) | (kind == 4))
    return states, given & (classes < 2)[:, None]


def _hide(states: Tensor, classes: Tensor, gen: torch.Generator) -> tuple[Tensor, Tensor]:
    """Switch observables off, each star with its own chance, and give parameters."""
    n = len(states)
    keep = torch.rand(n, states.shape[1], generator=gen) < torch.rand(n, 1, generator=gen) * 1.5
    states = torch.where(keep, states, torch.tensor(int(State.IGNORED), dtype=states.dtype))
    chance = torch.rand(n, 1, generator=gen) * (torch.rand(n, 1, generator=gen) < 0.6)
    given = torch.rand(n, N_PARAMETERS, generator=gen) < chance
    return states, given & (classes < 2)[:, None]


def _want(states: Tensor, gen: torch.Generator) -> Tensor:
    """Want some of the observables that are not given."""
    hidden = (states != int(State.OBSERVED)) & (states != int(State.LIMIT))
    return hidden & (torch.rand(states.shape, generator=gen) < 0.6)
