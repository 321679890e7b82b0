"""Scrubbing the film of an adaptation against asking the network again at every step.

    python tests/benchmarks/bench_adaptation.py

One JSON line: median time to have everything that the page draws of a frame, from the film and
from the network (`take_frame`), and their ratio; and the time of a step of the adaptation.
"""

from __future__ import annotations

import json
import time

import numpy as np
import torch

import astroviz
from astroviz.stars.adaptation import Adaptation
from astroviz.stars.adaptation_explorer import AdaptationExplorer
from astroviz.stars.adaptation_film import take_frame
from astroviz.stars.adaptation_runs import Stage


def median(act, repeats: int) -> float:
    """Median time of a call, seconds."""
    times = []
    for k in range(repeats):
        start = time.perf_counter()
        act(k)
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def main() -> None:
    torch.set_num_threads(1)
    experiment = astroviz.load("stars/adaptation", device="cpu")
    explorer = AdaptationExplorer(experiment)
    frames = len(explorer.film())

    def scrub(k: int) -> None:
        explorer.frame = k % frames
        explorer.latent()
        explorer.recovery("left")
        explorer.recovery("right")
        explorer.distances()

    def ask(k: int) -> None:
        take_frame(
            experiment.network("ot + 500 pairs"), explorer.cast, experiment.projection,
            experiment.physics, k, True,
        )  # fmt: skip

    scrub(0)
    film, network = median(scrub, 60), median(ask, 5)
    stage = Stage("B", experiment.network())
    run = Adaptation(
        stage.network, stage.sets(experiment.arms["ot + 500 pairs"].arm),
        experiment.arms["ot + 500 pairs"].arm,
    )  # fmt: skip
    step = median(lambda _: run.advance(), 30)
    print(json.dumps({
        "benchmark": "scrub", "film_ms": film * 1e3, "network_ms": network * 1e3,
        "ratio": network / film, "step_ms": step * 1e3,
    }))  # fmt: skip


if __name__ == "__main__":
    main()
