"""What goes wrong in a sampler stays with the client who asked."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.core.engine import Engine, Limits, OutOfMemory
from astroviz.core.execution import is_out_of_memory
from astroviz.core.request import Cancelled, Chunk


@pytest.fixture
def engine():
    with Engine(device="cpu") as made:
        yield made


@pytest.fixture
def together(engine, normal, ask):
    """Submit requests so that they are in one batch."""
    import threading

    def submit(*requests):
        gate = threading.Event()
        blocker = normal("blocker", gate=gate)
        held = engine.submit(ask(blocker))
        assert blocker.started.wait(5)
        tickets = [engine.submit(request, client=k) for k, request in enumerate(requests)]
        gate.set()
        held.result(5)
        return tickets

    return submit


def expected(normal, ask, seed, n=100):
    return normal()._normal(ask(normal(), seed, n=n))


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (ValueError, ValueError),
        (KeyError, KeyError),
        (AssertionError, AssertionError),
        (SystemExit, RuntimeError),
        (KeyboardInterrupt, RuntimeError),
    ],
)
@pytest.mark.parametrize("late", [False, True])
def test_an_error_is_raised_for_its_own_client_only(
    together, engine, failing, normal, ask, error, raised, late
):
    sampler = failing()
    good, bad, fine = together(
        ask(sampler, 1, n=600), ask(sampler, 2, n=600, fail=error, late=late),
        ask(sampler, 3, n=600),
    )  # fmt: skip
    with pytest.raises(raised, match="the network broke"):
        bad.result(5)
    for ticket in (good, fine):
        seed = ticket.request.seed
        np.testing.assert_array_equal(ticket.result(5).values, expected(normal, ask, seed, n=600))
        assert sum(len(part) for part in ticket) == 600
    assert sampler.asked == [[1, 2, 3], [1], [2], [3]]
    assert engine.submit(ask(sampler, 4)).result(5).seed == 4


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB"),
        MemoryError(),
        RuntimeError("MPS backend out of memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
    ],
)
def test_all_kinds_of_running_out_of_memory_are_known(error):
    assert is_out_of_memory(error)
    assert not is_out_of_memory(RuntimeError("shapes do not fit"))
    assert not is_out_of_memory(ValueError("out of memory"))


def test_a_batch_too_large_for_the_memory_is_split(together, normal, ask):
    sampler = normal(memory=250)
    tickets = together(*(ask(sampler, seed) for seed in range(8)))
    for seed, ticket in enumerate(tickets):
        np.testing.assert_array_equal(ticket.result(5).values, expected(normal, ask, seed))
    assert [len(batch) for batch in sampler.batches] == [8, 4, 2, 2, 4, 2, 2]


def test_a_request_too_large_alone_ends_in_a_sentence(together, engine, normal, ask):
    sampler = normal(memory=250)
    small, large = together(ask(sampler, 1, n=200), ask(sampler, 2, n=2000))
    assert len(small.result(5)) == 200
    with pytest.raises(OutOfMemory, match=r"memory of cpu is too small for 2000 draws of normal"):
        large.result(5)
    assert large.state == "failed"
    assert engine.submit(ask(sampler, 3)).result(5).seed == 3


def test_a_sampler_that_can_is_asked_for_fewer_draws_at_one_time(engine, normal, ask):
    class Careful(normal):
        def draw(self, requests, device, control):
            self.limits = [*getattr(self, "limits", []), control.max_draws]
            if (control.max_draws or requests[0].n) > 200:
                raise torch.OutOfMemoryError("CUDA out of memory")
            yield from super().draw(requests, device, control)

    sampler = Careful()
    draws = engine.submit(ask(sampler, 6, n=2000)).result(5)
    np.testing.assert_array_equal(draws.values, expected(normal, ask, 6, n=2000))
    assert sampler.limits == [None, 500, 125]


def test_what_was_streamed_before_memory_ran_out_is_not_streamed_twice(together, normal, ask):
    class Leaky(normal):
        def draw(self, requests, device, control):
            for k, item in enumerate(super().draw(requests, device, control)):
                if k == 1 and len(requests) > 1:
                    raise torch.OutOfMemoryError("CUDA out of memory")
                yield item

    sampler = Leaky()
    tickets = together(ask(sampler, 1, n=900), ask(sampler, 2, n=900))
    for seed, ticket in enumerate(tickets, 1):
        draws = ticket.result(5)
        np.testing.assert_array_equal(draws.values, expected(normal, ask, seed, n=900))
        np.testing.assert_allclose(draws.extras["square"], draws["a"] ** 2)
        assert [len(part) for part in ticket] == [256, 644]
    assert sampler.batches == [[1, 2], [1], [2]]


def test_memory_held_by_a_failed_attempt_is_let_go(engine, ask, normal):
    import weakref

    alive = []

    class Holding(normal):
        def draw(self, requests, device, control):
            large = torch.zeros(1000)
            alive.append(weakref.ref(large))
            if len(alive) == 1:
                raise torch.OutOfMemoryError("CUDA out of memory")
            self.freed = alive[0]() is None
            yield from super().draw(requests, device, control)

    sampler = Holding()
    engine.submit(ask(sampler, n=2000)).result(5)
    assert sampler.freed


@pytest.mark.parametrize(("gives", "said"), [(50, "gave 50 draws"), (130, "gave 130 draws")])
def test_a_sampler_that_miscounts_is_found_out(engine, ask, normal, gives, said):
    class Miscounting(normal):
        def draw(self, requests, device, control):
            yield [Chunk(np.zeros((gives, 2), np.float32)) for _ in requests]

    with pytest.raises(RuntimeError, match=rf"normal {said} where 100 were asked"):
        engine.submit(ask(Miscounting())).result(5)


def test_a_sampler_of_wrong_shape_is_found_out(engine, ask, normal):
    class Narrow(normal):
        def draw(self, requests, device, control):
            yield [Chunk(np.zeros((100, 1), np.float32)) for _ in requests]

    with pytest.raises(ValueError, match=r"do not fit 2 names"):
        engine.submit(ask(Narrow())).result(5)


@pytest.mark.parametrize("method", ["columns", "batch_key", "draw"])
def test_any_method_of_a_sampler_may_fail(engine, ask, normal, method):
    def broken(*_):
        raise LookupError("no such survey")

    sampler = normal()
    setattr(sampler, method, broken)
    with pytest.raises(LookupError, match="no such survey"):
        engine.submit(ask(sampler)).result(5)
    assert engine.submit(ask(normal())).result(5) is not None


def test_a_sampler_that_gives_up_by_itself(engine, ask, normal):
    class Quitting(normal):
        def draw(self, requests, device, control):
            raise Cancelled("no time")
            yield

    with pytest.raises(Cancelled, match="no time"):
        engine.submit(ask(Quitting())).result(5)


def test_failed_answers_are_not_remembered(engine, ask, failing):
    sampler = failing()
    for _ in range(2):
        with pytest.raises(ValueError, match="the network broke"):
            engine.submit(ask(sampler, 1, fail=ValueError)).result(5)
    assert sampler.asked == [[1], [1]]
    assert engine.status().cached == 0


def test_many_failures_leave_the_engine_well(ask, failing):
    sampler = failing()
    with Engine("cpu", limits=Limits(batch=4)) as engine:
        tickets = [
            engine.submit(ask(sampler, seed, fail=ValueError if seed % 3 else None))
            for seed in range(60)
        ]
        states = []
        for ticket in tickets:
            try:
                ticket.result(10)
            except ValueError:
                pass
            states.append(ticket.state)
        assert states == ["failed" if seed % 3 else "done" for seed in range(60)]


def test_previews_are_heard_and_take_no_part_in_the_answer(engine, normal, ask):
    class Slow(normal):
        def draw(self, requests, device, control):
            for step in range(3):
                picture = np.full((2, 2), step, np.float32)
                empty = np.empty((0, 2), np.float32)
                yield [Chunk(empty, {}, {"picture": picture}) for _ in requests]
            values = np.zeros((requests[0].n, 2), np.float32)
            yield [Chunk(values, {}, {"steps": np.array(3)}) for _ in requests]

    heard = []
    ticket = engine.submit(ask(Slow(), n=5))
    ticket.on_chunk(heard.append)
    answer = ticket.result(20)
    previews = [part for part in heard if not len(part)]
    assert len(answer) == 5
    assert "picture" not in answer.extras
    assert int(answer.extras["steps"]) == 3
    assert float(previews[-1].extras["picture"][0, 0]) == 2.0
    assert [len(part) for part in ticket][-1] == 5
