"""The engine: order, cancelling, latest-wins, sharing, streaming."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

import astroviz
from astroviz.core.engine import Busy, Engine, EngineClosed, Limits
from astroviz.core.request import FIRST_CHUNK, Cancelled, Chunk


@pytest.fixture
def engine():
    with Engine(device="cpu", limits=Limits(batch=8)) as made:
        yield made


@pytest.fixture
def single():
    """An engine that never puts requests together."""
    with Engine(device="cpu", limits=Limits(batch=1)) as made:
        yield made


@pytest.fixture
def gate():
    made = threading.Event()
    yield made
    made.set()


def hold(engine, normal, ask, gate, **options):
    """Keep the engine busy until the gate opens; returns the ticket."""
    sampler = normal("blocker", gate=gate)
    ticket = engine.submit(ask(sampler, seed=999, **options), client="blocker")
    assert sampler.started.wait(5)
    return ticket


def wait_until(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.001)


def test_an_answer_has_names_units_seed_and_extras(engine, normal, ask):
    draws = engine.submit(ask(normal(), seed=3, n=1000, x=5.0)).result(5)
    assert draws.values.shape == (1000, 2)
    assert (draws.names, draws.units, draws.seed) == (("a", "b"), ("mag", "log10 yr"), 3)
    assert draws["a"].mean() == pytest.approx(5.0, abs=0.2)
    np.testing.assert_allclose(draws.extras["square"], draws["a"] ** 2)
    assert draws.extras["p_young"] == 0.5


def test_the_public_name():
    assert astroviz.Engine is Engine


def test_one_thread_answers_everybody(engine, normal, ask):
    sampler = normal()
    with ThreadPoolExecutor(8) as pool:
        tickets = list(pool.map(lambda seed: engine.submit(ask(sampler, seed)), range(50)))
    for ticket in tickets:
        assert ticket.result(5).seed == ticket.request.seed
    assert len(sampler.threads) == 1
    assert sampler.threads != {threading.get_ident()}
    assert set(map(str, sampler.devices)) == {"cpu"}


def test_requests_run_in_the_order_they_came(single, normal, ask, gate):
    hold(single, normal, ask, gate)
    sampler = normal()
    tickets = [single.submit(ask(sampler, seed)) for seed in (4, 2, 7, 1)]
    gate.set()
    [ticket.result(5) for ticket in tickets]
    assert sampler.batches == [[4], [2], [7], [1]]


def test_clients_take_turns_and_interactive_goes_first(single, normal, ask, gate):
    hold(single, normal, ask, gate)
    sampler = normal()
    tickets = [
        *(single.submit(ask(sampler, s, priority="batch"), client="b") for s in (20, 21)),
        *(single.submit(ask(sampler, s), client="greedy") for s in (0, 1, 2)),
        single.submit(ask(sampler, 10), client="modest"),
    ]
    gate.set()
    [ticket.result(5) for ticket in tickets]
    assert sampler.batches == [[0], [10], [1], [2], [20], [21]]


def test_interactive_requests_pass_a_running_batch_job_between_two_steps(engine, normal, ask):
    slow, quick = normal("slow"), normal("quick")
    answers = []

    def at(step):
        if step == 3:
            ticket = engine.submit(ask(quick, 5), client="human")
            ticket.add_done_callback(lambda t: answers.append((t.state, slow.steps_done)))

    slow.on_step = at
    long = engine.submit(ask(slow, n=20_000, priority="batch"), client="table")
    assert long.result(10).values.shape == (20_000, 2)
    assert answers == [("done", 3)]
    assert slow.threads == quick.threads


def test_cancelling_stops_the_running_work_before_the_next_step(engine, normal, ask):
    sampler = normal()
    tickets = []
    ready = threading.Event()

    def at(step):
        assert ready.wait(5)
        if step == 5:
            tickets[0].cancel()

    sampler.on_step = at
    tickets.append(engine.submit(ask(sampler, n=100_000)))
    ready.set()
    with pytest.raises(Cancelled):
        tickets[0].result(5)
    # the engine is free again, and the sampler made no further step
    assert engine.submit(ask(normal("other"))).result(5) is not None
    assert sampler.steps_done == 5
    assert len(tickets[0]._parts) == 2


def test_cancelling_in_the_queue(engine, normal, ask, gate):
    hold(engine, normal, ask, gate)
    sampler = normal()
    ticket = engine.submit(ask(sampler, 1))
    ticket.cancel()
    assert engine.status().waiting == 0
    gate.set()
    engine.submit(ask(sampler, 2)).result(5)
    assert sampler.batches == [[2]]


def test_a_batch_goes_on_for_those_who_still_wait(engine, normal, ask, gate):
    hold(engine, normal, ask, gate)
    sampler = normal()
    gone, stays = (engine.submit(ask(sampler, seed, n=5000)) for seed in (1, 2))
    sampler.on_step = lambda step: step == 2 and gone.cancel()
    gate.set()
    assert len(stays.result(5)) == 5000
    assert gone.state == "cancelled"
    assert sampler.batches == [[1, 2]]


def test_latest_wins_leaves_at_most_one_stale_job(engine, normal, ask):
    gate = threading.Event()
    sampler = normal(gate=gate)
    key = ("tab", "corner")
    first = engine.submit(ask(sampler, 0, n=100_000), latest=key)
    assert sampler.started.wait(5)
    rest = [engine.submit(ask(sampler, seed), latest=key) for seed in range(1, 40)]
    gate.set()
    assert rest[-1].result(5).seed == 39
    assert sampler.batches == [[0], [39]]
    # the sampler of the first heard it at its first check and drew nothing
    for ticket in [first, *rest[:-1]]:
        with pytest.raises(Cancelled, match="a newer request took its place"):
            ticket.result(5)


def test_latest_wins_stops_the_running_job_at_its_next_step(engine, normal, ask):
    sampler = normal()
    key = ("tab", "corner")
    newer = []

    def at(step):
        if step == 7:
            newer.append(engine.submit(ask(sampler, 1, n=10), latest=key))

    sampler.on_step = at
    old = engine.submit(ask(sampler, 0, n=1_000_000), latest=key)
    with pytest.raises(Cancelled):
        old.result(5)
    newer[0].result(5)
    assert sampler.steps_done == 7 + 2


def test_other_keys_are_left_alone(engine, normal, ask, gate):
    hold(engine, normal, ask, gate)
    sampler = normal()
    tickets = [engine.submit(ask(sampler, k), latest=("tab", k)) for k in range(3)]
    tickets.append(engine.submit(ask(sampler, 7), latest=None))
    gate.set()
    assert all(ticket.result(5) is not None for ticket in tickets)
    assert not engine._latest


def test_a_known_answer_also_replaces_the_older_question(engine, normal, ask, gate):
    sampler = normal()
    engine.submit(ask(sampler, 1)).result(5)
    blocker = hold(engine, normal, ask, gate)
    key = ("tab", "view")
    old = engine.submit(ask(sampler, 2), latest=key)
    assert engine.submit(ask(sampler, 1), latest=key).done
    assert old.state == "cancelled"
    gate.set()
    blocker.result(5)


def test_a_full_engine_says_busy_and_works_on(normal, ask, gate):
    with Engine("cpu", limits=Limits(queue=3, client=2)) as engine:
        hold(engine, normal, ask, gate)
        sampler = normal()
        tickets = [engine.submit(ask(sampler, s), client="a") for s in (1, 2)]
        with pytest.raises(Busy, match="you have 2 requests waiting"):
            engine.submit(ask(sampler, 3), client="a")
        tickets.append(engine.submit(ask(sampler, 4), client="b"))
        with pytest.raises(Busy, match="the engine is busy: 3 requests"):
            engine.submit(ask(sampler, 5), client="c")
        gate.set()
        assert [t.result(5).seed for t in tickets] == [1, 2, 4]
        assert engine.submit(ask(sampler, 5), client="c").result(5).seed == 5


def test_busy_does_not_stop_the_running_job_it_would_have_replaced(normal, ask, gate):
    with Engine("cpu", limits=Limits(queue=1)) as engine:
        sampler = normal(gate=gate)
        running = engine.submit(ask(sampler, 1), latest=("tab", "view"))
        assert sampler.started.wait(5)
        engine.submit(ask(sampler, 2), client="other")
        with pytest.raises(Busy):
            engine.submit(ask(sampler, 3), latest=("tab", "view"))
        gate.set()
        assert running.result(5).seed == 1


class Network:
    """A sampler with a true batch axis: all requests go through one matrix product."""

    name = "network"

    def __init__(self):
        generator = torch.Generator().manual_seed(8)
        self.weights = torch.randn(3, 3, generator=generator) / 2
        self.sizes = []

    def columns(self, request):
        return ("x", "y", "z"), ("", "", "")

    def batch_key(self, request):
        return request.n

    def draw(self, requests, device, control):
        self.sizes.append(len(requests))
        noise = torch.stack(
            [
                torch.randn(r.n, 3, generator=torch.Generator().manual_seed(r.seed))
                for r in requests
            ]
        )
        context = torch.stack([torch.as_tensor(r.inputs["x"]).mean() for r in requests])
        for _ in range(4):
            control.check()
            noise = noise + 0.1 * torch.tanh(noise @ self.weights + context[:, None, None])
        yield [Chunk(row.numpy()) for row in noise]


def test_answers_do_not_depend_on_who_else_was_in_the_batch(normal, ask, gate):
    sampler = Network()
    requests = [ask(sampler, seed, n=50, x=seed / 10) for seed in range(12)]
    with Engine("cpu", limits=Limits(batch=1)) as engine:
        alone = [engine.submit(request).result(5).values for request in requests]
    assert sampler.sizes == [1] * 12
    with Engine("cpu", limits=Limits(batch=8)) as engine:
        hold(engine, normal, ask, gate)
        tickets = [engine.submit(request) for request in reversed(requests)]
        gate.set()
        together = [ticket.result(5).values for ticket in reversed(tickets)]
    assert sampler.sizes[12:] == [8, 4]
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    assert len({values.tobytes() for values in alone}) == 12


def test_only_equal_batch_keys_and_samplers_run_together(engine, normal, ask, gate):
    hold(engine, normal, ask, gate)
    one, other = normal(), normal()
    tickets = [
        engine.submit(ask(sampler, seed, key=key))
        for seed, (sampler, key) in enumerate([(one, 1), (one, 2), (other, 1), (one, 1)])
    ]
    gate.set()
    [ticket.result(5) for ticket in tickets]
    assert one.batches == [[0, 3], [1]]
    assert other.batches == [[2]]


def test_the_same_question_of_many_is_answered_once(engine, normal, ask, gate):
    hold(engine, normal, ask, gate)
    sampler = normal()
    tickets = [engine.submit(ask(sampler, 1), client=k) for k in range(5)]
    tickets[0].cancel()
    gate.set()
    answers = [ticket.result(5) for ticket in tickets[1:]]
    assert sampler.batches == [[1]]
    assert all(answer is answers[0] for answer in answers)


def test_a_known_answer_comes_from_the_cache(engine, normal, ask):
    sampler = normal()
    first = engine.submit(ask(sampler, 1, n=700)).result(5)
    again = engine.submit(ask(sampler, 1, n=700))
    assert again.done
    assert again.progress == 1.0
    assert again.result() is first
    assert [len(part) for part in again] == [700]
    assert sampler.batches == [[1]]
    for other in (ask(sampler, 2, n=700), ask(sampler, 1, n=701), ask(sampler, 1, n=700, x=1)):
        engine.submit(other).result(5)
    assert len(sampler.batches) == 4
    with pytest.raises(ValueError, match="read-only"):
        first.values[0] = 0


def test_the_cache_has_a_limit_in_bytes(normal, ask):
    sampler = normal()
    with Engine("cpu", limits=Limits(cache_bytes=3 * 100 * (2 * 4 + 4) + 100)) as engine:
        for seed in range(6):
            engine.submit(ask(sampler, seed)).result(5)
        assert engine.status().cached == 3
        assert engine.submit(ask(sampler, 5)).done
        assert not engine.submit(ask(sampler, 0)).done


def test_the_first_chunk_comes_before_the_rest_is_made(engine, normal, ask):
    sampler = normal()
    seen = threading.Event()
    sampler.on_step = lambda step: step != 3 or seen.wait(5) or pytest.fail("not streamed")
    ticket = engine.submit(ask(sampler, n=3000))
    parts = iter(ticket)
    first = next(parts)
    assert len(first) == FIRST_CHUNK
    assert not ticket.done
    assert 0 < ticket.progress < 1
    assert ticket.state == "running"
    seen.set()
    rest = list(parts)
    assert [len(part) for part in rest] == [1000, 1000, 744]
    whole = ticket.result(5)
    np.testing.assert_array_equal(
        np.concatenate([part.values for part in [first, *rest]]), whole.values
    )
    np.testing.assert_array_equal(first.extras["square"], whole.extras["square"][:256])


def test_progress_rises_from_nought_to_one(engine, normal, ask, gate):
    sampler = normal(gate=gate)
    ticket = engine.submit(ask(sampler, n=5000))
    assert ticket.progress == 0.0
    seen = []
    ticket.on_chunk(lambda part: seen.append(ticket.progress))
    gate.set()
    ticket.result(5)
    seen.append(ticket.progress)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert seen[-2] < 1.0


@pytest.mark.parametrize("n", [0, -5])
def test_no_draws_are_no_question(engine, normal, ask, n):
    with pytest.raises(ValueError, match=f"1 or more, not {n}"):
        engine.submit(ask(normal(), n=n))


def test_closing_gives_up_all_work_and_takes_no_more(normal, ask):
    gate = threading.Event()
    engine = Engine("cpu")
    sampler = normal(gate=gate)
    running = engine.submit(ask(sampler, 1))
    assert sampler.started.wait(5)
    waiting = engine.submit(ask(sampler, 2))
    closing = threading.Thread(target=engine.close)
    closing.start()
    for ticket in (running, waiting):
        with pytest.raises(Cancelled, match="the engine was closed"):
            ticket.result(5)
    gate.set()
    closing.join(5)
    assert not closing.is_alive()
    assert not engine._thread.is_alive()
    with pytest.raises(EngineClosed, match="make a new one"):
        engine.submit(ask(sampler, 3))
    engine.close()
    assert sampler.batches == [[1]]


def test_an_engine_that_was_never_asked_has_no_thread():
    before = threading.active_count()
    with Engine("cpu") as engine:
        assert threading.active_count() == before
        assert engine.status().device == "cpu"


def test_a_page_that_was_closed_takes_its_requests_along(engine, normal, ask, gate):
    hold(engine, normal, ask, gate)
    sampler = normal()
    mine = [engine.submit(ask(sampler, s), latest=("tab-1", s)) for s in range(3)]
    other = engine.submit(ask(sampler, 9), latest=("tab-2", 0))
    engine.cancel_client("tab-1")
    gate.set()
    assert other.result(5).seed == 9
    assert {ticket.state for ticket in mine} == {"cancelled"}
    assert sampler.batches == [[9]]


def test_nothing_is_remembered_of_tickets_that_are_done(normal, ask):
    with Engine("cpu", limits=Limits(cache_bytes=0)) as engine:
        sampler, tickets = normal(), []
        for seed in range(30):
            ticket = engine.submit(ask(sampler, seed), latest=("tab", seed % 3))
            ticket.result(5)
            tickets.append(weakref.ref(ticket))
        wait_until(lambda: engine.status().answered == 30)
        assert (engine._keys, engine._latest, len(engine._queue)) == ({}, {}, 0)
        assert engine.status().running == 0
        del ticket
        gc.collect()
        wait_until(lambda: not any(reference() for reference in tickets))


def test_an_absent_device_is_refused_when_the_engine_is_made(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(ValueError, match="no device 'cuda' here"):
        Engine(device="cuda")


def test_gradients_are_off_while_the_engine_works(engine, ask):
    class Curious(Network):
        def draw(self, requests, device, control):
            self.grad = torch.is_grad_enabled() or torch.is_inference_mode_enabled()
            yield from super().draw(requests, device, control)

    sampler = Curious()
    engine.submit(ask(sampler)).result(5)
    assert sampler.grad is False


@pytest.mark.gpu
def test_a_gpu_owns_the_work(normal, ask):
    sampler = normal()
    with Engine("cuda") as engine:
        engine.submit(ask(sampler)).result(30)
    assert sampler.devices == [torch.device("cuda:0")]
