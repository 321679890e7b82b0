r"""The cosmic web in a notebook: a galaxy in its surroundings, and how it may be turned."""

from __future__ import annotations

import math
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as ui
import numpy as np

from astroviz.components.box_packing import scene_state
from astroviz.components.faces import WebBoxWidget, sphere_state
from astroviz.orientations.web_state import COSINES, TILTS
from astroviz.plots.axis_tilt import AxisTilt
from astroviz.plots.ellipsoid import quaternion_facing
from astroviz.widgets.live import Worker
from astroviz.widgets.orientations import OrientationsWidget, show_sphere
from astroviz.widgets.orientations_stills import fewer_points
from astroviz.widgets.sphere_still import spheres_png

if TYPE_CHECKING:
    from astroviz.core.draws import Draws

__all__ = ["WebWidget"]

_BOX = frozenset({"box_source", "box_size", "box_grid", "box_seed", "box_sigma8"})
_PLACE = _BOX | {"galaxy"}
_HAND = frozenset({"tide_turn", "tide_stretch", "swing", "distance", "alone"})
_ASKED = _PLACE | _HAND | {"messages", "seed", "web_draws"}
_SHOWN = 600  # draws on a sphere


class WebWidget(OrientationsWidget):
    """The box, the model's p(R | environment) beside the exact law, and the surroundings.

    `explorer.galaxy` is the galaxy that is looked at; `selection` holds the numbers of draws
    selected on the model's sphere, `picked` the draw that was clicked. `judge()` compares model
    and law in nats.
    """

    name = "web"
    follows = _ASKED | {"folded"}

    def build(self) -> list[Any]:
        """The box, two spheres, curves, and what can be moved."""
        self._key: Any = None
        self._read: dict[str, Any] = {}
        self._judgement = Worker(self._judged, self._failed)
        self.box = WebBoxWidget(
            caption="Galaxies of the box by web type; click one", size_label="stellar mass",
            point_size=2.2, layout=ui.Layout(flex="1 1 320px", height="400px"),
        )  # fmt: skip
        self.box.observe(self._picked_galaxy, "picked")
        looks: dict[str, Any] = {"group": self.client, "point_size": 3.0}
        looks["density_label"] = "axis density (uniform = 1)"
        self.model_sphere = self.sphere("model", **looks)
        self.truth_sphere = self.sphere("truth (exact law)", **looks)
        self.hear_selection(self.model_sphere)
        self.curves = AxisTilt()
        self.numbers = ui.HTML()
        folded = ui.Accordion([self._make_hand()], selected_index=None)
        folded.titles = ("Move its surroundings",)
        controls = self.row(
            self.button("Next galaxy", partial(self._step, +1), "The next row of the box"),
            self.switch("messages", "messages"), self.switch("folded", "fold (D2)"),
            self.button("Let go", self.explorer.let_go, "Surroundings as they are in the box"),
            self.button("Judge", self.judge_here, "Nats of model and law for this galaxy"),
            *self.usual(),
        )  # fmt: skip
        self.curves.layout.update(height=240, sizing_mode="stretch_width")
        canvas = self._make_canvas(self.curves.layout)
        return [controls, self.row(self.box, self.model_sphere, self.truth_sphere), folded,
                self.numbers, canvas]  # fmt: skip

    def refresh(self, names: set[str]) -> None:
        """Draw the law, and ask the model."""
        explorer = self.explorer
        if names & _PLACE:
            self._show_box()
        if names <= {"messages"}:
            pass
        elif names & _ASKED:
            self._read = {}
        self._read["truth"] = truth = explorer.read_truth()
        self._top = 1.05 * float(truth.axis_map.max())
        self._draw(self.truth_sphere, truth)
        if names & _PLACE:
            for sphere in (self.model_sphere, self.truth_sphere):
                show_sphere(sphere, rotation=quaternion_facing(truth.peak))
        self._show_rest()
        if not explorer.asks_model:
            self._say(explorer.regret())
        elif names & _ASKED:
            self._asker.ask(explorer.request(quick=names <= _HAND))
        elif self._last is not None:
            self.show(self._last)

    _last: Draws | None = None

    def show(self, draws: Draws) -> None:
        """Draw what the model says."""
        self._last = draws
        heard = self.explorer.messages
        self._read["model" if heard else "no messages"] = found = self.explorer.read(
            draws.extras["rotations"]
        )
        self._draw(self.model_sphere, found)
        self.model_sphere.title = "model" if heard else "model without messages"
        self._show_rest()

    def stills(self) -> Any:
        """The model's sphere, or the law's where there is no model."""
        return self.model_sphere if self.model_sphere.points else self.truth_sphere

    def picture(self) -> bytes | None:
        """Model and law as maps, next to each other; the ring is how the galaxy lies."""
        self.wait()
        sides = [
            fewer_points(side, 0, show_points=False)
            for side in (self.model_sphere, self.truth_sphere)
        ]
        return spheres_png(sides, (9.0, 3.2), 80)

    # Model against law

    def judge(self) -> list[str]:
        """Nats of the galaxy's orientation by model and ablation, with their KL to the law."""
        found: list[str] = self.explorer.judge()()
        return found

    def judge_here(self) -> None:
        """Do the same beside the kernel's main thread, and write it under the spheres."""
        work = self.explorer.judge()
        self._say("Judging model and law.", "answer")
        self._judgement.start(lambda control: work())

    def _judged(self, cells: list[str]) -> None:
        self._say("", "answer")
        self._write(cells)

    # Drawing

    def _draw(self, sphere: Any, read: Any) -> None:
        explorer = self.explorer
        own = explorer.shown_rotations(explorer.own_rotation()[None])
        period = math.pi * (2 if explorer.folded else 1)
        state = sphere_state(
            rotations=read.rotations[:_SHOWN], truth=own, density=read.axis_map,
            density_max=self._top, tilt_period=period,
            caption=f"Axis density and draws of {explorer.galaxy_words()}",
        )  # fmt: skip
        show_sphere(sphere, **state)

    def _show_rest(self) -> None:
        read = self._read
        with self._canvas.together():
            self.curves.update(
                COSINES, {name: one.cosine for name, one in read.items()},
                TILTS, {name: one.tilt for name, one in read.items()},
            )  # fmt: skip
        self._write(())
        self._show_head()

    def _write(self, judged: Any) -> None:
        self.numbers.value = "<br>".join(
            f"<b>{escape(head)}</b>: {escape(' · '.join(cells))}"
            for head, cells in self.explorer.figures(judged)
        )

    def _show_box(self) -> None:
        explorer, points = self.explorer, None
        if self._key != explorer.shown_key:
            self._key = explorer.shown_key
            points = explorer.box_points()
        show_sphere(self.box, **scene_state(explorer.box_scene(), points), picked=explorer.here)

    # From the hand

    def _picked_galaxy(self, change: Any) -> None:
        if change["new"] >= 0 and change["new"] != self.explorer.here:
            self.explorer.galaxy = int(change["new"])

    def _step(self, by: int) -> None:
        self.explorer.galaxy = (self.explorer.here + by) % len(self.explorer.box.galaxies)

    def _make_hand(self) -> ui.VBox:
        rows = [
            self.row(*(self._turn(name, words, axis) for axis in range(3)))
            for name, words in (("tide_turn", "tide"), ("swing", "neighbours"))
        ]
        stretch = self.row(*(self._stretch(axis) for axis in range(3)))
        distance = ui.FloatSlider(description="distances \u00d7", min=0.4, max=2.5, step=0.01)
        rest = self.row(self.control("distance", distance), self.switch("alone", "no neighbours"))
        return ui.VBox([*rows, stretch, rest])

    def _turn(self, name: str, words: str, axis: int) -> Any:
        made = ui.FloatSlider(min=-180, max=180, step=1, readout_format=".0f")
        made.description = f"{words} {'xyz'[axis]} (°)"
        made.style.description_width = "initial"
        return self._one_of(name, axis, made, math.degrees(1.0))

    def _stretch(self, axis: int) -> Any:
        made = ui.FloatSlider(min=-1.5, max=1.5, step=0.01)
        made.description = f"eigenvalue {axis + 1} +"
        made.style.description_width = "initial"
        return self._one_of("tide_stretch", axis, made, 1.0)

    def _one_of(self, name: str, axis: int, made: Any, unit: float) -> Any:
        """A slider for one component of a vector."""

        def to_state(value: float) -> list[float]:
            vector = [float(x) for x in getattr(self.explorer, name)]
            if abs(vector[axis] * unit - value) > 1e-6:
                vector[axis] = round(value / unit, 6)
            return vector

        def to_control(vector: list[float]) -> float:
            return float(np.clip(vector[axis] * unit, made.min, made.max))

        return self.control(name, made, to_state=to_state, to_control=to_control)
