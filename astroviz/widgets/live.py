r"""Questions asked from a kernel: the newest wins, and answers come back in its main thread."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import traitlets

if TYPE_CHECKING:
    from astroviz.core.draws import Draws
    from astroviz.core.engine import Engine
    from astroviz.core.request import Request
    from astroviz.core.ticket import Ticket

__all__ = ["PATIENCE_S", "Answered", "Asker", "Crowd", "Worker", "running_loop", "shared_engine"]

# A younger question waits so long for the one that runs: if each took the place of the one before,
# a steady drag over a slow model would never show anything.
PATIENCE_S = 0.3

WINDOW = 32
"""Requests of a crowd that wait at once."""
SHOWN_S = 0.5
"""Answers of a crowd are drawn no more often than this."""

_ENGINE: list[Any] = []
# Seconds of work beside the engine's; one at a time, so that the kernel stays awake.
_POOL = ThreadPoolExecutor(1, thread_name_prefix="astroviz-work")


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
        preview: Called with previews of the answer, if there are any.
    """

    def __init__(
        self,
        engine: Engine,
        key: Hashable,
        answer: Callable[[Draws], None],
        fail: Callable[[BaseException], None],
        preview: Callable[[Draws], None] | None = None,
    ) -> None:
        self._engine, self._key = engine, key
        self._answer, self._fail, self._preview = answer, fail, preview
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
        if self.busy and running_loop() and time.monotonic() - self._asked < PATIENCE_S:
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
        loop = running_loop()
        if loop is None:
            self.settle()
            return
        # The engine's thread must touch neither widgets nor figures.
        ticket.add_done_callback(lambda done: _hand_over(loop, self._deliver, done))
        if self._preview is not None:
            ticket.on_chunk(lambda part: _hand_over(loop, partial(self._look, ticket), part))

    def _look(self, ticket: Ticket, part: Draws) -> None:
        """Show a preview, unless the question is an old one."""
        if self._preview is not None and not len(part):
            if ticket is self._ticket and not self._delivered:
                self._preview(part)

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


class Crowd:
    r"""Asks about many stars, some at a time; answers come one by one, drawings now and then.

    Arguments:
        engine: Who answers.
        store: Called with the number of a star and its answer.
        show: Called when there are new answers: done, failed, and asked in all.
    """

    def __init__(
        self,
        engine: Engine,
        store: Callable[[int, Draws], None],
        show: Callable[[int, int, int], None],
    ) -> None:
        self._engine, self._store, self._show = engine, store, show
        self._questions: Iterator[tuple[int, Request]] = iter(())
        self._waiting: deque[tuple[int, Ticket]] = deque()
        self._total = self._done = self._failed = 0
        self._drawn = 0.0

    @property
    def busy(self) -> bool:
        """Whether answers are still to come."""
        return bool(self._waiting)

    def ask(self, questions: Iterator[tuple[int, Request]], total: int) -> None:
        """Ask; what was asked before is given up."""
        self.cancel()
        self._questions, self._total = questions, total
        self._done = self._failed = 0
        self._fill()
        if running_loop() is None:
            self.settle()

    def cancel(self) -> None:
        """Give up what is not answered yet."""
        waiting, self._waiting, self._questions = self._waiting, deque(), iter(())
        for _, ticket in waiting:
            ticket.cancel()

    def settle(self, timeout: float = 120.0) -> None:
        """Wait for all answers and take them."""
        while self._waiting:
            _, ticket = self._waiting[0]
            try:
                ticket.result(timeout)
            except Exception:
                # A ticket keeps its error, which is counted below; others took too long.
                if not ticket.done:
                    raise
            self._take()

    def _fill(self) -> None:
        loop = running_loop()
        while len(self._waiting) < WINDOW:
            found = next(self._questions, None)
            if found is None:
                return
            row, request = found
            try:
                ticket = self._engine.submit(request)
            except Exception:  # a full queue is this star's failure; the others go on
                self._done, self._failed = self._done + 1, self._failed + 1
                continue
            self._waiting.append((row, ticket))
            if loop is not None:
                self._listen(ticket, loop)

    def _listen(self, ticket: Ticket, loop: asyncio.AbstractEventLoop) -> None:
        # The engine's thread must touch neither widgets nor figures.
        ticket.add_done_callback(lambda done: _hand_over(loop, lambda _: self._take(), done))

    def _take(self) -> None:
        """Take the answers that are there, in the order in which they were asked for."""
        while self._waiting and self._waiting[0][1].done:
            row, ticket = self._waiting.popleft()
            self._done += 1
            if ticket.error is None:
                self._store(row, ticket.result(0))
            else:
                self._failed += 1
        self._fill()
        if not self.busy or time.monotonic() - self._drawn > SHOWN_S:
            self._drawn = time.monotonic()
            self._show(self._done, self._failed, self._total)


class Worker:
    r"""Does seconds of work beside the kernel's main thread; the newest wins.

    The work is a function of one argument `control`, as `core.request.Control`, by which it hears
    that nobody waits any more. Without a running event loop it is done when it is waited for.

    Arguments:
        done: Called with what the work returned, in the main thread.
        fail: Called with its error.
    """

    def __init__(self, done: Callable[[Any], None], fail: Callable[[BaseException], None]) -> None:
        self._done, self._fail = done, fail
        self._control: Any = None
        self._work: Callable[[], Any] | None = None
        self._future: Future[Any] | None = None

    @property
    def busy(self) -> bool:
        """Whether work is under way or waits to be done."""
        return self._work is not None

    def start(self, work: Callable[..., Any]) -> None:
        """Begin; what was begun before is given up."""
        self.cancel()
        self._control = control = _Stoppable()
        self._work = lambda: work(control=control)
        loop = running_loop()
        if loop is not None:
            self._future = future = _POOL.submit(self._work)
            future.add_done_callback(lambda found: _hand_over(loop, self._deliver, found))

    def cancel(self) -> None:
        """Give up."""
        if self._control is not None:
            self._control.stopped = True
        self._work = self._future = self._control = None

    def settle(self, timeout: float = 120.0) -> None:
        """Wait until the work is done, and take what came of it."""
        if self._work is None:
            return
        future = self._future or _POOL.submit(self._work)
        self._future = future
        future.exception(timeout)
        self._deliver(future)

    def _deliver(self, future: Future[Any]) -> None:
        if future is not self._future:
            return
        self._work = self._future = self._control = None
        error = future.exception()
        if error is None:
            self._done(future.result())
        else:
            self._fail(error)


class _Stoppable:
    """A `Control` whose work ends at its next step once it is stopped."""

    max_draws: int | None = None
    stopped = False

    def check(self) -> None:
        """Go on, or end."""
        from astroviz.core.request import Cancelled

        if self.stopped:
            raise Cancelled("something else was asked meanwhile")

    def progress(self, fraction: float) -> None:
        """Nobody listens."""


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop that this code runs in, as in a kernel; None outside of one."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _hand_over(loop: asyncio.AbstractEventLoop, call: Callable[[Any], None], done: Any) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(call, done)
