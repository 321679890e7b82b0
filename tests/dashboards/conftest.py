"""A toy model and a toy explorer: enough for the frame and the loop."""

from __future__ import annotations

import time

import numpy as np
import param
import pytest

from astroviz.core.engine import Engine
from astroviz.core.request import Cancelled, Chunk, Request


class ToySampler:
    """Two draws of its input x: the first at once, the second `delay` seconds later."""

    name = "toy"

    def __init__(self, delay: float = 0.05) -> None:
        self.delay, self.asked, self.stopped = delay, [], 0

    def columns(self, request):
        return ("x",), ("",)

    def batch_key(self, request):
        return id(request)

    def draw(self, requests, device, control):
        (request,) = requests
        x = request.inputs["x"]
        self.asked.append(float(x[0]))
        if "fail" in request.inputs:
            raise ValueError("the toy model failed on purpose")
        chunk = Chunk(np.array([x], dtype=np.float32))
        if request.n > 1:
            if "stuck" not in request.inputs:
                yield [chunk]
            end = time.monotonic() + self.delay
            while time.monotonic() < end:
                time.sleep(0.002)
                try:
                    control.check()
                except Cancelled:
                    self.stopped += 1
                    raise
        yield [chunk]


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


@pytest.fixture
def sampler():
    return ToySampler()


@pytest.fixture
def engine():
    with Engine(device="cpu") as engine:
        yield engine


@pytest.fixture
def toy_explorer():
    return ToyExplorer()


@pytest.fixture
def ask(sampler):
    """Makes requests to the toy model; `fail` makes it fail, `stuck` keeps its first part back."""

    def make(x: float, n: int = 2, **flags: bool) -> Request:
        marks = {name: np.array([1.0]) for name, on in flags.items() if on}
        return Request(sampler, {"x": np.array([x]), **marks}, n)

    return make
