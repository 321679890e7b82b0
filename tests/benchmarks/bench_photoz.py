"""Photometric redshifts of real galaxies: the fitted population against a flat prior.

    python tests/benchmarks/bench_photoz.py [galaxies]

One JSON line: sigma_NMAD, bias and outliers (off by more than 0.15, and by more than 0.05, over
1 + z) with their errors, of the same galaxies of the SDSS main sample, which the fit did not see,
with spectroscopic redshifts, under three priors: the population, the untrained prior of its fit,
and one that is flat in every parameter; with and without the infrared bands. The ratios are of
sigma_NMAD to that of the population. The time of a galaxy is under the population.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
import torch

import astroviz
from astroviz.galaxies import photo_z
from astroviz.galaxies.pool import Pool
from astroviz.galaxies.priors import PopulationPrior
from astroviz.galaxies.train_populations import RECIPES, problem

FLOOR = 0.02  # of the synthesis, beside the floors of the catalogue


def figures(draws: np.ndarray, truth: np.ndarray) -> dict[str, object]:
    """Scores of the medians, and how uniform the truth lies among the draws."""
    point = photo_z.estimate(draws)
    wide, near = photo_z.scores(point, truth), photo_z.scores(point, truth, border=0.05)
    pit = np.sort(photo_z.pit_values(draws, truth))
    steps = np.arange(1, len(pit) + 1) / len(pit)
    return {
        "sigma_nmad": round(wide.sigma_nmad, 4), "bias": round(wide.bias, 4),
        "outliers": round(wide.outliers, 4), "outliers_005": round(near.outliers, 4),
        "errors": [round(one, 4) for one in (*wide.errors, near.errors[2])],
        "pit_ks": round(float(np.abs(steps - pit).max()), 3),
    }  # fmt: skip


def main() -> None:
    torch.set_num_threads(1)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    held = problem(RECIPES["sdss"]).held
    rows = np.random.default_rng(0).permutation(len(held))[:count]
    held = held[np.sort(rows)]
    flux, sigma = held.fluxes()
    sigma = np.hypot(sigma, FLOOR * np.abs(flux))
    truth = np.asarray(held.redshift, dtype=float)
    population = astroviz.load("galaxies", device="cpu").population
    synthesis = population.synthesis
    ours = Pool.of_population(population, 100_000)
    pools = {
        "population": ours,
        "untrained": Pool.of_prior(population.prior, synthesis),
        "flat": Pool.of_prior(PopulationPrior("popsed"), synthesis),
    }
    for name in ("untrained", "flat"):
        pools[name].zero_points = ours.zero_points
    found: dict[str, object] = {"benchmark": "photo_z", "galaxies": len(held)}
    for words, bands in (("ugriz", held.bands[:5]), ("all", held.bands)):
        part = {}
        for name, pool in pools.items():
            start = time.perf_counter()
            use = slice(None, len(bands))
            answer = photo_z.redshifts(pool, flux[:, use], sigma[:, use], bands, 200)
            part[name] = figures(answer.draws, truth) | {
                "effective": round(float(np.median(answer.effective)), 1),
                "ms": round((time.perf_counter() - start) / len(held) * 1e3, 1),
            }
        for name in ("untrained", "flat"):
            part[f"ratio_{name}"] = round(
                part[name]["sigma_nmad"] / part["population"]["sigma_nmad"], 2
            )
        found[words] = part
    print(json.dumps(found))


if __name__ == "__main__":
    main()
