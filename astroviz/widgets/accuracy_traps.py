r"""The view *Traps* of the accuracy lab in a notebook."""

from __future__ import annotations

from typing import Any

import ipywidgets as ui
import traitlets
from bokeh.layouts import column, row

from astroviz.accuracy.defects import DEFECTS
from astroviz.accuracy.traps_picture import HALF_WIDTH
from astroviz.accuracy.traps_state import STAGES, TrapMatrix
from astroviz.accuracy.traps_words import BRIEF, HEADS, short
from astroviz.plots.caught_table import CaughtTable
from astroviz.plots.check_figures import chart_of
from astroviz.plots.power_curves import PowerCurves
from astroviz.plots.trap_gallery import TrapGallery
from astroviz.widgets.accuracy import AccuracyWidget
from astroviz.widgets.accuracy_traps_still import gallery_png, power_png

__all__ = ["TrapsWidget"]

_HEIGHT = 540


class TrapsWidget(AccuracyWidget):
    """Wrong posteriors and who notices; `matrix` holds what is known, and can be observed."""

    name = "traps"
    title = "Which wrong posterior passes which test?"
    follows = frozenset(
        {"seed", "traps_stage", "traps_trap", "traps_check", "traps_size", "traps_count"}
    )
    matrix = traitlets.Any(None, allow_none=True, help="Checks by traps, as far as it is known.")

    def build(self) -> list[Any]:
        """Choices, the slider, pictures, the table, a figure, the lesson."""
        explorer = self.explorer
        self.numbers = ui.HTML()
        size = ui.FloatSlider(description="how wrong", min=0.0, max=0.9, step=0.01)
        choices = self.row(
            self.dropdown("traps_stage", "show", [(v, k) for k, v in STAGES.items()], "330px"),
            self.control("traps_size", size),
            self.dropdown("traps_count", "objects", list(explorer.param.traps_count.objects),
                          "150px"),
        )  # fmt: skip
        more = self.row(
            self.dropdown("traps_trap", "trap", [(d.title, n) for n, d in DEFECTS.items()]),
            self.dropdown("traps_check", "check",
                          [(short(n), n) for n in explorer.param.traps_check.objects], "260px"),
            self.button("Ask the costly checks", self.ask_heavy, "Some seconds, for this trap"),
            self.stop_button(), *self.usual(),
        )  # fmt: skip
        self.gallery = TrapGallery("traps-gallery", HALF_WIDTH)
        self.table = CaughtTable("traps-table")
        self.power = PowerCurves("traps-power")
        self.chart: Any = None
        self.gallery.on_pick(self._on_picture)
        self.table.on_pick(self._on_cell)
        self.gallery.figure.update(sizing_mode="fixed", width=390, height=_HEIGHT)
        self.table.figure.update(sizing_mode="stretch_width", height=_HEIGHT)
        self._place = column(sizing_mode="stretch_width")
        self._seen = column(width=360, height=_HEIGHT)
        self._gallery_row = row(
            self.gallery.layout, self.table.layout, self._seen, sizing_mode="stretch_width"
        )
        return [choices, more, self._make_canvas(self._place), self.numbers]

    def refresh(self, names: set[str]) -> None:
        """Draw what is known, and compute what is not."""
        gallery = self.explorer.traps_stage == "gallery"
        wanted = self._gallery_row if gallery else self.power.layout
        with self._canvas.together():
            if self._place.children != [wanted]:
                if not gallery:
                    self.power.figure.update(sizing_mode="stretch_width", height=340)
                self._place.children = [wanted]
            if gallery:
                self._draw_pictures()
                self._draw()
            else:
                self._draw_power()
        if gallery and self.explorer.traps_missing():
            self.work("Asking the checks", self._all_asking, self._found)

    def ask_heavy(self) -> None:
        """Run the costly checks on the trap that is chosen."""
        self.work("Asking the costly checks", self.explorer.traps_heavy_asking, self._found)

    def picture(self) -> bytes | None:
        """The table of who notices, or the curves of power."""
        self.wait()
        if self.explorer.traps_stage == "power":
            try:
                return power_png(self.explorer.traps_power(), self.explorer.traps_trap)
            except ValueError:
                return None
        return None if self.matrix is None else gallery_png(
            self.matrix, self.explorer.traps_pictures()
        )  # fmt: skip

    # --- drawing ----------------------------------------------------------------------------

    def _all_asking(self) -> Any:
        explorer = self.explorer

        def work(progress: Any, check: Any) -> int:
            whole = max(len(explorer.traps_missing()), 1)
            left = whole
            while left:
                check()
                left = explorer.traps_asking()()
                progress(1 - min(left / whole, 1.0))
            return left

        return work

    def _found(self, _left: Any) -> None:
        with self._canvas.together():
            self._draw()
        self._show_head()

    def _draw_pictures(self) -> None:
        explorer, pictures = self.explorer, self.explorer.traps_pictures()
        names = [one.name for one in pictures]
        measures = [BRIEF[name](explorer.traps_question(name).size) for name in names]
        titles = [DEFECTS[name].title for name in names]
        self.gallery.update(titles, measures, pictures, names.index(explorer.traps_trap))

    def _draw(self) -> None:
        explorer = self.explorer
        found: TrapMatrix = explorer.traps_matrix()
        chosen = (found.checks.index(explorer.traps_check), found.traps.index(explorer.traps_trap))
        self.table.update(
            [short(name) for name in found.checks], [HEADS[name] for name in found.traps],
            found.states, found.texts, found.sentences, chosen,
        )  # fmt: skip
        outcome = explorer.traps_outcome()
        if outcome is not None:
            drawn = chart_of(outcome, False, self.chart)
            if drawn is not self.chart:
                self.chart = drawn
                drawn.layout.update(sizing_mode="fixed", width=360, height=300)
                self._seen.children = [drawn.layout]
        self.numbers.value = explorer.traps_numbers()
        self.matrix = found

    def _draw_power(self) -> None:
        try:
            found = self.explorer.traps_power()
        except ValueError as error:
            self._say(f"{str(error)[:1].upper()}{str(error)[1:]}.")
            return
        self.power.update(found.sizes, found.rates, short(self.explorer.traps_check), found.suite,
                          found.level)  # fmt: skip
        self.numbers.value = f"<p>{found.about}</p>"

    # --- choosing ---------------------------------------------------------------------------

    def _on_picture(self, place: int) -> None:
        self.explorer.traps_trap = list(DEFECTS)[place]

    def _on_cell(self, line: int, place: int) -> None:
        found = self.explorer.traps_matrix()
        self.explorer.param.update(traps_trap=found.traps[place], traps_check=found.checks[line])
