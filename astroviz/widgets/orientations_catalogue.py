r"""The catalogue in a notebook: paint a box, select, and measure how galaxies line up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import ipywidgets as ui
import numpy as np
from bokeh.layouts import column, row

from astroviz.components.faces import sphere_state
from astroviz.core.selection import Mode
from astroviz.orientations.box import WEB_TYPES
from astroviz.orientations.catalogue_state import (
    KINDS_IN_SPACE,
    KINDS_ON_SKY,
    sentence_of,
)
from astroviz.orientations.painting_state import ALL_MASSES, KINDS_OF_GALAXIES, PAINTERS
from astroviz.plots.alignment import CorrelationPlot
from astroviz.plots.box_map import BoxMap
from astroviz.widgets.live import Worker
from astroviz.widgets.orientations import OrientationsWidget
from astroviz.widgets.orientations_stills import correlations_png

if TYPE_CHECKING:
    from astropy.table import QTable

    from astroviz.orientations.box import Box
    from astroviz.orientations.curves import Correlation

__all__ = ["CatalogueWidget"]

_BOX = frozenset({"box_source", "box_size", "box_grid", "box_seed", "box_sigma8"})
_SELECTED = frozenset({"mass_range", "disky_range", "web_types", "which", "brushed"})
_ASKED = _BOX | _SELECTED | {"painter", "disky", "seed", "redshift_space", "sight"}
_AXES = 600  # long axes on the still sphere


class CatalogueWidget(OrientationsWidget):
    """A map to brush, and correlations of the selection over the truth's band.

    `selection` holds the rows brushed on the map (none of them means all), `curves` the
    correlations that are shown, `table()` the catalogue with its orientations; `paint()` lets the
    model draw every galaxy's orientation and shape.
    """

    name = "catalogue"
    follows = _ASKED | {"in_space", "on_sky"}

    def build(self) -> list[Any]:
        """Controls, the map and two figures."""
        self.curves: dict[str, Correlation] = {}
        self._map_key: Any = None
        self._painting = Worker(self._painted, self._failed)
        self.map = BoxMap()
        self.map.on_brush(lambda rows, mode: self.explorer.brush(rows, cast(Mode, mode)))
        self.plots = {
            kind: CorrelationPlot(kind, ("catalogue",))
            for kind in (*KINDS_IN_SPACE, *KINDS_ON_SKY)
        }
        self._upper, self._lower = (column(sizing_mode="stretch_both") for _ in range(2))
        figures = row(
            self.map.layout, column(self._upper, self._lower, sizing_mode="stretch_both"),
            height=620, sizing_mode="stretch_width",
        )  # fmt: skip
        self.observe(self._selected_from_python, "selection")
        return [self.row(*self._who(), *self.usual()), self.row(*self._which()),
                self._make_canvas(figures)]  # fmt: skip

    def _who(self) -> list[Any]:
        self.paint_button = self.button(
            "Paint by the model", self.paint, "Let the model draw all orientations and shapes"
        )
        self.all_button = self.button("Select all", self.explorer.select_all, "Every galaxy")
        return [
            self.dropdown("painter", "oriented by", list(PAINTERS)), self.paint_button,
            self.dropdown("in_space", "in space", list(KINDS_IN_SPACE), "180px"),
            self.dropdown("on_sky", "on the sky", list(KINDS_ON_SKY), "180px"),
            self.switch("redshift_space", "redshift space"), self.all_button,
        ]  # fmt: skip

    def _which(self) -> list[Any]:
        low, high = ALL_MASSES
        mass = ui.FloatRangeSlider(
            description="log mass", min=low, max=high, step=0.1, continuous_update=False
        )
        disky = ui.FloatRangeSlider(
            description="diskyness", min=0.0, max=1.0, step=0.05, continuous_update=False
        )
        web = ui.SelectMultiple(description="web", options=list(WEB_TYPES), rows=4)
        web.layout.width = "210px"
        return [
            self.dropdown("which", "galaxies", list(KINDS_OF_GALAXIES)),
            self.control("mass_range", mass, to_state=_floats, to_control=tuple),
            self.control("disky_range", disky, to_state=_floats, to_control=tuple),
            self.control("web_types", web, to_state=list, to_control=tuple),
        ]  # fmt: skip

    # What can be read and done

    def paint(self) -> None:
        """Let the model draw orientation and shape of every galaxy; seconds to a minute."""
        try:
            work = self.explorer.paint_work(self.engine, self.client)
        except ValueError as error:
            self._say(sentence_of(error))
            return
        self._say("The model is painting the catalogue.", "answer")
        key = self.explorer.paint_key
        self._painting.start(lambda control: (key, work(control.progress, control.check)))

    def table(self) -> QTable:
        """The catalogue with its orientations and shapes, a row for each galaxy, with units."""
        self.wait()
        return self.explorer.finished().galaxies_table()

    def wait(self) -> None:
        """Wait until a painting that was begun is finished."""
        super().wait()
        if self._ready:
            self._painting.settle(600.0)

    def _painted(self, found: tuple[Any, Box]) -> None:
        self._say("", "answer")
        self.explorer.keep_painting(*found)

    # Drawing

    def refresh(self, names: set[str]) -> None:
        """Draw the map, and measure."""
        if names & _ASKED:
            self._show_map()
        self._measure()
        self._show_head()
        rows = [int(k) for k in self.explorer.brushed]
        if rows != self.selection:
            self.selection = rows

    def stills(self) -> Any:
        """Long axes of the selected galaxies."""
        axes = self.explorer.orientations()[self.explorer.selected()][:_AXES]
        return sphere_state(rotations=axes, title="orientations of the selected galaxies")

    def picture(self) -> bytes | None:
        """The two correlations over the truth; where there are none, the axes on a map."""
        words = {kind: self.explorer.agreement(one) for kind, one in self.curves.items()}
        return correlations_png(self.curves, words) or super().picture()

    def _show_map(self) -> None:
        explorer = self.explorer
        places, axes, labels = explorer.map()
        shown = np.where(explorer.selected()[:, None], axes, np.nan)
        box = explorer.catalogue()
        key = (explorer.shown_key, explorer.sight)
        with self._canvas.together():
            self.map.update(
                places, shown, box.haloes.web_type[box.galaxies.halo], np.arange(len(places)),
                box.size, labels, fit=key != self._map_key,
            )  # fmt: skip
            self.map.select(explorer.brushed, explorer.galaxy)
        self._map_key = key

    def _measure(self) -> None:
        explorer = self.explorer
        kinds = (explorer.in_space, explorer.on_sky)
        try:
            self.curves = explorer.measured(*kinds)
        except ValueError as error:  # too few galaxies are an answer too
            self.curves = {}
            self._say(sentence_of(error))
        with self._canvas.together():
            for place, kind in zip((self._upper, self._lower), kinds, strict=True):
                plot = self.plots[kind]
                if list(place.children) != [plot.layout]:
                    place.children = [plot.layout]
                one = self.curves.get(kind)
                plot.update(
                    {} if one is None else {"catalogue": one},
                    {} if one is None else {"catalogue": explorer.agreement(one)},
                )

    def _selected_from_python(self, change: Any) -> None:
        if change["new"] != list(self.explorer.brushed):
            self.explorer.brushed = [int(k) for k in change["new"]]


def _floats(values: Any) -> list[float]:
    return [round(float(value), 6) for value in values]
