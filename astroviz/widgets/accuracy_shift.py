r"""What was asked over what is known, in a notebook."""

from __future__ import annotations

from typing import Any

import ipywidgets as ui
import traitlets
from bokeh.layouts import column, row

from astroviz.accuracy.shift_state import SOURCES
from astroviz.plots.shift_figures import ShiftFigures
from astroviz.widgets.accuracy import AccuracyWidget
from astroviz.widgets.accuracy_stills import shift_png

__all__ = ["ShiftWidget"]

_HEIGHT = 320
_CASE = frozenset({"shift_source", "seed", "tried"})


class ShiftWidget(AccuracyWidget):
    """Populations, objects and columns of two tables; `found` holds what came out.

    `compare(known, asked)` takes two tables of your own; a table of draws given to `explore` is
    compared with its prior.
    """

    name = "shift"
    title = "Is this the world that was taught?"
    follows = _CASE | {"shift_x", "shift_y", "shift_row"}
    found = traitlets.Any(None, allow_none=True, help="What is shown.")

    def _make_explorer(self, model: Any, table: Any, state: dict[str, Any]) -> Any:
        made = super()._make_explorer(model, table, state)
        if table is not None:
            made.shift_source = "tried"
        return made

    def build(self) -> list[Any]:
        """Choices, four figures, the verdict, one object."""
        self.figures = ShiftFigures()
        self.figures.plane.on_pick(self.pick)
        self.verdict, self.facts = ui.HTML(), ui.HTML()
        self._axes = {name: ui.Dropdown(description=label, layout=ui.Layout(width="260px"))
                      for name, label in (("shift_x", "across"), ("shift_y", "up"))}  # fmt: skip
        for name, made in self._axes.items():
            made.tooltip = self.explorer.param[name].doc
            made.observe(lambda change, name=name: self._choose(name, change["new"]), "value")
        choices = self.row(
            self.dropdown("shift_source", "compare", [(v, k) for k, v in SOURCES.items()],
                          "340px"),
            *self._axes.values(),
            self.button("Simulate", self.simulate, "Ask the model on trial"),
            self.button("Teach the classifier", self.teach, "Which columns tell both apart?"),
            self.stop_button(), *self.usual(),
        )  # fmt: skip
        figures = self.figures
        looks: dict[str, Any] = {"height": _HEIGHT, "sizing_mode": "stretch_width"}
        canvas = self._make_canvas(column(
            row(figures.plane.layout, figures.population.layout, **looks),
            row(figures.importance.layout, figures.objects.layout, **looks),
            sizing_mode="stretch_width",
        ))  # fmt: skip
        return [choices, canvas, self.row(self.verdict, self.facts)]

    # What can be done

    def compare(self, known: Any, asked: Any, **words: Any) -> None:
        r"""Compare two tables of your own.

        Arguments:
            known: What a model was taught: an astropy Table, a DataFrame, a mapping of columns.
            asked: What it is asked about.
            words: As of `accuracy.shift_case.case_of_tables`.
        """
        self.explorer.shift_open(known, asked, **words)

    def pick(self, row_: int) -> None:
        """Look at an asked object, by its row in the plane."""
        asked = self.figures.plane.asked_row(row_)
        if asked is not None:
            self.explorer.shift_row = asked

    def simulate(self) -> None:
        """Let the model on trial answer fresh simulations, and compare its draws."""

        def keep(trial: Any) -> None:
            self.explorer.shift_keep(trial)
            self.draw()

        self.work("Simulating and drawing", self.explorer.shift_working, keep)

    def teach(self) -> None:
        """Teach the classifier what tells both apart."""

        def make() -> Any:
            teach = self.explorer.shift_teaching()

            def piece(progress: Any, check: Any) -> Any:
                progress(0.1)
                check()
                return teach()

            return piece

        def keep(told: Any) -> None:
            if self.explorer.shift_keep_told(told):
                self.draw()

        self.work("Teaching a classifier", make, keep)

    # Drawing

    def refresh(self, names: set[str]) -> None:
        """Compare, or look at another object."""
        if names & _CASE:
            self.draw()
        elif self.found is not None:
            self._look(self.found)

    def draw(self) -> None:
        """Compare; a sentence says why it cannot be done."""
        try:
            found = self.explorer.shift_asking()()
        except ValueError as error:
            self._say(str(error))
            return
        if found is None:
            self._say(self.explorer.shift_sentence(), "answer")
            return
        with self._canvas.together():
            self.figures.show(found)
        self._look(found)
        self.found = found

    def _look(self, found: Any) -> None:
        explorer = self.explorer
        x, y = explorer.shift_axes(found)
        with self._canvas.together():
            self.figures.show_plane(found, x, y, explorer.shift_place(found))
        verdict = explorer.shift_verdict(found).replace("being taught ...", "not taught yet")
        self.verdict.value, self.facts.value = verdict, explorer.shift_facts(found)
        self._writing = True
        try:
            names = found.case.names
            for made, k in zip(self._axes.values(), (x, y), strict=True):
                if tuple(made.options) != names:
                    made.options = names
                made.value = names[k]
        finally:
            self._writing = False

    def picture(self) -> bytes | None:
        """The plane, PQMass, importance of columns."""
        self.wait()
        if self.found is None:
            return None
        return shift_png(self.found, *self.explorer.shift_axes(self.found))
