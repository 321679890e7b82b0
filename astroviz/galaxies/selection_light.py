r"""Draws of a population and their light in any survey, kept while hands change the selection."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import torch
from torch import Generator, Tensor

from astroviz.core.draws import Draws
from astroviz.galaxies.noise_model import NoiseModel
from astroviz.galaxies.parameters import DERIVED, DERIVED_UNITS, PARAMETERS, UNITS
from astroviz.galaxies.sps import Synthesis, synthesis

__all__ = ["Light", "PriorKey", "light_of"]

PriorKey = tuple[str, float | None, float | None]
"""Name, limit and largest redshift of a prior, as `priors.PopulationPrior` takes them."""

_CHUNK: Final = 20_000
_KEPT: Final = 3  # populations in memory: 1e5 draws take some 10 MB
_SHELF: OrderedDict[Any, Light] = OrderedDict()
_LOCK = threading.Lock()


@dataclass(eq=False)
class Light:
    r"""Draws of a population, their photometry, and what a survey makes of it.

    What was computed is kept: true magnitudes for each set of bands, observed ones for the last
    noise.

    Arguments:
        theta: The draws, shape :math:`(n, 11)`.
        derived: Names of `DERIVED` to values, each :math:`(n,)`.
        synthesis: Makes magnitudes.
        seed: Of the draws and of the noise.
    """

    theta: Tensor
    derived: dict[str, np.ndarray]
    synthesis: Synthesis
    seed: int = 0
    owner: Any = None  # kept, so that nothing else gets its place in memory and its key
    seconds: float = 0.0
    """Time that the last photometry took that was not known yet."""
    _true: dict[tuple[str, ...], Tensor] = field(default_factory=dict)
    _seen: tuple[Any, Any] = (None, None)
    _ends: dict[str, tuple[float, float]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.theta)

    def column(self, name: str) -> np.ndarray:
        """A parameter or a derived quantity, shape :math:`(n,)`."""
        if name in self.derived:
            return self.derived[name]
        return np.asarray(self.theta[:, PARAMETERS.index(name)])

    def ends(self, name: str, widest: tuple[float, float]) -> tuple[float, float]:
        r"""Round numbers between which nearly all draws are.

        Arguments:
            name: Of a column.
            widest: What they are held within.
        """
        if name not in self._ends:
            low, high = np.nanquantile(self.column(name), [0.001, 0.999])
            step = _round_step((high - low) / 8)
            found = (math.floor(low / step) * step, math.ceil(high / step) * step)
            self._ends[name] = (max(found[0], widest[0]), min(found[1], widest[1]))
        return self._ends[name]

    def true(self, bands: Sequence[str], check: Callable[[], None] = lambda: None) -> Tensor:
        r"""AB magnitudes before noise, shape :math:`(n, B)`; computed when first asked for.

        Arguments:
            bands: Names of the filters.
            check: Raises where nobody waits any more.
        """
        key = tuple(bands)
        if key not in self._true:
            begin = time.perf_counter()
            with torch.no_grad():
                parts = []
                for part in self.theta.split(_CHUNK):
                    check()
                    parts.append(self.synthesis.magnitudes(part, key))
                self._true[key] = torch.cat(parts)
            self.seconds = time.perf_counter() - begin
            while len(self._true) > 6:
                self._true.pop(next(iter(self._true)))
        return self._true[key]

    def seen(
        self, noise: NoiseModel, key: Any, check: Callable[[], None] = lambda: None
    ) -> tuple[Tensor, Tensor]:
        r"""Magnitudes with noise and their errors, each :math:`(n, B)`.

        The draws of the noise are those of the seed, whatever the depth: a deeper survey sees the
        same galaxies with less of the same noise.

        Arguments:
            noise: The survey's.
            key: Tells this noise from others.
            check: Raises where nobody waits any more.
        """
        true = self.true(noise.bands, check)
        kept, found = self._seen
        if kept != key:
            generator = Generator().manual_seed(self.seed + 1)
            with torch.no_grad():
                found = noise.observe(true, generator)
            self._seen = (key, found)
        return found

    def draws(self, extra: dict[str, np.ndarray], units: dict[str, str]) -> Draws:
        """Everything as draws, with further columns."""
        columns = [self.theta.numpy(), np.stack([self.derived[n] for n in DERIVED], -1)]
        columns += [np.asarray(values)[:, None] for values in extra.values()]
        return Draws(
            np.concatenate(columns, -1),
            (*PARAMETERS, *DERIVED, *extra),
            (*UNITS.values(), *DERIVED_UNITS.values(), *(units[name] for name in extra)),
            self.seed,
        )


def light_of(
    population: Any, n: int, seed: int, prior: PriorKey = ("survey", None, None)
) -> Light:
    r"""The draws of a population, or of a prior where there is none; kept for whoever asks next.

    Arguments:
        population: A fitted population; None for draws of the prior.
        n: How many.
        seed: Of the draws.
        prior: Name of the prior, its limit in r (AB) and its largest redshift.
    """
    key = (id(population) if population is not None else prior, n, seed)
    with _LOCK:
        if key in _SHELF:
            _SHELF.move_to_end(key)
            return _SHELF[key]
    made = _make(population, n, seed, prior)
    with _LOCK:
        _SHELF[key] = made
        while len(_SHELF) > _KEPT:
            _SHELF.popitem(last=False)
    return made


def _make(population: Any, n: int, seed: int, prior: PriorKey) -> Light:
    maker = synthesis()
    if population is None:
        from astroviz.galaxies.priors import PopulationPrior

        with torch.no_grad():
            theta = PopulationPrior(*prior).sample(n, Generator().manual_seed(seed))
            parts = [maker.derived(part) for part in theta.split(_CHUNK)]
        derived = {name: torch.cat([part[name] for part in parts]).numpy() for name in DERIVED}
        return Light(theta, derived, maker, seed)
    draws = population.sample(n, seed)
    theta = torch.from_numpy(np.ascontiguousarray(draws[PARAMETERS]))
    derived = {name: draws[name] for name in DERIVED}
    return Light(theta, derived, maker, seed, owner=population)


def _round_step(least: float) -> float:
    """The next of 1, 2 and 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(max(least, 1e-9)))
    return next(k * power for k in (1.0, 2.0, 5.0, 10.0) if k * power >= least * (1 - 1e-9))
