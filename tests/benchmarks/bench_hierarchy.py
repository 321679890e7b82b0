"""Prior learning: PQMass against the truth by round, and whether digits 5 to 9 came back.

    python tests/benchmarks/bench_hierarchy.py [--story digits galaxies] [--draws 512] [--card]

For every stored round of `lensing/rounds` fresh draws of its prior are compared with fresh true
sources that no round has seen. One line of JSON a story: chi^2/dof of PQMass by round and its
error, that of a second true sample (`null`), whether it falls from round to round, the ratio of
the last to the first; for digits the part of the draws that a classifier of real digits takes for
5 to 9, the number of them that make up more than 4 % of the draws each, and the same of true
digits. With `--card` the figures go into the model's card.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from typing import Any

import numpy as np
import torch

import astroviz
from astroviz.core.cards import write_card
from astroviz.core.pqmass import pqmass
from astroviz.lensing.digits import labelled_digits
from astroviz.lensing.stories import PIXELS, truth_of


def classifier(seed: int = 0) -> Any:
    """A support-vector machine taught on digits as the stories show them."""
    from sklearn.svm import SVC

    images, labels = labelled_digits(6000, torch.Generator().manual_seed(seed), PIXELS)
    return SVC(C=10.0, gamma="scale").fit(images.flatten(1).numpy(), labels.numpy())


def told(machine: Any, images: np.ndarray) -> tuple[float, int]:
    """Part of the images that are taken for 5 to 9, and how many of these five are there."""
    found = machine.predict(images.reshape(len(images), -1))
    parts = np.bincount(found, minlength=10) / len(found)
    return float(parts[5:].sum()), int((parts[5:] > 0.04).sum())


def figure(story: Any, draws: int) -> dict[str, Any]:
    truth = truth_of(story.story.seen, draws, 3_000_001, held_out=True)
    other = truth_of(story.story.seen, draws, 3_000_002, held_out=True)
    made = [one.prior.sample(draws, seed=900 + one.number) for one in story.rounds]
    found = [pqmass(some, truth, 50) for some in made]
    values = [one.reduced for one in found]
    line: dict[str, Any] = {
        "story": story.name, "rounds": len(values) - 1,
        "pqmass": [round(value, 3) for value in values], "error": round(found[0].error, 3),
        "null": round(pqmass(other, truth, 50).reduced, 3),
        "falls_over_rounds": int(sum(np.cumprod(np.diff(values) < 0))),
        "ratio_last_to_first": round(values[-1] / values[0], 3),
    }  # fmt: skip
    if story.name == "digits":
        machine = classifier()
        line["taken_for_5_to_9"] = [round(told(machine, some.numpy())[0], 3) for some in made]
        line["digits_there"] = [told(machine, some.numpy())[1] for some in made]
        line["true_taken_for_5_to_9"] = round(told(machine, truth.numpy())[0], 3)
    return line


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--story", nargs="+", default=["digits", "galaxies"])
    parser.add_argument("--draws", type=int, default=512)
    parser.add_argument("--card", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    model = astroviz.load("lensing/rounds", "cpu")
    metrics = dict(model.card.metrics)
    for name in args.story:
        line = figure(model.story(name), args.draws)
        sys.stdout.write(json.dumps(line) + "\n")
        for k, value in enumerate(line["pqmass"]):
            metrics[f"{name}: PQMass chi2/dof against truth, round {k}"] = value
        if "taken_for_5_to_9" in line:
            metrics["digits: draws of the last round taken for 5 to 9"] = line["taken_for_5_to_9"][
                -1
            ]
    if args.card:
        write_card(model.card.path, dataclasses.replace(model.card, metrics=metrics))


if __name__ == "__main__":
    main()
