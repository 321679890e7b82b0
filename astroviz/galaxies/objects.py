r"""Single galaxies, with the fitted population as the prior of each.

.. math:: p(\theta \mid d) \propto p(\theta) \, L(d \mid \theta)

where :math:`p(\theta)` is the population before any selection: that a galaxy is in the catalogue
depends on what was measured, and so tells nothing more about :math:`\theta` than :math:`d` does.
Draws are those of the population, weighted by `object_weights`; where few of them resemble a
galaxy `object_refine` moves them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch

from astroviz.core.draws import Draws
from astroviz.core.request import Alone, Chunk, Control, Priority, Request
from astroviz.galaxies.object_columns import COLUMNS, Column, light_of_row, quantities_of
from astroviz.galaxies.object_refine import SWEEPS, WALKERS, refine
from astroviz.galaxies.object_weights import Light, Weighed, weigh_enough
from astroviz.galaxies.parameters import DERIVED, GalaxyError
from astroviz.galaxies.pool import SIZE, Pool
from astroviz.io.convert import from_mapping
from astroviz.io.observations import Observations, Quantity

__all__ = ["FEW", "ObjectPosterior", "ObjectSampler", "observe", "sampler_of"]

FEW = 50.0
"""Effective draws below which an answer on the spot is refined."""

_CANDIDATES = 2000
_MOVED = {"log_mass": 1.0, "log_sfr": 1.0, "log_sfr_10": 1.0, "r_abs": -2.5}  # per dex of mass
_NAMES, _UNITS = tuple(c.name for c in COLUMNS), tuple(c.unit for c in COLUMNS)


_SAMPLERS: WeakKeyDictionary[Any, ObjectSampler] = WeakKeyDictionary()


class ObjectSampler:
    r"""Answers for galaxies one by one; what the engine runs.

    Arguments:
        population: Has `.sample(n, seed)`, `.log_prob(theta)` and `.synthesis`; or a `Pool`.
        bands: The bands that tables are searched for.
        name: The model's name.
        size: Draws of the pool.
        floor: Relative error of the photometry or the spectra that the errors do not have in
            them.
        seed: Of the pool.
    """

    parameters: tuple[Column, ...] = COLUMNS[: -len(DERIVED)]
    derived: tuple[Column, ...] = COLUMNS[-len(DERIVED) :]
    row_scores: tuple[str, ...] = ("ood_score",)
    further: tuple[str, ...] = ("effective_size", "errors_widened", "log_evidence")

    def __init__(
        self,
        population: Any,
        bands: Sequence[str],
        name: str = "galaxies",
        size: int = SIZE,
        floor: float = 0.02,
        seed: int = 0,
    ) -> None:
        self.bands, self.name, self.floor = tuple(bands), name, floor
        self._population, self._size, self._seed = population, size, seed
        self.quantities: tuple[Quantity, ...] = quantities_of(self.bands)

    @cached_property
    def pool(self) -> Pool:
        """The draws of the population; made when they are first asked for."""
        if isinstance(self._population, Pool):
            return self._population
        return Pool.of_population(self._population, self._size, self._seed)

    @property
    def can_refine(self) -> bool:
        """Whether draws can be moved to the exact posterior."""
        return isinstance(self._population, Pool) is False or self.pool.has_density

    def posterior(self, row: Any, index: int = 0, use_redshift: bool = False) -> ObjectPosterior:
        r"""The posterior of one galaxy.

        Arguments:
            row: Mapping of names to values (`g`, `g_error`, ...; AB), a row of a table, a pandas
                Series, or `Observations`.
            index: Which row of `Observations`.
            use_redshift: Take the redshift of the row as known.
        """
        return ObjectPosterior(self, observe(row, self.quantities), index, use_redshift)

    # -- what the engine calls ------------------------------------------------------------------

    def columns(self, request: Request | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names and units of the columns of draws."""
        return _NAMES, _UNITS

    def batch_key(self, request: Request) -> Hashable:
        """Questions without refinement run together, others alone."""
        alone = id(request) if request.options.get("refine") else None
        return (self.name, id(self), request.n, alone)

    def draw(
        self, requests: Sequence[Request], device: torch.device, control: Control
    ) -> Iterator[Sequence[Chunk | None]]:
        """Answer one galaxy after the other."""
        for k, request in enumerate(requests):
            control.check()
            answer: list[Chunk | None] = [None] * len(requests)
            answer[k] = self._answer(request, control)
            control.progress((k + 1) / len(requests))
            yield answer

    def _answer(self, request: Request, control: Control) -> Chunk:
        light = _light(request)
        rng = np.random.default_rng([request.seed, 11])
        found = weigh_enough(self.pool, light, max(_CANDIDATES, request.n), rng)
        option = request.options.get("refine", False)
        few = found.widened > 1 or found.effective < FEW
        wanted = few if option == "auto" else bool(option)
        extras: dict[str, Any] = {
            "effective_size": found.effective, "log_evidence": found.log_evidence,
            "ood_score": found.score, "refined": 0.0, "errors_widened": found.widened,
        }  # fmt: skip
        if wanted and self.pool.has_density and found.score < np.inf:
            sweeps = SWEEPS if option in ("auto", True) else int(str(option))
            theta, accepted = refine(self.pool, light, request.n, rng, control, sweeps)
            values = np.concatenate([theta, self.pool.derive(theta)], axis=1)
            extras |= {
                "refined": 1.0, "accepted": accepted, "effective_size": float(WALKERS),
                "errors_widened": 1.0,
            }  # fmt: skip
        else:
            values = self._picked(found, request.n, rng, np.isfinite(light.redshift))
        constants = {name: np.array(value, dtype=np.float32) for name, value in extras.items()}
        return Chunk(values.astype(np.float32), constants=constants)

    def _picked(self, found: Weighed, n: int, rng: np.random.Generator, anew: bool) -> np.ndarray:
        """Draws by their weights, with what follows from the parameters, shape (n, 19)."""
        weight = np.exp(found.log_weight - np.max(found.log_weight))
        some = np.isfinite(weight).all() and weight.sum() > 0
        share = weight / weight.sum() if some else np.full(len(weight), 1 / len(weight))
        grown = np.cumsum(share)
        steps = (np.arange(n) + rng.random()) / n * grown[-1]
        chosen = np.minimum(np.searchsorted(grown, steps, side="right"), len(share) - 1)
        chosen = rng.permutation(chosen)  # draws come in no order
        theta = found.theta[chosen]
        if anew:
            return np.concatenate([theta, self.pool.derive(theta)], axis=1)
        derived = self.pool.derived[found.index[chosen]].copy()
        for name, factor in _MOVED.items():
            derived[:, DERIVED.index(name)] += factor * found.shift[chosen]
        return np.concatenate([theta, derived], axis=1)


@dataclass(frozen=True, eq=False)
class ObjectPosterior:
    r"""What a population and the photometry of one galaxy say of it.

    Arguments:
        sampler: Who answers.
        observations: A table; the galaxy is its row `index`.
        index: The row.
        use_redshift: Take the redshift of the row as known.

    Example:
        >>> import astroviz
        >>> galaxies = astroviz.load("galaxies")  # doctest: +SKIP
        >>> row = {"u": 19.1, "g": 17.8, "r": 17.2, "i": 16.9, "z": 16.7}  # doctest: +SKIP
        >>> galaxies.posterior(row).sample(500, seed=0)["redshift"].mean()  # doctest: +SKIP
    """

    sampler: ObjectSampler
    observations: Observations
    index: int = 0
    use_redshift: bool = False

    def __post_init__(self) -> None:
        rows = len(self.observations)
        if not 0 <= self.index < rows:
            raise IndexError(f"there is no galaxy {self.index}: the table has {rows} rows")

    @property
    def light(self) -> Light:
        """Fluxes and errors, maggies."""
        return light_of_row(self.observations, self.index, self.sampler.floor, self.use_redshift)

    def request(
        self,
        n: int,
        seed: int = 0,
        priority: Priority = "interactive",
        refine: bool | int | str = False,
    ) -> Request:
        r"""The question, for `Engine.submit`.

        Arguments:
            n: Number of draws.
            seed: Seed of the draws.
            priority: `interactive` or `batch`.
            refine: Move the draws to the exact posterior, some seconds: False, True, a number
                of sweeps, or `auto` for galaxies that few draws of the population resemble.
        """
        light = self.light
        inputs = {"flux": light.flux, "sigma": light.sigma, "redshift": np.array(light.redshift)}
        options: dict[str, Hashable] = {"bands": light.bands, "refine": refine}
        return Request(self.sampler, inputs, n, seed, options, priority)

    def sample(self, n: int, seed: int = 0, refine: bool | int | str = "auto") -> Draws:
        r"""Draws of all parameters and what follows from them, on the spot.

        Arguments:
            n: Number of draws.
            seed: Seed of the draws.
            refine: As in `request`.

        Returns:
            Columns as in `parameters.PARAMETERS` and `DERIVED`; extras `effective_size`,
            `errors_widened` (a factor above 1 where too few draws resemble the galaxy; refined
            draws need none), `log_evidence` (per magnitude of each band), `ood_score`, and
            `refined`.
        """
        if n < 1:
            raise GalaxyError(f"the number of draws must be 1 or more, not {n}")
        chunk = self.sampler._answer(self.request(n, seed, refine=refine), Alone())
        return Draws(chunk.values, _NAMES, _UNITS, seed, dict(chunk.constants))


def sampler_of(population: Any) -> ObjectSampler:
    """Who answers for galaxies of a population, with one pool for all who ask."""
    if population not in _SAMPLERS:
        # the sampler holds its pool and not the population, which may be forgotten
        pool = Pool.of_population(population)
        _SAMPLERS[population] = ObjectSampler(pool, population.bands, population.name)
    return _SAMPLERS[population]


def observe(row: Any, quantities: tuple[Quantity, ...]) -> Observations:
    r"""One galaxy from a mapping, a table row or a pandas Series; `Observations` as they are."""
    from astropy.table import Table

    if isinstance(row, Observations):
        return row
    if hasattr(row, "colnames"):  # astropy Row, or a Table of one row
        row = row[0] if isinstance(row, Table) else row
        row = {name: row[name] for name in row.colnames}
    elif hasattr(row, "to_dict"):
        row = row.to_dict()
    if not isinstance(row, Mapping):
        raise TypeError(f"a galaxy is a mapping or a table row, not {type(row).__name__}")
    return from_mapping(row, quantities)


def _light(request: Request) -> Light:
    bands = request.options.get("bands", ())
    names = tuple(str(band) for band in bands) if isinstance(bands, tuple) else ()
    inputs = request.inputs
    return Light(names, inputs["flux"], inputs["sigma"], float(inputs["redshift"]))
