"""Asking for many stars of a catalogue: in the background, with progress and a way out."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from astroviz.core.batching import Busy
from astroviz.core.request import Cancelled
from astroviz.dashboards.live import on_tick
from astroviz.dashboards.shell import Shell
from astroviz.stars.explorer import StarsExplorer

__all__ = ["BatchAsk"]

# So many requests wait at once: enough for the engine to put together, few enough to leave room.
WINDOW = 16
REFRESH_S = 0.4


class BatchAsk:
    r"""Puts the question to the selected stars (to all when none is), behind everybody's sliders.

    Arguments:
        explorer: The state of the page; answers are kept in `explorer.answers`.
        engine: Runs the requests.
        shell: Shows progress and sentences.
        changed: Called now and then, with the document's lock, when there are new answers.
    """

    def __init__(
        self, explorer: StarsExplorer, engine: Any, shell: Shell, changed: Callable[[], None]
    ) -> None:
        self.explorer, self.engine, self.shell, self.changed = explorer, engine, shell, changed
        self._task: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        """Whether it is at work."""
        return self._task is not None and not self._task.done()

    def start(self) -> None:
        """Ask; while it runs a second call changes nothing."""
        if not self.running:
            self._task = asyncio.get_running_loop().create_task(self._run())

    def cancel(self) -> None:
        """Stop; the answers so far are kept."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        explorer, source = self.explorer, self.explorer.source
        chosen = explorer.selection
        total = len(chosen) if len(chosen) else len(explorer.observations)
        questions = explorer.batch()
        waiting: deque[tuple[int, Any]] = deque()
        done, failed, shown = 0, 0, time.monotonic()
        try:
            while done < total and explorer.source == source:
                await self._fill(questions, waiting)
                row, ticket = waiting.popleft()
                try:
                    explorer.store(row, await ticket)
                except Cancelled:
                    raise asyncio.CancelledError from None
                except Exception:  # one star that fails is counted; the others go on
                    failed += 1
                done += 1
                if time.monotonic() - shown > REFRESH_S:
                    shown = time.monotonic()
                    self._show(done, total)
            self._end(f"{done - failed:,} of {total:,} stars answered.", failed)
        except asyncio.CancelledError:
            for _, ticket in waiting:
                ticket.cancel()
            self._end(f"Stopped: {done - failed:,} of {total:,} stars answered.", failed)

    async def _fill(self, questions: Any, waiting: deque[tuple[int, Any]]) -> None:
        while len(waiting) < WINDOW:
            found = next(questions, None)
            if found is None:
                return
            row, request = found
            while True:
                try:
                    waiting.append((row, self.engine.submit(request, client=self.shell.client)))
                    break
                except Busy:
                    await asyncio.sleep(0.1)
            await asyncio.sleep(0)

    def _show(self, done: int, total: int) -> None:
        def act() -> None:
            self.shell.show_progress(f"{done:,} of {total:,} stars", done / total, self.cancel)
            self.changed()

        on_tick(self.shell.document, act)

    def _end(self, sentence: str, failed: int) -> None:
        more = f" {failed:,} failed." if failed else ""

        def act() -> None:
            self.shell.show_progress("", None)
            self.shell.say(sentence + more, "warning" if failed else "success")
            self.changed()

        on_tick(self.shell.document, act)
