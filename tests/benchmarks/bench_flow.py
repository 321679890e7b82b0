"""The flow of a population against a coupling flow of zuko and one of PopSED's size.

    python tests/benchmarks/bench_flow.py

Draws of eleven coordinates with their density, forward and backward, as every step of a fit needs
them. One line of JSON: milliseconds of each, CPU time of one thread, and ratios to ours in the
same process.
"""

from __future__ import annotations

import json
import sys
import time

import torch
import zuko

from astroviz.galaxies.fit_settings import FitSettings
from astroviz.galaxies.spline_flow import SplineFlow

DRAWS, DIMENSIONS, TURNS = 4096, 11, 4


def ours(layers: int, hidden: int, bins: int):
    """Draws of our flow and their log density."""
    flow = SplineFlow(DIMENSIONS, layers, hidden, bins)

    def step() -> torch.Tensor:
        x, log_det = flow(torch.randn(DRAWS, DIMENSIONS))
        return x.square().sum(-1).mean() - log_det.mean()

    return flow, step


def theirs(layers: int, hidden: int, bins: int):
    """The same of zuko: coupling layers, whose both directions take one pass."""
    flow = zuko.flows.NSF(
        DIMENSIONS, bins=bins, transforms=layers, hidden_features=(hidden, hidden), passes=2
    )

    def step() -> torch.Tensor:
        x, log_prob = flow().rsample_and_log_prob((DRAWS,))
        return x.square().sum(-1).mean() + log_prob.mean()

    return flow, step


def spent(step, flow) -> float:
    """Smallest CPU time of a step with its gradients, milliseconds."""
    found = []
    for _ in range(TURNS):
        flow.zero_grad()
        begun = time.process_time()
        step().backward()
        found.append(1000 * (time.process_time() - begun))
    return min(found)


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    usual = FitSettings()
    size = (usual.layers, usual.hidden, usual.bins)
    built = {"ours": ours(*size), "ours_8x64x8": ours(8, 64, 8), "zuko_8x64x8": theirs(8, 64, 8),
             "zuko_same_size": theirs(*size), "zuko_popsed_size": theirs(20, 100, 40)}  # fmt: skip
    times = {name: spent(step, flow) for name, (flow, step) in built.items()}
    numbers = {
        name: sum(weight.numel() for weight in flow.parameters())
        for name, (flow, _) in built.items()
    }
    sys.stdout.write(json.dumps({
        "benchmark": "flow", "draws": DRAWS, "milliseconds": {k: round(v, 1) for k, v in
                                                              times.items()},
        "weights": numbers,
        "zuko_over_ours_same_size": round(times["zuko_same_size"] / times["ours"], 2),
        "zuko_over_ours_8x64x8": round(times["zuko_8x64x8"] / times["ours_8x64x8"], 2),
        "popsed_size_over_ours": round(times["zuko_popsed_size"] / times["ours"], 1),
    }) + "\n")  # fmt: skip


if __name__ == "__main__":
    main()
