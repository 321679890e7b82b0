r"""A ticket: the answer to one request while it is made, and afterwards."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Generator, Hashable, Iterator
from typing import Literal, TypeVar

from astroviz.core.draws import Draws
from astroviz.core.request import Cancelled, Request

__all__ = ["Ticket", "TicketState"]

TicketState = Literal["queued", "running", "done", "failed", "cancelled"]

_T = TypeVar("_T")

logger = logging.getLogger(__name__)


class Ticket:
    r"""The answer to one request, to be waited for, streamed or given up.

    Every method may be called from any thread. Iterating yields the parts of the answer as `Draws`
    when they arrive, from the first one on, and raises at the end if the request failed. A part
    of no draws is a preview of the answer, in its extras;
    `async for` and `await` do the same in an event loop.

    Arguments:
        request: The question.
        client: Who asked.
        latest: Key under which a newer request takes this one's place.

    Example:
        >>> ticket = engine.submit(posterior.request(2000))  # doctest: +SKIP
        >>> for part in ticket:  # doctest: +SKIP
        ...     draw(part["log_age"])
    """

    def __init__(
        self, request: Request, client: Hashable = "", latest: Hashable | None = None
    ) -> None:
        self.request, self.client, self.latest = request, client, latest
        self._changed = threading.Condition()
        self._state: TicketState = "queued"
        self._parts: list[Draws] = []
        self._progress = 0.0
        self._result: Draws | None = None
        self._error: Exception | None = None
        self._listeners: list[_Listener] = []
        self._done_callbacks: list[Callable[[Ticket], object]] = []

    def __repr__(self) -> str:
        name = self.request.sampler.name
        return f"Ticket({name}, n={self.request.n}, {self._state}, {self.progress:.0%})"

    # -- what clients use -----------------------------------------------------------------------

    @property
    def state(self) -> TicketState:
        """Where the work stands."""
        return self._state

    @property
    def done(self) -> bool:
        """Whether the answer is complete, or will never be."""
        return self._state in ("done", "failed", "cancelled")

    @property
    def progress(self) -> float:
        """The part of the work done, 0 to 1; it never falls."""
        return self._progress

    @property
    def error(self) -> Exception | None:
        """What went wrong; None for a ticket that is waiting, running or answered."""
        return self._error

    def cancel(self) -> None:
        """Give the answer up; the work stops before its next solver step if nobody else waits."""
        self.fail(Cancelled("the ticket was cancelled"))

    def result(self, timeout: float | None = None) -> Draws:
        """The whole answer.

        Arguments:
            timeout: Seconds to wait, for ever by default; then a TimeoutError is raised and the
                work goes on.

        Returns:
            The draws; a failed ticket raises its error, a cancelled one `Cancelled`.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self.done, timeout):
                raise TimeoutError(
                    f"no answer within {timeout} s; it stands at {self.progress:.0%}"
                )
        if self._error is not None:
            raise self._error
        assert self._result is not None
        return self._result

    def __iter__(self) -> Iterator[Draws]:
        position = 0
        while (part := self._part(position)) is not None:
            position += 1
            yield part
        if self._error is not None:
            raise self._error

    def _part(self, position: int) -> Draws | None:
        """Wait for a part; None after the last."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._parts) > position or self.done)
            return self._parts[position] if len(self._parts) > position else None

    def on_chunk(self, callback: Callable[[Draws], object]) -> None:
        """Call back with every part of the answer, in order, those already there included.

        The call comes from the engine's thread, or from this one for parts that are there: it must
        be short and hand over to its own loop or queue.
        """
        listener = _Listener(callback)
        with self._changed:
            self._listeners.append(listener)
        listener.catch_up(self._parts)

    def add_done_callback(self, callback: Callable[[Ticket], object]) -> None:
        """Call back once with the ticket when it is done, after the parts; at once if it is."""
        with self._changed:
            if not self.done:
                self._done_callbacks.append(callback)
                return
        _call(callback, self)

    def __await__(self) -> Generator[object, None, Draws]:
        return self._wait().__await__()

    async def _wait(self) -> Draws:
        try:
            async for _ in self:
                pass
        except asyncio.CancelledError:
            self.cancel()
            raise
        return self.result(0)

    async def __aiter__(self) -> AsyncIterator[Draws]:
        loop = asyncio.get_running_loop()
        parts: asyncio.Queue[Draws | None] = asyncio.Queue()

        def hand_over(part: Draws | None) -> None:
            # a loop that was closed meanwhile has nobody waiting in it
            if not loop.is_closed():
                loop.call_soon_threadsafe(parts.put_nowait, part)

        self.on_chunk(hand_over)
        self.add_done_callback(lambda _: hand_over(None))
        while (part := await parts.get()) is not None:
            yield part
        if self._error is not None:
            raise self._error

    # -- what the engine uses -------------------------------------------------------------------

    def start(self) -> None:
        """The work begins."""
        with self._changed:
            if self._state == "queued":
                self._state = "running"

    def advance(self, fraction: float) -> None:
        """The work has come so far; smaller numbers than before are ignored."""
        self._progress = max(self._progress, min(float(fraction), 1.0))

    def deliver(self, part: Draws) -> None:
        """A further part of the answer, or a preview of it, which makes older ones idle."""
        with self._changed:
            if self.done:
                return
            if not len(part):
                # Whoever is behind sees the newest preview; none but that is kept in memory.
                self._parts = [part if not len(old) else old for old in self._parts]
            self._parts.append(part)
            self._changed.notify_all()
            listeners = list(self._listeners)
        for listener in listeners:
            listener.catch_up(self._parts)

    def finish(self, result: Draws) -> bool:
        """The whole answer is there; False if the ticket was done before."""
        with self._changed:
            if self.done:
                return False
            if not self._parts:
                self._parts.append(result)
            self._result, self._progress = result, 1.0
            self._state = "done"
        return self._settle()

    def fail(self, error: Exception) -> bool:
        """There will be no answer; False if the ticket was done before."""
        with self._changed:
            if self.done:
                return False
            self._error = error
            self._state = "cancelled" if isinstance(error, Cancelled) else "failed"
        return self._settle()

    def _settle(self) -> bool:
        # callbacks run outside of the lock: they may ask anything of any ticket or of the engine
        with self._changed:
            listeners, callbacks = list(self._listeners), self._done_callbacks
            self._done_callbacks = []
            self._changed.notify_all()
        for listener in listeners:
            listener.catch_up(self._parts)
        for callback in callbacks:
            _call(callback, self)
        return True


class _Listener:
    """Hands parts to a callback in order and once, whichever thread brings them."""

    def __init__(self, callback: Callable[[Draws], object]) -> None:
        self.callback = callback
        self.position = 0
        self.lock = threading.RLock()

    def catch_up(self, parts: list[Draws]) -> None:
        with self.lock:
            while self.position < len(parts):
                part = parts[self.position]
                self.position += 1
                _call(self.callback, part)


def _call(callback: Callable[[_T], object], value: _T) -> None:
    try:
        callback(value)
    except Exception:
        # whatever a client's callback raises must not reach other clients through the engine
        logger.exception("a callback of a ticket failed")
