"""The drawer of named selections: keep, combine, load, save."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import note, text
from astroviz.dashboards.shell import Drawer, Shell
from astroviz.stars.explorer import StarsExplorer

__all__ = ["SelectionDrawer"]


class SelectionDrawer:
    """Selections are rows of the open table, under names that can stand in an expression."""

    def __init__(self, explorer: StarsExplorer, shell: Callable[[], Shell]) -> None:
        self.explorer, self._shell = explorer, shell
        self.listing = note("")

    @property
    def drawer(self) -> Drawer:
        """For the frame."""
        return Drawer("selection", "Selections", "highlight_alt", self._build, self._refresh)

    def _refresh(self) -> None:
        kept = self.explorer.selections
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td class='number'>{len(found):,}</td></tr>"
            for name, found in kept.items()
        )
        now = f"<p><b>{len(self.explorer.selection):,}</b> of {len(self.explorer.observations):,} "
        now += "stars are selected.</p>"
        self.listing.object = now + (f"<table>{rows}</table>" if rows else "")

    def _build(self) -> pn.Column:
        wide = {"size": "small", "sizing_mode": "stretch_width", "margin": (4, 0)}
        name = pmui.TextInput(label="Keep the selection as", placeholder="members", **wide)
        algebra = pmui.TextInput(
            label="Select by names", placeholder="members & ~(disks | blended)", **wide
        )
        paste = pmui.TextAreaInput(
            label="Select from CSV (column identifier or row)", rows=3, **wide
        )
        return pn.Column(
            self.listing,
            name,
            self._button("Keep", lambda: self.explorer.save_selection(_typed(name))),
            algebra,
            self._button("Select", lambda: self.explorer.select_expression(_typed(algebra))),
            paste,
            self._button("Select these", lambda: self.explorer.select_csv(_typed(paste))),
            text("", margin=4),
            self._button("Select all", lambda: self.explorer.select(self._all())),
            self._button("Select none", lambda: self.explorer.select([])),
            sizing_mode="stretch_width",
            margin=0,
        )

    def _all(self) -> range:
        return range(len(self.explorer.observations))

    def _button(self, label: str, act: Callable[[], Any]) -> pmui.Button:
        def press(_: Any) -> None:
            try:
                act()
            except (ValueError, KeyError, IndexError, SyntaxError) as error:
                self._shell().say(str(error.args[0] if error.args else error), "warning")
            self._refresh()

        button = pmui.Button(label=label, variant="outlined", size="small", margin=(2, 0))
        button.on_click(press)
        return button


def _typed(field: Any) -> str:
    return str(field.value_input or field.value or "").strip()
