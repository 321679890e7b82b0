"""Speed from the parameters of galaxies to their magnitudes, against slower ways to the same.

    python tests/benchmarks/bench_forward.py [--bands sdss] [--galaxies 8192] [--grids FOLDER]

One line of JSON, in time of one core: magnitudes per second of the tables with and without the
gradient in all eleven parameters; seconds to compute the tables of the filters; and, in the same
process, the ratios to three other ways: the whole spectrum in the bins of the tables through
exact filters, the neural emulator where it is there, and (with `--grids`, a folder with the
published grids) direct integration over all ages and wavelengths in float64.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from astroviz.core.registry import ModelError, load
from astroviz.galaxies.direct import Direct, read_full_grids
from astroviz.galaxies.direct_truth import broad_parameters
from astroviz.galaxies.filter_bins import FilterBins
from astroviz.galaxies.filters import filter_set, load_curve
from astroviz.galaxies.parameters import PARAMETERS
from astroviz.galaxies.sfh import history_bases
from astroviz.galaxies.sps import Synthesis, synthesis


def seconds_of(work: Callable[[], Any], rounds: int) -> float:
    """The best of some calls, in time of the core."""
    best = float("inf")
    for _ in range(rounds):
        start = time.thread_time()
        work()
        best = min(best, time.thread_time() - start)
    return best


def with_gradient(magnitudes: Callable[[Tensor], Tensor], theta: Tensor) -> Callable[[], None]:
    """Magnitudes and the gradient of their sum."""

    def work() -> None:
        leaf = theta.clone().requires_grad_()
        magnitudes(leaf).sum().backward()

    return work


def whole_spectra(maker: Synthesis, bands: Sequence[str]) -> Callable[[Tensor], Tensor]:
    """Magnitudes by way of the whole spectrum."""
    filters = [FilterBins(band, maker.edges) for band in bands]
    at = PARAMETERS.index("redshift")

    def magnitudes(theta: Tensor) -> Tensor:
        light = maker.spectrum(theta, observed=False)[1]
        return torch.stack([one.magnitudes(light, theta[:, at]) for one in filters], -1)

    return magnitudes


def direct_seconds(folder: Path, theta: Tensor, bands: Sequence[str]) -> float:
    """Seconds per galaxy of direct integration."""
    direct = Direct(read_full_grids(folder), *history_bases())
    curves = {band: load_curve(band) for band in bands}
    numbers = theta[:20].double().numpy()
    return seconds_of(lambda: direct.magnitudes(numbers, curves), 2) / len(numbers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bands", default="sdss")
    parser.add_argument("--galaxies", type=int, default=8192)
    parser.add_argument("--grids", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    maker, bands = synthesis(), filter_set(args.bands)
    theta = broad_parameters(args.galaxies, torch.Generator().manual_seed(1))
    few = theta[:1024]
    built = seconds_of(lambda: maker.magnitudes(theta[:1], bands), 1)

    def tables(rows: Tensor) -> Tensor:
        return maker.magnitudes(rows, bands)

    forward = seconds_of(lambda: tables(theta), 20) / len(theta)
    gradient = seconds_of(with_gradient(tables, theta), 20) / len(theta)
    spectra = whole_spectra(maker, bands)
    slow = seconds_of(lambda: spectra(few), 3) / len(few)
    report: dict[str, Any] = {
        "bands": args.bands, "galaxies": args.galaxies,
        "seconds to compute the tables": round(built, 2),
        "SED per second": round(1 / forward), "SED per second with gradient": round(1 / gradient),
        "ratio whole spectra / tables": round(slow / forward, 1),
    }  # fmt: skip
    try:
        emulator = load("galaxies/emulator", device="cpu")
    except ModelError:
        pass
    else:
        network = seconds_of(lambda: emulator.magnitudes(few, bands), 3) / len(few)
        report["ratio emulator / tables"] = round(network / forward, 1)
        grown = with_gradient(lambda rows: emulator.magnitudes(rows, bands), few)
        report["ratio emulator / tables, with gradient"] = round(
            seconds_of(grown, 3) / len(few) / gradient, 1
        )
    if args.grids is not None:
        report["ratio direct / tables"] = round(direct_seconds(args.grids, few, bands) / forward)
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
