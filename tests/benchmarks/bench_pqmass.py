"""PQMass against the field's package: 50 tessellations of 100 references, 500 points against 500.

    python tests/benchmarks/bench_pqmass.py [--dimensions 1024] [--points 500] [--rounds 3]

One line of JSON: seconds of ours (`seconds`), with 200 exchanges of labels (`permuted_seconds`),
of the package (`package_seconds`, all numpy) on the same points in the same process, best of the
rounds, the ratio, and chi^2/dof of both with its scatter over tessellations.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from astroviz.core.pqmass import pqmass


def best(work: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    seconds, found = float("inf"), None
    for _ in range(rounds):
        start = time.perf_counter()
        with contextlib.redirect_stderr(io.StringIO()):  # the package draws a progress bar
            found = work()
        seconds = min(seconds, time.perf_counter() - start)
    return seconds, found


def main() -> None:
    from pqm import pqm_chi2

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dimensions", type=int, default=1024)
    parser.add_argument("--points", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    random = np.random.default_rng(0)
    first, second = (random.normal(size=(args.points, args.dimensions)) for _ in range(2))
    ours, found = best(lambda: pqmass(first, second), args.rounds)
    permuted, _ = best(lambda: pqmass(first, second, permutations=200), args.rounds)
    theirs, other = best(lambda: pqm_chi2(first, second, 100, 50), args.rounds)
    line = {
        "points": args.points, "dimensions": args.dimensions, "seconds": ours,
        "permuted_seconds": permuted, "package_seconds": theirs, "ratio": theirs / ours,
        "reduced": found.reduced, "scatter": found.chi_square.std() / found.dof,
        "package_reduced": np.mean(other) / 99, "package_scatter": np.std(other) / 99,
    }  # fmt: skip
    line = {k: round(float(v), 4) if isinstance(v, float) else v for k, v in line.items()}
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
