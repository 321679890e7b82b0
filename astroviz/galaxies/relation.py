r"""One quantity against another in bins: its spread, its completeness, an ensemble's band."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from astroviz.galaxies.parameters import GalaxyError

__all__ = [
    "FEWEST",
    "INCOMPLETE",
    "WHOLE",
    "Columns",
    "Relation",
    "Slice",
    "binned_sums",
    "chosen",
    "column",
    "completeness_of",
    "effective_count",
    "ensemble",
    "weighted_quantiles",
]

INCOMPLETE = 0.1
"""Bins of which the selection keeps less than this are extrapolated: pages hatch them."""

FEWEST = 10.0
"""Bins of fewer effective draws than this have no value."""

Slice = tuple[float, float]

WHOLE: Slice = (0.0, 10.0)
"""A slice of redshift that holds everything."""


class Columns(Protocol):
    """Anything with named columns: `core.draws.Draws`, a table, a mapping of arrays."""

    def __getitem__(self, name: str, /) -> Any:
        """The column of a name."""


def column(draws: Columns, name: str) -> np.ndarray:
    """A column as float64, shape (n,); GalaxyError where there is none."""
    try:
        return np.asarray(draws[name], dtype=float)
    except KeyError as error:
        raise GalaxyError(f"the draws have no column {name!r}: {error}") from error


@dataclass(frozen=True)
class Relation:
    r"""A relation in :math:`K` bins.

    Arguments:
        name: What it is, as `main_sequence`.
        edges: Borders of the bins, shape :math:`(K + 1,)`.
        value: The relation, shape :math:`(K,)`; NaN in bins of too few draws.
        low: Lower end of the spread (16 % of the galaxies) or of the sampling error, as `spread`
            says; shape :math:`(K,)`.
        high: Upper end.
        count: Effective number of draws in each bin, shape :math:`(K,)`.
        completeness: Part of the galaxies of each bin that the selection keeps, shape
            :math:`(K,)`; NaN where no selection was given.
        x_label: What the bins are of, with the unit.
        y_label: What the values are of, with the unit.
        spread: What `low` and `high` are, in words.
        member_low: Lower end of the ensemble's band, 5 %; NaN without an ensemble.
        member_high: Upper end, 95 %.
    """

    name: str
    edges: np.ndarray
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    count: np.ndarray
    completeness: np.ndarray
    x_label: str
    y_label: str
    spread: str = "16 to 84 % of the galaxies"
    member_low: np.ndarray | None = None
    member_high: np.ndarray | None = None

    @property
    def x(self) -> np.ndarray:
        """Middles of the bins, shape (K,)."""
        return 0.5 * (self.edges[1:] + self.edges[:-1])

    @property
    def incomplete(self) -> np.ndarray:
        """Bins of which the selection keeps less than 10 %, shape (K,) bool."""
        return np.asarray(self.completeness < INCOMPLETE)

    def columns(self) -> dict[str, np.ndarray]:
        """Everything as columns of equal length, for a table or a figure."""
        nothing = np.full(len(self.value), np.nan)
        return {
            "x": self.x, "left": self.edges[:-1], "right": self.edges[1:], "value": self.value,
            "low": self.low, "high": self.high, "count": self.count,
            "completeness": self.completeness,
            "member_low": nothing if self.member_low is None else self.member_low,
            "member_high": nothing if self.member_high is None else self.member_high,
        }  # fmt: skip


def weighted_quantiles(
    values: np.ndarray, weights: np.ndarray, levels: Sequence[float]
) -> np.ndarray:
    r"""Quantiles of weighted values, by interpolation of the mid-point distribution function.

    Arguments:
        values: Shape :math:`(n,)`.
        weights: Not negative, shape :math:`(n,)`.
        levels: Between 0 and 1.

    Returns:
        One per level; NaN where there is no weight.
    """
    use = np.isfinite(values) & (weights > 0)
    values, weights = values[use], weights[use]
    if not len(values):
        return np.full(len(levels), np.nan)
    order = np.argsort(values, kind="stable")
    grown = np.cumsum(weights[order])
    place = (grown - 0.5 * weights[order]) / grown[-1]
    return np.asarray(np.interp(levels, place, values[order]))


def effective_count(weights: np.ndarray) -> float:
    r"""Effective number of weighted draws, :math:`(\sum w)^2 / \sum w^2`."""
    total = float(np.sum(weights**2))
    return float(np.sum(weights)) ** 2 / total if total > 0 else 0.0


def completeness_of(
    where: np.ndarray, bins: int, weights: np.ndarray, kept: np.ndarray | None
) -> np.ndarray:
    r"""Part of the weight of each bin that a selection keeps.

    Arguments:
        where: Bin of each draw of the intrinsic population, shape :math:`(n,)`; others than
            :math:`0 ... K-1` count nowhere.
        bins: :math:`K`.
        weights: Shape :math:`(n,)`.
        kept: Chance that the selection keeps each draw, shape :math:`(n,)`; None where unknown.
    """
    if kept is None:
        return np.full(bins, np.nan)
    inside = (where >= 0) & (where < bins)
    total = np.bincount(where[inside], weights[inside], bins)
    there = np.bincount(where[inside], (weights * kept)[inside], bins)
    return np.divide(there, total, out=np.full(bins, np.nan), where=total > 0)


def chosen(
    draws: Columns, weights: np.ndarray | None, redshifts: Slice
) -> tuple[np.ndarray, np.ndarray]:
    """Redshifts of all draws, and their weights, which are 0 outside the slice; (n,) each."""
    low, high = redshifts
    if not low < high:
        raise GalaxyError(f"a slice of redshift needs low < high, not {low:g} to {high:g}")
    z = column(draws, "redshift")
    given = np.ones(len(z)) if weights is None else np.asarray(weights, dtype=float)
    if given.shape != z.shape:
        raise GalaxyError(f"{given.size} weights for {len(z)} draws: give one for each")
    return z, np.where((z >= low) & (z < high), given, 0.0)


def binned_sums(
    where: np.ndarray, weights: np.ndarray, bins: int
) -> tuple[np.ndarray, np.ndarray]:
    """Sum of the weights and effective number of draws in each bin, shape (bins,) each."""
    inside = (where >= 0) & (where < bins)
    total = np.bincount(where[inside], weights[inside], bins)
    square = np.bincount(where[inside], weights[inside] ** 2, bins)
    return total, np.divide(total**2, square, out=np.zeros(bins), where=square > 0)


def ensemble(make: Callable[[Any], Relation], members: Sequence[Any]) -> Relation:
    r"""A relation of every member of an ensemble as one: the median, and the band of 5 to 95 %.

    Arguments:
        make: Makes the relation of one member's draws; all with equal bins.
        members: The draws of each member.

    Returns:
        The medians over the members, in each bin over those that have a value there.
    """
    if not members:
        raise GalaxyError("an ensemble needs at least one member")
    found = [make(member) for member in members]
    first = found[0]
    if any(not np.array_equal(one.edges, first.edges) for one in found):
        raise GalaxyError("the members' relations have different bins: give the edges")

    def across(name: str, level: float) -> np.ndarray:
        stack = np.stack([getattr(one, name) for one in found])
        result = np.full(stack.shape[1], np.nan)
        some = np.isfinite(stack).any(axis=0)
        result[some] = np.nanquantile(stack[:, some], level, axis=0)
        return result

    return replace(
        first, value=across("value", 0.5), low=across("low", 0.5), high=across("high", 0.5),
        count=np.sum([one.count for one in found], axis=0),
        completeness=across("completeness", 0.5),
        member_low=across("value", 0.05), member_high=across("value", 0.95),
    )  # fmt: skip
