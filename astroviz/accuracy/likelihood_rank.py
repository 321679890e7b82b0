r"""Does the truth fit the data as well as the draws do? Ranks of the log likelihood.

Simulation-based calibration holds for any quantity that depends on parameters and data. Ranks of
single parameters do not see a posterior that ignores the data and always gives the prior; the
likelihood of the truth is far above that of such draws, and its rank is 1 nearly always.

References:
    | Simulation-based calibration checking for Bayesian computation: the choice of test quantities
      shapes sensitivity (Modrák et al. 2023), https://arxiv.org/abs/2211.02383
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from astroviz.accuracy.calibration import ranks
from astroviz.accuracy.ecdf import ecdf_difference
from astroviz.accuracy.outcome import Outcome
from astroviz.accuracy.simulation_ranks import uniform_outcome
from astroviz.accuracy.trial import Trial, TrialError

__all__ = ["run"]


def run(trial: Trial, seed: int) -> Outcome:
    r"""Is the rank of the truth's log likelihood among those of its draws uniform?

    The value is the mean rank: above 0.5 where the truths fit the data better than the draws.
    Curves: `levels` (K,), `difference` (1, K), `lower`, `upper` (K,) the simultaneous 95 % band,
    `ranks` (N, 1).
    """
    if trial.log_likelihood is None:
        raise TrialError("the trial has no log likelihood of truths and draws")
    truths, draws = (
        np.maximum(np.asarray(part, float), -np.finfo(float).max) for part in trial.log_likelihood
    )
    u = ranks(truths[:, None], draws[:, :, None], trial.weights, seed)
    p, by = uniform_outcome(u, ("log likelihood",), seed, moments=True)
    band = ecdf_difference(u)
    curves = {
        "levels": band.levels, "difference": band.difference[None], "lower": band.lower,
        "upper": band.upper, "ranks": u.astype(np.float32),
    }  # fmt: skip
    mean, error = float(u.mean()), float(np.sqrt(1 / 12 / len(u)))
    better = "better than" if mean > 0.5 else "worse than"
    sentence = (
        f"The truth fits the data {better} {100 * max(mean, 1 - mean):.1f} % of its draws on "
        f"average; 50 % (+- {100 * error:.1f} %) is right."
    )
    return Outcome("likelihood_rank", mean, 0.5, error, p, by, curves, np.abs(ndtri(u[:, 0])),
                   sentence)  # fmt: skip
