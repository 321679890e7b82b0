"""What the views Landscape, Compare and Shift open with: answers of shipped networks, stored.

    python tests/benchmarks/bench_accuracy_examples.py [--store] [--stars 800] [--images 160]

Stars of domain A, which the network was taught, and of domain B, which it was not, with its draws;
the same stars of B answered by a network that was adapted to them. Spirals under a prior that
knows only ellipticals, beside what that prior expects. One line of JSON: seconds to make each file
and to read it, its size, and the `ratio` of the price of one object to one read of the whole file.
`--store` writes the files; `--only` makes one of them.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

import astroviz
from astroviz.accuracy.stored_arrays import STORED, read_arrays, write_arrays

_ARM = "ot + 500 pairs"
_DRAWS = 32
_SHOWN = [0, 1, 2, 3]  # log age, log mass, A_V, temperature


def star_arrays(number: int, seed: int = 77) -> dict[str, np.ndarray]:
    """Observations, truths and draws of stars of both domains."""
    from astroviz.stars.adaptation_film import known_of, stars_of
    from astroviz.stars.mock_galaxy import mock_catalogue

    experiment = astroviz.load("stars/adaptation", device="cpu")
    found: dict[str, np.ndarray] = {
        "experiment": np.array(experiment.card.sha256), "arm": np.array(_ARM),
    }  # fmt: skip
    for k, domain in enumerate("AB"):
        # Stars of one cluster share age, distance and dust, and would not count as many.
        catalogue = mock_catalogue(domain, number, seed + k, clusters=10 * number)
        tokens = stars_of(catalogue).tokens(0.0)
        table = catalogue.observations
        found[f"{domain}.truths"] = known_of(catalogue)[:, _SHOWN].astype(float)
        found[f"{domain}.values"] = _seen(catalogue)
        found[f"{domain}.sky"] = np.asarray(table.coordinates, float)
        for arm in ("none",) if domain == "A" else ("none", _ARM):
            found[f"{domain}.{'plain' if arm == 'none' else 'adapted'}"] = _answers(
                experiment, arm, tokens, seed
            )
    return found


def _seen(catalogue: Any) -> np.ndarray:
    """Parallax and magnitudes, (N, 16); NaN where they were not observed."""
    from astroviz.io.observations import State

    stars = catalogue.stars
    seen = (stars.states == int(State.OBSERVED)).numpy()[:, :16]
    return np.where(seen, stars.values.double().numpy()[:, :16], np.nan)


def _answers(experiment: Any, arm: str, tokens: Any, seed: int) -> np.ndarray:
    from astroviz.stars.adaptation_scores import answers

    branch = float(experiment.arms[arm].arm.branch)
    draws = answers(
        experiment.network(arm), tokens, experiment.physics, 2 * _DRAWS, seed, branch, steps=8
    ).draws[..., _SHOWN]
    # A draw off the tracks has no temperature: the first ones that have stand in its place.
    off = ~np.isfinite(draws).all(-1)
    order = np.argsort(off, axis=1, kind="stable")[:, :_DRAWS, None]
    return np.take_along_axis(draws, order, 1).astype(float)


def image_arrays(number: int, seed: int = 5) -> dict[str, np.ndarray]:
    """Posterior draws, one an observation: expected by a prior, of spirals, of ellipticals."""
    from astroviz.lensing.shift import QUICK, posterior_of
    from astroviz.lensing.stories import observe, truth_of

    model = astroviz.load("lensing/rounds", device="cpu")
    story = model.story("galaxies")
    prior = story.rounds[0].prior
    sources = {
        "expected": prior.sample(number, seed, steps=40),
        "spirals": truth_of(story.story.seen, number, seed + 1, held_out=True),
        "ellipticals": truth_of(story.story.believed, number, seed + 2, held_out=True),
    }
    side = round(sources["spirals"].shape[1] ** 0.5)
    found: dict[str, np.ndarray] = {"prior": np.array(model.card.sha256)}
    for k, (name, images) in enumerate(sources.items()):
        seen = observe(images.float(), story.story.noise, seed + 10 + k)
        problems = [problem for group in seen.problems for problem in group]
        draws = posterior_of(prior, problems, QUICK, seed + 20 + k)[:, 0]
        found[name] = draws.view(-1, side, side).double().numpy()
    # One range for all pixels of an image: columns at the edge would else have steps of their own.
    return {name: one if one.dtype.kind != "f" else one[..., None] for name, one in found.items()}


def told_arrays() -> dict[str, np.ndarray]:
    """What a classifier says of every stored comparison."""
    from astroviz.accuracy.classifier_shift import classifier_shift
    from astroviz.accuracy.examples import SHIFTS, TOLD_SEED, shift_example

    found = {}
    for name in SHIFTS:
        case = shift_example(name)
        told = classifier_shift(case.known, case.asked, TOLD_SEED)
        found[f"{name}.figures"] = np.array([told.area, told.error, told.p_value])
        for field in ("importance", "importance_error", "known", "asked"):
            found[f"{name}.{field}"] = getattr(told, field).astype(np.float32)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", action="store_true")
    parser.add_argument("--stars", type=int, default=800)
    parser.add_argument("--images", type=int, default=160)
    parser.add_argument("--only", choices=("stars", "images", "told"))
    args = parser.parse_args()
    torch.set_num_threads(1)
    line: dict[str, Any] = {"stars": args.stars, "images": args.images}
    work = {"stars": (star_arrays, args.stars), "images": (image_arrays, args.images)}
    with tempfile.TemporaryDirectory() as scratch:
        folder = STORED if args.store else Path(scratch)
        folder.mkdir(exist_ok=True)
        for name, (make, number) in work.items():
            if args.only not in (None, name):
                continue
            start = time.perf_counter()
            path = folder / f"example_{name}.npz"
            write_arrays(path, make(number))
            spent, start = time.perf_counter() - start, time.perf_counter()
            read_arrays(path)
            read = time.perf_counter() - start
            line[name] = {"seconds": round(spent, 2), "read_seconds": round(read, 4),
                          "kilobytes": path.stat().st_size // 1000,
                          "ratio": round(spent / number / read, 3)}  # fmt: skip
    if args.store:
        np.savez_compressed(STORED / "example_told.npz", **told_arrays())
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
