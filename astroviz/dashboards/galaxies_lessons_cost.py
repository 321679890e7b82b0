"""The lesson on costs: a clock that counts, and bars over fourteen powers of ten."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import card, figure_pane, framed
from astroviz.dashboards.cost_clock import CostClock
from astroviz.dashboards.job import Job
from astroviz.dashboards.lensing_real_panels import Panels
from astroviz.dashboards.room_view import GAP
from astroviz.dashboards.slider_board import Slide, SliderBoard
from astroviz.plots.lesson_figures import cost_figure

__all__ = ["CostPanels"]

_SLIDES = (Slide("cost_galaxies", "log N", "", 0.1),)


class CostPanels(Panels):
    r"""What each way takes.

    Arguments:
        view: The view: `explorer`, `shell`, `tell`.
    """

    follows = frozenset({"cost_galaxies", "source"})
    words = (
        "Fits of single galaxies grow with the survey. A population is fitted once, to a sample "
        "of the survey; after that a galaxy is a draw. Times are those of <b>one processor</b>: "
        "published for the others, <b>measured on this machine</b> for this page."
    )

    def __init__(self, view: Any) -> None:
        super().__init__(view.shell.dark)
        self.view, self.explorer, self.shell = view, view.explorer, view.shell
        self.bars = cost_figure("cost-bars", self.dark)
        self.plots = (self.bars,)
        self.clock = CostClock(sizing_mode="stretch_both", margin=0)
        self.job = Job(self.shell, self._on_job)
        self.board = SliderBoard(
            self.explorer, {"Survey": _SLIDES}, lambda words: self.shell.say(words, "warning"),
            sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        self.measure_button = pmui.Button(
            label="Measure this machine", icon="speed", variant="contained", size="small",
            margin=(8, 12, 4, 12), description="Draws galaxies with their light for a second",
        )  # fmt: skip
        self.measure_button.on_click(lambda _: self.measure())
        self.controls = (self.board, self.measure_button)
        self.layout = pn.Column(
            card("Since you opened this", self.clock),
            card("The whole survey", framed(figure_pane(self.bars.layout))),
            sizing_mode="stretch_both", margin=0, styles=GAP,
        )  # fmt: skip

    def show(self, _explorer: Any = None) -> None:
        """Draw the present state."""
        scene = self.explorer.cost_scene()
        self.clock.show(scene.clock)
        self.bars.update(scene.names, scene.hours, scene.words, top=scene.top)
        self.view.tell(scene.table)
        self._on_job()

    def measure(self) -> None:
        """Time the population that is shown."""
        try:
            work = self.explorer.cost_measuring()
        except ValueError as error:
            sentence = str(error)
            self.shell.say(sentence[:1].upper() + sentence[1:], "error")
            return
        self.job.start("Drawing galaxies with their light", work, self._measured)

    def close(self) -> None:
        """The tab is gone."""
        self.job.cancel()

    def tables(self) -> Mapping[str, Callable[[], Any]]:
        """The costs."""
        return {"What each way costs": self.explorer.cost_table}

    def _measured(self, rate: Any) -> None:
        self.explorer.cost_keep(rate)
        self.show()

    def _on_job(self) -> None:
        self.measure_button.disabled = self.job.running
