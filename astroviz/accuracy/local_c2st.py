r"""Where in the data can truths be told from draws? The local classifier two-sample test.

A classifier learns truths from draws with their data beside. If the posterior is right, it cannot,
and says 1/2 for every point. How far it is from that for the draws of one object,

.. math:: T(x) = \frac{1}{m} \sum_j c(\theta_j, x)^2, \qquad \theta_j \sim q(\theta \mid x),

with c its lean towards truth, says how wrong the posterior is *for these data*. The null
hypothesis is learned as well: truth and draw of the objects change places at random, and the
classifier learns anew. It is a ridge regression of labels on products and random waves of point
and data, so that all exchanges are solved at once; whatever it is, p-values are exact.

Warning:
    The classifier is smooth: what is wrong for some data raises the scores of data beside them.
    Scores say where it is worst; a small p of one object says that something nearby is wrong.

References:
    | L-C2ST: local diagnostics for posterior approximations (Linhart, Gramfort & Rodrigues 2023)
    | https://arxiv.org/abs/2306.03580
    | Random features for large-scale kernel machines (Rahimi & Recht 2007)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from astroviz.accuracy.data_guesses import main_axes
from astroviz.accuracy.outcome import Outcome
from astroviz.accuracy.pairs import Pairs, exchange_p, pairs_of, signs
from astroviz.accuracy.random_points import by_group
from astroviz.accuracy.trial import Trial, TrialError

__all__ = ["LocalC2st", "local_c2st", "run"]

_PERMUTATIONS = 399
_MOST = 3000  # pairs that are learned from
_ASKED = 16  # draws of an object that are asked about
_KEPT = 24  # coordinates of a point
_WAVES = 200
_RIDGE = 0.05  # hundredths of all variance of what is learned from
_FEW = 6  # coordinates whose products are looked at


@dataclass(frozen=True)
class LocalC2st:
    r"""How wrong the posterior is, by object.

    Arguments:
        scores: :math:`T(x)` over what exchanges give for these data; 1 if right, NaN for objects
            that were not learned from, (N,).
        p_values: Of each object, (N,).
        lean: Mean lean of the draws of each object, (N,).
        value: Mean of :math:`T` over objects, over that of exchanges.
        null: The same of each exchange, (P,).
        null_scores: Scores of each exchange, (P, N).
    """

    scores: np.ndarray
    p_values: np.ndarray
    lean: np.ndarray
    value: float
    null: np.ndarray
    null_scores: np.ndarray

    @property
    def p_value(self) -> float:
        """Of all objects together."""
        return exchange_p(self.value, self.null)


def local_c2st(trial: Trial, seed: int = 0, permutations: int = _PERMUTATIONS) -> LocalC2st:
    r"""Judge a posterior object by object.

    Arguments:
        trial: A trial with observations, of points that are numbers.
        seed: Seed of draws, waves and exchanges.
        permutations: Exchanges; they are learned together.

    Example:
        >>> random = np.random.default_rng(0)
        >>> data = random.normal(size=(400, 1))
        >>> points = data[:, None] + random.normal(size=(400, 20, 1))
        >>> wrong = np.where(data[:, None] > 1, points[:, 1:] + 2, points[:, 1:])
        >>> trial = Trial(truths=points[:, 0], draws=wrong, names=("x",), observations=data)
        >>> found = local_c2st(trial, permutations=99)
        >>> far = data[:, 0] > 1.2
        >>> bool(found.scores[far].mean() > 2 * found.scores[~far].mean())
        True
    """
    if trial.observations is None:
        raise TrialError("a local test needs the data: give `observations`, by object")
    if trial.truths.dtype.kind not in "fiub" or trial.geometry == "table":
        raise TrialError("a local test needs points whose coordinates are numbers, without gaps")
    random = np.random.default_rng([seed, 0x10CA])
    pairs = pairs_of(trial, seed, _MOST)
    flat = _flattener(pairs, random)
    middle = np.broadcast_to(pairs.middle, pairs.truths.shape)
    table = np.concatenate(
        [flat(points - middle, pairs.data) for points in (pairs.truths, pairs.draws)]
    )
    label = np.concatenate([np.ones((1, pairs.count)), signs(pairs.count, permutations, seed)])
    weights = _learned(table, np.concatenate([label, -label], 1).T)
    square = np.empty((1 + permutations, pairs.count))
    lean = np.empty(pairs.count)
    pick = random.integers(trial.draws.shape[1], size=(trial.count, _ASKED))[pairs.rows]
    step = max(1, 4_000_000 // (_ASKED * max(len(weights[0]), trial.size)))
    for start in range(0, pairs.count, step):
        part = slice(start, start + step)
        asked = trial.draws[pairs.rows[part, None], pick[part]]
        said = flat(asked - middle[part, None], pairs.data[part, None]) @ weights  # (n, m, 1 + P)
        square[:, part] = (said**2).mean(1).T
        lean[part] = said[:, :, 0].mean(1)
    return _judged(square, lean, pairs.rows, trial.count)


def _judged(square: np.ndarray, lean: np.ndarray, rows: np.ndarray, count: int) -> LocalC2st:
    usual = square[1:].mean(0)
    scaled = square / np.maximum(usual, 1e-30)
    overall = square.mean(1) / max(float(square[1:].mean()), 1e-30)
    above = (square[1:] >= square[0] * (1 - 1e-9)).sum(0)
    null_scores = np.full((len(square) - 1, count), np.nan)
    null_scores[:, rows] = scaled[1:]

    def spread(values: np.ndarray) -> np.ndarray:
        found = np.full(count, np.nan)
        found[rows] = values
        return found

    return LocalC2st(
        spread(scaled[0]), spread((1 + above) / len(square)), spread(lean), float(overall[0]),
        overall[1:], null_scores,
    )  # fmt: skip


def _flattener(
    pairs: Pairs, random: np.random.Generator
) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """A function from points about their middle (*, d) and data (*, F) to what is learned from."""
    both = np.concatenate([pairs.truths - pairs.middle, pairs.draws - pairs.middle])
    both = pairs.geometry.flat(both).astype(float)
    middle = both.mean(0)
    axes = np.eye(both.shape[1])
    if both.shape[1] > _KEPT:
        axes = main_axes(both, _KEPT)
    seen = (both - middle) @ axes
    width = np.where(seen.std(0) > 0, seen.std(0), 1.0)
    size = seen.shape[1] + pairs.data.shape[1]
    wave = random.standard_normal((size, _WAVES)) / np.sqrt(size)
    phase = random.uniform(0, 2 * np.pi, _WAVES)
    places = _Places(pairs.data, random)
    upper = np.triu_indices(seen.shape[1])
    if seen.shape[1] > _FEW:
        upper = (np.arange(seen.shape[1]),) * 2

    def flat(points: np.ndarray, data: np.ndarray) -> np.ndarray:
        z = np.clip(((pairs.geometry.flat(points) - middle) @ axes) / width, -6, 6)
        x = np.broadcast_to(data, (*z.shape[:-1], data.shape[-1]))
        near = np.broadcast_to(places(data), (*z.shape[:-1], places.count))
        square = z[..., upper[0]] * z[..., upper[1]]
        every = np.concatenate([z, x], -1)
        blocks = (
            z, _times(near, z), _times(near, square), _times(x[..., :_FEW], z[..., :_FEW]),
            np.cos(every @ wave + phase),
        )  # fmt: skip
        return np.concatenate([block / np.sqrt(block.shape[-1]) for block in blocks], -1)

    return flat


class _Places:
    """How much data belong to each of a few places among them; all places together make 1."""

    def __init__(self, data: np.ndarray, random: np.random.Generator) -> None:
        self.count = int(np.clip(len(data) // 40, 1, 12))
        self.middles = data[random.permutation(len(data))[: self.count]]
        square = ((data[:, None] - self.middles) ** 2).sum(-1)
        self.width = max(float(np.median(square.min(1))), 1e-12)

    def __call__(self, data: np.ndarray) -> np.ndarray:
        square = ((data[..., None, :] - self.middles) ** 2).sum(-1) / (2 * self.width)
        near = np.exp(-(square - square.min(-1, keepdims=True)))
        return np.asarray(near / near.sum(-1, keepdims=True))


def _times(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """All products of two sets of columns."""
    found = first[..., :, None] * second[..., None, :]
    return np.asarray(found.reshape(*found.shape[:-2], -1))


def _learned(table: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Weights of the ridge regression of each column of labels, (D, 1 + P)."""
    scaled = table - table.mean(0)
    gram = scaled.T @ scaled
    gram[np.diag_indices_from(gram)] += _RIDGE * np.trace(gram) / 100
    found: np.ndarray = np.linalg.solve(gram, scaled.T @ labels)
    return found


def run(trial: Trial, seed: int = 0) -> Outcome:
    r"""The check `local_c2st`.

    Curves: `null` (P,), the mean score under exchanges; `scores`, `p` and `lean`, (N,) by object.
    """
    found = local_c2st(trial, seed)
    both = np.concatenate([found.scores[None], found.null_scores]).T  # (N, 1 + P)
    groups = by_group(trial, both, _group_p)
    known = np.isfinite(found.p_values)
    flagged = float((found.p_values[known] < 0.05).mean())
    return Outcome(
        "local_c2st", found.value, 1.0, float(found.null.std()), found.p_value, groups,
        {"null": found.null, "scores": found.scores, "p": found.p_values, "lean": found.lean},
        found.scores,
        f"A local classifier leans {found.value:.2f} times as far from a half as after exchanges "
        f"of truth and draw (1 \u00b1 {found.null.std():.2f}, p = {found.p_value:.2g}); "
        f"{flagged:.0%} of the objects have p below 0.05.",
    )  # fmt: skip


def _group_p(part: np.ndarray) -> float:
    mean = np.nanmean(part, 0)
    return exchange_p(float(mean[0]), mean[1:])
