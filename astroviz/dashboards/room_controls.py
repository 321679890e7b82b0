"""The bar above the panels of a room: examples, "surprise me", seed and re-draw."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

__all__ = ["RoomControls"]

_OWN = "(as you set it)"


class RoomControls:
    r"""What stands in the bar, whichever view is shown.

    Arguments:
        explorer: The state of the page.
        say: Shows a sentence on the page.
    """

    def __init__(self, explorer: Any, say: Callable[[str, str], None]) -> None:
        self.explorer, self.say = explorer, say
        self._writing = False
        self.presets = pmui.Select(
            label="Example", options=[_OWN], size="small", width=230, margin=(0, 6, 0, 0),
            align="center",
        )  # fmt: skip
        # Not a number field: its little arrows have no names for a screen reader.
        self.seed = pmui.TextInput(
            label="Seed", size="small", width=84, margin=(0, 4), align="center"
        )
        self.surprise_button = self._button("Surprise me", "casino", self.surprise, "s")
        self.redraw_button = self._button("Re-draw", "refresh", explorer.redraw, "r")
        self.presets.param.watch(self._set_preset, "value")
        self.seed.param.watch(self._set_seed, "value")
        explorer.param.watch(lambda *_: self.refresh(), explorer.state_names())
        self.refresh()

    @property
    def items(self) -> tuple[Any, ...]:
        """The widgets of the bar, from left to right."""
        return (self.presets, self.surprise_button, self.seed, self.redraw_button)

    def surprise(self) -> None:
        """Settings that nobody has chosen; their seed is in the address."""
        self.explorer.surprise(secrets.randbelow(100_000))

    def refresh(self) -> None:
        """Show the explorer's state."""
        self._writing = True
        try:
            names = [_OWN, *(preset.name for preset in self.explorer.presets())]
            value = self.explorer.preset() or _OWN
            if self.presets.options != names or self.presets.value != value:
                self.presets.param.update(options=names, value=value)
            self.seed.value = str(self.explorer.seed)
        finally:
            self._writing = False

    def _set_preset(self, event: Any) -> None:
        if not self._writing and event.new != _OWN:
            self.explorer.take_preset(event.new)

    def _set_seed(self, event: Any) -> None:
        if self._writing:
            return
        if event.new.strip().isdigit():
            self.explorer.seed = min(int(event.new), 2**31 - 1)
        else:
            self.say(f"A seed is a whole number of 0 or more, not {event.new!r}.", "warning")
            self.refresh()

    def _button(
        self, label: str, icon: str, act: Callable[[], None], key: str
    ) -> pn.viewable.Viewable:
        button = pmui.Button(
            label=label, icon=icon, description=f"{label} (key {key})", variant="text",
            size="small", align="center", margin=(0, 4),
        )  # fmt: skip
        button.on_click(lambda _: act())
        return button
