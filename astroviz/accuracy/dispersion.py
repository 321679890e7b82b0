r"""Bias and width of a posterior, pooled over its parameters, with errors from the objects.

The normal scores :math:`s = \Phi^{-1}(u)` of the ranks are standard normal for a perfect
posterior, exactly and for any number of draws. Their mean is the shift of the truths in posterior
standard deviations; the spread is above 1 where intervals are too narrow. Pooled over :math:`d`
independent parameters the width is known to :math:`1 / \sqrt{2 N d}`: too small by 10 % in ten
parameters stands out by 15 standard errors with 1,000 objects. Parameters depend on each other,
so errors come from the scatter of whole objects.

References:
    | Cook, Gelman & Rubin (2006), Validation of software for Bayesian models
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri
from scipy.stats import norm

from astroviz.accuracy.family import largest_score, width_scores
from astroviz.accuracy.outcome import Outcome
from astroviz.accuracy.simulation_ranks import trial_ranks, worst_first
from astroviz.accuracy.trial import Trial

__all__ = ["pooled_scores", "run"]


def run(trial: Trial, seed: int) -> Outcome:
    r"""Are the intervals shifted, too narrow or too wide?

    The value is the width of the draws over what it should be, pooled: 0.9 for intervals that are
    10 % too small. Curves, one value for each name in `by`: `bias` (k,) in posterior standard
    deviations, `bias_error`, `width` (k,) over what it should be, `width_error`; and `scores`
    (N, k).
    """
    s = ndtri(trial_ranks(trial, seed))
    n = len(s)
    bias, square = s.mean(0), (s**2).mean(0)
    scores = np.concatenate([np.sqrt(n) * bias, width_scores(square * n, n)])
    columns = [s, s**2]
    if s.shape[1] > 1:
        joint, errors = pooled_scores(s)
        scores = np.concatenate([scores, joint])
        columns.append(errors)
    p = largest_score(scores, columns, seed)
    tails = 2 * norm.sf(np.abs(np.stack([np.sqrt(n) * bias, width_scores(square * n, n)])))
    by = dict(zip(trial.names, np.minimum(1.0, 2 * tails.min(0)).tolist(), strict=True))
    order = worst_first(by)
    shown = [trial.names.index(name) for name in order]
    width = 1 / np.sqrt(square)
    pooled = float(1 / np.sqrt((s**2).mean()))
    error = float(0.5 * np.sqrt(_variance(s**2) / n))
    curves = {
        "bias": bias[shown], "bias_error": np.full(len(shown), 1 / np.sqrt(n)),
        "width": width[shown], "width_error": np.full(len(shown), 1 / np.sqrt(2 * n)),
        "scores": s[:, shown].astype(np.float32),
    }  # fmt: skip
    return Outcome(
        "dispersion", pooled, 1.0, error, p, {name: by[name] for name in order}, curves,
        (s**2).mean(1), _sentence(trial, pooled, error, bias),
    )  # fmt: skip


def _sentence(trial: Trial, width: float, error: float, bias: np.ndarray) -> str:
    kind = "narrow" if width < 1 else "wide"
    worst = int(np.abs(bias).argmax())
    return (
        f"Intervals are {100 * abs(width - 1):.1f} % too {kind} (+- {100 * error:.1f} %) over all "
        "parameters; "
        f"the largest shift is {bias[worst]:+.2f} posterior standard deviations "
        f"({trial.names[worst]}, +- {1 / np.sqrt(trial.count):.2f})."
    )


def _variance(x: np.ndarray) -> float:
    r"""Variance of the mean over parameters of squared normal scores of a perfect posterior.

    Each square has variance 2; their correlations are those found.
    """
    x = x - x.mean(0)
    spread = x.std(0)
    return float(2 * (x / np.where(spread > 0, spread, 1.0)).mean(1).var())


def pooled_scores(s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Scores of the mean shift and the mean width over parameters.

    Arguments:
        s: Normal scores of the ranks, shape :math:`(N, d)`.

    Returns:
        Two scores, standard normal for a perfect posterior, and what each object gives to them,
        shape :math:`(N, 2)`.
    """
    n = len(s)
    shift, square = s.mean(1), (s**2).mean(1)
    # the sum over objects is nearly chi^2 of as many degrees as its variance says
    variance = max(_variance(s**2), 1e-12)
    width = width_scores(np.asarray(square.mean() * 2 * n / variance), 2 * n / variance)
    alike = (s - s.mean(0)) / np.maximum(s.std(0), 1e-12)  # each has variance 1 if perfect
    bias = np.sqrt(n) * shift.mean() / max(float(alike.mean(1).std()), 1e-12)
    return np.array([bias, float(width)]), np.stack([shift, square], 1)
