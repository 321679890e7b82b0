r"""Small pictures side by side under one scale of colours: the draws of a posterior."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from bokeh.events import Tap
from bokeh.models import ColumnDataSource, Image, Rect, Text
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, mark, new_figure
from astroviz.plots.image_bar import ColourScale
from astroviz.plots.steady import Window
from astroviz.plots.theme import FONT, TICK_SIZE

__all__ = ["ImageGrid"]

_GAP = 0.05
_WORDS = 0.16  # room for a line of text above a picture, in its heights


class ImageGrid(Chart):
    r"""Many pictures of one size, in rows from the top.

    One figure and one glyph hold them all: thirty-two draws cost a page no more than one.

    Arguments:
        name: Short name: of the model, and of the files it is saved as.
        dark: Whether the ground is dark.
        columns: Pictures in a row; about square when 0.
        label: What the numbers are, with the unit, on the bar of colours.
        scaling: `linear`, `asinh` or `symmetric`.
        colours: `flux`, `spread` or `signed`.
        bar: Whether the bar of colours is shown.

    Attributes:
        selected: The picture that is marked; None for none.

    Example:
        >>> grid = ImageGrid("draws")
        >>> grid.update(np.zeros((8, 16, 16)))
        >>> grid.describe()
        '8 pictures of 16 by 16 pixels, values from 0 to 0.'
    """

    def __init__(
        self,
        name: str,
        dark: bool = False,
        *,
        columns: int = 0,
        label: str = "",
        scaling: str = "linear",
        colours: str = "",
        bar: bool = False,
    ) -> None:
        super().__init__(dark)
        self.name, self.columns = name, columns
        self.scale = ColourScale(self.ink, scaling, colours)
        self.images = np.zeros((0, 1, 1), np.float32)
        self.labels: list[str] = []
        self.selected: int | None = None
        self.source = ColumnDataSource({key: [] for key in ("image", "x", "y", "dw", "dh")})
        xy = {"x": as_column([]), "y": as_column([])}
        self.words = ColumnDataSource({**xy, "text": []})
        self.frame = ColumnDataSource(dict(xy))
        self._picks: list[Callable[[int], None]] = []
        self._view: tuple[tuple[float, float], float, float] | None = None
        self.figure = self._make_figure()
        self.window = Window(self.figure, 1.0, 1.0)
        self.scale.add_bar(self.figure, label, bar)
        self.layout = self.figure
        self._announce()

    def update(
        self,
        images: np.ndarray,
        labels: Sequence[str] = (),
        limits: tuple[float, float] | None = None,
        selected: int | None = None,
    ) -> None:
        r"""Show other pictures.

        Arguments:
            images: Shape :math:`(n, n_y, n_x)`, row 0 at the bottom.
            labels: A word over each; none when empty.
            limits: Values of the first and the last colour; found when None.
            selected: The picture that is marked.
        """
        self.images = np.asarray(images, dtype=np.float32)
        self.labels, self.selected = list(labels), selected
        shown = self.scale.show(self.images, limits)
        x, y, height = self._corners()
        count = len(shown)
        put(self.source, {"image": list(shown), "x": list(x), "y": list(y),
                          "dw": [1.0] * count, "dh": [height] * count})  # fmt: skip
        put(self.words, {"x": as_column(x[: len(self.labels)]),
                         "y": as_column(y[: len(self.labels)] + height + 0.02),
                         "text": self.labels})  # fmt: skip
        chosen = [] if selected is None or selected >= count else [selected]
        put(self.frame, {"x": as_column(x[chosen] + 0.5), "y": as_column(y[chosen] + height / 2)})
        self._announce()

    def on_pick(self, callback: Callable[[int], None]) -> None:
        """Call with the number of a picture that was tapped."""
        if not self._picks:
            self.figure.on_event(Tap, self._on_tap)
        self._picks.append(callback)

    def describe(self) -> str:
        """How many pictures there are, in words."""
        count, rows, columns = self.images.shape
        if not count:
            return "No pictures yet."
        low, high = np.nanmin(self.images), np.nanmax(self.images)
        return (
            f"{count} pictures of {columns} by {rows} pixels, values from {low:.3g} to {high:.3g}."
        )

    def _corners(self) -> tuple[np.ndarray, np.ndarray, float]:
        """Lower left corner of each picture and the height of one, in widths; fits the window."""
        count = len(self.images)
        height = self.images.shape[1] / self.images.shape[2]
        across = self.columns or max(1, math.ceil(math.sqrt(count)))
        step_y = height + _GAP + (_WORDS * height if self.labels else 0.0)
        number = np.arange(count)
        x, y = (number % across) * (1 + _GAP), -(number // across + 1) * step_y
        width = min(across, max(count, 1)) * (1 + _GAP) - _GAP
        tall = max(math.ceil(count / across), 1) * step_y
        middle = (width / 2, -tall / 2 - _GAP / 2)
        view = (middle, width / 2 + 0.02, tall / 2 + 0.02)
        if view != self._view:  # the browser has fitted the window to the frame, and keeps it
            self._view = view
            self.window.show(*view)
        self.glyph.update(width=1.0, height=height)
        return x, y, height

    def _on_tap(self, event: Any) -> None:
        if event.x is None or event.y is None:
            return
        x, y, height = self._corners()
        inside = (x <= event.x) & (event.x <= x + 1) & (y <= event.y) & (event.y <= y + height)
        for number in np.flatnonzero(inside)[:1]:
            for callback in self._picks:
                callback(int(number))

    def _make_figure(self) -> figure:
        plot = new_figure(self.name, self.ink, tools="", match_aspect=True, min_border=0)
        plot.axis.visible = plot.grid.visible = False
        plot.outline_line_alpha = 0
        picture = Image(
            image="image", x="x", y="y", dw="dw", dh="dh", color_mapper=self.scale.mapper
        )
        mark(plot, self.ink, self.source, picture)
        text = Text(x="x", y="y", text="text", text_font_size=TICK_SIZE)
        text.text_font = {"value": FONT}
        mark(plot, self.ink, self.words, text, text_color="faint")
        self.glyph = Rect(x="x", y="y", width=1.0, height=1.0, fill_alpha=0.0, line_width=3)
        mark(plot, self.ink, self.frame, self.glyph, line_color="pinned")
        return plot
