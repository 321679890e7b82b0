"""Steps against accuracy: the few-step sampler, and fewer steps of the flow, beside the full flow.

    python tests/benchmarks/bench_shortcut.py --stars 3

For simulated stars of every gap pattern, the accuracy of a classifier that tells 1,000 draws from
those of the full flow (C2ST, 0.5 is no difference; 0.516 is one standard error from it for a
single star), and draws per second. One line of JSON for each way to sample, the last with the
ratio of draws per second of two jumps against the full flow.
"""

from __future__ import annotations

import argparse
import json
import sys
import time

import numpy as np
import torch

import astroviz
from astroviz.accuracy.c2st import c2st
from astroviz.stars.exactness import joint_scores
from astroviz.stars.parameters import to_z
from astroviz.stars.simulator import PATTERNS

WAYS = [("shortcut", 1), ("shortcut", 2), ("shortcut", 4), ("flow", 2), ("flow", 4), ("flow", 8)]
NUMBER = 1000


def scores(draws, seed: int) -> np.ndarray:
    """Draws in the coordinates in which the prior is normal, disk flag included."""
    theta = torch.from_numpy(np.nan_to_num(draws.values[:, :9], nan=1.0)).double()
    disk = torch.from_numpy(draws.extras["disk"] > 0.5)
    return joint_scores(to_z(theta), disk, torch.Generator().manual_seed(seed)).numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stars", type=int, default=3, help="stars of each gap pattern")
    args = parser.parse_args()
    torch.set_num_threads(1)
    model = astroviz.load("stars", device="cpu")
    found: dict[tuple[str, int], list[float]] = {way: [] for way in WAYS}
    spent = dict.fromkeys(WAYS, 0.0)
    for star in range(args.stars):
        for pattern in PATTERNS:
            weights = (0.575, 0.425, 0.0, 0.0)
            stars = model.simulate(1, seed=1000 + star, class_weights=weights, pattern=pattern)
            posterior = model.posterior(stars.observations)
            full = scores(posterior.sample(NUMBER, seed=1), star)
            for way in WAYS:
                start = time.perf_counter()
                draws = posterior.sample(NUMBER, seed=2, sampler=way[0], steps=way[1])
                spent[way] += time.perf_counter() - start
                found[way].append(c2st(full, scores(draws, star + 1)))
    speed = {way: NUMBER * args.stars * len(PATTERNS) / spent[way] for way in WAYS}
    for way in WAYS:
        line = {
            "sampler": way[0], "steps": way[1],
            "evaluations": way[1] * (1 if way[0] == "shortcut" else 2),
            "c2st_mean": float(np.mean(found[way])), "c2st_largest": float(np.max(found[way])),
            "stars": len(found[way]), "draws_per_second": speed[way],
        }  # fmt: skip
        if way == WAYS[-1]:
            line["ratio"] = speed["shortcut", 2] / speed[way]
            line["against"] = "the full flow, 16 evaluations"
        sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
