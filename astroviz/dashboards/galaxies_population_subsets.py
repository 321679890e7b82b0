"""Named subsets of a population: what they are, how many they hold, a box to write another."""

from __future__ import annotations

from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import note, text
from astroviz.galaxies.population_state import COLUMNS
from astroviz.plots.draw_matrix import SUBSET_ROLES
from astroviz.plots.theme import colour

__all__ = ["SubsetForm"]

_SHAPES = {"circle": "\u25cf", "diamond": "\u25c6", "triangle": "\u25b2"}
_FIELD = {"size": "small", "margin": (10, 4, 0, 0), "sizing_mode": "stretch_width"}
_HELP = (
    "Comparisons joined by & (and), | (or), ~ (not), with + - * / and functions such as log10; "
    "columns: " + ", ".join(COLUMNS)
)


class SubsetForm:
    r"""The list of subsets and the expression box.

    Arguments:
        view: The view: `explorer`, `shell`.
    """

    def __init__(self, view: Any) -> None:
        self.explorer, self.shell = view.explorer, view.shell
        self.rows = pn.Column(sizing_mode="stretch_width", margin=0)
        self.expression = pmui.TextInput(
            label="expression", placeholder="(log_mass > 10.5) & (log_ssfr < -11)",
            description=_HELP, **_FIELD,
        )  # fmt: skip
        self.name = pmui.TextInput(label="name", placeholder="massive", **_FIELD)
        self.add_button = pmui.Button(
            label="Add", icon="add", variant="outlined", size="small", margin=(12, 0, 0, 4),
            description="Name the subset of this expression",
        )  # fmt: skip
        self.add_button.on_click(lambda _: self.add())
        self.layout = pn.Column(
            text("Subsets", bold=True, margin=(10, 0, 2, 0)),
            self.rows,
            self.expression,
            pn.Row(self.name, self.add_button, sizing_mode="stretch_width", margin=0),
            note(
                "<p class='faint'>A box or a lasso in the matrix writes its own expression.</p>",
                margin=(6, 0, 0, 0),
            ),
            sizing_mode="stretch_width",
            margin=0,
        )
        self._shown: Any = None

    def add(self) -> None:
        """Take the expression of the box under the name beside it."""
        expression = str(self.expression.value_input or self.expression.value or "")
        name = str(self.name.value_input or self.name.value or "")
        self.take(name or "subset", expression)

    def take(self, name: str, expression: str) -> None:
        """Name a subset, or say why it cannot be."""
        try:
            self.explorer.population_add(name, expression)
        except ValueError as error:
            sentence = str(error)
            self.shell.say(sentence[:1].upper() + sentence[1:], "warning")

    def region(self, pair: tuple[int, int], geometry: dict[str, Any]) -> None:
        """A hand has drawn in the matrix."""
        try:
            expression = self.explorer.population_region(pair, geometry)
        except ValueError as error:
            self.shell.say(str(error), "warning")
            return
        self.expression.param.update(value=expression, value_input=expression)
        self.take("region", expression)

    def show(self, shares: dict[str, str]) -> None:
        """Show the subsets with how much each holds."""
        subsets = self.explorer.population_subsets
        shown = (dict(subsets), dict(shares), self.shell.dark)
        if shown != self._shown:
            self._shown = shown
            self.rows[:] = [
                self._row(k, name, expression, shares.get(name, ""))
                for k, (name, expression) in enumerate(subsets.items())
            ] or [note("<p class='faint'>None yet.</p>")]

    def _row(self, place: int, name: str, expression: str, share: str) -> pn.Row:
        role, marker = SUBSET_ROLES[place % len(SUBSET_ROLES)]
        hue = colour(role, self.shell.dark)
        words = note(
            f"<span style='color:{hue}'>{_SHAPES[marker]}</span> <b>{escape(name)}</b> "
            f"<span class='faint'>{escape(share)}<br><code>{escape(expression)}</code></span>",
        )
        button = pmui.IconButton(
            icon="close", label=f"Remove {name}", description=f"Remove {name}", size="small",
            margin=0, icon_size="14px",
        )  # fmt: skip
        button.on_click(lambda _: self.explorer.population_remove(name))
        return pn.Row(words, button, sizing_mode="stretch_width", margin=(2, 0))
