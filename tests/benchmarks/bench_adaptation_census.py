"""Coverage of literature temperatures and extinctions of real stars, with and without adaptation.

    python tests/benchmarks/bench_adaptation_census.py CENSUS LADDER [--seeds 3] [--steps 400]

One JSON line for each seed and way: half of the labelled rows are pairs, the other half judges.
The ratio is that of the errors of A_V, adapted over not adapted.
"""

from __future__ import annotations

import argparse
import json

import torch

import astroviz
from astroviz.stars.adaptation_census import adapt_to_census, census_labels
from astroviz.stars.catalogue import open_catalogue


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("census")
    parser.add_argument("ladder")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=400)
    args = parser.parse_args()
    torch.set_num_threads(1)
    census, ladder = astroviz.read_table(args.census), astroviz.read_table(args.ladder)
    experiment = astroviz.load("stars/adaptation", device="cpu")
    names = open_catalogue(census).observations.identifiers
    labels = census_labels(census, ladder, names)
    ways = {
        "pairs": {"transport": False, "guard": False},
        "optimal transport + pairs, guarded": {"transport": True, "guard": True},
    }
    for seed in range(args.seeds):
        for name, options in ways.items():
            done = adapt_to_census(
                census, labels, experiment, seed=seed, steps=args.steps, **options
            )
            before, after = done.verdict.before, done.verdict.after
            row = {
                "benchmark": "adaptation to the census", "way": name, "seed": seed,
                "before": before, "after": after, "better": done.verdict.better,
                "ratio": after["RMSE of a_v"] / before["RMSE of a_v"], "notes": done.notes,
            }  # fmt: skip
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
