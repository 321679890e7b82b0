"""Tickets on their own: waiting, streaming, callbacks, event loops."""

from __future__ import annotations

import asyncio
import threading

import numpy as np
import pytest

from astroviz.core.draws import Draws
from astroviz.core.request import Cancelled
from astroviz.core.ticket import Ticket


def part(value, rows=2):
    return Draws(np.full((rows, 1), value, np.float32), ("a",), ("",))


@pytest.fixture
def ticket(normal, ask):
    return Ticket(ask(normal()), "me")


def later(*calls):
    """Run calls one after the other in another thread."""

    def run():
        for call in calls:
            call()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_states_of_a_ticket_that_is_answered(ticket):
    assert (ticket.state, ticket.done, ticket.progress) == ("queued", False, 0.0)
    ticket.start()
    ticket.advance(0.5)
    ticket.advance(0.2)
    assert (ticket.state, ticket.progress) == ("running", 0.5)
    assert "running, 50%" in repr(ticket)
    assert ticket.finish(part(1))
    assert (ticket.state, ticket.done, ticket.progress, ticket.error) == ("done", True, 1.0, None)
    assert ticket.result()["a"].tolist() == [1, 1]
    assert not ticket.fail(ValueError())
    assert not ticket.finish(part(2))
    assert ticket.result()["a"].tolist() == [1, 1]


def test_a_result_that_does_not_come_in_time(ticket):
    with pytest.raises(TimeoutError, match=r"within 0\.01 s; it stands at 0%"):
        ticket.result(timeout=0.01)
    assert not ticket.done


def test_iterating_waits_for_the_parts(ticket):
    thread = later(
        lambda: ticket.deliver(part(1)),
        lambda: ticket.deliver(part(2)),
        lambda: ticket.finish(part(9)),
    )
    assert [p["a"][0] for p in ticket] == [1, 2]
    assert [p["a"][0] for p in ticket] == [1, 2]
    thread.join()


def test_an_answer_without_parts_is_one_part(ticket):
    ticket.finish(part(3))
    assert [p["a"][0] for p in ticket] == [3]


def test_an_error_is_raised_after_the_parts_that_came(ticket):
    ticket.deliver(part(1))
    ticket.fail(ZeroDivisionError("broken"))
    seen = []
    with pytest.raises(ZeroDivisionError, match="broken"):
        seen.extend(p["a"][0] for p in ticket)
    parts = iter(ticket)
    assert next(parts)["a"][0] == 1
    with pytest.raises(ZeroDivisionError):
        next(parts)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            ticket.result()
    assert ticket.state == "failed"


def test_cancelling_ends_the_waiting_at_once(ticket):
    ticket.start()
    thread = later(ticket.cancel)
    with pytest.raises(Cancelled):
        ticket.result(timeout=5)
    thread.join()
    assert ticket.state == "cancelled"
    ticket.deliver(part(1))
    with pytest.raises(Cancelled):
        next(iter(ticket))


def test_callbacks_get_every_part_in_order_and_then_the_end(ticket):
    seen = []
    ticket.deliver(part(1))
    ticket.on_chunk(lambda p: seen.append(float(p["a"][0])))
    ticket.add_done_callback(lambda t: seen.append(t.state))
    ticket.deliver(part(2))
    ticket.finish(part(9))
    assert seen == [1.0, 2.0, "done"]
    ticket.add_done_callback(lambda t: seen.append("late"))
    ticket.on_chunk(lambda p: seen.append(float(p["a"][0])))
    assert seen == [1.0, 2.0, "done", "late", 1.0, 2.0]


def test_a_callback_that_fails_hurts_nobody(ticket, caplog):
    seen = []

    def broken(_):
        raise RuntimeError("the page is gone")

    ticket.on_chunk(broken)
    ticket.on_chunk(lambda p: seen.append(1))
    ticket.add_done_callback(broken)
    ticket.add_done_callback(lambda t: seen.append(2))
    ticket.deliver(part(1))
    ticket.finish(part(1))
    assert seen == [1, 2]
    assert "the page is gone" in caplog.text


def test_a_callback_may_cancel_its_own_ticket(ticket):
    seen = []

    def once(p):
        seen.append(float(p["a"][0]))
        ticket.cancel()

    ticket.on_chunk(once)
    ticket.deliver(part(1))
    ticket.deliver(part(2))
    assert seen == [1.0]
    assert ticket.state == "cancelled"


def test_callbacks_see_each_part_once_from_many_threads(ticket):
    seen = []
    threads = [later(lambda k=k: ticket.deliver(part(k))) for k in range(20)]
    ticket.on_chunk(lambda p: seen.append(float(p["a"][0])))
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(20))
    assert seen == [float(p["a"][0]) for p in ticket._parts]


def test_an_event_loop_can_await_and_stream(ticket):
    async def main():
        thread = later(
            lambda: ticket.deliver(part(1)),
            lambda: ticket.deliver(part(2)),
            lambda: ticket.finish(part(9)),
        )
        parts = [float(p["a"][0]) async for p in ticket]
        whole = await ticket
        thread.join()
        return parts, float(whole["a"][0])

    assert asyncio.run(main()) == ([1.0, 2.0], 9.0)


def test_an_event_loop_hears_the_error(ticket):
    async def main():
        thread = later(lambda: ticket.deliver(part(1)), lambda: ticket.fail(ValueError("bad")))
        with pytest.raises(ValueError, match="bad"):
            await ticket
        thread.join()

    asyncio.run(main())


def test_giving_up_the_await_gives_up_the_work(ticket):
    async def main():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ticket, 0.01)

    asyncio.run(main())
    assert ticket.state == "cancelled"
