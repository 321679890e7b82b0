"""How far an answer is that takes longer than a moment, with a way out."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from astroviz.dashboards.job import Job
from astroviz.dashboards.live import Live, on_tick

__all__ = ["Watched"]

_LOOK_S = 0.25


class Watched:
    r"""Shows the progress of a stream of answers while one is on its way.

    Arguments:
        live: The stream.
        shell: Shows progress.
        what: Words beside the bar.
        job: Other work of the view, whose progress goes first.
    """

    def __init__(self, live: Live, shell: Any, what: str, job: Job | None = None) -> None:
        self.live, self.shell, self.what, self.job = live, shell, what, job
        self._task: asyncio.Task[None] | None = None
        shell.on_close(self.close)

    def close(self) -> None:
        """The tab is gone."""
        if self._task is not None:
            self._task.cancel()

    def start(self) -> None:
        """A question was asked."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # outside a server
            return
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._watch())

    async def _watch(self) -> None:
        document, said = self.shell.document, False
        await asyncio.sleep(_LOOK_S)
        while not self.live.idle:
            ticket = self.live.ticket
            if ticket is not None and not self._outdone:
                said = True
                on_tick(document, partial(self._say, ticket.progress))
            await asyncio.sleep(_LOOK_S)
        if said and not self._outdone:
            on_tick(document, lambda: self.shell.show_progress("", None))

    @property
    def _outdone(self) -> bool:
        return self.job is not None and self.job.running

    def _say(self, share: float) -> None:
        if not self.live.idle and not self._outdone:
            self.shell.show_progress(self.what, share, self.live.cancel)
