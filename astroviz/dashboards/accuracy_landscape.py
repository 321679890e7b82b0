"""The view *Landscape* of the accuracy lab: a map of coverage, its valley, posteriors in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.accuracy.landscape_scene import ALL, axes_of
from astroviz.dashboards.accuracy_landscape_form import LandscapeForm
from astroviz.dashboards.accuracy_simulate import SimulateButton
from astroviz.dashboards.appearance import card, figure_pane, framed, note
from astroviz.dashboards.job import Job
from astroviz.dashboards.newest import Newest
from astroviz.dashboards.room_view import GAP, RoomView, regret
from astroviz.plots.corner import Corner
from astroviz.plots.landscape_map import LandscapeMap
from astroviz.plots.rank_histogram import RankHistogram

__all__ = ["LandscapeView"]

_MAP = frozenset({
    "landscape_source", "landscape_x", "landscape_y", "landscape_parameter", "landscape_tint",
    "landscape_level", "landscape_near", "live_count", "live_draws", "seed", "tried",
})  # fmt: skip
_VALLEY = frozenset({"landscape_row", "landscape_shown"})


class LandscapeView(RoomView):
    """The form, the map, ranks of the objects in the valley, the posterior of one of them."""

    name = "landscape"
    follows = _MAP | _VALLEY

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        self.scene: Any = None
        dark = self.shell.dark
        self.map = LandscapeMap("landscape-map", dark)
        self.map.on_pick(self.pick)
        self.ranks = RankHistogram(10, dark=dark)
        self.ranks.figure.name = "landscape-ranks"
        self.corner: Corner | None = None
        self.corner_place = pn.Column(sizing_mode="stretch_both", margin=0)
        self.plots = (self.map, self.ranks)
        self.job = Job(self.shell, lambda: self.form.refresh())
        self.simulate = SimulateButton(self, self.job)
        self.form = LandscapeForm(self)
        self.pictures = Newest(
            self.shell.document, self._show, lambda words: self.shell.say(words, "error")
        )
        self.layout = self._make_layout()
        self.start()

    # --- building ---------------------------------------------------------------------------

    def _make_layout(self) -> pn.Column:
        self.who = note("", margin=(0, 12, 2, 12))
        buttons = [self.step_button(words, icon, by) for words, icon, by in (
            ("Previous object of the valley", "chevron_left", -1),
            ("Next object of the valley", "chevron_right", 1),
        )]  # fmt: skip
        self.deepest_button = pmui.Button(
            label="Deepest valley", icon="south", variant="text", size="small", align="center",
            margin=0, description="Go to the place where coverage is worst",
        )  # fmt: skip
        self.deepest_button.on_click(lambda _: self.deepest())
        upper = card("Where truths rank in this valley", framed(figure_pane(self.ranks.layout)))
        lower = card("A posterior there, and its truth", self.who, self.corner_place,
                     tools=tuple(buttons))  # fmt: skip
        upper.styles = {**upper.styles, "flex": "2 1 0px"}
        lower.styles = {**lower.styles, "flex": "4 1 0px"}
        right = pn.Column(upper, lower, sizing_mode="stretch_both", margin=0, styles=GAP)
        middle = card("Click a valley", framed(figure_pane(self.map.layout)),
                      tools=(self.deepest_button,))  # fmt: skip
        for part, share in ((middle, 6), (right, 5)):
            part.styles = {**part.styles, "flex": f"{share} 1 0px"}
        panels = pn.Row(
            self.form.layout, middle, right, sizing_mode="stretch_both", margin=0, styles=GAP
        )
        return self.stack(panels)

    # --- following the state ------------------------------------------------------------------

    def follow(self, names: set[str]) -> None:
        """Draw the map, or what is looked at in it."""
        self.form.follow()
        if names & _MAP:
            self.pictures.ask(self.explorer.landscape_asking)
        elif self.scene is not None:
            self._show_valley()

    def _show(self, scene: Any) -> None:
        self.scene = scene
        self.say()
        if scene is None:
            self.form.tell("<p class='faint'>Nothing was simulated yet.</p>")
            self._empty()
            return
        land = scene.land
        names = [f"{scene.name_of(k)}: {scene.tint[k]:+.1f}" for k in range(len(land.rows))]
        magnitude = scene.y.startswith(("G (", "absolute"))
        self.map.update(
            land.places[:, 0], land.places[:, 1], scene.tint, (scene.x, scene.y),
            scene.tint_words, f"{scene.verdict()} {scene.x} against {scene.y}.", names,
            (scene.sky, magnitude),
        )  # fmt: skip
        self.form.tell(f"<p>{scene.verdict()}</p>{scene.numbers()}")
        self._show_valley()

    def _empty(self) -> None:
        import numpy as np

        nothing = np.zeros(0)
        self.map.update(nothing, nothing, nothing, ("", ""), "", "Nothing was simulated yet.")
        self.who.object = ""
        self.corner_place[:] = [regret("Press Simulate: the model answers fresh simulations.")]

    def _show_valley(self) -> None:
        scene, explorer = self.scene, self.explorer
        place = explorer.landscape_place(scene)
        near = scene.valley(place)
        one = explorer.landscape_object(scene)
        current = near[int(explorer.landscape_shown) % len(near)]
        self.map.select(near, current=int(current))
        covered = f"{100 * scene.land.coverage[place]:.0f} %"
        self.ranks.update(
            {"ranks": scene.ranks[near]},
            f"Ranks of {len(near)} truths about {scene.name_of(place)}; {covered} are inside.",
        )
        self.who.object = (
            f"<b>{one.name}</b>, one of {len(near)} about {scene.name_of(place)}; of their truths "
            f"<b>{covered}</b> are inside {100 * scene.land.level:.0f} % intervals"
        )
        self._show_corner(one)

    def _show_corner(self, one: Any) -> None:
        if one.kind != "corner":
            self.corner_place[:] = [regret(
                "These posteriors are pictures: the view Trial shows them beside their truth."
            )]  # fmt: skip
            return
        if self.corner is None or self.corner.axes != one.axes:
            self.corner = Corner(one.axes, self.shell.dark)
            self.plots = (self.map, self.ranks, self.corner)
            self.corner_place[:] = [framed(figure_pane(self.corner.layout))]
        self.corner.update(one.draws)
        self.corner.mark("truth", dict(zip(self.corner.names, one.truth, strict=True)))
        self.corner.fit()

    # --- what can be done ---------------------------------------------------------------------

    def pick(self, place: int) -> None:
        """Look at the surroundings of an object of the map."""
        if self.scene is not None:
            row = int(self.scene.land.rows[place])
            self.explorer.param.update(landscape_row=row, landscape_shown=0)

    def deepest(self) -> None:
        """Go to the worst place."""
        self.explorer.param.update(landscape_row=None, landscape_shown=0)

    def teach(self) -> None:
        """Colour the map by L-C2ST."""
        try:
            work = self.explorer.landscape_classifying()
        except ValueError as error:
            self.shell.say(str(error), "error")
            return
        self.job.start("Teaching a classifier truths from draws", work,
                       self.explorer.landscape_keep_odds)  # fmt: skip

    def wanted(self) -> Any:
        """Work that simulates the model on trial."""
        return self.explorer.landscape_working()

    def arrived(self, trial: Any) -> None:
        """Map what was simulated."""
        self.explorer.landscape_keep(trial)
        self.follow(set(_MAP))

    def choices(self) -> tuple[dict[str, str], dict[str, str]]:
        """Axes and parameters that there are to choose from, words to names."""
        try:
            trial = self.explorer.landscape_trial()
        except (ValueError, OSError):
            trial = None
        if trial is None:
            return {}, {}
        axes = {words: name for name, words in axes_of(trial).items()}
        names = {} if trial.size > 24 else {n.replace("_", " "): n for n in trial.names}
        return axes, {**names, ALL: ALL}

    def step(self, by: int) -> None:
        """The next or the previous object of the valley."""
        if self.scene is not None:
            many = self.scene.land.near.shape[1]
            self.explorer.landscape_shown = (self.explorer.landscape_shown + by) % many

    def close(self) -> None:
        """The tab is gone."""
        super().close()
        self.pictures.close()
        self.job.cancel()

    def tables(self) -> Mapping[str, Callable[[], Any]]:
        """The map, and the valley."""
        scene = self.scene
        if scene is None:
            return {}
        return {
            "Map of local coverage": scene.table,
            "Valley: the objects in it": lambda: self.explorer.landscape_valley_table(scene),
        }
