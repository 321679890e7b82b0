"""Posteriors of 64 x 64 images: 1,000 objects of 100 draws, judged part by part.

    python tests/benchmarks/bench_accuracy_images.py [--objects 1000] [--draws 100] [--side 64]

The images are draws of an exactly known law: a smooth Gaussian field is seen through noise, so
that the posterior is Gaussian and exact; `--narrow` makes it too narrow. Parts of 25 objects are
made, ranked about ten references of the prior, and dropped. One line of JSON: `seconds` of the
judging, `making_seconds` of the images themselves, whole `wall_seconds`
and `cpu_seconds`, peak memory `peak_mb`
against `draws_mb` that all draws would take, the p-values of MIRA and TARP, and the same checks of
`held_seconds` on a part that is held in memory against `package_seconds` of `tarp` on the same
part, with their ratio.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from astroviz.accuracy.calibration import ks_test
from astroviz.accuracy.mira import mira_of_ranks
from astroviz.accuracy.random_points import ranks_of_parts

_PART = 25


class Field:
    """A Gaussian field with noise of 1 on each pixel: prior and posterior are known by modes."""

    def __init__(self, side: int, narrow: float) -> None:
        rows, columns = np.meshgrid(np.fft.fftfreq(side), np.fft.rfftfreq(side), indexing="ij")
        wave = np.hypot(rows, columns) * side
        self.shape = (side, side)
        self.power = 40.0 / (1 + (wave / 3) ** 3)  # prior variance of a mode, noise is 1
        self.kept = self.power / (self.power + 1)
        self.narrow = narrow

    def colour(self, white: np.ndarray, factor: np.ndarray) -> np.ndarray:
        from scipy.fft import irfft2, rfft2

        wide = white.reshape(*white.shape[:-1], *self.shape)
        found = irfft2(rfft2(wide) * factor.astype(np.float32), s=self.shape)
        return np.asarray(found, np.float32).reshape(white.shape)

    def prior(self, count: int, random: np.random.Generator) -> np.ndarray:
        white = random.standard_normal((count, self.shape[0] ** 2), dtype=np.float32)
        return self.colour(white, np.sqrt(self.power))

    def part(self, count: int, draws: int, random: np.random.Generator) -> dict[str, Any]:
        truths = self.prior(count, random)
        data = truths + random.standard_normal(truths.shape, dtype=np.float32)
        mean = self.colour(data, self.kept)
        white = random.standard_normal((count, draws, truths.shape[1]), dtype=np.float32)
        white = self.colour(white, self.narrow * np.sqrt(self.kept))
        white += mean[:, None]
        return {"truths": truths, "draws": white}


def parts(field: Field, objects: int, draws: int, seconds: list[float]) -> Iterator[dict]:
    random = np.random.default_rng(1)
    for start in range(0, objects, _PART):
        clock = time.perf_counter()
        part = field.part(min(_PART, objects - start), draws, random)
        seconds.append(time.perf_counter() - clock)
        yield part


def package(part: dict[str, Any], references: np.ndarray) -> float:
    import tarp

    clock = time.perf_counter()
    tarp.get_tarp_coverage(
        part["draws"].transpose(1, 0, 2), part["truths"], references=references, norm=False,
        num_alpha_bins=50, bootstrap=False,
    )  # fmt: skip
    return time.perf_counter() - clock


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--objects", type=int, default=1000)
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--narrow", type=float, default=1.0)
    args = parser.parse_args()
    field, making = Field(args.side, args.narrow), []
    pool = field.prior(500, np.random.default_rng(2))
    clock, cpu = time.perf_counter(), time.process_time()
    ranks, draws = ranks_of_parts(parts(field, args.objects, args.draws, making), pool, runs=10)
    wall, cpu = time.perf_counter() - clock, time.process_time() - cpu
    found = mira_of_ranks(ranks, draws)
    spread = np.random.default_rng(3).random(len(ranks))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    held = field.part(100, args.draws, np.random.default_rng(4))
    ours = []
    for _ in range(3):
        clock = time.perf_counter()
        ranks_of_parts([held], pool, runs=1)
        ours.append(time.perf_counter() - clock)
    theirs = min(package(held, pool[:100]) for _ in range(2))
    line = {
        "objects": args.objects, "draws": draws, "pixels": args.side**2,
        "seconds": wall - sum(making), "making_seconds": sum(making), "wall_seconds": wall,
        "cpu_seconds": cpu,
        "peak_mb": peak, "draws_mb": 4 * args.objects * draws * args.side**2 / 2**20,
        "mira": found.score, "mira_error": found.error, "mira_expected": found.expected,
        "mira_p": found.p_value, "tarp_p": float(ks_test((ranks[:, 0] + spread) / (draws + 1))[1]),
        "held_seconds": min(ours), "package_seconds": theirs, "ratio": theirs / min(ours),
    }  # fmt: skip
    line = {k: round(float(v), 4) if isinstance(v, float) else v for k, v in line.items()}
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
