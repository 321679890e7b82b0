"""Questions asked from a kernel: the newest wins."""

from __future__ import annotations

import asyncio
import threading
import time

import numpy as np
import pytest

from astroviz.core.request import Chunk, Request
from astroviz.widgets.live import Asker


class Slow:
    """A sampler that takes its time in steps."""

    name = "slow"

    def __init__(self, seconds=0.05):
        self.seconds, self.answered, self.threads = seconds, [], set()

    def columns(self, request):
        return ("x",), ("",)

    def batch_key(self, request):
        return request.seed

    def draw(self, requests, device, control):
        self.threads.add(threading.current_thread().name)
        for _ in range(10):
            control.check()
            time.sleep(self.seconds / 10)
        self.answered += [request.seed for request in requests]
        yield [Chunk(np.full((request.n, 1), request.seed)) for request in requests]


@pytest.fixture
def heard():
    return {"answers": [], "errors": [], "threads": set()}


@pytest.fixture
def asker(engine, heard):
    def answer(draws):
        heard["threads"].add(threading.current_thread())
        heard["answers"].append(int(draws["x"][0]))

    return Asker(engine, ("me", "x"), answer, heard["errors"].append)


def question(sampler, seed):
    return Request(sampler, {}, 8, seed)


def test_without_a_loop_the_answer_is_waited_for(asker, heard):
    asker.ask(question(Slow(), 3))
    assert heard["answers"] == [3]
    assert not asker.busy


def test_in_a_loop_answers_come_in_its_own_thread(asker, heard):
    async def drive():
        asker.ask(question(Slow(), 1))
        assert heard["answers"] == []
        while asker.busy:
            await asyncio.sleep(0.01)

    asyncio.run(drive())
    assert heard["answers"] == [1]
    assert heard["threads"] == {threading.current_thread()}


def test_a_drag_asks_few_questions_and_ends_with_the_newest(asker, heard):
    sampler = Slow(0.1)

    async def drag():
        for seed in range(60):
            asker.ask(question(sampler, seed))
            await asyncio.sleep(0.015)
        released = time.perf_counter()
        while asker.busy:
            await asyncio.sleep(0.005)
        return time.perf_counter() - released

    lag = asyncio.run(drag())
    assert heard["answers"][-1] == 59
    # A steady drag shows answers on its way, and none twice.
    assert 3 <= len(heard["answers"]) <= 20
    assert heard["answers"] == sorted(set(heard["answers"]))
    assert lag < 1.0


def test_waiting_takes_the_newest_answer_at_once(asker, heard):
    sampler = Slow(0.1)

    async def drive():
        for seed in range(5):
            asker.ask(question(sampler, seed))
        asker.settle()
        assert heard["answers"][-1] == 4
        await asyncio.sleep(0.3)

    asyncio.run(drive())
    assert heard["answers"].count(4) == 1


def test_an_error_is_told_and_the_next_question_works(asker, heard):
    class Broken(Slow):
        def draw(self, requests, device, control):
            raise RuntimeError("no such star")
            yield

    asker.ask(question(Broken(), 0))
    assert "no such star" in str(heard["errors"][0])
    asker.ask(Request(Slow(), {}, 0, 1))
    assert len(heard["errors"]) == 2
    asker.ask(question(Slow(), 2))
    assert heard["answers"] == [2]


def test_a_cancelled_question_is_silent(asker, heard):
    async def drive():
        asker.ask(question(Slow(0.3), 1))
        asker.cancel()
        await asyncio.sleep(0.5)

    asyncio.run(drive())
    assert heard["answers"] == heard["errors"] == []
