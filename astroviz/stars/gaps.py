r"""Who was seen by which survey: gap patterns of a catalogue, and counts of surveys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from astroviz.io.observations import Observations

__all__ = ["Patterns", "SurveyCounts", "find_patterns", "in_surveys", "sort_rows", "survey_counts"]

Order = Literal["frequency", "quantities", "row", "selection"]


@dataclass(frozen=True)
class Patterns:
    r"""The distinct gap patterns of a catalogue, most frequent first.

    Arguments:
        present: Which quantities a pattern has, shape :math:`(P, Q)`, bool.
        counts: Stars of each pattern, shape :math:`(P,)`.
        index: Pattern of each star, shape :math:`(N,)`.
    """

    present: np.ndarray
    counts: np.ndarray
    index: np.ndarray

    def __len__(self) -> int:
        return len(self.counts)

    def rows(self, pattern: int) -> np.ndarray:
        """Rows of the stars that have a pattern."""
        if not 0 <= pattern < len(self):
            raise IndexError(f"pattern {pattern} is not there: there are {len(self)} patterns")
        return np.flatnonzero(self.index == pattern)


@dataclass(frozen=True)
class SurveyCounts:
    r"""How many stars each survey, all of them together, and any of them has.

    Arguments:
        each: Survey to number of stars.
        intersection: Stars that every chosen survey has, surveys without any star left out.
        union: Stars that at least one chosen survey has.
        total: Rows of the table.
    """

    each: dict[str, int]
    intersection: int
    union: int
    total: int

    def text(self) -> str:
        """One sentence for the page."""
        kept = 100.0 * self.intersection / self.union if self.union else 0.0
        return (
            f"Demanding every survey keeps {self.intersection:,} of the {self.union:,} stars that "
            f"any of them has ({kept:.0f} %); with gaps allowed none is lost."
        )


def find_patterns(used: np.ndarray) -> Patterns:
    r"""Distinct rows of a presence table.

    Arguments:
        used: Shape :math:`(N, Q)`, bool, with at most 62 columns.
    """
    # One integer per star: sorting a million of them is fast, sorting a million rows is not.
    codes = np.zeros(len(used), dtype=np.int64)
    for column in range(used.shape[1]):
        codes |= used[:, column].astype(np.int64) << column
    by_code = codes.argsort()
    ordered = codes[by_code]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))[: len(used)]
    counts = np.diff(np.append(starts, len(used)))
    frequent = np.argsort(-counts, kind="stable")
    place = np.empty(len(counts), dtype=np.intp)
    place[frequent] = np.arange(len(counts))
    index = np.empty(len(used), dtype=np.intp)
    index[by_code] = np.repeat(place, counts)
    return Patterns(used[by_code[starts[frequent]]], counts[frequent], index)


def in_surveys(observations: Observations, surveys: Sequence[str]) -> np.ndarray:
    r"""Whether each star has a used quantity of each survey, shape :math:`(N, S)`, bool.

    A kind of spectrum counts as a survey, under its label.
    """
    used = observations.used
    spectra = {found.label: found.used for found in observations.spectra}
    found = np.zeros((len(observations), len(surveys)), dtype=bool)
    for k, survey in enumerate(surveys):
        members = [j for j, q in enumerate(observations.quantities) if q.survey == survey]
        found[:, k] = spectra[survey] if survey in spectra else used[:, members].any(1)
    return found


def survey_counts(observations: Observations, surveys: Sequence[str]) -> SurveyCounts:
    """Count the stars of each survey, of any, and of all those that have a star at all."""
    present = in_surveys(observations, surveys)
    return SurveyCounts(
        {survey: int(present[:, k].sum()) for k, survey in enumerate(surveys)},
        int(present[:, present.any(0)].all(1).sum()) if present.any() else 0,
        int(present.any(1).sum()),
        len(observations),
    )


def sort_rows(patterns: Patterns, order: Order, selection: np.ndarray) -> np.ndarray:
    r"""Rows of the gap map from top to bottom, shape :math:`(N,)`.

    Arguments:
        patterns: The patterns of the table.
        order: `frequency` (common patterns first), `quantities` (fullest first), `row` (as in the
            file), `selection` (selected first, then by frequency).
        selection: Selected rows.
    """
    n = len(patterns.index)
    if order == "row":
        return np.arange(n)
    if order == "quantities":
        filled = patterns.present.sum(1)[patterns.index]
        return np.lexsort((np.arange(n), patterns.index, -filled))
    by_pattern = np.argsort(patterns.index, kind="stable")
    if order == "frequency":
        return by_pattern
    chosen = np.isin(by_pattern, selection)
    return np.concatenate([by_pattern[chosen], by_pattern[~chosen]])
