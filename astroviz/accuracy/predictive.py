r"""Do measured values fall where they should in their predictions? Needs no truth.

The transform of a measured value is its rank among predictive draws, noise included. It is uniform
where the posterior is right **and was not given the value**: hold the measurement back. A value
that the posterior has seen falls too close to the middle even for a perfect posterior.

References:
    | Probabilistic forecasts, calibration and sharpness (Gneiting, Balabdaoui & Raftery 2007)
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from astroviz.accuracy.calibration import ranks
from astroviz.accuracy.ecdf import simultaneous_band
from astroviz.accuracy.outcome import Outcome
from astroviz.accuracy.simulation_ranks import uniform_outcome, worst_first
from astroviz.accuracy.trial import Trial, TrialError

__all__ = ["run", "transforms"]


def transforms(trial: Trial, seed: int = 0) -> np.ndarray:
    r"""Rank of each measured value among its predictions, (N, k); NaN where there is none."""
    found = np.full((trial.count, len(trial.measured)), np.nan)
    for k, (name, values) in enumerate(trial.measured.items()):
        if name not in trial.predicted:
            raise TrialError(
                f"{name} was measured but not predicted; predictions are of "
                f"{', '.join(trial.predicted)}"
            )
        values = np.asarray(values, float)
        draws = np.asarray(trial.predicted[name], float)
        rows = np.isfinite(values) & np.isfinite(draws).all(1)
        if rows.any():
            weights = None if trial.weights is None else trial.weights[rows]
            found[rows, k] = ranks(
                values[rows, None], draws[rows, :, None], weights, seed + 7919 * k
            )[:, 0]
    return found


def run(trial: Trial, seed: int) -> Outcome:
    r"""Are the transforms uniform?

    The value is the coverage of the central 90 % of the predictions. Curves: `levels` (K,),
    `difference` (k, K) in the order of `by`, the simultaneous 95 % band `lower` and `upper` (K,)
    for the quantity measured most often, `ranks` (N, k), NaN where not measured.
    """
    u = transforms(trial, seed)
    number = np.isfinite(u).sum(0)
    names = tuple(trial.measured)
    kept = np.flatnonzero(number >= 2)
    if not len(kept):
        raise TrialError("no measured value has predictions: there is nothing to compare")
    u, names, number = u[:, kept], tuple(names[k] for k in kept), number[kept]
    p, by = uniform_outcome(u, names, seed, pool=False, moments=True)
    order = worst_first(by)
    shown = [names.index(name) for name in order]
    z, lower, upper = simultaneous_band(int(number.max()))
    below = np.stack([(u <= level).sum(0) / number - level for level in z])
    curves = {
        "levels": z, "difference": below[:, shown].T, "lower": lower, "upper": upper,
        "ranks": u[:, shown].astype(np.float32),
    }  # fmt: skip
    value = float((np.abs(u[np.isfinite(u)] - 0.5) <= 0.45).mean())
    error = float(np.sqrt(0.09 / number.max()))
    sentence = (
        f"90 % intervals of {len(names)} predicted "
        f"{'quantities' if len(names) > 1 else 'quantity'} hold {100 * value:.1f} % of the "
        f"measured values (+- {100 * error:.1f} %)."
    )
    scores = np.abs(ndtri(np.where(np.isfinite(u), u, 0.5))).max(1)
    return Outcome("predictive", value, 0.9, error, p, {name: by[name] for name in order}, curves,
                   scores, sentence)  # fmt: skip
