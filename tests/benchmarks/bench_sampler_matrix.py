"""Every sampler on every instrument under the Gaussian process; stops and goes on.

    python tests/benchmarks/bench_sampler_matrix.py --out matrix.jsonl [--store]
    python tests/benchmarks/bench_sampler_matrix.py --model lensing/galaxies16 --out learned.jsonl

A line of OUT for each cell; what is there is not repeated. The last line of standard output counts
the calibrated cells of each sampler: `ratio` is the part of the instruments on which the default
is (variance ratio 0.9 to 1.1 and mean error at most 1.3 floors, of 32 sources).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import torch

from astroviz.accuracy.tarp import credibilities, expected_coverage
from astroviz.lensing import sampler_matrix
from astroviz.lensing.prior import Prior, open_prior
from astroviz.lensing.problems import PROBLEMS
from astroviz.lensing.sample_priors import gaussian_process
from astroviz.lensing.settings import preset


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="a learned prior; the Gaussian process by default")
    parser.add_argument("--pixels", type=int, default=16, help="of the Gaussian process (16)")
    parser.add_argument("--truths", type=int, default=32, help="sources in a cell (32)")
    parser.add_argument("--draws", type=int, default=16, help="draws of each (16)")
    parser.add_argument(
        "--samplers", nargs="+", default=list(sampler_matrix.MATRIX_SAMPLERS), help="columns (all)"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1, help="threads of torch (1)")
    parser.add_argument("--out", type=Path, default=Path("matrix.jsonl"), help="lines of JSON")
    parser.add_argument("--store", action="store_true", help="write the matrix that ships")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.model:
        prior = open_prior(args.model, "cpu")
    else:
        prior = gaussian_process(args.pixels)
    lines = [json.loads(line) for line in args.out.open()] if args.out.exists() else []
    known = {(line["problem"], line["sampler"]): line["figures"] for line in lines}
    for problem in PROBLEMS:
        for sampler in args.samplers:
            if (problem, sampler) in known:
                continue
            settings = preset(sampler)
            found = sampler_matrix.sampled(
                prior, problem, settings, args.truths, args.draws, args.seed
            )
            figures = sampler_matrix.figures_of(prior, found) | coverage(prior, found, args.seed)
            known[problem, sampler] = figures
            with args.out.open("a") as file:
                line = {"problem": problem, "sampler": sampler, "figures": figures}
                file.write(json.dumps(line) + "\n")
            sys.stderr.write(f"{problem}, {sampler}: {figures}\n")
    if args.store:
        store(known)
    if not args.model:
        summary(known, args.samplers)


def coverage(prior: Prior, found: sampler_matrix.Sampled, seed: int) -> dict[str, float | bool]:
    aside = prior.sample(len(found.truths), seed + 31).double().numpy()
    parts = credibilities(found.truths.numpy(), found.draws.numpy(), aside, seed)
    test = expected_coverage(parts, seed)
    band = 1.36 / len(found.truths) ** 0.5  # of the largest distance, 95 %
    return {
        "tarp_distance": round(test.distance, 4), "tarp_inside": bool(test.distance <= band),
    }  # fmt: skip


def store(known: dict[tuple[str, str], dict[str, float]]) -> None:
    place = Path(sampler_matrix.__file__).with_name(sampler_matrix.MATRIX_FILE)
    table: dict[str, dict[str, dict[str, float]]] = {}
    for (problem, sampler), figures in known.items():
        table.setdefault(problem, {})[sampler] = figures
    place.write_text(json.dumps(table, indent=1) + "\n")


def summary(known: dict[tuple[str, str], dict[str, float]], samplers: list[str]) -> None:
    def right(figures: dict[str, float]) -> bool:
        return 0.9 <= figures["variance_ratio"] <= 1.1 and figures["mean_error"] <= 1.3

    counts = {
        sampler: sum(right(known[problem, sampler]) for problem in PROBLEMS)
        for sampler in samplers
    }
    line = {
        "benchmark": "sampler_matrix", "problems": len(PROBLEMS), "calibrated": counts,
        "ratio": round(counts.get("split_gibbs", 0) / len(PROBLEMS), 3),
        "against": "all instruments",
    }  # fmt: skip
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
