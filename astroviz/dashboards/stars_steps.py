"""What the chosen sampler was measured to be worth and to cost, from the model's card."""

from __future__ import annotations

from html import escape
from typing import Any

from astroviz.dashboards.appearance import figure_pane, framed, note
from astroviz.dashboards.shell import Shell
from astroviz.plots.steps import StepsPlot
from astroviz.stars.explorer import StarsExplorer
from astroviz.stars.steps import chosen_figure, read_figures

__all__ = ["StepsReadout"]

_HEIGHT = 250
_HOW = (
    "Measured with these weights, and kept in the model card. C2ST is the accuracy of a "
    "classifier that tells the draws from those of the converged flow: 0.5 or just below is "
    "no difference. "
    "The coverage error is the largest over parameters and gap patterns, which chance alone keeps "
    "above zero."
)


class StepsReadout:
    r"""Accuracy and time of the sampler and steps that are chosen now.

    Arguments:
        explorer: The state of the page.
        shell: The frame.
    """

    def __init__(self, explorer: StarsExplorer, shell: Shell) -> None:
        self.explorer = explorer
        self.figures = read_figures(explorer.model.card.metrics)
        self.words = note("", margin=(8, 0, 4, 0))
        self.plot = StepsPlot(dark=shell.dark)
        shell.param.watch(lambda event: self.plot.set_dark(event.new), "dark")
        explorer.param.watch(lambda _: self.show(), "steps")
        self.show()

    @property
    def parts(self) -> list[Any]:
        """For the drawer; nothing where nothing was measured."""
        if not self.figures:
            return []
        pane = framed(figure_pane(self.plot.layout), height=_HEIGHT, margin=0,
                      sizing_mode="stretch_width")  # fmt: skip
        return [self.words, pane, note(f"<p class='faint'>{_HOW}</p>", margin=(4, 0))]

    def show(self) -> None:
        """Say what was measured of the choice, and ring it in the figure."""
        sampler, number, chosen = chosen_figure(self.explorer.model, self.explorer.steps)
        name = "few-step sampler" if sampler == "shortcut" else "flow"
        said = (
            f"{name}, {number} evaluations: not measured; see where the curve has come to"
            if chosen is None
            else chosen.text()
        )
        self.words.object = f"<p role='status'>{escape(said[:1].upper() + said[1:])}.</p>"
        self.plot.update(self.figures, chosen)
