r"""The diffusion film in a notebook: draws between noise and a density, beside the true law."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as ui
import numpy as np
from bokeh.layouts import row

from astroviz.components.faces import sphere_state
from astroviz.orientations.film_state import (
    DIRECTIONS,
    EVALUATIONS,
    LOOKS,
    METHODS,
    NETWORKS,
    film_title,
)
from astroviz.plots.two_laws import TwoLaws
from astroviz.widgets.orientations import OrientationsWidget, show_sphere
from astroviz.widgets.orientations_stills import fewer_points
from astroviz.widgets.sphere_still import spheres_png

if TYPE_CHECKING:
    from astroviz.core.draws import Draws

__all__ = ["FilmWidget"]

_ASKED = frozenset(
    {"density", "network", "direction", "method", "evaluations", "film_draws", "seed"}
)
_LABELS = {"longitude": "longitude (°)", "latitude": "latitude (°)", "tilt": "tilt (°)"}
_TICK_MS = 180


class FilmWidget(OrientationsWidget):
    """Learned and true law side by side on two spheres that turn together."""

    name = "film"
    follows = _ASKED | {"frame", "look"}

    def build(self) -> list[Any]:
        """Choices, the time, two spheres and three curves."""
        self.film: Any = None
        names = [(film_title(n), n) for n in self.explorer.param.density.objects]
        choices = self.row(
            self.dropdown("density", "density", names),
            self.dropdown("network", "score", _options(NETWORKS)),
            self.dropdown("method", "method", _options(METHODS), "200px"),
            self.dropdown("evaluations", "evaluations", EVALUATIONS, "180px"),
            self.dropdown("direction", "way", _options(DIRECTIONS)),
            self.dropdown("look", "shown", _options(LOOKS)), *self.usual(),
        )  # fmt: skip
        self.time = ui.IntSlider(description="time", min=0, max=1, readout=False,
                                 layout=ui.Layout(width="460px"))  # fmt: skip
        self.time.observe(self._scrubbed, "value")
        self.play = ui.Play(min=0, max=1, interval=_TICK_MS, tooltip="Play the film")
        ui.jslink((self.play, "value"), (self.time, "value"))
        self.moment = ui.Label()
        together: dict[str, Any] = {"group": self.client, "density_scale": "sqrt"}
        together["point_size"] = 3.0
        self.learned = self.sphere("learned", **together)
        self.true = self.sphere("true", **together)
        self.hear_selection(self.learned)
        self.curves = {
            name: TwoLaws(name, label, legend=name == "longitude")
            for name, label in _LABELS.items()
        }
        plots = row(*(one.layout for one in self.curves.values()), height=210,
                    sizing_mode="stretch_width")  # fmt: skip
        self.figures = ui.HTML()
        return [
            choices, self.row(self.play, self.time, self.moment),
            self.row(self.learned, self.true), self._make_canvas(plots), self.figures,
        ]  # fmt: skip

    def refresh(self, names: set[str]) -> None:
        """Make the film that is asked for, or show another frame of it."""
        if "look" in names:
            look = self.explorer.look
            for sphere in (self.learned, self.true):
                show_sphere(sphere, show_points=look != "density", show_density=look != "points")
        if names & _ASKED:
            self._say("The film is being made.", "answer")
            self._asker.ask(self.explorer.film_request())
        elif "frame" in names and self.film is not None:
            self._show_frame()

    def show(self, draws: Draws) -> None:
        """Take over a film."""
        self.film = self.explorer.film(draws)
        last = len(self.film) - 1
        self.time.max = self.play.max = last
        self._show_frame()
        facts = [*self.explorer.film_facts(self.film), *self.explorer.film_metrics()]
        self.figures.value = " &middot; ".join(
            f"{escape(name)}: {escape(value)}" for name, value in facts
        )
        self._say("", "answer")

    def stills(self) -> Any:
        """The learned side."""
        return self.learned if self.learned.points else self.true

    def picture(self) -> bytes | None:
        """Both sides as maps, next to each other; points only where there is no density."""
        self.wait()
        bare = self.explorer.look != "points"
        sides = [
            fewer_points(side, 600, title=f"{side.title}, {self.moment.value}",
                         show_points=not bare)
            for side in (self.learned, self.true)
        ]  # fmt: skip
        return spheres_png(sides, (9.0, 3.2), 80)

    def _scrubbed(self, change: Any) -> None:
        if self.film is not None:
            last = len(self.film) - 1
            self.explorer.frame = None if change["new"] >= last else int(change["new"])

    def _show_frame(self) -> None:
        explorer = self.explorer
        scene = explorer.film_scene(self.film)
        self.time.value = explorer.film_frame(self.film)
        words = f"\u03c3 = {scene.sigma:.3g} rad" if scene.sigma > 0 else "the density itself"
        self.moment.value = words
        for sphere, angles, density, side in (
            (self.learned, scene.learned, scene.learned_map, "learned"),
            (self.true, scene.true, scene.true_map, "true"),
        ):
            show_sphere(sphere, **_state(angles, density, scene.top, f"{side}, {words}"))
        with self._canvas.together():
            for name, plot in self.curves.items():
                one = scene.coordinates[name]
                plot.update(one.edges, one.learned, one.true, one.top)


def _options(words: Any) -> list[tuple[str, str]]:
    return [(label, name) for name, label in words.items()]


def _state(angles: np.ndarray, density: np.ndarray, top: float, words: str) -> dict[str, Any]:
    """What a sphere shows of one side."""
    if not len(angles):
        return {"points": b"", "density": b"", "caption": "No score: nothing is drawn"}
    places: Any = {"longitude": angles[:, 0], "latitude": angles[:, 1], "tilt": angles[:, 2]}
    return sphere_state(axes=places, density=density, density_max=top,
                        caption=f"{len(angles):,} rotations, {words}")  # fmt: skip
