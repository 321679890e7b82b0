"""The card beside a comparison of populations: what is compared, its verdict, one object."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.accuracy.shift_state import SOURCES
from astroviz.dashboards.accuracy_simulate import FIELD, chooser
from astroviz.dashboards.adaptation_upload import Upload
from astroviz.dashboards.appearance import card, note

__all__ = ["ShiftForm"]


class ShiftForm:
    r"""Choices and figures.

    Arguments:
        view: The view: `explorer`, `shell`, `simulate`, `found`, `compare_tables`.
    """

    def __init__(self, view: Any) -> None:
        self.view, self.explorer = view, view.explorer
        self.source = chooser(
            self.explorer, "Compare", {v: k for k, v in SOURCES.items()}, "shift_source"
        )
        self.known = Upload("What is known", view.shell, self._on_table)
        self.asked = Upload("What was asked", view.shell, self._on_table)
        self.uploads = pn.Column(
            self.known.layout, self.asked.layout, sizing_mode="stretch_width", margin=0
        )
        self.x, self.y = self._axis("Across", "shift_x"), self._axis("Up", "shift_y")
        self.numbers = note("", margin=(10, 0, 0, 0))
        self.facts = note("", margin=(10, 0, 0, 0))
        body = pn.Column(
            self.source, self.uploads, view.simulate.layout,
            pn.Row(self.x, self.y, sizing_mode="stretch_width", margin=0),
            self.numbers, self.facts,
            sizing_mode="stretch_both", margin=(0, 12, 8, 12), scroll="y-auto",
        )  # fmt: skip
        self.layout = card("Comparison", body, width=306, sizing_mode="stretch_height")

    def follow(self) -> None:
        """Show the state: a preset, undo or a link may have changed it."""
        explorer, found = self.explorer, self.view.found
        self.view.simulate.layout.visible = explorer.shift_source == "tried"
        self.uploads.visible = explorer.shift_source == "mine"
        self.view.simulate.follow()
        if self.source.value != explorer.shift_source:
            self.source.value = explorer.shift_source
        if found is None:
            return
        names = found.case.names
        for field, k in zip((self.x, self.y), explorer.shift_axes(found), strict=True):
            if field.options != list(names) or field.value != names[k]:
                field.param.update(options=list(names), value=names[k])

    def refresh(self) -> None:
        """Work began or ended."""
        self.view.simulate.follow()

    def tell(self, verdict: str, facts: str) -> None:
        """Show what was found."""
        for pane, html in ((self.numbers, verdict), (self.facts, facts)):
            if pane.object != html:
                pane.object = html

    def _axis(self, label: str, name: str) -> pmui.Select:
        made = pmui.Select(
            label=label, options=[], description=self.explorer.param[name].doc, **FIELD
        )

        def chosen(event: Any) -> None:
            found = self.view.found
            if not event.new or found is None or event.new not in found.case.names:
                return
            axes = self.explorer.shift_axes(found)
            if found.case.names[axes[0 if name == "shift_x" else 1]] != event.new:
                setattr(self.explorer, name, event.new)

        made.param.watch(chosen, "value")
        return made

    def _on_table(self) -> None:
        if self.known.table is not None and self.asked.table is not None:
            words = (self.known.name or "what is known", self.asked.name or "what was asked")
            self.view.compare_tables(self.known.table, self.asked.table, words)
