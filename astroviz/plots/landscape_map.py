r"""A plane of objects tinted by how well they are answered: valleys are orange."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.plotting import figure

from astroviz.plots.coloured import REAL, SIMULATED, ColouredMap, ColourScale
from astroviz.plots.columns import as_column
from astroviz.plots.frame import new_figure, padded

__all__ = ["LandscapeMap"]


class _ValleyScale(ColourScale):
    """Colours that diverge from zero, what is below it in orange."""

    @property
    def palette(self) -> list[str]:
        """Colours for the present ground."""
        return super().palette[::-1]


class LandscapeMap(ColouredMap):
    r"""Objects in a plane; those that do not count among the neighbours are smaller.

    Arguments:
        name: Short name, of the model and of saved files.
        dark: Whether the ground is dark.

    Example:
        >>> chart = LandscapeMap()
        >>> chart.update(np.arange(3.0), np.arange(3.0), np.array([-20.0, 0.0, 5.0]), ("x", "y"),
        ...              "coverage", "A map.")
        >>> chart.describe()
        'A map.'
    """

    size = (7.5, 7.5)

    def __init__(self, name: str = "landscape", dark: bool = False) -> None:
        super().__init__(dark)
        self._tint = np.empty(0)
        self._words = "Nothing drawn yet."
        self.figure = self._make_figure(name)
        self.layout = self.figure
        self.scale = _ValleyScale(self.figure, self.ink, centred=True)
        self._draw_rows(self.figure)
        self.ink.paint(self._ring, line_color="current")
        self._announce()

    def update(
        self,
        x: np.ndarray,
        y: np.ndarray,
        tint: np.ndarray,
        labels: tuple[str, str],
        tint_words: str,
        words: str,
        names: Sequence[str] | None = None,
        flipped: tuple[bool, bool] = (False, False),
    ) -> None:
        r"""Show another map.

        Arguments:
            x: Horizontal places, shape :math:`(n,)`.
            y: Vertical places.
            tint: Colour of each, 0 is right, below is worse.
            labels: Of the axes, with units.
            tint_words: Label of the colours.
            words: What is shown, for people who cannot see it.
            names: Names of the objects.
            flipped: Whether an axis runs backwards: right ascension, magnitudes.
        """
        self._tint, self._words = np.asarray(tint, float), words
        self.domain = np.where(np.isfinite(self._tint), REAL, SIMULATED)
        self._set_rows(x, y, None, names=names)
        self.scale.fit(self._tint, tint_words)
        plot = self.figure
        ends = ((plot.x_range, x, flipped[0]), (plot.y_range, y, flipped[1]))
        for axis, values, back in ends:
            low, high = padded(values)
            axis.update(start=high if back else low, end=low if back else high)
        plot.xaxis[0].axis_label, plot.yaxis[0].axis_label = labels
        self.redraw()
        self._announce()

    def describe(self) -> str:
        """What is shown, in words."""
        return self._words

    def _colours(self) -> Sequence[str]:
        return self.scale.colours(self._tint)

    def _columns(self, colours: Sequence[str]) -> dict[str, Any]:
        # A valley is ringed, and what lies around it stays as bright as it is.
        found = super()._columns(colours)
        bright = np.full(len(self.rows), 0.9)
        return {**found, "marker": ["circle"] * len(self.rows), "alpha": as_column(bright),
                "fill_alpha": as_column(bright)}  # fmt: skip

    def _make_figure(self, name: str) -> figure:
        return new_figure(name, self.ink, "x", "y", tools="pan,wheel_zoom,reset")
