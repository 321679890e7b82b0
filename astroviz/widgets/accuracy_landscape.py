r"""Maps of coverage in a notebook."""

from __future__ import annotations

from typing import Any

import ipywidgets as ui
import traitlets
from bokeh.layouts import column, row

from astroviz.accuracy.landscape_scene import ALL, TINTS, axes_of
from astroviz.accuracy.landscape_state import SOURCES
from astroviz.plots.corner import Corner
from astroviz.plots.landscape_map import LandscapeMap
from astroviz.plots.rank_histogram import RankHistogram
from astroviz.widgets.accuracy import AccuracyWidget
from astroviz.widgets.accuracy_stills import landscape_png

__all__ = ["LandscapeWidget"]

_HEIGHT = 520
_MAP = frozenset({
    "landscape_source", "landscape_x", "landscape_y", "landscape_parameter", "landscape_tint",
    "landscape_level", "landscape_near", "seed", "tried",
})  # fmt: skip


class LandscapeWidget(AccuracyWidget):
    """A map of local coverage, ranks in a valley of it, a posterior there.

    `scene` holds what is drawn, as arrays, and can be observed; `valley` is the table of the
    objects that are looked at.
    """

    name = "landscape"
    title = "Where intervals fail"
    follows = _MAP | {"landscape_row", "landscape_shown"}
    scene = traitlets.Any(None, allow_none=True, help="The map that is shown.")

    def _make_explorer(self, model: Any, table: Any, state: dict[str, Any]) -> Any:
        made = super()._make_explorer(model, table, state)
        if table is not None:
            made.landscape_source = "tried"
        return made

    @property
    def valley(self) -> Any:
        """The objects about the place that is looked at, as an astropy table."""
        return None if self.scene is None else self.explorer.landscape_valley_table(self.scene)

    def build(self) -> list[Any]:
        """Choices, map, ranks, posterior, numbers."""
        self.map = LandscapeMap("landscape-map")
        self.map.on_pick(self.pick)
        self.ranks = RankHistogram(10)
        self.corner: Any = None
        self.numbers, self.who = ui.HTML(), ui.HTML()
        self._corner_place = column(sizing_mode="stretch_both")
        self._axes = {name: ui.Dropdown(description=label, layout=ui.Layout(width="260px"))
                      for name, label in (("landscape_x", "across"), ("landscape_y", "up"),
                                          ("landscape_parameter", "intervals of"))}  # fmt: skip
        for name, made in self._axes.items():
            made.tooltip = self.explorer.param[name].doc
            made.observe(lambda change, name=name: self._choose(name, change["new"]), "value")
        near = ui.IntSlider(description="neighbours", min=10, max=200, continuous_update=False)
        choices = self.row(
            self.dropdown("landscape_source", "of", [(v, k) for k, v in SOURCES.items()], "290px"),
            self.dropdown("landscape_tint", "colour", [(v, k) for k, v in TINTS.items()]),
            *self._axes.values(), self.control("landscape_near", near),
        )  # fmt: skip
        acts = self.row(
            self.button("Deepest valley", self.deepest, "Go to the place that is worst"),
            self.button("Next object there", lambda: self.step(1), "Open another posterior there"),
            self.button("Simulate", self.simulate, "Ask the model on trial"),
            self.button("Teach L-C2ST", self.teach, "A classifier learns truths from draws"),
            self.stop_button(), *self.usual(),
        )  # fmt: skip
        right = column(self.ranks.layout, self._corner_place, sizing_mode="stretch_both")
        canvas = self._make_canvas(
            row(self.map.layout, right, height=_HEIGHT, sizing_mode="stretch_width")
        )
        return [choices, acts, canvas, self.who, self.numbers]

    # What can be done

    def pick(self, place: int) -> None:
        """Look at the surroundings of an object of the map, by its place in it."""
        if self.scene is not None:
            row_ = int(self.scene.land.rows[place])
            self.explorer.param.update(landscape_row=row_, landscape_shown=0)

    def deepest(self) -> None:
        """Go to the worst place."""
        self.explorer.param.update(landscape_row=None, landscape_shown=0)

    def step(self, by: int) -> None:
        """Open another posterior of the valley."""
        if self.scene is not None:
            many = self.scene.land.near.shape[1]
            self.explorer.landscape_shown = (self.explorer.landscape_shown + by) % many

    def simulate(self) -> None:
        """Let the model on trial answer fresh simulations, and map them."""

        def keep(trial: Any) -> None:
            self.explorer.landscape_keep(trial)
            self.draw()

        self.work("Simulating and drawing", self.explorer.landscape_working, keep)

    def teach(self) -> None:
        """Colour the map by L-C2ST."""
        self.work("Teaching a classifier", self.explorer.landscape_classifying,
                  self.explorer.landscape_keep_odds)  # fmt: skip

    # Drawing

    def refresh(self, names: set[str]) -> None:
        """Draw the map, or what is looked at in it."""
        if names & _MAP:
            self.draw()
        elif self.scene is not None:
            with self._canvas.together():
                self._show_valley(self.scene)

    def draw(self) -> None:
        """Draw the map; a sentence says why there is none."""
        try:
            scene = self.explorer.landscape_asking()()
        except ValueError as error:
            self._say(str(error))
            return
        if scene is None:
            self._say(self.explorer.landscape_sentence(), "answer")
            return
        self._show_choices(scene)
        land = scene.land
        names = [f"{scene.name_of(k)}: {scene.tint[k]:+.1f}" for k in range(len(land.rows))]
        with self._canvas.together():
            self.map.update(
                land.places[:, 0], land.places[:, 1], scene.tint, (scene.x, scene.y),
                scene.tint_words, scene.verdict(), names,
                (scene.sky, scene.y.startswith(("G (", "absolute"))),
            )  # fmt: skip
            self._show_valley(scene)
        self.numbers.value = f"{scene.verdict()}{scene.numbers()}"
        self.scene = scene

    def _show_valley(self, scene: Any) -> None:
        explorer = self.explorer
        place = explorer.landscape_place(scene)
        near, one = scene.valley(place), explorer.landscape_object(scene)
        current = int(near[int(explorer.landscape_shown) % len(near)])
        self.map.select(near, current=current)
        self.ranks.update({"ranks": scene.ranks[near]})
        covered = f"{100 * scene.land.coverage[place]:.0f} %"
        self.who.value = (
            f"<b>{one.name}</b>, one of {len(near)} about {scene.name_of(place)}; {covered} of "
            f"their truths are inside {100 * scene.land.level:.0f} % intervals"
        )
        if one.kind == "corner":
            if self.corner is None or self.corner.axes != one.axes:
                self.corner = Corner(one.axes)
                self._corner_place.children = [self.corner.layout]
            self.corner.update(one.draws)
            self.corner.mark("truth", dict(zip(self.corner.names, one.truth, strict=True)))
            self.corner.fit()

    def picture(self) -> bytes | None:
        """The map, and ranks in the valley."""
        self.wait()
        if self.scene is None:
            return None
        return landscape_png(self.scene, self.explorer.landscape_place(self.scene))

    def _show_choices(self, scene: Any) -> None:
        trial, explorer = scene.trial, self.explorer
        x, y = explorer.landscape_axes(trial)
        axes = [(words, name) for name, words in axes_of(trial).items()]
        names = [(n.replace("_", " "), n) for n in trial.names if trial.size <= 24] + [(ALL, ALL)]
        self._writing = True
        try:
            for made, options, value in zip(
                self._axes.values(), (axes, axes, names), (x, y, scene.parameter), strict=True
            ):
                if list(made.options) != options:
                    made.options = options
                made.value = value
        finally:
            self._writing = False
