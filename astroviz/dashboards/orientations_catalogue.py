"""The view *Catalogue* of orientations: paint a box, select, and measure how galaxies line up."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np
import panel as pn
import panel_material_ui as pmui

from astroviz.core.selection import Mode
from astroviz.dashboards.appearance import card, figure_pane, framed
from astroviz.dashboards.orientations_catalogue_bar import SelectionBar
from astroviz.dashboards.orientations_catalogue_form import CatalogueForm
from astroviz.dashboards.room_view import GAP, RoomView
from astroviz.plots.box_map import BoxMap

__all__ = ["CatalogueView"]

_BOX = frozenset({"box_source", "box_size", "box_grid", "box_seed", "box_sigma8"})
_LOOKS = _BOX | {"painter", "disky", "seed"}
_PLACES = _LOOKS | {"redshift_space", "sight"}
_SELECTED = frozenset({"mass_range", "disky_range", "web_types", "which", "brushed"})
_ASKED = _PLACES | _SELECTED
# Panel on the right -> its module and class; imported when first wanted.
_SIDES = {
    "correlations": ("orientations_catalogue_sides", "CorrelationSide"),
    "forecast": ("orientations_catalogue_sides", "ForecastSide"),
    "gan": ("orientations_catalogue_trials", "GanSide"),
    "shift": ("orientations_catalogue_trials", "ShiftSide"),
}


class CatalogueView(RoomView):
    """The form, the map, and two figures that answer."""

    name = "catalogue"
    follows = _ASKED | {"catalogue_panel", "in_space", "on_sky", "amplitude"}

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        self.form = CatalogueForm(self)
        self.bar = SelectionBar(self.explorer)
        self.map = BoxMap(dark=self.shell.dark)
        self.map.on_brush(lambda rows, mode: self.explorer.brush(rows, cast(Mode, mode)))
        self.map.on_pick(self._open)
        self.side = pn.Column(sizing_mode="stretch_both", margin=0, min_width=420)
        self._sides: dict[str, Any] = {}
        self._key: Any = None
        self._regretted = ""
        panels = pn.Row(
            self.form.layout, self._make_map(), self.side,
            sizing_mode="stretch_both", margin=0, styles=GAP,
        )  # fmt: skip
        self.layout = self.stack(self.bar.layout, panels)
        self.plots = (self.map,)
        self.start()

    def _make_map(self) -> Any:
        small = {"size": "small", "margin": (0, 4), "align": "center"}
        explorer = self.explorer
        redshifts = pmui.Switch(
            label="Redshift\u00a0space", value=explorer.redshift_space,
            description=explorer.param.redshift_space.doc, **small,
        )  # fmt: skip
        redshifts.link(explorer, value="redshift_space", bidirectional=True)
        sight = pmui.RadioButtonGroup(
            options={f"along\u00a0{axis}": axis for axis in "xyz"}, value=explorer.sight,
            description=explorer.param.sight.doc, **small,
        )  # fmt: skip
        sight.link(explorer, value="sight", bidirectional=True)
        return card("Map", framed(figure_pane(self.map.layout)), tools=(redshifts, sight))

    @property
    def asked(self) -> Any:
        """What is on the right, built when first wanted."""
        name = self.explorer.catalogue_panel
        if name not in self._sides:
            module, kind = _SIDES[name]
            made = importlib.import_module(f"astroviz.dashboards.{module}")
            self._sides[name] = getattr(made, kind)(self)
        return self._sides[name]

    def follow(self, names: set[str]) -> None:
        """Draw what depends on these parameters."""
        if names & (_BOX | {"painter", "disky", "seed"}):
            self.form.follow()
        if names & _SELECTED:
            self.bar.follow()
        if names & _ASKED:
            self._show_map()
        if list(self.side) != [self.asked.layout]:
            self.side[:] = [self.asked.layout]
        if names & (_ASKED | {"catalogue_panel"} | self.asked.follows):
            self.asked.show()

    def regret(self, sentence: str) -> None:
        """Say why something could not be measured, once."""
        if sentence and sentence != self._regretted:
            self.shell.say(sentence, "warning")
        elif not sentence and self._regretted:
            self.shell.voice.sentence = ""
        self._regretted = sentence

    def step(self, by: int) -> None:
        """The next seed, or the one before."""
        self.explorer.seed = max(self.explorer.seed + by, 0)

    def tables(self) -> Mapping[str, Callable[[], Any]]:
        """What can be saved."""
        explorer = self.explorer
        return {
            "Galaxies with their orientations": lambda: explorer.finished().galaxies_table(),
            "Selected galaxies": lambda: (
                explorer.finished().subset(explorer.selected()).galaxies_table()
            ),
            "Haloes of the box": lambda: explorer.catalogue().haloes_table(),
        }

    def _show_map(self) -> None:
        explorer = self.explorer
        places, axes, labels = explorer.map()
        chosen = explorer.selected()
        shown = np.where(chosen[:, None], axes, np.nan)  # the unselected are dots without sticks
        box = explorer.catalogue()
        key = (explorer.shown_key, explorer.sight)
        self.map.update(
            places, shown, box.haloes.web_type[box.galaxies.halo], np.arange(len(places)),
            box.size, labels, fit=key != self._key,
        )  # fmt: skip
        self._key = key
        self.map.select(explorer.brushed, explorer.galaxy)

    def _open(self, row: int) -> None:
        """A galaxy of the map, in its surroundings."""
        self.explorer.galaxy = int(row)
        self.shell.view = "web"

    def _on_dark(self, event: Any) -> None:
        super()._on_dark(event)
        for side in self._sides.values():
            for plot in side.plots:
                plot.set_dark(event.new)
