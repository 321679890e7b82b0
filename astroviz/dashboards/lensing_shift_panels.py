"""Panels of both modes of the prior shift: the swap of a prior, the rounds of learning one."""

from __future__ import annotations

from typing import Any

import panel as pn

from astroviz.dashboards.appearance import card, figure_pane, framed
from astroviz.dashboards.lensing_real_panels import Panels, row_of
from astroviz.dashboards.room_view import GAP
from astroviz.plots.image import ImageGrid
from astroviz.plots.lensing_figures import flag_figure, rounds_figure

__all__ = ["RoundPanels", "SwapPanels"]


def _column(*parts: Any) -> pn.Column:
    return pn.Column(*parts, sizing_mode="stretch_both", margin=0, styles=GAP)


class SwapPanels(Panels):
    """Observations with what is behind them, posterior draws, prior draws, the flag."""

    def __init__(self, dark: bool) -> None:
        super().__init__(dark)
        self.seen = ImageGrid("shift-seen", dark, columns=4)
        self.posterior = ImageGrid("shift-posterior", dark, columns=4)
        self.prior = ImageGrid("shift-prior", dark, columns=4)
        self.flag = flag_figure("shift-flag", dark)
        self.plots = (self.seen, self.posterior, self.prior, self.flag)
        self.layout = row_of(
            _column(
                card("Images, and the true sources below", framed(figure_pane(self.seen.layout)))
            ),
            _column(
                card("Posterior: one draw for each image",
                     framed(figure_pane(self.posterior.layout))),
                card("Prior: what is believed", framed(figure_pane(self.prior.layout))),
            ),
            _column(card("Do they come from one law?", framed(figure_pane(self.flag.layout)))),
        )  # fmt: skip

    def show(self, scene: Any) -> None:
        """Draw an answer, or what there is of it."""
        self.seen.update(scene.seen, scene.seen_labels, (0.0, 1.0))
        self.posterior.update(scene.posterior, scene.scores, (0.0, scene.top))
        self.prior.update(scene.prior, (), (0.0, scene.top))
        if scene.measured is None:
            self.flag.update({}, "The draws are not finished.")
            return
        top = 1.25 * float(max(scene.heights.max(), 1e-6))
        self.flag.update(
            {
                "if prior and posterior were one": (scene.edges, scene.heights),
                "1 % of exchanges lie beyond": ([scene.limit] * 2, [0.0, 0.8 * top]),
                "measured": ([scene.measured] * 2, [0.0, 0.8 * top]),
            },
            f"PQMass of prior against posterior draws: {scene.measured:.2f}, p = {scene.p:.3f}.",
            scene.x_range, (0.0, top),
        )  # fmt: skip


class RoundPanels(Panels):
    """Prior and posterior draws of a round, the truth, and how PQMass falls."""

    def __init__(self, dark: bool) -> None:
        super().__init__(dark)
        self.prior = ImageGrid("rounds-prior", dark, columns=5)
        self.posterior = ImageGrid("rounds-posterior", dark, columns=5)
        self.seen = ImageGrid("rounds-seen", dark, columns=10)
        self.fall = rounds_figure("rounds-fall", dark)
        self.plots = (self.prior, self.posterior, self.seen, self.fall)
        self.layout = row_of(
            _column(
                card("Prior of this round", framed(figure_pane(self.prior.layout))),
                card("Posterior draws under it", framed(figure_pane(self.posterior.layout))),
            ),
            _column(
                card("How far from the truth", framed(figure_pane(self.fall.layout))),
                card("Data, and the truth that nobody was told",
                     framed(figure_pane(self.seen.layout))),
            ),
        )  # fmt: skip

    def show(self, scene: Any) -> None:
        """Draw one round."""
        self.prior.update(scene.prior, (), (0.0, scene.top))
        self.posterior.update(scene.posterior, (), (0.0, scene.top))
        self.seen.update(scene.seen, (), (0.0, scene.top))
        self.fall.update(scene.curves, scene.words, scene.x_range, scene.y_range)
        self.fall.ticks(range(int(scene.x_range[1]) + 1))
