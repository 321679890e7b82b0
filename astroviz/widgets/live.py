r"""Questions asked from a kernel: the newest wins, and answers come back in its main thread."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

import traitlets

if TYPE_CHECKING:
    from astroviz.core.draws import Draws
    from astroviz.core.engine import Engine
    from astroviz.core.request import Request
    from astroviz.core.ticket import Ticket

__all__ = ["PATIENCE_S", "Answered", "Asker", "shared_engine"]

# A younger question waits so long for the one that runs: if each took the place of the one before,
# a steady drag over a slow model would never show anything.
PATIENCE_S = 0.3

_ENGINE: list[Any] = []


def shared_engine() -> Engine:
    """The engine that all widgets of a kernel share."""
    if not _ENGINE:
        from astroviz.core.engine import Engine

        _ENGINE.append(Engine())
    engine: Engine = _ENGINE[0]
    return engine


class Answered(traitlets.Any):
    """A trait whose reader waits until the question that is being asked is answered."""

    def get(self, obj: Any, cls: Any = None) -> Any:
        """The value, after the answer has come."""
        if obj is not None:
            obj.wait()
        return super().get(obj, cls)


class Asker:
    r"""Asks an engine one kind of question; only the newest of those that wait is asked.

    In a running event loop, as a kernel has it, answers are handed over when the loop is free;
    without one they are waited for.

    Arguments:
        engine: Who answers.
        key: What tells these questions from those of others.
        answer: Called with the whole answer.
        fail: Called with an error.
    """

    def __init__(
        self,
        engine: Engine,
        key: Hashable,
        answer: Callable[[Draws], None],
        fail: Callable[[BaseException], None],
    ) -> None:
        self._engine, self._key = engine, key
        self._answer, self._fail = answer, fail
        self._ticket: Ticket | None = None
        self._next: Request | None = None
        self._delivered = True
        self._asked = 0.0

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return not self._delivered

    def ask(self, request: Request) -> None:
        """Ask; what was asked before is given up."""
        if self.busy and _running_loop() and time.monotonic() - self._asked < PATIENCE_S:
            self._next = request
            return
        self._submit(request)

    def _submit(self, request: Request) -> None:
        self._next = None
        try:
            ticket = self._engine.submit(request, latest=self._key)
        except Exception as error:  # a full queue or a wrong question is an answer too
            self._delivered = True
            self._fail(error)
            return
        self._ticket, self._delivered, self._asked = ticket, False, time.monotonic()
        loop = _running_loop()
        if loop is None:
            self.settle()
            return
        # The engine's thread must touch neither widgets nor figures.
        ticket.add_done_callback(lambda done: _hand_over(loop, self._deliver, done))

    def cancel(self) -> None:
        """Give the question up."""
        if self._ticket is not None:
            self._ticket.cancel()
        self._delivered, self._next = True, None

    def settle(self, timeout: float = 120.0) -> None:
        """Wait until the newest question is answered, and take the answer."""
        if self._next is not None:
            self._submit(self._next)
        ticket = self._ticket
        if ticket is None or self._delivered:
            return
        try:
            ticket.result(timeout)
        except Exception:
            # A ticket keeps its error, which is delivered below; an unfinished one took too long.
            if not ticket.done:
                raise
        self._deliver(ticket)

    def _deliver(self, ticket: Ticket) -> None:
        from astroviz.core.request import Cancelled

        if ticket is not self._ticket or self._delivered:
            return
        self._delivered = True
        if ticket.error is None:
            self._answer(ticket.result(0))
        elif not isinstance(ticket.error, Cancelled):
            self._fail(ticket.error)
        if self._next is not None:
            self._submit(self._next)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _hand_over(
    loop: asyncio.AbstractEventLoop, call: Callable[[Ticket], None], ticket: Ticket
) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(call, ticket)
