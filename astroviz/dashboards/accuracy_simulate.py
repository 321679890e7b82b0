"""Fresh simulations of the model on trial: which model, how many, a button; shared by views."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.accuracy.trial_models import MINE, full_name, models_there
from astroviz.dashboards.job import Job
from astroviz.dashboards.open_choice import open_choice

__all__ = ["FIELD", "SimulateButton", "chooser"]

FIELD = {"size": "small", "margin": (12, 4, 2, 0), "sizing_mode": "stretch_width"}
"""Looks of a field in a form."""

_COUNTS = (200, 400, 1000, 2000)


def chooser(
    explorer: Any,
    label: str,
    options: dict[str, str],
    name: str,
    quiet: Callable[[], bool] = lambda: False,
) -> pmui.Select:
    r"""A list of choices that sets a parameter of the view.

    Arguments:
        explorer: Has the parameter.
        label: Of the field.
        options: Words to values.
        name: Of the parameter.
        quiet: Whether a new value is the form's own, which sets nothing.
    """
    value = getattr(explorer, name)
    made = pmui.Select(
        label=label, options=options, value=value if value in options.values() else None,
        description=explorer.param[name].doc, **FIELD,
    )  # fmt: skip

    def chosen(event: Any) -> None:
        if event.new is not None and not quiet() and getattr(explorer, name) != event.new:
            setattr(explorer, name, event.new)

    made.param.watch(chosen, "value")
    return made


class SimulateButton:
    r"""The model on trial and the work of asking it.

    Arguments:
        view: The view: `explorer`, `shell`, `wanted()` gives the work, `arrived(trial)` takes it.
        job: Runs it.
    """

    def __init__(self, view: Any, job: Job) -> None:
        self.view, self.job, self.explorer = view, job, view.explorer
        self.model = pmui.Select(
            label="Model on trial", options=self._models(), value=full_name(self.explorer.tried),
            description=self.explorer.param.tried.doc, **FIELD,
        )  # fmt: skip
        self.model.param.watch(self._chosen, "value")
        self.count = open_choice(
            self.explorer, "live_count", _COUNTS, "{:,} simulations",
            self.explorer.param.live_count.doc, 150,
        )  # fmt: skip
        self.button = pmui.Button(
            label="Simulate", icon="play_arrow", variant="contained", size="small",
            align="center", margin=(0, 0, 0, 8),
            description="Simulate what the model is for, and let it answer",
        )  # fmt: skip
        self.button.on_click(lambda _: self.start())
        row = pn.Row(self.count, self.button, sizing_mode="stretch_width", margin=(8, 0, 0, 0))
        self.layout = pn.Column(self.model, row, sizing_mode="stretch_width", margin=0)

    def follow(self) -> None:
        """Show the state."""
        name = full_name(self.explorer.tried)
        if self.model.value != name:
            self.model.param.update(options=self._models(), value=name)
        self.button.disabled = self.job.running

    def start(self) -> None:
        """Simulate."""
        try:
            work = self.view.wanted()
        except ValueError as error:
            sentence = str(error)
            self.view.shell.say(sentence[:1].upper() + sentence[1:], "error")
            return
        self.job.start("Simulating and drawing", work, self.view.arrived)

    def _models(self) -> dict[str, str]:
        found = {title: name for name, title in models_there().items()}
        if self.explorer.own is not None or self.explorer.tried == MINE:
            found["Draws of mine"] = MINE
        name = full_name(self.explorer.tried)
        return found if name in found.values() else {**found, name: name}

    def _chosen(self, event: Any) -> None:
        if event.new and full_name(self.explorer.tried) != event.new:
            self.explorer.tried = event.new
