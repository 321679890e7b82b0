"""How fast pictures may follow each other: a browser that paints must also hear the hand."""

from __future__ import annotations

import time

__all__ = ["Pace"]

# A tab in the background paints nothing and says nothing.
LONGEST_S = 0.5


class Pace:
    """What the browser says of its painting, and whether it is ready for another picture.

    In a drag the browser is left as much time without pictures as one takes it: what it is sent
    faster it paints late, and the hand's own events wait behind.

    Attributes:
        took: From sending the last picture until it was on screen, s.
    """

    def __init__(self) -> None:
        self._sent, self.took = -LONGEST_S, 0.0
        self._waiting = False

    def sent(self) -> None:
        """A picture is on its way."""
        self._sent, self._waiting = time.monotonic(), True

    def painted(self) -> None:
        """It is on screen."""
        if self._waiting:
            self.took = min(time.monotonic() - self._sent, LONGEST_S)
            self._waiting = False

    @property
    def behind(self) -> bool:
        """Whether another picture would be one too many."""
        since = time.monotonic() - self._sent
        return since < (LONGEST_S if self._waiting else 2 * self.took)
