"""Speed of 10,000 rotations drawn from the checkerboard, in one process, on one core.

    python tests/benchmarks/bench_rotations.py [--draws 10000] [--anchor-steps 2047]

One line of JSON: seconds of our sampler (Heun, 39 evaluations) by the engine, and its ratio to

- `anchor`: the anchor's network under its own sampler, 2,047 midpoint steps of two evaluations;
- `plain`: our network in a plain PyTorch loop without the core: no engine, no chunks, no checks.

The anchor's sampler is timed over a part of its steps (`--anchor-timed`) and scaled up, since all
of its steps cost the same.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

import astroviz
from astroviz.core.engine import Engine
from astroviz.orientations.baselines.anchor import STEPS, midpoint_sample
from astroviz.orientations.densities_model import ANCHOR, DEFAULT_STEPS
from astroviz.orientations.process import HIGHEST, LOWEST, evaluations
from astroviz.orientations.rotations import exp, random_rotations

NAME = "checkerboard"


def plain(network: Any, n: int, seed: int) -> Tensor:
    """Heun's rule as one would write it in a notebook."""
    rotation = random_rotations(n, torch.Generator().manual_seed(seed))
    ratio = (LOWEST / HIGHEST) ** (1 / DEFAULT_STEPS)
    sigma = HIGHEST
    with torch.no_grad():
        for _ in range(DEFAULT_STEPS):
            then = sigma * ratio
            first = -sigma * network(rotation, torch.full((n,), sigma))
            guess = rotation @ exp((then - sigma) * first)
            second = -then * network(guess, torch.full((n,), then))
            rotation = rotation @ exp(0.5 * (then - sigma) * (first + second))
            sigma = then
        return rotation @ exp(sigma**2 * network(rotation, torch.full((n,), sigma)))


def best(work: Callable[[], Any], times: int) -> float:
    found = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=10_000)
    parser.add_argument("--anchor-timed", type=int, default=20, help="steps that are timed")
    args = parser.parse_args()
    torch.set_num_threads(1)
    model = astroviz.load("orientations/densities", "cpu")
    n, network, anchor = args.draws, model.score(NAME), model.score(NAME, ANCHOR)
    with Engine(device="cpu") as engine:
        seeds = iter(range(100))  # an answer that is remembered would cost nothing
        ours = best(lambda: engine.submit(model.request(NAME, n, next(seeds))).result(), 3)
    loop = best(lambda: plain(network, n, 0), 3)
    generator = torch.Generator().manual_seed(0)
    part = best(lambda: midpoint_sample(anchor, n, generator, args.anchor_timed), 2)
    whole = part * STEPS / args.anchor_timed
    figure = {
        "draws": n, "evaluations": evaluations(DEFAULT_STEPS), "seconds": round(ours, 3),
        "anchor_evaluations": 2 * STEPS, "anchor_seconds": round(whole, 1),
        "plain_seconds": round(loop, 3), "anchor_over_ours": round(whole / ours, 1),
        "plain_over_ours": round(loop / ours, 3),
    }  # fmt: skip
    sys.stdout.write(json.dumps(figure) + "\n")


if __name__ == "__main__":
    main()
