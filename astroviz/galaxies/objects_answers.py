r"""Questions of the view of single galaxies: one galaxy closely, many of them briefly.

Each galaxy is asked under two priors: the population, and flat ones in every parameter.
"""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch

from astroviz.core.draws import Draws, join
from astroviz.core.one_by_one import OneByOne
from astroviz.core.request import Chunk, Control, Request
from astroviz.galaxies.object_columns import COLUMNS
from astroviz.galaxies.object_weights import light_of
from astroviz.galaxies.objects import ObjectSampler
from astroviz.galaxies.pool import SIZE, Pool

__all__ = ["KEPT", "POOL", "SUMMARY", "many_request", "one_request", "samplers_of"]

KEPT = ("redshift", "log_mass", "log_sfr")
"""Quantities of which some draws of every galaxy are kept."""

SUMMARY = ("row", "z_spec", "z", "z_low", "z_high", "z_flat", "log_mass", "log_mass_flat",
           "log_sfr", "ood_score", "effective", "effective_flat")  # fmt: skip
"""What is said of every galaxy: medians, 68 % of its redshift, how well it fits."""

POOL = SIZE
"""Draws of the population, and of the flat priors, that galaxies are compared with."""

_UNITS = ("", "", "", "", "", "", "log10 Msun", "log10 Msun", "log10 Msun / yr", "", "", "")
_EACH = 24  # draws that are kept of a galaxy
_BRIEF = 240  # draws that the summary of a galaxy is of
_FEW = 40.0  # effective draws below which draws are moved to the exact posterior
_TOGETHER = 12  # galaxies after which a picture is worth it
_SHELF: OrderedDict[Any, tuple[ObjectSampler, ObjectSampler]] = OrderedDict()
_SHELVED = 4
_LOCK = threading.Lock()
_NUMBERS: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
_NEXT = itertools.count()


def _number(population: Any) -> int:
    return _NUMBERS.setdefault(population, next(_NEXT))


def samplers_of(population: Any, bands: Sequence[str]) -> tuple[ObjectSampler, ObjectSampler]:
    r"""Who answers with the population as prior, and with flat priors; kept for all visitors.

    Arguments:
        population: A fitted population.
        bands: That galaxies are seen in.
    """
    from astroviz.galaxies.priors import PopulationPrior

    key = (_number(population), tuple(bands))
    with _LOCK:
        if key not in _SHELF:
            flat = Pool.of_prior(PopulationPrior("popsed"), population.synthesis, POOL)
            flat.zero_points = dict(population.zero_points)
            _SHELF[key] = (
                ObjectSampler(population, bands, "galaxies/objects", POOL),
                ObjectSampler(flat, bands, "galaxies/objects-flat"),
            )
            while len(_SHELF) > _SHELVED:
                _SHELF.popitem(last=False)
        _SHELF.move_to_end(key)
        return _SHELF[key]


class _Quiet:
    """Passes cancelling on, but not the progress of a part of the work."""

    max_draws: int | None = None

    def __init__(self, control: Control) -> None:
        self.check = control.check

    def progress(self, fraction: float) -> None:
        """Whoever asked tells of the whole."""


class _Asked(OneByOne):
    """What both questions have in common: the photometry as inputs, both samplers."""

    name = "galaxies/objects"

    def __init__(self, population: Any, bands: tuple[str, ...]) -> None:
        self.population, self.bands = population, bands

    def posterior(
        self, place: int, request: Request, row: int, n: int, control: Control, refine: Any = False
    ) -> Draws:
        """Draws of a row under the population (place 0) or under flat priors (1)."""
        sampler = samplers_of(self.population, self.bands)[place]
        flux, sigma = request.inputs["flux"][row], request.inputs["sigma"][row]
        light = light_of(self.bands, flux, sigma)
        inputs = {"flux": light.flux, "sigma": light.sigma, "redshift": np.array(np.nan)}
        asked = Request(sampler, inputs, n, request.seed,
                        {"bands": light.bands, "refine": refine})  # fmt: skip
        quiet = _Quiet(control)
        parts = [part[0] for part in sampler.draw([asked], torch.device("cpu"), quiet)]
        names, units = sampler.columns(asked)
        return join([part for part in parts if part is not None], names, units, request.seed)


class OneSampler(_Asked):
    """One galaxy: draws under the population, and beside them those under flat priors."""

    def columns(self, request: Request) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Parameters and what follows from them."""
        return tuple(c.name for c in COLUMNS), tuple(c.unit for c in COLUMNS)

    def answer(self, request: Request, control: Control) -> Iterator[Chunk]:
        """First the draws of the pool; then, where few resemble the galaxy, moved ones."""
        found = [self.posterior(k, request, 0, request.n, control) for k in (0, 1)]
        few = [k for k in (0, 1) if _few(found[k])]
        if few:
            yield self._chunk(found, preview=True)
        for k in few:
            found[k] = self.posterior(k, request, 0, request.n, control, refine=True)
        yield self._chunk(found)

    def _chunk(self, found: Sequence[Draws], preview: bool = False) -> Chunk:
        extras = {
            f"{name}{tail}": np.asarray(draws.extras[name])
            for draws, tail in zip(found, ("", "_flat"), strict=True)
            for name in ("effective_size", "log_evidence", "ood_score", "refined")
        }
        values = found[0].values
        given = {**extras, "flat": found[1].values}
        if preview:
            return Chunk(values[:0], constants={**given, "first": values})
        return Chunk(values, constants=given)


class ManySampler(_Asked):
    """Many galaxies: a row of figures for each, and some draws."""

    def columns(self, request: Request) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The figures of `SUMMARY`."""
        return SUMMARY, _UNITS

    def answer(self, request: Request, control: Control) -> Iterator[Chunk]:
        """What is known so far, every dozen galaxies; then all of it."""
        rows = len(request.inputs["rows"])
        figures: list[list[float]] = []
        kept: list[np.ndarray] = []
        for row in range(rows):
            control.check()
            one, draws = self._one(request, row, control)
            figures.append(one)
            kept.append(draws)
            if len(figures) == rows:
                break
            control.progress(len(figures) / rows)
            if not len(figures) % _TOGETHER:
                so_far = {"figures": np.array(figures, np.float32), "draws": np.stack(kept)}
                yield Chunk(np.zeros((0, len(SUMMARY)), np.float32), constants=so_far)
        yield Chunk(np.array(figures, np.float32), {"draws": np.stack(kept)})

    def _one(self, request: Request, row: int, control: Control) -> tuple[list[float], np.ndarray]:
        ours, flat = (self.posterior(k, request, row, _BRIEF, control) for k in (0, 1))
        low, middle, high = np.quantile(ours["redshift"], (0.16, 0.5, 0.84))
        figures = [
            float(request.inputs["rows"][row]), float(request.inputs["redshift"][row]),
            middle, low, high, np.median(flat["redshift"]), np.median(ours["log_mass"]),
            np.median(flat["log_mass"]), np.median(ours["log_sfr"]),
            float(ours.extras["ood_score"]), float(ours.extras["effective_size"]),
            float(flat.extras["effective_size"]),
        ]  # fmt: skip
        return figures, ours[list(KEPT)][:: _BRIEF // _EACH][:_EACH]


def _few(draws: Draws) -> bool:
    """Whether few draws of the pool resemble the galaxy, so that they should be moved."""
    size, widened = (float(draws.extras[name]) for name in ("effective_size", "errors_widened"))
    # errors that were widened let more draws count than the true ones would
    return size < _FEW * widened**2


def _inputs(catalogue: Any, rows: np.ndarray) -> dict[str, np.ndarray]:
    """Fluxes and their errors, redshifts, row numbers."""
    chosen = catalogue[rows]
    flux, sigma = chosen.fluxes()
    known = chosen.redshift
    redshift = np.full(len(rows), np.nan) if known is None else np.asarray(known, float)
    return {"flux": flux, "sigma": sigma, "redshift": redshift, "rows": np.asarray(rows)}


def one_request(population: Any, catalogue: Any, row: int, n: int, seed: int) -> Request:
    r"""Draws of one galaxy under both priors.

    Arguments:
        population: The prior.
        catalogue: Its photometry.
        row: Which of its galaxies.
        n: Draws.
        seed: Of the draws.
    """
    sampler = OneSampler(population, catalogue.bands)
    options: dict[str, Hashable] = {"population": _number(population), "bands": catalogue.bands}
    return Request(sampler, _inputs(catalogue, np.array([row])), n, seed, options)


def many_request(population: Any, catalogue: Any, rows: np.ndarray, seed: int) -> Request:
    r"""Figures and some draws of many galaxies under both priors.

    Arguments:
        population: The prior.
        catalogue: Their photometry.
        rows: Which of its galaxies, shape :math:`(k,)`.
        seed: Of the draws.
    """
    sampler = ManySampler(population, catalogue.bands)
    options: dict[str, Hashable] = {"population": _number(population), "bands": catalogue.bands,
                                    "kind": "many"}  # fmt: skip
    inputs = _inputs(catalogue, np.asarray(rows))
    return Request(sampler, inputs, len(rows), seed, options, "batch")
