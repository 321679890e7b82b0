r"""The figures of the stars widget: the same ones as on the page, in one Bokeh document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from bokeh.layouts import column, row
from bokeh.models import LayoutDOM

from astroviz.plots.corner import Corner
from astroviz.plots.diagrams import ColourMagnitude
from astroviz.plots.spectrum import Spectrum
from astroviz.stars.surveys import BANDS

if TYPE_CHECKING:
    from astroviz.core.draws import Draws
    from astroviz.stars.explorer import StarsExplorer

__all__ = ["Figures"]

_HEIGHT = 600


class Figures:
    r"""Colour-magnitude diagram, spectrum and corner plot.

    Arguments:
        explorer: The state of the view.
        pick: Called with the row of a star that was clicked.
        brush: Called with the rows inside a box or lasso, and what to do with them.
        pick_band: Called with the name of a band that was clicked.
    """

    def __init__(
        self,
        explorer: StarsExplorer,
        pick: Callable[[int], None],
        brush: Callable[[np.ndarray, Any], None],
        pick_band: Callable[[str], None],
    ) -> None:
        self.explorer = explorer
        self.diagram = ColourMagnitude()
        self.diagram.on_pick(pick)
        self.diagram.on_brush(brush)
        self.spectrum = Spectrum(BANDS)
        self.spectrum.on_pick(pick_band)
        self.corner = self._new_corner()
        # The corner plot is made anew for other parameters: it has a place of its own.
        self._place = column(self.corner.layout, sizing_mode="stretch_both")
        left = column(self.spectrum.layout, self.diagram.layout, sizing_mode="stretch_both")
        self.layout: LayoutDOM = row(
            left, self._place, height=_HEIGHT, sizing_mode="stretch_width"
        )
        self.show_catalogue()

    def _new_corner(self) -> Corner:
        self._marked: object = None
        known = {
            p.name: p for p in (*self.explorer.model.parameters, *self.explorer.model.derived)
        }
        return Corner([known[name] for name in self.explorer.corner])

    def show_catalogue(self) -> None:
        """Draw the table."""
        labels = self.explorer.axis_labels()
        x, y, rows = self.explorer.colour_magnitude()
        self.diagram.set_labels(labels["cmd_x"], labels["cmd_y"])
        self.diagram.update(x, y, rows)
        self.show_selection()

    def show_selection(self) -> None:
        """Mark the selected stars and the current one."""
        self.diagram.select(self.explorer.selection, current=self.explorer.row)

    def show_star(self, draws: Draws | None, fit: bool = True) -> None:
        """Draw the spectrum of the current star, predictions included if there are draws."""
        self.spectrum.update(self.explorer.sed(draws), fit=fit)

    def show_draws(self, draws: Draws, fit: bool = True) -> None:
        """Draw the posterior, and what is marked over it."""
        explorer = self.explorer
        if list(self.corner.names) != list(explorer.corner):
            self.corner = self._new_corner()
            self._place.children = [self.corner.layout]
        names = self.corner.names
        self.corner.update(_matrix(draws, names), explorer.reweight(draws).weights, fit=fit)
        self.mark()

    def mark(self) -> None:
        """Draw truth, published values and prior, as far as they are wanted."""
        explorer, shown = self.explorer, self.explorer.overlays
        marked = (explorer.source, explorer.row, tuple(shown))
        if marked == self._marked:
            return
        before, self._marked = self._marked, marked
        truth = explorer.truth() if "truth" in shown else {}
        self.corner.mark("truth", _only(truth, self.corner.names))
        published = explorer.literature() if "literature" in shown else ()
        values: dict[str, list[float]] = {}
        errors: dict[str, list[float]] = {}
        for value in published:
            values.setdefault(value.parameter, []).append(value.value)
            errors.setdefault(value.parameter, []).append(value.error)
        names = self.corner.names
        self.corner.mark("literature", _only(values, names), errors=_only(errors, names))
        if "prior" in shown:
            self.corner.overlay("prior", _matrix(explorer.prior_draws(), names))
        elif before is not None:
            self.corner.overlay("prior")

    def show_pinned(self, draws: Draws | None) -> None:
        """Draw the pinned posterior, or take it away."""
        values = None if draws is None else _matrix(draws, self.corner.names)
        weights = None if draws is None else self.explorer.reweight(draws).weights
        self.corner.overlay("pinned", values, weights)


def _matrix(draws: Draws, names: Any) -> np.ndarray:
    return np.stack([draws[name] for name in names], -1)


def _only(values: Mapping[str, Any], names: Any) -> dict[str, Any] | None:
    return {name: value for name, value in values.items() if name in names} or None
