"""Every method on one density of rotations, at the same number of steps: one line of JSON each.

    python tests/benchmarks/bench_baselines.py [--density mixture16] [--steps 400] [--draws 2000]

All methods get the same data, seeds, batches of 512 rotations, number of optimiser steps and
networks of nearly the same size (256 units, 4 or 5 layers). Each line has

- `c2st`: accuracy of the benchmark's classifier on matrix entries, draws against fresh data (0.5
  is no difference), and `null`, the same for two sets of fresh data; where the data lie on a
  sheet both sides are smoothed by a kernel of 0.05 rad first;
- `log_prob`: mean over fresh data, Haar measure, and `gap`, by how much it misses the truth; null
  where the method or the data have no density;
- `fit_seconds`, `draw_seconds` (each method by its own sampler) and `evaluations` of its network
  for a draw;
- `fit_ratio` and `draw_ratio`: its seconds over those of the score network of this package.

The seconds are those of the machine at this moment; the ratios are what to compare.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from astroviz.accuracy.c2st import c2st
from astroviz.orientations import igso3, process
from astroviz.orientations.baselines.anchor import STEPS, Anchor
from astroviz.orientations.baselines.descent import minimise
from astroviz.orientations.baselines.flow_matching import FlowMatching
from astroviz.orientations.baselines.implicit_pdf import ImplicitPDF
from astroviz.orientations.baselines.leach import Leach
from astroviz.orientations.baselines.matrix_fisher import MatrixFisher
from astroviz.orientations.densities import density
from astroviz.orientations.score import ScoreNetwork
from astroviz.orientations.targets import noise_scales, score_loss, stable_target

SMOOTHING = 0.05
REFERENCES = 512


class Ours:
    """The score network of the package, by the stable target, with its own sampler."""

    name = "score of the matrix entries (this package)"

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.network = ScoreNetwork()

    def fit(self, rotations: Tensor, steps: int, generator: torch.Generator) -> Ours:
        def pick(n: int) -> Tensor:
            return rotations[torch.randint(len(rotations), (n,), generator=generator)]

        def loss() -> Tensor:
            clean = pick(512)
            sigma = noise_scales(512, generator)
            noisy = igso3.sample(clean, sigma, generator)
            wanted = stable_target(noisy, clean, sigma, pick(REFERENCES))
            return score_loss(self.network(noisy, sigma), wanted, sigma)

        minimise(self.network, loss, steps, 2e-3)
        return self

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        with torch.no_grad():
            return process.sample(self.network, n, 19, generator)

    def log_prob(self, rotations: Tensor) -> Tensor:
        return process.log_prob(self.network, rotations, 20)


METHODS: dict[str, tuple[Callable[[], Any], int]] = {
    "ours": (Ours, 39),
    "anchor": (Anchor, 2 * STEPS),
    "flow": (FlowMatching, 40),
    "implicit": (lambda: ImplicitPDF(level=4), 1),
    "fisher": (lambda: MatrixFisher(32), 1),
    "leach": (Leach, 100),
}


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    found = work()
    return found, time.perf_counter() - start


def told_apart(truth: Tensor, draws: Tensor, smooth: bool, seed: int) -> float:
    """C2ST of matrix entries, both sides smoothed where the truth is a sheet."""
    generator = torch.Generator().manual_seed(seed)
    sides = [igso3.sample(s, SMOOTHING, generator) if smooth else s for s in (truth, draws)]
    return c2st(*(s.flatten(1).numpy() for s in sides))


def line(name: str, args: argparse.Namespace, sets: dict[str, Any]) -> dict[str, Any]:
    make, evaluations = METHODS[name]
    method, smooth = make(), sets["exact"] is None
    _, fit = timed(lambda: method.fit(sets["data"], args.steps, torch.Generator().manual_seed(2)))
    draws, spent = timed(lambda: method.sample(args.draws, torch.Generator().manual_seed(3)))
    found: dict[str, Any] = {
        "method": method.name, "density": args.density, "steps": args.steps,
        "c2st": round(told_apart(sets["fresh"], draws, smooth, 4), 4),
        "null": sets["null"], "log_prob": None, "gap": None,
        "evaluations": evaluations, "fit_seconds": round(fit, 2),
        "draw_seconds": round(spent, 2),
    }  # fmt: skip
    if not smooth and hasattr(method, "log_prob"):
        some = sets["fresh"][: args.points]
        value = float(method.log_prob(some).mean())
        found |= {"log_prob": round(value, 3), "gap": round(float(sets["exact"]) - value, 3)}
    return found


def prepared(args: argparse.Namespace) -> dict[str, Any]:
    """Data, fresh data, their mean log density and the null of the classifier."""
    law, generator = density(args.density), torch.Generator().manual_seed(1)
    data = law.sample(args.data, generator)
    fresh, other = law.sample(args.draws, generator), law.sample(args.draws, generator)
    try:
        exact: float | None = float(law.log_prob(fresh[: args.points]).mean())
    except ValueError:  # a sheet has no density
        exact = None
    null = round(told_apart(fresh, other, exact is None, 4), 4)
    return {"data": data, "fresh": fresh, "exact": exact, "null": null}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--density", default="mixture16")
    parser.add_argument("--steps", type=int, default=400, help="optimiser steps of each method")
    parser.add_argument("--draws", type=int, default=2000, help="draws of each method")
    parser.add_argument("--points", type=int, default=400, help="points for the log-likelihood")
    parser.add_argument("--data", type=int, default=50_000, help="rotations to learn from")
    parser.add_argument("--only", nargs="*", default=list(METHODS), choices=list(METHODS))
    args = parser.parse_args()
    torch.set_num_threads(1)
    sets = prepared(args)
    ours: dict[str, Any] | None = None
    for name in args.only:
        found = line(name, args, sets)
        ours = ours or found
        for what in ("fit", "draw"):
            ratio = found[f"{what}_seconds"] / max(ours[f"{what}_seconds"], 1e-3)
            found[f"{what}_ratio"] = round(float(np.float64(ratio)), 2)
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
