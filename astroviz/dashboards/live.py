r"""The live loop of a page: ask the engine, draw the newest answer, never fall behind.

This module alone knows four facts about Panel (`tests/dashboards/test_live.py` fails when one of
them changes):

- a served widget waits `_debounce` milliseconds, 50 by default, before Python hears of it;
  `instant` makes a widget class that does not wait. The wait is also what merges the events of a
  drag, so an instant widget must feed a `Live` loop, which keeps the newest question only;
- Bokeh models may be written only while the document is locked for us, and an async callback holds
  no lock (panel#1447): answers go to the page by `add_next_tick_callback`;
- every change of a Bokeh model is a message of its own, a hundred for one answer, unless the
  document is held meanwhile: then they are one;
- HoloViews and Bokeh figures are not thread-safe (holoviews#6162): nothing is drawn in the
  engine's thread, answers are only fetched from it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import panel as pn

from astroviz.core.draws import Draws
from astroviz.core.engine import Engine
from astroviz.core.request import Cancelled, Request
from astroviz.core.ticket import Ticket
from astroviz.dashboards.pace import Pace

__all__ = ["Live", "instant", "on_tick", "together"]

logger = logging.getLogger(__name__)

# A question that has waited this long behind a running one replaces it in the engine. Below it the
# running one is let finish, or a steady drag over a 100 ms model would never show anything.
PATIENCE_S = 0.3

# When the rest of the answer before came so soon after its first part, or within the time of so
# many pictures, the first part of this one is drawn only if something newer is asked meanwhile:
# its picture would keep processor and browser from the whole one.
SOON_PICTURES = 3
SOON_S = 0.5

W = TypeVar("W", bound=type)


def instant(widget: W) -> W:
    """A subclass of a Panel widget class whose events reach Python without the 50 ms wait."""
    if not hasattr(widget, "_debounce"):
        raise AttributeError(
            f"{widget.__name__} has no '_debounce': Panel {pn.__version__} changed how it delays "
            "events; astroviz.dashboards.live must learn the new way"
        )
    return type(widget)(f"Instant{widget.__name__}", (widget,), {"_debounce": 0})


@contextmanager
def together(document: Any) -> Iterator[None]:
    """Send all changes made within as one message; call it with the document's lock held."""
    if document is None or document.session_context is None:
        yield
        return
    with pn.io.hold(document):
        yield


def on_tick(document: Any, act: Callable[[], None]) -> None:
    """Run something with the document's lock held, soon; at once where there is no server.

    All that it changes reaches the browser in one message.
    """
    if document is None or document.session_context is None:
        act()
        return

    def locked() -> None:
        with together(document):
            act()

    document.add_next_tick_callback(locked)


async def _next(parts: AsyncIterator[Draws]) -> Draws | None:
    return await anext(parts, None)


class Live:
    r"""One stream of answers under one stream of questions.

    At most one question is with the engine and at most one waits, the newest. When the first part
    of an answer has come and a newer question waits, that part is drawn and the rest is given up:
    in a drag every picture is fresh, and when the hand stops the whole answer follows.

    Arguments:
        engine: Anything with `submit(request, latest=key)`.
        key: Names the stream to the engine, for instance (session, "posterior").
        show: Draws an answer; called with (answer, complete) under the document's lock.
        failed: Told a sentence when an answer cannot be had.
        busy: Told True when work starts and False when the stream is idle again.
        document: The Bokeh document, or None outside a server.
        pace: What the browser says of its painting; parts that come too fast for it are not drawn.
        before: Done under the document's lock before each question is put together: what a hand
            has moved meanwhile is looked at once for each question, not with each event.
    """

    def __init__(
        self,
        engine: Engine,
        key: Hashable,
        show: Callable[[Draws, bool], None],
        failed: Callable[[str], None],
        busy: Callable[[bool], None] = lambda _: None,
        document: Any = None,
        before: Callable[[], None] | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.engine, self.key, self.show, self.failed = engine, key, show, failed
        self.busy, self.document, self.before = busy, document, before
        self.ticket: Ticket | None = None
        self.answered = 0
        self._question: Callable[[], Request] | None = None
        self._task: asyncio.Task[None] | None = None
        self.pace = pace or Pace()
        self._asked_at = 0.0
        self._remainder = float("inf")
        self._news = asyncio.Event()
        self._closed = False

    @property
    def idle(self) -> bool:
        """Whether a question would be taken up at once."""
        return self._task is None or self._task.done()

    def ask(self, question: Callable[[], Request]) -> None:
        """Ask; the question is put together when its turn comes, so that none is made in vain."""
        if self._closed:
            return
        if self._question is None:
            self._asked_at = time.monotonic()
        self._question = question
        self._news.set()
        if not self.idle:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # a page that is built without a server, to warm it up or in a test
            self._question = None
            if self.before is not None:
                self.before()
            self.ask_and_wait(question, patience=30.0)
            return
        self._task = loop.create_task(self._run())

    def ask_and_wait(self, question: Callable[[], Request], patience: float = 0.8) -> bool:
        """Ask and draw before returning, for the first picture of a page; False if it took longer.

        Everybody's page waits meanwhile, so it is not for a busy engine: then ask again later.
        """
        try:
            self.ticket = self.engine.submit(question(), latest=self.key)
            self.show(self.ticket.result(patience), True)
            self.answered += 1
        except TimeoutError:
            return False
        except Exception as error:
            self._report(error)
        finally:
            self.ticket = None
        return True

    def cancel(self) -> None:
        """Give up what runs and what waits; the last picture stays."""
        self._question = None
        self._cancel_ticket()

    def close(self) -> None:
        """The page is gone: drop everything."""
        self._closed = True
        self.cancel()
        if self._task is not None:
            self._task.cancel()

    def _cancel_ticket(self) -> None:
        if self.ticket is not None:
            self.ticket.cancel()

    async def _run(self) -> None:
        self.busy(True)
        try:
            while (question := self._question) is not None:
                self._question = None
                try:
                    if self.before is not None:
                        await self._locked(self.before)
                    # What was asked meanwhile is the newer way to ask the same.
                    question, self._question = self._question or question, None
                    await self._answer(question)
                except Cancelled:
                    continue
                except asyncio.CancelledError:
                    raise
                except Exception as error:
                    # Whatever a model or a drawing raises becomes a sentence, not a dead page.
                    self._report(error)
        finally:
            self.ticket = None
            if not self._closed:
                self.busy(False)

    async def _answer(self, question: Callable[[], Request]) -> None:
        request = question()
        self.ticket = ticket = self.engine.submit(request, latest=self.key)
        parts = aiter(ticket)
        first: Draws | None = None
        drawn, came, spent = False, float("inf"), 0.0
        while not ticket.done:
            try:
                part = await self._part(parts, patience=PATIENCE_S if first is None else 0.0)
            except Cancelled:
                if first is not None and not drawn and not self.pace.behind:
                    await self._draw(first, False)
                raise
            if part is not None and not len(part):  # a preview, which the next one replaces
                if not ticket.done:
                    await self._draw(part, False)
                continue
            came = min(came, time.monotonic())
            if part is None or len(part) >= request.n or ticket.done:
                continue
            first = part if first is None else first
            if not drawn and self._late and not self.pace.behind:
                begin = time.monotonic()
                await self._draw(first, False)
                drawn, spent = True, time.monotonic() - begin
        if first is not None:
            self._remainder = time.monotonic() - came - spent
        await self._draw(await ticket, True)

    @property
    def _late(self) -> bool:
        """Whether the rest of an answer lets a hand wait for longer than a picture is worth."""
        return self._remainder > max(SOON_S, SOON_PICTURES * self.pace.took)

    async def _part(self, parts: AsyncIterator[Draws], patience: float) -> Draws | None:
        """The next part, None after the last; gives up when something newer waited too long."""
        waiting = asyncio.ensure_future(_next(parts))
        # Looked at even when nobody waits for it any more, or asyncio complains in the log.
        waiting.add_done_callback(lambda done: done.cancelled() or done.exception())
        while not waiting.done():
            self._news.clear()
            left = None
            if self._question is not None:
                left = patience - (time.monotonic() - self._asked_at)
            if left is not None and left <= 0:
                waiting.cancel()
                self._cancel_ticket()
                raise Cancelled
            news = asyncio.ensure_future(self._news.wait())
            await asyncio.wait({waiting, news}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            news.cancel()
        return waiting.result()

    async def _draw(self, answer: Draws, complete: bool) -> None:
        """Draw under the document's lock and wait until it is done."""

        def show() -> None:
            self.show(answer, complete)
            self.answered += complete

        await self._locked(show)

    async def _locked(self, act: Callable[[], None]) -> None:
        """Do something under the document's lock and wait until it is done."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def locked() -> None:
            try:
                act()
                if not done.done():
                    done.set_result(None)
            except Exception as error:
                # Handed to the loop, which reports it once.
                if not done.done():
                    done.set_exception(error)

        on_tick(self.document, locked)
        await done

    def _report(self, error: Exception) -> None:
        if isinstance(error, Cancelled):
            return
        logger.warning("the stream %s failed", self.key, exc_info=error)
        on_tick(self.document, lambda: self.failed(f"No answer: {error}"))
