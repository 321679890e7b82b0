"""Diffusion against the GAN that came before it: alignments of projected shapes.

    python tests/benchmarks/bench_gan.py --boxes 20

Prints one line of JSON: chi-square per degree of freedom of w_g+ of generated shapes against the
exact curve of the law, with the exact covariance of orientation noise, for the GAN, for diffusion
and for the simulation itself (which should be at one), and rms ellipticities. `ratio` is the
GAN's chi-square over that of diffusion.
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
from astroviz.orientations.law import OrientationLaw, draw
from astroviz.orientations.projection import project
from astroviz.orientations.train_boxes import TEST, training_boxes
from astroviz.orientations.train_web import box_folder


def shapes(gan, model, box, seed: int) -> dict[str, np.ndarray]:
    """Ellipticities by each of the painters, looks of the box where one only paints axes."""
    ratios = (box.galaxies.axis_ratio_b, box.galaxies.axis_ratio_c)
    made = model.paint(box, seed=seed).galaxies
    return {
        "simulation": project(draw(box, 5000 + seed), *ratios),
        "diffusion": project(made.rotation, *ratios),
        "diffusion with looks": project(made.rotation, made.axis_ratio_b, made.axis_ratio_c),
        "gan": gan.ellipticities(box, seed=seed),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boxes", type=int, default=20, help="test boxes (20)")
    parser.add_argument("--folder", type=Path, default=None, help="where boxes are kept")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    start = time.monotonic()
    model = astroviz.load("orientations", device="cpu")
    gan = astroviz.load("orientations/gan", device="cpu")
    agreements: dict[str, list] = {}
    squares: dict[str, list] = {}
    for k, box in enumerate(
        training_boxes(TEST[: arguments.boxes], arguments.folder or box_folder())
    ):
        statistics = BoxStatistics.of_box(box)
        truth = statistics.truth(OrientationLaw().mixture(box), ("wg+",))["wg+"]
        for name, made in shapes(gan, model, box, k).items():
            found = statistics.measure_marks("wg+", made, errors=False)
            agreed = chi_square(found.value - truth.value, truth.covariance)
            agreements.setdefault(name, []).append(agreed)
            squares.setdefault(name, []).append((made**2).sum(1).mean())
        sys.stderr.write(f"box {k}, {time.monotonic() - start:.0f} s\n")
    line: dict[str, object] = {"benchmark": "gan"}
    values = {}
    for name, single in agreements.items():
        joint = together(single)
        values[name] = joint.total.chi_square / joint.total.dof
        line[name] = {
            "chi2_dof": round(values[name], 3),
            "p_value": float(f"{joint.total.p_value:.3g}"),
            "rms_ellipticity": round(float(np.sqrt(np.mean(squares[name]))), 4),
        }
    line["boxes"] = arguments.boxes
    line["ratio"] = round(values["gan"] / values["diffusion"], 3)
    line["ratio_to"] = "chi-square of w_g+ by diffusion on the same boxes"
    line["seconds"] = round(time.monotonic() - start)
    sys.stdout.write(json.dumps(line) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
