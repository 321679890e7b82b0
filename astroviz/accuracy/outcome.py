r"""What one check found, and what all of them found together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["Outcome", "Report", "plain"]


@dataclass(frozen=True)
class Outcome:
    r"""What one check found.

    Arguments:
        check: Name of the check, a key of `checks.CHECKS`.
        value: The measured figure; what it is stands in `sentence`.
        expected: What a perfect posterior has; NaN where no figure is known.
        error: Monte-Carlo standard error that a perfect posterior would have.
        p_value: Probability of so bad a result from a perfect posterior; NaN for a score that has
            none.
        by: p-value by parameter, or by cell; at most 64 of them, the smallest.
        curves: Arrays that a figure draws; which, each check says.
        objects: How much each object speaks against the posterior, larger is worse, (N,); None
            where the check knows only all of them together.
        sentence: What was found, in words.
        seconds: How long it took.
    """

    check: str
    value: float
    expected: float
    error: float
    p_value: float
    by: Mapping[str, float] = field(default_factory=dict)
    curves: Mapping[str, np.ndarray] = field(default_factory=dict)
    objects: np.ndarray | None = None
    sentence: str = ""
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain numbers, lists and texts; NaN as None."""
        return {name: plain(getattr(self, name)) for name in self.__dataclass_fields__}


@dataclass(frozen=True)
class Report:
    r"""What all checks found, at one family-wise level.

    Arguments:
        outcomes: One for each check that was run.
        rejected: Checks that reject the posterior, by Holm at `level` over all with a p-value.
        level: Chance that a perfect posterior is rejected by any of them.
        notes: Sentences that a reader must see.
        model: Whose posterior it is.
        count: Objects.
        draws: Draws for each.
    """

    outcomes: tuple[Outcome, ...]
    rejected: tuple[str, ...]
    level: float
    notes: tuple[str, ...] = ()
    model: str = ""
    count: int = 0
    draws: int = 0

    def __getitem__(self, check: str) -> Outcome:
        """The outcome of a check by its name."""
        for outcome in self.outcomes:
            if outcome.check == check:
                return outcome
        names = ", ".join(outcome.check for outcome in self.outcomes)
        raise KeyError(f"{check} was not run; there are {names}")

    @property
    def passed(self) -> bool:
        """Whether no check rejects the posterior: necessary, not sufficient."""
        return not self.rejected

    def verdict(self) -> str:
        """The verdict in one line."""
        tested = sum(bool(np.isfinite(one.p_value)) for one in self.outcomes)
        on = f"{self.count:,} objects with {self.draws:,} draws each"
        if not tested:
            return f"Nothing was tested on {on}: no check that ran has a p-value."
        if self.passed:
            what = "None of" if tested > 1 else "Not rejected by"
            checks = "checks rejects" if tested > 1 else "check"
            return (
                f"{what} {tested} {checks} this posterior, on {on}; it may still be wrong in ways "
                "that they do not see."
            )
        # imported late: the table names the modules that import this one
        from astroviz.accuracy.check_table import CHECKS

        titles = [CHECKS[name].title if name in CHECKS else name for name in self.rejected]
        return (
            f"Wrong: {len(titles)} of {tested} checks reject this posterior, on {on}: "
            f"{', '.join(titles)}."
        )

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain numbers, lists and texts, for a JSON file; NaN as None."""
        found = {name: plain(getattr(self, name)) for name in self.__dataclass_fields__}
        found["outcomes"] = [outcome.to_dict() for outcome in self.outcomes]
        return {"verdict": self.verdict(), "passed": self.passed, **found}


def plain(value: Any) -> Any:
    """A value as JSON can hold it: arrays as lists, floats to six digits, NaN as None."""
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, float | np.floating):
        return float(f"{value:.6g}") if np.isfinite(value) else None
    if isinstance(value, np.integer | np.bool_):
        return value.item()
    return value
