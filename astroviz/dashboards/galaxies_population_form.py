"""The card that says whose draws are shown, how they are seen, and which subsets have names."""

from __future__ import annotations

from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import card, note
from astroviz.dashboards.galaxies_population_subsets import SubsetForm
from astroviz.dashboards.live import instant
from astroviz.galaxies.population_state import WHOSE
from astroviz.galaxies.view_state import SOURCES

__all__ = ["PopulationForm"]

_FIELD = {"size": "small", "margin": (12, 4, 2, 0), "sizing_mode": "stretch_width"}
_WIDE = {"size": "small", "margin": (4, 0), "sizing_mode": "stretch_width"}
_SEEN = {"In the survey": True, "All there are": False}


class PopulationForm:
    r"""Source, entropy weight, selection, subsets, figures.

    Arguments:
        view: The view: `explorer`, `shell`.
    """

    def __init__(self, view: Any) -> None:
        self.explorer = explorer = view.explorer
        self.source = self._select("Population of", SOURCES, "source")
        self.whose = self._select("Draws of", WHOSE, "population_whose")
        # The weights are those of the model, so the slider moves over their places.
        self.entropy = instant(pmui.IntSlider)(
            label="entropy weight", start=0, end=1, value=0, size="small", margin=(8, 8, 0, 8),
            sizing_mode="stretch_width", visible=False,
        )  # fmt: skip
        self.entropy.param.watch(self._on_entropy, "value")
        self.weight = note("", visible=False)
        self.seen = pmui.RadioButtonGroup(
            options=_SEEN, value=explorer.population_selected,
            description=explorer.param.population_selected.doc, **_WIDE,
        )  # fmt: skip
        self.seen.param.watch(lambda e: self._set("population_selected", bool(e.new)), "value")
        self.subsets = SubsetForm(view)
        self.numbers = note("", margin=(10, 0, 0, 0))
        body = pn.Column(
            self.source, self.whose, self.entropy, self.weight, self.seen, self.subsets.layout,
            self.numbers, sizing_mode="stretch_both", margin=(0, 12, 8, 12), scroll="y-auto",
        )  # fmt: skip
        self.layout = card("Draws", body, width=274, sizing_mode="stretch_height")

    def follow(self) -> None:
        """Show the state: a preset, undo or a link may have changed it."""
        explorer = self.explorer
        for widget, name in (
            (self.source, "source"), (self.whose, "population_whose"),
            (self.seen, "population_selected"),
        ):  # fmt: skip
            if widget.value != getattr(explorer, name):
                widget.value = getattr(explorer, name)
        ladder = explorer.population_whose == "ladder"
        rungs = explorer.population_rungs() if ladder else ()
        self.source.disabled = ladder  # its fits are of the mock
        self.entropy.visible = self.weight.visible = len(rungs) > 1
        if len(rungs) > 1:
            self.entropy.param.update(end=len(rungs) - 1, value=explorer.population_rung())
            weight = rungs[explorer.population_rung()]
            self.weight.object = (
                f"<p class='faint'>weight {weight:g}: how strongly what the data leave open stays "
                "with the prior</p>"
            )

    def show(self, facts: list[tuple[str, str]], shares: dict[str, str]) -> None:
        """Show figures of the draws and of the subsets."""
        self.subsets.show(shares)
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td class='number'>{escape(value)}</td></tr>"
            for name, value in facts
        )
        self.numbers.object = f"<table>{rows}</table>"

    def _select(self, label: str, options: dict[str, str], name: str) -> pmui.Select:
        made = pmui.Select(
            label=label, options={words: key for key, words in options.items()},
            value=getattr(self.explorer, name), description=self.explorer.param[name].doc,
            **_FIELD,
        )  # fmt: skip
        made.param.watch(lambda event: self._set(name, event.new), "value")
        return made

    def _on_entropy(self, event: Any) -> None:
        if self.entropy.visible and int(event.new) != self.explorer.population_rung():
            self._set("population_entropy", int(event.new))

    def _set(self, name: str, value: Any) -> None:
        if getattr(self.explorer, name) != value:
            setattr(self.explorer, name, value)
