"""What a hand does to the measurements of a star: moves, states, switches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from astroviz.dashboards.pace import Pace
from astroviz.stars.explorer import StarsExplorer

__all__ = ["Hand"]

_MOVE = {"name", "value", "error"}


class Hand:
    r"""Acts on the messages of the measurements' table (see `measurements.js`).

    A slider speaks thirty times a second: what it says is kept, and taken once for each question.

    Arguments:
        explorer: The state of the page.
        ask: Asks the model; `take` is called before: at once when this answers True.
        pace: Is told that a picture was painted.
        refuse: Told a sentence about a value that cannot be.
        taken: Called when moves were taken.
    """

    def __init__(
        self,
        explorer: StarsExplorer,
        ask: Callable[[], bool],
        pace: Pace,
        refuse: Callable[[str], None],
        taken: Callable[[], None],
    ) -> None:
        self.explorer, self._ask, self._pace = explorer, ask, pace
        self._refuse, self._taken = refuse, taken
        self._moves: dict[str, dict[str, Any]] = {}

    def act(self, message: Mapping[str, Any]) -> bool:
        """Do what a message says; True when it will be taken at once, by `take`."""
        if "painted" in message:
            self._pace.painted()
            return True
        if message.keys() <= _MOVE:
            self._moves.setdefault(str(message["name"]), {}).update(message)
            return self._ask()
        self.take()
        if "survey" in message:
            self._switch(message["survey"], bool(message["on"]))
        elif message.get("reset"):
            self.explorer.reset(str(message["name"]))
        else:
            self._edit(message)
        return False

    def take(self) -> None:
        """Let the explorer know what was moved."""
        moves, self._moves = self._moves, {}
        for message in moves.values():
            self._edit(message)
        if moves:
            self._taken()

    def _switch(self, name: str, on: bool) -> None:
        self.explorer.switch(name, on)

    def _edit(self, message: Mapping[str, Any]) -> None:
        keys = ("value", "error", "state")
        try:
            self.explorer.edit(str(message["name"]), *(message.get(key) for key in keys))
        except (ValueError, KeyError) as error:
            self._refuse(str(error.args[0]))
