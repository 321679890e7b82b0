"""The card that says which galaxy is looked at, in which bands, and what came out."""

from __future__ import annotations

from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import card, note, text
from astroviz.dashboards.open_choice import open_choice
from astroviz.galaxies.objects_state import BANDS, TABLES
from astroviz.galaxies.view_state import SOURCES

__all__ = ["ObjectsForm"]

_FIELD = {"size": "small", "margin": (12, 4, 2, 0), "sizing_mode": "stretch_width"}
_COUNTS = (60, 120, 300, 1000)


class ObjectsForm:
    r"""Prior, table, bands, galaxy, figures.

    Arguments:
        view: The view: `explorer`, `shell`, `step`.
    """

    def __init__(self, view: Any) -> None:
        self.explorer, self.shell = view.explorer, view.shell
        self.source = self._select("Prior: population of", SOURCES, "source")
        self.table = self._select("Galaxies of", TABLES, "objects_table")
        self.bands = self._select("Seen in", BANDS, "objects_bands")
        # Not a number field: its little arrows have no names for a screen reader.
        self.row = pmui.TextInput(
            label="galaxy", description=self.explorer.param.objects_row.doc, **_FIELD
        )
        self.row.param.watch(self._on_row, "value")
        buttons = [self._button(words, icon, view, by) for words, icon, by in (
            ("Previous galaxy", "chevron_left", -1), ("Next galaxy", "chevron_right", 1)
        )]  # fmt: skip
        count = open_choice(
            self.explorer, "objects_count", _COUNTS, "{:,} galaxies",
            self.explorer.param.objects_count.doc, 150,
        )  # fmt: skip
        count.align = "start"
        self.numbers = note("", margin=(10, 0, 0, 0))
        body = pn.Column(
            self.source, self.table, self.bands,
            pn.Row(self.row, *buttons, sizing_mode="stretch_width", margin=0),
            self.numbers,
            text("Compared with", bold=True, margin=(10, 0, 2, 0)), count,
            sizing_mode="stretch_both", margin=(0, 12, 8, 12), scroll="y-auto",
        )  # fmt: skip
        self.layout = card("Galaxy", body, width=286, sizing_mode="stretch_height")

    def follow(self) -> None:
        """Show the state: a preset, undo or a link may have changed it."""
        explorer = self.explorer
        for widget, name in (
            (self.source, "source"), (self.table, "objects_table"), (self.bands, "objects_bands"),
        ):  # fmt: skip
            if widget.value != getattr(explorer, name):
                widget.value = getattr(explorer, name)
        self.bands.visible = explorer.objects_table == "sdss"
        self.row.value = str(explorer.objects_place())

    def show(self, scene: Any) -> None:
        """Show figures of the galaxy."""
        light = " \u2003".join(f"{band}&nbsp;{escape(words)}" for band, words in scene.photometry)
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td class='number'>{escape(ours)}</td>"
            f"<td class='number faint'>{escape(flat)}</td></tr>"
            for name, ours, flat in scene.facts
        )
        seen = f"{scene.redshift:.4f}" if scene.redshift == scene.redshift else "not known"
        notes = "".join(f"<p class='faint'>{escape(words)}</p>" for words in scene.notes)
        self.numbers.object = (
            f"<p>Redshift from its spectrum: <b>{seen}</b></p>"
            f"<table><tr><th></th><th>population</th><th>flat</th></tr>{rows}</table>{notes}"
            f"<p class='faint' style='margin-top:8px'>AB mag: {light}</p>"
        )

    def _select(self, label: str, options: dict[str, str], name: str) -> pmui.Select:
        made = pmui.Select(
            label=label, options={words: key for key, words in options.items()},
            value=getattr(self.explorer, name), description=self.explorer.param[name].doc,
            **_FIELD,
        )  # fmt: skip
        made.param.watch(lambda event: setattr(self.explorer, name, event.new), "value")
        return made

    def _button(self, words: str, icon: str, view: Any, by: int) -> pmui.IconButton:
        button = pmui.IconButton(
            icon=icon, label=words, description=words, color="default", size="small",
            margin=(16, 0, 0, 2),
        )  # fmt: skip
        button.on_click(lambda _: view.step(by))
        return button

    def _on_row(self, event: Any) -> None:
        words = str(event.new).strip()
        if not words.isdigit():
            self.shell.say(
                f"A galaxy is named by its number, 0 or more, not by {words!r}.", "warning"
            )
            self.follow()
        elif int(words) != self.explorer.objects_place():
            self.explorer.objects_row = int(words) % self.explorer.objects_size()
