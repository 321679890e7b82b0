"""The figures of a fit: its film, two clouds that meet, KS of each feature, what it gained."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import card, figure_pane, framed
from astroviz.dashboards.lensing_real_panels import Panels, row_of
from astroviz.dashboards.room_view import GAP, choice
from astroviz.galaxies.fit_scene import axis_label
from astroviz.galaxies.fit_state import LOOKS
from astroviz.plots.fit_figures import draw_fit, ensemble_figure, gain_figure, ks_figure
from astroviz.plots.fit_film import FitFilm, MeetingClouds

__all__ = ["FitPanels"]


class FitPanels(Panels):
    r"""Four figures.

    Arguments:
        view: The view: `explorer`, `shell`.
        scrub: Takes the number of a frame that a hand has gone to.
    """

    def __init__(self, view: Any, scrub: Any) -> None:
        super().__init__(view.shell.dark)
        self.explorer = view.explorer
        self.film = FitFilm("fit-film", self.dark)
        self.clouds = MeetingClouds("fit-clouds", self.dark)
        self.ks = ks_figure("fit-ks", self.dark)
        self.gains = gain_figure("fit-gains", self.dark)
        self.members = ensemble_figure("fit-members", self.dark)
        self.plots = (self.film, self.clouds, self.ks, self.gains, self.members)
        self.film.on_scrub(scrub)
        self._writing = False
        self.axes = [self._axis(name) for name in ("fit_x", "fit_y")]
        look = choice(
            self.explorer, "fit_look", {words: name for name, words in LOOKS.items()},
            self.explorer.param.fit_look.doc, 190,
        )  # fmt: skip
        self.below = pn.Column(sizing_mode="stretch_both", margin=0)
        self._placed = {
            "gain": framed(figure_pane(self.gains.layout)),
            "ensemble": framed(figure_pane(self.members.layout)),
        }
        self._place()
        upper = row_of(
            card("The fit, step by step", framed(figure_pane(self.film.layout))),
            card("Photometry: the model meets the survey",
                 framed(figure_pane(self.clouds.layout)), tools=tuple(self.axes)),
        )  # fmt: skip
        lower = row_of(
            card("How well each band and colour is met", framed(figure_pane(self.ks.layout))),
            card("What it is worth", self.below, tools=(look,)),
        )
        self.layout = pn.Column(upper, lower, sizing_mode="stretch_both", margin=0, styles=GAP)

    def show(self, scene: Any) -> None:
        """Draw a moment of a fit."""
        self._place()
        x, y = self.explorer.fit_axes(scene.features)
        for select, name in zip(self.axes, (x, y), strict=True):
            options = {axis_label(one).partition(" (")[0]: one for one in scene.features}
            options = options or {"\u2026": ""}
            if select.options != options or select.value != name:
                self._writing = True
                select.param.update(options=options, value=name)
                self._writing = False
        labels = (axis_label(x), axis_label(y))
        draw_fit(self.film, self.clouds, self.ks, scene, scene.places(x, y), labels)
        names, gains = scene.named_gains()
        self.gains.update(names, {"gain": gains}, "Information gained, bits.")
        members, values = scene.named_members()
        self.members.update(
            members, values, "Distance over its floor of each member.",
            goal=1.0 if members else None,
        )  # fmt: skip

    def _axis(self, name: str) -> pmui.Select:
        """A choice of a feature; what is shown by default is not written into the state."""
        made = pmui.Select(
            options={"\u2026": ""}, value="", width=84, size="small", variant="standard",
            align="center", margin=(0, 4), description=self.explorer.param[name].doc,
        )  # fmt: skip

        def heard(event: Any) -> None:
            if not self._writing:
                setattr(self.explorer, name, event.new)

        made.param.watch(heard, "value")
        return made

    def _place(self) -> None:
        wanted = self._placed[self.explorer.fit_look]
        if list(self.below) != [wanted]:
            self.below[:] = [wanted]
