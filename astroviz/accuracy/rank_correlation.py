r"""Are parameters wrong together as the draws say? Ranks of products and of joint distances.

Truth and draws of an object, exchangeable for a perfect posterior, are put into one set and
brought to mean 0 and variance 1 by that set. Any quantity of a point that treats the set as a
whole is then exchangeable too, and the rank of the truth's is exactly uniform:

- the product :math:`z_k z_l` of two parameters: its ranks are shifted where the correlation that
  the draws claim is wrong, though both marginals be right;
- the distance from the centre, scaled by the set's covariance (Mahalanobis), and plain: its ranks
  are shifted where joint regions are too small or large.

References:
    | Simulation-based calibration checking for Bayesian computation: the choice of test quantities
      shapes sensitivity (Modrák et al. 2023), https://arxiv.org/abs/2211.02383
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from scipy.special import ndtri
from scipy.stats import norm

from astroviz.accuracy.calibration import ranks
from astroviz.accuracy.family import largest_score, width_scores
from astroviz.accuracy.outcome import Outcome
from astroviz.accuracy.simulation_ranks import worst_first
from astroviz.accuracy.trial import Trial

__all__ = ["pairs_of", "quantities", "run"]

_ALL_PAIRS = 20  # parameters of which every pair is looked at
_SOME_PAIRS = 190  # pairs that are picked among more
_JOINT = 50  # parameters up to which a covariance for each object is affordable
_BLOCK = 4_000_000  # coordinates of draws that are held at once


def pairs_of(size: int, seed: int = 0) -> list[tuple[int, int]]:
    """Pairs of parameters: all of up to 20, otherwise 190 picked at random."""
    if size <= _ALL_PAIRS:
        return list(combinations(range(size), 2))
    random = np.random.default_rng([seed, 0xC0])
    picked: set[tuple[int, int]] = set()
    while len(picked) < _SOME_PAIRS:
        first, second = sorted(random.choice(size, 2, replace=False).tolist())
        picked.add((first, second))
    return sorted(picked)


def quantities(
    truths: np.ndarray, draws: np.ndarray, pairs: list[tuple[int, int]]
) -> tuple[np.ndarray, np.ndarray]:
    r"""Products of pairs, the distance from the centre and, where it can be, Mahalanobis'.

    Arguments:
        truths: Shape :math:`(N, d)`.
        draws: Shape :math:`(N, L, d)`.
        pairs: Pairs of parameters.

    Returns:
        Quantities of the truths (N, q) and of the draws (N, L, q).
    """
    points = np.concatenate([truths[:, None], draws], 1).astype(float)  # (N, L + 1, d)
    points -= points.mean(1, keepdims=True)
    spread = points.std(1, keepdims=True)
    points /= np.where(spread > 0, spread, 1.0)
    first, second = np.array(pairs).T
    parts = [points[:, :, first] * points[:, :, second], (points**2).sum(-1, keepdims=True)]
    count, size = points.shape[1:]
    if size <= _JOINT and count > 2 * size:
        covariance = points.transpose(0, 2, 1) @ points / count + 1e-9 * np.eye(size)
        solved = np.linalg.solve(covariance, points.transpose(0, 2, 1))
        parts.append((points * solved.transpose(0, 2, 1)).sum(-1, keepdims=True))
    every = np.concatenate(parts, -1)
    return every[:, 0], every[:, 1:]


def run(trial: Trial, seed: int) -> Outcome:
    r"""Are products of parameters, and joint distances, ranked as they should?

    The value is the largest difference between the correlation of the truths' residuals and that
    which the draws claim. Curves, one value for each pair in `by`: `claimed`, `found`, `error`
    (k,); and `ranks` (N, k).
    """
    pairs = pairs_of(trial.size, seed)
    names = [f"{trial.names[a]}, {trial.names[b]}" for a, b in pairs]
    u, found, claimed, spread = (np.concatenate(part) for part in zip(*_blocks(trial, pairs, seed),
                                                                      strict=True))  # fmt: skip
    extra = ["distance from the centre", "Mahalanobis distance"][: u.shape[1] - len(pairs)]
    n, s = len(u), ndtri(u)
    shift, width = np.sqrt(n) * s.mean(0), width_scores((s**2).sum(0), n)
    p = largest_score(np.concatenate([shift, width]), np.concatenate([s, s**2], 1), seed)
    tails = 2 * norm.sf(np.maximum(np.abs(shift), np.abs(width)))
    by = dict(zip(names + extra, np.minimum(1.0, 2 * tails).tolist(), strict=True))
    order = worst_first(by)
    every = list(by)
    shown = [every.index(name) for name in order]
    of_pairs = [k for k in shown if k < len(pairs)]
    off = (found - claimed).mean(0)[: len(pairs)]
    errors = np.sqrt((spread**2).mean(0) / n)[: len(pairs)]
    worst = int(np.abs(off / np.where(errors > 0, errors, np.inf)).argmax())
    curves = {
        "claimed": claimed.mean(0)[of_pairs], "found": found.mean(0)[of_pairs],
        "error": errors[of_pairs], "ranks": u[:, shown].astype(np.float32),
    }  # fmt: skip
    claim = float(claimed.mean(0)[worst])
    sentence = (
        f"Most off is the correlation of {names[worst]}: the draws claim {claim:+.2f}, the truths "
        f"have {claim + off[worst]:+.2f} (+- {errors[worst]:.2f})."
    )
    return Outcome(
        "correlation", float(off[worst]), 0.0, float(errors[worst]), p,
        {name: by[name] for name in order}, curves, np.abs(s).max(1), sentence,
    )  # fmt: skip


def _blocks(
    trial: Trial, pairs: list[tuple[int, int]], seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Ranks, quantities of the truths, their mean and spread over the draws, by block of objects.

    Draws of images of thousands of pixels would fill memory if all were held at once.
    """
    each = (trial.draws.shape[1] + 1) * (trial.size + len(pairs) + 2)
    step = max(1, _BLOCK // each)
    for start in range(0, trial.count, step):
        rows = slice(start, start + step)
        truths, draws = quantities(trial.truths[rows], trial.draws[rows], pairs)
        u = ranks(truths, draws, None, seed + 7919 * start)
        yield u, truths, draws.mean(1), draws.std(1)
