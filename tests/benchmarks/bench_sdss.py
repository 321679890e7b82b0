"""Real galaxies: populations of the SDSS main sample against its half that no fit has seen.

    python tests/benchmarks/bench_sdss.py
    python tests/benchmarks/bench_sdss.py --models galaxies/blind --galaxies 500

One line of JSON for each model. Every figure has that of the untrained prior beside it: KS of
bands, colours and redshift; colours in slices of redshift; photometric redshifts of held-out
galaxies with the population and with the prior; the shape of the mass function and the main
sequence at z < 0.1 against the literature. `ratio` is the prior's mean KS of the bands over the
fit's.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

import numpy as np
import torch

from astroviz.core.registry import find_model
from astroviz.galaxies import photo_z
from astroviz.galaxies.catalogue import Catalogue
from astroviz.galaxies.mock_scores import prior_population
from astroviz.galaxies.pool import Pool
from astroviz.galaxies.population import Population
from astroviz.galaxies.survey_scores import (
    colours_in_slices,
    held_out,
    mass_function_shape,
    sequence_offsets,
)
from astroviz.galaxies.train_populations import RECIPES, problem


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="*", default=["galaxies/sdss", "galaxies/blind"])
    parser.add_argument("--galaxies", type=int, default=1000, help="with photometric redshifts")
    parser.add_argument("--pool", type=int, default=100_000, help="draws behind a redshift")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    for model in args.models:
        path = find_model(model).path
        assert path is not None
        population = Population.load(path)
        held = problem(RECIPES[model.partition("/")[2]]).held
        line = figures(population, prior_population(population), held, args)
        sys.stdout.write(json.dumps({"benchmark": "sdss", "model": model, **line}) + "\n")
        sys.stdout.flush()


def figures(
    population: Population, prior: Population, held: Catalogue, args: argparse.Namespace
) -> dict[str, Any]:
    mine, theirs = (held_out(one, held, seed=args.seed) for one in (population, prior))
    pair = (population, prior)
    return {
        "members": len(population.members), "held": len(held),
        "ks_bands": _beside(mine["bands"], theirs["bands"]),
        "ks_colours": _beside(mine["colours"], theirs["colours"]),
        "ks_redshift": [round(one["redshift"], 3) for one in (mine, theirs)],
        "shift_redshift": [round(one["redshift_shift"], 4) for one in (mine, theirs)],
        "log_mass_16_50_84": [np.round(one["log_mass"], 2).tolist() for one in (mine, theirs)],
        "zero_points": {k: round(v, 3) for k, v in population.zero_points.items()},
        "slices": [_round(colours_in_slices(one, held, seed=args.seed)) for one in pair],
        "photo_z": [_photo_z(one, held, args) for one in pair],
        "mass_function": [_round(mass_function_shape(one)) for one in pair],
        "main_sequence": {
            name: [_round(sequence_offsets(one, name)) for one in pair]
            for name in ("speagle14", "renzini15")
        },
        "ratio": round(
            float(np.mean(list(theirs["bands"].values())) / np.mean(list(mine["bands"].values()))),
            2,
        ),
        "against": "the untrained prior",
    }  # fmt: skip


def _photo_z(population: Population, held: Catalogue, args: argparse.Namespace) -> dict[str, Any]:
    """Point estimates of held-out galaxies against their spectroscopic redshifts."""
    rows = np.random.default_rng(args.seed).permutation(len(held))[: args.galaxies]
    some = held[np.sort(rows)]
    flux, sigma = some.fluxes()
    pool = Pool.of_population(population, args.pool, args.seed)
    found = photo_z.redshifts(pool, flux, sigma, some.bands, 200, args.seed)
    assert some.redshift is not None
    said = photo_z.scores(photo_z.estimate(found.draws), some.redshift)
    return {
        key: _round(value)
        for key, value in vars(said).items()
        if isinstance(value, int | float | tuple | np.floating)
    }


def _beside(mine: dict[str, float], theirs: dict[str, float]) -> dict[str, list[float]]:
    return {name: [round(value, 3), round(theirs[name], 3)] for name, value in mine.items()}


def _round(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _round(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_round(item) for item in value]
    if isinstance(value, float | np.floating):
        return round(float(value), 4) if np.isfinite(value) else None
    return value


if __name__ == "__main__":
    main()
