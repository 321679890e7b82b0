r"""Any conditional of anything: what is given, what is wanted, what is ignored.

The joint model answers :math:`p(\text{wanted} \mid \text{given})` for any split of parameters and
observables; what is neither given nor wanted is integrated over. A posterior gives observables and
wants parameters; a likelihood gives parameters and wants observables; a prediction gives some
surveys and wants another; nothing given and all wanted is the joint distribution itself.

Conditions of the kind :math:`a \le \theta \le b` are met by drawing until enough draws lie inside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from astroviz.stars.parameters import DERIVED, PARAMETERS, Parameter
from astroviz.stars.surveys import QUANTITIES, index_of

__all__ = ["COLUMNS", "OBSERVABLES", "Question", "TooFewDraws", "column_of", "merge_intervals"]

COLUMNS: dict[str, Parameter] = {p.name: p for p in (*PARAMETERS, *DERIVED)}
"""Parameters and derived quantities by name."""

OBSERVABLES = tuple(quantity.name for quantity in QUANTITIES)
_GIVABLE = {p.name: p for p in PARAMETERS}
_LABELS = {"effective_temperature": "spec_teff", "logg": "spec_logg",
           "log_luminosity": "spec_lum"}  # fmt: skip


class TooFewDraws(ValueError):
    r"""Too few draws meet the intervals of a question for an answer to be shown.

    Arguments:
        message: The sentence.
        found: Draws that meet them.
    """

    def __init__(self, message: str, found: int) -> None:
        super().__init__(message)
        self.found = found


def column_of(name: str) -> Parameter:
    """Label, unit and bounds of a parameter, derived quantity or observable."""
    if name in COLUMNS:
        return COLUMNS[name]
    quantity = QUANTITIES[index_of(name)]
    return Parameter(name, quantity.label, quantity.unit, -np.inf, np.inf)


@dataclass(frozen=True)
class Question:
    r"""One conditional.

    Arguments:
        wanted: Parameters, derived quantities and observables to draw, jointly.
        given: Parameters with their values, in their units. Observables are given by being
            observed and neither wanted nor ignored.
        ignored: Observables that are not used although they were observed.
        within: Parameters or derived quantities that lie between two values.

    Raises:
        ValueError: If nothing is wanted, a name is not known, a value or an interval is
            impossible, or something is given and wanted at a time.

    Example:
        >>> Question(wanted=("log_age",), given={"a_v": 1.0}).text()
        'p(log_age | a_v = 1, observed)'
    """

    wanted: tuple[str, ...]
    given: Mapping[str, float] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    within: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.wanted:
            raise ValueError("nothing is wanted: move one parameter or observable to 'wanted'")
        for name in self.wanted:
            if name not in COLUMNS and name not in OBSERVABLES:
                known = ", ".join((*COLUMNS, *OBSERVABLES))
                raise ValueError(f"nothing is called {name!r}; there are {known}")
        for name in self.ignored:
            if name not in OBSERVABLES:
                raise ValueError(
                    f"{name!r} is not an observable; only {', '.join(OBSERVABLES)} can be ignored"
                )
        for name, value in self.given.items():
            self._check_given(name, value)
        for name, ends in self.within.items():
            self._check_interval(name, ends)

    def _check_given(self, name: str, value: float) -> None:
        if name in _LABELS:
            raise ValueError(
                f"{name} follows from age and mass; give it as the observable {_LABELS[name]!r}, "
                "with an error"
            )
        if name not in _GIVABLE:
            raise ValueError(f"{name!r} cannot be given; there are {', '.join(_GIVABLE)}")
        if name in self.wanted:
            raise ValueError(f"{name} is given and wanted at a time; take it out of one of them")
        p = _GIVABLE[name]
        if not (np.isfinite(value) and p.lower <= value <= p.upper):
            raise ValueError(
                f"{name} = {value:g} lies outside its prior; give a value between {p.lower:g} "
                f"and {p.upper:g} {p.unit}".rstrip()
            )

    def _check_interval(self, name: str, ends: tuple[float, float]) -> None:
        if name not in COLUMNS:
            raise ValueError(f"{name!r} cannot be held in an interval; use {', '.join(COLUMNS)}")
        low, high = (float(end) for end in ends)
        if np.isnan(low) or np.isnan(high) or low >= high:
            raise ValueError(
                f"the interval of {name} is empty: its lower end {low:g} is not below its upper "
                f"end {high:g}"
            )
        p = COLUMNS[name]
        if high < p.lower or low > p.upper:
            raise ValueError(
                f"the interval {low:g} to {high:g} of {name} lies outside its prior, which runs "
                f"from {p.lower:g} to {p.upper:g} {p.unit}".rstrip()
            )
        if name in self.given and not low <= self.given[name] <= high:
            raise ValueError(
                f"{name} is given as {self.given[name]:g}, outside its own interval {low:g} to "
                f"{high:g}; take one of the two back"
            )

    @property
    def columns(self) -> tuple[str, ...]:
        """Wanted parameters and derived quantities."""
        return tuple(name for name in self.wanted if name in COLUMNS)

    @property
    def observables(self) -> tuple[str, ...]:
        """Wanted observables."""
        return tuple(name for name in self.wanted if name in OBSERVABLES)

    @property
    def hidden(self) -> tuple[int, ...]:
        """Positions of observables that the model is not told."""
        return tuple(index_of(name) for name in dict.fromkeys((*self.observables, *self.ignored)))

    @property
    def units(self) -> tuple[str, ...]:
        """Units of what is wanted, in the order of `wanted`."""
        return tuple(column_of(name).unit for name in self.wanted)

    def kind(self, observed: int) -> str:
        r"""What such a question is called.

        Arguments:
            observed: Number of observables that are told.
        """
        if self.columns and self.observables:
            return "joint" if not (observed or self.given) else "joint conditional"
        if self.observables:
            return "prediction" if observed else ("likelihood" if self.given else "marginal")
        return "posterior" if observed else ("conditional" if self.given else "prior")

    def text(self, observed: str = "observed") -> str:
        """The question in symbols, `observed` standing for what the model is told."""
        known = [f"{name} = {value:g}" for name, value in self.given.items()]
        known += [f"{low:g} < {name} < {high:g}" for name, (low, high) in self.within.items()]
        known += [observed] if observed else []
        return f"p({', '.join(self.wanted)}" + (f" | {', '.join(known)})" if known else ")")


def merge_intervals(
    intervals: Iterable[tuple[str, float, float]],
) -> dict[str, tuple[float, float]]:
    r"""Intervals by name; several on one name become the part that they share.

    Arguments:
        intervals: Names with lower and upper ends.

    Raises:
        ValueError: If one of them is impossible, or two on one name do not overlap.

    Example:
        >>> merge_intervals([("a_v", 0, 2), ("a_v", 1, 5)])
        {'a_v': (1, 2)}
    """
    found: dict[str, tuple[float, float]] = {}
    for name, low, high in intervals:
        Question((OBSERVABLES[0],), within={name: (low, high)})  # which checks it
        before = found.get(name, (low, high))
        found[name] = (max(low, before[0]), min(high, before[1]))
        if found[name][0] >= found[name][1]:
            raise ValueError(
                f"the intervals {before[0]:g} to {before[1]:g} and {low:g} to {high:g} of {name} "
                "do not overlap, so no star meets both; take one of them back"
            )
    return found
