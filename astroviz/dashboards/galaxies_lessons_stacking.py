"""The lesson on stacking: the same galaxies put together in four ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import panel as pn

from astroviz.dashboards.appearance import card, figure_pane, framed
from astroviz.dashboards.lensing_real_panels import Panels, row_of
from astroviz.dashboards.newest import Newest
from astroviz.dashboards.room_view import GAP, choice
from astroviz.dashboards.slider_board import Slide, SliderBoard
from astroviz.galaxies.lessons_stacking import WAYS
from astroviz.galaxies.lessons_state import KINDS
from astroviz.plots.lesson_figures import (
    draw_stacking,
    singles_figure,
    stacking_bars,
    stacking_figure,
)

__all__ = ["StackingPanels"]

_SLIDES = (
    Slide("stack_count", "log N", "", 0.1),
    Slide("stack_error", "Error", "dex", 0.01),
)


class StackingPanels(Panels):
    r"""One catalogue and what is made of it.

    Arguments:
        view: The view: `explorer`, `shell`, `tell`.
    """

    follows = frozenset({"stack_kind", "stack_count", "stack_error", "seed"})
    words = (
        "Every galaxy has a posterior of its mass. <b>Multiplied</b>, they answer what one mass "
        "all galaxies share. <b>Stacked</b>, they count every error twice. The "
        "<b>hierarchical</b> answer is right, but needs every posterior first. The "
        "<b>population</b> is fitted to the catalogue itself, seen through its noise."
    )

    def __init__(self, view: Any) -> None:
        super().__init__(view.shell.dark)
        self.view, self.explorer = view, view.explorer
        self.scene: Any = None
        self.populations = stacking_figure("stacking-populations", self.dark)
        self.singles = singles_figure("stacking-singles", self.dark)
        self.bars = stacking_bars("stacking-distances", self.dark)
        self.plots = (self.populations, self.singles, self.bars)
        shell = view.shell
        self.pictures = Newest(
            shell.document, self._draw, lambda sentence: shell.say(sentence, "error")
        )
        self.board = SliderBoard(
            self.explorer, {"Catalogue": _SLIDES}, lambda words: shell.say(words, "warning"),
            sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        kind = choice(
            self.explorer, "stack_kind", {words: name for name, words in KINDS.items()},
            self.explorer.param.stack_kind.doc, 230, margin=(2, 12, 4, 12), label="Galaxies of",
        )  # fmt: skip
        self.controls = (kind, self.board)
        lower = row_of(
            card("Posteriors of single galaxies", framed(figure_pane(self.singles.layout))),
            card("How far from the truth", framed(figure_pane(self.bars.layout))),
        )
        self.layout = pn.Column(
            card("The population, made in four ways",
                 framed(figure_pane(self.populations.layout))),
            lower, sizing_mode="stretch_both", margin=0, styles=GAP,
        )  # fmt: skip

    def show(self, _explorer: Any = None) -> None:
        """Draw the present state."""
        self.pictures.ask(self.explorer.stacking_asking)

    def close(self) -> None:
        """The tab is gone."""
        self.pictures.close()

    def tables(self) -> Mapping[str, Callable[[], Any]]:
        """All densities."""
        return {} if self.scene is None else {"Populations by each way": self.scene.to_table}

    def _draw(self, scene: Any) -> None:
        self.scene = scene
        draw_stacking(self.populations, self.singles, self.bars, scene, WAYS)
        if self.explorer.lesson == "stacking":
            self.view.tell(scene.table)
