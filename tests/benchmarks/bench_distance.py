"""Sliced distances against geomloss' Sinkhorn divergence: time, and what fits end at.

    python tests/benchmarks/bench_distance.py [--large] [--fits] [--seconds 60]

Value and gradient of two clouds of five features at N = 4,096 (and, with `--large`, 10,000) in the
same process, CPU time of one thread. PopSED's setting is p = 1, blur 0.002, scaling 0.9; a coarse
one is beside it. Without `--large` Sinkhorn at 10,000 is scaled by N squared from 4,096, and said
so. With `--fits` two flows are fitted to the same mock in equal time, one by each distance, and
both are judged by the Sinkhorn divergence over its floor. One line of JSON each.
"""

from __future__ import annotations

import argparse
import json
import sys
import time

import torch

from astroviz.galaxies.distance import sinkhorn, sliced

FEATURES = 5
PUBLISHED = {"blur": 0.002, "power": 1, "scaling": 0.9}
COARSE = {"blur": 0.3, "power": 1, "scaling": 0.8}


def spent(distance, number: int, turns: int) -> float:
    """Smallest CPU time of a value with its gradient, seconds."""
    found = []
    for turn in range(turns):
        generator = torch.Generator().manual_seed(turn)
        a = torch.randn(number, FEATURES, generator=generator).requires_grad_()
        b = torch.randn(number, FEATURES, generator=generator)
        begun = time.process_time()
        distance(a, b).backward()
        found.append(time.process_time() - begun)
    return min(found)


def times(large: bool) -> dict[str, object]:
    """Seconds of each, and ratios."""
    fast = {n: spent(lambda a, b: sliced(a, b, 128), n, 5) for n in (4096, 10_000)}
    slow = {4096: spent(lambda a, b: sinkhorn(a, b, **PUBLISHED), 4096, 1)}
    slow[10_000] = (
        spent(lambda a, b: sinkhorn(a, b, **PUBLISHED), 10_000, 1)
        if large else slow[4096] * (10_000 / 4096) ** 2
    )  # fmt: skip
    coarse = spent(lambda a, b: sinkhorn(a, b, **COARSE), 4096, 1)
    return {
        "benchmark": "distance", "slices": 128,
        "sliced_seconds": {n: round(v, 4) for n, v in fast.items()},
        "sinkhorn_seconds": {n: round(v, 2) for n, v in slow.items()},
        "sinkhorn_10000_is": "measured" if large else "scaled by N squared",
        "sinkhorn_over_sliced": {n: round(slow[n] / fast[n]) for n in fast},
        "coarse_sinkhorn_over_sliced_4096": round(coarse / fast[4096]),
    }  # fmt: skip


def fits(seconds: float) -> dict[str, object]:
    """Sinkhorn over its floor of flows fitted by either distance in equal time."""
    from astroviz.galaxies.fit_catalogue import fit_catalogue
    from astroviz.galaxies.fit_settings import FitSettings
    from astroviz.galaxies.mock import make_mock
    from astroviz.galaxies.priors import PopulationPrior

    mock = make_mock(30_000, seed=5)
    found: dict[str, object] = {"benchmark": "fits", "seconds_each": seconds}
    for name in ("sliced", "sinkhorn"):
        population = fit_catalogue(
            mock.catalogue, mock.selection, PopulationPrior("survey", 19.65), seconds, 3,
            noise=mock.noise, members=1, settings=FitSettings(distance=name, early=1024),
        )  # fmt: skip
        figures = population.report["distance"]["sinkhorn"]
        found[name] = {
            "steps": population.report["members"][0]["steps"],
            "sinkhorn_over_floor": round(figures["value"] / figures["floor"], 4),
            "prior_over_floor": round(figures["prior"] / figures["floor"], 4),
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--large", action="store_true", help="measure Sinkhorn at 10,000 too")
    parser.add_argument("--fits", action="store_true", help="fit by either distance")
    parser.add_argument("--seconds", type=float, default=60.0, help="time of each fit")
    given = parser.parse_args()
    torch.set_num_threads(1)
    sys.stdout.write(json.dumps(times(given.large)) + "\n")
    sys.stdout.flush()
    if given.fits:
        sys.stdout.write(json.dumps(fits(given.seconds)) + "\n")


if __name__ == "__main__":
    main()
