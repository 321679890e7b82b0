"""Poses from pictures: the shipped model, and ours against Implicit-PDF at equal steps.

    python tests/benchmarks/bench_pose.py [--steps 1000] [--pictures 40]

Prints one line of JSON for each method with, for each solid, `spread` (mean angle in degrees from
draws to the nearest pose that looks like the truth) and `log_prob` of the truth with respect to
Haar probability (`pi2` is 2.289 less), and

- `fit_seconds`, `draw_milliseconds` for 256 draws of one picture, and their ratios to ours.

`shipped` is the model in `models/`; `ours` and `Implicit-PDF` are trained here and now on the
same pictures, in the same order, for the same number of steps, with the same encoder; the
latter sees 128 random rotations for each picture, ours six noisy ones. A few hundred steps are
too few for either; the difference shows from a thousand on.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

import astroviz
from astroviz.core.cards import Card
from astroviz.orientations.baselines.descent import minimise
from astroviz.orientations.baselines.implicit_pdf import PictureImplicitPDF
from astroviz.orientations.pose_checks import measure
from astroviz.orientations.pose_lessons import Pictures, lesson, losses
from astroviz.orientations.pose_model import PoseModel
from astroviz.orientations.pose_network import PictureEncoder, PoseNetwork
from astroviz.orientations.renders import render_many
from astroviz.orientations.rotations import random_rotations
from astroviz.orientations.solids import SHAPES, nearest_angle

BATCH, POSES, STORE = 64, 6, 4096
DRAWS = 256


def seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def taught(steps: int) -> tuple[PoseModel, float]:
    """Our network after so many steps."""
    torch.manual_seed(0)
    network, pictures = PoseNetwork(), Pictures(STORE, torch.Generator().manual_seed(1))
    weights = {"score": 1.0, "moments": 3.0, "shape": 0.1}

    def loss() -> Tensor:
        terms = losses(network, lesson(pictures, BATCH, POSES))
        return torch.stack([weights[name] * term for name, term in terms.items()]).sum()

    spent = seconds(lambda: minimise(network, loss, steps, 2e-3, decay=0.99))
    card = Card(name="orientations/trial", system="orientations")
    return PoseModel(card, network.eval(), torch.device("cpu")), spent


def implicit(steps: int, queries: int) -> tuple[PictureImplicitPDF, float]:
    """The baseline after so many steps on the same pictures."""
    torch.manual_seed(0)
    network = PictureImplicitPDF(PictureEncoder(), 256)
    generator = torch.Generator().manual_seed(1)
    pictures = Pictures(STORE, generator)

    def loss() -> Tensor:
        _, truth, shown = pictures.draw(BATCH)
        return network.loss(shown, truth, random_rotations(queries, generator))

    return network.eval(), seconds(lambda: minimise(network, loss, steps, 1e-3, decay=0.99))


def our_line(name: str, model: PoseModel, number: int, fit: float | None) -> dict[str, Any]:
    found: dict[str, Any] = {"method": name, "fit_seconds": fit}
    for shape in SHAPES:
        figures = measure(model, shape, number, 64, seed=5).summary()
        found[shape] = {"spread": figures["spread_mean"], "log_prob": figures["log_prob_haar"]}
    posterior = model.posterior(model.picture("cube", seed=1))
    spent = [seconds(lambda: posterior.sample(DRAWS)) for _ in range(5)]
    return found | {"draw_milliseconds": round(1e3 * float(np.median(spent)), 1)}


def implicit_line(network: PictureImplicitPDF, number: int, fit: float) -> dict[str, Any]:
    found: dict[str, Any] = {"method": "Implicit-PDF", "fit_seconds": fit}
    for kind, shape in enumerate(SHAPES):
        # the very pictures that `measure` draws
        generator = torch.Generator().manual_seed(5 * 101 + kind)
        truth = random_rotations(number, generator)
        shown = render_many(torch.full((number,), kind), truth, generator)
        angles, density = [], []
        for picture, true in zip(shown, truth, strict=True):
            draws, value = network.answer(picture, true, 64, generator)
            angles.append(nearest_angle(shape, draws, true).rad2deg().mean())
            density.append(value)
        spread, value = (float(torch.stack(x).mean()) for x in (angles, density))
        found[shape] = {"spread": round(spread, 4), "log_prob": round(value, 4)}
    generator = torch.Generator().manual_seed(0)
    spent = [
        seconds(lambda: network.answer(shown[0], truth[0], DRAWS, generator)) for _ in range(3)
    ]
    return found | {"draw_milliseconds": round(1e3 * float(np.median(spent)), 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--pictures", type=int, default=40, help="of each solid")
    parser.add_argument("--queries", type=int, default=128, help="of Implicit-PDF, each picture")
    parser.add_argument("--model", default="orientations/pose", help="what is called shipped")
    args = parser.parse_args()
    torch.set_num_threads(1)
    shipped = astroviz.load(args.model, device="cpu")
    lines = [our_line("shipped", shipped, args.pictures, None)]
    model, fit = taught(args.steps)
    lines.append(our_line("ours", model, args.pictures, fit))
    network, other = implicit(args.steps, args.queries)
    lines.append(implicit_line(network, args.pictures, other))
    for found in lines:
        found["steps"] = shipped.card.metrics.get("steps") if found is lines[0] else args.steps
        ours = lines[1]
        if found["fit_seconds"] is not None:
            found["fit_ratio"] = round(found["fit_seconds"] / fit, 2)
            found["fit_seconds"] = round(found["fit_seconds"], 1)
        found["draw_ratio"] = round(found["draw_milliseconds"] / ours["draw_milliseconds"], 2)
        sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
