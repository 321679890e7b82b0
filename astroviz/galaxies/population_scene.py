r"""What there is to draw of the draws of a population: columns, slices, subsets, relations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from astroviz.galaxies.expression import Expression
from astroviz.galaxies.parameters import (
    BOUNDS,
    DERIVED_UNITS,
    SYMBOLS,
    UNITS,
    WORDS,
    GalaxyError,
)
from astroviz.galaxies.population_cut import Beside, Cut, RelationScene
from astroviz.galaxies.population_relations import relation_scene
from astroviz.galaxies.relation import effective_count

if TYPE_CHECKING:
    from astropy.table import Table

    from astroviz.core.draws import Draws

__all__ = ["PopulationScene", "column_label"]

_TAIL = 0.15  # per cent of the draws beyond each end of an axis
_OWN = ("member", "kept", "farthest")  # what belongs to each draw, beside its columns
_USED = ("redshift", "log_mass", "log_sfr", "log_ssfr", "log_z", "u_v", "v_j")


def column_label(name: str) -> tuple[str, str]:
    """Label and unit of a column, for an axis."""
    unit = {**UNITS, **DERIVED_UNITS}.get(name, "mag")
    unit = unit.removeprefix("log10 ").replace("Msun", "M\u2609")
    return (SYMBOLS[name] if name in SYMBOLS else WORDS.get(name, name)), unit


class PopulationScene:
    r"""Draws of a population, ready to be asked again and again.

    Arguments:
        draws: With `PARAMETERS`, `DERIVED` and magnitudes as columns. Extras: `member`, the member
            of the ensemble of each draw; `kept`, its chance to be in the survey; `prior`, draws of
            the prior with the same columns, `prior_kept` and `prior_farthest`; `truth` likewise.
        selected: Whether draws count by their chance to be in the survey; may be changed.
    """

    def __init__(self, draws: Draws, selected: bool = False) -> None:
        self.draws, self.selected = draws, selected
        self._masks: dict[str, np.ndarray] = {}

    # Columns

    def values(self, columns: Sequence[str]) -> np.ndarray:
        """Some columns, shape (n, d)."""
        return np.asarray(self.draws[list(columns)])

    def axes(self, columns: Sequence[str]) -> list[tuple[str, str, str]]:
        """Name, label and unit of columns."""
        return [(name, *column_label(name)) for name in columns]

    def ends(self, columns: Sequence[str]) -> list[tuple[float, float]]:
        """Ends of the axes of columns: they hold nearly all draws, whatever slice is shown."""
        return [self._ends(name) for name in columns]

    def _ends(self, name: str) -> tuple[float, float]:
        values = self.draws[name]
        if self.selected and self.kept is not None:
            values = values[self.kept > 0.01]
        values = values[np.isfinite(values)]
        if not len(values):
            return BOUNDS.get(name, (0.0, 1.0))
        low, high = (float(end) for end in np.percentile(values, (_TAIL, 100 - _TAIL)))
        margin = 0.04 * (high - low) or 0.5 * max(abs(low), 1e-3)
        return low - margin, high + margin

    @cached_property
    def top(self) -> float:
        """Redshift below which nearly all draws are, in whole steps of 0.05."""
        z = self.draws["redshift"]
        last = float(np.percentile(z, 99.95)) if len(z) else BOUNDS["redshift"][1]
        return float(np.clip(np.ceil(last / 0.05) * 0.05, 0.05, BOUNDS["redshift"][1]))

    # Weights

    @cached_property
    def kept(self) -> np.ndarray | None:
        """Chance of each draw to be in the survey, shape (n,); None where there is none."""
        given = self.draws.extras.get("kept")
        return None if given is None else np.asarray(given, dtype=float)

    @cached_property
    def members(self) -> list[np.ndarray]:
        """Rows of each member of the ensemble."""
        given = self.draws.extras.get("member")
        if given is None:
            return [np.arange(len(self.draws))]
        member = np.asarray(given)
        return [np.flatnonzero(member == one) for one in np.unique(member)]

    @property
    def base(self) -> np.ndarray:
        """Weight of each draw before any slice, shape (n,)."""
        if self.selected and self.kept is not None:
            return self.kept
        return np.ones(len(self.draws))

    def weights(self, redshifts: Sequence[float]) -> np.ndarray:
        """Weight of each draw, 0 outside a slice of redshift; shape (n,)."""
        low, high = redshifts
        z = self.draws["redshift"]
        return np.asarray(self.base * ((z >= low) & (z < high)))

    # Subsets

    def mask(self, expression: str) -> np.ndarray:
        """Draws for which an expression is true, shape (n,); a GalaxyError says what is wrong."""
        if expression not in self._masks:
            if len(self._masks) > 24:
                self._masks.clear()
            self._masks[expression] = Expression(expression).subset(self.draws)
        return self._masks[expression]

    def masks(self, subsets: Mapping[str, str]) -> tuple[dict[str, np.ndarray], list[str]]:
        """Masks of named expressions, and sentences about those that cannot be read."""
        found: dict[str, np.ndarray] = {}
        wrong: list[str] = []
        for name, expression in subsets.items():
            try:
                found[name] = self.mask(expression)
            except GalaxyError as error:
                wrong.append(f"Subset {name}: {error}.")
        return found, wrong

    # Relations

    @cached_property
    def _columns(self) -> dict[str, np.ndarray]:
        return {name: np.asarray(self.draws[name], dtype=float) for name in _USED}

    @cached_property
    def _sides(self) -> dict[str, Beside]:
        """Draws of the prior and of the truth, where there are some."""
        found = {}
        for name in ("prior", "truth"):
            given = np.asarray(self.draws.extras.get(name, np.empty((0, 0))))
            if not len(given):
                continue
            columns = {one: given[:, self.draws.names.index(one)].astype(float) for one in _USED}
            kept = self.draws.extras.get(f"{name}_kept")
            farthest = self.draws.extras.get(f"{name}_farthest", np.full(len(given), np.inf))
            found[name] = Beside(
                columns, None if kept is None else np.asarray(kept, float), np.asarray(farthest)
            )
        return found

    def relation(
        self, kind: str, redshifts: Sequence[float], masks: Mapping[str, np.ndarray]
    ) -> RelationScene:
        r"""What to draw of a relation.

        Arguments:
            kind: One of `population_state.RELATIONS`.
            redshifts: Slice, which acts on all that is not itself against redshift.
            masks: Subsets.
        """
        low, high = (float(end) for end in redshifts)
        cut = Cut(
            self._columns, self.base, self.members, (low, max(high, low + 1e-3)), masks,
            self.selected, self.kept, self.draws.extras.get("farthest"),
            self._sides.get("prior"), self._sides.get("truth"),
        )  # fmt: skip
        return relation_scene(kind, cut)

    def beside(
        self, name: str, columns: Sequence[str], redshifts: Sequence[float]
    ) -> tuple[np.ndarray, np.ndarray] | None:
        r"""Columns of draws to compare histograms with.

        Arguments:
            name: `prior`, or `truth`: what was put into a mock, as its survey sees it.
            columns: Which, :math:`d` of them.
            redshifts: The slice.

        Returns:
            Shape :math:`(m, d)`, and weights in the slice, shape :math:`(m,)`; None without any.
        """
        side = self._sides.get(name)
        # The truth of a mock goes on beyond what the draws of a fit reach.
        if side is None or (name == "truth" and not self.selected):
            return None
        z = side.columns["redshift"]
        inside = (z >= redshifts[0]) & (z < redshifts[1])
        weights = side.kept if self.selected and side.kept is not None else np.ones(len(z))
        places = [self.draws.names.index(one) for one in columns]
        return np.asarray(self.draws.extras[name])[:, places], inside * weights

    # Words and files

    def facts(
        self, redshifts: Sequence[float], masks: Mapping[str, np.ndarray]
    ) -> tuple[list[tuple[str, str]], dict[str, str]]:
        """Figures of the slice, and how much of it each subset holds."""
        weights = self.weights(redshifts)
        total = float(weights.sum())
        facts = [("draws in the slice", f"{np.count_nonzero(weights):,}")]
        if self.selected:
            facts.append(("worth (effective)", f"{effective_count(weights):,.0f}"))
        if len(self.members) > 1:
            facts.append(("flows in the ensemble", f"{len(self.members)}"))
        if total > 0:
            part = 10.0 ** (self.draws["log_mass"] - self.draws["log_mass_formed"])
            facts.append(("surviving of formed mass", f"{float(weights @ part) / total:.2f}"))
            for name, words in (("log_mass", "mean log M*"), ("redshift", "mean redshift")):
                mean = float(weights @ self.draws[name].astype(float)) / total
                facts.append((words, f"{mean:.3f}"))
        shares = {
            name: f"{float((weights * mask).sum()) / max(total, 1e-300):.1%}"
            for name, mask in masks.items()
        }
        return facts, shares

    def table(self, redshifts: Sequence[float], subsets: Mapping[str, str], words: str) -> Table:
        r"""Draws of the slice: masses formed and surviving, rates, colours, magnitudes, subsets.

        Arguments:
            redshifts: The slice.
            subsets: Name to expression; each becomes a column of truth values.
            words: Whose draws they are.
        """
        inside = self.weights(redshifts) > 0
        kept = {name: one for name, one in self.draws.extras.items() if name in _OWN}
        table = replace(self.draws, extras=kept).to_table()
        masks, _ = self.masks(subsets)
        for name, mask in masks.items():
            table[f"subset_{name}".replace(" ", "_")] = mask
        table.meta["population"] = words
        table.meta["slice"] = [float(end) for end in redshifts]
        found: Any = table[inside]
        return found
