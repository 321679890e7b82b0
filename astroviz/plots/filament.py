r"""Orientation densities as glyphs along a filament of the cosmic web."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from bokeh.events import Tap
from bokeh.models import ColumnDataSource, Line, MultiLine, Patches, Scatter, Segment
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, add_legend, mark, new_figure, stand_in
from astroviz.plots.steady import Window

__all__ = ["FilamentPlot", "rose"]

_XY: dict[str, Any] = {"x": as_column([]), "y": as_column([])}


def rose(angles: np.ndarray, density: np.ndarray, size: float) -> tuple[np.ndarray, np.ndarray]:
    r"""The closed curve :math:`r(\varphi) = \frac{s}{2}(p(\varphi) / \bar p)`, clipped at 2.5 s.

    Arguments:
        angles: Grid over the full turn, radians, shape :math:`(A,)`.
        density: Values on it, shape :math:`(N, A)`.
        size: The diameter :math:`s` of a uniform density.

    Returns:
        x and y of the curves about the origin, each :math:`(N, A)`.
    """
    density = np.asarray(density, dtype=float)
    mean = np.maximum(density.mean(-1, keepdims=True), 1e-12)
    radius = 0.5 * size * np.minimum(density / mean, 5.0)
    return radius * np.cos(angles), radius * np.sin(angles)


class FilamentPlot(Chart):
    r"""Galaxies along a filament, each with the density of its projected major axis.

    A glyph reaches far in the directions in which the axis probably lies; a circle would be no
    knowledge. The arrow-less bar in it is the axis of slowest collapse at the chosen smoothing.

    Arguments:
        dark: Whether the ground is dark.
    """

    def __init__(self, dark: bool = False) -> None:
        super().__init__(dark)
        self.rows = np.empty(0, dtype=np.intp)
        self.along = self.across = np.empty(0)
        self._picks: list[Callable[[int], None]] = []
        self.glyphs = ColumnDataSource({"xs": [], "ys": []})
        self.truth = ColumnDataSource({"xs": [], "ys": []})
        self.bars = ColumnDataSource({k: as_column([]) for k in ("x0", "y0", "x1", "y1")})
        self.haloes = ColumnDataSource({**_XY, "size": as_column([])})
        self.spine = ColumnDataSource(dict(_XY))
        self.here = ColumnDataSource(dict(_XY))
        self.figure = self._make_figure()
        self.layout = self.figure
        self._announce()

    def update(
        self,
        rows: np.ndarray,
        along: np.ndarray,
        across: np.ndarray,
        angles: np.ndarray,
        model: np.ndarray,
        truth: np.ndarray,
        bars: np.ndarray,
        title: str = "",
        current: int | None = None,
        fit: bool = True,
    ) -> None:
        r"""Show other glyphs.

        Arguments:
            rows: Galaxies along the filament, shape :math:`(N,)`.
            along: Their places along the filament, Mpc/h, shape :math:`(N,)`.
            across: Beside it in the plane that is shown, Mpc/h, shape :math:`(N,)`.
            angles: Grid of position angles from the filament's direction, radians, :math:`(A,)`.
            model: Density of the projected axis by the model, :math:`(N, A)`; or of no rows.
            truth: By the exact law, :math:`(N, A)`.
            bars: Projected tidal axis, shape :math:`(N, 2)`, at most of length 1.
            title: What is shown, in a line.
            current: The galaxy that the page is about.
            fit: Whether the window may move.
        """
        self.rows = np.asarray(rows, dtype=np.intp)
        self.along, self.across = np.asarray(along, float), np.asarray(across, float)
        size = self._size()
        for source, density in ((self.glyphs, model), (self.truth, truth)):
            put(source, self._curves(angles, density, size))
        ends = 0.5 * size * np.asarray(bars, float).reshape(-1, 2)
        put(self.bars, {
            "x0": as_column(self.along - ends[:, 0]), "y0": as_column(self.across - ends[:, 1]),
            "x1": as_column(self.along + ends[:, 0]), "y1": as_column(self.across + ends[:, 1]),
        })  # fmt: skip
        put(self.spine, {"x": as_column(self.along), "y": as_column(self.across)})
        here = self.rows == current if current is not None else np.zeros(len(self.rows), bool)
        put(self.here, {"x": as_column(self.along[here]), "y": as_column(self.across[here])})
        self.figure.title.text = title or " "
        if fit and len(self.rows):
            self._fit(size)
        self._announce()

    def set_haloes(self, along: np.ndarray, across: np.ndarray, size: np.ndarray) -> None:
        """Haloes around the filament: places in Mpc/h and diameters of their dots in pixels."""
        put(self.haloes, {"x": as_column(along), "y": as_column(across), "size": as_column(size)})

    def on_pick(self, callback: Callable[[int], None]) -> None:
        """Call with the row of a galaxy whose glyph was tapped."""
        if not self._picks:
            self.figure.on_event(Tap, self._on_tap)
        self._picks.append(callback)

    def describe(self) -> str:
        """How many glyphs there are and over what length, in words."""
        n = len(self.rows)
        if not n:
            return "No filament through this galaxy."
        return f"{n} galaxies along {np.ptp(self.along):.1f} Mpc/h of a filament."

    def _on_tap(self, event: Any) -> None:
        if not len(self.rows) or event.x is None or event.y is None:
            return
        far = np.hypot(self.along - event.x, self.across - event.y)
        if far.min() < self._size():
            for callback in self._picks:
                callback(int(self.rows[np.argmin(far)]))

    def _size(self) -> float:
        """Diameter of the glyph of no knowledge, Mpc/h: glyphs must not hide one another."""
        n = len(self.rows)
        return float(np.ptp(self.along) / max(n, 4)) * 0.55 if n > 1 else 1.0

    def _curves(self, angles: np.ndarray, density: np.ndarray, size: float) -> dict[str, Any]:
        if not len(density):
            return {"xs": [], "ys": []}
        x, y = rose(angles, density, size)
        return {
            "xs": [as_column(a + c) for a, c in zip(x, self.along, strict=True)],
            "ys": [as_column(b + c) for b, c in zip(y, self.across, strict=True)],
        }

    def _fit(self, size: float) -> None:
        middle = float(self.along.min() + self.along.max()) / 2
        height = float(self.across.min() + self.across.max()) / 2
        half = np.ptp(self.along) / 2 + 1.6 * size
        self.window.show((middle, height), float(half),
                         float(np.ptp(self.across) / 2 + 1.8 * size))  # fmt: skip

    def _make_figure(self) -> figure:
        plot = new_figure(
            "filament", self.ink, "along the filament (Mpc/h)", "across (Mpc/h)",
            tools="", title=" ", match_aspect=True,
        )  # fmt: skip
        plot.title.update(text_font_size="11px")
        self.ink.paint(plot.title, text_color="faint")
        ink = self.ink
        halo = Scatter(x="x", y="y", size="size", fill_alpha=0.18, line_color=None)
        mark(plot, ink, self.haloes, halo, fill_color="points")
        mark(plot, ink, self.spine, Line(x="x", y="y", line_width=1, line_dash="dotted"),
             line_color="line")  # fmt: skip
        body = Patches(xs="xs", ys="ys", fill_alpha=0.4, line_width=1.25)
        glyphs = mark(plot, ink, self.glyphs, body, fill_color="posterior", line_color="posterior")
        line = MultiLine(xs="xs", ys="ys", line_width=1.75, line_dash="dashed")
        truth = mark(plot, ink, self.truth, line, line_color="truth")
        bar = Segment(x0="x0", y0="y0", x1="x1", y1="y1", line_width=2)
        bars = mark(plot, ink, self.bars, bar, line_color="ink")
        ring = Scatter(x="x", y="y", size=20, fill_color=None, line_width=2)
        mark(plot, ink, self.here, ring, line_color="current")
        entries = {"model": glyphs, "truth": truth, "slowest collapse": stand_in(plot, bars)}
        legend = add_legend(plot, ink, entries, "above", orientation="horizontal", location="left")
        legend.update(spacing=12, padding=0, margin=0, background_fill_alpha=0)
        self.window = Window(plot, 10.0, 5.0)
        return plot
