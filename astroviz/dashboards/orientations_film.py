"""The diffusion film: draws between noise and a density, beside the true law of that moment."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial
from html import escape
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui

from astroviz.components.faces import OrientationSphere, sphere_state
from astroviz.dashboards.appearance import CARD_STYLE, card, figure_pane, framed, note
from astroviz.dashboards.live import on_tick
from astroviz.dashboards.room_view import GAP, RoomView, choice
from astroviz.dashboards.scale_slider import ScaleSlider
from astroviz.orientations.film_state import (
    DIRECTIONS,
    EVALUATIONS,
    LOOKS,
    METHODS,
    NETWORKS,
)
from astroviz.plots.two_laws import TwoLaws

__all__ = ["FilmView"]

_ASKED = frozenset(
    {"density", "network", "direction", "method", "evaluations", "film_draws", "seed"}
)
_KEPT = 6  # films
_LOOK_S = 0.2
_NOTHING = "No score: nothing is drawn"
_LABELS = {
    "longitude": "longitude of the first axis (\u00b0)",
    "latitude": "latitude of the first axis (\u00b0)",
    "tilt": "tilt about it (\u00b0)",
}


class FilmView(RoomView):
    """Learned and true law side by side on two spheres that turn together."""

    name = "film"
    follows = _ASKED | {"frame", "projection", "look"}

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        dark = self.shell.dark
        self.film: Any = None
        self._films: OrderedDict[str, Any] = OrderedDict()
        self._asked = ""
        self._watching: asyncio.Task[None] | None = None
        self.learned, self.true = (self._sphere(dark) for _ in range(2))
        self.spheres = (self.learned, self.true)
        self.curves = {
            name: TwoLaws(name, label, dark, legend=name == "longitude")
            for name, label in _LABELS.items()
        }
        self.plots = tuple(self.curves.values())
        self.slider = ScaleSlider(
            self._move, label="Time of the film", words=["noise", "density"], playable=True
        )
        self.figures = note("", margin=(0, 14, 6, 14))
        self.answers = self.live("film", self._show)
        self.layout = self._make_layout()
        for sphere in self.spheres:
            sphere.param.watch(self._on_projection, "projection")
        self.start()

    def close(self) -> None:
        """The tab is gone."""
        super().close()
        if self._watching is not None:
            self._watching.cancel()

    # --- building ---------------------------------------------------------------------------

    def _sphere(self, dark: bool) -> Any:
        return OrientationSphere(
            dark=dark, sizing_mode="stretch_both", margin=0, point_size=3.0,
            group=f"film-{self.shell.client}", density_scale="sqrt",
        )  # fmt: skip

    def _make_layout(self) -> pn.Column:
        explorer = self.explorer
        network = choice(explorer, "network", _options(NETWORKS), "Whose score", 132)
        method = choice(explorer, "method", _options(METHODS), "How it is followed", 116)
        count = choice(
            explorer, "evaluations", {f"{n} evaluations": n for n in EVALUATIONS},
            "Evaluations of the network for each draw", 122,
        )  # fmt: skip
        left = card("Learned", framed(self.learned), tools=(network, method, count))
        look = choice(explorer, "look", _options(LOOKS), "What the spheres show", 150)
        middle = card("True", framed(self.true), tools=(look,))
        curves = pn.Column(
            *(framed(figure_pane(plot.layout)) for plot in self.plots),
            sizing_mode="stretch_both", margin=0,
        )  # fmt: skip
        upper = card("Three angles", curves)
        lower = card(
            "Measured", self.figures, height=200, sizing_mode="stretch_width", scroll="y-auto"
        )
        right = pn.Column(upper, lower, sizing_mode="stretch_both", margin=0, styles=GAP)
        for part, share in ((left, 10), (middle, 10), (right, 7)):
            part.styles = {**part.styles, "flex": f"{share} 1 0px"}
        panels = pn.Row(left, middle, right, sizing_mode="stretch_both", margin=0, styles=GAP)
        way = pmui.RadioButtonGroup(
            options=_options(DIRECTIONS), value=explorer.direction, size="small", align="center",
            margin=(0, 12, 0, 0),
        )  # fmt: skip
        way.param.watch(lambda event: setattr(explorer, "direction", event.new), "value")
        explorer.param.watch(lambda event: setattr(way, "value", event.new), "direction")
        bar = pn.Row(
            self.slider, way, styles={**CARD_STYLE, "margin-top": "10px"}, height=78,
            sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        return self.stack(panels, bar)

    # --- questions and answers ----------------------------------------------------------------

    def follow(self, names: set[str]) -> None:
        """Make the film that is asked for, or show another frame of it."""
        if "projection" in names:
            for sphere in self.spheres:
                sphere.projection = self.explorer.projection
        if "look" in names:
            shown = self.explorer.look
            for sphere in self.spheres:
                sphere.param.update(show_points=shown != "density", show_density=shown != "points")
        if names & _ASKED:
            self._ask()
        elif "frame" in names and self.film is not None:
            self._show_frame()

    def step(self, by: int) -> None:
        """The next or the previous frame."""
        self._move(self.slider.stop + by)

    def tables(self) -> Mapping[str, Callable[[], Any]]:
        """The frame that is shown, and the way of the draws that are selected on the sphere."""
        if self.film is None:
            return {}
        found = {"Frame that is shown": lambda: self.explorer.film_table(self.film)}
        if self.film.learned.shape[1]:
            found["Paths of the selected draws, or of all"] = lambda: self.explorer.film_paths(
                self.film, self.learned.selection
            )
        return found

    def _ask(self) -> None:
        request = self.explorer.film_request()
        self._asked = request.content_key()
        if self._asked in self._films:
            self.answers.cancel()
            self._take(self._films[self._asked])
            return
        self.answers.ask(lambda: request)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        if self._watching is None or self._watching.done():
            self._watching = loop.create_task(self._watch_progress())

    async def _watch_progress(self) -> None:
        """Say how far a film is that takes longer than a moment."""
        document, said = self.shell.document, False
        await asyncio.sleep(_LOOK_S)
        while not self.answers.idle and not self._closed:
            await asyncio.sleep(_LOOK_S)
            ticket = self.answers.ticket
            if ticket is None:
                continue
            said, share = True, ticket.progress
            on_tick(document, partial(self._say_progress, share))
        if said:
            on_tick(document, lambda: self.shell.show_progress("", None))

    def _say_progress(self, share: float) -> None:
        if not self.answers.idle:
            self.shell.show_progress("Running the flow", share, self.answers.cancel)

    def _show(self, draws: Any, complete: bool) -> None:
        if not complete:
            return
        film = self.explorer.film(draws)
        self._films[self._asked] = film
        while len(self._films) > _KEPT:
            self._films.popitem(last=False)
        self._take(film)

    def _take(self, film: Any) -> None:
        self.film = film
        self.slider.show(film.sigma, self.explorer.film_frame(film))
        self._show_frame()
        self._show_figures()

    def _move(self, stop: int) -> None:
        if self.film is None:
            return
        last = len(self.film) - 1
        stop = max(0, min(stop, last))
        self.explorer.frame = None if stop == last else stop

    def _on_projection(self, event: Any) -> None:
        self.explorer.projection = event.new

    def _show_frame(self) -> None:
        scene = self.explorer.film_scene(self.film)
        self.slider.stop = self.explorer.film_frame(self.film)
        sides = (
            (self.learned, scene.learned, scene.learned_map, "learned"),
            (self.true, scene.true, scene.true_map, "true"),
        )
        for sphere, angles, density, side in sides:
            sphere.param.update(**_state(angles, density, scene, side))
        for name, plot in self.curves.items():
            one = scene.coordinates[name]
            plot.update(one.edges, one.learned, one.true, one.top)

    def _show_figures(self) -> None:
        facts = [*self.explorer.film_facts(self.film), *self.explorer.film_metrics()]
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td class='number'>{escape(value)}</td></tr>"
            for name, value in facts
        )
        again = "<p class='faint'>Measure again: <code>astroviz check orientations/densities"
        self.figures.object = f"<table>{rows}</table>{again}</code></p>"


def _options(words: Mapping[str, str]) -> dict[str, str]:
    return {label: name for name, label in words.items()}


def _state(angles: np.ndarray, density: np.ndarray, scene: Any, side: str) -> dict[str, Any]:
    """What a sphere shows of one side."""
    if not len(angles):
        return {"points": b"", "density": b"", "title": _NOTHING, "caption": _NOTHING}
    moment = f"at the scale {scene.sigma:.3g} rad" if scene.sigma > 0 else "the density itself"
    places: Any = {"longitude": angles[:, 0], "latitude": angles[:, 1], "tilt": angles[:, 2]}
    return sphere_state(
        axes=places, density=density, density_max=scene.top,
        caption=f"{len(angles):,} {side} rotations, {moment}", title="",
    )  # fmt: skip
