"""Something that takes long, in a thread: progress, a way out, a sentence when it fails."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any

from astroviz.core.request import Cancelled
from astroviz.dashboards.live import on_tick
from astroviz.dashboards.shell import Shell

__all__ = ["Job"]

logger = logging.getLogger(__name__)

Progress = Callable[[float], None]
Work = Callable[[Progress, Callable[[], None]], Any]


class Job:
    r"""One piece of work at a time.

    Arguments:
        shell: Shows progress and sentences.
        changed: Told, with the document's lock, when work begins and ends.
        stopped: What is said when it was cancelled.
    """

    def __init__(
        self,
        shell: Shell,
        changed: Callable[[], None] = lambda: None,
        stopped: str = "Cancelled; all is as it was.",
    ) -> None:
        self.shell, self.changed, self.stopped = shell, changed, stopped
        self._task: asyncio.Task[None] | None = None
        self._stop = threading.Event()
        self._told = -1.0
        shell.on_close(self.cancel)

    @property
    def running(self) -> bool:
        """Whether it is at work."""
        return self._task is not None and not self._task.done()

    def start(self, what: str, work: Work, done: Callable[[Any], None]) -> None:
        r"""Start; while something runs a second call says so.

        Arguments:
            what: Words beside the bar.
            work: Called in a thread with `progress(share)` and `check()`, which raises when it is
                to stop.
            done: Called with what it returned, with the document's lock.
        """
        if self.running:
            self.shell.say("Something is at work: cancel it, or wait for its end.", "warning")
            return
        self._stop, self._told = threading.Event(), -1.0
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # outside a server
            try:
                done(work(lambda share: None, lambda: None))
            except Exception as error:
                self._fail(error)
            return
        self._task = loop.create_task(self._run(what, work, done))
        self._show(what, 0.0)
        self.changed()

    def cancel(self) -> None:
        """Stop at the next step."""
        self._stop.set()

    async def _run(self, what: str, work: Work, done: Callable[[Any], None]) -> None:
        loop, stop = asyncio.get_running_loop(), self._stop

        def progress(share: float) -> None:
            if share - self._told >= 0.01:
                self._told = share
                loop.call_soon_threadsafe(self._show, what, share)

        def check() -> None:
            if stop.is_set():
                raise Cancelled(f"{what}: cancelled")

        end: Callable[[], None]
        try:
            found = await asyncio.to_thread(work, progress, check)
            end = lambda: done(found)  # noqa: E731
        except Cancelled:
            end = lambda: self.shell.say(self.stopped, "info")  # noqa: E731
        except Exception as error:
            failure = error
            end = lambda: self._fail(failure)  # noqa: E731
        self._task = None
        on_tick(self.shell.document, lambda: self._end(end))

    def _end(self, end: Callable[[], None]) -> None:
        self.shell.show_progress("", None)
        end()
        self.changed()

    def _fail(self, error: Exception) -> None:
        logger.info("a job ended with an error", exc_info=error)
        sentence = str(error.args[0] if error.args else error)
        self.shell.say(sentence[:1].upper() + sentence[1:], "error")

    def _show(self, what: str, share: float) -> None:
        def act() -> None:
            if self.running:  # not after its end, when the bar has gone
                self.shell.show_progress(what, share, self.cancel)

        on_tick(self.shell.document, act)
