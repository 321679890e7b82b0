"""Coverage of a learned prior's posteriors over simulated lenses; stops and goes on.

    python tests/benchmarks/bench_lens_coverage.py --model lensing/galaxies16 --sampler default
    python tests/benchmarks/bench_lens_coverage.py --sampler reference --budget 600
    python tests/benchmarks/bench_lens_coverage.py --model lensing/galaxies --draws 50 --lenses 500

Each batch of lenses is a file in OUT; what is there is not repeated. When all lenses are there,
one line of JSON: the largest distance of the coverage from the diagonal, its band of 95 %
(1.36 / sqrt T), and `ratio`, the distance over the band.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import torch

from astroviz.accuracy.tarp import credibilities, expected_coverage
from astroviz.core.device import resolve_device
from astroviz.lensing.lens_coverage import Coverage, covered
from astroviz.lensing.prior import open_prior
from astroviz.lensing.settings import LIVE, REFERENCE, preset


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="lensing/galaxies16", help="prior")
    parser.add_argument("--sampler", default="default", help="default, reference, or a name")
    parser.add_argument("--steps", type=int, help="steps of the sampler (its own)")
    parser.add_argument("--sources", choices=("law", "prior"), default="law")
    parser.add_argument("--lenses", type=int, default=200, help="simulated lenses (200)")
    parser.add_argument("--draws", type=int, default=16, help="draws of each (16)")
    parser.add_argument("--batch", type=int, default=8, help="lenses in one batch (8)")
    parser.add_argument("--noise", type=float, default=0.1, help="of a pixel, prior units (0.1)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch (1)")
    parser.add_argument("--budget", type=float, default=1e9, help="seconds to work (all)")
    parser.add_argument("--out", type=Path, default=Path("lens_coverage"), help="folder")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    prior = open_prior(args.model, resolve_device(args.device))
    known = {"default": LIVE, "reference": REFERENCE}
    settings = known.get(args.sampler) or preset(args.sampler)
    if args.steps:
        settings = settings.with_(steps=args.steps)
    kind = f"{args.model}-{args.sampler}{args.steps or ''}-{args.sources}"
    name = f"{kind}-{args.draws}-{args.noise}-{args.seed}"
    folder = args.out / name.replace("/", "-")
    folder.mkdir(parents=True, exist_ok=True)
    end, parts = time.monotonic() + args.budget, []
    for first in range(0, args.lenses, args.batch):
        places = range(first, min(first + args.batch, args.lenses))
        path = folder / f"{places[0]:05d}-{places[-1]:05d}.npz"
        if not path.exists():
            if time.monotonic() > end:
                continue
            covered(prior, settings, places, args.draws, args.seed, args.noise, args.sources).save(
                path
            )
            sys.stderr.write(f"{path}\n")
        parts.append(Coverage.load(path))
    report(Coverage.joined(parts), args, settings.method)


def report(found: Coverage, args: argparse.Namespace, method: str) -> None:
    parts = credibilities(found.truths, found.draws, found.references, args.seed)
    test = expected_coverage(parts, args.seed)
    count = len(found.truths)
    band = 1.36 / count**0.5
    residual = found.draws.mean(1) - found.truths
    spread = found.draws.var(1, ddof=1).sum(-1)
    line = {
        "benchmark": "lens_coverage", "model": args.model, "sampler": args.sampler,
        "method": method, "steps": args.steps, "sources": args.sources, "lenses": count,
        "wanted": args.lenses,
        "draws": args.draws, "evaluations": found.evaluations,
        "tarp_distance": round(test.distance, 4), "band": round(band, 4),
        "inside": bool(test.distance <= band), "ks_p": round(test.ks_p, 4),
        # expected 1 + 1/S for a right posterior
        "error_over_spread": round(float((residual**2).sum() / spread.sum()), 3),
        "chi_square": round(float(found.chi_square.mean()), 4),
        "ratio": round(test.distance / band, 3),
        "against": "the 95 % band of a right posterior",
    }  # fmt: skip
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
