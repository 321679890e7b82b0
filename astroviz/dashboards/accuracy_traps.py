"""The view *Traps* of the accuracy lab: posteriors that are wrong on purpose, and who notices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.accuracy.defects import DEFECTS
from astroviz.accuracy.traps_state import LARGEST, STAGES
from astroviz.dashboards.accuracy_traps_panels import GalleryPanels
from astroviz.dashboards.job import Job
from astroviz.dashboards.live import instant
from astroviz.dashboards.room_view import GAP, RoomView, choice

__all__ = ["TrapsView"]


class TrapsView(RoomView):
    """A slider of how wrong over pictures, a table of who notices, a figure, a lesson."""

    name = "traps"
    follows = frozenset(
        {"seed", "traps_stage", "traps_trap", "traps_check", "traps_size", "traps_count"}
    )

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        self.job = Job(self.shell, self._on_job)
        self.panels: dict[str, Any] = {}
        self._make_controls()
        self.stage = pn.Column(sizing_mode="stretch_both", margin=0)
        bar = pn.Row(
            self.chosen, self.slider, self.count, self.heavy, sizing_mode="stretch_width",
            margin=(0, 0, 8, 0), height=44, styles=GAP,
        )  # fmt: skip
        self.layout = self.stack(bar, self.stage)
        self.start()

    def _make_controls(self) -> None:
        explorer = self.explorer
        self.chosen = pmui.RadioButtonGroup(
            options={words: name for name, words in STAGES.items()}, value=explorer.traps_stage,
            size="small", margin=0, align="center", description=explorer.param.traps_stage.doc,
            sx={"& .MuiToggleButton-root": {"whiteSpace": "nowrap"}},
        )  # fmt: skip
        self.chosen.link(explorer, value="traps_stage", bidirectional=True)
        self.slider = instant(pmui.FloatSlider)(
            label="How wrong", start=0.0, end=LARGEST, step=0.01, value=explorer.traps_size,
            size="small", sizing_mode="stretch_width", margin=(0, 20), align="center",
            description=explorer.param.traps_size.doc,
        )  # fmt: skip
        self.slider.link(explorer, value="traps_size", bidirectional=True)
        counts = {f"{n:,} objects": n for n in explorer.param.traps_count.objects}
        self.count = choice(explorer, "traps_count", counts, explorer.param.traps_count.doc, 130)
        self.heavy = pmui.Button(
            label="Ask the costly checks", icon="hourglass_bottom", variant="outlined",
            size="small", margin=0, align="center", width=196,
            description="Runs classifiers, kernels and PQMass on the trap that is chosen: some "
            "seconds",
        )  # fmt: skip
        self.heavy.on_click(lambda _: self.ask_heavy())

    @property
    def panel(self) -> Any:
        """What is shown, built when it is first wanted."""
        name = self.explorer.traps_stage
        if name not in self.panels:
            self.panels[name] = self._make_panel(name)
            self.plots = tuple(self.panels.values())
        return self.panels[name]

    def _make_panel(self, name: str) -> Any:
        if name == "gallery":
            made = GalleryPanels(self)
            made.first()
            return made
        from astroviz.dashboards.accuracy_traps_power import PowerPanels

        return PowerPanels(self)

    def follow(self, names: set[str]) -> None:
        """Show what is chosen."""
        panel = self.panel
        gallery = self.explorer.traps_stage == "gallery"
        if list(self.stage) != [panel.layout]:
            self.stage[:] = [panel.layout]
            names = names | panel.follows
        for control in (self.slider, self.count, self.heavy):
            control.disabled = not gallery
        if names & panel.follows:
            panel.show()
        self._on_job()

    def ask_heavy(self) -> None:
        """Run the costly checks on the trap that is chosen."""
        title = DEFECTS[self.explorer.traps_trap].title
        work = self.explorer.traps_heavy_asking()
        self.job.start(f"Costly checks of {title!r}", work, self._on_heavy)

    def _on_heavy(self, _number: int) -> None:
        if "gallery" in self.panels:
            self.panels["gallery"].refresh()
        self.say()

    def _on_job(self) -> None:
        there = self.explorer.traps_stage == "gallery" and not self.job.running
        if self.heavy.disabled == there:
            self.heavy.disabled = not there

    def close(self) -> None:
        """The tab is gone."""
        super().close()
        self.job.cancel()
        for panel in self.panels.values():
            panel.close()

    def step(self, by: int) -> None:
        """The next or the previous trap."""
        names = list(DEFECTS)
        place = names.index(self.explorer.traps_trap) + by
        self.explorer.traps_trap = names[place % len(names)]

    def tables(self) -> Mapping[str, Callable[[], Any]]:
        """What can be saved."""
        return {"Outcome of every check on every trap": self.explorer.traps_table}
