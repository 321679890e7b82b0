r"""What an XP-like spectrum buys: the network's narrowing of age and dust beside the exact one.

For each simulated star the exact posterior (importance sampling with the simulator's own
likelihood) is computed without and with its spectrum, and the standard deviations of `log_age` and
`a_v` are compared with those of the network's draws. One JSON line: for each parameter the
narrowing factor (geometric mean over the stars), exact and by the network, and their ratio.

    python tests/benchmarks/bench_spectra.py --stars 30 --out exact_spectra.jsonl

Exact posteriors take a minute a star and are kept in `--out`; a second call goes on from there.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

import astroviz
from astroviz.stars.catalogue import from_simulation
from astroviz.stars.parameters import PARAMETERS, to_theta
from astroviz.stars.reference import Reference
from astroviz.stars.simulator import SimulatedStars, simulate
from astroviz.stars.spectral_noise import SimulatedSpectra, observe_spectra
from astroviz.stars.spectral_physics import SpectralPhysics

NAMES = [parameter.name for parameter in PARAMETERS]
COMPARED = ("log_age", "a_v")


def sample(seed: int, kind: str) -> tuple[SimulatedStars, tuple[SimulatedSpectra, ...]]:
    """Young stars with Gaia, 2MASS and WISE, and their spectra of one kind."""
    generator = torch.Generator().manual_seed(seed)
    stars = simulate(400, generator, class_weights=(0.57, 0.43, 0.0, 0.0), pattern="all")
    return stars, observe_spectra(stars, generator, SpectralPhysics(), {kind: 1.0})


def exact(reference: Reference, stars: SimulatedStars, row: int, one: Any) -> dict[str, Any]:
    """Means and standard deviations of the exact posteriors of one star."""
    found: dict[str, Any] = {"row": row}
    for label, spectra in (("without", ()), ("with", (one.measured(row),))):
        begin = time.perf_counter()
        posterior = reference.posterior(
            stars.values[row], stars.errors[row], stars.states[row], spectra=spectra
        )
        scores, _ = posterior.sample(2000)
        theta = to_theta(torch.from_numpy(scores)).numpy()[:, :6]
        found[label] = {
            "mean": theta.mean(0).tolist(), "sd": theta.std(0).tolist(),
            "effective_size": posterior.effective_size,
            "seconds": round(time.perf_counter() - begin, 1),
        }  # fmt: skip
    return found


def network(model: Any, stars: SimulatedStars, sets: Any, row: int, sampler: str) -> Any:
    """Standard deviations of the network's draws without and with the spectrum."""
    seen = from_simulation(stars, "sample", spectra=tuple(s.as_set() for s in sets)).observations
    star = seen.row(row)
    found = {}
    for label, observed in (("without", star.ignoring([s.one.name for s in sets])),
                            ("with", star)):  # fmt: skip
        draws = model.posterior(observed).sample(4000, seed=row, sampler=sampler)
        found[label] = [float(draws[name].std()) for name in NAMES[:6]]
    return found


def main() -> None:
    """Compute what is missing, compare, print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stars", type=int, default=30)
    parser.add_argument("--seed", type=int, default=77)
    parser.add_argument("--kind", default="xp", choices=["xp", "lamost", "apogee"])
    parser.add_argument("--out", type=Path, default=Path("exact_spectra.jsonl"))
    parser.add_argument("--exact-only", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    stars, sets = sample(args.seed, args.kind)
    one = next(found for found in sets if found.one.name == args.kind)
    rows = one.seen.nonzero()[: args.stars, 0].tolist()
    done = [json.loads(line) for line in args.out.read_text().splitlines()] if (
        args.out.exists()) else []  # fmt: skip
    reference = Reference()
    for row in (row for row in rows if row not in {entry["row"] for entry in done}):
        done.append(exact(reference, stars, row, one))
        with args.out.open("a") as file:
            file.write(json.dumps(done[-1]) + "\n")
        sys.stderr.write(f"{len(done)} of {len(rows)}\n")
    if args.exact_only:
        return
    model = astroviz.load("stars")
    print(json.dumps(compare(model, stars, (one,), done, args.kind)))


def compare(model: Any, stars: Any, sets: Any, done: list[Any], kind: str) -> dict[str, Any]:
    """Narrowing factors, exact and by the network."""
    line: dict[str, Any] = {"benchmark": "spectra", "kind": kind, "stars": len(done)}
    for sampler in ("flow", "shortcut"):
        answers = [network(model, stars, sets, entry["row"], sampler) for entry in done]
        for name in COMPARED:
            k = NAMES.index(name)
            right = np.array([e["with"]["sd"][k] / e["without"]["sd"][k] for e in done])
            ours = np.array([a["with"][k] / a["without"][k] for a in answers])
            both = [float(np.exp(np.log(part).mean())) for part in (right, ours)]
            width = np.array([a["with"][k] / e["with"]["sd"][k]
                              for a, e in zip(answers, done, strict=True)])  # fmt: skip
            line[f"{name} {sampler}"] = {
                "exact_factor": round(both[0], 3), "network_factor": round(both[1], 3),
                "ratio": round(both[1] / both[0], 3),
                "stars_within_15_per_cent": round(float((abs(ours / right - 1) < 0.15).mean()), 2),
                "median_width_over_exact": round(float(np.median(width)), 3),
            }  # fmt: skip
    return line


if __name__ == "__main__":
    main()
