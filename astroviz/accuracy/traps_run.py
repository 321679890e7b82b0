r"""Which check notices which trap: outcomes one at a time, kept for whoever asks again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from astroviz.accuracy.checks import CHECKS, obstacles
from astroviz.accuracy.defects import defect
from astroviz.accuracy.family import holm
from astroviz.accuracy.outcome import Outcome
from astroviz.accuracy.trial import Trial
from astroviz.accuracy.validity import validated

__all__ = ["DRAWS", "FOUND", "HEAVY", "LIGHT", "Found", "Question", "caught", "fits", "trap_trial"]

DRAWS = 49
"""Draws of each posterior."""
LIGHT = tuple(name for name, one in CHECKS.items() if one.cost == "light")
"""Checks that are run at once, for every trap."""
HEAVY = tuple(name for name, one in CHECKS.items() if one.cost != "light")
"""Checks that are run when asked for, for one trap."""

_KEPT = 600  # outcomes, of some ten thousand numbers each at most


@dataclass(frozen=True)
class Question:
    r"""What is asked of one trap.

    Arguments:
        trap: Name of a defect.
        size: How wrong.
        count: Objects.
        seed: Of truths, data and draws.
    """

    trap: str
    size: float
    count: int
    seed: int


class Found:
    """Outcomes by question and check; the oldest are forgotten. Safe for several threads."""

    def __init__(self, kept: int = _KEPT) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._outcomes: OrderedDict[tuple[Question, str], Outcome] = OrderedDict()

    def peek(self, question: Question) -> dict[str, Outcome]:
        """What is known of a trap, in the order of the table of checks."""
        with self._lock:
            return {
                name: self._outcomes[question, name]
                for name in CHECKS
                if (question, name) in self._outcomes
            }

    def has(self, question: Question, check: str) -> bool:
        """Whether an outcome is known."""
        with self._lock:
            return (question, check) in self._outcomes

    def run(self, question: Question, check: str) -> Outcome:
        """The outcome of a check, computed unless it is known."""
        key = (question, check)
        with self._lock:
            if key in self._outcomes:
                self._outcomes.move_to_end(key)
                return self._outcomes[key]
        made = CHECKS[check].run(trap_trial(question), question.seed)
        with self._lock:
            self._outcomes[key] = made
            while len(self._outcomes) > self._kept:
                self._outcomes.popitem(last=False)
        return made


FOUND = Found()
"""What was computed, for all pages of this process."""


@lru_cache(maxsize=20)
def trap_trial(question: Question) -> Trial:
    """The wrong posterior of a question, as the checks take it."""
    made = defect(question.trap, question.size, question.count, DRAWS, 2, question.seed)
    return validated(made)


@lru_cache(maxsize=64)
def fits(trap: str) -> Mapping[str, bool]:
    """Which checks fit a trap."""
    barred = obstacles(validated(defect(trap, 0.0, 60, 20)))
    return {name: not barred[name] for name in CHECKS}


def caught(outcomes: Mapping[str, Outcome], level: float = 0.05) -> Sequence[str]:
    r"""Checks that reject, all together at a family-wise level.

    Arguments:
        outcomes: Check to what it found.
        level: Chance that a right posterior is rejected by any of them.
    """
    known = {n: one.p_value for n, one in outcomes.items() if np.isfinite(one.p_value)}
    return tuple(holm(known, level)) if known else ()
