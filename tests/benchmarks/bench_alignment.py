"""Alignments of painted boxes against the exact truth, and the time that a new answer takes.

    python tests/benchmarks/bench_alignment.py --folder runs/boxes --painters law,web

One JSON line. For each painter and statistic over all boxes: the sum of chi-square against the
exact expectation with the exact covariance of orientation noise, its p-value, the smallest p of a
box, the p of a test that they are uniform, and chi-square of the mean of all boxes, which a small
bias shows in first. `law` draws from the law itself: it tests estimator and covariance. `web` is
the shipped model, whose rotations are projected with the shapes that the box has. Speed: ED, ee
and w_g+ of new orientations from kept pairs, over asking halotools.
`gan` gives ellipticities only, so w_g+ alone.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from astroviz.orientations.agreement import chi_square, together
from astroviz.orientations.box import Box
from astroviz.orientations.box_statistics import BoxStatistics
from astroviz.orientations.by_halotools import correlate_by_halotools
from astroviz.orientations.curves import Correlation
from astroviz.orientations.law import OrientationLaw
from astroviz.orientations.law import draw as draw_from_law
from astroviz.orientations.train_boxes import GRID, SIZE, TEST, training_boxes

KINDS = ("ed", "ee", "wg+")
Painter = Callable[[Box, int], dict[str, np.ndarray]]


def painter(name: str) -> Painter:
    """A function from a box and a seed to rotations of its galaxies, or to ellipticities."""
    if name == "law":
        return lambda box, seed: {"rotation": draw_from_law(box, seed)}
    import astroviz

    model = astroviz.load(f"orientations/{name}")
    if name == "gan":
        return lambda box, seed: {"ellipticity": model.ellipticities(box, seed)}
    return lambda box, seed: {"rotation": np.asarray(model.paint(box, seed).galaxies.rotation)}


def measure(statistics: BoxStatistics, painted: dict[str, np.ndarray]) -> dict[str, Correlation]:
    """What can be measured of the painted galaxies."""
    if "rotation" in painted:
        return statistics.measure(painted["rotation"], KINDS, errors=False)
    e = painted["ellipticity"]
    return {"wg+": statistics.measure_marks("wg+", e, errors=False)}


def judge(boxes: list[Box], paint: Painter, draws: int) -> dict[str, dict[str, float]]:
    """Agreement of every statistic over all boxes and draws."""
    single: dict[str, list] = {kind: [] for kind in KINDS}
    sums = {kind: [0.0, 0.0] for kind in KINDS}
    for box in boxes:
        statistics = BoxStatistics.of_box(box)
        truths = statistics.truth(OrientationLaw().mixture(box), KINDS)
        for seed in range(draws):
            for kind, one in measure(statistics, paint(box, 1000 + seed)).items():
                difference = one.value - truths[kind].value
                single[kind].append(chi_square(difference, truths[kind].covariance))
                sums[kind][0] += difference
                sums[kind][1] += truths[kind].covariance
    return {kind: report(single[kind], *sums[kind]) for kind in KINDS if single[kind]}


def report(single: list, difference: np.ndarray, covariance: np.ndarray) -> dict[str, float]:
    """One statistic in numbers."""
    joint, mean = together(single), chi_square(difference, covariance)
    return {
        "curves": joint.curves,
        "chi2": round(joint.total.chi_square, 1),
        "dof": joint.total.dof,
        "p": joint.total.p_value,
        "worst_p": joint.worst,
        "uniform_p": joint.uniform,
        "mean_chi2": round(mean.chi_square, 2),
        "mean_dof": mean.dof,
        "mean_p": mean.p_value,
    }


def median(act: Callable[[], object], repeats: int) -> float:
    """Median time of a call, seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        act()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def speed(box: Box, repeats: int = 7) -> dict[str, float]:
    """New orientations of the same galaxies, by us and by halotools."""
    statistics = BoxStatistics.of_box(box)
    start = time.perf_counter()
    _ = statistics.space, statistics.sky
    found = time.perf_counter() - start
    rotation = np.asarray(box.galaxies.rotation)
    options = {"pi_max": statistics.pi_max}

    def by_halotools() -> None:
        for kind in KINDS:
            marks = statistics.marks(kind, rotation)
            correlate_by_halotools(
                kind, statistics.position, box.size, statistics.edges, marks, **options
            )

    by_halotools()
    ours = median(lambda: statistics.measure(rotation, KINDS, errors=False), repeats)
    with_errors = median(lambda: statistics.measure(rotation, KINDS), repeats)
    theirs = median(by_halotools, repeats)
    law = OrientationLaw().mixture(box)
    return {
        "galaxies": len(box.galaxies), "pairs_ms": found * 1e3, "ours_ms": ours * 1e3,
        "with_jackknife_ms": with_errors * 1e3, "halotools_ms": theirs * 1e3,
        "ratio": theirs / ours, "truth_ms": median(lambda: statistics.truth(law, KINDS), 1) * 1e3,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path("runs/boxes"))
    parser.add_argument("--grid", type=int, default=GRID)
    parser.add_argument("--size", type=float, default=SIZE)
    parser.add_argument("--boxes", type=int, default=len(TEST))
    parser.add_argument("--draws", type=int, default=1, help="paintings of each box")
    parser.add_argument("--painters", default="law")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    seeds = list(TEST)[: arguments.boxes]
    boxes = training_boxes(seeds, arguments.folder, arguments.size, arguments.grid)
    judged = {
        name: judge(boxes, painter(name), arguments.draws)
        for name in arguments.painters.split(",")
    }
    print(json.dumps({
        "benchmark": "alignment", "boxes": len(boxes), "size": arguments.size,
        "grid": arguments.grid, "agreement": judged, "speed": speed(boxes[0]),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
