r"""Can a classifier tell two sets of draws apart? 0.5 is no, 1 is always.

The definition is that of the benchmark of simulation-based inference, so that figures can stand
beside published ones: both sets scaled by the first, a network of two hidden layers of
:math:`10 d` units, Adam, five-fold accuracy, seed 1.

References:
    | Benchmarking simulation-based inference (Lueckmann et al. 2021), sbibm/metrics/c2st.py
    | https://arxiv.org/abs/2101.04653
"""

from __future__ import annotations

import warnings

import numpy as np

__all__ = ["c2st", "c2st_error"]


def c2st(first: np.ndarray, second: np.ndarray, seed: int = 1, folds: int = 5) -> float:
    r"""Accuracy of the classifier two-sample test.

    Arguments:
        first: Draws that set the scale, the reference by custom, shape :math:`(N, d)`.
        second: Draws to compare, shape :math:`(M, d)`.
        seed: Seed of the classifier and of the folds.
        folds: Number of folds.

    Returns:
        Mean accuracy over the folds. It costs seconds for 1,000 draws of each.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.model_selection import KFold, cross_val_score
    from sklearn.neural_network import MLPClassifier
    from threadpoolctl import threadpool_limits

    first, second = (np.asarray(a, dtype=np.float32) for a in (first, second))
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1]:
        raise ValueError(
            f"draws of shape {first.shape} and {second.shape} cannot be compared; "
            "give (N, d) and (M, d)"
        )
    mean, spread = first.mean(0), first.std(0, ddof=1)
    if not (np.isfinite(mean).all() and (spread > 0).all() and np.isfinite(second).all()):
        raise ValueError("a column of the draws is constant or not finite; leave it out")
    data = np.concatenate([(first - mean) / spread, (second - mean) / spread])
    target = np.concatenate([np.zeros(len(first)), np.ones(len(second))])
    width = 10 * first.shape[1]
    classifier = MLPClassifier(
        activation="relu", hidden_layer_sizes=(width, width), max_iter=10000, solver="adam",
        random_state=seed,
    )  # fmt: skip
    split = KFold(n_splits=folds, shuffle=True, random_state=seed)
    # the matrices are so small that a second thread only waits
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return float(np.mean(cross_val_score(classifier, data, target, cv=split)))


def c2st_error(first: int, second: int) -> float:
    r"""Standard error of the accuracy for equal distributions, from the numbers of draws.

    Arguments:
        first: Draws in the first set.
        second: Draws in the second.
    """
    return float(0.5 / np.sqrt(first + second))
