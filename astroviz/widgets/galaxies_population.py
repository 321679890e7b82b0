r"""A population in a notebook: the matrix of its draws, two relations, named subsets."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as ui
import traitlets
from bokeh.layouts import column, row

from astroviz.galaxies.population_state import COLUMNS, RELATIONS, WHOSE
from astroviz.galaxies.view_state import SOURCES
from astroviz.plots.binned import Binned, binned_marks
from astroviz.plots.density import Axis
from astroviz.plots.draw_matrix import DrawMatrix
from astroviz.plots.relation import RelationPlot
from astroviz.widgets.galaxies import GalaxiesWidget
from astroviz.widgets.lensing_stills import Still

if TYPE_CHECKING:
    from astroviz.core.draws import Draws

__all__ = ["PopulationWidget"]

_HEIGHT = 520
_ASKED = frozenset({"source", "population_whose", "population_entropy", "population_draws",
                    "seed"})  # fmt: skip
_COUNTED = frozenset({
    "population_columns", "population_slice", "population_upper", "population_lower",
    "population_subsets", "population_selected",
})  # fmt: skip


class PopulationWidget(GalaxiesWidget):
    r"""The draws of a population, sliced and selected.

    `draws` are all draws; `selection` those of the slice of redshift, as a table with the named
    subsets as columns.
    """

    name = "population"
    title = "Galaxy population"
    follows = _ASKED | _COUNTED

    @property
    def selection(self) -> Any:
        """Draws of the slice with all their masses, as an astropy table."""
        return self.explorer.population_table(self.draws)

    def build(self) -> list[Any]:
        """Choices, the slice, the matrix and two relations, the expression box."""
        self._binned: Any = None
        self._seen: Draws | None = None
        self.matrix = DrawMatrix("population")
        self.upper, self.lower = (RelationPlot(f"population-{one}") for one in ("upper", "lower"))
        relations = [(words, key) for key, words in RELATIONS.items()]
        choices = self.row(
            self.dropdown("source", "of", [(v, k) for k, v in SOURCES.items()]),
            self.dropdown("population_whose", "draws", [(v, k) for k, v in WHOSE.items()]),
            self.switch("population_selected", "in the survey"),
            self.dropdown("population_upper", "above", relations),
            self.dropdown("population_lower", "below", relations),
            self.stop_button(), *self.usual(),
        )  # fmt: skip
        self.slice = self.control(
            "population_slice",
            ui.FloatRangeSlider(
                description="redshift", min=0.0, max=0.8, step=0.005, readout_format=".3f",
                layout=ui.Layout(width="60%"),
            ),
            to_control=tuple, to_state=lambda ends: [round(float(end), 4) for end in ends],
        )  # fmt: skip
        right = column(self.upper.layout, self.lower.layout, sizing_mode="stretch_both")
        canvas = self._make_canvas(
            row(self.matrix.layout, right, height=_HEIGHT, sizing_mode="stretch_width")
        )
        self.matrix.on_region(self._region)
        self.numbers = ui.HTML()
        return [choices, self._make_columns(), self.slice, canvas, self._make_box(), self.numbers]

    def _make_columns(self) -> ui.HBox:
        boxes = []
        for place in range(self.matrix.count):
            box = ui.Dropdown(
                options=list(COLUMNS), value=self.explorer.population_columns[place],
                description=f"column {place + 1}", layout=ui.Layout(width="220px"),
            )  # fmt: skip
            box.tooltip = f"Column {place + 1} of the matrix"
            box.observe(lambda change, place=place: self._column(place, change["new"]), "value")
            boxes.append(box)
        self._columns = boxes
        return self.row(*boxes)

    def _make_box(self) -> ui.HBox:
        self.label = ui.Text(description="subset", placeholder="name",
                             layout=ui.Layout(width="220px"))  # fmt: skip
        self.expression = ui.Text(
            placeholder="(log_mass > 10.5) & (log_ssfr < -11)", layout=ui.Layout(width="420px"),
            continuous_update=False,
        )  # fmt: skip
        self.expression.tooltip = f"Columns: {', '.join(COLUMNS)}"
        add = self.button("Add", self.add, "Name the subset of this expression")
        clear = self.button("Forget all", self._forget, "Remove all subsets")
        return self.row(self.label, self.expression, add, clear)

    # Questions and answers

    def refresh(self, names: set[str]) -> None:
        """Ask for draws, or count those that are there again."""
        for box, name in zip(self._columns, self.explorer.population_columns, strict=True):
            if box.value != name:
                box.value = name
        if names & _ASKED:
            try:
                self._asker.ask(self.explorer.population_request())
            except ValueError as error:
                self._say(str(error))
        elif self._seen is not None:
            self._count(self._seen)

    def show(self, draws: Draws) -> None:
        """Draw an answer."""
        self._seen = draws
        self._count(draws)

    def _count(self, draws: Draws) -> None:
        explorer = self.explorer
        scene = explorer.population_scene(draws)
        columns, cut = tuple(explorer.population_columns), list(explorer.population_slice)
        key = (scene, columns, scene.selected)
        if self._binned is None or self._binned[0] != key:
            self._binned = key, Binned(scene.values(columns), scene.ends(columns))
        binned = self._binned[1]
        masks, wrong = scene.masks(explorer.population_subsets)
        sides = [scene.beside(side, columns, cut) for side in ("prior", "truth")]
        marks = binned_marks(binned, scene.weights(cut), masks, *sides)
        drawn = [
            scene.relation(kind, cut, masks)
            for kind in (explorer.population_upper, explorer.population_lower)
        ]
        with self._canvas.together():
            self.matrix.set_axes([Axis(*one) for one in scene.axes(columns)], binned.ends)
            self.matrix.update(marks)
            self.upper.update(drawn[0])
            self.lower.update(drawn[1])
        facts, shares = scene.facts(cut, masks)
        words = [f"{escape(name)} {escape(value)}" for name, value in facts]
        words += [
            f"<b>{escape(name)}</b> {escape(share)} "
            f"(<code>{escape(explorer.population_subsets[name])}</code>)"
            for name, share in shares.items()
        ]
        self.numbers.value = " &middot; ".join(words)
        if wrong:
            self._say(" ".join(wrong))

    # Hands

    def add(self) -> None:
        """Name the subset of the expression in the box."""
        self._take(self.label.value or "subset", self.expression.value)

    def _take(self, name: str, expression: str) -> None:
        try:
            self.explorer.population_add(name, expression)
        except ValueError as error:
            sentence = str(error)
            self._say(sentence[:1].upper() + sentence[1:])

    def _forget(self) -> None:
        self.explorer.population_subsets = {}

    def _region(self, pair: tuple[int, int], geometry: dict[str, Any]) -> None:
        self.expression.value = self.explorer.population_region(pair, geometry)
        self._take("region", self.expression.value)

    def _column(self, place: int, name: str) -> None:
        names = list(self.explorer.population_columns)
        if names[place] != name:
            names[place] = name
            self.explorer.population_columns = names

    def stills(self) -> list[Still]:
        """The densities of the matrix."""
        return [
            (f"{self.matrix.labels[j]} over {self.matrix.labels[i]}", counts, None, "cividis")
            for (i, j), counts in self.matrix.counts.items()
        ]

    @traitlets.observe("draws")
    def _keep_seen(self, change: Any) -> None:
        if change["new"] is None:
            self._seen = None
