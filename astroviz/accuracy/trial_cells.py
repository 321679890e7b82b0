r"""Where a posterior fails: coverage, width and shift by parameter and by group of objects.

Each cell is a parameter among the objects of a group. The groups are functions of the data alone,
so that a right posterior is right in every one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import binom, chi2, norm, t

from astroviz.accuracy.family import holm
from astroviz.accuracy.simulation_ranks import trial_ranks
from astroviz.accuracy.trial import Trial

__all__ = ["EVERY", "LOOKS", "TOGETHER", "CellTable", "cell_table", "group_kinds", "rank_bin"]

EVERY = "all objects"
"""Name of the column that holds all objects."""

TOGETHER = "all parameters"
"""Name of the row that holds all parameters."""

LOOKS = {"coverage": "Coverage of 90 %", "width": "Width", "shift": "Shift"}
"""What a cell says, and its name for people."""

_LEVEL = 0.9
_ROWS = 11  # parameters that are shown: of more, the worst
_COLUMNS = 7  # groups that are shown: of more, the largest
_FAR = 5.0  # standard errors at which a colour is full


@dataclass(frozen=True)
class CellTable:
    r"""Parameters by groups.

    Arguments:
        rows: Names of the R parameters; `TOGETHER` for all of them, first.
        columns: Names of the C groups; `EVERY` first.
        counts: Objects of each group, (C,).
        members: Whether an object is of a group, (C, N).
        values: From -1 (far too small) over 0 (right) to 1 (far too large), (R, C).
        deviations: The same in standard errors, not bounded, (R, C).
        texts: What stands in each cell.
        words: What is said of each cell.
        stands_out: Whether a cell is wrong beyond chance, all cells taken together, (R, C).
        scores: Normal scores of the ranks of the truths, by parameter, (N, d).
        names: The d parameters.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: np.ndarray
    members: np.ndarray
    values: np.ndarray
    deviations: np.ndarray
    texts: tuple[tuple[str, ...], ...]
    words: tuple[tuple[str, ...], ...]
    stands_out: np.ndarray
    scores: np.ndarray
    names: tuple[str, ...]

    def worst(self) -> tuple[int, int]:
        """Row and column of the cell that is farthest from right."""
        far = np.abs(np.nan_to_num(self.deviations))
        row, column = np.unravel_index(int(far.argmax()), far.shape)
        return int(row), int(column)

    def ranks(self, row: int, column: int) -> np.ndarray:
        """Ranks of the truths of a cell, in 0 to 1; a column for each parameter, (n, k)."""
        chosen = self.rows[row]
        columns = slice(None) if chosen == TOGETHER else [self.names.index(chosen)]
        return np.asarray(ndtr(self.scores[self.members[column]][:, columns]))

    def badness(self, row: int) -> np.ndarray:
        """How far each object's truth is from the middle of its draws, (N,)."""
        if self.rows[row] == TOGETHER:
            return np.asarray(np.abs(self.scores).max(1))
        return np.asarray(np.abs(self.scores[:, self.names.index(self.rows[row])]))


def group_kinds(trial: Trial) -> tuple[str, ...]:
    """Kinds of groups that a trial has: `pattern`, `regime`, whatever the model's room names."""
    return tuple(trial.groups)


def cell_table(trial: Trial, kind: str = "", look: str = "coverage", seed: int = 0) -> CellTable:
    r"""Coverage, width or shift by parameter and group.

    Arguments:
        trial: A valid trial.
        kind: Kind of groups; empty, or one that the trial has not, for all objects alone.
        look: One of `LOOKS`.
        seed: Seed that breaks ties of ranks.

    Example:
        >>> random = np.random.default_rng(0)
        >>> mean = random.normal(size=(200, 1, 1))
        >>> draws = mean + 0.5 * random.normal(size=(200, 99, 1))
        >>> truths = mean[:, 0] + random.normal(size=(200, 1))
        >>> cell_table(Trial(truths=truths, draws=draws, names=("x",))).texts
        (('59 %',),)
    """
    scores = ndtri(trial_ranks(trial, seed))
    columns, members = _groups(trial, kind)
    rows = _rows(trial.names, scores)
    shape = (len(rows), len(columns))
    z, texts = np.full(shape, np.nan), [[""] * shape[1] for _ in rows]
    words = [[""] * shape[1] for _ in rows]
    for i, row in enumerate(rows):
        chosen = slice(None) if row == TOGETHER else [trial.names.index(row)]
        for j, column in enumerate(columns):
            z[i, j], texts[i][j], words[i][j] = _cell(scores[members[j]][:, chosen], look)
            words[i][j] = f"{row}, {column}: {words[i][j]}"
    out = _beyond_chance(z)
    texts = [[f"! {text}" if out[i, j] else text for j, text in enumerate(line)]
             for i, line in enumerate(texts)]  # fmt: skip
    return CellTable(
        tuple(rows), tuple(columns), members.sum(1), members, np.clip(z / _FAR, -1, 1), z,
        tuple(map(tuple, texts)), tuple(map(tuple, words)), out, scores, tuple(trial.names),
    )  # fmt: skip


def rank_bin(trial: Trial, name: str, share: float, bins: int = 20, seed: int = 0) -> np.ndarray:
    r"""Objects whose truth ranks in the same bin of a histogram, as a mask (N,).

    Arguments:
        trial: A valid trial.
        name: A parameter; `TOGETHER` for any of them.
        share: Place on the axis of ranks, 0 to 1.
        bins: Bins of the histogram.
        seed: Seed that breaks ties of ranks.
    """
    u = trial_ranks(trial, seed)
    place = min(int(np.clip(share, 0, 1) * bins), bins - 1)
    inside = np.minimum((u * bins).astype(int), bins - 1) == place
    if name in trial.names:
        return np.asarray(inside[:, trial.names.index(name)])
    return np.asarray(inside.any(1))


def _groups(trial: Trial, kind: str) -> tuple[list[str], np.ndarray]:
    """Names of the columns and who is in them: all objects first."""
    columns, members = [EVERY], [np.ones(trial.count, bool)]
    if kind in trial.groups:
        labels = np.asarray(trial.groups[kind]).astype(str)
        names, counts = np.unique(labels, return_counts=True)
        large = set(names[np.argsort(-counts, kind="stable")[:_COLUMNS]])
        for name in names:
            if name in large:
                columns.append(str(name))
                members.append(labels == name)
    return columns, np.stack(members)


def _rows(names: Sequence[str], scores: np.ndarray) -> list[str]:
    """All parameters together, then each; of many, those that are farthest from right."""
    if len(names) == 1:
        return list(names)
    if len(names) <= _ROWS:
        return [TOGETHER, *names]
    n = len(scores)
    far = np.maximum(np.abs(scores.mean(0)) * np.sqrt(n),
                     np.abs((scores**2).mean(0) - 1) * np.sqrt(n / 2))  # fmt: skip
    kept = np.sort(np.argsort(-far, kind="stable")[:_ROWS])
    return [TOGETHER, *(names[k] for k in kept)]


def _cell(s: np.ndarray, look: str) -> tuple[float, str, str]:
    """Standard errors from right, a text and a sentence; of normal scores (n, k)."""
    n = len(s)
    if n < 2:
        return np.nan, "", f"{n} objects are too few to say anything."
    return {"coverage": _coverage, "width": _width, "shift": _shift}[look](s, n)


def _coverage(s: np.ndarray, n: int) -> tuple[float, str, str]:
    inside = (np.abs(s) <= norm.ppf((1 + _LEVEL) / 2)).mean(1)
    part = float(inside.mean())
    if s.shape[1] == 1:
        error = float(np.sqrt(_LEVEL * (1 - _LEVEL) / n))
        count = round(part * n)
        z = _as_score(binom.cdf(count, n, _LEVEL), binom.sf(count - 1, n, _LEVEL))
    else:
        z, error = _pooled(inside, _LEVEL, _LEVEL * (1 - _LEVEL) / s.shape[1])
    return (
        z, f"{100 * part:.0f} %",
        f"{100 * part:.1f} % of the truths of {n} objects are in their 90 % interval, where "
        f"90 \u00b1 {100 * error:.1f} % is right.",
    )  # fmt: skip


def _width(s: np.ndarray, n: int) -> tuple[float, str, str]:
    square = (s**2).mean(1)
    width = float(1 / np.sqrt(square.mean()))
    if s.shape[1] == 1:
        error, total = float(np.sqrt(2 / n)), float(square.sum())
        z = _as_score(chi2.sf(total, n), chi2.cdf(total, n))
    else:
        z, error = _pooled(square, 1.0, 2 / s.shape[1])
        z = -z
    off, side = 100 * (width - 1), "narrow" if width < 1 else "wide"
    return (
        z, f"{off:+.0f} %".replace("-", "\u2212"),
        f"intervals of {n} objects are {abs(off):.1f} % too {side} (\u00b1 {50 * error:.1f} %).",
    )  # fmt: skip


def _shift(s: np.ndarray, n: int) -> tuple[float, str, str]:
    middle = -s.mean(1)
    shift = float(middle.mean())
    if s.shape[1] == 1:
        error = 1 / float(np.sqrt(n))
        z = shift / error
    else:
        z, error = _pooled(middle, 0.0, 1 / s.shape[1])
    return (
        z, f"{shift:+.2f} \u03c3".replace("-", "\u2212"),
        f"draws of {n} objects lie {abs(shift):.2f} posterior standard deviations "
        f"{'above' if shift > 0 else 'below'} the truth on average (\u00b1 {error:.2f}).",
    )  # fmt: skip


def _pooled(x: np.ndarray, right: float, least: float) -> tuple[float, float]:
    r"""Score and standard error of a mean over parameters that go together.

    Their own scatter over objects tells by how much; it is no less than if they were independent.

    Arguments:
        x: The mean of each object, (n,).
        right: What a right posterior has.
        least: Variance of an object's mean if parameters were independent.
    """
    n = len(x)
    error = float(np.sqrt(max(float(x.var(ddof=1)), least) / n))
    away = (float(x.mean()) - right) / error
    return _as_score(t.cdf(away, n - 1), t.sf(away, n - 1)), error


def _as_score(below: float, above: float) -> float:
    """The normal score of a tail probability: negative where `below` is the small one."""
    p = min(1.0, 2 * min(float(below), float(above)))
    z = float(norm.isf(max(p, 1e-300) / 2))
    return -z if below < above else z


def _beyond_chance(z: np.ndarray) -> np.ndarray:
    """Cells that Holm rejects at 5 %, all cells of the table taken together."""
    p = {str(k): 2 * float(norm.sf(abs(one))) for k, one in enumerate(z.ravel())}
    rejected = holm(p)
    return np.array([str(k) in rejected for k in range(z.size)]).reshape(z.shape)
