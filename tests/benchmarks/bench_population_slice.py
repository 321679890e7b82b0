"""What a slice of redshift costs while a hand drags it over a hundred thousand draws.

    python tests/benchmarks/bench_population_slice.py [--draws 100000]

One line of JSON, in time of one core: seconds to draw the population, to count the matrix again
and to make each relation anew; and the ratio of the matrix to the same by `numpy.histogram2d`, in
the same process.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from astroviz.core.engine import Engine
from astroviz.core.registry import load
from astroviz.galaxies.population_answers import population_request
from astroviz.galaxies.population_scene import PopulationScene
from astroviz.galaxies.population_state import RELATIONS
from astroviz.plots.binned import Binned, binned_marks

_COLUMNS = ("redshift", "log_mass", "log_sfr")
_SLICES = ((0.02, 0.08), (0.03, 0.1), (0.04, 0.12))


def seconds_of(work: Callable[[Any], Any]) -> float:
    """The best over some slices, in time of the core."""
    best = float("inf")
    for cut in _SLICES:
        start = time.thread_time()
        work(cut)
        best = min(best, time.thread_time() - start)
    return best


def by_numpy(values: np.ndarray, ends: Sequence[tuple[float, float]], weights: np.ndarray) -> None:
    """The same densities and histograms, each from the draws."""
    wide = values.shape[1]
    for j in range(wide):
        np.histogram(values[:, j], 64, ends[j], weights=weights)
        for i in range(j):
            np.histogram2d(values[:, j], values[:, i], 64, [ends[j], ends[i]], weights=weights)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=100_000)
    number = parser.parse_args().draws
    torch.set_num_threads(1)
    population = load("galaxies").population
    with Engine(device="cpu") as engine:
        engine.submit(population_request(population, 2000, 1)).result(600)
        start = time.perf_counter()
        draws = engine.submit(population_request(population, number, 0)).result(600)
        drawing = time.perf_counter() - start
    scene = PopulationScene(draws)
    binned = Binned(scene.values(_COLUMNS), scene.ends(_COLUMNS))
    masks, _ = scene.masks({"quiet": "log_ssfr < -11"})
    ours = seconds_of(lambda cut: binned_marks(binned, scene.weights(cut), masks))
    plain = seconds_of(lambda cut: by_numpy(binned.values, binned.ends, scene.weights(cut)))
    relations = {
        kind: round(seconds_of(lambda cut, kind=kind: scene.relation(kind, cut, masks)), 4)
        for kind in RELATIONS
    }
    sys.stdout.write(json.dumps({
        "benchmark": "population_slice", "draws": number, "drawing_seconds": round(drawing, 2),
        "matrix_seconds": round(ours, 4), "relation_seconds": relations,
        "ratio_to_histogram2d": round(plain / ours, 1),
    }) + "\n")  # fmt: skip


if __name__ == "__main__":
    main()
