"""The bar above the panels of the stars page: which star, which draws, which prior belief."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import LINE, text
from astroviz.stars.explorer import StarsExplorer

__all__ = ["StarsControls"]

_OWN = "(another star)"


class StarsControls:
    r"""Presets, "surprise me", the neighbours, seed and re-draw, "assume young member", "exact".

    Arguments:
        explorer: The state of the page.
        say: Shows a sentence on the page.
    """

    def __init__(self, explorer: StarsExplorer, say: Callable[[str, str], None]) -> None:
        self.explorer, self.say = explorer, say
        self._writing = False
        self.presets = pmui.Select(
            label="Example",
            options=[_OWN, *(preset.name for preset in explorer.presets)],
            size="small",
            width=230,
            margin=(0, 6, 0, 0),
            align="center",
        )
        self.surprise_button = self._button("Surprise me", "casino", self.surprise, "s")
        self.back = self._icon("chevron_left", "Previous star (p)", lambda: self.step(-1))
        self.forth = self._icon("chevron_right", "Next star (n)", lambda: self.step(+1))
        self.title = text("", bold=True, size=14, align="center", margin=(0, 4))
        # Not a number field: its little arrows have no names for a screen reader.
        self.seed = pmui.TextInput(
            label="Seed", size="small", width=72, margin=(0, 4), align="center"
        )
        self.redraw_button = self._button("Re-draw", "refresh", self.redraw, "r")
        self.young = pmui.Switch(
            label="Assume young member",
            description="Take membership as known: probabilities of age are then given that the "
            "star is young, instead of times P(young).",
            size="small",
            align="center",
            margin=(0, 8),
        )
        self.exact = pmui.Switch(
            label="Exact",
            description="Move the network's draws to the exact posterior, with some Markov steps "
            "under the simulator's own likelihood: a second or two after the hand rests.",
            size="small",
            align="center",
            margin=(0, 8),
        )
        self._wire()

    @property
    def items(self) -> tuple[Any, ...]:
        """The widgets of the bar, from left to right."""
        line = pn.Spacer(width=1, height=22, styles={"background": LINE})
        neighbours = pn.Row(self.back, self.title, self.forth, margin=(0, 8), align="center")
        return (
            self.presets,
            self.surprise_button,
            neighbours,
            line,
            self.seed,
            self.redraw_button,
            self.young,
            self.exact,
        )

    def surprise(self) -> None:
        """A simulated star that nobody has seen; its number is in the address."""
        self.explorer.surprise(secrets.randbelow(100_000))

    def redraw(self) -> None:
        """The same question with the next seed."""
        self.explorer.seed += 1

    def step(self, by: int) -> None:
        """Go to a neighbouring star of the table."""
        row, n = self.explorer.row + by, len(self.explorer.observations)
        self.explorer.row = row % n

    def refresh(self) -> None:
        """Show the explorer's state."""
        self._writing = True
        try:
            self.presets.value = self.explorer.preset or _OWN
            self.seed.value = str(self.explorer.seed)
            self.young.value = self.explorer.assume_young
            self.exact.value = self.explorer.exact
            name = self.explorer.title()
            self.title.object = text(name, bold=True, size=14).object
            alone = len(self.explorer.observations) == 1
            self.back.disabled = self.forth.disabled = alone
        finally:
            self._writing = False

    def _wire(self) -> None:
        def set_preset(event: Any) -> None:
            if not self._writing and event.new != _OWN:
                self.explorer.preset = event.new

        def set_seed(event: Any) -> None:
            if self._writing:
                return
            if event.new.strip().isdigit():
                self.explorer.seed = min(int(event.new), 2**31 - 1)
            else:
                self.say(f"A seed is a whole number of 0 or more, not {event.new!r}.", "warning")
                self.refresh()

        def set_young(event: Any) -> None:
            if not self._writing:
                self.explorer.assume_young = bool(event.new)

        def set_exact(event: Any) -> None:
            if not self._writing:
                self.explorer.exact = bool(event.new)

        self.presets.param.watch(set_preset, "value")
        self.seed.param.watch(set_seed, "value")
        self.young.param.watch(set_young, "value")
        self.exact.param.watch(set_exact, "value")
        names = ["source", "row", "preset", "seed", "assume_young", "exact"]
        self.explorer.param.watch(lambda *_: self.refresh(), names)
        self.refresh()

    def _button(self, label: str, icon: str, act: Callable[[], None], key: str) -> pmui.Button:
        button = pmui.Button(
            label=label,
            icon=icon,
            description=f"{label} (key {key})",
            variant="text",
            size="small",
            align="center",
            margin=(0, 4),
        )
        button.on_click(lambda _: act())
        return button

    def _icon(self, icon: str, label: str, act: Callable[[], None]) -> pmui.IconButton:
        button = pmui.IconButton(
            icon=icon,
            description=label,
            label=label,
            color="default",
            size="small",
            align="center",
            margin=0,
        )
        button.on_click(lambda _: act())
        return button
