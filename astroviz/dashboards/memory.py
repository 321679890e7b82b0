"""Memory that closed tabs leave behind, given back."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import sys

__all__ = ["Tidy", "give_back"]

# Panel collects what a closed tab leaves 5 to 10 s after it was forgotten.
DELAY_S = 12.0


def give_back() -> None:
    """Collect garbage and hand free memory back to the system."""
    # Twice: what hangs on a weak key is garbage only once the key was collected.
    gc.collect()
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's; others have none
        if trim is not None:
            trim(0)


class Tidy:
    """Gives memory back some time after a tab was closed, once for all that close meanwhile."""

    def __init__(self) -> None:
        self._timer: asyncio.TimerHandle | None = None

    def soon(self) -> None:
        """A tab was closed; does nothing where no event loop runs."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        if self._timer is None:
            self._timer = loop.call_later(DELAY_S, self._act)

    def _act(self) -> None:
        self._timer = None
        give_back()
