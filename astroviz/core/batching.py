r"""Which requests run next, together, or not at all: the queue and the store of answers."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from itertools import count

from astroviz.core.draws import Draws
from astroviz.core.request import Priority
from astroviz.core.ticket import Ticket

__all__ = ["Busy", "Limits", "RequestQueue", "ResultCache"]


class Busy(RuntimeError):
    """The engine has too much to do to take a further request; the message is for people."""


@dataclass(frozen=True)
class Limits:
    """How much an engine takes on.

    Arguments:
        queue: Requests that may wait, of all clients together.
        client: Requests of one client that may wait.
        batch: Requests in one micro-batch.
        batch_draws: Draws in one micro-batch; a single request may ask for more.
        cache_bytes: Memory for finished answers, in bytes; 0 keeps none.
    """

    queue: int = 1024
    client: int = 512
    batch: int = 64
    batch_draws: int = 65_536
    cache_bytes: int = 128 * 1024**2


@dataclass(eq=False)
class _Entry:
    ticket: Ticket
    key: Hashable
    order: int

    @property
    def priority(self) -> Priority:
        return self.ticket.request.priority


class RequestQueue:
    """Waiting requests. Not thread-safe: its owner holds a lock around every call.

    Interactive requests go before those of priority `batch`. Among equals the client whose turn
    was longest ago goes first, and a client's own requests keep their order. `interactive` counts
    the waiting requests of that priority.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._entries: dict[Ticket, _Entry] = {}
        self._clients: Counter[Hashable] = Counter()
        self.interactive = 0
        self._turns: dict[Hashable, int] = {}
        self._clock = count(1)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, ticket: object) -> bool:
        return ticket in self._entries

    def __iter__(self) -> Iterator[Ticket]:
        return iter(list(self._entries))

    def add(self, ticket: Ticket, key: Hashable, replacing: Ticket | None = None) -> None:
        """Let a ticket wait.

        Arguments:
            ticket: Who waits.
            key: Tickets of equal key may run together.
            replacing: A ticket whose place it takes, if that one still waits here.

        Raises a `Busy` without changing anything if there is no room.
        """
        old = self._entries.get(replacing) if replacing is not None else None
        self._require_room(ticket.client, old)
        if old is not None:
            self.discard(old.ticket)
        order = old.order if old is not None else next(self._clock)
        self._entries[ticket] = _Entry(ticket, (key, ticket.request.priority), order)
        self._clients[ticket.client] += 1
        self.interactive += ticket.request.priority == "interactive"

    def _require_room(self, client: Hashable, old: _Entry | None) -> None:
        freed = 1 if old is not None else 0
        freed_here = 1 if old is not None and old.ticket.client == client else 0
        if self._clients[client] - freed_here >= self.limits.client:
            raise Busy(
                f"you have {self._clients[client]} requests waiting, the most that one client "
                "may have: wait for some of them or cancel them"
            )
        if len(self._entries) - freed >= self.limits.queue:
            raise Busy(
                f"the engine is busy: {len(self._entries)} requests are waiting already; "
                "try again in a moment"
            )

    def discard(self, ticket: Ticket) -> None:
        """Forget a ticket, if it waits here."""
        if self._entries.pop(ticket, None) is None:
            return
        self.interactive -= ticket.request.priority == "interactive"
        self._clients[ticket.client] -= 1
        if not self._clients[ticket.client]:
            del self._clients[ticket.client]

    def take(self, priority: Priority | None = None) -> list[Ticket]:
        """The next micro-batch, removed from the queue; empty if nothing waits.

        Arguments:
            priority: Take only requests of this priority.
        """
        waiting = [entry for entry in self._entries.values() if priority in (None, entry.priority)]
        if not waiting:
            return []
        first = min(waiting, key=self._rank)
        taken, draws = [first], first.ticket.request.n
        for entry in sorted(waiting, key=self._rank):
            if len(taken) >= self.limits.batch:
                break
            n = entry.ticket.request.n
            if entry is first or entry.key != first.key or draws + n > self.limits.batch_draws:
                continue
            taken.append(entry)
            draws += n
        turn = next(self._clock)
        for entry in taken:
            self._turns[entry.ticket.client] = turn
            self.discard(entry.ticket)
        self._forget_old_turns()
        return [entry.ticket for entry in taken]

    def _rank(self, entry: _Entry) -> tuple[bool, int, int]:
        return (
            entry.priority != "interactive",
            self._turns.get(entry.ticket.client, 0),
            entry.order,
        )

    def _forget_old_turns(self) -> None:
        # clients come and go (a browser tab each): only those that still matter are remembered
        if len(self._turns) > 4 * self.limits.queue:
            newest = sorted(self._turns.items(), key=lambda item: item[1])[-self.limits.queue :]
            self._turns = dict(newest)


class ResultCache:
    """Finished answers by the content of their questions; the least used go first. Thread-safe.

    Arguments:
        limit: Memory for them, in bytes.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.nbytes = 0
        self._lock = threading.Lock()
        self._answers: OrderedDict[str, Draws] = OrderedDict()

    def __len__(self) -> int:
        return len(self._answers)

    def get(self, key: str) -> Draws | None:
        """The answer to a question, if it is still known."""
        with self._lock:
            draws = self._answers.get(key)
            if draws is not None:
                self._answers.move_to_end(key)
            return draws

    def put(self, key: str, draws: Draws) -> None:
        """Remember an answer; one that is larger than the limit alone is not kept."""
        size = draws.nbytes()
        if size > self.limit:
            return
        with self._lock:
            old = self._answers.pop(key, None)
            self.nbytes += size - (old.nbytes() if old is not None else 0)
            self._answers[key] = draws
            while self.nbytes > self.limit:
                _, dropped = self._answers.popitem(last=False)
                self.nbytes -= dropped.nbytes()

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._answers.clear()
            self.nbytes = 0
