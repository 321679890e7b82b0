r"""Simulation-based calibration of every parameter, with one p-value for all of them.

The test looks at how far the share of ranks below each of 19 levels is from the level, in all
parameters and in the ranks pooled over them, and takes the largest deviation; parameters go
astray together, and `family.largest_score` knows how much. Gaps (NaN) of a table rank below every
number, which is as good an order as any: how often something is missing is judged with it.

References:
    | Simulation-based calibration (Talts et al. 2018), https://arxiv.org/abs/1804.06788
    | Graphical test for discrete uniformity (Säilynoja, Bürkner & Vehtari 2022)
    | https://arxiv.org/abs/2103.10522
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.special import ndtri
from scipy.stats import binom, norm

from astroviz.accuracy.calibration import ks_test, ranks
from astroviz.accuracy.ecdf import simultaneous_band
from astroviz.accuracy.family import largest_score, width_scores
from astroviz.accuracy.outcome import Outcome
from astroviz.accuracy.trial import Trial

__all__ = ["SHOWN", "run", "trial_ranks", "uniform_outcome", "worst_first"]

SHOWN = 64
"""Parameters that an outcome names and draws; of more, the worst."""
_LEVELS = np.arange(1, 20) / 20
_BLOCK = 256  # parameters whose deviations are held at once


def trial_ranks(trial: Trial, seed: int = 0) -> np.ndarray:
    r"""Rank of each truth among its draws, in 0 to 1, shape :math:`(N, d)`; gaps rank lowest."""
    truths, draws = trial.truths, trial.draws
    if trial.geometry == "table":
        lowest = -np.finfo(float).max
        truths = np.where(np.isnan(truths), lowest, truths)
        draws = np.where(np.isnan(draws), lowest, draws)
    return ranks(truths, draws, trial.weights, seed)


def run(trial: Trial, seed: int) -> Outcome:
    r"""Are the ranks uniform?

    Curves: `levels` (K,), `difference` (k, K) of the empirical distribution from the level in the
    order of `by`, `pooled` (K,) over all parameters, `lower` and `upper` (K,) the simultaneous
    95 % band of one parameter, `ranks` (N, k).
    """
    u = trial_ranks(trial, seed)
    p, by = uniform_outcome(u, trial.names, seed)
    order = worst_first(by)
    shown = [trial.names.index(name) for name in order]
    z, lower, upper = simultaneous_band(len(u))
    below = np.stack([(u <= level).mean(0) - level for level in z])  # (K, d)
    curves = {
        "levels": z, "difference": below[:, shown].T, "pooled": below.mean(1), "lower": lower,
        "upper": upper, "ranks": u[:, shown].astype(np.float32),
    }  # fmt: skip
    distance = np.abs(below).max(0)
    where = int(distance.argmax())
    sentence = (
        f"Ranks of {len(trial.names):,} {'parameters' if len(trial.names) > 1 else 'parameter'} "
        f"leave the diagonal by at most {distance[where]:.3f} ({trial.names[where]})."
    )
    scores = ndtri(u)
    return Outcome(
        "sbc", float(distance[where]), 0.0, float(0.5 / np.sqrt(len(u))), p,
        {name: by[name] for name in order}, curves, np.abs(scores).max(1), sentence,
    )  # fmt: skip


def worst_first(by: dict[str, float], count: int = SHOWN) -> list[str]:
    """The names of a table in their order; of more than `count`, only those of smallest p."""
    if len(by) <= count:
        return list(by)
    kept = set(sorted(by, key=lambda name: by[name])[:count])
    return [name for name in by if name in kept]


def uniform_outcome(
    u: np.ndarray,
    names: Sequence[str],
    seed: int = 0,
    pool: bool = True,
    moments: bool = False,
) -> tuple[float, dict[str, float]]:
    r"""Test that every column is uniform, whatever their dependence.

    Arguments:
        u: Numbers in 0 to 1, shape :math:`(N, d)`; rows are independent, NaN takes no part.
        names: Names of the columns.
        seed: Seed of the multiplier bootstrap.
        pool: Whether all columns together are looked at beside each one.
        moments: Whether the mean and the width of the normal scores are looked at, too.

    Returns:
        The p-value of all, and the Kolmogorov-Smirnov p-value by column.
    """
    n, size = u.shape
    present = np.isfinite(u)
    number = present.sum(0)
    counts = np.stack([(u <= level).sum(0) for level in _LEVELS])  # (K, d)
    # middle p-values of the binomial law, as scores
    z = _LEVELS[:, None]
    low = binom.cdf(counts - 1, number, z) + 0.5 * binom.pmf(counts, number, z)
    scores = [norm.ppf(np.clip(low, 1e-300, 1 - 1e-16)).ravel()]
    extra = []
    if pool and size > 1:
        together = np.stack([(u <= level).mean(1) for level in _LEVELS], 1) - _LEVELS  # (N, K)
        extra.append(together)
        known = np.sqrt(_LEVELS * (1 - _LEVELS) * [_shared(u <= level) for level in _LEVELS])
        scores.append(np.sqrt(n) * together.mean(0) / known)
    if moments:
        s = np.where(present, ndtri(np.where(present, u, 0.5)), 0.0)
        extra += [s, np.where(present, s**2 - 1, 0.0)]
        scores += [s.sum(0) / np.sqrt(number), width_scores((s**2).sum(0), number)]

    def columns() -> Iterator[np.ndarray]:
        for start in range(0, size, _BLOCK):
            part = u[:, start : start + _BLOCK, None]
            part = np.where(np.isfinite(part), (part <= _LEVELS) - _LEVELS, 0.0)
            yield part.reshape(n, -1)
        yield from extra

    by = {name: _ks(u[present[:, k], k]) for k, name in enumerate(names)}
    return largest_score(np.concatenate(scores), columns(), seed), by


def _shared(inside: np.ndarray) -> float:
    """Variance of a mean over columns (N, d) of which each has variance 1; 1 / d to 1."""
    part = inside.mean(0)
    spread = np.sqrt(part * (1 - part))
    found = ((inside - part) / np.where(spread > 0, spread, 1.0)).mean(1).var()
    # a level that no object, or every one, is below says nothing of how columns go together
    least = 1e-3 if (spread > 0).all() else 1.0
    return float(max(found, least / inside.shape[1]))


def _ks(u: np.ndarray) -> float:
    return float(ks_test(u)[1])
