r"""Projected ellipticities of galaxies of fresh boxes, and what the generator on graphs makes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from astroviz.core.request import Control
from astroviz.core.trials import part_sizes
from astroviz.orientations.cosmic_web import make_box
from astroviz.orientations.gan_haloes import ellipticities, haloes_of
from astroviz.orientations.law import draw
from astroviz.orientations.shift import features_of_box

__all__ = ["parts"]

_FIRST_SEED = 40_000  # far from the seeds of training and tests
_SIZE, _GRID = 60.0, 64


def parts(
    model: Any, count: int, draws: int, seed: int, control: Control, case: str
) -> Iterator[dict[str, Any]]:
    r"""Simulated and generated ellipticities, the generator asked anew for every draw.

    Arguments:
        model: `orientations/gan`.
        count: Number of galaxies.
        draws: Draws of each.
        seed: Seed of boxes and draws.
        control: May stop the work; hears of progress.
        case: Of `trials.cases`.
    """
    done = number = 0
    while done < count:
        own = _FIRST_SEED + 101 * seed + number
        box = make_box(_SIZE, _GRID, own, check=control.check)
        rows = np.random.default_rng(own).permutation(len(box.galaxies))[: count - done]
        true = ellipticities(haloes_of(box), np.arange(len(box.galaxies)), draw(box, own),
                             np.eye(3))  # fmt: skip
        made = []
        for one in range(draws):
            control.check()
            made.append(model.ellipticities(box, 1009 * own + one)[rows])
            control.progress((done + len(rows) * (one + 1) / draws) / count)
        found, features, names = np.stack(made, 1), *features_of_box(box)
        used = 0
        for size in part_sizes(len(rows)):
            k = rows[used : used + size]
            yield {
                "truths": true[k].astype(float),
                "draws": found[used : used + size].astype(float),
                "names": ("e1", "e2"),
                "units": ("", ""),
                "prior": true.astype(float),
                "observations": features[k],
                "observation_names": names,
                "groups": {"kind": np.where(box.galaxies.central[k], "central", "satellite")},
                "places": {"x": box.galaxies.position[k, 0], "y": box.galaxies.position[k, 1],
                           "log stellar mass": box.galaxies.log_mass[k]},
                "place_units": {"x": "Mpc/h", "y": "Mpc/h", "log stellar mass": "log10 solMass"},
                "ids": tuple(f"galaxy {done + used + j + 1}" for j in range(len(k))),
                "model": model.name,
                "seed": seed,
                "notes": ("A baseline without a density, kept to be compared with.",),
            }  # fmt: skip
            used += size
        done += len(rows)
        number += 1
