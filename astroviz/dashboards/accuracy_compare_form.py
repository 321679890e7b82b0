"""The card beside a comparison of two posteriors: whose, seen from where, and the verdict."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.accuracy.compare_state import KINDS, SOURCES
from astroviz.accuracy.trial_models import full_name, models_there
from astroviz.dashboards.accuracy_draws_file import DrawsFile
from astroviz.dashboards.accuracy_simulate import FIELD, chooser
from astroviz.dashboards.appearance import card, note
from astroviz.dashboards.open_choice import open_choice
from astroviz.dashboards.slider_board import Slide, SliderBoard

__all__ = ["CompareForm"]

_COUNTS = (200, 400, 1000, 2000)


def _slides(which: str) -> tuple[Slide, ...]:
    return (
        Slide(f"compare_shift_{which}", f"{which.upper()}: shift", "\u03c3", 0.05),
        Slide(f"compare_width_{which}", f"{which.upper()}: width", "\u00d7", 0.05),
        Slide(f"compare_forgotten_{which}", f"{which.upper()}: forgets", "", 0.05),
    )


class CompareForm:
    r"""Choices and figures.

    Arguments:
        view: The view: `explorer`, `shell`, `job`, `simulate`, `compare_own`.
    """

    def __init__(self, view: Any) -> None:
        self.view, self.explorer = view, view.explorer
        explorer = self.explorer
        self.source = chooser(
            explorer, "Compare", {v: k for k, v in SOURCES.items()}, "compare_source"
        )
        self.references = chooser(
            explorer, "Seen from", {v: k for k, v in KINDS.items()}, "compare_references"
        )
        self.board = SliderBoard(
            explorer, {"Model A": _slides("a"), "Model B": _slides("b"),
                       "Objects": (Slide("compare_count", "N", "", 50),)},
            lambda words: view.shell.say(words, "warning"), sizing_mode="stretch_width",
            margin=(4, 0, 0, 0),
        )  # fmt: skip
        self._make_live()
        self.files = [DrawsFile(f"Draws of {which}", view.shell, self._on_file) for which in "AB"]
        self.own = pn.Column(
            *(one.layout for one in self.files), sizing_mode="stretch_width", margin=0
        )
        self.numbers = note("", margin=(10, 0, 0, 0))
        body = pn.Column(
            self.source, self.references, self.board, self.live, self.own, self.numbers,
            sizing_mode="stretch_both", margin=(0, 12, 8, 12), scroll="y-auto",
        )  # fmt: skip
        self.layout = card("Comparison", body, width=306, sizing_mode="stretch_height")

    def _make_live(self) -> None:
        explorer = self.explorer
        self.first = self._model("Model A", "tried")
        self.second = self._model("Model B", "compare_other")
        count = open_choice(
            explorer, "live_count", _COUNTS, "{:,} simulations", explorer.param.live_count.doc, 150
        )
        self.button = pmui.Button(
            label="Simulate", icon="play_arrow", variant="contained", size="small",
            align="center", margin=(0, 0, 0, 8),
            description="Simulate once, and let both models answer",
        )  # fmt: skip
        self.button.on_click(lambda _: self.view.simulate())
        row = pn.Row(count, self.button, sizing_mode="stretch_width", margin=(8, 0, 0, 0))
        self.live = pn.Column(self.first, self.second, row, sizing_mode="stretch_width", margin=0)

    def _model(self, label: str, name: str) -> pmui.Select:
        there = {title: key for key, title in models_there().items()}
        value = full_name(getattr(self.explorer, name))
        made = pmui.Select(
            label=label, options=there, value=value if value in there.values() else None,
            description=self.explorer.param[name].doc, **FIELD,
        )  # fmt: skip

        def chosen(event: Any) -> None:
            if event.new and full_name(getattr(self.explorer, name)) != event.new:
                setattr(self.explorer, name, event.new)

        made.param.watch(chosen, "value")
        return made

    def follow(self) -> None:
        """Show the state: a preset, undo or a link may have changed it."""
        explorer, source = self.explorer, self.explorer.compare_source
        self.board.visible = source == "toy"
        self.live.visible = source == "live"
        self.own.visible = source == "mine"
        for field, name in ((self.source, "compare_source"),
                            (self.references, "compare_references")):  # fmt: skip
            if field.value != getattr(explorer, name):
                field.value = getattr(explorer, name)
        for field, name in ((self.first, "tried"), (self.second, "compare_other")):
            value = full_name(getattr(explorer, name))
            if field.value != value and value in field.options.values():
                field.value = value
        self.refresh()

    def refresh(self) -> None:
        """Work began or ended."""
        self.button.disabled = self.view.job.running

    def tell(self, html: str) -> None:
        """Show what was found."""
        if self.numbers.object != html:
            self.numbers.object = html

    def _on_file(self) -> None:
        first, second = (one.trial for one in self.files)
        if first is not None and second is not None:
            self.view.compare_own(first, second)
