r"""The draws that the relations of a population are asked of, and what a figure gets of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from astroviz.galaxies.relation import INCOMPLETE, Relation, Slice, completeness_of, ensemble

__all__ = ["Cut", "Pair", "RelationScene"]

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
    subsets: tuple[tuple[str, Pair], ...] = ()
    literature: tuple[tuple[str, Pair], ...] = ()
    hidden: tuple[tuple[float, float], ...] = ()
    guide: Pair | None = None
    points: Pair | None = None


@dataclass(frozen=True, eq=False)
class Cut:
    r"""The draws that a relation is asked of.

    Arguments:
        whole: Columns of all draws, by name.
        weights: Of all draws, 0 where a selection leaves them out; shape :math:`(n,)`.
        members: Rows of each member of the ensemble.
        kept: Chance of each draw to be in the survey, shape :math:`(n,)`; None where unknown.
        redshifts: The slice.
        masks: Subsets, name to mask.
        prior: Columns of draws of the prior; None where there are none.
        prior_weights: Of these.
    """

    whole: Mapping[str, np.ndarray]
    weights: np.ndarray
    members: Sequence[np.ndarray]
    kept: np.ndarray | None
    redshifts: Slice
    masks: Mapping[str, np.ndarray]
    prior: Mapping[str, np.ndarray] | None = None
    prior_weights: np.ndarray | None = None

    @property
    def middle(self) -> float:
        """Median redshift of the slice."""
        z = self.whole["redshift"]
        inside = (z >= self.redshifts[0]) & (z < self.redshifts[1]) & (self.weights > 0)
        return float(np.median(z[inside])) if inside.any() else float(np.mean(self.redshifts))

    def across(self, make: Callable[..., Relation], **given: Any) -> Relation:
        """A relation of the ensemble, with its band; of one member there is none."""
        if len(self.members) == 1:
            return make(self.whole, weights=self.weights, **given)
        parts = [
            ({name: column[rows] for name, column in self.whole.items()}, self.weights[rows])
            for rows in self.members
        ]
        return ensemble(lambda part: make(part[0], weights=part[1], **given), parts)

    def of(self, mask: np.ndarray, make: Callable[..., Relation], **given: Any) -> Relation:
        """A relation of a subset of all draws."""
        return make(self.whole, weights=self.weights * mask, **given)

    def of_prior(self, make: Callable[..., Relation], **given: Any) -> Relation | None:
        """A relation of the prior's draws."""
        if self.prior is None:
            return None
        return make(self.prior, weights=self.prior_weights, **given)

    def hidden(self, name: str, edges: np.ndarray, sliced: bool = True) -> Any:
        """Ranges of a column in which the survey holds less than 10 % of the galaxies."""
        if self.kept is None:
            return ()
        z, (low, high) = self.whole["redshift"], self.redshifts
        inside = ((z >= low) & (z < high)) if sliced else np.ones(len(z), bool)
        where = np.digitize(self.whole[name], edges) - 1
        part = completeness_of(where, len(edges) - 1, inside.astype(float), self.kept)
        bad = np.append(part < INCOMPLETE, False)
        starts = np.flatnonzero(bad & ~np.append(False, bad[:-1]))
        ends = [start + int(np.argmin(bad[start:])) for start in starts]
        return tuple((float(edges[a]), float(edges[b])) for a, b in zip(starts, ends, strict=True))

    def counts(self, x: str, y: str, x_range: Slice, y_range: Slice) -> np.ndarray:
        """Weight over two columns, within the slice; shape (H, W)."""
        z, (low, high) = self.whole["redshift"], self.redshifts
        used = self.weights * ((z >= low) & (z < high))
        found, *_ = np.histogram2d(
            self.whole[y], self.whole[x], bins=_CELLS[::-1], range=[y_range, x_range], weights=used
        )
        return found
