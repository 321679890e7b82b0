r"""The colours of a picture and the bar that explains them, for one picture or for many."""

from __future__ import annotations

import numpy as np
from bokeh.models import ColorBar, FixedTicker, LinearColorMapper
from bokeh.plotting import figure

from astroviz.plots.image_scaling import Scaling, find_limits, find_ticks, palette
from astroviz.plots.theme import FONT, TICK_SIZE, Ink

__all__ = ["ColourScale"]

_MISSING = "rgba(128, 136, 144, 0.35)"


class ColourScale:
    r"""Maps numbers to colours, and shows how on the right of a figure.

    Arguments:
        ink: Knows the ground, which is the middle of signed colours.
        scaling: `linear`, `asinh` or `symmetric`.
        colours: `flux`, `spread` or `signed`; by the scaling when empty.

    Attributes:
        mapper: For the glyph of the picture.
        limits: Values that have the first and the last colour.
    """

    def __init__(self, ink: Ink, scaling: str, colours: str = "") -> None:
        self.ink, self.scaling = ink, scaling
        self.colours = colours or ("signed" if scaling == "symmetric" else "flux")
        self.limits = (0.0, 1.0)
        self.mapper = LinearColorMapper(palette=self.palette, low=0.0, high=1.0)
        self.mapper.nan_color = _MISSING
        self.bar: ColorBar | None = None
        self._told: Scaling | None = None
        ink.watch(lambda: self.mapper.update(palette=self.palette))

    @property
    def palette(self) -> list[str]:
        """The colours on the present ground."""
        return palette(self.colours, self.ink.dark)

    def show(self, values: np.ndarray, limits: tuple[float, float] | None) -> np.ndarray:
        r"""Stretch numbers for the glyph, and tell the bar.

        Arguments:
            values: Any shape.
            limits: Values of the first and the last colour; found when None.

        Returns:
            Stretched values, float32, same shape.
        """
        self.limits = limits or find_limits(values, self.scaling)
        scaling = Scaling(self.scaling, self.limits)
        if scaling != self._told:
            self._told = scaling
            low, high = scaling.ends()
            self.mapper.update(low=low, high=high)
            self._label(scaling)
        return scaling.apply(values)

    def restyle(self, scaling: str, colours: str) -> None:
        """Another stretch and other colours, for what is shown next."""
        if (scaling, colours) == (self.scaling, self.colours):
            return
        self.scaling, self.colours, self._told = scaling, colours, None
        self.mapper.palette = self.palette

    def add_bar(self, plot: figure, label: str, shown: bool = True) -> None:
        """Add the bar to a figure; before anything is shown."""
        self.bar = bar = ColorBar(
            color_mapper=self.mapper, title=label or None, width=9, padding=4, title_standoff=4,
            label_standoff=4, margin=0, border_line_color=None, background_fill_alpha=0,
            major_tick_line_color=None, bar_line_color=None, major_label_text_font=FONT,
            major_label_text_font_size=TICK_SIZE, title_text_font=FONT,
            title_text_font_size=TICK_SIZE, title_text_font_style="normal",
            ticker=FixedTicker(ticks=[]), visible=shown,
        )  # fmt: skip
        self.ink.paint(bar, major_label_text_color="faint", title_text_color="ink")
        plot.add_layout(bar, "right")

    def set_label(self, label: str) -> None:
        """What the numbers are, with the unit."""
        if self.bar is not None and self.bar.title != label:
            self.bar.title = label

    def _label(self, scaling: Scaling) -> None:
        if self.bar is None:
            return
        ticks = find_ticks(scaling)
        if list(self.bar.ticker.ticks) != list(ticks):
            self.bar.major_label_overrides = ticks
            self.bar.ticker.ticks = list(ticks)
