r"""What adapts in a notebook: a table or a mock galaxy, its buttons, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets as ui

from astroviz.core.request import Cancelled
from astroviz.stars.adaptation_live import AdaptationJob, Verdict, job_of_table, job_of_target
from astroviz.stars.adaptation_table import usable_rows
from astroviz.stars.catalogue import open_catalogue
from astroviz.widgets.adaptation_controls import SWITCHES
from astroviz.widgets.adaptation_run import LiveRun, Run
from astroviz.widgets.star_picker import WRAPPED

if TYPE_CHECKING:
    from astroviz.core.engine import Engine
    from astroviz.stars.adaptation_explorer import AdaptationExplorer

__all__ = ["LivePanel", "sentence"]

_OF_TARGET = ("pairs", *SWITCHES)
_OF_TABLE = ("transport", "discrepancy", "guard")


def sentence(error: BaseException) -> str:
    """What an error says, as a sentence."""
    text = str(error.args[0] if error.args else error).strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


class LivePanel:
    r"""Adaptations of a copy of the network, one at a time.

    Arguments:
        explorer: The state of the view, which shows their films.
        engine: Who runs them.
        client: Who asks.
        say: Called with a sentence, and `answer` or `problem`.
        ended: Called when one is over.
    """

    def __init__(
        self,
        explorer: AdaptationExplorer,
        engine: Engine,
        client: str,
        say: Callable[[str, str], None],
        ended: Callable[[], None],
    ) -> None:
        self.explorer, self._say, self._ended = explorer, say, ended
        self.table: Any = None
        self.job: AdaptationJob | None = None
        self.verdict: Verdict | None = None
        self.run = LiveRun(engine, client, self._show, self._end)
        self._make_buttons()
        buttons = ui.HBox(
            [self.steps, self.train, self.adapt_table, self.release], layout=ui.Layout(**WRAPPED)
        )
        self.box = ui.VBox([buttons, self.run.box])

    def prepare(self, table: Any) -> tuple[str, str]:
        """Keep a table to adapt to; what there is to say of it, and of what kind that is."""
        try:
            catalogue = open_catalogue(table)
            rows, notes = usable_rows(catalogue)
        except (ValueError, OSError, TypeError, KeyError) as error:
            return sentence(error), "problem"
        self._keep(table)
        ready = f"{len(rows):,} stars of {catalogue.label} are ready: adapt to them."
        return " ".join([ready, *notes]), "answer"

    def adapt(self, table: Any, labels: Any, steps: int, switches: Mapping[str, Any]) -> None:
        """Begin; arguments as of `AdaptationWidget.adapt`."""
        try:
            if self.run.busy:
                raise ValueError("an adaptation is running: cancel it, or wait for its end")
            make = self._maker(table, labels, steps, dict(switches))
        except (ValueError, TypeError) as error:
            self._say(sentence(error), "problem")
            return
        self.verdict = self.job = None
        self.run.start(make)

    def refresh(self) -> None:
        """Let the buttons offer what can be done."""
        self.release.disabled = self.explorer.live is None

    def _make_buttons(self) -> None:
        self.steps = ui.BoundedIntText(
            value=300, min=10, max=5000, step=10, description="Steps",
            tooltip="Steps of an adaptation", layout=ui.Layout(width="170px"),
        )  # fmt: skip
        self.train = ui.Button(
            description="Train these switches", tooltip="Adapt a copy to the mock galaxy, now"
        )
        self.adapt_table = ui.Button(
            description="Adapt to my table", tooltip="Adapt a copy to the table, now"
        )
        for button in (self.train, self.adapt_table):
            button.layout.width = "auto"
        self.adapt_table.layout.display = "none"
        self.release = ui.Button(
            description="What is shipped", tooltip="Show the shipped adaptation again"
        )
        self.train.on_click(lambda _: self.adapt(False, None, self.steps.value, {}))
        self.adapt_table.on_click(lambda _: self.adapt(None, None, self.steps.value, {}))
        self.release.on_click(lambda _: self.explorer.show_live(None))

    def _keep(self, table: Any) -> None:
        self.table = table
        self.adapt_table.layout.display = ""

    def _maker(
        self, table: Any, labels: Any, steps: int, switches: dict[str, Any]
    ) -> Callable[[], AdaptationJob]:
        """What makes the job, to be called in a thread: it takes some ten seconds."""
        table = self.table if table is None else table
        of_table = table is not None and table is not False
        known = (*(_OF_TABLE if of_table else _OF_TARGET), "seed")
        if wrong := [name for name in switches if name not in known]:
            raise ValueError(f"there is no switch {wrong[0]!r} here; there are {', '.join(known)}")
        explorer = self.explorer
        if of_table:
            self._keep(table)
            return partial(
                job_of_table, explorer.experiment, table, labels=labels, steps=steps, **switches
            )
        if explorer.live is not None:
            explorer.show_live(None)  # a table has no galaxy to draw other stars from
        seed = switches.pop("seed", 0)
        explorer.param.update(**switches)
        switches = {name: getattr(explorer, name) for name in _OF_TARGET}
        return partial(
            job_of_target, explorer.experiment, explorer.target, steps=steps, seed=seed, **switches
        )

    def _show(self, job: AdaptationJob) -> None:
        """A new frame: shown where the run belongs."""
        self.job = job
        if job.of_table or self._belongs(job):
            if self.explorer.live is not job:
                self.explorer.frame = None
            self.explorer.show_live(job)

    def _belongs(self, job: AdaptationJob) -> bool:
        """Whether a run of a mock galaxy is of the switches that are set."""
        explorer, arm = self.explorer, job.arm
        own = (job.title, arm.pairs, arm.transport > 0, arm.discrepancy > 0, arm.floor > 0,
               arm.guard)  # fmt: skip
        return own == (explorer.place.title, *(getattr(explorer, name) for name in _OF_TARGET))

    def _end(self, run: Run) -> None:
        self.job = run.job
        error = run.future.exception() if run.future.done() else Cancelled("by hand")
        if isinstance(error, Cancelled):
            if self.explorer.live is not None and self.explorer.live is run.job:
                self.explorer.show_live(None)
            self.job = None
            self._say("Cancelled. The shipped network is as it was.", "answer")
        elif error is not None:
            self._say(sentence(error), "problem")
        else:
            self.verdict = run.future.result()
            notes = () if run.job is None else run.job.notes
            self._say(" ".join([self.verdict.text, *notes]), "answer")
        self._ended()
