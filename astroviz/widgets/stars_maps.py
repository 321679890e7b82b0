r"""Many stars at once in a notebook: from above the Galactic plane, and over isochrones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as ui
import numpy as np
import traitlets
from bokeh.layouts import row

from astroviz.core.selection import as_rows
from astroviz.plots.probability_hr import ProbabilityHR
from astroviz.plots.topdown import TopDown
from astroviz.stars.maps_view import FIRST, LARGEST, Shown, StarMaps
from astroviz.widgets.live import Answered, Asker, Crowd
from astroviz.widgets.star_picker import WRAPPED
from astroviz.widgets.stills import maps_png
from astroviz.widgets.tie import survey_switches, tie
from astroviz.widgets.view import ViewWidget

if TYPE_CHECKING:
    from astroviz.core.draws import Draws
    from astroviz.core.engine import Engine

__all__ = ["MapsWidget"]

_ASKED = ["source", "surveys", "seed", "steps"]
_DRAWN = ["selection", "prior_odds", "assume_young"]
_HEIGHT = 480


class MapsWidget(ViewWidget):
    r"""The view of maps for notebooks.

    `selection` holds the rows that are shown, all when it is empty; `shown` what both maps show
    of them; `explorer.picked` is the row of the star that is kept lifted.

    Arguments:
        model: The model that answers; `astroviz.load("stars")` when None.
        table: A path, table or `Observations`; simulated example stars when None.
        engine: Who runs the model; one engine is shared by all widgets of a kernel by default.
        state: Any parameter of `StarsExplorer`: `selection=[3, 4, 9]`, `picked=4`.

    Example:
        >>> view = MapsWidget(table="census.txt")  # doctest: +SKIP
        >>> view.ask_all()  # doctest: +SKIP
        >>> view.shown.rows, view.shown.log_luminosity  # doctest: +SKIP
    """

    shown = Answered(None, allow_none=True, help="What both maps show of the stars.")

    def __init__(
        self, model: Any = None, table: Any = None, engine: Engine | None = None, **state: Any
    ) -> None:
        self._ready = False
        super().__init__(model, table, engine, **{**state, "view": "maps"})
        self.maps = StarMaps(self.explorer)
        self._crowd = Crowd(self.engine, self.maps.kept.add, self._progress)
        self._asker = Asker(self.engine, (self.client, "fine"), self._fine, self._failed)
        self._fine_draws: Draws | None = None
        self._hovered: int | None = None
        self.topdown, self.hr = TopDown(), ProbabilityHR()
        self.hr.set_isochrones(self.maps.isochrones())
        self.hr.on_hover(self._on_hover)
        self.hr.on_pick(self._on_pick)
        figures = row(
            self.topdown.layout, self.hr.layout, height=_HEIGHT, sizing_mode="stretch_width"
        )
        canvas = self._make_canvas(figures)
        self.children = [
            self._title, self._make_controls(), canvas, self._status, self._make_code()
        ]  # fmt: skip
        watch = self.explorer.param.watch
        watch(lambda *_: self._follow(), [*_ASKED, *_DRAWN])
        watch(lambda *_: self._on_picked(), "picked")
        self._ready = True
        self._show_head()
        self._on_picked()
        self._start(FIRST)

    @property
    def selection(self) -> np.ndarray:
        """Rows that are shown, shape (k,); all when there are none. Can be set."""
        return self.explorer.selection

    @selection.setter
    def selection(self, rows: Any) -> None:
        self.explorer.selection = as_rows(rows)

    def ask_all(self) -> None:
        """Ask about the selection, or about all when nothing is selected; at most 2,000."""
        self._start(LARGEST)

    def headline(self) -> str:
        """The table."""
        return str(self.explorer.catalogue.label)

    def sentence(self) -> str:
        """What is shown, and one gesture to try."""
        return (
            "the draws of many stars at once. Hold the pointer over a star of the right figure to "
            "lift its posterior out of the others; click it to keep it lifted."
        )

    def picture(self) -> bytes | None:
        """Both maps."""
        return maps_png(self.maps, self.shown)

    def wait(self) -> None:
        """Wait until all stars that were asked about are answered."""
        if self._ready:
            self._crowd.settle()
            self._asker.settle()

    def _make_controls(self) -> ui.HBox:
        self.ask_button = ui.Button(tooltip="Ask the model about more stars")
        self.ask_button.on_click(lambda _: self.ask_all())
        self.colour = ui.ToggleButtons(
            options=[("Stars", "stars"), ("Mean A_V", "mean")], description="Colour",
            tooltip="What the map from above is coloured by", style={"button_width": "auto"},
        )  # fmt: skip
        self.colour.observe(self._on_colour, "value")
        self.assume_young = ui.Checkbox(description="assume young", indent=False)
        self.assume_young.tooltip = self.explorer.param.assume_young.doc
        tie(self.explorer, "assume_young", self.assume_young, self._say)
        self.release = ui.Button(description="Let go", tooltip="Lift no star any more")
        self.release.on_click(lambda _: setattr(self.explorer, "picked", None))
        self.switches = survey_switches(self.explorer)
        for control in (self.colour, self.assume_young):
            control.layout.width = "max-content"
        parts = [self.ask_button, self.colour, self.assume_young, self.release,
                 ui.Label("Surveys in use:"), *self.switches.values()]  # fmt: skip
        return ui.HBox(parts, layout=ui.Layout(**WRAPPED))

    # Asking

    def _follow(self) -> None:
        if self.maps.renew():
            self._crowd.cancel()
            self._on_picked()
            self._start(FIRST)
        else:
            self._draw()

    def _start(self, most: int) -> None:
        rows = self.maps.to_ask(most)
        self._draw()
        self._crowd.ask(self.maps.batch(rows), len(rows))

    def _progress(self, done: int, failed: int, total: int) -> None:
        self._draw()
        more = f" {failed:,} failed." if failed else ""
        self._say(f"{done - failed:,} of {total:,} stars answered.{more}", "answer")

    def _fine(self, draws: Draws) -> None:
        self._fine_draws = draws
        self._lift(self.explorer.picked)

    # Drawing

    def _draw(self) -> None:
        shown = self.maps.shown()
        picked = self.explorer.picked
        if picked is not None and picked not in self.maps.chosen():
            self.explorer.picked = None
        self.ask_button.description = f"Ask for {min(len(self.maps.chosen()), LARGEST):,}"
        with self._canvas.together():
            if shown is None:
                self.topdown.say_empty("No star has been asked about yet.")
                self.hr.say_empty("No star has been asked about yet.")
            else:
                self._show(shown)
        ready, self._ready = self._ready, False  # what observes it reads it without waiting
        self.set_trait("shown", shown)
        self._ready = ready

    def _show(self, shown: Shown) -> None:
        if shown.above is None:
            self.topdown.say_empty("None of these stars has a position.")
        else:
            self.topdown.update(shown.above.stars, shown.above.half_width, shown.above.mean)
        found = shown.density
        self.hr.update(found.stars, found.log_teff, found.log_luminosity)
        self.hr.set_points(
            shown.effective_temperature, shown.log_luminosity, shown.rows, shown.tips
        )
        if self._hovered is None:
            self._lift(self.explorer.picked)

    def _lift(self, number: int | None) -> None:
        fine = self._fine_draws if number == self.explorer.picked else None
        star = None if number is None else self.maps.lifted(number, fine)
        with self._canvas.together():
            if star is None:
                self.hr.lift()
                self.topdown.lift()
            else:
                self.hr.lift(star.effective_temperature, star.log_luminosity, star.text)
                self.topdown.lift(star.x, star.y)

    # From the hand

    def _on_colour(self, change: Any) -> None:
        with self._canvas.together():
            self.topdown.set_colour(change["new"])

    def _on_hover(self, number: int | None) -> None:
        self._hovered = number
        self._lift(self.explorer.picked if number is None else number)

    def _on_pick(self, number: int) -> None:
        self.explorer.picked = number

    def _on_picked(self) -> None:
        """Ask for more draws of the star that is kept lifted."""
        picked, self._fine_draws = self.explorer.picked, None
        self.release.disabled = picked is None
        self._lift(picked)
        if picked is not None:
            self._asker.ask(self.maps.fine(picked))

    @traitlets.validate("shown")
    def _check_shown(self, proposal: Any) -> Any:
        if not isinstance(proposal["value"], Shown | None):
            raise traitlets.TraitError("shown is read here; select and ask with `explorer`")
        return proposal["value"]
