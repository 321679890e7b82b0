r"""Coverage of the regions of highest posterior density.

The region that holds a part :math:`\alpha` of the draws of highest density should hold as many
truths. Which level a truth lies at is the part of the draws that are denser than it, so all
levels are known from ranks of the log density. A posterior of which no density is known is judged
by central intervals of its parameters instead, and the sentence says so.

References:
    | Computing and graphing highest density regions (Hyndman 1996)
    | A crisis in simulation-based inference? (Hermans et al. 2022),
      https://arxiv.org/abs/2110.06581
"""

from __future__ import annotations

import numpy as np

from astroviz.accuracy.calibration import ranks
from astroviz.accuracy.ecdf import simultaneous_band
from astroviz.accuracy.outcome import Outcome
from astroviz.accuracy.simulation_ranks import trial_ranks, uniform_outcome, worst_first
from astroviz.accuracy.trial import Trial

__all__ = ["credibility", "run"]


def credibility(trial: Trial, seed: int = 0) -> tuple[np.ndarray, tuple[str, ...]]:
    r"""Smallest level whose region holds the truth.

    Returns:
        Levels in 0 to 1, (N, 1) by highest density, or (N, d) by central intervals where the
        trial has no `log_prob`; and their names.
    """
    if trial.log_prob is None:
        return np.abs(2 * trial_ranks(trial, seed) - 1), trial.names
    truths, draws = (np.asarray(part, float) for part in trial.log_prob)
    # an impossible point (-inf) ranks below all others
    truths, draws = (np.maximum(part, -np.finfo(float).max) for part in (truths, draws))
    u = ranks(truths[:, None], draws[:, :, None], trial.weights, seed)
    return 1 - u, ("highest density",)


def run(trial: Trial, seed: int) -> Outcome:
    r"""Do regions of every level hold their part of the truths?

    The value is the coverage of the 90 % regions. Curves: `levels` (K,), `coverage` (K,), the
    simultaneous 95 % band `lower` and `upper` (K,); and `ranks` (N, 1), levels of the truths.
    """
    found, names = credibility(trial, seed)
    p, by = uniform_outcome(found, names, seed, moments=True)
    z, lower, upper = simultaneous_band(len(found))
    covered = np.stack([(found <= level).mean(0) for level in z])
    curves = {
        "levels": z, "coverage": covered.mean(1), "lower": z + lower, "upper": z + upper,
        "ranks": found.mean(1, keepdims=True),
    }  # fmt: skip
    value = float((found <= 0.9).mean())
    error = float(np.sqrt(0.09 / len(found)))
    kind = "Regions of highest density" if trial.log_prob is not None else "Central intervals"
    sentence = (
        f"{kind} that should hold 90 % of the truths hold {100 * value:.1f} % "
        f"(+- {100 * error:.1f} %)."
    )
    if trial.log_prob is None:
        sentence += " No density is known, so regions of many modes were not looked at."
    return Outcome(
        "coverage", value, 0.9, error, p, {name: by[name] for name in worst_first(by)}, curves,
        found.max(1), sentence,
    )  # fmt: skip
