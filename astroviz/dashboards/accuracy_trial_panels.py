"""What a trial is seen by: the figure of a check, cells by parameter and group, one posterior."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui
from bokeh.events import Tap

from astroviz.accuracy.trial_board import shipped_html
from astroviz.accuracy.trial_cells import LOOKS
from astroviz.accuracy.trial_state import FIGURES, NO_GROUPS
from astroviz.dashboards.appearance import card, figure_pane, framed, note, text
from astroviz.dashboards.room_view import choice
from astroviz.plots.check_figures import chart_of
from astroviz.plots.corner import Corner
from astroviz.plots.image_grid import ImageGrid
from astroviz.plots.matrix import MatrixPlot

__all__ = ["CellPanel", "CheckPanel", "ObjectPanel"]

_EMPTY = "<p class='faint' style='padding:20px 16px'>{}</p>"


class CheckPanel:
    r"""The figure of the check that is chosen; a figure of each kind is made once.

    Arguments:
        explorer: The state.
        dark: Whether the ground is dark.
        picked: Called with the place on the axis of ranks that was clicked.
    """

    def __init__(self, explorer: Any, dark: bool, picked: Callable[[float], None]) -> None:
        self.explorer, self.dark, self.picked = explorer, dark, picked
        self.charts: dict[str, tuple[Any, Any]] = {}
        self._told: Any = None
        self.stage = pn.Column(sizing_mode="stretch_both", margin=0)
        self.title = text("", bold=True, align="center")
        self.figure = pmui.RadioButtonGroup(
            options={words: name for name, words in FIGURES.items()}, size="small",
            value=explorer.trial_figure, margin=(0, 2), align="center",
            description=explorer.param.trial_figure.doc,
        )  # fmt: skip
        self.figure.link(explorer, value="trial_figure", bidirectional=True)
        self.layout = card("", self.stage, tools=(self.figure,))
        self.layout[0][0] = self.title

    def show(self, title: str) -> None:
        """Draw the check that is chosen."""
        outcome = self.explorer.trial_outcome()
        self._entitle(title)
        if outcome is None:
            self._show_nothing()
            return
        made = chart_of(outcome, self.dark)
        kind = made.kind
        if kind in self.charts:
            chart_of(outcome, self.dark, self.charts[kind][0])
        else:
            self.charts[kind] = (made, framed(figure_pane(made.layout)))
            if kind == "ranks":
                made.figure.on_event(Tap, self._on_tap)
        self._place(self.charts[kind][1])

    def _show_nothing(self) -> None:
        """What to do, and what the model's card says of its checks."""
        known = shipped_html(self.explorer.trial_card())
        told = note(
            _EMPTY.format("Nothing was tried yet: press <b>Try it</b>.")
            + (f"<div style='padding:0 16px'>{known}</div>" if known else "")
        )
        if self._told is None or self._told.object != told.object:
            self._told = told
        self._place(pn.Column(self._told, scroll="y-auto", sizing_mode="stretch_both", margin=0))

    @property
    def chart(self) -> Any:
        """The chart that is shown; None for none."""
        for made, pane in self.charts.values():
            if list(self.stage) == [pane]:
                return made
        return None

    def set_dark(self, dark: bool) -> None:
        """Change between light and dark ground."""
        self.dark = dark
        for made, _ in self.charts.values():
            made.set_dark(dark)

    def _on_tap(self, event: Any) -> None:
        if event.x is not None and 0 <= event.x <= 1:
            self.picked(float(event.x))

    def _place(self, wanted: Any) -> None:
        if list(self.stage) != [wanted]:
            self.stage[:] = [wanted]

    def _entitle(self, title: str) -> None:
        html = text(title, bold=True).object
        if self.title.object != html:
            self.title.object = html


class CellPanel:
    r"""Parameters by groups; a click opens the objects of a cell.

    Arguments:
        explorer: The state.
        dark: Whether the ground is dark.
    """

    def __init__(self, explorer: Any, dark: bool) -> None:
        self.explorer = explorer
        self.plot = MatrixPlot("trial-cells", dark)
        self.plot.on_pick(self._on_pick)
        self.kind = pmui.Select(
            options={"\u2026": ""}, value="", width=120, size="small", variant="standard",
            align="center", margin=(0, 4), description=explorer.param.trial_kind.doc,
        )  # fmt: skip
        self.kind.param.watch(self._on_kind, "value")
        self._writing = False
        look = choice(
            explorer, "trial_look", {words: name for name, words in LOOKS.items()},
            explorer.param.trial_look.doc, 150,
        )  # fmt: skip
        self.words = note("", margin=(0, 14, 6, 14))
        self.layout = card(
            "Where it holds, where it fails", framed(figure_pane(self.plot.layout)), self.words,
            tools=(look, self.kind),
        )  # fmt: skip

    def show(self) -> None:
        """Draw the cells."""
        explorer = self.explorer
        self._offer()
        table = explorer.trial_table()
        if table is None:
            self.plot.update([], [], np.zeros((0, 0)), [])
            self.words.object = ""
            return
        row, column = explorer.trial_shown_cell(table)
        heads = [f"{name} ({count})" if len(table.columns) < 5 else name
                 for name, count in zip(table.columns, table.counts, strict=True)]  # fmt: skip
        self.plot.update(table.rows, heads, table.values, table.texts, table.words, (row, column))
        self.words.object = (
            f"<span class='faint'>{escape(table.words[row][column])} "
            "Orange: too much, blue: too little; <b>!</b>: beyond chance."
            "</span>"
        )

    def set_dark(self, dark: bool) -> None:
        """Change between light and dark ground."""
        self.plot.set_dark(dark)

    def _offer(self) -> None:
        kinds = self.explorer.trial_kinds()
        options = {("all objects" if one == NO_GROUPS else f"by {one}"): one for one in kinds}
        shown = self.explorer.trial_shown_kind()
        if self.kind.options != options or self.kind.value != shown:
            self._writing = True
            self.kind.param.update(options=options, value=shown)
            self._writing = False

    def _on_kind(self, event: Any) -> None:
        if not self._writing:
            self.explorer.param.update(trial_kind=event.new, trial_cell=[], trial_place=0,
                                       trial_bin=None)  # fmt: skip

    def _on_pick(self, row: int, column: int) -> None:
        table = self.explorer.trial_table()
        if table is not None:
            self.explorer.param.update(
                trial_cell=[table.rows[row], table.columns[column]], trial_place=0,
                trial_bin=None,
            )  # fmt: skip


class ObjectPanel:
    r"""The posterior of one object of the cell, beside its truth.

    Arguments:
        view: The view: `explorer`, `shell`, `step`.
    """

    def __init__(self, view: Any) -> None:
        self.explorer, self.shell = view.explorer, view.shell
        self.dark = self.shell.dark
        self.corner: Corner | None = None
        self.grid: ImageGrid | None = None
        self.stage = pn.Column(sizing_mode="stretch_both", margin=0)
        self.words, self.facts = note("", margin=(0, 14, 4, 14)), note("", margin=(0, 14, 8, 14))
        buttons = [
            self.shell.icon(icon, words, partial(view.step, by)) for icon, words, by in (
                ("chevron_left", "Previous object, a worse one", -1),
                ("chevron_right", "Next object", +1),
            )
        ]  # fmt: skip
        more = self.shell.icon("more_vert", "Choose the parameters", self._toggle)
        self._writing = False
        self.picker = pmui.MultiChoice(
            label="Parameters (at most four)", options=[], value=[], max_items=4, visible=False,
            margin=(8, 12, 0, 12), sizing_mode="stretch_width",
        )  # fmt: skip
        self.picker.param.watch(self._on_pick, "value")
        self.layout = card(
            "A posterior and its truth", self.picker, self.words, self.stage, self.facts,
            tools=(*buttons, more),
        )  # fmt: skip

    def show(self) -> None:
        """Draw the object that is chosen."""
        explorer = self.explorer
        scene, found = explorer.trial_object(), explorer.trial_found()
        if scene is None or found is None:
            self.words.object = self.facts.object = ""
            none = "No object is in this cell." if found is not None else "No object yet."
            self._place(note(_EMPTY.format(none)))
            return
        self.words.object = explorer.trial_object_words(scene)
        self.facts.object = "<span class='faint'>" + " \u2003".join(
            f"{escape(name)}&nbsp;{escape(value)}" for name, value in scene.facts
        ) + "</span>"  # fmt: skip
        self._offer(found.trial.names, [axis.name for axis in scene.axes], scene.kind)
        if scene.kind == "images":
            self._show_images(scene)
        else:
            self._show_corner(scene)

    def set_dark(self, dark: bool) -> None:
        """Change between light and dark ground."""
        self.dark = dark
        for plot in (self.corner, self.grid):
            if plot is not None:
                plot.set_dark(dark)

    def _show_corner(self, scene: Any) -> None:
        corner = self.corner
        if corner is None or [(a.name, a.unit) for a in corner.axes] != [
            (a.name, a.unit) for a in scene.axes
        ]:
            self.corner = corner = Corner(scene.axes, self.dark)
            self.corner_pane = framed(figure_pane(corner.layout))
        corner.axes = tuple(scene.axes)  # their ends are those of this object's draws
        corner.update(scene.draws, fit=False)
        corner.mark("truth", dict(zip(corner.names, scene.truth, strict=True)))
        corner.fit()
        self._place(self.corner_pane)

    def _show_images(self, scene: Any) -> None:
        if self.grid is None:
            self.grid = ImageGrid("trial-images", self.dark, columns=2)
            self.grid_pane = framed(figure_pane(self.grid.layout))
        self.grid.update(scene.draws, scene.labels)
        self._place(self.grid_pane)

    def _offer(self, names: Any, shown: list[str], kind: str) -> None:
        options = list(names) if kind == "corner" and set(shown) <= set(names) else []
        if self.picker.options != options or self.picker.value != shown:
            self._writing = True
            self.picker.param.update(options=options, value=shown if options else [])
            self._writing = False

    def _on_pick(self, event: Any) -> None:
        if not self._writing and event.new:
            self.explorer.trial_pick = list(event.new)

    def _toggle(self) -> None:
        self.picker.visible = not self.picker.visible and bool(self.picker.options)

    def _place(self, wanted: Any) -> None:
        if list(self.stage) != [wanted]:
            self.stage[:] = [wanted]
