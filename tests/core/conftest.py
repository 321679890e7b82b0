"""Samplers that do what a test needs: block, fail, run out of memory, count."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from astroviz.core.cards import Card
from astroviz.core.registry import save_model
from astroviz.core.request import Chunk, Request


class NormalSampler:
    """Draws from a normal distribution around the input, in chunks, and remembers its batches.

    Arguments:
        gate: Waited for before the first chunk, where given.
        memory: Draws that fit into one batch; more raise an out-of-memory error.
        first: Draws of the first chunk.
        steps: Solver steps of a chunk; each calls `control.check`.
    """

    def __init__(self, name="normal", gate=None, memory=None, first=256, steps=2):
        self.name = name
        self.gate = gate
        self.memory = memory
        self.first = first
        self.steps = steps
        self.batches = []
        self.devices = []
        self.threads = set()
        self.steps_done = 0
        self.started = threading.Event()
        self.on_step = None

    def columns(self, request):
        return ("a", "b"), ("mag", "log10 yr")

    def batch_key(self, request):
        return (self.name, request.options.get("key"))

    def draw(self, requests, device, control):
        self.batches.append([request.seed for request in requests])
        self.devices.append(device)
        self.threads.add(threading.get_ident())
        self.started.set()
        if self.gate is not None and not self.gate.wait(20):
            raise TimeoutError("nobody opened the gate")
        if self.memory is not None and sum(request.n for request in requests) > self.memory:
            raise torch.OutOfMemoryError("CUDA out of memory")
        whole = [self._normal(request) for request in requests]
        done = 0
        longest = max(request.n for request in requests)
        while done < longest:
            size = self.first if done == 0 else 1000
            for _ in range(self.steps):
                control.check()
                self.steps_done += 1
                if self.on_step is not None:
                    self.on_step(self.steps_done)
            yield [self._chunk(values, done, size) for values in whole]
            done += size
            control.progress(min(done / longest, 1.0))

    def _normal(self, request):
        generator = torch.Generator().manual_seed(request.seed)
        noise = torch.randn(request.n, 2, generator=generator)
        return (noise + torch.as_tensor(request.inputs["x"])).numpy()

    def _chunk(self, values, start, size):
        part = values[start : start + size]
        if not len(part):
            return None
        return Chunk(part, {"square": part[:, 0] ** 2}, {"p_young": np.float32(0.5)})


class FailingSampler(NormalSampler):
    """Fails for requests that ask for it by `fail`, after a chunk where `late` is set."""

    def __init__(self, **options):
        super().__init__(**options)
        self.asked = []

    def draw(self, requests, device, control):
        self.asked.append([request.seed for request in requests])
        bad = [request for request in requests if request.options.get("fail")]
        if bad and not bad[0].options.get("late"):
            raise bad[0].options["fail"]("the network broke")
        for item in super().draw(requests, device, control):
            yield item
            if bad:
                raise bad[0].options["fail"]("the network broke")


@pytest.fixture
def normal():
    return NormalSampler


@pytest.fixture
def failing():
    return FailingSampler


@pytest.fixture
def ask():
    """A request to a sampler: `ask(sampler, seed=3)`."""

    def make(sampler, seed=0, n=100, x=0.0, priority="interactive", **options):
        inputs = {"x": np.full(2, x, np.float32)}
        return Request(sampler, inputs, n=n, seed=seed, priority=priority, options=options)

    return make


@pytest.fixture
def models(tmp_path, monkeypatch):
    """An empty folder of models, and nothing else to be found."""
    monkeypatch.setenv("ASTROVIZ_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("astroviz.core.registry._PACKAGE", tmp_path / "site" / "astroviz")
    return tmp_path / "models"


@pytest.fixture
def put():
    """Write a model of one tensor: `put(folder, default=True)`."""

    def write(folder, value=1.0, **fields):
        card = Card(name="", system="", **fields)
        return save_model(folder, {"w": torch.full((2, 3), value)}, card)

    return write
