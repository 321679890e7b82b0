r"""The catalogue side of a view: gap patterns, diagrams, selections, answers star by star."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from astroviz.core.selection import (
    Mode,
    as_rows,
    combine,
    evaluate,
    rows_from_csv,
    rows_to_csv,
)
from astroviz.io.observations import State
from astroviz.stars import diagrams, gaps
from astroviz.stars.summary import young_probability
from astroviz.stars.view_state import ViewState

if TYPE_CHECKING:
    from astroviz.core.draws import Draws

__all__ = ["CatalogueView"]

Points = tuple[np.ndarray, np.ndarray, np.ndarray]

_MEDIANS = ("log_age", "effective_temperature", "log_luminosity", "a_v")


class CatalogueView(ViewState):
    """A view whose table can be looked at as a whole."""

    _memory: tuple[str, dict[Any, Any]] = ("", {})

    def patterns(self) -> gaps.Patterns:
        """The distinct gap patterns of the table, most frequent first."""
        found: gaps.Patterns = self._once(
            "patterns", lambda: gaps.find_patterns(self.observations.used)
        )
        return found

    def gap_rows(self, limit: int | None = None) -> np.ndarray:
        r"""Rows of the gap map from top to bottom, in the chosen order.

        Arguments:
            limit: At most so many rows, taken evenly from top to bottom.
        """
        selected = self.selection.tobytes() if self.order == "selection" else b""
        rows: np.ndarray = self._once(
            ("gap_rows", self.order, selected),
            lambda: gaps.sort_rows(self.patterns(), self.order, self.selection),
        )
        if limit is None or len(rows) <= limit:
            return rows
        return rows[np.linspace(0, len(rows) - 1, limit).round().astype(np.intp)]

    @property
    def state_codes(self) -> np.ndarray:
        r"""States of the whole table with the survey switches applied, shape (N, Q), int8."""

        def make() -> np.ndarray:
            table = self.observations
            off = [q.survey not in self.surveys for q in table.quantities]
            ignored = table.used & np.array(off)
            return np.where(ignored, np.int8(State.IGNORED), table.states)

        codes: np.ndarray = self._once(("codes", tuple(self.surveys)), make)
        return codes

    def survey_counts(self) -> gaps.SurveyCounts:
        """Stars of each switched-on survey, of all of them, and of any of them."""
        found: gaps.SurveyCounts = self._once(
            ("counts", tuple(self.surveys)),
            lambda: gaps.survey_counts(self.observations, self.in_use),
        )
        return found

    def rows_in(self, which: Literal["intersection", "union"]) -> np.ndarray:
        """Rows of the stars that all, or any, of the switched-on surveys have."""
        present = gaps.in_surveys(self.observations, self.in_use)
        if which == "union":
            return np.flatnonzero(present.any(1))
        if which == "intersection":
            there = present[:, present.any(0)]
            return np.flatnonzero(there.all(1)) if there.size else as_rows(None)
        raise ValueError(f"{which!r} is not known; use 'intersection' or 'union'")

    def colour_magnitude(self) -> Points:
        """Colour and magnitude (Vega mag) and row of the stars that have the chosen bands."""
        choice = (self.blue, self.red, self.bright, self.absolute)
        points: Points = self._once(
            ("cmd", *choice), lambda: diagrams.colour_magnitude(self.observations, *choice)
        )
        return points

    def hr_diagram(self) -> Points:
        """Effective temperature (K), log luminosity (solar) and row of stars that have both."""
        return diagrams.hr_diagram(self.catalogue, self.answers)

    def sky(self) -> Points:
        """Right ascension, declination (degrees) and row of the stars whose place is known."""
        points: Points = self._once("sky", lambda: diagrams.sky(self.observations))
        return points

    def axis_labels(self) -> dict[str, str]:
        """Labels with units of all axes of the catalogue's diagrams."""
        x, y = diagrams.colour_magnitude_labels(self.blue, self.red, self.bright, self.absolute)
        return {
            "cmd_x": x,
            "cmd_y": y,
            "hr_x": "effective temperature (K)",
            "hr_y": "log luminosity (log10 solar)",
            "sky_x": "right ascension (deg)",
            "sky_y": "declination (deg)",
        }

    # Answers

    @property
    def answers(self) -> dict[str, np.ndarray]:
        r"""Medians and P(young) of the stars that were asked about, shape (N,), NaN elsewhere."""

        def make() -> dict[str, np.ndarray]:
            n = len(self.observations)
            return {name: np.full(n, np.nan, np.float32) for name in (*_MEDIANS, "p_young")}

        found: dict[str, np.ndarray] = self._once("answers", make)
        return found

    def store(self, row: int, draws: Draws) -> None:
        """Remember what a star answered, for the catalogue's diagrams."""
        answers = self.answers
        for name in _MEDIANS:
            answers[name][row] = np.median(draws[name])
        answers["p_young"][row] = self.p_young(draws)

    def p_young(self, draws: Draws) -> float:
        """P(young) of a star under the prior odds, or 1 if it is taken as known."""
        return 1.0 if self.assume_young else young_probability(draws, self.prior_odds)

    # Selections

    def select(self, rows: ArrayLike, mode: Mode = "replace") -> np.ndarray:
        r"""Change the selection.

        Arguments:
            rows: Row numbers or a boolean mask over the table.
            mode: `replace`, `add`, `remove` or `intersect`.

        Returns:
            The selection as it is now.
        """
        chosen = self._in_table(as_rows(rows))
        self.selection = combine(self.selection, chosen, mode)
        return self.selection

    def _in_table(self, rows: np.ndarray) -> np.ndarray:
        n = len(self.observations)
        if len(rows) and rows[-1] >= n:
            raise IndexError(f"row {rows[-1]} is not there: the table has {n} rows")
        return rows

    def save_selection(self, name: str) -> None:
        """Keep the selection under a name that can stand in an expression."""
        if not name.isidentifier() or name == "all":
            raise ValueError(
                f"{name!r} cannot name a selection; use letters, digits and _, other than 'all'"
            )
        self.selections = {**self.selections, name: self.selection}

    def delete_selection(self, name: str) -> None:
        """Forget a named selection."""
        if name not in self.selections:
            known = ", ".join(self.selections) or "none"
            raise KeyError(f"no selection named {name!r}; there are {known}")
        self.selections = {k: rows for k, rows in self.selections.items() if k != name}

    def select_expression(self, expression: str) -> np.ndarray:
        """Select by set algebra over the names: `members & ~(disks | blended)`."""
        return self.select(evaluate(expression, self.selections, len(self.observations)))

    def selection_csv(self) -> str:
        """The selection as CSV text with the columns `row` and `identifier`."""
        return rows_to_csv(self.selection, self.observations.identifiers)

    def select_csv(self, text: str) -> np.ndarray:
        """Select the stars of a CSV text with a column `identifier` or `row`."""
        return self.select(rows_from_csv(text, self.observations.identifiers))

    def _once(self, key: Any, make: Callable[[], Any]) -> Any:
        """A value kept until the table changes; the oldest of many goes."""
        source, kept = self._memory
        if source != self.source:
            kept = {}
            self._memory = (self.source, kept)
        if key not in kept:
            kept[key] = make()
            droppable = [old for old in kept if isinstance(old, tuple)]
            for old in droppable[:-12]:
                del kept[old]
        return kept[key]
