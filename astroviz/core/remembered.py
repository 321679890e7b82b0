r"""The state of a view that can be undone, redone, and taken on again from a link."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

import param

from astroviz.core.history import History

__all__ = ["Remembered"]


class Remembered(param.Parameterized):
    """Parameters whose changes are steps of a history; see `History`.

    A subclass makes `history` before the first change, says in `restore` how a state is taken on,
    and starts to watch with `_watch_state`.
    """

    history: History
    _dragged: ClassVar[frozenset[str]] = frozenset()
    """Parameters under sliders, whose changes come in dozens and are one step."""
    _quiet = 0
    _before: dict[str, Any]

    @classmethod
    def state_names(cls) -> list[str]:
        """Parameters that make up the state."""
        return [name for name in cls.param if name != "name"]

    def restore(self, state: Mapping[str, Any]) -> tuple[str, ...]:
        """Take on a state; sentences about what could not be restored."""
        raise NotImplementedError

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return self.history.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to make again."""
        return self.history.can_redo

    def undo(self) -> tuple[str, ...]:
        """Take the last step back; sentences about what could not be."""
        return self.restore(self.history.undo(self._snapshot()))

    def redo(self) -> tuple[str, ...]:
        """Make a step again that was taken back."""
        return self.restore(self.history.redo(self._snapshot()))

    def _watch_state(self) -> None:
        self._before = self._snapshot()
        self.param.watch(self._record, self.state_names())

    def _snapshot(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.state_names()}

    def _record(self, *events: param.parameterized.Event) -> None:
        if self._quiet:
            return
        changed = {event.name for event in events}
        self.history.record(self._before, changed, drag=changed <= self._dragged)
        self._before = self._snapshot()

    @contextmanager
    def _quietly(self, refresh: bool = True) -> Iterator[None]:
        """Changes inside are no step of the history."""
        self._quiet += 1
        try:
            yield
        finally:
            self._quiet -= 1
            if refresh:
                self._before = self._snapshot()
