"""The view *Lessons*: transport and divergences, stacked posteriors, what fits cost."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import card, note
from astroviz.dashboards.room_view import GAP, RoomView
from astroviz.galaxies.lessons_state import LESSONS

__all__ = ["LessonsView"]

# Lesson -> its module and class; imported when first wanted.
_PANELS = {
    "distance": ("galaxies_lessons_toy", "ToyPanels"),
    "stacking": ("galaxies_lessons_stacking", "StackingPanels"),
    "cost": ("galaxies_lessons_cost", "CostPanels"),
}
_FOLLOWS = frozenset({
    "toy_shape", "toy_apart", "toy_width", "toy_blur", "cost_galaxies", "stack_count",
    "stack_error", "stack_kind", "seed", "source", "lesson",
})  # fmt: skip


class LessonsView(RoomView):
    """A lesson at a time: its words and controls on the left, its figures on the right."""

    name = "lessons"
    follows = _FOLLOWS

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        self.panels: dict[str, Any] = {}
        self.lesson = pmui.RadioButtonGroup(
            options={words: name for name, words in LESSONS.items()},
            value=self.explorer.lesson, size="small", margin=(0, 0, 8, 0),
            description=self.explorer.param.lesson.doc,
            sx={"& .MuiToggleButton-root": {"whiteSpace": "nowrap"}},
        )  # fmt: skip
        self.lesson.link(self.explorer, value="lesson", bidirectional=True)
        self.words = note("", margin=(0, 12, 4, 12))
        self.numbers = note("", margin=(6, 12, 8, 12))
        self.controls = pn.Column(sizing_mode="stretch_width", margin=0)
        body = pn.Column(
            self.words, self.controls, self.numbers, sizing_mode="stretch_both", margin=0,
            scroll="y-auto",
        )  # fmt: skip
        left = card("The lesson", body, width=282, sizing_mode="stretch_height")
        self.stage = pn.Column(sizing_mode="stretch_both", margin=0)
        panels = pn.Row(left, self.stage, sizing_mode="stretch_both", margin=0, styles=GAP)
        self.layout = self.stack(self.lesson, panels)
        self.start()

    @property
    def panel(self) -> Any:
        """The lesson that is shown, built when it is first wanted."""
        name = self.explorer.lesson
        if name not in self.panels:
            module, kind = _PANELS[name]
            made = getattr(importlib.import_module(f"astroviz.dashboards.{module}"), kind)
            self.panels[name] = made(self)
            self.plots = tuple(self.panels.values())
        return self.panels[name]

    def follow(self, names: set[str]) -> None:
        """Show the lesson, and what it depends on."""
        panel = self.panel
        if "lesson" in names or list(self.stage) != [panel.layout]:
            self.stage[:] = [panel.layout]
            self.controls[:] = list(panel.controls)
            self.words.object = f"<p class='faint'>{panel.words}</p>"
            self.numbers.object = ""
            names = names | panel.follows
        if names & panel.follows:
            panel.show()

    def tell(self, html: str) -> None:
        """Show the numbers of a lesson."""
        if self.numbers.object != html:
            self.numbers.object = html

    def close(self) -> None:
        """The tab is gone."""
        super().close()
        for panel in self.panels.values():
            panel.close()

    def step(self, by: int) -> None:
        """The next or the previous seed."""
        self.explorer.seed = max(0, self.explorer.seed + by)

    def tables(self) -> Mapping[str, Callable[[], Any]]:
        """What can be saved of the lesson that is shown."""
        found: Mapping[str, Callable[[], Any]] = self.panel.tables()
        return found
