"""Our checks of posteriors against the field's packages, on the same points, in one process.

    python tests/benchmarks/bench_accuracy_speed.py [--size 64] [--objects 500] [--draws 100]

One line of JSON, a block for each comparison, each with our seconds, theirs (best of the rounds)
and the ratio theirs over ours:

- `tarp`: one reference each, the curve; `largest_difference` of the curves at the same levels;
- `tarp_bootstrap`: with 100 resamplings, of the curve itself in the package, of counts here;
- `pqm`: 50 tessellations of 50 cells, `pqm_chi2` of the package;
- `pqm_permuted`: with exchanges of labels, 20 in the package and 200 here, per exchange;
- `mira`: ten balls an object, the formula written plainly: all distances of each run anew.
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

from astroviz.accuracy.geometry import Geometry
from astroviz.accuracy.mira import mira_of_ranks
from astroviz.accuracy.random_points import ball_ranks
from astroviz.accuracy.references import references
from astroviz.accuracy.tarp import expected_coverage
from astroviz.accuracy.trial import Trial
from astroviz.core.pqmass import pqmass

_PLAIN = Geometry("vector", np.ones(1))


def best(work: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    seconds, found = float("inf"), None
    for _ in range(rounds):
        clock = time.perf_counter()
        with contextlib.redirect_stderr(io.StringIO()):  # packages draw progress bars
            found = work()
        seconds = min(seconds, time.perf_counter() - clock)
    return seconds, found


def block(ours: float, theirs: float, **more: float) -> dict[str, float]:
    line = {"seconds": ours, "package_seconds": theirs, "ratio": theirs / ours, **more}
    return {name: float(f"{value:.4g}") for name, value in line.items()}


def trial_of(objects: int, draws: int, size: int) -> Trial:
    random = np.random.default_rng(0)
    points = random.standard_normal((objects, draws + 1, size))
    points += 2 * random.standard_normal((objects, 1, size))
    return Trial(
        truths=points[:, 0], draws=points[:, 1:].copy(), names=tuple(map(str, range(size)))
    )


def tarp_blocks(trial: Trial, rounds: int) -> dict[str, Any]:
    import tarp

    points = references(trial, "prior", 1, 1)
    given = points.take(slice(None))[:, 0]
    turned = np.ascontiguousarray(trial.draws.transpose(1, 0, 2))
    many = trial.draws.shape[1]

    def theirs(bootstrap: bool) -> Any:
        # the package writes into the arrays that it is given
        return tarp.get_tarp_coverage(
            turned.copy(), trial.truths.copy(), references=given, norm=False, num_alpha_bins=50,
            bootstrap=bootstrap, num_bootstrap=100,
        )  # fmt: skip

    def ours() -> Any:
        level = ball_ranks(trial, points, 0, _PLAIN)[:, 0] / many
        return level, expected_coverage(level, levels=50)

    ours()  # the band of a right posterior is made once
    mine, (level, _) = best(ours, rounds)
    single, (ecp, alpha) = best(lambda: theirs(False), rounds)
    again, _ = best(lambda: theirs(True), 1)
    same = np.array([(level < edge).mean() for edge in alpha[:-1]] + [1.0])
    return {
        "tarp": block(mine, single, largest_difference=float(np.abs(same - ecp).max())),
        "tarp_bootstrap": block(mine, again),
    }


def pqm_blocks(trial: Trial, rounds: int) -> dict[str, Any]:
    from pqm import pqm_chi2

    first, second = trial.truths, trial.draws[:, 0]
    mine, found = best(lambda: pqmass(first, second, 50, 50), rounds)
    theirs, other = best(lambda: pqm_chi2(first, second, 50, 50), rounds)
    gap = (found.chi_square.mean() - np.mean(other)) / np.hypot(
        found.chi_square.std(), np.std(other)
    )
    permuted, _ = best(lambda: pqmass(first, second, 50, 50, 200), rounds)
    packaged, _ = best(lambda: pqm_chi2(first, second, 50, 50, permute_tests=20), 1)
    return {
        "pqm": block(mine, theirs, difference_in_errors=float(gap * np.sqrt(50))),
        "pqm_permuted": block(permuted / 200, packaged / 20),
    }


def plain_mira(truths: np.ndarray, draws: np.ndarray, centres: np.ndarray) -> float:
    random, found = np.random.default_rng(5), []
    for run in range(centres.shape[1]):
        away = np.linalg.norm(centres[:, run, None] - draws, axis=-1)
        radius = away[np.arange(len(draws)), random.integers(draws.shape[1], size=len(draws))]
        inside = (away < radius[:, None]).sum(1)
        within = np.linalg.norm(centres[:, run] - truths, axis=-1) <= radius
        others = draws.shape[1] - 1
        found.append(np.where(within, inside + 1, others - inside + 1) / (others + 2))
    return float(np.mean(found))


def mira_block(trial: Trial, rounds: int) -> dict[str, Any]:
    points = references(trial, "prior", 10, 1)
    centres = points.take(slice(None))
    mine, found = best(
        lambda: mira_of_ranks(ball_ranks(trial, points, 0, _PLAIN), trial.draws.shape[1]), rounds
    )
    theirs, score = best(lambda: plain_mira(trial.truths, trial.draws, centres), rounds)
    error = float(np.hypot(found.drawn_error, found.error))
    return {"mira": block(mine, theirs, difference_in_errors=(found.score - score) / error,
                          error_ratio=found.drawn_error / found.error)}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--objects", type=int, default=500)
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    trial = trial_of(args.objects, args.draws, args.size)
    line = {
        "objects": args.objects, "draws": args.draws, "size": args.size,
        **tarp_blocks(trial, args.rounds), **pqm_blocks(trial, args.rounds),
        **mira_block(trial, args.rounds),
    }  # fmt: skip
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
