r"""Can a classifier tell two populations apart, and by which columns? With an exact p-value.

Half of both tables teaches a classifier, the other half is judged by it, and again the other way
round. On the half that it has not seen the classifier is a fixed function, so that the ranks of
its odds are exchangeable if both tables follow one law: Mann and Whitney's test of them holds for
any number of columns. The two halves are put together by twice the smaller p-value, which is right
for any dependence of the two.

How much a column matters is how much the area under the curve falls when the column is shuffled
among the judged objects. Columns that say the same share what they matter between them: a small
value does not say that a column is not shifted, only that it is not needed.

References:
    | Revisiting classifier two-sample tests (Lopez-Paz & Oquab 2017), arXiv:1610.06545
    | Random forests (Breiman 2001), importance by permutation
    | Mann & Whitney (1947), Ann. Math. Statist. 18, 50
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from astroviz.accuracy.trial import TrialError

__all__ = ["ClassifierShift", "area_under_curve", "classifier_shift"]

_REPEATS = 6
_BLOCK = 2_000_000  # numbers that are shuffled copies at a time
_SMALLEST = 1e-6  # of a probability, before its logarithm


@dataclass(frozen=True, eq=False)
class ClassifierShift:
    r"""What the classifier found.

    Arguments:
        area: Area under the curve on objects that it was not taught: 0.5 cannot tell, 1 always
            can; the mean of both halves.
        error: Standard error of `area` if both tables were one law.
        p_value: Probability of so large an area, or a larger one, by chance.
        importance: Fall of the area when a column is shuffled, shape :math:`(F,)`.
        importance_error: Its standard error over shuffles and halves.
        known: Log odds that a known object was asked, shape :math:`(M,)`.
        asked: Log odds of the asked ones, shape :math:`(N,)`: who gives the population away.
    """

    area: float
    error: float
    p_value: float
    importance: np.ndarray
    importance_error: np.ndarray
    known: np.ndarray
    asked: np.ndarray


def area_under_curve(known: np.ndarray, asked: np.ndarray) -> tuple[float, float, float]:
    r"""Chance that an asked object scores above a known one, its error by chance, and its p-value.

    Arguments:
        known: Scores, shape :math:`(M,)`.
        asked: Scores, shape :math:`(N,)`.

    Returns:
        Area, standard error under equal laws, one-sided p-value of a larger area.

    Example:
        >>> area_under_curve(np.zeros(5), np.ones(5))[0]
        1.0
    """
    from scipy.stats import mannwhitneyu

    m, n = len(known), len(asked)
    found = mannwhitneyu(asked, known, alternative="greater")
    return (
        float(found.statistic) / (m * n),
        float(np.sqrt((m + n + 1) / (12.0 * m * n))),
        float(found.pvalue),
    )


def classifier_shift(
    known: np.ndarray, asked: np.ndarray, seed: int = 0, importance: bool = True
) -> ClassifierShift:
    r"""Teach a classifier to tell two tables apart, and ask it what it looks at.

    Arguments:
        known: Shape :math:`(M, F)`; NaN is a gap, which the classifier may use.
        asked: Shape :math:`(N, F)`.
        seed: Seed of halves, classifier and shuffles.
        importance: Whether columns are shuffled, which is most of the time that it takes.

    Returns:
        Area, p-value, importance of columns, log odds of objects.

    Example:
        >>> random = np.random.default_rng(0)
        >>> known, asked = random.normal(size=(300, 2)), random.normal(size=(300, 2))
        >>> asked[:, 1] += 1.5
        >>> found = classifier_shift(known, asked)
        >>> bool(found.p_value < 1e-6), int(found.importance.argmax())
        (True, 1)
    """
    first, second = (np.asarray(one, np.float64) for one in (known, asked))
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1]:
        raise TrialError(
            f"tables of shape {first.shape} and {second.shape} cannot be told apart: give both "
            "the same columns"
        )
    if min(len(first), len(second)) < 40:
        raise TrialError(
            f"{len(first)} and {len(second)} objects cannot teach a classifier: give 40 of each"
        )
    random = np.random.default_rng([seed, 0xC1A5])
    tables = (first, second)
    halves = [random.permutation(len(one)) for one in tables]
    odds = [np.empty(len(one)) for one in tables]
    areas, falls = [], []
    for k in (0, 1):
        taught = [one[half[k::2]] for one, half in zip(tables, halves, strict=True)]
        model = _fitted(taught[0], taught[1], seed)
        judged = [half[1 - k :: 2] for half in halves]
        parts = [one[rows] for one, rows in zip(tables, judged, strict=True)]
        for kept, rows, part in zip(odds, judged, parts, strict=True):
            kept[rows] = _odds(model, part)
        areas.append(area_under_curve(odds[0][judged[0]], odds[1][judged[1]]))
        if importance:
            falls.append(_falls(model, parts[0], parts[1], areas[-1][0], random))
    every = np.concatenate(falls) if falls else np.full((2, first.shape[1]), np.nan)
    area, error, tail = (np.array(one) for one in zip(*areas, strict=True))
    return ClassifierShift(
        float(area.mean()), float(np.sqrt(0.5 * np.mean(error**2))),
        float(min(1.0, 2 * tail.min())), every.mean(0),
        every.std(0, ddof=1) / np.sqrt(len(every)), odds[0], odds[1],
    )  # fmt: skip


def _fitted(known: np.ndarray, asked: np.ndarray, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    model = HistGradientBoostingClassifier(
        max_iter=60, learning_rate=0.1, max_leaf_nodes=12, min_samples_leaf=10,
        l2_regularization=1.0, early_stopping=False, random_state=seed,
    )  # fmt: skip
    target = np.repeat([0, 1], [len(known), len(asked)])
    # Both tables weigh the same, however many objects they have.
    weight = np.where(target == 1, len(known) / len(asked), 1.0)
    with threadpool_limits(1):
        return model.fit(np.concatenate([known, asked]), target, sample_weight=weight)


def _odds(model: Any, rows: np.ndarray) -> np.ndarray:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        share = np.clip(model.predict_proba(rows)[:, 1], _SMALLEST, 1 - _SMALLEST)
    return np.asarray(np.log(share / (1 - share)))


def _falls(
    model: Any, known: np.ndarray, asked: np.ndarray, area: float, random: np.random.Generator
) -> np.ndarray:
    """Fall of the area for each shuffle of each column, (repeats, F)."""
    both = np.concatenate([known, asked])
    found = np.empty((_REPEATS, both.shape[1]))
    together = max(1, _BLOCK // both.size)  # columns that are judged in one go
    for k in range(_REPEATS):
        for start in range(0, both.shape[1], together):
            columns = range(start, min(start + together, both.shape[1]))
            shuffled = np.tile(both, (len(columns), 1, 1))
            for place, column in enumerate(columns):
                shuffled[place, :, column] = both[random.permutation(len(both)), column]
            odds = _odds(model, shuffled.reshape(-1, both.shape[1])).reshape(len(columns), -1)
            for column, row in zip(columns, odds, strict=True):
                found[k, column] = area - area_under_curve(row[: len(known)], row[len(known) :])[0]
    return found
