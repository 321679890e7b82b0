"""The box in three dimensions: galaxies by web type, the filament and the graph of the picked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from astroviz.components.box_packing import scene_state
from astroviz.components.faces import WebBox
from astroviz.orientations.explorer import OrientationsExplorer

__all__ = ["BoxPicture"]


class BoxPicture:
    r"""All galaxies of the box; the picked one with its neighbours and its filament.

    Arguments:
        explorer: The state of the page.
        dark: Whether the ground is dark.
    """

    def __init__(self, explorer: OrientationsExplorer, dark: bool) -> None:
        self.explorer = explorer
        self.layout = WebBox(
            dark=dark, caption="Galaxies of the box by web type; click one to look at it",
            size_label="stellar mass", point_size=2.2, sizing_mode="stretch_both", margin=0,
        )  # fmt: skip
        self._key: Any = None
        self._picks: list[Callable[[int], None]] = []
        self.layout.param.watch(self._on_pick, "picked")

    def on_pick(self, callback: Callable[[int], None]) -> None:
        """Call with the row of a galaxy that was clicked."""
        self._picks.append(callback)

    def set_dark(self, dark: bool) -> None:
        """Change the ground."""
        self.layout.dark = dark

    def show(self) -> None:
        """Show the box, and around the picked galaxy its filament and its neighbours."""
        explorer, points = self.explorer, None
        if self._key != explorer.shown_key:
            self._key = explorer.shown_key
            points = explorer.box_points()
        self.layout.param.update(**scene_state(explorer.box_scene(), points), picked=explorer.here)

    def _on_pick(self, event: Any) -> None:
        if event.new is None or event.new < 0 or event.new == self.explorer.here:
            return
        for callback in self._picks:
            callback(int(event.new))
