r"""Coverage of the Einstein radius (or of the chirp mass) under both likelihoods.

Over many simulations the true value lies inside an interval of credibility c in a part c of them,
if the likelihood is right. Ranks of the truth among the draws tell all levels at once: an interval
of credibility c between equal tails holds the truth if the rank u has :math:`|2u - 1| \le c`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import binom

from astroviz.core.registry import find_model
from astroviz.lensing.noise import LearnedNoise, NoiseLaw, WhiteNoise
from astroviz.lensing.noise_answers import draws_under, trial_of
from astroviz.lensing.work import Work

__all__ = ["FILE", "coverage_of", "measure", "ranks", "stored_coverage"]

FILE = "coverage.json"
"""Beside the weights of `lensing/noise` and `lensing/chirp`: ranks of both likelihoods by kind."""

_LEVELS = np.linspace(0.02, 0.98, 49)
_DRAWS, _TOGETHER = 400, 4
_MEASURED = {"lens": 0, "chirp": 1}  # column: Einstein radius, chirp mass
_WORDS = {"lens": "Einstein radius", "chirp": "chirp mass"}


def ranks(
    law: NoiseLaw, mode: str, kind: str, seeds: range, check: Callable[[], None] = lambda: None
) -> np.ndarray:
    r"""Rank of the truth among the draws, 0 to 1, one for each seed.

    Arguments:
        law: Of the noise.
        mode: `lens` or `chirp`.
        kind: Of the noise of images.
        seeds: Of the simulations.
        check: Raises when the work is to stop.
    """
    trials = [trial_of(mode, kind, 1.0, seed) for seed in seeds]
    column = _MEASURED[mode]
    draws = draws_under(trials, law, _DRAWS, seeds[0], Work(lambda _: None, check))[..., column]
    truth = np.array([float(one.truth[column]) for one in trials])
    return np.asarray((draws.numpy() < truth[:, None]).mean(1))


def measure(
    law: LearnedNoise,
    mode: str,
    kind: str,
    simulations: int,
    seed: int,
    progress: Callable[[float], None],
    check: Callable[[], None],
) -> dict[str, Any]:
    """Coverage of both likelihoods on fresh simulations."""
    found: dict[str, list[np.ndarray]] = {"gaussian": [], "learned": []}
    begin = 100_000 + 1000 * seed
    for k in range(0, simulations, _TOGETHER):
        seeds = range(begin + k, begin + min(k + _TOGETHER, simulations))
        for name, one in (("gaussian", WhiteNoise(law.scale)), ("learned", law)):
            check()
            found[name].append(ranks(one, mode, kind, seeds, check))
        progress((k + len(seeds)) / simulations)
    joined = {name: np.concatenate(parts) for name, parts in found.items()}
    return coverage_of(joined, mode, "measured here")


def coverage_of(found: dict[str, np.ndarray], mode: str, whence: str) -> dict[str, Any]:
    r"""Curves from ranks.

    Arguments:
        found: `gaussian` and, where there is one, `learned` to ranks, (n,).
        mode: `lens` or `chirp`.
        whence: Where the ranks are from, for the title.

    Returns:
        `levels`, `gaussian`, `learned`, `map` (where they are), `band` (95 % of a right
        likelihood), `title`, `words`.
    """
    curves = {
        name: np.array([(np.abs(2 * u - 1) <= level).mean() for level in _LEVELS])
        for name, u in found.items()
    }
    count = len(found["gaussian"])
    band = tuple(binom.ppf(q, count, _LEVELS) / count for q in (0.025, 0.975))
    at = int(np.argmin(np.abs(_LEVELS - 0.9)))
    parts = [f"{word} {100 * curves[name][at]:.0f} %" for name, word in
             (("map", "noise map"), ("gaussian", "Gaussian"), ("learned", "learned"))
             if name in curves]  # fmt: skip
    return {
        "levels": _LEVELS, **curves, "band": band,
        "title": f"{_WORDS[mode]}, {count} simulations, {whence}",
        "words": f"90 % intervals of the {_WORDS[mode]} hold the truth in: {', '.join(parts)}.",
    }  # fmt: skip


def stored_coverage(key: str) -> dict[str, Any]:
    """Coverage that was measured when the model was made; empty where there is none."""
    mode = "chirp" if key == "chirp" else "lens"
    try:
        card = find_model("lensing/chirp" if mode == "chirp" else "lensing/noise")
        kept = json.loads(((card.path or Path()) / FILE).read_text(encoding="utf-8"))
    except Exception:  # whatever is wrong, the view lives on without the figure
        return {}
    if key not in kept:
        return {}
    found = {name: np.asarray(values) for name, values in kept[key].items()}
    return coverage_of(found, mode, "stored")
