"""Joint inference of lens and source on simulated lenses: are the lens parameters covered?

    python tests/benchmarks/bench_joint.py --lenses 200 --out joint.jsonl --budget 840

Truths are drawn from the priors of lens and source that the inference assumes (the source from the
network's own law, or with --truth law from the law that it was trained on); ranks of the truths
among the draws must then be uniform. Run it again with the same --out to go on. One line of JSON
with the Kolmogorov-Smirnov p-values, the coverage of 68 and 90 % intervals, the cost of a lens,
and how much narrower the errors are than those of the semi-linear fit, the named alternative.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch

from astroviz.accuracy.calibration import coverage, ks_test
from astroviz.lensing.joint import JointSettings, joint_chains, start_of
from astroviz.lensing.joint_posterior import gaussian_of
from astroviz.lensing.lens import FREE_NAMES, from_free
from astroviz.lensing.lens_search import Clock, FreePrior, summit_of
from astroviz.lensing.prior import NetworkPrior, open_prior
from astroviz.lensing.psf import gaussian_psf
from astroviz.lensing.rays import Rays
from astroviz.lensing.semilinear import SemiLinear
from astroviz.lensing.setup import Setup
from astroviz.lensing.simulate import simulate
from astroviz.lensing.sky_noise import white_noise
from astroviz.lensing.source_grid import SourceGrid

FREE = FreePrior(np.array([0.0, 0, 0, 0, 0, 0, 0, 1.0]),
                 np.array([0.1, 0.1, 0.1, 0.05, 0.05, 0.04, 0.04, 1e-6]))  # fmt: skip
KEPT = 7  # the slope is held
NOISE, PIXELS, SCALE, SOURCE_SCALE = 0.1, 32, 0.1, 0.08


class Study:
    """What all lenses share."""

    def __init__(self, prior: NetworkPrior, sweeps: int, chains: int) -> None:
        self.prior, self.chains = prior, chains
        self.settings = JointSettings(sweeps=sweeps)
        self.mean, self.covariance = gaussian_of(prior)
        self.grid = SourceGrid(prior.pixels, SOURCE_SCALE)
        psf = gaussian_psf(1.5, 9)
        self.setup = Setup(PIXELS, SCALE, prior.pixels, SOURCE_SCALE, psf)

    def lens(self, number: int, law: bool) -> dict[str, object]:
        """Simulate one lens and infer it."""
        generator = np.random.default_rng(10_000 + number)
        free = FREE.draw(1, generator)[0]
        drawn = self.prior.draw_truth(1, 50_000 + number) if law else None
        source = (self.prior.sample(1, 50_000 + number) if drawn is None else drawn)[0]
        seen = simulate(self.setup, from_free(torch.from_numpy(free)), source.numpy(), NOISE,
                        number)  # fmt: skip
        begun = time.process_time()
        model = SemiLinear(Rays(seen, white_noise(seen)), self.grid, 1.0, 1.0, mean=self.mean,
                           covariance=self.covariance)  # fmt: skip
        summit = summit_of(model, FREE, Clock(1e6))
        start = start_of(model, FREE, summit.free)
        frames = list(joint_chains(self.prior, start, self.chains, number, self.settings))
        draws = frames[-1].free
        below = (draws[:, :KEPT] < free[:KEPT]).sum(0) + generator.uniform(size=KEPT)
        classic = np.sqrt(np.diag(start.covariance))
        return {
            "number": number, "seconds": round(time.process_time() - begun, 2),
            "ranks": (below / (len(draws) + 1)).round(5).tolist(),
            "classic_z": ((free - summit.free) / classic)[:KEPT].round(4).tolist(),
            "narrower": (draws.std(0, ddof=1) / classic)[:KEPT].round(4).tolist(),
            "z": ((free - draws.mean(0)) / draws.std(0, ddof=1))[:KEPT].round(4).tolist(),
            "accepted": round(frames[-1].accepted, 3),
        }  # fmt: skip


def summary(rows: list[dict[str, object]], truth: str) -> dict[str, object]:
    """The figures."""
    u = np.array([row["ranks"] for row in rows], dtype=float)
    _, p = ks_test(u)
    names = FREE_NAMES[:KEPT]
    level = {str(a): dict(zip(names, coverage(u, a)[0].round(3).tolist(), strict=True))
             for a in (0.68, 0.9)}  # fmt: skip
    narrower = np.median(np.array([row["narrower"] for row in rows], dtype=float), 0)
    return {
        "benchmark": "joint", "truths": truth, "lenses": len(rows),
        "ks_p": dict(zip(names, p.round(4).tolist(), strict=True)),
        "smallest_p_times_7": round(float(min(1.0, KEPT * p.min())), 4), "coverage": level,
        "coverage_error": {str(a): round(coverage(u, a)[1], 3) for a in (0.68, 0.9)},
        "classic_rms_z": np.sqrt(np.mean(np.square(
            np.array([row["classic_z"] for row in rows], dtype=float)), 0)).round(3).tolist(),
        "alternative": "curvature of the semi-linear evidence",
        "ratio": dict(zip(names, narrower.round(3).tolist(), strict=True)),
        "cpu_seconds_a_lens": _median(rows, "seconds"), "accepted": _median(rows, "accepted"),
    }  # fmt: skip


def _median(rows: list[dict[str, object]], key: str) -> float:
    return round(float(np.median([float(str(row[key])) for row in rows])), 2)


def main() -> None:
    """Go on until all lenses are done or the budget is spent; then print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lenses", type=int, default=200)
    parser.add_argument("--sweeps", type=int, default=JointSettings.sweeps)
    parser.add_argument("--chains", type=int, default=10)
    parser.add_argument("--truth", choices=("network", "law"), default="network")
    parser.add_argument("--out", type=Path, default=None, help="finished lenses, to go on from")
    parser.add_argument("--budget", type=float, default=1e9, help="seconds")
    given = parser.parse_args()
    torch.set_num_threads(1)
    rows: list[dict[str, object]] = []
    if given.out and given.out.is_file():
        rows = [json.loads(line) for line in given.out.read_text().splitlines()]
    study = Study(open_prior("lensing/galaxies16"), given.sweeps, given.chains)
    done, begun = {row["number"] for row in rows}, time.monotonic()
    for number in range(given.lenses):
        if number in done or time.monotonic() - begun > given.budget:
            continue
        rows.append(study.lens(number, given.truth == "law"))
        if given.out:
            with given.out.open("a") as file:
                file.write(json.dumps(rows[-1]) + "\n")
    sys.stdout.write(json.dumps(summary(rows, given.truth)) + "\n")


if __name__ == "__main__":
    main()
