"""Patching a corner plot against building it anew, as one JSON line.

Run: `python tests/benchmarks/bench_plots.py [--draws N] [--repeats N]`. Times are medians in
milliseconds of processor time, so that other work on the machine does not count; `ratio` is
rebuild / patch. Beside it, the first and the later counts of a million stars in a diagram.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable

import numpy as np

from astroviz.plots.corner import Corner
from astroviz.plots.density import Axis
from astroviz.plots.diagrams import ColourMagnitude

AXES = (
    Axis("log_age", "log age", "log10 yr", 5.7, 8.0),
    Axis("log_mass", "log mass", "log10 solMass", -1.5, 0.6),
    Axis("a_v", "A_V", "mag", 0.0, 20.0),
    Axis("effective_temperature", "Teff", "K", 2000.0, 20000.0),
)


def make_draws(count: int, seed: int) -> np.ndarray:
    """Correlated draws of the four parameters."""
    z = np.random.default_rng(seed).normal(size=(count, 4))
    mixed = np.stack([z[:, 0], 0.7 * z[:, 0] + 0.7 * z[:, 1], np.abs(z[:, 2]), z[:, 3]], -1)
    scaled = np.array([6.7, -0.3, 0.1, 3900]) + mixed * np.array([0.2, 0.1, 0.4, 150])
    return scaled.astype(np.float32)


def milliseconds(work: Callable[[int], object], repeats: int) -> float:
    """Median processor time of some calls, the first two left out."""
    times = []
    for k in range(repeats + 2):
        start = time.process_time()
        work(k)
        times.append(1e3 * (time.process_time() - start))
    return float(np.median(times[2:]))


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--repeats", type=int, default=20)
    options = parser.parse_args()
    sets = [make_draws(options.draws, seed) for seed in range(options.repeats + 2)]
    corner = Corner(AXES)
    patch = milliseconds(lambda k: corner.update(sets[k], fit=False), options.repeats)
    rebuild = milliseconds(lambda k: Corner(AXES).update(sets[k]), max(options.repeats // 4, 3))
    rng = np.random.default_rng(0)
    diagram = ColourMagnitude()
    start = time.perf_counter()
    diagram.update(rng.normal(size=1_000_000), rng.normal(size=1_000_000))
    first = 1e3 * (time.perf_counter() - start)
    again = milliseconds(lambda k: diagram.redraw(), 10)
    report = {
        "benchmark": "plots",
        "draws": options.draws,
        "parameters": len(AXES),
        "patch_ms": round(patch, 2),
        "rebuild_ms": round(rebuild, 1),
        "ratio": round(rebuild / patch, 1),
        "million_stars_first_ms": round(first),
        "million_stars_again_ms": round(again, 1),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
