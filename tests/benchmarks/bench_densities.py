"""Learned densities on SO(3) against the true ones, and against the anchor's network.

    python tests/benchmarks/bench_densities.py [--part sheets|laws|all] [--numbers 5000 10000]
        [--folds 5] [--card]

One line of JSON for each figure:

- sheets (checkerboard, gauss4, stripes), for our network, for the anchor's, which saw as many
  rotations, and for a second true sample (`null`), all by the same sampler in 39 evaluations:
  `c2st`, 5,000 against 5,000 without replacement, two layers of 30 on the rotation vector, as in
  the published comparison; `strong`, 10,000 against 10,000, gradient-boosted trees on the nine
  entries and the rotation vector, both sides convolved with IG-SO(3)(0.05), since the laws lie on
  surfaces that no finite noise reaches; `modes`, chi2/dof of the weights of the modes;
- laws (solids, mixtures): `gap`, mean difference of the true log density and the model's at the
  same fresh rotations, in nats; for solids the modes found out of all.

With `--card` the figures go into the metrics of the model's card; its weights are not touched.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from typing import Any

import numpy as np
import torch
from torch import Tensor

import astroviz
from astroviz.accuracy.c2st import c2st, c2st_error
from astroviz.core.cards import write_card
from astroviz.orientations import igso3, process
from astroviz.orientations.densities import SHEETS, SOLIDS, density
from astroviz.orientations.densities_checks import chi_square, mode_counts
from astroviz.orientations.densities_model import ANCHOR, DEFAULT_STEPS, OURS
from astroviz.orientations.rotations import log
from astroviz.orientations.train_densities import gap

SMOOTHING = 0.05  # radians
KINDS = {OURS: "ours", ANCHOR: "anchor", "null": "a second true sample"}


def strong(first: Tensor, second: Tensor, generator: torch.Generator) -> float:
    """Accuracy of boosted trees on both samples after the same convolution."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from threadpoolctl import threadpool_limits

    features = []
    for rotation in (first, second):
        smooth = igso3.sample(rotation, SMOOTHING, generator)
        features.append(torch.cat([smooth.flatten(1), log(smooth)], 1).numpy())
    data = np.concatenate(features)
    target = np.repeat([0, 1], [len(first), len(second)])
    classifier = HistGradientBoostingClassifier(max_iter=200, random_state=1)
    split = StratifiedKFold(4, shuffle=True, random_state=1)
    with threadpool_limits(1):
        return float(cross_val_score(classifier, data, target, cv=split).mean())


def drawn(model: Any, name: str, kind: str, n: int, seed: int) -> tuple[Tensor, float]:
    """A sample of one kind, and the seconds that it took."""
    start = time.perf_counter()
    if kind == "null":
        found = density(name).sample(n, torch.Generator().manual_seed(seed))
    else:
        found = model.rotations(name, n, seed, network=kind)
    return found, time.perf_counter() - start


def sheet(model: Any, name: str, numbers: list[int], folds: int) -> list[dict[str, Any]]:
    few, many = numbers
    true = density(name).sample(max(numbers), torch.Generator().manual_seed(77))
    found = []
    for kind, label in KINDS.items():
        sample, seconds = drawn(model, name, kind, max(numbers), 11)
        value = c2st(log(true[:few]).numpy(), log(sample[:few]).numpy(), folds=folds)
        hard = strong(true[:many], sample[:many], torch.Generator().manual_seed(5))
        figure = {
            "density": name, "network": label, "c2st": value, "c2st_error": c2st_error(few, few),
            "strong": hard, "strong_error": c2st_error(many, many), "seconds": seconds,
            "evaluations": 0 if kind == "null" else process.evaluations(DEFAULT_STEPS),
        }  # fmt: skip
        if name != "checkerboard":
            figure["modes"], figure["dof"] = chi_square(mode_counts(name, sample))
        found.append(figure)
        say(figure)
    return found


def law(model: Any, name: str, numbers: list[int]) -> list[dict[str, Any]]:
    value, error = gap(model.score(name), name)
    figure: dict[str, Any] = {"density": name, "network": "ours", "gap": value, "gap_error": error}
    if name in SOLIDS:
        counts = mode_counts(name, model.rotations(name, numbers[1], 11))
        figure["modes"], figure["dof"] = chi_square(counts)
        figure["modes_found"] = f"{int((counts > 0).sum())} of {len(counts)}"
    say(figure)
    return [figure]


def say(figure: dict[str, Any]) -> None:
    rounded = {k: round(v, 4) if isinstance(v, float) else v for k, v in figure.items()}
    sys.stdout.write(json.dumps(rounded) + "\n")
    sys.stdout.flush()


def to_card(model: Any, figures: list[dict[str, Any]]) -> None:
    metrics = dict(model.card.metrics)
    words = {
        "c2st": "C2ST", "strong": "strong C2ST, smoothed by 0.05 rad",
        "modes": "chi2/dof of mode weights", "gap": "log-likelihood gap, nat",
        "gap_error": "its standard error, nat", "modes_found": "modes found",
    }  # fmt: skip
    for figure in figures:
        label = figure["network"]
        start = figure["density"] + ("" if label == "ours" else f" ({label})")
        for key, text in words.items():
            if key in figure:
                value = figure[key]
                metrics[f"{start}: {text}"] = value if isinstance(value, str) else round(value, 4)
    assert model.card.path is not None
    write_card(model.card.path, dataclasses.replace(model.card, metrics=metrics))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", choices=("sheets", "laws", "all"), default="all")
    parser.add_argument("--numbers", type=int, nargs=2, default=[5000, 10_000])
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--card", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    model = astroviz.load("orientations/densities", "cpu")
    figures = []
    for name in model.names:
        if name in SHEETS and args.part != "laws":
            figures += sheet(model, name, args.numbers, args.folds)
        if name not in SHEETS and args.part != "sheets":
            figures += law(model, name, args.numbers)
    if args.card:
        to_card(model, figures)


if __name__ == "__main__":
    main()
