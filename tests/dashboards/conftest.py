"""A toy engine and a toy explorer: enough for the frame and the loop, no model."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

import numpy as np
import param
import pytest

from astroviz.core.request import Cancelled, Request


class ToyTicket:
    def __init__(self, request: Request) -> None:
        self.request = request
        self.parts: queue.Queue = queue.Queue()
        self.finished = threading.Event()
        self.stopped = threading.Event()
        self.outcome: object = None

    def __iter__(self) -> Iterator[object]:
        while (part := self.parts.get()) is not None:
            if isinstance(part, Exception):
                raise part
            yield part

    def result(self) -> object:
        self.finished.wait()
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def cancel(self) -> None:
        self.stopped.set()

    def settle(self, outcome: object) -> None:
        self.outcome = outcome
        self.parts.put(outcome if isinstance(outcome, Exception) else None)
        self.finished.set()


class ToyEngine:
    """One worker; an answer takes `delay` seconds after its first part; inputs["fail"] fails."""

    def __init__(self, delay: float = 0.05) -> None:
        self.delay = delay
        self.submitted: list[ToyTicket] = []
        self._latest: dict[object, ToyTicket] = {}
        self._queue: queue.Queue = queue.Queue()
        threading.Thread(target=self._work, daemon=True).start()

    def submit(self, request: Request, latest: object = None) -> ToyTicket:
        ticket = ToyTicket(request)
        if latest is not None:
            if latest in self._latest:
                self._latest[latest].cancel()
            self._latest[latest] = ticket
        self.submitted.append(ticket)
        self._queue.put(ticket)
        return ticket

    def _work(self) -> None:
        while (ticket := self._queue.get()) is not None:
            inputs = ticket.request.inputs
            if ticket.stopped.is_set():
                ticket.settle(Cancelled())
            elif "fail" in inputs:
                ticket.settle(ValueError("the toy model failed on purpose"))
            else:
                ticket.parts.put(("part", float(inputs["x"][0])))
                late = ticket.stopped.wait(self.delay)
                ticket.settle(Cancelled() if late else ("whole", float(inputs["x"][0])))


class ToyExplorer(param.Parameterized):
    """The least that the frame needs of an explorer."""

    x = param.Number(default=0.0, bounds=(0, 1), doc="A number to move.")

    def __init__(self) -> None:
        super().__init__()
        self.past: list[float] = []
        self.future: list[float] = []
        self.param.watch(lambda event: self.past.append(event.old), "x")

    can_undo = property(lambda self: bool(self.past))
    can_redo = property(lambda self: bool(self.future))

    def undo(self) -> None:
        self.future.append(self.x)
        with param.parameterized.discard_events(self):
            self.x = self.past.pop()

    def redo(self) -> None:
        self.past.append(self.x)
        with param.parameterized.discard_events(self):
            self.x = self.future.pop()

    def code(self) -> str:
        return f"explore(x={self.x})"

    def to_query(self) -> str:
        return f"x={self.x}"

    def from_query(self, query: str) -> tuple[str, ...]:
        return ()


def toy_request(x: float, fail: bool = False) -> Request:
    inputs = {"x": np.array([x])} | ({"fail": np.array([1.0])} if fail else {})
    return Request(sampler=None, inputs=inputs, n=1)  # type: ignore[arg-type]


@pytest.fixture
def toy_engine():
    return ToyEngine()


@pytest.fixture
def toy_explorer():
    return ToyExplorer()


@pytest.fixture
def ask():
    """Makes requests to the toy engine."""
    return toy_request
