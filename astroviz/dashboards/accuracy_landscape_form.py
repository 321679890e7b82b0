"""The card beside a map of coverage: whose posteriors, in which plane, in what colour."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.accuracy.landscape_scene import TINTS
from astroviz.accuracy.landscape_state import SOURCES
from astroviz.dashboards.accuracy_simulate import chooser
from astroviz.dashboards.appearance import card, note
from astroviz.dashboards.slider_board import Slide, SliderBoard

__all__ = ["LandscapeForm"]

_SLIDES = (
    Slide("landscape_near", "Neighbours", "", 1),
    Slide("landscape_level", "Interval", "", 0.01),
)


class LandscapeForm:
    r"""Choices and figures of the map.

    Arguments:
        view: The view: `explorer`, `shell`, `choices`, `teach`, `simulate`.
    """

    def __init__(self, view: Any) -> None:
        self.view, self.explorer = view, view.explorer
        explorer = self.explorer
        axes, names = view.choices()
        self._writing = False

        def quiet() -> bool:
            return self._writing

        self.source = chooser(
            explorer, "Posteriors of", {v: k for k, v in SOURCES.items()}, "landscape_source"
        )
        self.x = chooser(explorer, "Across", axes, "landscape_x", quiet)
        self.y = chooser(explorer, "Up", axes, "landscape_y", quiet)
        self.parameter = chooser(explorer, "Intervals of", names, "landscape_parameter", quiet)
        self.tint = chooser(explorer, "Colour", {v: k for k, v in TINTS.items()}, "landscape_tint")
        self.board = SliderBoard(
            explorer, {"Counted together": _SLIDES},
            lambda words: view.shell.say(words, "warning"), sizing_mode="stretch_width",
            margin=(4, 0, 0, 0),
        )  # fmt: skip
        self.teach = pmui.Button(
            label="Teach L-C2ST", icon="school", variant="outlined", size="small",
            margin=(8, 0, 0, 0),
            description="A classifier learns truths from draws with the data beside; some seconds",
        )  # fmt: skip
        self.teach.on_click(lambda _: view.teach())
        self.numbers = note("", margin=(10, 0, 0, 0))
        body = pn.Column(
            self.source, view.simulate.layout, self.x, self.y, self.parameter, self.tint,
            self.board, self.teach, self.numbers,
            sizing_mode="stretch_both", margin=(0, 12, 8, 12), scroll="y-auto",
        )  # fmt: skip
        self.layout = card("Map", body, width=286, sizing_mode="stretch_height")

    def follow(self) -> None:
        """Show the state: a preset, undo or a link may have changed it."""
        explorer = self.explorer
        live = explorer.landscape_source == "tried"
        self.view.simulate.layout.visible = live
        self.view.simulate.follow()
        if self.source.value != explorer.landscape_source:
            self.source.value = explorer.landscape_source
        if self.tint.value != explorer.landscape_tint:
            self.tint.value = explorer.landscape_tint
        axes, names = self.view.choices()
        if not axes:
            return
        trial = explorer.landscape_trial()
        x, y = explorer.landscape_axes(trial)
        whose = explorer.landscape_whose(trial)
        for field, options, value in (
            (self.x, axes, x), (self.y, axes, y), (self.parameter, names, whose),
        ):  # fmt: skip
            if field.options != options or field.value != value:
                self._writing = True
                field.param.update(options=options, value=value if value else None)
                self._writing = False

    def refresh(self) -> None:
        """Work began or ended."""
        self.teach.disabled = self.view.job.running
        self.view.simulate.follow()

    def tell(self, html: str) -> None:
        """Show figures of the map."""
        if self.numbers.object != html:
            self.numbers.object = html
