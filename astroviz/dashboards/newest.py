"""Pictures that need no engine: made in a thread, where the newest question wins."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from astroviz.dashboards.live import on_tick

__all__ = ["Newest"]

logger = logging.getLogger(__name__)

Made = Callable[[], Any]


class Newest:
    r"""At most one question at work and one that waits, the newest.

    Unlike `Live` it asks no engine: a picture of a few milliseconds must not wait behind the
    draws of somebody else.

    Arguments:
        document: The Bokeh document, or None outside a server: then all is done at once.
        show: Draws an answer, under the document's lock.
        failed: Told a sentence, under the document's lock.
    """

    def __init__(
        self, document: Any, show: Callable[[Any], None], failed: Callable[[str], None]
    ) -> None:
        self.document, self.show, self.failed = document, show, failed
        self.answered = 0
        self._question: Callable[[], Made] | None = None
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def idle(self) -> bool:
        """Whether nothing is at work."""
        return self._task is None or self._task.done()

    def ask(self, collect: Callable[[], Made]) -> None:
        r"""Ask; what waits is forgotten.

        Arguments:
            collect: Called when its turn comes, on the page's own thread, to copy what is needed;
                gives a function for the thread.
        """
        if self._closed:
            return
        self._question = collect
        if not self.idle:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # outside a server
            self._at_once()
            return
        self._task = loop.create_task(self._run())

    def first(self, collect: Callable[[], Made]) -> None:
        """Ask and draw before returning, for the first picture of a page."""
        self._question = collect
        self._at_once()

    def close(self) -> None:
        """The page is gone."""
        self._closed, self._question = True, None
        if self._task is not None:
            self._task.cancel()

    def _at_once(self) -> None:
        collect, self._question = self._question, None
        try:
            if collect is not None:
                self._draw(collect()())
        except Exception as error:
            self._fail(error)

    async def _run(self) -> None:
        while (collect := self._question) is not None and not self._closed:
            self._question = None
            try:
                answer = await asyncio.to_thread(collect())
                act = lambda answer=answer: self._draw(answer)  # noqa: E731
            except asyncio.CancelledError:
                raise
            except Exception as error:
                act = lambda error=error: self._fail(error)  # noqa: E731
            await self._locked(act)

    async def _locked(self, act: Callable[[], None]) -> None:
        """Draw under the lock, and wait: what comes meanwhile is one question, not many."""
        done = asyncio.get_running_loop().create_future()

        def locked() -> None:
            try:
                act()
            except Exception as error:
                # A drawing that fails becomes a sentence, not a dead loop.
                self._fail(error)
            finally:
                if not done.done():
                    done.set_result(None)

        on_tick(self.document, locked)
        await done

    def _draw(self, answer: Any) -> None:
        if not self._closed:
            self.show(answer)
            self.answered += 1

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, ValueError):
            logger.warning("a picture could not be made", exc_info=error)
        sentence = str(error.args[0] if error.args else error)
        self.failed(sentence[:1].upper() + sentence[1:])
