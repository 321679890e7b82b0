r"""The draws that the relations of a population are asked of, and what a figure gets of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from astroviz.galaxies.farthest import volume_share
from astroviz.galaxies.relation import INCOMPLETE, Relation, Slice, completeness_of, ensemble

__all__ = ["Beside", "Cut", "Pair", "RelationScene", "runs"]

Pair = tuple[np.ndarray, np.ndarray]
_CELLS = (72, 54)


@dataclass(frozen=True, eq=False)
class RelationScene:
    r"""What a figure draws of one relation; arrays are in the units of the axes.

    Arguments:
        labels: Of the axes, with units.
        x_range: Ends of the horizontal axis.
        y_range: Likewise.
        words: What it shows, in words.
        counts: Weight in the cells of a grid over both ranges, shape (H, W), the lowest y first.
        line: The population's ridge, mean or number, :math:`(x, y)`.
        band: :math:`(x, low, high)`, 5 to 95 % of the members of the ensemble.
        other: The same line of the prior.
        truth: The same line of what was put into a mock.
        subsets: Lines of the named subsets.
        literature: Lines of others, with the names of their works.
        hidden: Ranges of x of which the survey holds less than 10 %.
        guide: A boundary.
        points: Single values.
    """

    labels: tuple[str, str]
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    words: str
    counts: np.ndarray | None = None
    line: Pair | None = None
    band: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
    other: Pair | None = None
    truth: Pair | None = None
    subsets: tuple[tuple[str, Pair], ...] = ()
    literature: tuple[tuple[str, Pair], ...] = ()
    hidden: tuple[tuple[float, float], ...] = ()
    guide: Pair | None = None
    points: Pair | None = None


def runs(completeness: np.ndarray, edges: np.ndarray) -> tuple[tuple[float, float], ...]:
    r"""Ranges of neighbouring bins that are less than 10 % complete.

    Arguments:
        completeness: Of :math:`K` bins; NaN, where nothing is there, breaks no range.
        edges: Of the bins, shape :math:`(K + 1,)`.

    Example:
        >>> runs(np.array([0.0, 0.05, 0.5, 0.01]), np.arange(5.0))
        ((0.0, 2.0), (3.0, 4.0))
    """
    bad = np.concatenate([[False], np.asarray(completeness) < INCOMPLETE, [False]])
    starts = np.flatnonzero(bad[1:-1] & ~bad[:-2])
    ends = np.flatnonzero(bad[1:-1] & ~bad[2:]) + 1
    return tuple((float(edges[a]), float(edges[b])) for a, b in zip(starts, ends, strict=True))


@dataclass(frozen=True, eq=False)
class Beside:
    r"""Draws to compare with: of the prior, or of the truth of a mock.

    Arguments:
        columns: By name, shape :math:`(m,)`.
        kept: Chance of each to be in the survey; None where unknown.
        farthest: Redshift to which each would be in the survey.
    """

    columns: Mapping[str, np.ndarray]
    kept: np.ndarray | None
    farthest: np.ndarray


@dataclass(frozen=True, eq=False)
class Cut:
    r"""The draws that a relation is asked of.

    Arguments:
        whole: Columns of all draws, by name.
        weights: Of all draws, 0 where a selection leaves them out; shape :math:`(n,)`.
        members: Rows of each member of the ensemble.
        redshifts: The slice.
        masks: Subsets, name to mask.
        selected: Whether the weights are those of the survey.
        kept: Chance of each draw to be in the survey, shape :math:`(n,)`; None where unknown.
        farthest: Redshift to which each draw would be in the survey, shape :math:`(n,)`.
        prior: Draws of the prior; None where there are none.
        truth: Draws of what was put in; None where nobody knows.
    """

    whole: Mapping[str, np.ndarray]
    weights: np.ndarray
    members: Sequence[np.ndarray]
    redshifts: Slice
    masks: Mapping[str, np.ndarray]
    selected: bool = False
    kept: np.ndarray | None = None
    farthest: np.ndarray | None = None
    prior: Beside | None = None
    truth: Beside | None = None

    @property
    def middle(self) -> float:
        """Median redshift of the slice."""
        z = self.whole["redshift"]
        inside = (z >= self.redshifts[0]) & (z < self.redshifts[1]) & (self.weights > 0)
        return float(np.median(z[inside])) if inside.any() else float(np.mean(self.redshifts))

    @cached_property
    def share(self) -> np.ndarray | None:
        """Part of the slice's volume in which each draw would be in the survey, shape (n,)."""
        return None if self.farthest is None else volume_share(self.farthest, self.redshifts)

    @cached_property
    def by_volume(self) -> np.ndarray:
        """Weights for what is told by mass: V / Vmax of what the survey holds, or what it holds.

        The draws reach little beyond the survey: only so do they stand for all there are.
        """
        if self.selected or self.share is None or self.kept is None:
            return self.weights
        return self.kept / self.share

    def across(
        self, make: Callable[..., Relation], weights: np.ndarray | None = None, **given: Any
    ) -> Relation:
        """A relation of the ensemble, with its band; of one member there is none."""
        weights = self.weights if weights is None else weights
        if len(self.members) == 1:
            return make(self.whole, weights=weights, **given)
        parts = [
            ({name: column[rows] for name, column in self.whole.items()}, weights[rows])
            for rows in self.members
        ]
        return ensemble(lambda part: make(part[0], weights=part[1], **given), parts)

    def of(
        self,
        side: Beside | None,
        make: Callable[..., Relation],
        by_volume: bool = False,
        **given: Any,
    ) -> Pair | None:
        """A relation of draws beside ours, weighed as ours are; None without them."""
        if side is None:
            return None
        weights = side.kept if self.selected else None
        if by_volume and not self.selected and side.kept is not None and self.share is not None:
            weights = side.kept / volume_share(side.farthest, self.redshifts)
        found = make(side.columns, weights=weights, **given)
        return found.x, found.value

    def hidden(self, name: str, edges: np.ndarray) -> Any:
        """Ranges of a column of whose galaxies the survey holds less than 10 % in the slice."""
        if self.kept is None or self.share is None:
            return ()
        z, (low, high) = self.whole["redshift"], self.redshifts
        there = self.kept / self.share * ((z >= low) & (z < high))
        where = np.digitize(self.whole[name], edges) - 1
        return runs(completeness_of(where, len(edges) - 1, there, self.share), edges)

    def seen_at(self, redshift: np.ndarray, worth: np.ndarray) -> np.ndarray:
        r"""Part of what the galaxies are worth that would be in the survey at each redshift.

        Arguments:
            redshift: Shape :math:`(k,)`.
            worth: Of each draw, such as its star formation, shape :math:`(n,)`.

        Returns:
            Shape :math:`(k,)`, for a population that does not change; 1 where nothing is known.
        """
        if self.kept is None or self.farthest is None:
            return np.ones(len(redshift))
        all_of_it = self.kept * worth / volume_share(self.farthest, (0.0, float(redshift.max())))
        order = np.argsort(self.farthest)
        grown = np.append(0.0, np.cumsum(all_of_it[order]))
        place = np.searchsorted(self.farthest[order], redshift)
        return np.asarray(1.0 - grown[place] / max(float(grown[-1]), 1e-300))

    def counts(self, x: str, y: str, x_range: Slice, y_range: Slice) -> np.ndarray:
        """Weight over two columns, within the slice; shape (H, W)."""
        z, (low, high) = self.whole["redshift"], self.redshifts
        inside = np.flatnonzero((z >= low) & (z < high) & (self.by_volume > 0))
        places: list[np.ndarray] = []
        for name, (start, end), cells in ((x, x_range, _CELLS[0]), (y, y_range, _CELLS[1])):
            part = (self.whole[name][inside] - start) / (end - start)
            good = (part >= 0) & (part < 1)  # not for what is not finite
            inside, places = inside[good], [place[good] for place in places]
            places.append((part[good] * cells).astype(np.intp))
        index = places[1] * _CELLS[0] + places[0]
        found = np.bincount(index, self.by_volume[inside], _CELLS[0] * _CELLS[1])
        found = found.reshape(_CELLS[::-1])
        return found
