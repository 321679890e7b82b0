"""The panels of the trap gallery: pictures, who notices, the figure of a check, the lesson."""

from __future__ import annotations

from typing import Any

import panel as pn

from astroviz.accuracy.defects import DEFECTS
from astroviz.accuracy.traps_picture import HALF_WIDTH
from astroviz.accuracy.traps_words import BRIEF, HEADS, short
from astroviz.dashboards.appearance import card, figure_pane, framed, note
from astroviz.dashboards.lensing_real_panels import Panels
from astroviz.dashboards.newest import Newest
from astroviz.dashboards.room_view import GAP, choice
from astroviz.plots.caught_table import CaughtTable
from astroviz.plots.check_figures import chart_of, kind_of
from astroviz.plots.trap_gallery import TrapGallery

__all__ = ["GalleryPanels", "traps_of"]


def traps_of() -> dict[str, str]:
    """Titles of the traps to their names, for lists of choices."""
    return {one.title: name for name, one in DEFECTS.items()}


class GalleryPanels(Panels):
    r"""Four panels over one slider.

    Arguments:
        view: The view: `explorer`, `shell`, `say`.
    """

    follows = frozenset({"traps_size", "traps_count", "traps_trap", "traps_check", "seed"})

    def __init__(self, view: Any) -> None:
        super().__init__(view.shell.dark)
        self.view, self.explorer = view, view.explorer
        self.gallery = TrapGallery("traps-gallery", HALF_WIDTH, self.dark)
        self.table = CaughtTable("traps-table", self.dark)
        self.charts: dict[str, tuple[Any, Any]] = {}
        self.gallery.on_pick(self._on_picture)
        self.table.on_pick(self._on_cell)
        document = view.shell.document
        say = lambda sentence: view.shell.say(sentence, "error")  # noqa: E731
        self.pictures = Newest(document, self._draw_pictures, say)
        self.answers = Newest(document, self._on_answer, say)
        self._make_layout()

    @property
    def plots(self) -> tuple[Any, ...]:  # type: ignore[override]
        """All figures that were made."""
        return (self.gallery, self.table, *(chart for chart, _ in self.charts.values()))

    def show(self, _explorer: Any = None) -> None:
        """Draw the present state, and compute what it lacks."""
        self.pictures.ask(lambda: self.explorer.traps_pictures)
        self.refresh()
        self.answers.ask(self.explorer.traps_asking)

    def first(self) -> None:
        """The first pictures and the check that is chosen, before the page is there."""
        self.pictures.first(lambda: self.explorer.traps_pictures)
        self.refresh()

    def refresh(self) -> None:
        """Draw what is known."""
        self._draw_table()
        self._draw_check()
        html = self.explorer.traps_numbers()
        if self.words.object != html:
            self.words.object = html

    def set_dark(self, dark: bool) -> None:
        """Change between light and dark ground."""
        self.dark = dark
        super().set_dark(dark)

    def close(self) -> None:
        """The tab is gone."""
        self.pictures.close()
        self.answers.close()

    # --- building ---------------------------------------------------------------------------

    def _make_layout(self) -> None:
        explorer = self.explorer
        trap = choice(explorer, "traps_trap", traps_of(), explorer.param.traps_trap.doc, 150)
        checks = {short(name): name for name in explorer.param.traps_check.objects}
        check = choice(explorer, "traps_check", checks, explorer.param.traps_check.doc, 176)
        self.words = note("", margin=(4, 14, 8, 14))
        self.stage = pn.Column(sizing_mode="stretch_both", margin=0)
        gallery = card(
            "True and claimed", framed(figure_pane(self.gallery.layout)),
            width=392, sizing_mode="stretch_height",
        )  # fmt: skip
        table = card(
            "Who notices? p-values, filled where the check rejects (\u00d7 does not fit, ? ask)",
            framed(figure_pane(self.table.layout)), sizing_mode="stretch_both",
        )  # fmt: skip
        right = pn.Column(
            card("Seen by", self.stage, tools=(check,)),
            card("Lesson", pn.Column(self.words, scroll="y-auto", sizing_mode="stretch_both",
                                     margin=0), tools=(trap,)),
            width=392, sizing_mode="stretch_height", margin=0, styles=GAP,
        )  # fmt: skip
        self.layout = pn.Row(
            gallery, table, right, sizing_mode="stretch_both", margin=0, styles=GAP
        )

    # --- drawing ----------------------------------------------------------------------------

    def _draw_pictures(self, pictures: Any) -> None:
        names = [one.name for one in pictures]
        titles = [DEFECTS[name].title for name in names]
        measures = [BRIEF[name](self.explorer.traps_question(name).size) for name in names]
        self.gallery.update(titles, measures, pictures, names.index(self.explorer.traps_trap))

    def _draw_table(self) -> None:
        explorer, found = self.explorer, self.explorer.traps_matrix()
        chosen = (found.checks.index(explorer.traps_check),
                  found.traps.index(explorer.traps_trap))  # fmt: skip
        columns = [HEADS[name] for name in found.traps]
        self.table.update([short(name) for name in found.checks], columns, found.states,
                          found.texts, found.sentences, chosen)  # fmt: skip
        self.gallery.select(list(DEFECTS).index(explorer.traps_trap))

    def _draw_check(self) -> None:
        outcome = self.explorer.traps_outcome()
        if outcome is None:
            return  # the last one stays until there is another
        kind = kind_of(outcome)
        chart, pane = self.charts.get(kind, (None, None))
        drawn = chart_of(outcome, self.dark, chart)
        if drawn is not chart:
            pane = framed(figure_pane(drawn.layout))
            self.charts[kind] = (drawn, pane)
        if list(self.stage) != [pane]:
            self.stage[:] = [pane]

    def _on_answer(self, left: int) -> None:
        self.refresh()
        self.view.say()
        if left:
            self.answers.ask(self.explorer.traps_asking)

    # --- choosing ---------------------------------------------------------------------------

    def _on_picture(self, place: int) -> None:
        self.explorer.traps_trap = list(DEFECTS)[place]

    def _on_cell(self, row: int, column: int) -> None:
        found = self.explorer.traps_matrix()
        self.explorer.param.update(traps_trap=found.traps[column], traps_check=found.checks[row])
