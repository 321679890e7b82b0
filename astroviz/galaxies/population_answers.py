r"""Many draws of a population, in parts that come one after the other: from all its flows at once.

Beside the draws travels what the view weighs and compares them with: the flow that each came from,
its chance to be in the survey, and draws of the prior that the fit began with.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterator
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Generator, Tensor

from astroviz.core.draws import Draws
from astroviz.core.one_by_one import OneByOne
from astroviz.core.request import Chunk, Control, Request
from astroviz.galaxies.farthest import farthest_of
from astroviz.galaxies.mock import draw_law
from astroviz.galaxies.parameters import DERIVED, DERIVED_UNITS, PARAMETERS, UNITS

__all__ = ["PopulationSampler", "population_request"]

_ROUNDS = (0.04, 0.26, 0.7)  # parts of the draws that come together
_PRIOR = 20_000  # draws to compare with
_TRUE = 40_000  # of which a survey sees some
_NAMES = (*PARAMETERS, *DERIVED)
_NUMBERS: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
_NEXT = itertools.count()


class PopulationSampler(OneByOne):
    r"""Answers the view's question for draws.

    Arguments:
        population: A fitted population.
        prior: Draw from its prior and not from its flows.
        truth: It was fitted to the mock: tell the truth too.
    """

    def __init__(self, population: Any, prior: bool = False, truth: bool = False) -> None:
        self.population, self.prior, self.truth = population, prior, truth
        self.name = f"galaxies/{'prior' if prior else 'draws'}"

    def columns(self, request: Request) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Parameters, what follows from them, and magnitudes without noise."""
        bands = tuple(self.population.bands)
        units = (*UNITS.values(), *DERIVED_UNITS.values(), *("mag" for _ in bands))
        return (*_NAMES, *bands), units

    def answer(self, request: Request, control: Control) -> Iterator[Chunk]:
        """Parts of an answer."""
        done = 0
        for part, share in enumerate(_ROUNDS):
            last = part == len(_ROUNDS) - 1
            count = request.n - done if last else int(share * request.n)
            values, member, kept = self._part(count, request.seed * 8191 + 131 * part, control)
            done += len(values)
            beside = {"member": member, "kept": kept, "farthest": self._farthest(values)}
            # Draws of the prior can wait until there is something to compare them with.
            asked = part == 1 and not self.prior
            constants = self._beside(min(request.n, _PRIOR), request.seed) if asked else {}
            yield Chunk(values, beside, constants)
            control.progress(done / request.n)

    def _part(
        self, count: int, seed: int, control: Control
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draws, the flow of each, and its chance to be in the survey; (count, d), (count,)."""
        if self.prior:
            control.check()
            values = self._of_prior(count, seed)
            return values, np.zeros(count, np.int16), self._kept(values, seed + 7)
        flows = len(self.population.members)
        found, kept = [], []
        sizes = [count // flows + (k < count % flows) for k in range(flows)]
        for k, size in enumerate(sizes):
            if not size:
                continue
            control.check()
            drawn: Draws = self.population.sample(size, seed, member=k)
            found.append(drawn[list(self.columns_named())])
            kept.append(np.asarray(drawn.extras["kept"], np.float32))
        member = np.repeat(np.arange(flows), sizes).astype(np.int16)
        return np.concatenate(found), member, np.concatenate(kept)

    def columns_named(self) -> tuple[str, ...]:
        """Names of the columns."""
        return (*_NAMES, *self.population.bands)

    def _beside(self, count: int, seed: int) -> dict[str, np.ndarray]:
        """Draws of the prior, and of what was put into a mock, to compare with."""
        sides = {"prior": self._of_prior(count, seed * 8191 + 5003)}
        if self.truth:
            law = draw_law(_TRUE, np.random.default_rng([seed, 17]))
            sides["truth"] = self._columns_of(torch.from_numpy(law).float())
        found: dict[str, np.ndarray] = {}
        for name, values in sides.items():
            kept = self._kept(values, seed * 8191 + 5009)
            beside = {"": values, "_kept": kept, "_farthest": self._farthest(values)}
            found |= {f"{name}{tail}": one for tail, one in beside.items()}
        return found

    def _of_prior(self, count: int, seed: int) -> np.ndarray:
        with torch.no_grad():
            theta = self.population.prior.sample(count, Generator().manual_seed(seed))
        return self._columns_of(theta)

    def _columns_of(self, theta: Tensor) -> np.ndarray:
        """Parameters with what follows from them and their light, shape (n, d)."""
        with torch.no_grad():
            maker, bands = self.population.synthesis, self.population.bands
            derived = maker.derived(theta)
            parts = [theta, torch.stack([derived[name] for name in DERIVED], -1),
                     maker.magnitudes(theta, bands)]  # fmt: skip
        return np.concatenate([np.asarray(part, dtype=np.float32) for part in parts], -1)

    def _kept(self, values: np.ndarray, seed: int) -> np.ndarray:
        """Chance of each draw to be in the survey, shape (n,); 1 where all are kept."""
        population = self.population
        if not population.selection:
            return np.ones(len(values), np.float32)
        light = torch.from_numpy(np.ascontiguousarray(values[:, len(_NAMES) :]))
        with torch.no_grad():
            seen, errors = population.noise.observe(light, Generator().manual_seed(seed))
            kept: Tensor = population.selection.weights(seen, errors)
        return np.asarray(kept, dtype=np.float32)

    def _farthest(self, values: np.ndarray) -> np.ndarray:
        """Redshift to which each draw would be in the survey, shape (n,)."""
        columns = dict(zip(self.columns_named(), values.T, strict=True))
        return farthest_of(self.population.selection, columns).astype(np.float32)


def population_request(
    population: Any, n: int, seed: int, prior: bool = False, truth: bool = False
) -> Request:
    r"""Draws of a population.

    Arguments:
        population: A fitted population.
        n: How many.
        seed: Of everything.
        prior: Draws of its prior instead.
        truth: It was fitted to the mock: draws of the truth come along.
    """
    options: dict[str, Hashable] = {"population": _NUMBERS.setdefault(population, next(_NEXT))}
    options["truth"] = truth
    return Request(PopulationSampler(population, prior, truth), {}, n, seed, options)
