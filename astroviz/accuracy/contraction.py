r"""Has the posterior taken from the data what is in them?

Contraction is the part of the prior variance that the data removed,
:math:`1 - \mathrm{Var}(\theta | x) / \mathrm{Var}(\theta)`; claimed by the draws, and achieved by
their means. For a perfect posterior both agree on average. A posterior that gives the prior for
every object claims 0 and achieves 0, and every rank of its parameters is uniform: contraction
alone accuses nobody. What convicts it are leftovers: given the data, the normal scores of the
ranks of a perfect posterior are standard normal *whatever the data*, so neither they nor their
distance from the middle may go along with any function of the data. Here that function is each
column of the data, its distance from the middle, and where it has gaps; of more than 30 columns,
their principal components. A shift or width that is wrong alike for all objects is left to others.

References:
    | Calibrating model-based inferences and decisions (Betancourt 2018),
      https://arxiv.org/abs/1803.08393
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import norm, rankdata

from astroviz.accuracy.family import largest_score
from astroviz.accuracy.outcome import Outcome
from astroviz.accuracy.simulation_ranks import trial_ranks, worst_first
from astroviz.accuracy.trial import Trial, TrialError

__all__ = ["features_of", "run"]

_FAR = 6.0  # squares of normal scores count no more than this
_MOST = 30  # columns of data and of parameters that are looked at one by one


def features_of(trial: Trial) -> tuple[np.ndarray, list[str]]:
    r"""Functions of the data, each of mean 0 and variance 1 over the objects.

    Arguments:
        trial: With `observations`, (N, F); NaN is a gap.

    Returns:
        Features (N, m) and their names: normal scores of the columns, of their distances from the
        middle, and where the gaps are.
    """
    if trial.observations is None:
        raise TrialError("the trial has no observations")
    data = np.asarray(trial.observations, float).reshape(trial.count, -1)
    names = list(trial.observation_names) or [f"x{k + 1}" for k in range(data.shape[1])]
    if data.shape[1] > _MOST:
        data, names = _components(data)
    gaps = ~np.isfinite(data)
    rank = np.apply_along_axis(_normal, 0, data)
    parts = [rank, np.where(gaps, 0.0, _folded(rank)), gaps.astype(float)]
    labels = (
        names
        + [f"{name} from its middle" for name in names]
        + [f"{name} missing" for name in names]
    )
    every = np.concatenate(parts, 1)
    every -= every.mean(0)
    spread = every.std(0)
    kept = spread > 1e-9
    return every[:, kept] / spread[kept], [label for label, k in zip(labels, kept, strict=True)
                                           if k]  # fmt: skip


def _normal(column: np.ndarray) -> np.ndarray:
    """Normal scores of a column's ranks; 0 where it has gaps."""
    seen = np.isfinite(column)
    found = np.zeros(len(column))
    if seen.sum() > 1:
        found[seen] = ndtri(rankdata(column[seen]) / (seen.sum() + 1))
    return found


def _folded(scores: np.ndarray) -> np.ndarray:
    """Normal scores of the distance from the middle: standard normal where `scores` are."""
    return np.asarray(ndtri(np.clip(np.abs(2 * ndtr(scores) - 1), 1e-12, 1 - 1e-12)))


def _scaled(scores: np.ndarray) -> np.ndarray:
    """Columns of mean 0 and variance 1."""
    spread = scores.std(0)
    return np.asarray((scores - scores.mean(0)) / np.where(spread > 0, spread, 1.0))


def _components(data: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """The principal components of many columns, gaps filled by the mean of the column."""
    seen = np.isfinite(data)
    number = np.maximum(seen.sum(0), 1)
    mean = np.where(seen, data, 0.0).sum(0) / number
    filled = np.where(seen, data - mean, 0.0)
    spread = filled.std(0)
    filled = filled / np.where(spread > 0, spread, 1.0)
    values, vectors = np.linalg.eigh(filled @ filled.T)
    last = [k for k in range(len(values) - 1, -1, -1) if values[k] > 1e-9 * values[-1]][:_MOST]
    return vectors[:, last], [f"component {k + 1} of the data" for k in range(len(last))]


def run(trial: Trial, seed: int) -> Outcome:
    r"""Do ranks go along with the data?

    The value is the contraction that the draws claim, the expectation what their means achieve,
    both over all parameters. Curves, in the order of `by`: `contraction` and `z` (N, k), the
    contraction and z-score of each object; `claimed` and `achieved` (k,); `leftover` (k, m), the
    correlation of the normal scores with each function of the data.
    """
    x, labels = features_of(trial)
    s = ndtri(trial_ranks(trial, seed))
    n = len(s)
    if trial.size > _MOST:
        names, s = tuple(f"component {k + 1}" for k in range(_MOST)), _projected(s, seed)
    else:
        names = trial.names
    w = _scaled(np.minimum(s**2, _FAR))  # long tails would raise false alarms
    s = _scaled(s)
    linear, square = s.T @ x / np.sqrt(n), w.T @ x / np.sqrt(n)
    scores = np.concatenate([linear.ravel(), square.ravel()])
    columns = (np.concatenate([s[:, [k]] * x, w[:, [k]] * x], 1) for k in range(s.shape[1]))
    p = largest_score(scores, columns, seed)
    each = np.maximum(np.abs(linear).max(1), np.abs(square).max(1))
    tails = np.minimum(1.0, 2 * norm.sf(each) * 2 * x.shape[1])
    curves, claimed, achieved = _contraction(trial)
    by = dict(zip(names, tails.tolist(), strict=True))
    worst = int(np.abs(linear).max(1).argmax())
    which = labels[int(np.abs(linear[worst]).argmax())]
    left = float(np.abs(linear[worst]).max() / np.sqrt(n))
    sentence = (
        f"The draws claim that the data remove {100 * claimed:z.0f} % of the variance, and "
        f"their means achieve {100 * achieved:z.0f} %. What is left of {names[worst]} correlates "
        f"at most with {which}: {left:.2f} (+- {1 / np.sqrt(n):.2f} by chance)."
    )
    curves["leftover"] = linear / np.sqrt(n)
    error = float(np.sqrt(2 / n / trial.size) * max(1 - claimed, 0.0))
    return Outcome("contraction", claimed, achieved, error, p,
                   {name: by[name] for name in worst_first(by)}, curves,
                   np.abs(s * (x @ linear.T)).max(1) / np.sqrt(n), sentence)  # fmt: skip


def _projected(s: np.ndarray, seed: int) -> np.ndarray:
    """Mixtures of many parameters by random signs, and their mean; scaled to variance 1."""
    random = np.random.default_rng([seed, 0xC7])
    signs = random.choice([-1.0, 1.0], size=(s.shape[1], _MOST))
    signs[:, 0] = 1.0
    mixed = s @ signs
    spread = np.sqrt((mixed**2).mean(0))
    return mixed / np.where(spread > 0, spread, 1.0)


def _contraction(trial: Trial) -> tuple[dict[str, np.ndarray], float, float]:
    """What the figure draws, and the contraction claimed and achieved over all parameters."""
    shown = slice(0, _MOST)
    prior = trial.truths if trial.prior is None else np.asarray(trial.prior, float)
    of_prior = prior.var(0)
    of_prior = np.where(of_prior > 0, of_prior, np.inf)
    mean, variance = trial.draws.mean(1), trial.draws.var(1, ddof=1)
    away = (trial.truths - mean) ** 2
    # the mean of a few draws scatters about the mean of the posterior
    away = away / (1 + 1 / trial.draws.shape[1])
    claimed, achieved = 1 - variance / of_prior, 1 - away.mean(0) / of_prior
    spread = np.sqrt(np.where(variance > 0, variance, np.inf))
    curves = {
        "contraction": claimed[:, shown].astype(np.float32),
        "z": ((trial.truths - mean) / spread)[:, shown].astype(np.float32),
        "claimed": claimed.mean(0)[shown], "achieved": achieved[shown],
    }  # fmt: skip
    return curves, float(claimed.mean()), float(achieved.mean())
