r"""The engine: one thread owns the device and answers everybody's requests."""

from __future__ import annotations

import atexit
import logging
import threading
import weakref
from collections.abc import Hashable
from dataclasses import dataclass
from types import TracebackType

import torch

from astroviz.core.batching import Busy, Limits, RequestQueue, ResultCache
from astroviz.core.device import resolve_device
from astroviz.core.draws import Draws
from astroviz.core.execution import OutOfMemory, Question, answer
from astroviz.core.request import Cancelled, Request
from astroviz.core.ticket import Ticket

__all__ = ["Busy", "Engine", "EngineClosed", "EngineStatus", "Limits", "OutOfMemory", "Ticket"]

logger = logging.getLogger(__name__)


class EngineClosed(RuntimeError):
    """The engine was closed and takes no further requests."""


@dataclass(frozen=True)
class EngineStatus:
    """What an engine does at the moment.

    Arguments:
        device: Name of its device.
        waiting: Requests in the queue.
        running: Requests being answered.
        answered: Requests answered so far, those out of the cache included.
        failed: Requests that ended in an error.
        cancelled: Requests that were given up.
        cached: Answers in the cache.
        cached_bytes: Memory that they take, in bytes.
    """

    device: str
    waiting: int
    running: int
    answered: int
    failed: int
    cancelled: int
    cached: int
    cached_bytes: int


class Engine:
    """Answers requests one micro-batch after the other, in a thread of its own.

    Arguments:
        device: `auto`, `cpu`, `cuda`, `cuda:1` or `mps`.
        limits: How much it takes on.

    Example:
        >>> with Engine(device="cpu") as engine:  # doctest: +SKIP
        ...     draws = engine.submit(posterior.request(2000, seed=0)).result()
    """

    def __init__(
        self, device: str | torch.device = "auto", *, limits: Limits | None = None
    ) -> None:
        self.device = resolve_device(device)
        self.limits = limits or Limits()
        self.cache = ResultCache(self.limits.cache_bytes)
        self._queue = RequestQueue(self.limits)
        self._wake = threading.Condition()
        self._latest: dict[Hashable, Ticket] = {}
        self._keys: dict[Ticket, str] = {}
        self._counts = {"done": 0, "failed": 0, "cancelled": 0}
        self._thread: threading.Thread | None = None
        self._closed = False
        self._interrupting = False

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Engine({self.status()})"

    def submit(
        self, request: Request, latest: Hashable | None = None, client: Hashable | None = None
    ) -> Ticket:
        """Ask.

        Arguments:
            request: The question.
            latest: A key, usually `(client, view)`: the request takes the place of an earlier one
                with the same key, which is dropped from the queue or stopped at its next step.
            client: Who asks, for fairness between clients; the first part of `latest` by default.

        Returns:
            The ticket; it is done already where the answer is known. Raises `Busy` where the queue
            or the client's part of it is full, and `EngineClosed`.
        """
        if request.n < 1:
            raise ValueError(f"the number of draws must be 1 or more, not {request.n}")
        if client is None:
            client = latest[0] if isinstance(latest, tuple) and latest else ""
        ticket = Ticket(request, client, latest)
        ticket.add_done_callback(self._forget)
        try:
            key = (id(request.sampler), request.sampler.batch_key(request))
            content = request.content_key()
            hash(key)
        except Exception as error:
            # a sampler that cannot read its own request is an error of this client alone
            ticket.fail(error)
            return ticket
        known = self.cache.get(content)
        older = self._enqueue(ticket, key, content, known is not None)
        if older is not None:
            older.fail(Cancelled("a newer request took its place"))
        if known is not None:
            ticket.finish(known)
        return ticket

    def _enqueue(self, ticket: Ticket, key: Hashable, content: str, known: bool) -> Ticket | None:
        """Let a ticket wait, unless its answer is known; returns the one it replaces."""
        with self._wake:
            if self._closed:
                raise EngineClosed("the engine was closed: make a new one")
            older = None if ticket.latest is None else self._latest.get(ticket.latest)
            if known:
                return older
            self._queue.add(ticket, key, replacing=older)
            self._keys[ticket] = content
            if ticket.latest is not None:
                self._latest[ticket.latest] = ticket
            if self._thread is None:
                self._start()
            self._wake.notify()
            return older

    def _forget(self, ticket: Ticket) -> None:
        with self._wake:
            self._queue.discard(ticket)
            self._keys.pop(ticket, None)
            self._counts[ticket.state] += 1
            if ticket.latest is not None and self._latest.get(ticket.latest) is ticket:
                del self._latest[ticket.latest]

    def cancel_client(self, client: Hashable) -> None:
        """Give up everything that a client waits for; for a page that was closed."""
        with self._wake:
            tickets = [ticket for ticket in self._keys if ticket.client == client]
        for ticket in tickets:
            ticket.cancel()

    def status(self) -> EngineStatus:
        """What the engine does at the moment."""
        with self._wake:
            waiting = len(self._queue)
            return EngineStatus(
                device=str(self.device),
                waiting=waiting,
                running=len(self._keys) - waiting,
                answered=self._counts["done"],
                failed=self._counts["failed"],
                cancelled=self._counts["cancelled"],
                cached=len(self.cache),
                cached_bytes=self.cache.nbytes,
            )

    def close(self, timeout: float | None = 10.0) -> None:
        """Give up all work, which ends in `Cancelled`, and end the thread.

        Arguments:
            timeout: Seconds to wait for a running sampler to come to its next step.
        """
        with self._wake:
            self._closed = True
            tickets = list(self._keys)
            self._wake.notify_all()
        for ticket in tickets:
            ticket.fail(Cancelled("the engine was closed"))
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)

    # -- the thread -----------------------------------------------------------------------------

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._work, name="astroviz-engine", daemon=True)
        self._thread.start()
        # a thread inside torch while the interpreter ends can crash the process
        reference = weakref.ref(self)
        atexit.register(lambda: _close(reference))

    def _work(self) -> None:
        # nothing may stay in this frame: it would keep the last answer while the engine idles
        while self._wait():
            self._serve(self._take())

    def _wait(self) -> bool:
        """Wait for work; False when the engine was closed."""
        with self._wake:
            self._wake.wait_for(lambda: self._closed or len(self._queue) > 0)
            return not self._closed

    def _take(self, interactive_only: bool = False) -> list[Question]:
        """The next micro-batch; tickets of equal content share one question."""
        by_content: dict[str, list[Ticket]] = {}
        with self._wake:
            for ticket in self._queue.take("interactive" if interactive_only else None):
                by_content.setdefault(self._keys[ticket], []).append(ticket)
        return [Question(tickets[0].request, tickets) for tickets in by_content.values()]

    def _serve(self, questions: list[Question]) -> None:
        if not questions:
            return
        is_batch = questions[0].request.priority == "batch"
        pause = self._let_interactive_pass if is_batch else self._require_open
        try:
            answer(questions, self.device, pause, self._store)
        except Exception as error:
            # nothing that happens to one batch may end the thread that serves all
            logger.exception("the engine failed")
            for question in questions:
                question.fail(error)

    def _require_open(self) -> None:
        if self._closed:
            raise Cancelled("the engine was closed")

    def _let_interactive_pass(self) -> None:
        self._require_open()
        # without the lock: a request that is missed now is found at the next step
        while self._queue.interactive and not self._interrupting:
            questions = self._take(interactive_only=True)
            if not questions:
                return
            self._interrupting = True
            try:
                self._serve(questions)
            finally:
                self._interrupting = False

    def _store(self, request: Request, draws: Draws) -> None:
        self.cache.put(request.content_key(), draws)


def _close(reference: weakref.ref[Engine]) -> None:
    engine = reference()
    if engine is not None:
        engine.close(timeout=2.0)
