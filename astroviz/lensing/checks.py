r"""What `astroviz check lensing/...` measures of a prior of sources and of its posteriors.

- PQMass of draws against unseen images (see `prior_checks`);
- coverage with random points of the default sampler over simulated lenses, in the leading
  directions of the prior, where it is scaled to unit variance;
- the default sampler against the exact posterior of a Gaussian process.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from astroviz.lensing import prior_checks
from astroviz.lensing.exactness import MEAN_GOAL, VARIANCE_GOAL, measure
from astroviz.lensing.lens_coverage import covered
from astroviz.lensing.prior import NetworkPrior
from astroviz.lensing.settings import LIVE

__all__ = ["checks", "coverage_block", "exactness_blocks"]

_DIRECTIONS = 16
_TOGETHER = 8  # lenses in one batch


def coverage_block(
    prior: NetworkPrior, lenses: int, draws: int, seed: int, steps: int
) -> dict[str, Any]:
    r"""Truths and draws of simulated lenses as scores along the leading directions of the prior.

    Arguments:
        prior: The prior.
        lenses: How many.
        draws: Of each.
        seed: Seed of everything.
        steps: Sweeps of the default sampler.
    """
    settings = LIVE.with_(steps=steps)
    parts = [
        covered(prior, settings, range(k, min(k + _TOGETHER, lenses)), draws, seed)
        for k in range(0, lenses, _TOGETHER)
    ]
    truths = np.concatenate([part.truths for part in parts])
    found = np.concatenate([part.draws for part in parts])
    images = prior.draw_truth(1024, seed + 1)
    if images is None:
        images = prior.sample(256, seed + 1)
    known = images.cpu().double().numpy()
    mean = known.mean(0)
    _, sizes, directions = np.linalg.svd(known - mean, full_matrices=False)
    scale = sizes[:_DIRECTIONS] / np.sqrt(len(known) - 1)
    turn = directions[:_DIRECTIONS].T / scale
    return {
        "kind": "tarp", "name": "sources behind simulated lenses",
        "truths": (truths - mean) @ turn, "draws": (found - mean) @ turn,
    }  # fmt: skip


def exactness_blocks(seed: int, truths: int) -> list[dict[str, Any]]:
    r"""The default sampler against exact posteriors, sources of 16 x 16 pixels.

    Arguments:
        seed: Seed of everything.
        truths: Number of observations.
    """
    study = measure(LIVE, 16, truths, 16, seed=seed)
    off = abs(study.variance_ratio - 1)
    floor = 1 / np.sqrt(2 * truths * 16)  # a floor's own error, at some tens of free directions
    return [
        {
            "kind": "values", "name": "variance ratio to the exact posterior, distance from 1",
            "values": [off], "errors": [study.ratio_error], "statistic": "mean",
            "goal": VARIANCE_GOAL[1] - 1, "sense": "at most",
        },
        {
            "kind": "values", "name": "mean error over its Monte-Carlo floor",
            "values": [study.mean_error], "errors": [floor], "statistic": "mean",
            "goal": MEAN_GOAL, "sense": "at most",
        },
    ]  # fmt: skip


def checks(prior: NetworkPrior, seed: int = 0, quick: bool = False) -> list[dict[str, Any]]:
    r"""Blocks for `accuracy.report.verdicts`.

    Arguments:
        prior: The prior.
        seed: Seed of everything.
        quick: Fewer lenses, draws and sweeps.
    """
    small = prior.pixels <= 16
    if quick:
        lenses, draws, steps = (24, 8, 20) if small else (6, 8, 12)
    else:
        lenses, draws, steps = 200, 16, LIVE.steps
    return [
        *prior_checks.checks(prior, seed, quick),
        coverage_block(prior, lenses, draws, seed, steps),
        *exactness_blocks(seed, 16 if quick else 64),
    ]
