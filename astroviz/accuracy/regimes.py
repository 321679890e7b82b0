r"""Is the posterior right in every group of objects, not only on average?

Groups are functions of the data alone (see the warning in `calibration`); within each of them the
normal scores of a perfect posterior are standard normal. A cell is one parameter in one group.

References:
    | Simulation-based calibration checking for Bayesian computation: the choice of test quantities
      shapes sensitivity (Modrák et al. 2023), https://arxiv.org/abs/2211.02383
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from scipy.stats import norm

from astroviz.accuracy.dispersion import pooled_scores
from astroviz.accuracy.family import largest_score, width_scores
from astroviz.accuracy.outcome import Outcome
from astroviz.accuracy.simulation_ranks import trial_ranks, worst_first
from astroviz.accuracy.trial import Trial, TrialError

__all__ = ["SMALLEST", "RegimeCell", "cells", "run"]

SMALLEST = 20
"""Groups of fewer objects are not judged."""


@dataclass(frozen=True)
class RegimeCell:
    r"""One parameter in one group.

    Arguments:
        kind: Kind of group, as `pattern`.
        label: Which of them.
        parameter: Name of the parameter.
        count: Objects in it.
        bias: Mean shift of the truths in posterior standard deviations; its error is
            :math:`1 / \sqrt{\mathrm{count}}`.
        width: Width of the draws over what it should be, below 1 where they are too narrow.
        coverage: Part of the truths in the central 90 % interval.
        p_value: Of bias and width together, of this cell alone.
    """

    kind: str
    label: str
    parameter: str
    count: int
    bias: float
    width: float
    coverage: float
    p_value: float


def cells(trial: Trial, seed: int = 0) -> list[RegimeCell]:
    r"""Every parameter in every group of at least 20 objects, all objects together first."""
    s = ndtri(trial_ranks(trial, seed))
    every = [("all", "all", np.ones(len(s), bool)), *_groups(trial)]
    found = []
    for kind, label, rows in every:
        part = s[rows]
        shift, width = _scores(part)
        p = np.minimum(1.0, 4 * norm.sf(np.maximum(np.abs(shift), np.abs(width))))
        covered = (np.abs(norm.cdf(part) - 0.5) <= 0.45).mean(0)
        spread = np.sqrt((part**2).mean(0))
        found += [
            RegimeCell(kind, label, name, len(part), float(part[:, k].mean()),
                       float(1 / max(spread[k], 1e-12)), float(covered[k]), float(p[k]))
            for k, name in enumerate(trial.names)
        ]  # fmt: skip
    return found


def _groups(trial: Trial) -> list[tuple[str, str, np.ndarray]]:
    """Kind, label and members of every group that is large enough."""
    return [
        (kind, str(label), rows)
        for kind, labels in trial.groups.items()
        for label in np.unique(np.asarray(labels).astype(str))
        if (rows := np.asarray(labels).astype(str) == label).sum() >= SMALLEST
    ]


def _scores(s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores of mean and width of normal scores (n, d)."""
    return np.sqrt(len(s)) * s.mean(0), width_scores((s**2).sum(0), len(s))


def _judged(s: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores of a group, by parameter and pooled over them, and what objects give to each."""
    part = s[rows]
    scores, columns = [*_scores(part)], [part, part**2 - 1]
    if s.shape[1] > 1:
        pooled, contributions = pooled_scores(part)
        scores.append(pooled)
        columns.append(contributions - contributions.mean(0))
    inside = np.concatenate(columns, 1)
    every = np.zeros((len(s), inside.shape[1]))
    every[rows] = inside
    return np.concatenate(scores), every


def run(trial: Trial, seed: int) -> Outcome:
    r"""Are bias and width right in every cell?

    The value is the part of the cells whose own p-value is below 5 %. `by` is by cell, as
    `pattern = no WISE: log_age`. Curves, in its order: `bias`, `width`, `count` (k,).
    """
    s = ndtri(trial_ranks(trial, seed))
    groups = _groups(trial)
    if not groups:
        raise TrialError(f"no group has {SMALLEST} objects: give more objects or larger groups")
    scores = np.concatenate([np.concatenate(_scores(s[rows])) for _, _, rows in groups])
    columns = (
        np.concatenate(
            [np.where(rows[:, None], s, 0.0), np.where(rows[:, None], s**2 - 1, 0.0)], 1
        )
        for _, _, rows in groups
    )
    p = largest_score(scores, columns, seed)
    found = [cell for cell in cells(trial, seed) if cell.kind != "all"]
    by = {f"{cell.kind} = {cell.label}: {cell.parameter}": cell.p_value for cell in found}
    order = worst_first(by)
    kept = [cell for cell, name in zip(found, by, strict=True) if name in set(order)]
    curves = {
        "bias": np.array([cell.bias for cell in kept]),
        "width": np.array([cell.width for cell in kept]),
        "count": np.array([cell.count for cell in kept]),
    }
    low = float(np.mean([cell.p_value < 0.05 for cell in found]))
    worst = min(found, key=lambda cell: cell.p_value)
    narrow = "narrow" if worst.width < 1 else "wide"
    sentence = (
        f"{100 * low:.0f} % of {len(found)} cells stand out at 5 %; most does {worst.parameter} "
        f"in {worst.kind} {worst.label}: shift {worst.bias:+.2f}, "
        f"{100 * abs(worst.width - 1):.0f} % too {narrow} ({worst.count} objects)."
    )
    error = float(np.sqrt(0.05 * 0.95 / len(found)))
    return Outcome("regimes", low, 0.05, error, p, {name: by[name] for name in order}, curves,
                   _by_group(s, groups), sentence)  # fmt: skip


def _by_group(s: np.ndarray, groups: list[tuple[str, str, np.ndarray]]) -> np.ndarray:
    """The largest score of any group that an object is in."""
    worst = np.zeros(len(s))
    for _, _, rows in groups:
        worst[rows] = np.maximum(worst[rows], np.abs(np.concatenate(_scores(s[rows]))).max())
    return worst
