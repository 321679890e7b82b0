r"""Fresh pictures of solids, and what the model of poses says of how they lie."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from astroviz.core.request import Control
from astroviz.core.trials import part_sizes
from astroviz.orientations.process import sample
from astroviz.orientations.renders import render_many
from astroviz.orientations.rotations import random_rotations
from astroviz.orientations.solids import SHAPES
from astroviz.orientations.trials_web import ENTRIES

__all__ = ["parts"]

_STEPS = 19
_ALL = "all"


def parts(
    model: Any, count: int, draws: int, seed: int, control: Control, case: str
) -> Iterator[dict[str, Any]]:
    r"""Pictures with the pose that each was made with, and draws.

    Arguments:
        model: `orientations/pose`.
        count: Number of pictures.
        draws: Draws of each.
        seed: Seed of everything.
        control: May stop the work; hears of progress.
        case: One of `trials.cases`.
    """
    generator = torch.Generator().manual_seed(7_000_003 + seed)
    prior = random_rotations(1000, generator).flatten(1).double().numpy()
    done = 0
    for size in part_sizes(count):
        control.check()
        truth = random_rotations(size, generator)
        kinds = (torch.arange(size) + done) % len(SHAPES)
        if case != _ALL:
            kinds = torch.full((size,), SHAPES.index(case))
        pictures = render_many(kinds, truth, generator)
        reading = model.read(pictures)
        start = random_rotations(size * draws, generator)
        with torch.inference_mode():
            turned = sample(
                model.score(reading), start, _STEPS, check=control.check, low=model.sharpest
            )
        done += size
        control.progress(done / count)
        seen = np.asarray(pictures).reshape(size, -1).astype(float)
        yield {
            "truths": truth.flatten(1).double().numpy(),
            "draws": turned.view(size, draws, 9).double().numpy(),
            "names": ENTRIES,
            "units": ("",) * len(ENTRIES),
            "geometry": "rotation",
            "prior": prior,
            "observations": seen,
            "observation_names": tuple(f"picture_{k}" for k in range(seen.shape[1])),
            "groups": {"solid": np.array(SHAPES)[kinds.numpy()]},
            "places": {"mean brightness": seen.mean(1), "brightest pixel": seen.max(1)},
            "place_units": {"mean brightness": "", "brightest pixel": ""},
            "ids": tuple(f"picture {done - size + k + 1}" for k in range(size)),
            "model": model.name,
            "seed": seed,
            "notes": ("Poses of a solid that look alike are all right; the one that made the "
                      "picture is the truth.",),
        }  # fmt: skip
