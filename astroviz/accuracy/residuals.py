r"""Are the residuals of the draws noise, no more and no less?

For a perfect posterior a draw and the data follow the same joint law as the truth and the data, so
:math:`\chi^2` of the residuals of a draw follows the :math:`\chi^2` law of as many degrees of
freedom as there are pixels: not one less, whatever the number of parameters. (That is for draws,
not for a fit of least :math:`\chi^2`.) Its normal score is standard normal for every draw; the
draws of one object share their data, so errors come from the scatter of whole objects.
"""

from __future__ import annotations

import numpy as np

from astroviz.accuracy.family import largest_score, width_scores
from astroviz.accuracy.outcome import Outcome
from astroviz.accuracy.trial import Trial, TrialError

__all__ = ["run"]


def run(trial: Trial, seed: int) -> Outcome:
    r"""Is :math:`\chi^2` of the draws over its degrees of freedom what noise gives?

    The value is the mean reduced :math:`\chi^2`. Curves: `reduced` (N,) mean over draws of each
    object, `dof` (N,), `scores` (N,) normal score of one draw each.
    """
    if trial.chi_square is None:
        raise TrialError("the trial has no chi^2 of the residuals")
    chi_square, dof = (np.asarray(part, float) for part in trial.chi_square)
    bad = int((dof <= 0).sum() + (~np.isfinite(chi_square)).sum())
    if bad:
        raise TrialError(
            f"{bad} values of chi^2 or of its degrees of freedom are not finite or not above 0: "
            "leave those objects out"
        )
    s = width_scores(chi_square, dof[:, None])  # (N, L)
    mean, square = s.mean(1), (s**2).mean(1) - 1
    n = len(s)
    columns = np.stack([mean, square], 1)
    spread = np.maximum(columns.std(0, ddof=1), 1e-12)
    one = s[:, 0]
    scores = np.concatenate([
        np.sqrt(n) * columns.mean(0) / spread,
        [np.sqrt(n) * one.mean(), float(width_scores(np.asarray((one**2).sum()), n))],
    ])  # fmt: skip
    p = largest_score(scores, np.column_stack([columns, one, one**2]), seed)
    reduced = chi_square.mean(1) / dof
    value = float(reduced.mean())
    error = float(np.sqrt((2 / dof).mean() / n))
    kind = "more than noise: the draws miss what is in the data" if value > 1 else (
        "less than noise: the draws follow the noise"
    )  # fmt: skip
    sentence = f"Reduced chi^2 of the draws is {value:.3f} (1 +- {error:.3f} is noise)"
    sentence += f", {kind}." if abs(value - 1) > 3 * error else "."
    return Outcome(
        "reduced_chi_square", value, 1.0, error, p, {}, {"reduced": reduced, "dof": dof,
        "scores": one}, np.abs(mean), sentence,
    )  # fmt: skip
