"""A real lens, from its files to its source, in five steps; and several of them side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import card, note
from astroviz.dashboards.job import Job
from astroviz.dashboards.lensing_real_answers import CheckPanels, FamilyPanels, SourcePanels
from astroviz.dashboards.lensing_real_form import RealForm
from astroviz.dashboards.lensing_real_panels import FilesPanels, FitPanels, NoisePanels, Panels
from astroviz.dashboards.room_view import GAP, RoomView
from astroviz.lensing.real_state import STEPS

__all__ = ["RealView"]

_PANELS: dict[str, type[Panels]] = {
    "files": FilesPanels, "noise": NoisePanels, "fit": FitPanels, "source": SourcePanels,
    "check": CheckPanels, "family": FamilyPanels,
}  # fmt: skip
_CASE = frozenset({
    "real_data", "real_folder", "real_pixel_scale", "real_redshift_lens", "real_redshift_source",
    "real_light", "real_radius", "real_covariance",
})  # fmt: skip


class RealView(RoomView):
    """The way on the left, what the present step shows on the right."""

    name = "real"
    follows = _CASE | {"real_step", "real_budget", "real_chains", "real_families", "seed"}

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        self.job = Job(self.shell, self._on_job)
        self.steps: dict[str, Panels] = {}
        self.form = RealForm(self)
        self.stage = pn.Column(sizing_mode="stretch_both", margin=0)
        self.way = pmui.RadioButtonGroup(
            options={label: name for name, label in STEPS.items()},
            value=self.explorer.real_step, size="small", margin=(0, 0, 8, 0),
            sizing_mode="stretch_width",
        )  # fmt: skip
        self.way.param.watch(self._on_way, "value")
        panels = pn.Row(
            self.form.layout, self.stage, sizing_mode="stretch_both", margin=0, styles=GAP
        )
        self.layout = self.stack(self.way, panels)
        self.start()

    @property
    def panels(self) -> Panels | None:
        """What the present step shows; None before it was drawn."""
        return self.steps.get(self.explorer.real_step)

    # --- following the state ------------------------------------------------------------------

    def follow(self, names: set[str]) -> None:
        """Show the step that is set, with what is known of the lens."""
        if self.way.value != self.explorer.real_step:
            self.way.value = self.explorer.real_step
        self.form.follow()
        self.draw()

    def draw(self) -> None:
        """Draw the present step, or the sentence that says why it cannot be."""
        step = self.explorer.real_step
        try:
            if step != "family":
                self.explorer.real_case()
            if step not in self.steps:
                self.steps[step] = _PANELS[step](self.shell.dark)
            made = self.steps[step]
            self.plots = tuple(self.steps.values())
            made.show(self.explorer)
        except ValueError as error:
            sentence = str(error)
            words = f"<p>{sentence[:1].upper()}{sentence[1:]}.</p>"
            self._put(card("Nothing to show yet", note(words, margin=(8, 14))))
            return
        self._put(made.layout)

    def _put(self, layout: Any) -> None:
        if list(self.stage) != [layout]:
            self.stage[:] = [layout]

    def _on_way(self, event: Any) -> None:
        if event.new in STEPS:
            self.explorer.real_step = event.new

    # --- work ---------------------------------------------------------------------------------

    def fit(self) -> None:
        """Fit the lens; at its end the step of the fit is shown."""
        self._work("Fitting the lens", self.explorer.real_fitting, "fit")

    def sample(self) -> None:
        """Draw sources; at its end they are shown."""
        self._work("Drawing sources", self.explorer.real_sampling, "source")

    def family(self) -> None:
        """Fit all lenses of the folder."""
        folder = self.explorer.real_families
        self._work(
            "Fitting a folder of lenses", lambda: self.explorer.real_family_work(folder), "family"
        )

    def _work(self, what: str, make: Callable[[], Any], step: str) -> None:
        try:
            work = make()
        except ValueError as error:
            sentence = str(error)
            self.shell.say(sentence[:1].upper() + sentence[1:] + ".", "error")
            return

        def done(found: Any) -> None:
            self.explorer.real_keep(found)
            if self.explorer.real_step == step:
                self.draw()
                self.say()
            else:
                self.explorer.real_step = step

        self.job.start(what, work, done)

    def _on_job(self) -> None:
        self.form.follow()

    # --- what every view offers -----------------------------------------------------------------

    def step(self, by: int) -> None:
        """The next or the previous draw, or step of the way."""
        if isinstance(self.panels, SourcePanels) and self.explorer.real_answer() is not None:
            self.panels.step(by)
            return
        names = list(STEPS)
        place = (names.index(self.explorer.real_step) + by) % len(names)
        self.explorer.real_step = names[place]

    def tables(self) -> Mapping[str, Callable[[], Any]]:
        """The fit, and the draws."""
        found: dict[str, Callable[[], Any]] = {}
        if self.explorer.real_fit() is not None:
            found["Lens parameters and figures"] = self.explorer.real_table
        if self.explorer.real_answer() is not None:
            found["Source: mean, deviation, draws"] = self.explorer.real_draws_table
            found["Lenses of the draws"] = self.explorer.real_lenses_table
        return found
