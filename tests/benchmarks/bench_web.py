"""The model of the web against the law that made the orientations, in universes it never saw.

    python tests/benchmarks/bench_web.py --boxes 6 --painted 20

Prints one line of JSON. `gap` is the mean true log density minus the model's, in nats, for one
fresh orientation of every galaxy of the boxes; `gap_without_messages` that of the ablation, and
`ratio` the one over the other. `coverage_50` and `coverage_90` are shares of galaxies whose
orientation lies in the model's ball of that credibility (angles about the predicted centre, up to
half turns). `painted` compares ED, ee and w_g+ of boxes that the model painted with the exact
curves of the law, with the exact covariance of orientation noise.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch

import astroviz
from astroviz.orientations.agreement import chi_square, together
from astroviz.orientations.box_statistics import BoxStatistics
from astroviz.orientations.law import OrientationLaw
from astroviz.orientations.train_boxes import TEST, training_boxes
from astroviz.orientations.train_web import box_folder
from astroviz.orientations.web_calibration import angle_ranks, log_probs

KINDS = ("ed", "ee", "wg+")


def say(text: str) -> None:
    sys.stderr.write(text + "\n")


def likelihoods(model, box, seed: int) -> tuple[np.ndarray, ...]:
    """True, model's and ablation's log densities of a fresh orientation of each galaxy."""
    law = OrientationLaw().mixture(box)
    truth = law.sample(1, torch.Generator().manual_seed(seed))[0]
    found = [law.log_prob(truth).numpy()]
    for one in (model, model.without_messages):
        encoded = one.encode(box).to(torch.float32)
        found.append(log_probs(one.network, encoded, truth).numpy())
    return tuple(found)


def coverage(model, box, seed: int):
    """Angles of fresh orientations and of the model's draws."""
    truth = OrientationLaw().mixture(box).sample(1, torch.Generator().manual_seed(seed))[0]
    encoded = model.encode(box).to(torch.float32)
    return angle_ranks(model.network, encoded, truth, draws=19, seed=seed)


def painted(model, boxes) -> dict[str, dict[str, float]]:
    """Agreement of the statistics of painted boxes with the exact ones."""
    agreements: dict[str, list] = {kind: [] for kind in KINDS}
    for k, box in enumerate(boxes):
        statistics = BoxStatistics.of_box(box)
        truth = statistics.truth(OrientationLaw().mixture(box), KINDS)
        made = model.paint(box, seed=k).galaxies.rotation
        measured = statistics.measure(made, KINDS, errors=False)
        for kind in KINDS:
            difference = measured[kind].value - truth[kind].value
            agreements[kind].append(chi_square(difference, truth[kind].covariance))
        say(f"painted box {k}")
    found = {}
    for kind, single in agreements.items():
        joint = together(single)
        found[kind] = {
            "chi2_dof": round(joint.total.chi_square / joint.total.dof, 3),
            "p_value": float(f"{joint.total.p_value:.3g}"),
            "p_uniform": float(f"{joint.uniform:.3g}"), "boxes": joint.curves,
        }  # fmt: skip
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boxes", type=int, default=6, help="boxes of the likelihood (6)")
    parser.add_argument("--painted", type=int, default=20, help="boxes to paint (20)")
    parser.add_argument("--folder", type=Path, default=None, help="where boxes are kept")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model, start = astroviz.load("orientations", device="cpu"), time.monotonic()
    count = max(arguments.boxes, arguments.painted)
    boxes = training_boxes(TEST[:count], arguments.folder or box_folder())
    parts, angles = [], []
    for k, box in enumerate(boxes[: arguments.boxes]):
        parts.append(likelihoods(model, box, 1000 + k))
        angles.append(coverage(model, box, 2000 + k))
        gap = float((parts[-1][0] - parts[-1][1]).mean())
        say(f"box {k}: gap {gap:.4f}, {time.monotonic() - start:.0f} s")
    true, given, silent = (np.concatenate(part) for part in zip(*parts, strict=True))
    gaps = {"gap": true - given, "gap_without_messages": true - silent,
            "worth_of_messages": given - silent}  # fmt: skip
    weights = [len(part.true) for part in angles]
    line: dict[str, object] = {"benchmark": "web", "galaxies": len(true)}
    for name, values in gaps.items():
        line[name] = round(float(values.mean()), 4)
        line[f"{name}_error"] = round(float(values.std() / len(values) ** 0.5), 4)
    for level in (0.5, 0.9):
        covered = np.average([part.covered(level) for part in angles], weights=weights)
        line[f"coverage_{100 * level:.0f}"] = round(float(covered), 4)
    line["information_of_truth"] = round(float(true.mean()), 4)
    line["painted"] = painted(model, boxes[: arguments.painted])
    line["ratio"] = round(float(gaps["gap"].mean() / gaps["gap_without_messages"].mean()), 4)
    line["ratio_to"] = "the same network without messages: nats given away against the truth"
    line["seconds"] = round(time.monotonic() - start)
    sys.stdout.write(json.dumps(line) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
