"""The view *Population*: a hundred thousand draws in a matrix, their subsets, their relations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import card, figure_pane, framed
from astroviz.dashboards.galaxies_population_form import PopulationForm
from astroviz.dashboards.live import instant
from astroviz.dashboards.newest import Newest
from astroviz.dashboards.room_view import GAP, RoomView, choice
from astroviz.dashboards.watched import Watched
from astroviz.galaxies.population_state import COLUMNS, RELATIONS
from astroviz.plots.binned import Binned, binned_marks
from astroviz.plots.density import Axis
from astroviz.plots.draw_matrix import DrawMatrix
from astroviz.plots.relation import RelationPlot

__all__ = ["PopulationView"]

_ASKED = frozenset({
    "source", "population_whose", "population_entropy", "population_draws", "seed",
})  # fmt: skip
_COUNTED = frozenset({
    "population_columns", "population_slice", "population_upper", "population_lower",
    "population_subsets", "population_selected",
})  # fmt: skip

_FARTHEST = 0.8  # redshift


class PopulationView(RoomView):
    """The form, the matrix, two relations, and the slice of redshift below them."""

    name = "population"
    follows = _ASKED | _COUNTED

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        self.draws: Any = None
        self._binned: tuple[Any, Binned] | None = None
        self.form = PopulationForm(self)
        self.matrix = DrawMatrix("population", dark=self.shell.dark)
        self.matrix.on_region(self.form.subsets.region)
        self.upper = RelationPlot("population-upper", self.shell.dark)
        self.lower = RelationPlot("population-lower", self.shell.dark)
        self.plots = (self.matrix, self.upper, self.lower)
        self.answers = self.live("draws", self._show)
        self.watched = Watched(self.answers, self.shell, "Drawing galaxies")
        self.counting = Newest(
            self.shell.document, self._draw, lambda sentence: self.shell.say(sentence, "error")
        )
        self.layout = self._make_layout()
        self.start()

    def close(self) -> None:
        """The tab is gone."""
        super().close()
        self.counting.close()

    # --- building ---------------------------------------------------------------------------

    def _make_layout(self) -> pn.Column:
        self.columns = [self._column(k) for k in range(self.matrix.count)]
        matrix = card(
            "Pairs of columns",
            framed(figure_pane(self.matrix.layout)),
            tools=tuple(self.columns),
        )
        upper, lower = (
            card("Relation", framed(figure_pane(plot.layout)), tools=(self._relation(which),))
            for plot, which in ((self.upper, "upper"), (self.lower, "lower"))
        )
        right = pn.Column(upper, lower, sizing_mode="stretch_both", margin=0, styles=GAP)
        for part, share in ((matrix, 6), (right, 5)):
            part.styles = {**(part.styles or {}), "flex": f"{share} 1 0px"}
        panels = pn.Row(
            self.form.layout, matrix, right, sizing_mode="stretch_both", margin=0, styles=GAP
        )
        low, high = self.explorer.population_slice
        self.slice = instant(pmui.RangeSlider)(
            label="slice of redshift", start=0.0, end=_FARTHEST, step=0.005, value=(low, high),
            size="small", sizing_mode="stretch_width", margin=(2, 24),
        )  # fmt: skip
        self.slice.param.watch(self._on_slice, "value")
        track = pn.Column(self.slice, height=54, sizing_mode="stretch_width", margin=(8, 0, 0, 0))
        return self.stack(panels, track)

    def _column(self, place: int) -> pmui.Select:
        chosen = pmui.Select(
            options=list(COLUMNS), value=self.explorer.population_columns[place], width=104,
            description=f"Column {place + 1} of the matrix", size="small", align="center",
            variant="standard", margin=(0, 4),
        )  # fmt: skip

        def set_column(event: Any) -> None:
            names = list(self.explorer.population_columns)
            if names[place] != event.new:
                names[place] = event.new
                self.explorer.population_columns = names

        chosen.param.watch(set_column, "value")
        return chosen

    def _relation(self, which: str) -> pmui.Select:
        name = f"population_{which}"
        options = {words: key for key, words in RELATIONS.items()}
        return choice(self.explorer, name, options, self.explorer.param[name].doc, 190)

    @property
    def scene(self) -> Any:
        """What there is to draw of the present draws."""
        return self.explorer.population_scene(self.draws)

    # --- questions and answers ----------------------------------------------------------------

    def follow(self, names: set[str]) -> None:
        """Ask for draws, or count those that are there again."""
        explorer = self.explorer
        self.form.follow()
        for chosen, name in zip(self.columns, explorer.population_columns, strict=True):
            if chosen.value != name:
                chosen.value = name
        self._show_slice()
        if names & _ASKED:
            self._ask()
        elif self.draws is not None:
            self.counting.ask(self._count)

    def _ask(self) -> None:
        try:
            self.explorer.population_sampled()
        except ValueError:  # which the line above the panels says
            self.answers.cancel()
            return
        self.answers.ask(self.explorer.population_request)
        self.watched.start()

    def _show(self, draws: Any, complete: bool) -> None:
        self.draws = draws
        self._show_slice()
        self.counting.first(self._count)

    def _count(self) -> Callable[[], Any]:
        """Copy what is asked; the counting itself runs in a thread."""
        explorer = self.explorer
        scene = self.scene
        columns, cut = tuple(explorer.population_columns), tuple(explorer.population_slice)
        subsets = dict(explorer.population_subsets)
        relations = explorer.population_upper, explorer.population_lower

        def count() -> Any:
            binned = self._placed(scene, columns)
            masks, wrong = scene.masks(subsets)
            marks = binned_marks(
                binned,
                scene.weights(cut),
                masks,
                *(scene.beside(side, columns, cut) for side in ("prior", "truth")),
            )
            drawn = [scene.relation(kind, cut, masks) for kind in relations]
            return scene, columns, binned, marks, drawn, scene.facts(cut, masks), wrong

        return count

    def _placed(self, scene: Any, columns: tuple[str, ...]) -> Binned:
        """The draws on the grid of the matrix; found once for each set of draws and columns."""
        key = (scene, columns, scene.selected)
        if self._binned is None or self._binned[0] != key:
            self._binned = key, Binned(scene.values(columns), scene.ends(columns))
        return self._binned[1]

    def _draw(self, found: Any) -> None:
        scene, columns, binned, marks, (upper, lower), (facts, shares), wrong = found
        self.matrix.set_axes([Axis(*one) for one in scene.axes(columns)], binned.ends)
        self.matrix.update(marks)
        self.upper.update(upper)
        self.lower.update(lower)
        self.form.show(facts, shares)
        if wrong:
            self.shell.say(" ".join(wrong), "warning")

    # --- the slice ------------------------------------------------------------------------------

    def _show_slice(self) -> None:
        """The slider ends where the draws end; at its end nothing is cut off."""
        top = _FARTHEST if self.draws is None else self.scene.top
        low, high = self.explorer.population_slice
        value = min(low, top), min(high, top)
        if self.slice.end != top or tuple(self.slice.value) != value:
            self.slice.param.update(end=top, value=value)

    def _on_slice(self, event: Any) -> None:
        low, high = (round(float(end), 4) for end in event.new)
        high = _FARTHEST if high >= self.slice.end else high
        if [low, high] != list(self.explorer.population_slice):
            self.explorer.population_slice = [low, high]

    # --- what every view offers -----------------------------------------------------------------

    def step(self, by: int) -> None:
        """The next or the previous slice of the same width."""
        low, high = self.explorer.population_slice
        width = high - low
        low = min(max(low + by * width, 0.0), max(self.slice.end - width, 0.0))
        self.explorer.population_slice = [round(low, 4), round(low + width, 4)]

    def tables(self) -> Mapping[str, Callable[[], Any]]:
        """The draws of the slice, with all their masses."""
        if self.draws is None:
            return {}
        return {
            "Draws of the slice, with all masses": lambda: self.explorer.population_table(
                self.draws
            )
        }
