r"""The surroundings of a galaxy as a hand can hold them: tidal ellipsoid and neighbours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from bokeh.events import Pan, PanEnd, PanStart
from bokeh.models import ColumnDataSource, Line, MultiLine, Patch, Scatter, Segment, Text
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.ellipsoid import DEFAULT_VIEW, outline, project, turn_of_drag
from astroviz.plots.frame import Chart, add_legend, mark, new_figure
from astroviz.plots.steady import Window
from astroviz.plots.theme import FONT

__all__ = ["TidalPlot"]

_HALF = 1.4
_RING = (1.05, 1.3)  # nearest and farthest neighbour, in units of the figure
_REACH = 0.11
_AXES = ("slowest collapse", "middle", "fastest collapse")

Drag = Callable[[str, int, np.ndarray, bool], None]


class TidalPlot(Chart):
    r"""The tidal ellipsoid and the neighbours around it, both to be dragged.

    The long axis of the ellipsoid is the direction in which matter collapses most slowly (the
    smallest eigenvalue of the tidal tensor). A drag on the ellipsoid turns it, a drag on a knob
    at the end of an axis makes that axis longer or shorter, a drag on a neighbour turns all
    neighbours about the galaxy.

    Arguments:
        dark: Whether the ground is dark.
    """

    def __init__(self, dark: bool = False) -> None:
        super().__init__(dark)
        self.view = DEFAULT_VIEW
        self.frame, self.lengths = np.eye(3), np.ones(3)
        self._ends = np.zeros((3, 2, 3))
        self._places = np.zeros((0, 3))
        self._hold: tuple[str, int, tuple[float, float]] | None = None
        self._drags: list[Drag] = []
        xy = {"x": as_column([]), "y": as_column([])}
        self.rim = ColumnDataSource(dict(xy))
        self.front, self.back = (ColumnDataSource({"xs": [], "ys": []}) for _ in range(2))
        self.knobs = ColumnDataSource({**xy, "size": as_column([])})
        self.names = ColumnDataSource({**xy, "text": []})
        self.neighbours = ColumnDataSource({**xy, "size": as_column([]), "alpha": as_column([])})
        self.pull = ColumnDataSource(_segment(np.zeros((2, 2))))
        self.figure = self._make_figure()
        self.layout = self.figure
        self._announce()

    def update(
        self,
        frame: np.ndarray,
        lengths: np.ndarray,
        neighbours: np.ndarray,
        weights: np.ndarray,
        pull: np.ndarray,
        radius: float,
    ) -> None:
        r"""Show other surroundings.

        Arguments:
            frame: Axes as columns, slowest collapse first, shape :math:`(3, 3)`.
            lengths: Semi-axes relative to the longest, shape :math:`(3,)`.
            neighbours: Separations from the galaxy, Mpc/h, shape :math:`(M, 3)`.
            weights: Their weights in the quadrupole, shape :math:`(M,)`.
            pull: Principal axis of the neighbours, unit vector (either sign), shape :math:`(3,)`.
            radius: Within which neighbours count, Mpc/h.
        """
        self.frame, self.lengths = np.asarray(frame, float), np.asarray(lengths, float)
        self._draw_ellipsoid()
        self._draw_neighbours(np.asarray(neighbours, float), np.asarray(weights, float), radius)
        line = project(np.stack([-1.36 * pull, 1.36 * np.asarray(pull)]), self.view)
        put(self.pull, _segment(line[:, :2] if len(neighbours) else np.full((2, 2), np.nan)))
        self.figure.title.text = (
            f"{len(neighbours)} neighbours within {radius:g} Mpc/h"
            if len(neighbours) != 1
            else f"1 neighbour within {radius:g} Mpc/h"
        )
        self._announce()

    def on_drag(self, callback: Drag) -> None:
        r"""Call while something is dragged, with (what, which, by how much, whether it ends).

        `turn` and `neighbours`: a rotation vector in space, radians, since the last call.
        `stretch`: which axis, and its new length in an array of one number.
        """
        if not self._drags:
            self.figure.on_event(PanStart, self._on_start)
            self.figure.on_event(Pan, self._on_pan)
            self.figure.on_event(PanEnd, self._on_end)
        self._drags.append(callback)

    def describe(self) -> str:
        """The ellipsoid and the neighbours in words."""
        a, b, c = self.lengths
        return (
            f"Tidal ellipsoid with axes {a:.2f}, {b:.2f} and {c:.2f}, and "
            f"{len(self._places)} neighbours around it."
        )

    # Hands

    def _on_start(self, event: Any) -> None:
        if event.x is None or event.y is None:
            return
        place = np.array([event.x, event.y], dtype=float)
        self._hold = (*self._held(place), (float(place[0]), float(place[1])))

    def _held(self, place: np.ndarray) -> tuple[str, int]:
        """What lies under the hand."""
        far = np.linalg.norm(self._ends[..., :2] - place, axis=-1)
        axis, side = (int(k) for k in np.unravel_index(np.argmin(far), far.shape))
        if far[axis, side] < _REACH:
            return "stretch", axis
        if len(self._places):
            near = np.linalg.norm(self._places[:, :2] - place, axis=-1)
            if near.min() < _REACH:
                return "neighbours", int(np.argmin(near))
        return "turn", -1

    def _on_pan(self, event: Any) -> None:
        if self._hold is None or event.x is None or event.y is None:
            return
        what, which, before = self._hold
        now = (float(event.x), float(event.y))
        if what == "stretch":
            flat = self._ends[which, 0, :2] / max(self.lengths[which], 1e-6)
            along = abs(float(np.asarray(now) @ flat)) / max(float(flat @ flat), 0.04)
            value = np.array([along])
        else:
            radius = 1.0 if what == "turn" else _RING[1]
            value = turn_of_drag(before, now, self.view, radius)
        self._hold = (what, which, now)
        self._tell(what, which, value, False)

    def _on_end(self, _event: Any) -> None:
        if self._hold is not None:
            what, which, _ = self._hold
            self._hold = None
            self._tell(what, which, np.zeros(0), True)

    def _tell(self, what: str, which: int, value: np.ndarray, ends: bool) -> None:
        for callback in self._drags:
            callback(what, which, value, ends)

    # Drawing

    def _draw_ellipsoid(self) -> None:
        found = outline(self.frame, self.lengths, self.view)
        put(self.rim, {"x": as_column(found.rim[0]), "y": as_column(found.rim[1])})
        for source, (xs, ys) in ((self.front, found.front), (self.back, found.back)):
            put(source, {"xs": [as_column(x) for x in xs], "ys": [as_column(y) for y in ys]})
        self._ends = found.ends
        flat = found.ends.reshape(-1, 3)
        size = np.where(flat[:, 2] >= 0, 11.0, 7.0)
        knobs = {"x": as_column(flat[:, 0]), "y": as_column(flat[:, 1]), "size": as_column(size)}
        put(self.knobs, knobs)
        seen = np.argmax(found.ends[..., 2], axis=1)
        tips = found.ends[np.arange(3), seen]
        shown = [0, 2]
        put(self.names, {"x": as_column(tips[shown, 0]), "y": as_column(tips[shown, 1]),
                         "text": [_AXES[k] for k in shown]})  # fmt: skip

    def _draw_neighbours(
        self, separations: np.ndarray, weights: np.ndarray, radius: float
    ) -> None:
        separations = separations.reshape(-1, 3)
        distance = np.linalg.norm(separations, axis=-1, keepdims=True)
        near, far = _RING
        reach = near + (far - near) * np.minimum(distance / radius, 1.0)
        self._places = project(separations / np.maximum(distance, 1e-9) * reach, self.view)
        part = weights / weights.max() if len(weights) else weights
        put(self.neighbours, {
            "x": as_column(self._places[:, 0]),
            "y": as_column(self._places[:, 1]),
            "size": as_column(5.0 + 13.0 * np.sqrt(part)),
            "alpha": as_column(np.where(self._places[:, 2] >= 0, 0.9, 0.35)),
        })  # fmt: skip

    def _make_figure(self) -> figure:
        plot = new_figure(
            "environment", self.ink, tools="", title=" ", match_aspect=True,
            toolbar_location=None, min_border=0,
        )  # fmt: skip
        plot.axis.visible = plot.grid.visible = False
        plot.outline_line_alpha = 0
        plot.title.update(text_font_size="11px")
        self.ink.paint(plot.title, text_color="faint")
        ink = self.ink
        pull = Segment(x0="x0", y0="y0", x1="x1", y1="y1", line_width=2, line_dash="dashed")
        axis = mark(plot, ink, self.pull, pull, line_color="literature")
        mark(plot, ink, self.back, MultiLine(xs="xs", ys="ys", line_width=1, line_alpha=0.35),
             line_color="posterior")  # fmt: skip
        mark(plot, ink, self.rim, Patch(x="x", y="y", fill_alpha=0.13, line_alpha=0),
             fill_color="posterior")  # fmt: skip
        rim = mark(plot, ink, self.rim, Line(x="x", y="y", line_width=2), line_color="posterior")
        mark(plot, ink, self.front, MultiLine(xs="xs", ys="ys", line_width=1.5),
             line_color="posterior")  # fmt: skip
        dot = Scatter(x="x", y="y", size="size", fill_alpha="alpha", line_width=0.75)
        dots = mark(plot, ink, self.neighbours, dot, fill_color="literature", line_color="paper")
        knob = Scatter(x="x", y="y", size="size", line_width=1.5)
        mark(plot, ink, self.knobs, knob, fill_color="posterior", line_color="paper")
        for width, role in ((4, "text_outline_color"), (0, "text_color")):
            text = Text(x="x", y="y", text="text", x_offset=9, y_offset=4)
            text.update(text_font_size="11px", text_font={"value": FONT})
            text.update(text_outline_width=width)
            mark(plot, ink, self.names, text, **{role: "paper" if width else "ink"})
        entries = {"tidal ellipsoid": rim, "neighbours": dots, "their axis": axis}
        legend = add_legend(plot, ink, entries, location="top_left")
        legend.update(spacing=2, padding=0, margin=0, background_fill_alpha=0)
        self.window = Window(plot, _HALF, _HALF)
        return plot


def _segment(ends: np.ndarray) -> dict[str, Any]:
    (x0, y0), (x1, y1) = ends
    return {"x0": as_column([x0]), "y0": as_column([y0]), "x1": as_column([x1]),
            "y1": as_column([y1])}  # fmt: skip
