r"""What `astroviz check galaxies/...` measures of a population.

- Photometry: fresh draws through noise and selection against the quantiles of the galaxies that
  the fit had held out;
- the flow: forth and back again, and its density against that of the prior it starts from;
- calibration: galaxies of the population as the survey would list them, each with its posterior
  under the population as prior.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from torch import Generator, Tensor

from astroviz.core.request import Alone, Request
from astroviz.galaxies.magnitude_scales import flux_of_asinh
from astroviz.galaxies.marginals import ks
from astroviz.galaxies.objects import ObjectSampler
from astroviz.galaxies.parameters import PARAMETERS

if TYPE_CHECKING:
    from astroviz.galaxies.model import GalaxiesModel
    from astroviz.galaxies.population import Population

__all__ = ["checks", "density_block", "object_block", "photometry_blocks"]

_MAGNITUDE, _COLOUR = 0.03, 0.06  # goals of the KS of a band and of the mean of the colours
_ASKED: Final = ("redshift", "log_mass", "log_sfr")
_DRAWS = 200
_FLOW = 2e-3  # how far there and back may miss


def checks(model: GalaxiesModel, seed: int = 0, quick: bool = False) -> list[dict[str, Any]]:
    r"""Figures for `accuracy.report.verdicts`.

    Arguments:
        model: The population with its doors.
        seed: Of everything.
        quick: Fewer draws and galaxies.
    """
    population = model.population
    return [
        *photometry_blocks(population, 20_000 if quick else 60_000, seed),
        density_block(population, seed),
        object_block(population, *((120, 25_000) if quick else (400, 100_000)), seed),
    ]


def photometry_blocks(population: Population, draws: int, seed: int) -> list[dict[str, Any]]:
    r"""KS of bands and colours, where the report kept what the data are like.

    Arguments:
        population: The fitted one.
        draws: Of the whole mixture, before the selection.
        seed: Of the draws.
    """
    known = population.report.get("quantiles", {})
    if not known:
        return []
    theta = torch.from_numpy(population.sample(draws, seed)[list(PARAMETERS)])
    seen = population.observe(theta, seed + 1)
    redshift = theta[:, PARAMETERS.index("redshift")]
    cloud = population.features.plain(population.features(seen.observed, redshift)).numpy()
    chances = np.ones(len(cloud)) if seen.kept is None else seen.kept.numpy()
    figures = {
        name: ks(cloud[:, place], known[name], chances)
        for place, name in enumerate(population.features.names)
        if name in known
    }
    held = max(int(population.report.get("held", 0)), 1)
    effective = chances.sum() ** 2 / np.square(chances).sum()
    error = 0.4 * np.sqrt(1 / held + 1 / effective)
    colours = [name for name in figures if "-" in name]
    others = [name for name in figures if "-" not in name]
    return [
        {
            "kind": "values", "name": f"KS of {', '.join(names)}",
            "values": np.array([figures[name] for name in names]),
            "errors": np.full(len(names), error), "statistic": statistic, "goal": goal,
            "sense": "at most",
        }
        for names, statistic, goal in ((others, "max", _MAGNITUDE), (colours, "mean", _COLOUR))
        if names
    ]  # fmt: skip


def density_block(population: Population, seed: int) -> dict[str, Any]:
    r"""Whether every flow comes back to where it started, with the inverse log determinant.

    Arguments:
        population: The fitted one.
        seed: Of the deviates.
    """
    u = torch.randn(4000, len(PARAMETERS), generator=Generator().manual_seed(seed))
    worst = 0.0
    with torch.no_grad():
        for member in population.members:
            x, there = member(u)
            again, back = member.inverse(x)
            miss = torch.maximum((again - u).abs().amax(-1), (there + back).abs())
            # single precision, where a spline is all but flat, is not the flow's fault
            worst = max(worst, float(torch.quantile(miss, 0.99)))
    return {"kind": "flag", "name": "flows come back", "ok": worst < _FLOW}


def object_block(population: Population, galaxies: int, pool: int, seed: int) -> dict[str, Any]:
    r"""Galaxies of the survey and their posteriors.

    Arguments:
        population: The fitted one.
        galaxies: How many.
        pool: Draws of the population that their posteriors are made of.
        seed: Of everything.
    """
    drawn = population.sample(20 * galaxies, seed + 5)
    # draws come member by member: without a shuffle the first ones would all be of the first
    order = np.random.default_rng(seed + 6).permutation(len(drawn))
    light = torch.from_numpy(drawn[list(population.bands)])
    generator = Generator().manual_seed(seed + 7)
    # single galaxies are asked about with the zero points of the fit
    shift = torch.tensor(list(population.zero_points.values()))
    observed, errors = population.noise.observe((light + shift).double(), generator)
    kept = torch.ones(len(light), dtype=torch.float64)
    if population.selection:
        kept = population.selection.weights(observed, errors)
    # listed or not by the very photometry that the posterior is asked of
    lucky = torch.rand(len(kept), generator=generator) < kept
    rows = order[lucky.numpy()[order]][:galaxies]
    truths = drawn[list(_ASKED)][rows]
    fluxes, sigmas = _fluxes(population, observed[rows], errors[rows])
    sampler = ObjectSampler(population, population.bands, population.name, pool, 0.0, seed)
    requests = [
        Request(
            sampler, {"flux": flux, "sigma": sigma, "redshift": np.array(np.nan)}, _DRAWS,
            seed + 11 * row, {"bands": population.bands, "refine": False},
        )
        for row, (flux, sigma) in enumerate(zip(fluxes, sigmas, strict=True))
    ]  # fmt: skip
    names = sampler.columns(None)[0]
    places = [names.index(name) for name in _ASKED]
    found = []
    for row, answer in enumerate(sampler.draw(requests, torch.device("cpu"), Alone())):
        chunk = answer[row]
        if chunk is not None:
            found.append(chunk.values[:, places])
    return {
        "kind": "ranks", "name": "galaxies of the population", "parameters": list(_ASKED),
        "truths": truths, "draws": np.stack(found),
    }  # fmt: skip


def _fluxes(population: Population, observed: Tensor, errors: Tensor) -> tuple[Any, Any]:
    """Fluxes and errors behind asinh magnitudes, maggies."""
    b = population.noise.softening.double()
    flux = flux_of_asinh(observed, b)
    sigma = errors * (np.log(10) / 2.5) * torch.sqrt(flux**2 + 4 * b**2)
    return flux.numpy(), sigma.numpy()
