r"""The figures of the adaptation widget: the same ones as on the page, in one Bokeh document."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from bokeh.layouts import row
from bokeh.models import LayoutDOM

from astroviz.plots.latent import LatentMap
from astroviz.plots.recovery import Recovery
from astroviz.stars.adaptation_scores import SHOWN

if TYPE_CHECKING:
    from astroviz.stars.adaptation_explorer import AdaptationExplorer
    from astroviz.stars.adaptation_shown import Latent
    from astroviz.widgets.tie import Say

__all__ = ["AdaptationFigures"]

_HEIGHT = 400
_LATENT, _RECOVERY = 2, 3  # parts of the width
_FIRST = "PCA 1, 2"


class AdaptationFigures:
    r"""Latent space, and truth against posterior mean without and with the adaptation.

    Arguments:
        explorer: The state of the view.
        pick: Called with the number of a star that was clicked.
        brush: Called with the stars inside a box or lasso, and what to do with them.
        say: Shows a sentence when something cannot be drawn.
    """

    def __init__(
        self,
        explorer: AdaptationExplorer,
        pick: Callable[[int], None],
        brush: Callable[[np.ndarray, str], None],
        say: Say,
    ) -> None:
        self.explorer, self._say = explorer, say
        self.latent, self.recovery = LatentMap(), Recovery()
        for plot in (self.latent, self.recovery):
            plot.on_pick(pick)
            plot.on_brush(brush)
        for plot, part in ((self.latent, _LATENT), (self.recovery, _RECOVERY)):
            plot.layout.update(sizing_mode="stretch_both", min_width=150 * part)
            plot.layout.styles = {**plot.layout.styles, "flex": f"{part} 1 0"}
        self.layout: LayoutDOM = row(
            self.latent.layout, self.recovery.layout, height=_HEIGHT, sizing_mode="stretch_width"
        )

    def show_film(self) -> None:
        """Another film: other stars, ranges, axes."""
        latent = self._place()
        if latent is not None:
            self.latent.set_range(latent.x_range, latent.y_range)
            self.latent.axes(latent.x_label, latent.y_label)
            self.latent.update(latent.x, latent.y, latent.domain, latent.tips)
            self.show_colours()
            self.show_links()
        self.show_parameter()
        self.show_selection()

    def show_frame(self) -> None:
        """Another frame of the same film: points move, and what is said of them."""
        latent = self._place()
        if latent is not None:
            self.latent.update(latent.x, latent.y, latent.domain, latent.tips)
        if self.explorer.colour == "error":
            self.show_colours()
        self._show_side("right")

    def show_parameter(self) -> None:
        """Another parameter is compared."""
        one = next(p for p in SHOWN if p.name == self.explorer.parameter)
        self.recovery.set_axis(one.label, one.unit, one.lower, one.upper)
        for side in ("left", "right"):
            self._show_side(side)
        if self.explorer.colour == "error":
            self.show_colours()

    def show_colours(self) -> None:
        """Colour the stars anew."""
        values, label, categories = self.explorer.colours()
        self.latent.colour_by(values, label, categories)

    def show_links(self) -> None:
        """Draw the lines anew."""
        pairs, weight = self.explorer.link_lines()
        for kind in ("plan", "pairs"):
            mine = kind == self.explorer.link_kind
            self.latent.set_links(kind, pairs if mine else [], weight if mine else None)

    def show_selection(self) -> None:
        """Ring the selected stars and the picked one in all panels."""
        for plot in (self.latent, self.recovery):
            plot.select(self.explorer.selection, self.explorer.picked)

    def _show_side(self, side: str) -> None:
        found = self.explorer.recovery(side)
        self.recovery.update(
            side, found.truth, found.mean, found.low, found.high, found.domain
        )  # fmt: skip
        # a panel is narrow here, and its legend says whose intervals they are
        self.recovery.say(side, found.text.removeprefix("real stars: "))
        figure = self.recovery.sides[side].figure
        if figure.title.text != found.title:
            titles = [self.explorer.recovery(one).title for one in ("left", "right")]
            self.recovery.titles(*titles)

    def _place(self) -> Latent | None:
        """The latent space at the frame; None where its axes cannot be had."""
        try:
            return self.explorer.latent()
        except ImportError as error:  # UMAP is an extra
            self._say(f"{error}.")
            self.explorer.projection = _FIRST  # which is drawn by who follows the state
            return None
