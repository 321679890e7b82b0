"""C2ST of a model against exact posteriors, 50 stars x 6 gap patterns; stops and goes on.

    python tests/benchmarks/bench_exactness.py --stars 50 --out exactness.jsonl

Each comparison is a line of OUT; what is there is not repeated. The summary, one line for each
pattern, goes to standard output.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import torch

import astroviz
from astroviz.accuracy.c2st import c2st
from astroviz.stars.exactness import exactness, summarise
from astroviz.stars.simulator import PATTERNS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="stars", help="name of the model")
    parser.add_argument("--stars", type=int, default=50, help="number of stars (50)")
    parser.add_argument("--first", type=int, default=0, help="first star (0)")
    parser.add_argument("--patterns", nargs="+", default=list(PATTERNS), help="gap patterns (all)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the stars (0)")
    parser.add_argument("--steps", type=int, default=8, help="midpoint steps of the solver (8)")
    parser.add_argument("--refine", action="store_true", help="draws moved to the exact posterior")
    parser.add_argument("--out", type=Path, default=Path("exactness.jsonl"), help="lines of JSON")
    parser.add_argument(
        "--reference-only", action="store_true", help="keep exact draws; compare later"
    )
    parser.add_argument("--threads", type=int, default=1, help="threads of torch (1)")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    model = astroviz.load(args.model, device="cpu")
    compare = (lambda first, second: 0.5) if args.reference_only else c2st
    out = args.out.with_suffix(".tmp") if args.reference_only else args.out
    lines = []
    stars = range(args.first, args.stars)
    for line in exactness(
        model,
        compare,
        out,
        stars,
        args.patterns,
        seed=args.seed,
        steps=args.steps,
        refine=args.refine,
    ):
        lines.append(line)
        sys.stderr.write(
            f"star {line['star']:3d}  {line['pattern']:14s} C2ST {line['c2st']:.3f}  "
            f"effective size {line['effective_size']}\n"
        )
    if args.reference_only:
        out.unlink(missing_ok=True)
        return
    for pattern, figures in summarise(lines).items():
        sys.stdout.write(json.dumps({"pattern": pattern, **figures}) + "\n")


if __name__ == "__main__":
    main()
