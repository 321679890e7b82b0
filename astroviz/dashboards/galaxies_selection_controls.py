"""The column of the selection builder where survey, depth and cuts are set."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import card
from astroviz.dashboards.room_view import choice
from astroviz.dashboards.slider_board import Slide, SliderBoard
from astroviz.galaxies.selection_state import SOURCES, SURVEYS, short

__all__ = ["SelectionControls"]

_WIDTH = 244
_DEPTH = (Slide("selection_depth", "Deeper by", "mag", 0.05),)
_LIMIT = (
    Slide("selection_limit", "Fainter lost", "mag", 0.01),
    Slide("selection_edge", "Softness", "mag", 0.01, log=True),
)
_NOISE = (Slide("selection_noise", "Least S/N", "", 0.5, log=True),)
_CURVE = (
    Slide("selection_half", "Half lost at", "mag", 0.05),
    Slide("selection_slope", "Falls within", "mag", 0.05),
)
_WEDGE = (
    Slide("wedge_x", "Apex x", "mag", 0.01, low=-0.5, high=3.0),
    Slide("wedge_y", "Apex y", "mag", 0.01, low=-0.5, high=2.5),
    Slide("wedge_direction", "Points to", "\u00b0", 1.0),
    Slide("wedge_opening", "Opening", "\u00b0", 1.0),
)
_SWITCHES = {
    "use_limit": "Magnitude limit",
    "use_noise": "Signal to noise",
    "use_curve": "Completeness curve",
    "use_wedge": "Wedge of colours",
}


class SelectionControls:
    r"""Population, survey, what is kept.

    Arguments:
        explorer: The state of the page.
        shell: Says sentences.
    """

    def __init__(self, explorer: Any, shell: Any) -> None:
        self.explorer = explorer
        self.board = SliderBoard(
            explorer, self._groups(), lambda said: shell.say(said, "warning"),
            sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        looks: dict[str, Any] = {"margin": (2, 12, 4, 12)}
        self.source = choice(
            explorer, "selection_source", {w: n for n, w in SOURCES.items()},
            explorer.param.selection_source.doc, _WIDTH, label="Galaxies of", **looks,
        )  # fmt: skip
        self.survey = choice(
            explorer, "selection_survey", {w: n for n, w in SURVEYS.items()},
            explorer.param.selection_survey.doc, _WIDTH, label="Survey", **looks,
        )  # fmt: skip
        half = (_WIDTH - 12) // 2
        self.band = self._named("Band", half, explorer.param.selection_band.doc)
        self.plane = self._named("Colours of", half, explorer.param.selection_plane.doc)
        self.switches = pn.Column(
            *(self._switch(name, label) for name, label in _SWITCHES.items()),
            sizing_mode="stretch_width", margin=(0, 12, 4, 12),
        )  # fmt: skip
        body = pn.Column(
            self.source, self.survey, pn.Row(self.band, self.plane, margin=(2, 12, 4, 12)),
            self.switches, self.board, sizing_mode="stretch_both", margin=0, scroll="y-auto",
        )  # fmt: skip
        self.layout = card(
            "Survey and selection", body, width=272, sizing_mode="stretch_height", min_height=560
        )
        self._follow()
        self._listen()

    def _listen(self) -> None:
        explorer = self.explorer
        self.band.param.watch(lambda e: self._set("selection_band", e.new), "value")
        self.plane.param.watch(lambda e: self._set("selection_plane", e.new), "value")
        explorer.param.watch(
            self._follow,
            ["selection_survey", "selection_band", "selection_plane", *_SWITCHES],
        )

    def _named(self, label: str, width: int, help_: str) -> pmui.Select:
        return pmui.Select(
            label=label, options=[], width=width, description=help_, size="small",
            variant="standard", margin=(0, 6, 0, 0),
        )  # fmt: skip

    def _switch(self, name: str, label: str) -> pmui.Switch:
        explorer = self.explorer
        switch = pmui.Switch(
            label=label, value=getattr(explorer, name), size="small", margin=0,
            description=explorer.param[name].doc,
        )  # fmt: skip
        switch.param.watch(lambda event: setattr(explorer, name, event.new), "value")
        explorer.param.watch(lambda event: setattr(switch, "value", event.new), name)
        return switch

    def _set(self, name: str, value: Any) -> None:
        if value and getattr(self.explorer, name) != value and not self._writing:
            setattr(self.explorer, name, value)

    _writing = False

    def _follow(self, *_: Any) -> None:
        """Offer the bands of the survey, and sliders for what is switched on."""
        explorer = self.explorer
        bands = [short(band) for band in explorer.survey_bands()]
        planes = {" ".join(map(short, three)): three for three in explorer.planes().values()}
        plane = " ".join(map(short, explorer.plane()))
        self._writing = True
        try:
            self.band.param.update(options=bands, value=short(explorer.limit_band()))
            self.plane.param.update(options=list(planes), value=plane)
        finally:
            self._writing = False
        self.board.offer(self._groups())

    def _groups(self) -> dict[str, tuple[Slide, ...]]:
        explorer = self.explorer
        return {
            "Depth": _DEPTH,
            "Magnitude limit": _LIMIT if explorer.use_limit else (),
            "Signal to noise": _NOISE if explorer.use_noise else (),
            "Completeness curve": _CURVE if explorer.use_curve else (),
            "Wedge": _WEDGE if explorer.use_wedge else (),
        }
