r"""The first row of controls: an example, a row of the table, a new star; undo and redo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as ui

from astroviz.widgets.tie import Say, tie

if TYPE_CHECKING:
    from astroviz.stars.explorer import StarsExplorer

__all__ = ["WRAPPED", "StarPicker"]

WRAPPED: dict[str, Any] = {"flex_flow": "row wrap"}


class StarPicker:
    r"""Which star is shown, and steps back and forth.

    Arguments:
        explorer: The state of the view.
        say: Shows a sentence when something is refused.
    """

    def __init__(self, explorer: StarsExplorer, say: Say) -> None:
        self.explorer = explorer
        names = [("table", None), *((p.name, p.name) for p in explorer.presets)]
        self.preset = ui.Dropdown(options=names, description="Example")
        self.row = ui.BoundedIntText(description="Star", min=0, max=len(explorer.observations) - 1)
        for name, control in (("preset", self.preset), ("row", self.row)):
            control.tooltip = explorer.param[name].doc
            tie(explorer, name, control, say)
        explorer.param.watch(self._new_table, "source")
        self.surprise = ui.Button(description="Surprise me", tooltip="A new simulated star")
        self.surprise.on_click(lambda _: explorer.surprise(self._next_seed()))
        self.undo = ui.Button(description="Undo", tooltip="Take the last step back")
        self.redo = ui.Button(description="Redo", tooltip="Make it again")
        self.undo.on_click(lambda _: explorer.can_undo and explorer.undo())
        self.redo.on_click(lambda _: explorer.can_redo and explorer.redo())
        for button in (self.undo, self.redo):
            button.layout.width = "5em"
        buttons = [self.preset, self.row, self.surprise, self.undo, self.redo]
        self.box = ui.HBox(buttons, layout=ui.Layout(**WRAPPED))

    def _new_table(self, *_: Any) -> None:
        # The end first: a row of the new table may lie beyond the end of the old one.
        self.row.max = len(self.explorer.observations) - 1
        self.row.value = self.explorer.row

    def _next_seed(self) -> int:
        """A seed that follows from the present one, so that a session can be repeated."""
        _, _, last = self.explorer.source.partition("surprise:")
        return int(last) + 1 if last else 1 + self.explorer.seed
