"""An adaptation that runs behind the page: progress, a way out, its frames as they come."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from astroviz.core.request import Cancelled
from astroviz.dashboards.adaptation_linked import SCENE
from astroviz.dashboards.live import on_tick
from astroviz.dashboards.shell import Shell
from astroviz.stars.adaptation_explorer import AdaptationExplorer
from astroviz.stars.adaptation_live import AdaptationJob, Verdict

__all__ = ["LiveRun"]

logger = logging.getLogger(__name__)

_LOOK_S = 0.25
_WORDS = {
    True: "Adapted, and better on labelled stars that it did not learn from.",
    False: "Adapted, but not better on labelled stars: keep the network as it was.",
    None: "Adapted. Without labels nobody can say whether the answers are better.",
}


class LiveRun:
    r"""One adaptation at a time; what is shipped is never touched.

    Arguments:
        explorer: The state of the page; it shows the run.
        engine: Runs it, behind everybody's questions.
        shell: Shows progress and sentences.
    """

    def __init__(self, explorer: AdaptationExplorer, engine: Any, shell: Shell) -> None:
        self.explorer, self.engine, self.shell = explorer, engine, shell
        self.job: AdaptationJob | None = None
        self.verdict: Verdict | None = None
        self.changed: list[Callable[[], None]] = []
        self._scene: dict[str, Any] = {}
        self._task: asyncio.Task[None] | None = None
        self._ticket: Any = None
        self._left = False
        explorer.param.watch(lambda *_: self._come_back(), sorted(SCENE))

    @property
    def running(self) -> bool:
        """Whether it is at work."""
        return self._task is not None and not self._task.done()

    def start(self, make: Callable[[], AdaptationJob], what: str) -> None:
        """Start the run that `make` gives; while one runs a second call says so."""
        if self.running:
            self.shell.say("An adaptation is running: cancel it, or wait for its end.", "warning")
            return
        self.job, self.verdict, self._left = None, None, False
        self._scene = {name: getattr(self.explorer, name) for name in SCENE}
        self._task = asyncio.get_running_loop().create_task(self._run(make, what))

    def cancel(self) -> None:
        """Stop, and show again what was shown before."""
        self._left = True
        if self._ticket is not None:
            self._ticket.cancel()
        elif self._task is not None:
            self._task.cancel()

    def close(self) -> None:
        """The tab is gone."""
        if self._ticket is not None:
            self._ticket.cancel()
        if self._task is not None:
            self._task.cancel()

    async def _run(self, make: Callable[[], AdaptationJob], what: str) -> None:
        self._progress(f"Preparing {what}", None)
        try:
            job = await asyncio.to_thread(make)
            self.job = job
            self._progress("Adapting a copy", 0.0)
            self._ticket = self.engine.submit(job.request(), client=self.shell.client)
            await self._follow(job)
            self._progress("Judging", None)
            self.verdict = await asyncio.to_thread(job.verdict)
            worse = self.verdict.better is False
            self._end(_WORDS[self.verdict.better], "warning" if worse else "success")
        except (Cancelled, asyncio.CancelledError):
            self.job = None
            self._end("Cancelled. The shipped network is as it was.", "info", gone=True)
        except Exception as error:
            # A bad table, losses that are no numbers: a sentence, and the last good state stays.
            logger.info("an adaptation ended with an error", exc_info=error)
            if self.job is not None and self.job.film is None:
                self.job = None
            sentence = str(error.args[0] if error.args else error)
            self._end(sentence[:1].upper() + sentence[1:], "error")
        finally:
            self._ticket = None

    async def _follow(self, job: AdaptationJob) -> None:
        """Show frames and progress until the run is over."""
        ticket, frames = self._ticket, 0
        while not ticket.done:
            await asyncio.sleep(_LOOK_S)
            film = job.film
            count = 0 if film is None else len(film)
            step = 0 if film is None else int(film.steps[-1])
            if count > frames:
                frames = count
                on_tick(self.shell.document, self._show)
            self._progress(f"Adapting a copy, frame at step {step}", ticket.progress)
        await ticket
        on_tick(self.shell.document, self._show)

    def _progress(self, sentence: str, share: float | None) -> None:
        on_tick(
            self.shell.document, lambda: self.shell.show_progress(sentence, share, self.cancel)
        )

    def _show(self) -> None:
        """Let the view show the frames so far, if it still is where the run belongs."""
        job = self.job
        if job is None or job.film is None or self._left:
            return
        if job.of_table or self._here():
            if self.explorer.live is not job:
                self.explorer.frame = None
            self.explorer.show_live(job)
        self._tell()

    def _come_back(self) -> None:
        """The switches were set back to those of the run."""
        job = self.job
        if job is not None and not job.of_table and self._here() and self.explorer.live is None:
            self._show()

    def _here(self) -> bool:
        return all(getattr(self.explorer, name) == self._scene[name] for name in SCENE)

    def _end(self, sentence: str, kind: str, gone: bool = False) -> None:
        def act() -> None:
            self.shell.show_progress("", None)
            self.shell.say(sentence, kind)
            if gone and self.explorer.live is not None:
                self.explorer.show_live(None)
            else:
                self._show()
            self._tell()

        # The task is at its end: what asks whether it runs must be told no.
        self._task = None
        on_tick(self.shell.document, act)

    def _tell(self) -> None:
        for act in self.changed:
            act()
