r"""The lessons on galaxies in a notebook: transport on a bench, stacking, what fits cost."""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets as ui
import traitlets
from bokeh.layouts import column, row

from astroviz.galaxies.lessons_stacking import WAYS
from astroviz.galaxies.lessons_state import KINDS, LESSONS, MASSES
from astroviz.galaxies.lessons_toy import FARTHEST
from astroviz.plots.lesson_figures import (
    cost_figure,
    descent_figure,
    distance_figure,
    draw_descent,
    draw_distances,
    draw_stacking,
    singles_figure,
    stacking_bars,
    stacking_figure,
)
from astroviz.plots.transport import TransportPlan
from astroviz.widgets.galaxies import GalaxiesWidget
from astroviz.widgets.galaxies_fit_stills import cost_png, stacking_png, toy_png

__all__ = ["LessonsWidget"]

_TOY = frozenset({"toy_shape", "toy_apart", "toy_width", "toy_blur", "seed"})
_STACKING = frozenset({"stack_kind", "stack_count", "stack_error", "seed"})
_COST = frozenset({"cost_galaxies", "source"})
_HEIGHT = 300


class LessonsWidget(GalaxiesWidget):
    """A lesson at a time; `scene` holds what is drawn, as arrays, and can be observed."""

    name = "lessons"
    title = "Why populations, why transport"
    follows = _TOY | _STACKING | _COST | {"lesson"}
    scene = traitlets.Any(None, allow_none=True, help="What is shown.")

    def build(self) -> list[Any]:
        """Choices, sliders of each lesson, figures, numbers."""
        self.numbers = ui.HTML()
        self._rows = {
            "distance": self.row(
                self.dropdown("toy_shape", "data of", [(v, k) for k, v in MASSES.items()]),
                self._slider("toy_apart", "place", 0.01),
                self.control("toy_blur", ui.FloatLogSlider(
                    description="blur", min=-2.0, max=0.6, step=0.01, readout_format=".3f")),
                self._slider("toy_width", "width", 0.01),
            ),
            "stacking": self.row(
                self.dropdown("stack_kind", "galaxies of", [(v, k) for k, v in KINDS.items()]),
                self._slider("stack_count", "log N", 0.1, False),
                self._slider("stack_error", "error (dex)", 0.01, False),
            ),
            "cost": self.row(
                self._slider("cost_galaxies", "log N", 0.1),
                self.button("Measure this machine", self.measure, "Draws galaxies for a second"),
            ),
        }  # fmt: skip
        choices = self.row(
            self.dropdown("lesson", "lesson", [(v, k) for k, v in LESSONS.items()], "380px"),
            *self.usual(),
        )
        self._make_figures()
        self._place = column(sizing_mode="stretch_width")
        return [choices, *self._rows.values(), self._make_canvas(self._place), self.numbers]

    def _make_figures(self) -> None:
        self.plan = TransportPlan("toy-plan")
        self.curves = distance_figure("toy-curves")
        self.descent = descent_figure("toy-descent")
        self.populations = stacking_figure("stacking-populations")
        self.singles = singles_figure("stacking-singles")
        self.bars = stacking_bars("stacking-distances")
        self.costs = cost_figure("cost-bars")
        several = {
            "distance": (self.plan, self.curves, self.descent),
            "stacking": (self.populations, self.singles, self.bars),
            "cost": (self.costs,),
        }
        self._figures = {
            lesson: row(*(plot.layout for plot in plots), height=_HEIGHT,
                        sizing_mode="stretch_width")
            for lesson, plots in several.items()
        }  # fmt: skip

    def refresh(self, names: set[str]) -> None:
        """Draw the lesson that is open."""
        lesson = self.explorer.lesson
        for name, controls in self._rows.items():
            controls.layout.display = "" if name == lesson else "none"
        if self._place.children != [self._figures[lesson]]:
            self._place.children = [self._figures[lesson]]
            names = names | {"lesson"}
        wanted = {"distance": _TOY, "stacking": _STACKING, "cost": _COST}[lesson]
        if names & (wanted | {"lesson"}):
            with self._canvas.together():
                getattr(self, f"_show_{lesson}")()

    def measure(self) -> None:
        """Time the draws of the population on this machine."""
        self.work("Drawing galaxies with their light", self.explorer.cost_measuring,
                  self._measured)  # fmt: skip

    def picture(self) -> bytes | None:
        """The figures of the lesson."""
        self.wait()
        draw = {"distance": toy_png, "stacking": stacking_png, "cost": cost_png}
        return None if self.scene is None else draw[self.explorer.lesson](self.scene)

    def _show_distance(self) -> None:
        scene = self.explorer.toy_asking()()
        words = f"{len(scene.model)} points of the model, {len(scene.lines)} lines to the data."
        self.plan.update(scene.model, scene.data, scene.lines, scene.strengths, words)
        draw_distances(self.curves, scene.places, scene.curves, scene.apart)
        draw_descent(self.descent, scene.paths, scene.goal, FARTHEST)
        self._take(scene, scene.table)

    def _show_stacking(self) -> None:
        scene = self.explorer.stacking_asking()()
        draw_stacking(self.populations, self.singles, self.bars, scene, WAYS)
        self._take(scene, scene.table)

    def _show_cost(self) -> None:
        scene = self.explorer.cost_scene()
        self.costs.update(scene.names, scene.hours, scene.words, top=scene.top)
        rows = "".join(
            f"<tr><td>{escape(way['name'])}</td><td>{escape(way['whole'])}</td>"
            f"<td>{escape(way['source'])}</td></tr>"
            for way in scene.clock
        )
        self._take(scene, f"<table>{rows}</table>")

    def _take(self, scene: Any, html: str) -> None:
        self.scene = scene
        self.numbers.value = html

    def _measured(self, rate: Any) -> None:
        self.explorer.cost_keep(rate)
        with self._canvas.together():
            self._show_cost()

    def _slider(self, name: str, label: str, step: float, live: bool = True) -> Any:
        low, high = self.explorer.param[name].bounds
        slider = ui.FloatSlider(description=label, min=low, max=high, step=step,
                                continuous_update=live)  # fmt: skip
        return self.control(name, slider)
