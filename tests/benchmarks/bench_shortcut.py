"""Steps against accuracy: the few-step sampler, and fewer steps of the flow, beside the full flow.

    python tests/benchmarks/bench_shortcut.py --stars 12 --folds 2 [--log FILE] [--card]

For each sampler and number of evaluations of the network, one line of JSON with

- `c2st`: how well a classifier tells 2,000 draws from as many of the converged flow (64 midpoint
  steps), as mean over simulated stars, gap patterns taken in turn (0.5 is no difference; with few
  folds it comes out just below, since what one fold has too many of the others have too few of);
- `coverage_error`: the largest |coverage - 0.90| of the central 90 % intervals over the six common
  parameters and the six gap patterns, and `coverage_noise`, the standard error of one cell;
- `milliseconds`: the median processor time of 2,000 draws of one star on one core.

Each figure is written to `--log` as soon as it is there, and read back instead of being measured
again. With `--card` the figures go into the metrics of the model's card; its weights are not
touched. It takes about 20 minutes of one core with `--folds 2`, and twice as long with five.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

import astroviz
from astroviz.accuracy.c2st import c2st
from astroviz.accuracy.calibration import coverage, ranks
from astroviz.core.cards import write_card
from astroviz.stars.checks import posterior_scores
from astroviz.stars.exactness import joint_scores
from astroviz.stars.parameters import to_z
from astroviz.stars.simulator import PATTERNS, simulate
from astroviz.stars.steps import StepFigure, evaluations, to_metrics

WAYS = [("shortcut", 1), ("shortcut", 2), ("shortcut", 4),
        *(("flow", steps) for steps in (1, 2, 4, 8, 16))]  # fmt: skip
NUMBER = 2000
CONVERGED = 64
YOUNG = (0.575, 0.425, 0.0, 0.0)
RANKED = 49  # draws of each star; ranks are made continuous, so few are as exact as many


def scores(draws: Any, seed: int) -> np.ndarray:
    """Draws in the coordinates in which the prior is normal, disk flag included."""
    theta = torch.from_numpy(np.nan_to_num(draws.values[:, :9], nan=1.0)).double()
    disk = torch.from_numpy(draws.extras["disk"] > 0.5)
    return joint_scores(to_z(theta), disk, torch.Generator().manual_seed(seed)).numpy()


def posteriors(model: Any, stars: int) -> Iterator[tuple[int, Any]]:
    """Simulated young stars, gap patterns in turn, each with a seed of its own."""
    patterns = itertools.cycle(PATTERNS)
    for k in range(stars):
        found = model.simulate(1, seed=1000 + k, class_weights=YOUNG, pattern=next(patterns))
        yield k, model.posterior(found.observations)


class Log:
    """Figures that are known, by what they are of; kept in a file where one is named."""

    def __init__(self, path: Path | None, model: str) -> None:
        self.path, self.model, self.known = path, model, {}
        lines = path.read_text().splitlines() if path is not None and path.exists() else []
        for line in map(json.loads, lines):
            if line["model"] == model:
                self.known[line["what"], line["sampler"], line["steps"]] = line["value"]

    def get(self, what: str, way: tuple[str, int], measure: Callable[[], float]) -> float:
        """A figure, measured if it is not known."""
        key = (what, *way)
        if key not in self.known:
            self.known[key] = measure()
            line = {"model": self.model, "what": what, "sampler": way[0], "steps": way[1],
                    "value": self.known[key]}  # fmt: skip
            if self.path is not None:
                with self.path.open("a") as file:
                    file.write(json.dumps(line) + "\n")
        return self.known[key]


def accuracy(posterior: Any, way: tuple[str, int], full: np.ndarray, k: int, folds: int) -> float:
    """C2ST of one way against the converged flow, for one star."""
    draws = posterior.sample(NUMBER, seed=2, sampler=way[0], steps=way[1])
    return c2st(full, scores(draws, 2 * k + 1), folds=folds)


def coverage_error(model: Any, way: tuple[str, int], pattern: str, stars: int) -> float:
    """Largest error of the 90 % coverage over the six common parameters, for one gap pattern."""
    generator = torch.Generator().manual_seed(77)
    sky = simulate(stars, generator, model.physics, YOUNG, pattern)
    generator = torch.Generator().manual_seed(5)
    found = posterior_scores(model, sky, RANKED, generator, None, way[1], way[0] == "shortcut")
    inside, _ = coverage(ranks(sky.z[:, :6].numpy(), found[..., :6].numpy()))
    return float(abs(inside - 0.9).max())


def milliseconds(model: Any, way: tuple[str, int], repeats: int = 30) -> float:
    """Median milliseconds of processor time of 2,000 draws of one star."""
    _, posterior = next(posteriors(model, 1))
    spent = []
    for repeat in range(repeats + 3):
        start = time.process_time()
        posterior.sample(NUMBER, seed=repeat, sampler=way[0], steps=way[1])
        spent.append(1e3 * (time.process_time() - start))
    return float(np.median(spent[3:]))  # the first calls pay for lazy set-up


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stars", type=int, default=12, help="stars for C2ST")
    parser.add_argument("--folds", type=int, default=5, help="folds of the classifier test")
    parser.add_argument("--ranked", type=int, default=2000, help="stars of each pattern, coverage")
    parser.add_argument("--log", type=Path, help="file of figures that are measured already")
    parser.add_argument("--card", action="store_true", help="write the figures into the card")
    args = parser.parse_args()
    torch.set_num_threads(1)
    model = astroviz.load("stars", device="cpu")
    log = Log(args.log, model.card.sha256[:12])
    spent = {way: log.get("ms", way, partial(milliseconds, model, way)) for way in WAYS}
    covered = {
        way: max(
            log.get(f"coverage {p} {args.ranked}", way,
                    partial(coverage_error, model, way, p, args.ranked)) for p in PATTERNS
        ) for way in WAYS
    }  # fmt: skip
    told: dict[tuple[str, int], list[float]] = {way: [] for way in WAYS}
    for k, posterior in posteriors(model, args.stars):
        full = scores(posterior.sample(NUMBER, seed=1, steps=CONVERGED), 2 * k)
        for way in WAYS:
            measure = partial(accuracy, posterior, way, full, k, args.folds)
            told[way].append(log.get(f"c2st {k} {args.folds}", way, measure))
    figures = [
        StepFigure(way[0], evaluations(*way), float(np.mean(told[way])), covered[way], spent[way])
        for way in WAYS
    ]
    for way, figure in zip(WAYS, figures, strict=True):
        line = {
            **dataclasses.asdict(figure), "c2st_largest": max(told[way]), "stars": args.stars,
            "coverage_stars": args.ranked * len(PATTERNS),
            "coverage_noise": (0.09 / args.ranked) ** 0.5, "model": log.model,
        }  # fmt: skip
        sys.stdout.write(json.dumps(line) + "\n")
    if args.card:
        kept = {k: v for k, v in model.card.metrics.items() if not k.startswith("steps ")}
        card = dataclasses.replace(model.card, metrics={**kept, **to_metrics(figures)})
        write_card(model.card.path, card)


if __name__ == "__main__":
    main()
