"""The live loop: newest question wins, nothing falls behind, errors become sentences."""

from __future__ import annotations

import asyncio
import threading
import time

import panel as pn
import panel_material_ui as pmui
import pytest

from astroviz.dashboards import live
from astroviz.dashboards.live import Live, instant
from astroviz.dashboards.pace import Pace


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 10))


class Screen:
    def __init__(self) -> None:
        self.shown: list[tuple[float, bool]] = []
        self.sentences: list[str] = []
        self.busy: list[bool] = []
        self.threads: set[int] = set()

    def show(self, draws, complete):
        self.shown.append((round(float(draws["x"][0]), 3), complete))
        self.threads.add(threading.get_ident())


def make(engine, **settings):
    screen = Screen()
    hands = screen.sentences.append, screen.busy.append
    return Live(engine, ("tab", "x"), screen.show, *hands, **settings), screen


def test_panel_still_delays_widgets_by_the_attribute_we_switch_off():
    # If this fails, Panel changed how it merges the events of a drag: see dashboards/live.py.
    for widget in (pn.widgets.FloatSlider, pmui.FloatSlider, pmui.IntSlider):
        assert widget._debounce == 50
        assert instant(widget)._debounce == 0
        assert issubclass(instant(widget), widget)


def test_instant_says_so_when_the_attribute_is_gone():
    class Widget:
        pass

    with pytest.raises(AttributeError, match="_debounce"):
        instant(Widget)


def test_panel_still_reads_the_debounce_when_events_arrive():
    import inspect

    from panel.reactive import Syncable

    assert "self._debounce" in inspect.getsource(Syncable._server_change)


def test_first_part_then_the_whole(engine, ask):
    async def go():
        loop, screen = make(engine)
        loop.ask(lambda: ask(0.5))
        await loop._task
        return screen

    screen = run(go())
    assert screen.shown == [(0.5, False), (0.5, True)]
    assert screen.busy == [True, False]
    assert screen.threads == {threading.get_ident()}, "drawn outside the page's thread"


def test_a_known_answer_is_drawn_once(engine, ask):
    async def go():
        loop, screen = make(engine)
        for _ in range(2):
            loop.ask(lambda: ask(0.5))
            await loop._task
        return screen

    assert run(go()).shown == [(0.5, False), (0.5, True), (0.5, True)]


def test_a_drag_leaves_no_queue_and_ends_with_the_last_value(engine, sampler, ask):
    async def go():
        loop, screen = make(engine)
        for step in range(60):
            loop.ask(lambda x=step / 59: ask(x))
            await asyncio.sleep(0.005)
        released = time.monotonic()
        await loop._task
        return screen, time.monotonic() - released

    screen, lag = run(go())
    assert screen.shown[-1] == (1.0, True)
    assert len(screen.shown) > 4, "nothing was drawn during the drag"
    assert [x for x, _ in screen.shown] == sorted(x for x, _ in screen.shown)
    assert lag < 0.4


def test_questions_are_put_together_only_when_their_turn_comes(engine, ask):
    made = []

    async def go():
        loop, _ = make(engine)
        for step in range(20):
            loop.ask(lambda x=step: made.append(x) or ask(x))
        await loop._task

    run(go())
    assert made == [19]


def test_a_slow_answer_is_given_up_for_a_newer_question(engine, sampler, ask, monkeypatch):
    monkeypatch.setattr(live, "PATIENCE_S", 0.05)
    sampler.delay = 5

    async def go():
        loop, screen = make(engine)
        loop.ask(lambda: ask(0.0, stuck=True))
        while not sampler.asked:  # a busy machine takes its time to start
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        loop.ask(lambda: ask(1.0, n=1))
        await loop._task
        return screen

    screen = run(go())
    assert sampler.stopped == 1
    assert screen.shown == [(1.0, True)]


def test_a_failing_model_becomes_a_sentence_and_the_next_question_works(engine, ask):
    async def go():
        loop, screen = make(engine)
        loop.ask(lambda: ask(0.1, fail=True))
        await loop._task
        loop.ask(lambda: ask(0.2))
        await loop._task
        return screen

    screen = run(go())
    assert screen.sentences == ["No answer: the toy model failed on purpose"]
    assert screen.shown[-1] == (0.2, True)


def test_a_failing_drawing_becomes_a_sentence_too(engine, ask):
    async def go():
        sentences = []

        def show(answer, complete):
            raise ValueError("no such glyph")

        loop = Live(engine, ("tab", "x"), show, sentences.append)
        loop.ask(lambda: ask(0.1, n=1))
        await loop._task
        return sentences

    assert run(go()) == ["No answer: no such glyph"]


def test_a_first_part_is_not_drawn_when_the_rest_comes_at_once(engine, sampler, ask):
    async def go():
        loop, screen = make(engine)
        for x, delay in ((0.1, 0.2), (0.2, 0.001), (0.3, 0.001)):
            sampler.delay = delay
            loop.ask(lambda x=x: ask(x))
            await loop._task
        return screen.shown

    # the second is slow for all that is known, the third is not
    assert run(go())[-2:] == [(0.2, True), (0.3, True)]


def test_what_was_moved_is_looked_at_once_before_each_question(engine, ask):
    async def go():
        moved, looked = [], []

        def look():
            looked.append(len(moved))
            # what it finds may ask again; that is the same question
            loop.ask(lambda: ask(moved[-1]))

        loop, screen = make(engine, before=look)
        for step in range(20):
            moved.append(step / 19)
            loop.ask(lambda: ask(moved[-1]))
        await loop._task
        return screen.shown, looked

    shown, looked = run(go())
    assert looked == [20]
    assert shown[-1] == (1.0, True)
    assert {x for x, _ in shown} == {1.0}


def test_a_failing_look_becomes_a_sentence_and_the_loop_goes_on(engine, ask):
    async def go():
        failures = [ValueError("no such star")]

        def look():
            if failures:
                raise failures.pop()

        loop, screen = make(engine, before=look)
        for _ in range(2):
            loop.ask(lambda: ask(0.5))
            await loop._task
        return screen

    screen = run(go())
    assert screen.sentences == ["No answer: no such star"]
    assert screen.shown[-1] == (0.5, True)


def test_parts_that_a_painting_browser_could_not_take_are_left_out(engine, sampler, ask):
    sampler.delay = 0.2

    async def go(behind):
        loop, screen = make(engine, pace=type("P", (Pace,), {"behind": behind})())
        for step in range(8):
            loop.ask(lambda x=step / 7: ask(x))
            await asyncio.sleep(0.05)
        await loop._task
        return screen.shown

    assert any(not complete for _, complete in run(go(False))[:-1])
    assert run(go(True)) == [(1.0, True)]


def test_pace_waits_for_the_paint_and_as_long_again(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    pace = Pace()
    assert not pace.behind
    pace.sent()
    clock[0] += 0.1
    assert pace.behind, "not painted yet"
    pace.painted()
    clock[0] += 0.05
    assert pace.behind, "the hand's turn"
    clock[0] += 0.1
    assert not pace.behind
    pace.sent()
    clock[0] += 0.6
    assert not pace.behind, "a tab in the background never says that it painted"


def test_closing_cancels_what_runs(engine, sampler, ask):
    sampler.delay = 5

    async def go():
        loop, _ = make(engine)
        loop.ask(lambda: ask(0.1))
        await asyncio.sleep(0.1)
        loop.close()
        await asyncio.sleep(0.1)
        loop.ask(lambda: ask(0.2))

    run(go())
    assert sampler.stopped == 1
    assert sampler.asked == [0.1]


def test_ask_and_wait_draws_at_once_but_not_at_any_price(engine, sampler, ask):
    loop, screen = make(engine)
    assert loop.ask_and_wait(lambda: ask(0.3))
    assert screen.shown == [(0.3, True)]
    sampler.delay = 1
    assert not loop.ask_and_wait(lambda: ask(0.4), patience=0.05)
