"""Out of distribution: spirals, and more ellipticals, under an ellipticals-only prior.

    python tests/benchmarks/bench_shift.py [--prior lensing/ellipticals] [--objects 200]
        [--population 50] [--file DRAWS.pt] [--seconds 600] [--card]

Sources are seen through two lenses (40 x 40 pixels, PSF, white noise of 0.2 prior units); one
posterior draw of each under the prior. Three sets: `right`, ellipticals of the law that the prior
was taught on; `wrong`, a quarter as many spirals; `expected`, observations of draws of the prior
itself, against which the flag is calibrated. Draws are kept in `--file`; a run that is stopped
goes on from there.

One line of JSON: PQMass p of the wrong population against draws of the prior and against posterior
draws of simulated observations; how many of 200 right populations (a quarter of the objects, or
`--population` of them) are flagged at p < 0.01 (random subsets of the same draws); how many right
objects, and what part of the wrong ones, the score of single objects flags; and how long a draw
takes. With `--card` they go into the prior's card.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor

import astroviz
from astroviz.core.cards import write_card
from astroviz.core.folders import cache_folder
from astroviz.lensing.lens import check_lens
from astroviz.lensing.linear import LinearProblem
from astroviz.lensing.operator import LensOperator, Setup
from astroviz.lensing.procedural import galaxies
from astroviz.lensing.psf import gaussian_psf
from astroviz.lensing.shift import (
    FLAG,
    ObjectShift,
    population_shift,
    posterior_of,
    simulated,
    summaries,
)

LENSES = (
    (1.0, 0.75, 0.5, 0.0, 0.0, 0.03, -0.02, 1.0),
    (0.9, 0.6, -0.7, 0.05, 0.0, 0.0, 0.04, 1.0),
)
NOISE, PIXELS, PART = 0.2, 40, 50
SEEDS = {"right": 1, "wrong": 2, "expected": 3}


def blanks(pixels: int) -> list[LinearProblem]:
    operator = LensOperator(Setup(PIXELS, 0.09, pixels, 1.5 / pixels, gaussian_psf(1.4, 9)))
    nothing = torch.zeros(PIXELS**2)
    return [LinearProblem(operator.matrix(check_lens(one).float()), nothing, NOISE)
            for one in LENSES]  # fmt: skip


def sources(prior: Any, kind: str, number: int, seed: int) -> Tensor:
    generator = Generator().manual_seed(seed)
    if kind == "right":
        return galaxies(number, generator, prior.pixels, "elliptical").flatten(1)
    if kind == "wrong":
        return galaxies(number, generator, prior.pixels, "spiral").flatten(1)
    return prior.sample(number, seed)


def more(prior: Any, empty: list[LinearProblem], kind: str, part: int) -> dict[str, Any]:
    """Posterior draws and summaries of some observations of a set."""
    seed = 1000 * SEEDS[kind] + part
    row = [problem for problem in empty for _ in range(PART // 2)]
    seen = simulated(row, sources(prior, kind, PART, 70_000 + seed), seed)
    begun = time.process_time()
    draws = posterior_of(prior, seen, seed=seed)
    spent = time.process_time() - begun
    return {"draws": draws[:, 0], "looks": torch.from_numpy(summaries(prior, seen, draws)),
            "seconds": spent / PART}  # fmt: skip


def figures(
    prior: Any, kept: dict[str, list[dict[str, Any]]], size: int | None = None
) -> dict[str, Any]:
    draws = {kind: torch.cat([part["draws"] for part in parts]) for kind, parts in kept.items()}
    looks = {kind: np.concatenate([part["looks"].numpy() for part in parts])
             for kind, parts in kept.items()}  # fmt: skip
    count = len(draws["right"])
    size = size or count // 4
    prior_draws = prior.sample(count, seed=5)
    wrong = population_shift(draws["wrong"], prior_draws)
    simulation = population_shift(draws["wrong"], draws["expected"])
    right = population_shift(draws["right"], prior_draws)
    random = np.random.default_rng(0)
    flagged = {"prior": 0, "expected": 0}
    for k in range(200):
        for name, other in (("prior", prior_draws), ("expected", draws["expected"])):
            mine, theirs = (torch.from_numpy(random.permutation(count)[:size])
                            for _ in range(2))  # fmt: skip
            found = population_shift(draws["right"][mine], other[theirs], permutations=299, seed=k)
            flagged[name] += found.p_value < FLAG
    flag = ObjectShift.calibrated(looks["expected"])
    single = {kind: flag.p_values(looks[kind]) for kind in ("right", "wrong")}
    return {
        "prior": prior.name, "objects": count, "population": size,
        "wrong_objects": len(draws["wrong"]),
        "wrong_p_against_prior": wrong.p_value, "wrong_chi2_dof": wrong.reduced,
        "wrong_p_against_simulated": simulation.p_value,
        "right_p_against_prior": right.p_value, "right_chi2_dof": right.reduced,
        "right_populations_flagged_of_200": flagged["prior"],
        "right_populations_flagged_of_200_against_simulated": flagged["expected"],
        "right_objects_flagged": int((single["right"] < FLAG).sum()),
        "wrong_objects_flagged": int((single["wrong"] < FLAG).sum()),
        "median_score_right": float(np.median(flag.ood_score(looks["right"]))),
        "median_score_wrong": float(np.median(flag.ood_score(looks["wrong"]))),
        "cpu_seconds_a_draw": float(np.mean([p["seconds"] for p in kept["right"]])),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prior", default="lensing/ellipticals")
    parser.add_argument("--objects", type=int, default=200)
    parser.add_argument("--population", type=int, help="objects of a right population")
    parser.add_argument("--file", type=Path, default=cache_folder() / "bench_shift.pt")
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--card", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    begun = time.monotonic()
    prior = astroviz.load(args.prior, "cpu")
    prior = getattr(prior, "prior", prior)
    empty = blanks(prior.pixels)
    kept: dict[str, list[dict[str, Any]]] = {kind: [] for kind in SEEDS}
    if args.file.is_file():
        kept = torch.load(args.file, weights_only=True)
    args.file.parent.mkdir(parents=True, exist_ok=True)
    wanted = {kind: args.objects // PART for kind in SEEDS}
    wanted["wrong"] = max(1, wanted["wrong"] // 4)
    for part in range(args.objects // PART):
        for kind in SEEDS:
            late = time.monotonic() - begun > args.seconds
            if len(kept[kind]) <= part < wanted[kind] and not late:
                kept[kind].append(more(prior, empty, kind, part))
                torch.save(kept, args.file)
    whole = min(len(kept["right"]), len(kept["expected"]))
    if not whole or not kept["wrong"]:
        raise SystemExit("no part is finished: give more seconds")
    some = {kind: parts[:whole] for kind, parts in kept.items()}
    line = figures(prior, some, args.population)
    line = {k: round(v, 4) if isinstance(v, float) else v for k, v in line.items()}
    sys.stdout.write(json.dumps(line) + "\n")
    if args.card:
        metrics = {**prior.card.metrics, **{f"shift: {k.replace('_', ' ')}": v for k, v in
                                            line.items() if k != "prior"}}  # fmt: skip
        write_card(prior.card.path, dataclasses.replace(prior.card, metrics=metrics))


if __name__ == "__main__":
    main()
