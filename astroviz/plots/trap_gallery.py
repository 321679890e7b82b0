r"""Small pictures of posteriors side by side: the true one filled, what is claimed as lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from bokeh.core.properties import value
from bokeh.events import Tap
from bokeh.models import (
    ColumnDataSource,
    MultiLine,
    MultiPolygons,
    Range1d,
    Rect,
    Scatter,
    Text,
)
from bokeh.plotting import figure
from contourpy import FillType, contour_generator

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, add_legend, mark, new_figure
from astroviz.plots.theme import FONT

__all__ = ["TrapGallery"]

_ACROSS = 3
_SIDE = 0.94  # of a picture, in units of a cell's width
_HEAD = 0.33  # above a picture: its title and its measure
_TALL = 1.0 + _HEAD
_STRENGTH = (0.28, 0.5)  # of the filled regions, the widest first


class TrapGallery(Chart):
    r"""Pictures in rows of three, one of which is chosen.

    Arguments:
        name: Short name: of the model, and of the files it is saved as.
        half_width: Ends of both axes of a picture.
        dark: Whether the ground is dark.

    Example:
        >>> gallery = TrapGallery("traps", 2.0)
        >>> gallery.describe()
        'No posterior drawn yet.'
    """

    def __init__(self, name: str, half_width: float, dark: bool = False) -> None:
        super().__init__(dark)
        self.half_width = half_width
        self.titles: list[str] = []
        self.selected = -1
        self._words = "No posterior drawn yet."
        self._picks: list[Callable[[int], None]] = []
        self.true = ColumnDataSource({"xs": [], "ys": [], "alpha": as_column([])})
        self.claimed = ColumnDataSource({"xs": [], "ys": []})
        self.truth = ColumnDataSource({"x": as_column([]), "y": as_column([])})
        self.cells = ColumnDataSource({k: [] for k in ("x", "y", "title_y", "say_y", "title",
                                                        "measure")})  # fmt: skip
        self.chosen = ColumnDataSource({"x": as_column([]), "y": as_column([])})
        self.figure = self._make_figure(name)
        self.layout = self.figure
        self._announce()

    def update(
        self, titles: Sequence[str], measures: Sequence[str], pictures: Sequence[Any],
        selected: int = -1,
    ) -> None:  # fmt: skip
        r"""Show other posteriors.

        Arguments:
            titles: Of the pictures.
            measures: How wrong each is, in a few words.
            pictures: Each with `axis` (G,), `true` and `claimed` (G, G), the densities at the
                edges of their regions, `true_levels` and `claimed_levels`, the widest last, and
                `truth` (2,).
            selected: Which is chosen; -1 for none.
        """
        self.titles = list(titles)
        put(self.true, self._filled(pictures))
        put(self.claimed, self._lines(pictures))
        places = [self._place(k) for k in range(len(pictures))]
        truths = np.array([self._to_cell(k, *one.truth) for k, one in enumerate(pictures)])
        put(self.truth, {"x": as_column(truths[:, 0]), "y": as_column(truths[:, 1])})
        x, y = np.array(places, float).T
        put(self.cells, {
            "x": as_column(x), "y": as_column(y), "title_y": as_column(y + _SIDE / 2 + 0.215),
            "say_y": as_column(y + _SIDE / 2 + 0.08), "title": list(titles),
            "measure": list(measures),
        })  # fmt: skip
        rows = -(-len(pictures) // _ACROSS)
        if self.figure.y_range.start != -rows * _TALL:
            self.figure.y_range.update(start=-rows * _TALL, end=0.0)
        said = "; ".join(f"{t}, {m}" for t, m in zip(titles, measures, strict=True))
        self._words = f"True posteriors filled, claimed ones as lines: {said}."
        self.select(selected)

    def select(self, selected: int) -> None:
        """Mark a picture."""
        self.selected = selected
        places = [self._place(selected)] if 0 <= selected < len(self.titles) else []
        put(self.chosen, {"x": as_column([p[0] for p in places]),
                          "y": as_column([p[1] for p in places])})  # fmt: skip
        self._announce()

    def on_pick(self, callback: Callable[[int], None]) -> None:
        """Call with the number of a picture that was clicked."""
        if not self._picks:
            self.figure.on_event(Tap, self._on_tap)
        self._picks.append(callback)

    def describe(self) -> str:
        """What is drawn, in words."""
        if self.selected < 0:
            return self._words
        return f"{self._words} Chosen: {self.titles[self.selected]}."

    def _on_tap(self, event: Any) -> None:
        if event.x is None or event.y is None:
            return
        column, row = int(event.x // 1), int(-event.y // _TALL)
        place = row * _ACROSS + column
        if 0 <= column < _ACROSS and 0 <= place < len(self.titles):
            for callback in self._picks:
                callback(place)

    def _place(self, k: int) -> tuple[float, float]:
        """Middle of a picture."""
        return k % _ACROSS + 0.5, -(k // _ACROSS) * _TALL - _HEAD - 0.5 + (1 - _SIDE) / 2

    def _to_cell(self, k: int, x: Any, y: Any) -> tuple[Any, Any]:
        """Places of the parameters within a picture, kept inside."""
        middle, edge = self._place(k), self.half_width
        scale = 0.5 * _SIDE / edge
        found = [
            m + scale * np.clip(np.asarray(v, float), -edge, edge)
            for m, v in zip(middle, (x, y), strict=True)
        ]
        return found[0], found[1]

    def _filled(self, pictures: Sequence[Any]) -> dict[str, Any]:
        xs: list[Any] = []
        ys: list[Any] = []
        alpha: list[float] = []
        for k, one in enumerate(pictures):
            draw = contour_generator(
                one.axis, one.axis, one.true, name="serial", fill_type=FillType.OuterOffset
            )
            top = 2 * float(one.true.max()) + 1
            for level, strength in zip(reversed(one.true_levels), _STRENGTH, strict=True):
                found: Any = draw.filled(level, top)
                rings = [
                    [self._to_cell(k, *ring.T) for ring in np.split(part, cut[1:-1].astype(int))]
                    for part, cut in zip(*found, strict=True)
                ]
                xs.append([[as_column(ring[0]) for ring in polygon] for polygon in rings])
                ys.append([[as_column(ring[1]) for ring in polygon] for polygon in rings])
                alpha.append(strength)
        return {"xs": xs, "ys": ys, "alpha": as_column(alpha)}

    def _lines(self, pictures: Sequence[Any]) -> dict[str, Any]:
        xs: list[Any] = []
        ys: list[Any] = []
        for k, one in enumerate(pictures):
            draw = contour_generator(one.axis, one.axis, one.claimed, name="serial")
            for level in one.claimed_levels:
                for line in draw.lines(level):
                    x, y = self._to_cell(k, *np.asarray(line).T)
                    xs.append(as_column(x))
                    ys.append(as_column(y))
        return {"xs": xs, "ys": ys}

    def _make_figure(self, name: str) -> figure:
        plot = new_figure(
            name, self.ink, tools="", x_range=Range1d(0, _ACROSS),
            y_range=Range1d(-3 * _TALL, 0), match_aspect=True,
        )  # fmt: skip
        plot.toolbar_location = None
        plot.axis.visible = plot.grid.visible = False
        plot.outline_line_alpha = 0
        frame = Rect(x="x", y="y", width=_SIDE, height=_SIDE, fill_alpha=0, line_width=1)
        mark(plot, self.ink, self.cells, frame, line_color="hairline")
        region = MultiPolygons(xs="xs", ys="ys", fill_alpha="alpha", line_alpha=0)
        filled = mark(plot, self.ink, self.true, region, fill_color="literature")
        lines = MultiLine(xs="xs", ys="ys", line_width=1.75)
        claimed = mark(plot, self.ink, self.claimed, lines, line_color="truth")
        dot = Scatter(x="x", y="y", size=9, marker="x", line_width=2)
        truth = mark(plot, self.ink, self.truth, dot, line_color="ink")
        border = Rect(x="x", y="y", width=_SIDE, height=_SIDE, fill_alpha=0, line_width=3)
        mark(plot, self.ink, self.chosen, border, line_color="posterior")
        self._texts(plot)
        entries = {"true posterior, 50 and 90 %": filled, "claimed, 50 and 90 %": claimed,
                   "truth": truth}  # fmt: skip
        legend = add_legend(plot, self.ink, entries, place="below", orientation="horizontal",
                            location="center")  # fmt: skip
        legend.update(padding=0, margin=0, spacing=10)
        return plot

    def _texts(self, plot: figure) -> None:
        looks = (("title", "title_y", "12px", "ink", "bold"),
                 ("measure", "say_y", "11px", "faint", "normal"))  # fmt: skip
        for column, place, size, role, style in looks:
            word = Text(x="x", y=place, text=column, text_align="center",
                        text_baseline="middle", text_font_size=size,
                        text_font_style=style)  # fmt: skip
            word.text_font = value(FONT)
            mark(plot, self.ink, self.cells, word, text_color=role)
