r"""What is known and what was asked, ready to be compared; and all that is found of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from astroviz.accuracy.classifier_shift import ClassifierShift, classifier_shift
from astroviz.accuracy.shift import ObjectShift, object_shift, population_shift
from astroviz.accuracy.trial import Trial, TrialError
from astroviz.core.pqmass import PQMass

if TYPE_CHECKING:
    from astropy.table import QTable

__all__ = ["ShiftCase", "ShiftFound", "case_of_tables", "case_of_trial", "find_shift"]

_LARGEST = 1500  # objects of each side that are compared
_COMPONENTS = 8


@dataclass(frozen=True, eq=False)
class ShiftCase:
    r"""Two tables of the same columns.

    Arguments:
        known: What the model knows, shape :math:`(M, F)`; NaN is a gap.
        asked: What it was asked about, shape :math:`(N, F)`.
        names: The :math:`F` names.
        labels: Labels of their axes, with units.
        known_words: What the first is.
        asked_words: What the second is.
        known_points: What populations are compared in, if not the table: images (M, s, s).
        asked_points: Likewise.
        ids: Names of the asked objects.
        notes: Sentences that a reader must see.
    """

    known: np.ndarray
    asked: np.ndarray
    names: tuple[str, ...]
    labels: tuple[str, ...]
    known_words: str
    asked_words: str
    known_points: np.ndarray | None = None
    asked_points: np.ndarray | None = None
    ids: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def name_of(self, row: int) -> str:
        """Name of an asked object."""
        return self.ids[row] if self.ids else f"object {row + 1}"


@dataclass(frozen=True, eq=False)
class ShiftFound:
    r"""What is found of a case.

    Arguments:
        case: The case.
        population: PQMass of both sides.
        objects: Scores of single objects.
        classifier: Which columns tell them apart; None while it is still taught.
    """

    case: ShiftCase
    population: PQMass
    objects: ObjectShift
    classifier: ClassifierShift | None = None

    def table(self) -> QTable:
        """The asked objects with their scores."""
        from astropy.table import QTable

        found: dict[str, Any] = {
            "object": [self.case.name_of(k) for k in range(len(self.case.asked))],
            "ood_score": self.objects.ood_scores, "p_value": self.objects.p_values,
        }  # fmt: skip
        if self.classifier is not None:
            found["log_odds"] = self.classifier.asked
        for name, column in zip(self.case.labels, self.case.asked.T, strict=True):
            found[name] = column
        return QTable(found)

    def importance_table(self) -> QTable:
        """Each column and how much it tells the two apart."""
        from astropy.table import QTable

        if self.classifier is None:
            raise TrialError("the classifier is still being taught: wait a moment")
        return QTable({"column": list(self.case.names), "importance": self.classifier.importance,
                       "error": self.classifier.importance_error})  # fmt: skip


def find_shift(
    case: ShiftCase, seed: int = 0, classify: bool = True, check: Callable[[], None] | None = None
) -> ShiftFound:
    r"""Compare both sides in all three ways.

    Arguments:
        case: The case.
        seed: Seed of cells, halves and classifier.
        classify: Whether a classifier is taught too, which takes seconds.
        check: Called between the steps; may raise.
    """
    known = case.known if case.known_points is None else case.known_points
    asked = case.asked if case.asked_points is None else case.asked_points
    population = population_shift(known, asked, 0, 499, seed, 30)
    objects = object_shift(case.known, case.asked, seed)
    if check is not None:
        check()
    told = classifier_shift(case.known, case.asked, seed) if classify else None
    return ShiftFound(case, population, objects, told)


def case_of_trial(trial: Trial, seed: int = 0) -> ShiftCase:
    r"""Draws of the prior against one posterior draw of each object.

    If prior and posterior are right both are one population, whatever the model. A lasting
    difference says that the prior, the likelihood or the posterior is not what nature has.

    Arguments:
        trial: The trial; without draws of a prior the truths stand for it.
        seed: Seed of the choice of draws.
    """
    random = np.random.default_rng([seed, 0x0D0D])
    rows = random.permutation(trial.count)[:_LARGEST]
    picked = trial.draws[rows, random.integers(trial.draws.shape[1], size=len(rows))]
    known = trial.truths if trial.prior is None else trial.prior
    known = known[random.permutation(len(known))[:_LARGEST]]
    words = "the true values" if trial.prior is None else "the prior"
    names, units = trial.names, trial.units or ("",) * trial.size
    if trial.size > 24:
        known, picked, names = _components(known, picked)
        units = ("",) * len(names)
    labels = tuple(
        f"{a.replace('_', ' ')} ({b})" if b else a for a, b in zip(names, units, strict=True)
    )
    return ShiftCase(
        np.asarray(known, float), np.asarray(picked, float), tuple(names), labels, words,
        "one posterior draw of each object",
        ids=tuple(trial.ids[k] for k in rows) if trial.ids else (),
        notes=("If prior and posterior are right, both are one population.", *trial.notes),
    )  # fmt: skip


def _components(known: np.ndarray, asked: np.ndarray) -> Any:
    """Images and series in the principal components of what is known."""
    middle = known.mean(0)
    _, _, axes = np.linalg.svd(known - middle, full_matrices=False)
    axes = axes[:_COMPONENTS]
    names = tuple(f"component {k + 1}" for k in range(len(axes)))
    return (known - middle) @ axes.T, (asked - middle) @ axes.T, names


def case_of_tables(
    known: Any,
    asked: Any,
    units: Mapping[str, str] | None = None,
    words: tuple[str, str] = ("what is known", "what was asked"),
) -> ShiftCase:
    r"""Two tables of numbers, by the columns that both have.

    Arguments:
        known: An astropy Table, a pandas DataFrame, or a mapping of names to (M,).
        asked: Likewise, (N,).
        units: Units of columns; those of the tables otherwise.
        words: What the two are.

    Returns:
        The case; columns that are not numbers, or in one table only, are named in its notes.
    """
    first, second = _numbers(known), _numbers(asked)
    shared = [name for name in first if name in second]
    if not shared:
        raise TrialError(
            f"the two tables share no column of numbers: one has {', '.join(first) or 'none'}, "
            f"the other {', '.join(second) or 'none'}"
        )
    left = sorted(set(first) ^ set(second))
    found = {**_units(known), **_units(asked), **(units or {})}
    notes = [f"Columns in one table only were left out: {', '.join(left)}."] if left else []
    for name in shared:
        one, other = (_units(table).get(name, "") for table in (known, asked))
        if one and other and one != other:
            raise TrialError(
                f"{name} is in {one} in one table and in {other} in the other: convert one of them"
            )
    labels = tuple(f"{name} ({found[name]})" if found.get(name) else name for name in shared)
    sides = [np.stack([side[name] for name in shared], -1) for side in (first, second)]
    for k, side in enumerate(sides):
        if len(side) > _LARGEST:
            notes.append(f"The first {_LARGEST:,} of {len(side):,} rows of {words[k]} were taken.")
            sides[k] = side[:_LARGEST]
    return ShiftCase(sides[0], sides[1], tuple(shared), labels, *words, notes=tuple(notes))


def _numbers(table: Any) -> dict[str, np.ndarray]:
    """Columns of numbers, gaps as NaN."""
    names = getattr(table, "colnames", None)
    names = list(table.keys()) if names is None else names
    found = {}
    for name in names:
        values = table[name]
        values = (
            getattr(values, "filled", lambda _fill, kept=values: kept)(np.nan)
            if (getattr(getattr(values, "dtype", None), "kind", "") == "f")
            else values
        )
        column = np.asarray(getattr(values, "value", values))
        if column.dtype.kind in "fiub" and column.ndim == 1:
            number = column.astype(float)
            mask = getattr(table[name], "mask", None)
            found[str(name)] = number if mask is None else np.where(mask, np.nan, number)
    return found


def _units(table: Any) -> dict[str, str]:
    if not hasattr(table, "colnames"):
        return {}
    return {name: str(table[name].unit) for name in table.colnames if table[name].unit is not None}
