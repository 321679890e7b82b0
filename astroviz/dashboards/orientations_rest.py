"""Work that waits until a hand rests, done in a thread; the newest question wins."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from astroviz.dashboards.live import on_tick

__all__ = ["AtRest"]

logger = logging.getLogger(__name__)


class AtRest:
    r"""Asks something slow when nothing newer has been asked for a while.

    Arguments:
        document: The Bokeh document, or None outside a server: then it is done at once.
        show: Called with the answer under the document's lock.
        failed: Told a sentence when there is no answer.
        wait: Seconds of rest.
    """

    def __init__(
        self,
        document: Any,
        show: Callable[[Any], None],
        failed: Callable[[str], None],
        wait: float = 0.5,
    ) -> None:
        self.document, self.show, self.failed, self.wait = document, show, failed, wait
        self._number = 0
        self._handle: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._next: Callable[[], Any] | None = None

    def ask(self, make: Callable[[], Any]) -> None:
        r"""Ask; what was asked before and has not been answered is forgotten.

        Arguments:
            make: Called here to collect what is needed, at rest; gives a function for the thread.
        """
        self.forget()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # outside a server
            self.show(make()())
            return
        self._next = make
        self._handle = loop.call_later(self.wait, self._start)

    def forget(self) -> None:
        """Drop what has not been answered."""
        self._number += 1
        self._next = None
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def close(self) -> None:
        """The tab is gone."""
        self.forget()
        if self._task is not None:
            self._task.cancel()

    def _start(self) -> None:
        # one at a time: a thread cannot be stopped, and a queue of them would only grow
        if self._next is None or (self._task is not None and not self._task.done()):
            return
        make, self._next = self._next, None
        self._task = asyncio.get_running_loop().create_task(self._run(make, self._number))

    async def _run(self, make: Callable[[], Any], number: int) -> None:
        try:
            answer = await asyncio.to_thread(make())
            if number == self._number:
                on_tick(self.document, lambda: self.show(answer))
        except asyncio.CancelledError:
            raise
        except Exception as error:
            logger.info("what was asked at rest failed", exc_info=error)
            sentence = str(error.args[0] if error.args else error)
            on_tick(self.document, lambda: self.failed(sentence[:1].upper() + sentence[1:]))
        finally:
            self._task = None
            if self._next is not None:
                self._start()
