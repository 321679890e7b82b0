r"""Known densities of rotations, and draws of the networks that learned them.

Laws without data: fresh draws of a density are the truths, draws of its network the posterior.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from astroviz.core.request import Control
from astroviz.core.trials import part_sizes
from astroviz.orientations.process import sample
from astroviz.orientations.rotations import random_rotations
from astroviz.orientations.trials_web import ENTRIES

__all__ = ["LAW_DRAWS", "parts"]

LAW_DRAWS = 32
"""Draws of each rotation at most: a network is asked 39 times for one."""

_STEPS = 19
_ROWS = 4096


def parts(
    model: Any, count: int, draws: int, seed: int, control: Control, case: str
) -> Iterator[dict[str, Any]]:
    r"""Rotations of a density and of its network.

    Arguments:
        model: `orientations/densities`.
        count: Number of rotations.
        draws: Draws of the network for each, at most `LAW_DRAWS`.
        seed: Seed of everything.
        control: May stop the work; hears of progress.
        case: Name of a density.
    """
    each = min(draws, LAW_DRAWS)
    law, score = model.truth(case), model.score(case)
    generator = torch.Generator().manual_seed(9_000_011 + seed)
    done = 0
    for size in part_sizes(count):
        control.check()
        truth = law.sample(size, generator)
        start = random_rotations(size * each, generator)
        with torch.inference_mode():
            turned = [sample(score, part, _STEPS, check=control.check)
                      for part in start.split(_ROWS)]  # fmt: skip
        found = torch.cat(turned)
        done += size
        control.progress(done / count)
        part = {
            "truths": truth.flatten(1).double().numpy(),
            "draws": found.view(size, each, 9).double().numpy(),
            "names": ENTRIES,
            "units": ("",) * len(ENTRIES),
            "geometry": "rotation",
            "ids": tuple(f"rotation {done - size + k + 1}" for k in range(size)),
            "model": model.name,
            "seed": seed,
            "notes": ("A law without data: every true rotation has draws of its own, which know "
                      "nothing of it.",),
        }  # fmt: skip
        if law.law is not None:
            part["log_likelihood"] = (
                law.log_prob(truth).double().numpy(),
                law.log_prob(found).view(size, each).double().numpy(),
            )
        yield part
