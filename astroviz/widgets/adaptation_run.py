r"""An adaptation that runs beside a notebook: progress, a way out, its frames as they come."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

import ipywidgets as ui

from astroviz.widgets.live import running_loop

if TYPE_CHECKING:
    from astroviz.core.engine import Engine
    from astroviz.core.ticket import Ticket
    from astroviz.stars.adaptation_live import AdaptationJob, Verdict

__all__ = ["LiveRun", "Run"]

_LOOK_S = 0.25  # between two looks at a run


class Run:
    """One adaptation, from its stars to its verdict, in a thread of its own.

    Arguments:
        make: Gives the job; it takes some ten seconds.
        engine: Runs the job.
        client: Who asks.
    """

    def __init__(self, make: Callable[[], AdaptationJob], engine: Engine, client: str) -> None:
        self._make, self._engine, self._client = make, engine, client
        self.job: AdaptationJob | None = None
        self._ticket: Ticket | None = None
        self._stopped = False
        # Not the pool of the other widgets: their work would wait for minutes.
        pool = ThreadPoolExecutor(1, thread_name_prefix="astroviz-adaptation")
        self.future: Future[Verdict] = pool.submit(self._work)
        pool.shutdown(wait=False)

    def _work(self) -> Verdict:
        job = self._make()
        self._check()
        self.job = job
        self._ticket = self._engine.submit(job.request(), client=self._client)
        self._check()
        self._ticket.result()
        return job.verdict()

    def _check(self) -> None:
        from astroviz.core.request import Cancelled

        if self._stopped:
            self.cancel()
            raise Cancelled("the adaptation was cancelled")

    def cancel(self) -> None:
        """Stop at the next step."""
        self._stopped = True
        if self._ticket is not None:
            self._ticket.cancel()

    @property
    def frames(self) -> int:
        """Number of frames that were taken."""
        film = None if self.job is None else self.job.film
        return 0 if film is None else len(film)

    @property
    def share(self) -> float:
        """The part of the steps that are taken, 0 to 1."""
        return 0.0 if self._ticket is None else self._ticket.progress

    @property
    def stage(self) -> str:
        """What it does just now."""
        if self._ticket is None:
            return "Simulating stars ..."
        return "Judging ..." if self._ticket.done else f"Adapting a copy: {self.share:.0%}"


class LiveRun:
    r"""One adaptation at a time, with a bar and a button that cancels it.

    In a running event loop, as a kernel has it, frames are shown when the loop is free; who waits
    for the end (`settle`) sees them too.

    Arguments:
        engine: Runs it, behind everybody's questions.
        client: Who asks.
        show: Called with the job after each new frame.
        end: Called with the run when it is over, or was cancelled.
    """

    def __init__(
        self,
        engine: Engine,
        client: str,
        show: Callable[[AdaptationJob], None],
        end: Callable[[Run], None],
    ) -> None:
        self._engine, self._client = engine, client
        self._show, self._end = show, end
        self._run: Run | None = None
        self._seen = 0
        self.bar = ui.FloatProgress(min=0.0, max=1.0, layout=ui.Layout(width="300px"))
        self.stage = ui.Label()
        self.button = ui.Button(description="Cancel", tooltip="Stop; what is shipped stays")
        self.button.on_click(lambda _: self.cancel())
        self.box = ui.HBox([self.bar, self.stage, self.button])
        self.box.layout.display = "none"

    @property
    def busy(self) -> bool:
        """Whether one is under way."""
        return self._run is not None

    def start(self, make: Callable[[], AdaptationJob]) -> None:
        """Begin; without an event loop, do all of it."""
        if self.busy:
            raise RuntimeError("an adaptation is running: cancel it, or wait for its end")
        self._run, self._seen = Run(make, self._engine, self._client), 0
        self.box.layout.display = ""
        self._look(self._run)
        if running_loop() is None:
            self.settle()

    def cancel(self) -> None:
        """Give it up."""
        if self._run is not None:
            self._run.cancel()
            self._finish(self._run)

    def settle(self) -> None:
        """Wait for the end, showing what comes; an interrupt cancels."""
        run = self._run
        if run is None:
            return
        try:
            while not run.future.done():
                wait([run.future], _LOOK_S)
                self._tell(run)
        except KeyboardInterrupt:
            self.cancel()
            raise
        self._finish(run)

    def _look(self, run: Run) -> None:
        """Show what is new, and look again a little later."""
        if run is not self._run:
            return
        self._tell(run)
        if run.future.done():
            self._finish(run)
        elif (loop := running_loop()) is not None:
            loop.call_later(_LOOK_S, self._look, run)

    def _tell(self, run: Run) -> None:
        self.bar.value, self.stage.value = run.share, run.stage
        if run.job is not None and run.frames > self._seen:
            self._seen = run.frames
            self._show(run.job)

    def _finish(self, run: Run) -> None:
        if run is self._run:
            self._tell(run)
            self._run = None
            self.box.layout.display = "none"
            self._end(run)
