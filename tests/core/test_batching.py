"""The queue and the store of answers, without any thread."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.core.batching import Busy, Limits, RequestQueue, ResultCache
from astroviz.core.draws import Draws
from astroviz.core.ticket import Ticket


@pytest.fixture
def ticket(normal, ask):
    sampler = normal()

    def make(client="me", seed=0, n=100, priority="interactive"):
        return Ticket(ask(sampler, seed=seed, n=n, priority=priority), client)

    return make


def taken(queue, **options):
    return [[t.request.seed for t in queue.take(**options)] for _ in range(len(queue))]


def test_first_come_first_served(ticket):
    queue = RequestQueue(Limits(batch=1))
    for seed in range(4):
        queue.add(ticket(seed=seed), "key")
    assert taken(queue) == [[0], [1], [2], [3]]
    assert queue.take() == []
    assert len(queue) == 0


def test_interactive_goes_before_batch_and_never_with_it(ticket):
    queue = RequestQueue(Limits())
    for seed, priority in enumerate(["batch", "interactive", "batch", "interactive"]):
        queue.add(ticket(seed=seed, priority=priority), "key")
    assert queue.interactive == 2
    assert [t.request.seed for t in queue.take("interactive")] == [1, 3]
    assert queue.interactive == 0
    assert queue.take("interactive") == []
    assert [t.request.seed for t in queue.take()] == [0, 2]


def test_equal_keys_run_together_up_to_the_limits(ticket):
    queue = RequestQueue(Limits(batch=3, batch_draws=250))
    for seed, (key, n) in enumerate([("a", 100), ("b", 100), ("a", 100), ("a", 100), ("a", 20)]):
        queue.add(ticket(seed=seed, n=n), key)
    assert [t.request.seed for t in queue.take()] == [0, 2, 4]
    assert [t.request.seed for t in queue.take()] == [1]
    assert [t.request.seed for t in queue.take()] == [3]


def test_a_request_larger_than_a_batch_runs_alone(ticket):
    queue = RequestQueue(Limits(batch_draws=50))
    queue.add(ticket(seed=0, n=100), "a")
    queue.add(ticket(seed=1, n=10), "a")
    assert [t.request.seed for t in queue.take()] == [0]


def test_clients_take_turns(ticket):
    queue = RequestQueue(Limits(batch=1))
    for seed in range(6):
        queue.add(ticket("greedy", seed), "key")
    queue.add(ticket("modest", 10), "key")
    queue.add(ticket("modest", 11), "key")
    order = [seeds[0] for seeds in taken(queue)]
    assert order == [0, 10, 1, 11, 2, 3, 4, 5]


def test_a_full_queue_says_so_and_stays_as_it_was(ticket):
    queue = RequestQueue(Limits(queue=2, client=2))
    queue.add(ticket("a"), "key")
    queue.add(ticket("b"), "key")
    with pytest.raises(Busy, match=r"the engine is busy: 2 requests are waiting.*try again"):
        queue.add(ticket("c"), "key")
    assert len(queue) == 2


def test_one_client_cannot_fill_the_queue(ticket):
    queue = RequestQueue(Limits(queue=10, client=2))
    first = ticket("a")
    queue.add(first, "key")
    queue.add(ticket("a"), "key")
    with pytest.raises(Busy, match=r"you have 2 requests waiting"):
        queue.add(ticket("a"), "key")
    queue.add(ticket("b"), "key")
    queue.discard(first)
    queue.add(ticket("a"), "key")
    assert len(queue) == 3


def test_a_replacement_takes_the_place_and_needs_no_room(ticket):
    queue = RequestQueue(Limits(queue=2, client=1, batch=1))
    old = ticket("a", seed=0)
    queue.add(old, "key")
    queue.add(ticket("b", seed=1), "key")
    queue.add(ticket("a", seed=2), "key", replacing=old)
    assert old not in queue
    assert taken(queue) == [[2], [1]]


def test_discarding_what_is_not_there_is_nothing(ticket):
    queue = RequestQueue(Limits())
    one = ticket()
    queue.add(one, "key")
    queue.discard(ticket())
    queue.discard(one)
    queue.discard(one)
    assert (len(queue), queue.interactive) == (0, 0)


def test_clients_that_left_are_forgotten(ticket):
    queue = RequestQueue(Limits(queue=3))
    for client in range(100):
        queue.add(ticket(client), "key")
        queue.take()
    assert len(queue._turns) <= 13


def draws(rows):
    return Draws(np.zeros((rows, 1), np.float32), ("a",), ("",))


def test_the_least_used_answers_go_first():
    cache = ResultCache(3 * 400)
    for name in "abc":
        cache.put(name, draws(100))
    assert cache.get("a") is not None
    cache.put("d", draws(100))
    assert cache.get("b") is None
    assert [name for name in "abcd" if cache.get(name) is not None] == ["a", "c", "d"]
    assert (len(cache), cache.nbytes) == (3, 1200)


def test_an_answer_can_be_replaced_and_the_bytes_are_right():
    cache = ResultCache(1000)
    cache.put("a", draws(100))
    cache.put("a", draws(50))
    assert cache.nbytes == 200
    cache.put("big", draws(1000))
    assert cache.get("big") is None
    assert cache.get("a") is not None
    cache.clear()
    assert (len(cache), cache.nbytes) == (0, 0)


def test_a_cache_of_no_bytes_keeps_nothing():
    cache = ResultCache(0)
    cache.put("a", draws(1))
    assert len(cache) == 0
