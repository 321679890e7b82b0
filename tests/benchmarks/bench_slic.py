"""Coverage of the Einstein radius under real noise: Gaussian likelihoods against the learned one.

    python tests/benchmarks/bench_slic.py [--noise hst stand-in chirp] [--simulations 200]
        [--file RANKS.jsonl] [--seconds 600] [--store]

Each simulation is a small lens (28 x 28 pixels, six parameters) or a chirp (four) whose truth was
drawn at random, plus noise that no network has seen: blank sky of lenses kept from training
(`hst`, needs `$ASTROVIZ_SHARED_DATA`), or fresh draws of a procedural law. The same chains run
under three likelihoods: white noise as the noise map says (`map`), white noise of the measured
standard deviation (`gaussian`), and the learned law (`learned`).

Simulations are kept in `--file`, one line each; a run that is stopped or out of `--seconds` goes
on from there. One line of JSON for each noise and likelihood: coverage of 68 % and 90 % intervals
with binomial errors, Kolmogorov-Smirnov p of the ranks, rms error, median width of the 68 %
interval and its ratio to that of `gaussian`. With `--store` the ranks go beside the model's
weights, where the page finds them, and the figures into its card.
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
from scipy.stats import kstest

import astroviz
from astroviz.core.cards import write_card
from astroviz.core.folders import cache_folder
from astroviz.lensing.noise import WhiteNoise
from astroviz.lensing.noise_answers import trial_of
from astroviz.lensing.noise_coverage import FILE
from astroviz.lensing.slic import ChainSettings, slic

TOGETHER, FIRST_SEED = 8, 300_000
CHAINS = ChainSettings(chains=4, warm_up=60, steps=100)
WHAT = {"hst": ("lens", 0, "Einstein radius"), "stand-in": ("lens", 0, "Einstein radius"),
        "chirp": ("chirp", 1, "chirp mass")}  # fmt: skip


def laws(kind: str) -> dict[str, Any]:
    model = astroviz.load("lensing/chirp" if kind == "chirp" else "lensing/noise", "cpu")
    learned = model.law(kind)
    return {"map": WhiteNoise(1.0), "gaussian": WhiteNoise(learned.scale), "learned": learned}


def simulate(kind: str, found: dict[str, Any], seeds: range) -> list[dict[str, Any]]:
    """Rank, error and width of a few simulations under every likelihood."""
    mode, column, _ = WHAT[kind]
    trials = [trial_of(mode, kind, 1.0, seed) for seed in seeds]
    rows: list[dict[str, Any]] = [{"kind": kind, "seed": seed} for seed in seeds]
    truth = torch.stack([trial.truth for trial in trials])[:, column].numpy()
    for name, law in found.items():
        chains = slic(
            trials[0].model, torch.stack([trial.data for trial in trials]), law,
            torch.stack([trial.truth for trial in trials]), trials[0].bounds,
            settings=CHAINS, seed=seeds[0],
        )  # fmt: skip
        draws = chains.values.flatten(1, 2)[..., column].numpy()
        low, middle, high = np.quantile(draws, [0.16, 0.5, 0.84], axis=1)
        for k, row in enumerate(rows):
            row[name] = {
                "rank": float((draws[k] < truth[k]).mean()),
                "error": float(middle[k] - truth[k]), "width": float(high[k] - low[k]),
            }  # fmt: skip
    return rows


def figures(kind: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    usual = np.median([row["gaussian"]["width"] for row in rows])
    lines = []
    for name in ("map", "gaussian", "learned"):
        rank = np.array([row[name]["rank"] for row in rows])
        width = np.median([row[name]["width"] for row in rows])
        line: dict[str, Any] = {"noise": kind, "parameter": WHAT[kind][2], "likelihood": name,
                                "simulations": len(rows)}  # fmt: skip
        for level in (0.68, 0.9):
            inside = (np.abs(2 * rank - 1) <= level).mean()
            line[f"coverage_{100 * level:.0f}"] = inside
            line[f"coverage_{100 * level:.0f}_error"] = np.sqrt(level * (1 - level) / len(rows))
        line["ks_p"] = kstest(rank, "uniform").pvalue
        line["rms_error"] = np.sqrt(np.mean([row[name]["error"] ** 2 for row in rows]))
        line["width"] = width
        line["width_ratio"] = width / usual
        lines.append({k: round(v, 4) if isinstance(v, float) else v for k, v in line.items()})
    return lines


def store(kind: str, rows: list[dict[str, Any]], lines: list[dict[str, Any]]) -> None:
    card = astroviz.load("lensing/chirp" if kind == "chirp" else "lensing/noise", "cpu").card
    assert card.path is not None
    place = card.path / FILE
    kept = json.loads(place.read_text()) if place.is_file() else {}
    kept[kind] = {name: [round(row[name]["rank"], 4) for row in rows]
                  for name in ("map", "gaussian", "learned")}  # fmt: skip
    place.write_text(json.dumps(kept) + "\n")
    metrics = dict(card.metrics)
    for line in lines:
        start = f"{kind}: {line['parameter']}, {line['likelihood']} likelihood"
        metrics[f"{start}, coverage of 68 %"] = float(line["coverage_68"])
        metrics[f"{start}, coverage of 90 %"] = float(line["coverage_90"])
    metrics[f"{kind}: simulations"] = len(rows)
    write_card(card.path, dataclasses.replace(card, metrics=metrics))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--noise", nargs="+", choices=tuple(WHAT), default=["stand-in"])
    parser.add_argument("--simulations", type=int, default=200)
    parser.add_argument("--file", type=Path, default=cache_folder() / "bench_slic.jsonl")
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--store", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    begun = time.monotonic()
    args.file.parent.mkdir(parents=True, exist_ok=True)
    for kind in args.noise:
        kept = args.file.read_text().splitlines() if args.file.is_file() else []
        rows = [row for row in map(json.loads, kept) if row["kind"] == kind]
        found = laws(kind)
        while len(rows) < args.simulations and time.monotonic() - begun < args.seconds:
            first = FIRST_SEED + len(rows)
            more = simulate(kind, found, range(first, first + TOGETHER))
            with args.file.open("a") as stream:
                stream.writelines(json.dumps(row) + "\n" for row in more)
            rows += more
        if not rows:
            continue
        lines = figures(kind, rows[: args.simulations])
        sys.stdout.writelines(json.dumps(line) + "\n" for line in lines)
        if args.store:
            store(kind, rows[: args.simulations], lines)


if __name__ == "__main__":
    main()
