"""How long until something is seen, and until it is finished, against the field's own loop.

    python tests/benchmarks/bench_posterior_speed.py [--full]

The default sampler draws 8 sources of 32 x 32 pixels with the shipped prior through the engine;
beside it, the loop that the field runs: 4,000 Euler-Maruyama steps of the reverse equation with
the convolved likelihood. Its time is that of its first steps times their number, unless --full.
`ratio` is its time over that of the default. What each is worth is in the table of
bench_samplers.py (`cla` has a fifth of the variance missing however many its steps).
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time

import torch

from astroviz.core.engine import Engine
from astroviz.lensing.eigenbasis import Eigenbasis
from astroviz.lensing.exactness import stored
from astroviz.lensing.likelihood import Convolved
from astroviz.lensing.prior import NetworkPrior, open_prior
from astroviz.lensing.problems import problem
from astroviz.lensing.settings import LIVE
from astroviz.lensing.source_posterior import SourcePosterior

FIELD_STEPS, HIGH, LOW = 4000, 30.0, 0.003


def euler_maruyama(
    prior: NetworkPrior, basis: Eigenbasis, n: int, steps: int, seed: int
) -> torch.Tensor:
    """The first `steps` of the field's loop: uniform in time, noise geometric in it."""
    generator = torch.Generator().manual_seed(seed)
    guide = Convolved(prior, basis)
    x = HIGH * torch.randn(n, prior.dim, generator=generator)
    growth = math.log(HIGH / LOW)
    with torch.no_grad():
        for k in range(steps):
            sigma = HIGH * (LOW / HIGH) ** (k / FIELD_STEPS)
            squared = 2 * growth * sigma**2 / FIELD_STEPS
            score = (guide(x, sigma, 1.0).posterior - x) / sigma**2
            noise = torch.randn(n, prior.dim, generator=generator)
            x = x + squared * score + math.sqrt(squared) * noise
    return x


def timed(posterior: SourcePosterior, n: int, seed: int) -> tuple[float, float, int]:
    """Seconds to the first preview and to the draws, and evaluations of each."""
    with Engine(device="cpu") as engine:
        start = time.perf_counter()
        ticket = engine.submit(posterior.request(n, seed))
        first = None
        for _ in ticket:
            first = first or time.perf_counter() - start
        result = ticket.result()
        return first or 0.0, time.perf_counter() - start, int(result.extras["evaluations"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="lensing/galaxies", help="prior")
    parser.add_argument("--draws", type=int, default=8, help="draws (8)")
    parser.add_argument("--threads", type=int, default=2, help="threads of torch (2)")
    parser.add_argument("--steps", type=int, default=60, help="of the field's loop to time (60)")
    parser.add_argument("--full", action="store_true", help="run all 4,000")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    prior = open_prior(args.model, "cpu")
    linear = problem("lens", prior, seed=1).linear
    posterior = SourcePosterior(prior, linear, LIVE)
    timed(SourcePosterior(prior, linear, LIVE.with_(steps=2)), args.draws, 0)  # warm up
    cpu, (first, whole, evaluations) = time.process_time(), timed(posterior, args.draws, 1)
    cpu = time.process_time() - cpu
    steps = FIELD_STEPS if args.full else args.steps
    basis = linear.basis(torch.zeros(1))
    start, field_cpu = time.perf_counter(), time.process_time()
    euler_maruyama(prior, basis, args.draws, steps, 1)
    field = (time.perf_counter() - start) * FIELD_STEPS / steps
    field_cpu = (time.process_time() - field_cpu) * FIELD_STEPS / steps
    table = stored(32)
    line = {
        "benchmark": "posterior_speed", "model": args.model, "draws": args.draws,
        "evaluations": evaluations, "first_preview_s": round(first, 3),
        "finished_s": round(whole, 2), "finished_cpu_s": round(cpu, 2),
        "euler_maruyama_s": round(field, 1), "euler_maruyama_cpu_s": round(field_cpu, 1),
        "variance_ratio": table.get("split_gibbs", {}).get("variance_ratio"),
        "variance_ratio_field": table.get("cla, reference", table.get("cla", {})).get(
            "variance_ratio"
        ),
        "ratio": round(field_cpu / cpu, 1),
        "against": "4,000 Euler-Maruyama steps with the convolved likelihood, processor time",
    }  # fmt: skip
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
