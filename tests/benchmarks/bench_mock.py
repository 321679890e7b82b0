"""The mock test of a population: made-up galaxies whose truth is known, r < 19.65.

    python tests/benchmarks/bench_mock.py
    python tests/benchmarks/bench_mock.py --model galaxies/mock --points 1500 --repeats 3

One line of JSON. Every figure has that of the untrained prior beside it. `sinkhorn_over_floor` is
the debiased Sinkhorn divergence of order one, blur 0.002, between draws and galaxies that were
held out, over that between two sets of such galaxies, mean of the repeats; `ratio` is the prior's
distance in log M* (W1) over the fit's.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

import numpy as np
import torch

from astroviz.core.registry import find_model
from astroviz.galaxies.distance import sinkhorn, sliced
from astroviz.galaxies.mock_scores import prior_population, scores, truth_columns
from astroviz.galaxies.population import Population
from astroviz.galaxies.survey_scores import listed
from astroviz.galaxies.train_populations import RECIPES, Problem, problem


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="galaxies/mock")
    parser.add_argument("--draws", type=int, default=20_000)
    parser.add_argument("--points", type=int, default=1000, help="of a Sinkhorn cloud (1000)")
    parser.add_argument("--repeats", type=int, default=2, help="of the Sinkhorn ratio (2)")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    path = find_model(args.model).path
    assert path is not None
    population = Population.load(path)
    posed = problem(RECIPES["mock"])
    assert posed.truth is not None
    truth = truth_columns(posed.truth, population.synthesis)
    prior = prior_population(population)
    mine, theirs = (scores(one, truth, args.draws, args.seed) for one in (population, prior))
    line: dict[str, Any] = {
        "benchmark": "mock", "model": args.model, "members": len(population.members),
        "galaxies": len(posed.learned), "held": len(posed.held),
        "redshift": _pair("redshift", mine, theirs), "log_mass": _pair("log_mass", mine, theirs),
        "log_mass_formed": _pair("log_mass_formed", mine, theirs),
        "redshift_shift": [round(mine["shift"], 4), round(theirs["shift"], 4)],
        "ks": {k: [round(v, 3), round(theirs["ks"][k], 3)] for k, v in mine["ks"].items()},
        "ridge_dex": {"fit": _rounded(mine["ridge"]), "prior": _rounded(theirs["ridge"])},
        "ridge_largest": [_largest(one["ridge"]) for one in (mine, theirs)],
    }  # fmt: skip
    if "coverage" in mine:
        line["coverage"] = {k: round(v, 2) for k, v in mine["coverage"].items()}
        line["coverage_mean"] = round(float(np.mean(list(mine["coverage"].values()))), 3)
    line |= distances(population, prior, posed, args)
    line["seconds_of_a_flow"] = round(
        float(population.report.get("seconds", 0)) / max(len(population.report["members"]), 1), 1
    )
    line["ratio"] = round(theirs["w1"]["log_mass"] / mine["w1"]["log_mass"], 2)
    line["against"] = "the untrained prior"
    sys.stdout.write(json.dumps(line) + "\n")


def distances(
    population: Population, prior: Population, posed: Problem, args: argparse.Namespace
) -> dict[str, Any]:
    """Sinkhorn and sliced distances of the photometry over their floors; the prior's beside."""
    held = population.features(torch.tensor(posed.held.magnitudes))
    ratios: dict[str, list[list[float]]] = {"sinkhorn": [], "sliced": []}
    for k in range(args.repeats):
        generator = torch.Generator().manual_seed(args.seed + k)
        order = torch.randperm(len(held), generator=generator)
        target, other = held[order[: args.points]], held[order[args.points : 2 * args.points]]
        clouds = [cloud(one, args.points, args.seed + 10 * k) for one in (population, prior)]
        for name, measure in (("sinkhorn", _sinkhorn), ("sliced", _sliced)):
            floor = measure(other, target)
            ratios[name].append([measure(one, target) / floor for one in clouds])
    return {
        f"{name}_over_floor": [round(float(v), 3) for v in np.mean(found, 0)]
        for name, found in ratios.items()
    }


def cloud(population: Population, n: int, seed: int) -> torch.Tensor:
    """Features of galaxies as the survey would list them."""
    return population.features(torch.from_numpy(listed(population, n, seed)[0]))


def _sinkhorn(a: torch.Tensor, b: torch.Tensor) -> float:
    return float(sinkhorn(a, b, 0.002, 1, 0.8))


def _sliced(a: torch.Tensor, b: torch.Tensor) -> float:
    return float(sliced(a, b, 256, 2.0, generator=torch.Generator().manual_seed(0)))


def _pair(name: str, mine: dict[str, Any], theirs: dict[str, Any]) -> dict[str, list[float]]:
    return {kind: [round(one[kind][name], 3) for one in (mine, theirs)] for kind in ("ks", "w1")}


def _rounded(values: list[float]) -> list[float | None]:
    return [round(v, 3) if np.isfinite(v) else None for v in values]


def _largest(values: list[float]) -> float:
    return round(float(np.nanmax(np.abs(values))), 3)


if __name__ == "__main__":
    main()
