"""Expected information gain of missing surveys: the network beside nested Monte Carlo.

    python tests/benchmarks/bench_information.py --stars 50

The brute force owes the network nothing but its starting points: exact posterior draws of each
star with their companions and accretion (`refine_crowd`), the missing survey simulated for some
of them, and for each outcome all of them weighted by the exact likelihood of what it saw, chosen
by their weights, and moved by Markov steps under all the data. One line of JSON for each
star, then one with the rank correlations of the two rankings and the times.
"""

from __future__ import annotations

import argparse
import json
import sys
import time

import numpy as np
import torch
from scipy.stats import spearmanr
from torch import Tensor

import astroviz
from astroviz.io.observations import State
from astroviz.stars.information import entropy, expected_gain, measured, missing_surveys
from astroviz.stars.likelihood import log_likelihood
from astroviz.stars.outlook import intrinsic_values
from astroviz.stars.parameters import PARAMETERS, to_theta, to_z
from astroviz.stars.refine import Crowd, refine_crowd
from astroviz.stars.surveys import QUANTITIES

PARAMETERS_OF_INTEREST = ("log_age", "log_mass", "a_v")
INNER = 500  # exact draws after each predicted outcome
SWEEPS = 20
COLUMNS = [[p.name for p in PARAMETERS].index(name) for name in PARAMETERS_OF_INTEREST]


def seen_by(survey: str, crowd: Crowd, model, rows: Tensor, generator: torch.Generator):
    """What a survey sees of some walkers: values, errors and states of all 20 quantities."""
    theta = to_theta(crowd.points[rows, : len(PARAMETERS)])
    intrinsic = intrinsic_values(
        theta, crowd.disk[rows], crowd.mass_ratio[rows], crowd.veiling[rows], model.physics,
        generator,
    )  # fmt: skip
    values, errors, states = measured(intrinsic, generator)
    hidden = torch.tensor([quantity.survey != survey for quantity in QUANTITIES])
    states[:, hidden] = int(State.NOT_COVERED)
    return values, errors, states


def brute_force(posterior, surveys, outcomes: int, walkers: int, seed: int) -> np.ndarray:
    """Nested Monte Carlo of the gain in bits, shape (surveys, parameters)."""
    model = posterior.model
    draws = posterior.sample(walkers, seed=seed)
    z = to_z(torch.from_numpy(np.nan_to_num(draws.values[:, :9], nan=1.0)))
    inputs = {k: torch.from_numpy(np.asarray(v)) for k, v in posterior.inputs().items()}
    generator = torch.Generator().manual_seed(seed)
    crowd = refine_crowd(
        z, torch.from_numpy(draws.extras["disk"] > 0.5), inputs["values"], inputs["errors"],
        inputs["states"], model.physics, generator,
    )  # fmt: skip
    theta = to_theta(crowd.points[:, : len(PARAMETERS)])
    gains = []
    for survey in surveys:
        rows = torch.randperm(walkers, generator=generator)[:outcomes]
        tables = seen_by(survey, crowd, model, rows, generator)
        new = torch.tensor([quantity.survey == survey for quantity in QUANTITIES])
        after = []
        for k in range(outcomes):
            value, error, state = (table[k].to(inputs["values"].dtype) for table in tables)
            state = state.to(torch.int8)
            weights = log_likelihood(
                theta, crowd.disk, crowd.mass_ratio, crowd.veiling, value, error, state,
                model.physics,
            ).softmax(0)  # fmt: skip
            chosen = torch.multinomial(weights, INNER, replacement=True, generator=generator)
            joint = (
                torch.where(new, value, inputs["values"]),
                torch.where(new, error, inputs["errors"]),
                torch.where(new, state, inputs["states"]),
            )
            # heavy walkers are drawn more than once: Markov steps part the copies
            moved = refine_crowd(
                crowd.points[chosen, : len(PARAMETERS)], crowd.disk[chosen], *joint,
                model.physics, generator, sweeps=SWEEPS,
            )  # fmt: skip
            after.append(entropy(moved.points[:, COLUMNS].T))
        parts = crowd.points[:, COLUMNS].T.split(INNER, 1)
        before = torch.stack([entropy(p) for p in parts if p.shape[1] == INNER]).mean(0)
        gains.append(before - torch.stack(after).mean(0))
    return torch.stack(gains).numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stars", type=int, default=50)
    parser.add_argument("--outcomes", type=int, default=32, help="predicted outcomes of a survey")
    parser.add_argument("--walkers", type=int, default=1500, help="exact draws of a star")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    model = astroviz.load("stars", device="cpu")
    stars = model.simulate(8 * args.stars, seed=args.seed, class_weights=(0.575, 0.425, 0, 0))
    table = stars.observations
    pairs, correlations, best, spent = [], [], 0, np.zeros(2)
    done = 0
    for row in range(len(table)):
        posterior = model.posterior(table, row)
        surveys = missing_surveys(posterior.inputs()["states"])
        if len(surveys) < 2 or len(surveys) == 5:
            continue
        start = time.perf_counter()
        ours = expected_gain(posterior, surveys, PARAMETERS_OF_INTEREST, seed=row)
        middle = time.perf_counter()
        theirs = brute_force(posterior, surveys, args.outcomes, args.walkers, seed=row)
        spent += (middle - start, time.perf_counter() - middle)
        found = spearmanr(ours.bits.ravel(), theirs.ravel()).statistic
        correlations.append(found)
        pairs.append((ours.bits.ravel(), theirs.ravel()))
        best += int(ours.bits[:, 0].argmax() == theirs[:, 0].argmax())
        line = {
            "star": row, "surveys": surveys, "spearman": round(float(found), 3),
            "network": ours.bits.round(2).tolist(), "nested": theirs.round(2).tolist(),
        }  # fmt: skip
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
        done += 1
        if done == args.stars:
            break
    flat = [np.concatenate(side) for side in zip(*pairs, strict=True)]
    summary = {
        "stars": done, "parameters": PARAMETERS_OF_INTEREST,
        "spearman, all stars, surveys and parameters": float(spearmanr(*flat).statistic),
        "spearman, median of stars": float(np.median(correlations)),
        "spearman, mean of stars": float(np.mean(correlations)),
        "same best survey for the age": best / done,
        "mean difference, bits": float(np.mean(flat[0] - flat[1])),
        "seconds a star": (spent / done).round(2).tolist(),
        "ratio": float(spent[1] / spent[0]), "against": "nested Monte Carlo",
    }  # fmt: skip
    sys.stdout.write(json.dumps(summary) + "\n")


if __name__ == "__main__":
    main()
