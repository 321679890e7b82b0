r"""PQMass of truths against draws, and a classifier that is asked which is which.

PQMass counts truths and draws, one for each object, in the cells of reference points. Pairs share
their data, so the p-value is that of exchanges within pairs. The law :math:`\chi^2_{K-1}` holds
for samples that share nothing: it is shown for the truths of one half of the objects against draws
of the other.

The classifier is shown the truth and a draw of an object that it has not learned from and says
which is the truth: by chance it is right in half of the cases, exactly.

References:
    | PQMass (Lemos et al. 2024), https://arxiv.org/abs/2402.04355
    | Revisiting classifier two-sample tests (Lopez-Paz & Oquab 2017), arXiv:1610.06545
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from scipy.stats import binom

from astroviz.accuracy.outcome import Outcome
from astroviz.accuracy.pairs import Pairs, pairs_of
from astroviz.accuracy.random_points import by_group
from astroviz.accuracy.trial import Trial, TrialError
from astroviz.core.pqmass import PQMass, pqmass

__all__ = ["halves", "pick_the_truth", "run", "run_classifier", "truths_against_draws"]

_PERMUTATIONS = 999
_TESSELLATIONS = 40
_MOST = 32  # coordinates of a point that the classifier sees


def truths_against_draws(
    trial: Trial, seed: int = 0, permutations: int = _PERMUTATIONS, references: int = 0
) -> PQMass:
    r"""PQMass of truths against one draw each, with the observations beside where there are any.

    Arguments:
        trial: The trial, in any geometry.
        seed: Seed of draws, references and exchanges.
        permutations: Exchanges within pairs.
        references: Cells; 0 for one in 20 points, 100 at most.
    """
    pairs = pairs_of(trial, seed, most=3000 if trial.size < 256 else 1000)
    cells = references or int(np.clip(pairs.count // 10, 3, 100))
    if pairs.count < 2 * cells:
        raise TrialError(
            f"{pairs.count} objects are too few to count in {cells} cells: give 20 or more"
        )
    plain = pairs.table() if pairs.geometry.straight else (pairs.rows[:, None],) * 2
    apart = None if pairs.geometry.straight else pairs.apart()
    return pqmass(*plain, cells, _TESSELLATIONS, permutations, seed, paired=True, apart=apart)


def halves(trial: Trial, seed: int = 0, repeats: int = 20, references: int = 0) -> PQMass:
    r"""Truths of one half of the objects against draws of the other: :math:`\chi^2_{K-1}` by law.

    Arguments:
        trial: The trial, in any geometry.
        seed: Seed of halves, draws and references.
        repeats: How often the halves are drawn anew, with one tessellation each.
        references: Cells; 0 for one in 20 points, 50 at most.
    """
    pairs = pairs_of(trial, seed, most=3000 if trial.size < 256 else 1000)
    half = pairs.count // 2
    cells = references or int(np.clip(half // 10, 3, 50))
    if pairs.geometry.straight:
        first, second = (one.astype(np.float32) for one in pairs.table())
        apart = None
    else:
        first = second = pairs.rows[:, None]
        apart = pairs.apart()
    found = []
    for k in range(repeats):
        order = np.random.default_rng([seed, k, 0x4A1F]).permutation(pairs.count)
        one, two = order[:half], order[half : 2 * half]
        both = np.concatenate([one, pairs.count + two])
        block = None if apart is None else apart[np.ix_(both, both)]
        found.append(pqmass(first[one], second[two], cells, 1, seed=seed + k, apart=block))
    return PQMass(
        np.concatenate([one.chi_square for one in found]),
        np.concatenate([one.p_values for one in found]), cells - 1, np.empty(0),
    )  # fmt: skip


def run(trial: Trial, seed: int = 0) -> Outcome:
    r"""The check `pqmass`.

    Curves: `chi_square` (R,) of independent halves with their `dof`; `paired` (R,), `paired_dof`
    and `null` (P,), the mean over tessellations of all pairs and of exchanges within them.
    """
    found = truths_against_draws(trial, seed)
    law = halves(trial, seed)
    null = found.permuted / found.dof
    curves = {
        "chi_square": law.chi_square, "dof": np.array([law.dof]), "paired": found.chi_square,
        "paired_dof": np.array([found.dof]), "null": null,
    }  # fmt: skip
    beside = " with their data beside" if trial.observations is not None else ""
    return Outcome(
        "pqmass", found.reduced, float(null.mean()), float(null.std()), found.p_value,
        curves=curves,
        sentence=f"Truths against draws{beside}: mean \u03c7\u00b2 over degrees of freedom "
        f"{found.reduced:.3f}; {null.mean():.3f} \u00b1 {null.std():.3f} where truth and draw "
        f"change places (p = {found.p_value:.2g}); independent halves {law.reduced:.2f}, 1 by "
        "law.",
    )  # fmt: skip


def pick_the_truth(pairs: Pairs, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Let a classifier say of each pair which is the truth, having learned from the other half.

    Arguments:
        pairs: Truths and draws.
        seed: Seed of halves and classifier.

    Returns:
        How much likelier the true truth seemed than the draw, (N,), above 0 where it was picked;
        the half of each pair (N,); and the p-value of each half, (2,).
    """
    first, second = pairs.table(_MOST)
    half = np.random.default_rng([seed, 0xC257]).permutation(pairs.count) % 2 == 1
    margin, p_values = np.empty(pairs.count), []
    for side in (False, True):
        learn, ask = half != side, half == side
        judge = _taught(first[learn], second[learn], seed)
        margin[ask] = judge(first[ask]) - judge(second[ask])
        right = int((margin[ask] > 0).sum())
        equal = int((margin[ask] == 0).sum())
        p_values.append(float(binom.sf(right - 1, int(ask.sum()) - equal, 0.5)))
    return margin, half, np.array(p_values)


def _taught(truths: np.ndarray, draws: np.ndarray, seed: int) -> Any:
    """A function from points to the log odds of being a truth."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    points = np.concatenate([truths, draws])
    scale = StandardScaler().fit(points)
    label = np.repeat([1, 0], len(truths))
    network = MLPClassifier(
        (48, 48), alpha=0.1, max_iter=60, batch_size=min(128, len(points)),
        learning_rate_init=3e-3, random_state=seed % 2**32,
    )  # fmt: skip
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(scale.transform(points), label)

    def judge(some: np.ndarray) -> np.ndarray:
        truth = np.clip(network.predict_proba(scale.transform(some))[:, 1], 1e-9, 1 - 1e-9)
        return np.asarray(np.log(truth) - np.log1p(-truth))

    return judge


def run_classifier(trial: Trial, seed: int = 0) -> Outcome:
    r"""The check `c2st`: curves `null` (P,), accuracies of guesses by chance."""
    pairs = pairs_of(trial, seed)
    margin, _, p_values = pick_the_truth(pairs, seed)
    picked = margin > 0
    accuracy = float(picked.mean())
    error = 0.5 / np.sqrt(pairs.count)
    # either half may speak; each alone is exact
    p_value = min(1.0, 2 * float(p_values.min()))
    objects = np.full(trial.count, np.nan)
    objects[pairs.rows] = margin
    chance = np.random.default_rng([seed, 0xC01]).binomial(pairs.count, 0.5, 2000) / pairs.count
    groups = by_group(
        trial, objects,
        lambda part: _fair(int((part > 0).sum()), int(np.isfinite(part).sum())),
    )  # fmt: skip
    return Outcome(
        "c2st", accuracy, 0.5, float(error), p_value, groups, {"null": chance}, objects,
        f"Shown the truth and a draw of an object, a classifier picks the truth in "
        f"{accuracy:.1%} of {pairs.count:,} cases; chance gives 50 \u00b1 {100 * error:.1f} % "
        f"(p = {p_value:.2g}).",
    )  # fmt: skip


def _fair(right: int, count: int) -> float:
    return float(binom.sf(right - 1, count, 0.5)) if count else float("nan")
