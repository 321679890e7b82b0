"""The lesson on distances: two clouds, the plan between them, what a descent makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import panel as pn

from astroviz.dashboards.appearance import card, figure_pane, framed
from astroviz.dashboards.lensing_real_panels import Panels, row_of
from astroviz.dashboards.newest import Newest
from astroviz.dashboards.room_view import GAP, choice
from astroviz.dashboards.slider_board import Slide, SliderBoard
from astroviz.galaxies.lessons_state import MASSES
from astroviz.galaxies.lessons_toy import FARTHEST
from astroviz.plots.lesson_figures import (
    descent_figure,
    distance_figure,
    draw_descent,
    draw_distances,
)
from astroviz.plots.transport import TransportPlan

__all__ = ["ToyPanels"]

_SLIDES = (
    Slide("toy_apart", "Place", "", 0.02),
    Slide("toy_blur", "Blur", "", 0.001, log=True),
    Slide("toy_width", "Width", "", 0.01),
)


class ToyPanels(Panels):
    r"""The bench.

    Arguments:
        view: The view: `explorer`, `shell`, `tell`.
    """

    follows = frozenset({"toy_shape", "toy_apart", "toy_width", "toy_blur", "seed"})
    words = (
        "A fit knows the data and the model by points only. The <b>Kullback-Leibler</b> "
        "divergence needs a blur to compare points at all, and grows without bound where they "
        "do not meet; that of <b>Jensen and Shannon</b> is flat there and gives no direction. "
        "<b>Wasserstein</b> is the way that the points have to go; <b>Sinkhorn</b> computes it "
        "through a blur, which a fit makes smaller step by step."
    )

    def __init__(self, view: Any) -> None:
        super().__init__(view.shell.dark)
        self.view, self.explorer = view, view.explorer
        self.scene: Any = None
        self.plan = TransportPlan("toy-plan", self.dark)
        self.curves = distance_figure("toy-curves", self.dark)
        self.descent = descent_figure("toy-descent", self.dark)
        self.plots = (self.plan, self.curves, self.descent)
        shell = view.shell
        self.pictures = Newest(
            shell.document, self._draw, lambda sentence: shell.say(sentence, "error")
        )
        self.board = SliderBoard(
            self.explorer, {"Bench": _SLIDES}, lambda words: shell.say(words, "warning"),
            sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        shape = choice(
            self.explorer, "toy_shape", {words: name for name, words in MASSES.items()},
            self.explorer.param.toy_shape.doc, 230, margin=(2, 12, 4, 12), label="The data are",
        )  # fmt: skip
        self.controls = (shape, self.board)
        lower = row_of(
            card("What each measure says", framed(figure_pane(self.curves.layout))),
            card("Where a descent goes", framed(figure_pane(self.descent.layout))),
        )
        self.layout = pn.Column(
            card("Model, data, and who is carried where", framed(figure_pane(self.plan.layout))),
            lower, sizing_mode="stretch_both", margin=0, styles=GAP,
        )  # fmt: skip

    def show(self, _explorer: Any = None) -> None:
        """Draw the present state."""
        self.pictures.ask(self._collect)

    def close(self) -> None:
        """The tab is gone."""
        self.pictures.close()

    def tables(self) -> Mapping[str, Callable[[], Any]]:
        """The measures over the separation."""
        return {} if self.scene is None else {"Measures over the place": self.scene.to_table}

    def _collect(self) -> Callable[[], Any]:
        return self.explorer.toy_asking()

    def _draw(self, scene: Any) -> None:
        self.scene = scene
        words = f"{len(scene.model)} points of the model, {len(scene.lines)} lines to the data."
        self.plan.update(scene.model, scene.data, scene.lines, scene.strengths, words)
        draw_distances(self.curves, scene.places, scene.curves, scene.apart)
        draw_descent(self.descent, scene.paths, scene.goal, FARTHEST)
        if self.explorer.lesson == "distance":
            self.view.tell(scene.table)
