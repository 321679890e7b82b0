r"""Undo and redo of controls: a stack of states."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

__all__ = ["History"]

State = dict[str, Any]


class History:
    r"""States that were left, and states that were taken back.

    Changes of the same controls shortly after each other in a drag are one step.

    Arguments:
        merge: Seconds within which changes of the same controls are one step.
        depth: Number of steps kept.
        clock: Source of time, seconds.
    """

    def __init__(
        self, merge: float = 1.0, depth: int = 100, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._merge, self._depth, self._clock = merge, depth, clock
        self._past: list[State] = []
        self._future: list[State] = []
        self._last: tuple[frozenset[str], float] = (frozenset(), float("-inf"))

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to make again."""
        return bool(self._future)

    def record(self, before: State, changed: set[str], drag: bool = False) -> None:
        """Remember the state that the change of some controls has left.

        Arguments:
            before: The state that was left.
            changed: Names of the controls.
            drag: Whether they are controls that are dragged, so that steps may be merged.
        """
        now = self._clock()
        names, when = self._last
        self._last = (frozenset(changed), now)
        self._future.clear()
        if drag and self._past and names == changed and now - when < self._merge:
            return
        self._past.append(before)
        del self._past[: -self._depth]

    def undo(self, now: State) -> State:
        """The state before the last step; `now` can be had back by `redo`."""
        if not self._past:
            raise ValueError("there is nothing to undo")
        self._future.append(now)
        self._last = (frozenset(), float("-inf"))
        return self._past.pop()

    def redo(self, now: State) -> State:
        """The state that the last undo has left."""
        if not self._future:
            raise ValueError("there is nothing to redo")
        self._past.append(now)
        self._last = (frozenset(), float("-inf"))
        return self._future.pop()
