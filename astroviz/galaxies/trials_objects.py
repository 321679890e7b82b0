r"""Galaxies of a population, observed and listed as its survey would, and their posteriors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from torch import Generator, Tensor

from astroviz.core.draws import Draws
from astroviz.core.request import Alone, Control, Request
from astroviz.core.trials import part_sizes
from astroviz.galaxies.magnitude_scales import flux_of_asinh
from astroviz.galaxies.mock import make_mock
from astroviz.galaxies.mock_scores import prior_population
from astroviz.galaxies.objects import ObjectSampler
from astroviz.galaxies.parameters import PARAMETERS, UNITS
from astroviz.galaxies.population import Population

__all__ = ["LAW_DRAWS", "Listed", "law_parts", "listed", "object_parts"]

LAW_DRAWS = 8
"""Draws of a population as a law for each galaxy, at most."""

_ASKED: Final = ("redshift", "log_mass", "log_sfr")
_POOL = 40_000  # draws of the population that posteriors are made of
_PRIOR = 1000
_FEWEST = 4000  # galaxies that are drawn at a time, before the selection
_TRIES = 60
_RED = 0.65  # mag, the colour that parts red from blue galaxies


@dataclass(frozen=True)
class Listed:
    r"""Galaxies that a survey has listed.

    Arguments:
        drawn: Their true parameters and what follows from them.
        observed: Observed asinh magnitudes, shape :math:`(N, B)`.
        errors: Their errors.
    """

    drawn: Draws
    observed: Tensor
    errors: Tensor


def listed(population: Population, number: int, seed: int, judge: Population) -> Listed:
    r"""Galaxies of a population that are seen and listed.

    Arguments:
        population: Where they come from.
        number: How many.
        seed: Seed of everything.
        judge: The population whose survey, zero points and selection are used.
    """
    found: list[Listed] = []
    have, size = 0, max(_FEWEST, 2 * number)
    for step in range(_TRIES):
        part = _listed(population, size, seed + 7919 * step, judge)
        found.append(part)
        have += len(part.drawn)
        if have >= number:
            break
    else:
        raise ValueError(f"the selection lists only {have} of {_TRIES * size} galaxies")
    values = np.concatenate([part.drawn.values for part in found])[:number]
    first = found[0].drawn
    return Listed(
        Draws(values, first.names, first.units, seed),
        torch.cat([part.observed for part in found])[:number],
        torch.cat([part.errors for part in found])[:number],
    )


def _listed(population: Population, size: int, seed: int, judge: Population) -> Listed:
    drawn = population.sample(size, seed)
    # draws come member by member: without a shuffle the first ones would all be of the first
    order = np.random.default_rng(seed + 1).permutation(len(drawn))
    light = torch.from_numpy(drawn[list(judge.bands)][order])
    generator = Generator().manual_seed(seed + 2)
    shift = torch.tensor(list(judge.zero_points.values()))
    observed, errors = judge.noise.observe((light + shift).double(), generator)
    kept = torch.isfinite(observed).all(-1)
    if judge.selection:
        chance = judge.selection.weights(observed, errors)
        kept &= torch.rand(len(chance), generator=generator) < chance
    rows = kept.numpy()
    chosen = Draws(drawn.values[order][rows], drawn.names, drawn.units, seed)
    return Listed(chosen, observed[kept], errors[kept])


def object_parts(
    population: Population, name: str, count: int, draws: int, seed: int, control: Control,
    case: str,
) -> Iterator[dict[str, Any]]:  # fmt: skip
    r"""Galaxies of the population, or of its broad prior, with their posteriors.

    Arguments:
        population: The prior of each galaxy.
        name: Name of the model.
        count: Number of galaxies.
        draws: Draws of each.
        seed: Seed of everything.
        control: May stop the work; hears of progress.
        case: `shift` for galaxies of the broad prior.
    """
    source = prior_population(population) if case == "shift" else population
    control.check()
    seen = listed(source, count + _PRIOR, 1_000_033 * (seed + 1), population)
    prior = seen.drawn[list(_ASKED)][count:]
    sampler = ObjectSampler(population, population.bands, population.name, _POOL, 0.0, seed)
    done = 0
    for size in part_sizes(count):
        rows = slice(done, done + size)
        fluxes, sigmas = _fluxes(population, seen.observed[rows], seen.errors[rows])
        found = [
            _answer(sampler, population, flux, sigma, draws, seed + 11 * (done + k), control)
            for k, (flux, sigma) in enumerate(zip(fluxes, sigmas, strict=True))
        ]
        done += size
        control.progress(done / count)
        yield {
            "truths": seen.drawn[list(_ASKED)][rows].astype(float),
            "draws": np.stack(found).astype(float),
            "prior": prior.astype(float),
            "names": _ASKED,
            "units": tuple(seen.drawn.units[seen.drawn.names.index(one)] for one in _ASKED),
            "model": name,
            "seed": seed,
            "ids": tuple(f"galaxy {done - size + k + 1}" for k in range(size)),
            "notes": _notes(case),
            **_seen(population, seen, rows),
        }


def _notes(case: str) -> tuple[str, ...]:
    found = ["Draws are those of the population, weighted and picked: a galaxy that few of them "
             "resemble has some of them more than once."]  # fmt: skip
    if case == "shift":
        found.append("These galaxies come from the broad prior, not from the population that "
                     "their posteriors take for granted.")  # fmt: skip
    return tuple(found)


def _answer(
    sampler: ObjectSampler, population: Population, flux: np.ndarray, sigma: np.ndarray, n: int,
    seed: int, control: Control,
) -> np.ndarray:  # fmt: skip
    """Draws of one galaxy, shape (n, 3)."""
    control.check()
    inputs = {"flux": flux, "sigma": sigma, "redshift": np.array(np.nan)}
    request = Request(sampler, inputs, n, seed, {"bands": population.bands, "refine": False})
    ((chunk,),) = list(sampler.draw([request], torch.device("cpu"), Alone()))
    assert chunk is not None
    names = sampler.columns(None)[0]
    return chunk.values[:, [names.index(name) for name in _ASKED]]


def _fluxes(population: Population, observed: Tensor, errors: Tensor) -> tuple[Any, Any]:
    """Fluxes and errors behind asinh magnitudes, maggies."""
    b = population.noise.softening.double()
    flux = flux_of_asinh(observed, b)
    sigma = errors * (np.log(10) / 2.5) * torch.sqrt(flux**2 + 4 * b**2)
    return flux.numpy(), sigma.numpy()


def _seen(population: Population, seen: Listed, rows: slice) -> dict[str, Any]:
    """Observations, groups and places, all functions of the data."""
    magnitudes = seen.observed[rows].double().numpy()
    bands = list(population.bands)
    short = [band.partition("_")[2] or band for band in bands]
    column = dict(zip(short, magnitudes.T, strict=True))
    colour = column["g"] - column["r"]
    bright = column["r"] < np.median(seen.observed[:, short.index("r")].numpy())
    return {
        "observations": np.concatenate([magnitudes, seen.errors[rows].double().numpy()], 1),
        "observation_names": (*short, *(f"{one}_error" for one in short)),
        "groups": {
            "colour": np.where(colour > _RED, "red", "blue"),
            "brightness": np.where(bright, "brighter half", "fainter half"),
        },
        "places": {"r": column["r"], "g - r": colour},
        "place_units": {"r": "mag", "g - r": "mag"},
    }


def law_parts(
    population: Population, name: str, count: int, draws: int, seed: int, control: Control,
    case: str,
) -> Iterator[dict[str, Any]]:  # fmt: skip
    r"""Galaxies of the true law of the mock, and draws of the population that was fitted to it.

    Arguments are those of `object_parts`; at most `LAW_DRAWS` draws for each galaxy. Both pass
    the selection of the catalogue, beyond which the fit has seen nothing.
    """
    each = min(draws, LAW_DRAWS)
    control.check()
    truth = make_mock(count, 2_000_003 + seed).theta.astype(float)
    drawn = listed(population, count * each, 3_000_017 * (seed + 1), population).drawn
    found = drawn[list(PARAMETERS)].astype(float)
    done = 0
    for size in part_sizes(count):
        control.check()
        part = found[done * each : (done + size) * each].reshape(size, each, -1)
        yield {
            "truths": truth[done : done + size],
            "draws": part,
            "names": tuple(PARAMETERS),
            "units": tuple(UNITS[one] for one in PARAMETERS),
            "ids": tuple(f"galaxy {done + k + 1}" for k in range(size)),
            "model": name,
            "seed": seed,
            "notes": ("A law without data: every true galaxy has draws of its own, which know "
                      "nothing of it.",),
        }  # fmt: skip
        done += size
        control.progress(done / count)
