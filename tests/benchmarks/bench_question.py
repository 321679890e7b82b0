"""How long an edited conditional takes to its first draws, beside exact draws of the same star.

    python tests/benchmarks/bench_question.py

Each of the editor's example questions is changed forty times (a given value, an interval, another
thing wanted) and sent through the engine, as the page does. One line of JSON for each kind of
change, milliseconds to the first 256 draws and to all 2,000, then one with the ratio against
`refine`, which answers a posterior exactly, in the same process.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
import torch

import astroviz
from astroviz.stars.explorer import StarsExplorer

TURNS = 40


def spent(engine, request) -> tuple[float, float]:
    """Milliseconds to the first part and to the whole answer."""
    start = time.perf_counter()
    ticket = engine.submit(request)
    first = None
    for _ in ticket:
        first = first or time.perf_counter()
    ticket.result()
    return 1000 * ((first or start) - start), 1000 * (time.perf_counter() - start)


def main() -> None:
    torch.set_num_threads(1)
    explorer = StarsExplorer()
    rng = np.random.default_rng(0)
    changes = {
        "a given value": lambda: explorer.param.update(
            wanted=["log_age", "log_mass", "effective_temperature"], within={},
            given={"a_v": float(rng.uniform(0.05, 1.5))}, hidden=[]),
        "an interval": lambda: explorer.param.update(
            wanted=["log_age", "log_mass"], given={}, hidden=[],
            within={"log_mass": [-0.3 + 0.1 * rng.random(), 0.3]}),
        "a survey predicted": lambda: explorer.param.update(
            wanted=["w1", "w2", "w3"], given={"log_age": float(rng.uniform(6, 7.5))}, within={},
            hidden=[]),
        "parameters and a survey": lambda: explorer.param.update(
            wanted=["log_age", "w1"], given={"a_v": float(rng.uniform(0.05, 1.5))}, within={},
            hidden=[]),
    }  # fmt: skip
    firsts = []
    with astroviz.Engine(device="cpu") as engine:
        for name, change in changes.items():
            times = []
            for _ in range(TURNS):
                change()
                times.append(spent(engine, explorer.conditional()))
            first, whole = np.percentile(times, [50, 90], axis=0).T
            firsts.append(first[0])
            line = {"change": name, "first_p50_ms": first[0], "first_p90_ms": first[1],
                    "whole_p50_ms": whole[0], "whole_p90_ms": whole[1]}  # fmt: skip
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()
        exact = [spent(engine, explorer.request(exact=True))[1] for _ in range(1)]
    ratio = {"ratio": exact[0] / max(firsts), "against": "refine, exact draws of the posterior",
             "first_p50_ms_worst": max(firsts), "refine_ms": exact[0]}  # fmt: skip
    sys.stdout.write(json.dumps(ratio) + "\n")


if __name__ == "__main__":
    main()
