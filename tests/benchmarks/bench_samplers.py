"""Samplers against the exact posterior of a Gaussian process; stops and goes on.

    python tests/benchmarks/bench_samplers.py --pixels 32 --out samplers.jsonl [--store]

A line of OUT for each row of the table; what is there is not repeated. The last line of standard
output says what the default sampler costs against the cheapest row of the field's samplers:
`ratio` is the cost of a fully solved MMPS in evaluations over that of the default.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import torch

from astroviz.accuracy.tarp import credibilities, expected_coverage
from astroviz.lensing import exactness
from astroviz.lensing.trust_study import Study


def row_of(study: Study, seed: int, seconds: float) -> dict[str, object]:
    parts = credibilities(study.truths, study.draws, study.references, seed)
    test = expected_coverage(parts, seed)
    truths, draws, _ = study.draws.shape
    band = 1.36 / truths**0.5  # of the largest distance, 95 %
    return {
        "variance_ratio": round(study.variance_ratio, 4),
        "ratio_error": round(study.ratio_error, 4),
        "mean_error": round(study.mean_error, 4),
        "tarp_distance": round(test.distance, 4),
        "tarp_band": round(band, 4),
        "tarp_inside": bool(test.distance <= band),
        "chi_square": round(study.chi_square, 4),
        "evaluations": study.evaluations,
        "truths": truths,
        "draws": draws,
        "seconds": round(seconds, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pixels", type=int, default=32, help="side of the source (32)")
    parser.add_argument("--truths", type=int, default=128, help="observations (128)")
    parser.add_argument("--draws", type=int, default=16, help="draws for each (16)")
    parser.add_argument("--rows", nargs="+", default=list(exactness.ROWS), help="rows (all)")
    parser.add_argument("--seed", type=int, default=0, help="seed (0)")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch (1)")
    parser.add_argument("--out", type=Path, default=Path("samplers.jsonl"), help="lines of JSON")
    parser.add_argument("--store", action="store_true", help="write the table that ships")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    known = {}
    if args.out.exists():
        lines = [json.loads(line) for line in args.out.read_text().splitlines()]
        known = {line["row"]: line for line in lines if line["pixels"] == args.pixels}
    for label in args.rows:
        if label in known:
            continue
        settings, start = exactness.ROWS[label], time.perf_counter()
        study = exactness.measure(settings, args.pixels, args.truths, args.draws, seed=args.seed)
        row = row_of(study, args.seed, time.perf_counter() - start)
        known[label] = {"row": label, "pixels": args.pixels, **row}
        with args.out.open("a") as file:
            file.write(json.dumps(known[label]) + "\n")
        sys.stderr.write(f"{label}: {exactness.words(row)}\n")
    if args.store:
        store(args.pixels, known)
    summary(args.pixels, known)


def store(pixels: int, known: dict[str, dict[str, object]]) -> None:
    place = Path(exactness.__file__).with_name(exactness.TABLE_FILE)
    table = json.loads(place.read_text()) if place.exists() else {}
    dropped = ("row", "pixels", "seconds")
    table[str(pixels)] = {
        label: {name: value for name, value in known[label].items() if name not in dropped}
        for label in exactness.ROWS
        if label in known
    }
    place.write_text(json.dumps(table, indent=1) + "\n")


def summary(pixels: int, known: dict[str, dict[str, object]]) -> None:
    default, other = known.get("split_gibbs"), known.get("mmps, solved fully")
    if default is None or other is None:
        return
    line = {
        "benchmark": "samplers", "pixels": pixels,
        "ratio": round(float(other["evaluations"]) / float(default["evaluations"]), 2),
        "against": "evaluations of a fully solved MMPS over those of the default, split Gibbs",
        "calibrated": [label for label, row in known.items() if exactness.holds(row)],
        "not_calibrated": [label for label, row in known.items() if not exactness.holds(row)],
    }  # fmt: skip
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
