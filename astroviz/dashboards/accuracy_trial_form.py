"""The card that says who is on trial, and runs it: model, case, numbers, draws of one's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.accuracy.trial_models import MINE, cases_of, full_name, models_there
from astroviz.dashboards.accuracy_trial_files import OwnDraws
from astroviz.dashboards.appearance import card, note
from astroviz.dashboards.check_board import CheckBoard
from astroviz.dashboards.job import Job
from astroviz.dashboards.live import on_tick
from astroviz.dashboards.open_choice import open_choice

__all__ = ["TrialForm"]

_COUNTS, _DRAWS = (50, 100, 200, 500, 1000, 2000, 5000), (50, 100, 200, 500)
_FIELD = {"size": "small", "margin": (10, 0, 2, 0), "sizing_mode": "stretch_width"}
_ROW = {"sizing_mode": "stretch_width", "margin": 0}
_TRY = "Try it: simulate, draw, check. Curves converge meanwhile, and it can be cancelled"
_AGAIN = "Run these checks on the objects that are there; Re-draw asks for new ones"
_STOPPED = "Stopped: what was found until now stays."


class TrialForm:
    r"""Who is on trial, the work, and the board of checks.

    Arguments:
        view: The view: `explorer`, `shell`, `draw`, `say`, `report`.
    """

    def __init__(self, view: Any) -> None:
        self.view, self.explorer, self.shell = view, view.explorer, view.shell
        self.running = self._writing = False
        self.job = Job(self.shell, self._on_job, _STOPPED)
        self.last = self.explorer.tried if self.explorer.tried != MINE else "stars"
        self.own = OwnDraws(self)
        self._make_fields()
        self.board = CheckBoard(self._on_board, sizing_mode="stretch_both", margin=0)
        self.words = note("", margin=(2, 0, 0, 0))
        self.of_model = pn.Column(
            self.model, self.case, pn.Row(self.count, self.draws, margin=(6, 0, 8, 0)), **_ROW
        )
        body = pn.Column(
            self.source, self.of_model, self.own.layout, self.words,
            sizing_mode="stretch_width", margin=(2, 12, 0, 12),
        )  # fmt: skip
        self.layout = card("On trial", body, self.board, tools=(self.report, self.run), width=330,
                           sizing_mode="stretch_height")  # fmt: skip
        self.follow()

    def _make_fields(self) -> None:
        explorer = self.explorer
        self.source = pmui.RadioButtonGroup(
            options={"A model": "model", "Draws of mine": MINE}, size="small", value="model",
            margin=(0, 0, 2, 0), sizing_mode="stretch_width",
            description="Try a model that ships with astroviz, or draws and truths in a file",
        )  # fmt: skip
        self.source.param.watch(self._on_source, "value")
        self.model = pmui.Select(label="Model", options=[], description=explorer.param.tried.doc,
                                 **_FIELD)  # fmt: skip
        self.model.param.watch(self._on_model, "value")
        self.case = pmui.Select(label="Tried on", options=[],
                                description=explorer.param.trial_case.doc, **_FIELD)  # fmt: skip
        self.case.param.watch(self._on_case, "value")
        self.count = open_choice(explorer, "trial_count", _COUNTS, "{:,} simulations",
                                 explorer.param.trial_count.doc, 150)  # fmt: skip
        self.draws = open_choice(explorer, "trial_draws", _DRAWS, "{:,} draws each",
                                 explorer.param.trial_draws.doc, 140)  # fmt: skip
        self.run = pmui.Button(
            label="Try it", icon="gavel", variant="contained", size="small", margin=(0, 2),
            align="center",
            description=_TRY,
        )  # fmt: skip
        self.run.on_click(lambda _: self.start())
        self.report = pmui.FileDownload(
            callback=self.view.report, filename="astroviz_trial.html", label="Report", auto=True,
            size="small", embed=False, margin=(0, 4), icon="description", align="center",
            description="Report: one HTML file with verdicts and figures that opens offline",
        )  # fmt: skip
        self.report.variant = "text"

    # Following the state

    def follow(self) -> None:
        """Show the state: a preset, undo or a link may have changed it."""
        explorer = self.explorer
        self._writing = True
        try:
            mine = explorer.tried == MINE
            self.source.value = MINE if mine else "model"
            self.of_model.visible, self.own.layout.visible = not mine, mine
            if not mine:
                self.last = explorer.tried
                self._offer_models()
                self._offer_cases()
        finally:
            self._writing = False
        self.own.refresh()
        self.refresh()

    def _offer_models(self) -> None:
        name = full_name(self.explorer.tried)
        options = {f"{one.partition('/')[0]}: {title}": one
                   for one, title in models_there().items()}  # fmt: skip
        if name not in options.values():
            options[name] = name
        if self.model.options != options or self.model.value != name:
            self.model.param.update(options=options, value=name)

    def _offer_cases(self) -> None:
        cases, _ = cases_of(self.explorer.tried)
        options = {words[:1].upper() + words[1:]: name for name, words in cases.items()}
        options = options or {"(nothing can be tried of it)": ""}
        chosen = self.explorer.trial_usual_case()
        if self.case.options != options or self.case.value != chosen:
            self.case.param.update(options=options, value=chosen)
        self.case.disabled = not cases

    def refresh(self) -> None:
        """Show the state of the work, and the verdicts."""
        explorer = self.explorer
        busy = self.job.running
        _, refusal = cases_of(explorer.tried)
        lacking = explorer.own is None if explorer.tried == MINE else bool(refusal)
        self.run.disabled = busy or lacking
        found = explorer.trial_found()
        self.report.disabled = found is None
        words = f"{escape(refusal[:1].upper() + refusal[1:].rstrip('.'))}." if refusal else ""
        html = f"<p class='faint'>{words}</p>" if words else ""
        if self.words.object != html:
            self.words.object = html
        again = found is not None and found.complete and found.asked != explorer.trial_asked()
        label, tip = ("Run these checks", _AGAIN) if again else ("Try it", _TRY)
        if self.run.label != label:
            self.run.param.update(label=label, description=tip)
        self.board.show(explorer.trial_rows(), explorer.trial_verdict())

    # What hands do

    def _on_source(self, event: Any) -> None:
        if not self._writing:
            self.explorer.tried = MINE if event.new == MINE else self.last

    def _on_model(self, event: Any) -> None:
        if not self._writing and event.new:
            self.explorer.param.update(tried=event.new, trial_case="", **_ANEW)

    def _on_case(self, event: Any) -> None:
        if not self._writing:
            self.explorer.param.update(trial_case=event.new, **_ANEW)

    def _on_board(self, message: Any) -> None:
        if "check" in message:
            self.explorer.param.update(trial_check=str(message["check"]), trial_figure="check")
        else:
            self.explorer.trial_run_check(str(message["run"]), bool(message["on"]))
        self.refresh()

    # Work

    def start(self) -> None:
        """Put it on trial."""
        if self.job.running:
            self.shell.say("A trial is under way: cancel it, or wait for its end.", "warning")
            return
        try:
            work = self.explorer.trial_working(self._watcher())
        except ValueError as error:
            self.regret(error)
            return
        self.running = True
        name = "your draws" if self.explorer.tried == MINE else self.explorer.tried
        self.job.start(f"Trying {name}", work, self._done)
        if not self.job.running:  # outside a server it has ended by now
            self._on_job()

    def _watcher(self) -> Callable[[Any], None]:
        """What the thread of the work tells its findings to."""
        document = self.shell.document
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return self._on_found

        def told(found: Any) -> None:
            loop.call_soon_threadsafe(on_tick, document, lambda: self._on_found(found))

        return told

    def _on_found(self, found: Any) -> None:
        if self.running and not self.view._closed:
            self.explorer.trial_watch(found)
            self.view.draw()

    def _done(self, found: Any) -> None:
        self.running = False
        self.explorer.trial_keep(found)
        self.view.draw()

    def _on_job(self) -> None:
        """Work has begun or has ended."""
        if self.running and not self.job.running:  # given up, or it failed
            self.running = False
            self.explorer.trial_stopped()
            self.view.draw()
        self.refresh()

    def regret(self, error: Exception) -> None:
        """Say what is wrong."""
        sentence = escape(str(error.args[0] if error.args else error), quote=False)
        first = sentence.partition(" ")[0]
        if "." not in first:  # else it is the name of a file
            sentence = f"{sentence[:1].upper()}{sentence[1:]}"
        self.shell.say(f"{sentence.rstrip('.')}.", "error")


_ANEW: dict[str, Any] = {"trial_cell": [], "trial_bin": None, "trial_place": 0, "trial_pick": [],
                         "trial_kind": "", "trial_check": ""}  # fmt: skip
