r"""The graph around one galaxy: who sends it messages, and along which directions they count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from bokeh.events import Tap
from bokeh.models import ColumnDataSource, HoverTool, Scatter, Segment
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.ellipsoid import DEFAULT_VIEW, project
from astroviz.plots.frame import Chart, add_legend, mark, new_figure, stand_in, tooltip
from astroviz.plots.steady import Window

__all__ = ["HaloGraph"]

_NODES = ("x", "y", "size", "row", "text")
_SHOWN = 6  # of the directions, the strongest


class HaloGraph(Chart):
    r"""Galaxies as nodes, edges as wide as they weigh, and the strongest directions as spokes.

    A message from j to i is sorted into directions :math:`d_m` by
    :math:`q_m \propto \exp(d_m \cdot \hat x_{ij})`. A spoke is as long as the weight that its
    direction has collected over all senders.

    Arguments:
        dark: Whether the ground is dark.
    """

    def __init__(self, dark: bool = False) -> None:
        super().__init__(dark)
        self.view = DEFAULT_VIEW
        self._places = np.zeros((0, 2))
        self._rows = np.empty(0, dtype=np.intp)
        self._words = "No graph yet."
        self._picks: list[Callable[[int], None]] = []
        self.centrals, self.satellites = (ColumnDataSource(_nodes()) for _ in range(2))
        self.edges = ColumnDataSource(_segments(np.zeros((0, 2, 2)), np.zeros(0)))
        self.spokes = ColumnDataSource(_segments(np.zeros((0, 2, 2)), np.zeros(0)))
        self.here = ColumnDataSource({"x": as_column([]), "y": as_column([])})
        self.figure = self._make_figure()
        self.layout = self.figure
        self._announce()

    def update(
        self,
        rows: np.ndarray,
        separations: np.ndarray,
        central: np.ndarray,
        mass: np.ndarray,
        weights: np.ndarray,
        directions: np.ndarray,
        strengths: np.ndarray,
        view: np.ndarray | None = None,
    ) -> None:
        r"""Show another graph, the receiver first.

        Arguments:
            rows: Numbers of the nodes, the receiver first, shape :math:`(M + 1,)`.
            separations: From the receiver, Mpc/h, shape :math:`(M + 1, 3)`.
            central: Whether a node is a central galaxy, shape :math:`(M + 1,)`.
            mass: log10 of the stellar mass, shape :math:`(M + 1,)`.
            weights: Of the edges to the receiver, shape :math:`(M,)`.
            directions: Unit vectors :math:`d_m`, shape :math:`(D, 3)`.
            strengths: What each has collected, shape :math:`(D,)`.
            view: Rows right, up, towards the reader.
        """
        self.view = DEFAULT_VIEW if view is None else np.asarray(view, float)
        self._rows = np.asarray(rows, dtype=np.intp)
        flat = project(np.asarray(separations, float), self.view)[:, :2]
        self._places = flat
        part = weights / max(float(np.max(weights)), 1e-12) if len(weights) else weights
        edges = np.stack([flat[1:], np.zeros_like(flat[1:])], 1)
        put(self.edges, _segments(edges, 0.6 + 4.4 * np.asarray(part, float)))
        reach = float(np.abs(flat).max()) if len(flat) > 1 else 1.0
        self._draw_spokes(np.asarray(directions, float), np.asarray(strengths, float), reach)
        size = 6.0 + 5.0 * np.clip(np.asarray(mass, float) - 9.0, 0.0, 3.0)
        central = np.asarray(central, bool)
        for source, chosen in ((self.centrals, central), (self.satellites, ~central)):
            put(source, _nodes(flat[chosen], size[chosen], self._rows[chosen],
                               np.asarray(mass, float)[chosen]))  # fmt: skip
        put(self.here, {"x": as_column([0.0]), "y": as_column([0.0])})
        self.window.show((0.0, 0.0), 1.12 * reach, 1.12 * reach)
        n = len(rows) - 1
        who = "1 galaxy sends" if n == 1 else f"{n} galaxies send"
        self._words = f"{who} messages; directions in the tidal frame"
        self.figure.title.text = self._words
        self._announce()

    def on_pick(self, callback: Callable[[int], None]) -> None:
        """Call with the row of a galaxy that was tapped."""
        if not self._picks:
            self.figure.on_event(Tap, self._on_tap)
        self._picks.append(callback)

    def describe(self) -> str:
        """How many nodes there are, in words."""
        return self._words

    def _on_tap(self, event: Any) -> None:
        if not len(self._places) or event.x is None or event.y is None:
            return
        far = np.hypot(*(self._places - [event.x, event.y]).T)
        if far.min() < 0.08 * float(self.figure.x_range.end - self.figure.x_range.start):
            for callback in self._picks:
                callback(int(self._rows[np.argmin(far)]))

    def _draw_spokes(self, directions: np.ndarray, strengths: np.ndarray, reach: float) -> None:
        strongest = np.argsort(strengths)[::-1][:_SHOWN]
        total = max(float(strengths.max()) if len(strengths) else 0.0, 1e-12)
        tips = project(directions[strongest], self.view)[:, :2]
        tips = tips * (0.75 * reach * strengths[strongest] / total)[:, None]
        ends = np.stack([np.zeros_like(tips), tips], 1)
        put(self.spokes, _segments(ends, 7.0 * strengths[strongest] / total))

    def _make_figure(self) -> figure:
        plot = new_figure(
            "halo-graph", self.ink, "right on the screen (Mpc/h)", "up (Mpc/h)",
            tools="", title=" ", match_aspect=True,
        )  # fmt: skip
        plot.title.update(text_font_size="11px")
        self.ink.paint(plot.title, text_color="faint")
        ink = self.ink
        line = Segment(x0="x0", y0="y0", x1="x1", y1="y1", line_width="width", line_alpha=0.55)
        edges = mark(plot, ink, self.edges, line, line_color="points")
        spoke = Segment(x0="x0", y0="y0", x1="x1", y1="y1", line_width="width")
        spoke.update(line_alpha=0.8, line_cap="round")
        spokes = mark(plot, ink, self.spokes, spoke, line_color="pinned")
        dot = Scatter(x="x", y="y", size="size", line_width=0.75)
        centrals = mark(plot, ink, self.centrals, dot, fill_color="posterior", line_color="paper")
        small = Scatter(x="x", y="y", size="size", line_width=0.75, marker="diamond")
        satellites = mark(
            plot, ink, self.satellites, small, fill_color="literature", line_color="paper"
        )
        ring = Scatter(x="x", y="y", size=24, fill_color=None, line_width=2)
        mark(plot, ink, self.here, ring, line_color="current")
        tip = tooltip([("galaxy", "@row"), ("mass", "@text")])
        plot.add_tools(HoverTool(renderers=[centrals, satellites], tooltips=tip))
        entries = {"central": centrals, "satellite": satellites, "edge": edges,
                   "strongest directions": spokes}  # fmt: skip
        legend = add_legend(
            plot, ink, {name: stand_in(plot, drawn) for name, drawn in entries.items()},
            "above", orientation="horizontal", location="left",
        )  # fmt: skip
        legend.update(spacing=12, padding=0, margin=0, background_fill_alpha=0)
        self.window = Window(plot, 5.0, 5.0)
        return plot


def _nodes(
    places: np.ndarray | None = None, size: Any = (), rows: Any = (), mass: Any = ()
) -> dict[str, Any]:
    places = np.zeros((0, 2)) if places is None else places
    return {
        "x": as_column(places[:, 0]), "y": as_column(places[:, 1]), "size": as_column(size),
        "row": np.asarray(rows, dtype=np.int32),
        "text": [f"10^{value:.2f} Msun" for value in mass],
    }  # fmt: skip


def _segments(ends: np.ndarray, width: np.ndarray) -> dict[str, Any]:
    return {
        "x0": as_column(ends[:, 0, 0]), "y0": as_column(ends[:, 0, 1]),
        "x1": as_column(ends[:, 1, 0]), "y1": as_column(ends[:, 1, 1]),
        "width": as_column(width),
    }  # fmt: skip
