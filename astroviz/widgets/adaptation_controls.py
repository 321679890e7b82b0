r"""The controls of the adaptation widget, tied to the parameters of its explorer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as ui

from astroviz.stars.adaptation_explorer import COLOURS, PAIR_NUMBERS, PROJECTIONS
from astroviz.stars.adaptation_scores import SHOWN
from astroviz.widgets.star_picker import WRAPPED
from astroviz.widgets.tie import Say, tie

if TYPE_CHECKING:
    from astroviz.stars.adaptation_explorer import AdaptationExplorer

__all__ = ["SWITCHES", "AdaptationControls"]

SWITCHES = {"transport": "OT", "discrepancy": "MMD", "floor": "Error floor", "guard": "Guard"}
_LINKS = {"none": "none", "OT plan": "plan", "by shape": "gromov", "nearest truth": "pairs"}
_WORDS = {"a_v": "A_V"}
_TICK_MS = 400


class AdaptationControls:
    r"""All controls of the widget, in three rows.

    Arguments:
        explorer: The state of the view.
        say: Shows a sentence when something is refused.
    """

    def __init__(self, explorer: AdaptationExplorer, say: Say) -> None:
        self.explorer, self._say, self._showing = explorer, say, False
        self.target = ui.Dropdown(
            description="Nature",
            tooltip=explorer.param.target.doc,
            layout=ui.Layout(width="360px"),
        )
        self.target.observe(self._aim, "value")
        self.pairs = ui.SelectionSlider(description="Pairs", options=PAIR_NUMBERS)
        self._tie("pairs", self.pairs)
        self.switches = {name: self._switch(name, label) for name, label in SWITCHES.items()}
        self.shipped = ui.Dropdown(
            description="Shipped", tooltip="Adaptations that were trained beforehand",
            layout=ui.Layout(width="340px"),
        )  # fmt: skip
        self.shipped.observe(self._take, "value")
        self._make_scrubber()
        self._make_looks()
        self._make_steps()
        self.box = ui.VBox([
            self._row(self.target, self.pairs, *self.switches.values(), self.shipped),
            self._row(self.play, self.scrubber, self.step, self.undo, self.redo),
            self._row(self.colour, self.parameter, self.links, self.projection),
        ])  # fmt: skip
        self.refresh()

    def refresh(self) -> None:
        """Show what is there to choose from: targets, shipped arms, frames of the film."""
        explorer = self.explorer
        self._show(self.target, self._targets(), explorer.target)
        for control in (self.pairs, *self.switches.values()):
            control.disabled = not self._shippable
        arms = [(r.arm.title, r.name) for r in explorer.shipped()] if self._shippable else []
        arm = explorer.arm if explorer.live is None else None
        arms.insert(0, ("none of these", ""))
        self._show(self.shipped, arms, "" if arm is None else arm.name)
        self.show_frame()

    def show_frame(self) -> None:
        """Move the scrubber to the frame that is shown."""
        film, shown = self.explorer.film(), self.explorer.shown
        for control in (self.play, self.scrubber):
            # The end first: the frame may lie beyond the end of the film before. And as one
            # message: a slider whose end moves alone sends back where it stood.
            with control.hold_sync():
                control.max = len(film) - 1
                control.value = shown
                control.disabled = len(film) < 2
        self.step.value = f"step {int(film.steps[shown])} of {int(film.steps[-1])}"

    @property
    def _shippable(self) -> bool:
        """Whether the target is a mock galaxy, not a user's table."""
        return self.explorer.target in {one.name for one in self.explorer.experiment.targets}

    def _tie(self, name: str, control: Any) -> None:
        control.tooltip = self.explorer.param[name].doc
        tie(self.explorer, name, control, self._say)

    def _switch(self, name: str, label: str) -> ui.ToggleButton:
        switch = ui.ToggleButton(description=label, layout=ui.Layout(width="auto"))
        self._tie(name, switch)
        return switch

    def _targets(self) -> list[tuple[str, str]]:
        found = [(one.title, one.name) for one in self.explorer.experiment.targets]
        live = self.explorer.live
        if live is not None and live.of_table:
            found.append((f"your table: {live.title}", self.explorer.target))
        return found

    def _make_scrubber(self) -> None:
        self.play = ui.Play(min=0, max=1, interval=_TICK_MS, show_repeat=False)
        self.scrubber = ui.IntSlider(
            description="Frame", min=0, max=1, readout=False, layout=ui.Layout(width="380px")
        )
        self.step = ui.Label()
        for control in (self.play, self.scrubber):
            control.tooltip = "Frames of the training"
            control.observe(self._scrub, "value")

    def _make_looks(self) -> None:
        words = [(name.replace("_", " "), name) for name in COLOURS]
        self.colour = ui.Dropdown(
            description="Colour", options=[(_WORDS.get(n, w), n) for w, n in words]
        )
        self.parameter = ui.Dropdown(
            description="Parameter", options=[(p.label, p.name) for p in SHOWN]
        )
        self.links = ui.Dropdown(description="Lines", options=list(_LINKS.items()))
        self.projection = ui.Dropdown(description="Axes", options=PROJECTIONS)
        for name in ("colour", "parameter", "links", "projection"):
            control = getattr(self, name)
            control.layout.width = "230px"
            self._tie(name, control)

    def _make_steps(self) -> None:
        explorer = self.explorer
        self.undo = ui.Button(description="Undo", tooltip="Take the last step back")
        self.redo = ui.Button(description="Redo", tooltip="Make it again")
        self.undo.on_click(lambda _: explorer.can_undo and explorer.undo())
        self.redo.on_click(lambda _: explorer.can_redo and explorer.redo())
        for button in (self.undo, self.redo):
            button.layout.width = "5em"

    def _row(self, *controls: Any) -> ui.HBox:
        return ui.HBox(controls, layout=ui.Layout(**WRAPPED))

    def _show(self, control: ui.Dropdown, options: Any, value: str) -> None:
        """Set options and value of a list; the values on the way are nobody's choice."""
        self._showing = True
        try:
            if tuple(control.options) != tuple(options):
                control.options = options
            control.value = value
        finally:
            self._showing = False

    # From the hand

    def _scrub(self, change: Any) -> None:
        last = len(self.explorer.film()) - 1
        frame = None if change["new"] >= last else change["new"]
        if change["new"] != self.explorer.shown:
            self.explorer.frame = frame

    def _aim(self, change: Any) -> None:
        if change["new"] and not self._showing:
            self.explorer.target = change["new"]

    def _take(self, change: Any) -> None:
        if change["new"] and not self._showing:
            self.explorer.take(change["new"])
