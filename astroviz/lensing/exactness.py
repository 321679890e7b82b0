r"""The table of samplers against the exact posterior of a Gaussian process.

Every row is a sampler with its settings, run over many sources that were drawn from the prior and
seen through one lens (32 pixels a side behind 64 x 64 pixels of data). The measured table ships
with the package; `tests/benchmarks/bench_samplers.py` measures it again.

A right sampler has a variance ratio of 1, a mean error of 1 Monte-Carlo floor and an expected
coverage within its band. A residual at the level of the noise is no evidence: samplers with a
fifth of the variance missing have it too.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
import torch

from astroviz.core.request import Alone, Control
from astroviz.lensing.linear import stack
from astroviz.lensing.sample_priors import gaussian_process
from astroviz.lensing.sampling import draw
from astroviz.lensing.settings import REFERENCE, SAMPLERS, Settings, preset
from astroviz.lensing.trust_study import Study, judge, observe

__all__ = [
    "MEAN_GOAL",
    "ROWS",
    "TABLE_FILE",
    "VARIANCE_GOAL",
    "holds",
    "measure",
    "stored",
    "words",
]

TABLE_FILE = "sampler_table.json"
VARIANCE_GOAL, MEAN_GOAL = (0.97, 1.03), 1.1
"""Variance ratio and mean error (in Monte-Carlo floors) of a sampler that is called calibrated."""

ROWS: dict[str, Settings] = {
    **{name: preset(name) for name in SAMPLERS},
    "split_gibbs, reference": REFERENCE,
    "split_gibbs, 40 sweeps": preset("split_gibbs").with_(steps=40),
    "split_gibbs, plain split": preset("split_gibbs").with_(exact_split=False, steps=40),
    "mmps, solved fully": preset("mmps", reference=True),
    "mmps, 1 iteration": preset("mmps").with_(iterations=1),
    "mmps, solved fully, 200 ancestral steps": preset("mmps", reference=True).with_(
        steps=200, solver="ancestral"
    ),
    "pigdm, reference": preset("pigdm", reference=True),
    "cla, reference": preset("cla", reference=True),
    "cla, predictor-corrector": preset("cla").with_(solver="predictor_corrector", steps=200),
    "dps, zeta 1": preset("dps").with_(zeta=1.0),
}
"""Label of a row to its settings; a bare sampler's name is how it is run to be watched."""

_REFERENCES = 77  # stream of the random points of the test of coverage
_ALONE = ("smc", "variational", "exact")


def measure(
    settings: Settings,
    pixels: int = 32,
    truths: int = 128,
    draws: int = 32,
    noise: float = 0.1,
    seed: int = 0,
    control: Control | None = None,
) -> Study:
    r"""Run one sampler over many observations and compare it with the exact posteriors.

    Arguments:
        settings: The sampler.
        pixels: Side of the source.
        truths: Number of observations.
        draws: Draws for each.
        noise: Of a pixel of the image, prior units.
        seed: Seed of sources, noise, draws and references.
        control: Told between steps.

    Returns:
        The study, with truths, draws and references for a test of coverage.
    """
    control = control or Alone()
    prior = gaussian_process(pixels)
    streams = np.random.default_rng([seed, _REFERENCES]).integers(2**31, size=2)
    sources = prior.sample(truths, int(streams[0]))
    problems = observe(prior, sources, noise, seed, control.check)
    groups = [[p] for p in problems] if settings.method in _ALONE else [problems]
    parts, calls = [], 0
    for k, group in enumerate(groups):
        together = group[0] if len(group) == 1 else stack(group)
        frames = draw(prior, together, settings, draws * len(group), seed + k, control)
        (frame,) = deque(frames, maxlen=1)
        parts.append(frame.samples.reshape(len(group), draws, -1))
        calls = frame.evaluations
    references = prior.sample(truths, int(streams[1]))
    chains = torch.cat(parts)
    return judge(settings.method, prior, problems, sources, chains, references, calls)


def holds(row: Mapping[str, Any]) -> bool:
    """Whether a row of the table is calibrated: variance, mean and coverage."""
    low, high = VARIANCE_GOAL
    right = low <= row["variance_ratio"] <= high and row["mean_error"] <= MEAN_GOAL
    return bool(right and row["tarp_inside"])


def words(row: Mapping[str, Any]) -> str:
    """A row of the table as a sentence."""
    tarp = "inside" if row["tarp_inside"] else "outside"
    return (
        f"{row['truths']} observations of {row['draws']} draws, {row['evaluations']} evaluations "
        f"each: variance ratio {row['variance_ratio']:.3f}, mean error {row['mean_error']:.2f} "
        f"times the floor, TARP {row['tarp_distance']:.3f} from the diagonal, {tarp} its band"
    )


@lru_cache(maxsize=1)
def _tables() -> dict[str, dict[str, dict[str, Any]]]:
    place = resources.files("astroviz.lensing").joinpath(TABLE_FILE)
    if not place.is_file():
        return {}
    found: dict[str, dict[str, dict[str, Any]]] = json.loads(place.read_text(encoding="utf-8"))
    return found


def stored(pixels: int = 32) -> dict[str, dict[str, Any]]:
    r"""The shipped table.

    Arguments:
        pixels: Side of the source.

    Returns:
        Label of a row (see `ROWS`) to `variance_ratio`, `ratio_error`, `mean_error`,
        `tarp_distance`, `tarp_band` (95 %), `tarp_inside`, `chi_square`, `evaluations`, `truths`,
        `draws` and `words`; empty where none was measured.
    """
    rows = _tables().get(str(pixels), {})
    return {label: {**row, "words": words(row)} for label, row in rows.items()}
