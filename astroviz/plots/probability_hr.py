r"""Hertzsprung-Russell diagram of probability: many posteriors as one density over isochrones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from bokeh.core.properties import value
from bokeh.events import Tap
from bokeh.models import (
    ColumnDataSource,
    CustomJS,
    HoverTool,
    Line,
    MultiPolygons,
    Range1d,
    Scatter,
    Text,
)
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.density import joint, marginal
from astroviz.plots.diagrams import _DASHES, _TEMPERATURES
from astroviz.plots.frame import Chart, fixed_ticks, mark, new_figure, tooltip
from astroviz.plots.theme import FONT
from astroviz.plots.topdown import Picture, empty_label

__all__ = ["ProbabilityHR", "banana"]

TIPS = ("name", "age", "a_v", "p_disk", "p_young")
_REACH = 14.0  # pixels
_FRAME = (480.0, 380.0)  # until a browser has told
_HOVER = """
const found = cb_data.index.indices;
const row = found.length ? points.data.row[found[0]] : -1;
if (hovered.data.row[0] !== row) { hovered.data = {row: [row]}; }
"""


def banana(
    effective_temperature: np.ndarray, log_luminosity: np.ndarray
) -> tuple[list[Any], list[Any]]:
    r"""Regions of one star's posterior that hold 86 and 39 % of its draws.

    Arguments:
        effective_temperature: Draws, K, shape :math:`(n,)`.
        log_luminosity: Draws, log10 solar, shape :math:`(n,)`.

    Returns:
        Rings over log10 of the temperature, as `MultiPolygons` takes them; empty where the draws
        are too few.
    """
    teff = np.asarray(effective_temperature, dtype=float)
    x = marginal(np.log10(np.where(teff > 0, teff, np.nan)))
    y = marginal(np.asarray(log_luminosity, dtype=float))
    region = joint(x, y) if len(x.values) and len(y.values) else None
    return ([], []) if region is None else region.polygons()


class ProbabilityHR(Chart):
    r"""Density of posteriors, isochrones, a point for each star, and one star's posterior lifted.

    Arguments:
        dark: Whether the ground is dark.
    """

    def __init__(self, dark: bool = False) -> None:
        super().__init__(dark)
        self._stars = 0.0
        self._picks: list[Callable[[int], None]] = []
        self._hovers: list[Callable[[int | None], None]] = []
        self._isochrones: list[ColumnDataSource] = []
        self.points = ColumnDataSource(_points(np.empty(0), np.empty(0), np.empty(0), {}))
        self.hovered = ColumnDataSource({"row": [-1]})
        self.lifted = ColumnDataSource({"xs": [], "ys": []})
        self.labels = ColumnDataSource({"x": [], "y": [], "text": []})
        self.figure = self._make_figure()
        self.layout = self.figure
        self._announce()

    def update(
        self,
        stars: np.ndarray,
        log_teff: tuple[float, float],
        log_luminosity: tuple[float, float],
    ) -> None:
        r"""Show other posteriors.

        Arguments:
            stars: Stars in each cell, shape :math:`(H, W)`, lowest luminosity and temperature
                first.
            log_teff: Ends of the grid, log10 K.
            log_luminosity: Ends of the grid, log10 solar.
        """
        stars = np.asarray(stars, dtype=float)
        self._stars = float(stars.sum())
        if self._stars > 0:
            cell = np.ptp(log_teff) * np.ptp(log_luminosity) / stars.size
            density = stars / cell * 1e-3  # of 0.01 dex by 0.1 dex
            top = float(density.max())
            self.picture.show(density, log_teff, log_luminosity, (top / 300, top))
            self.empty.text = ""
        else:
            self.picture.clear()
        self._announce()

    def set_points(
        self,
        effective_temperature: np.ndarray,
        log_luminosity: np.ndarray,
        rows: np.ndarray,
        tips: Mapping[str, Sequence[str]],
    ) -> None:
        r"""Show a point for each star.

        Arguments:
            effective_temperature: Medians, K, shape :math:`(N,)`.
            log_luminosity: Medians, log10 solar, shape :math:`(N,)`.
            rows: Row numbers of the table, shape :math:`(N,)`.
            tips: `name`, `age`, `a_v`, `p_disk` and `p_young` of each, as texts.
        """
        data = _points(effective_temperature, log_luminosity, rows, tips)
        put(self.points, data)
        self._announce()

    def set_isochrones(self, lines: Sequence[tuple[str, np.ndarray, np.ndarray]]) -> None:
        r"""Draw isochrones.

        Arguments:
            lines: Text, temperatures (K) and log luminosities of each; NaN breaks a line.
        """
        while len(self._isochrones) < len(lines):
            self._add_isochrone()
        ends: dict[str, list[Any]] = {"x": [], "y": [], "text": []}
        for k, source in enumerate(self._isochrones):
            text, teff, lum = lines[k] if k < len(lines) else ("", np.empty(0), np.empty(0))
            x, y = np.log10(np.asarray(teff, dtype=float)), np.asarray(lum, dtype=float)
            put(source, {"x": as_column(x), "y": as_column(y)})
            good = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
            if len(good):
                low = int(good[0])
                for key, item in (("x", float(x[low])), ("y", float(y[low])), ("text", text)):
                    ends[key].append(item)
        put(self.labels, ends)

    def lift(
        self,
        effective_temperature: np.ndarray | None = None,
        log_luminosity: np.ndarray | None = None,
        text: str = "",
    ) -> None:
        r"""Lift one star's posterior out of the others; none by default.

        Arguments:
            effective_temperature: Its draws, K, shape :math:`(n,)`.
            log_luminosity: Its draws, log10 solar, shape :math:`(n,)`.
            text: What is said of it.
        """
        if effective_temperature is None or log_luminosity is None:
            xs, ys = [], []  # type: tuple[list[Any], list[Any]]
        else:
            xs, ys = banana(effective_temperature, log_luminosity)
        self.lifted.data = {"xs": xs, "ys": ys}
        self.said.text = text

    def say_empty(self, sentence: str) -> None:
        """Show a sentence instead of stars."""
        self.picture.clear()
        self._stars = 0.0
        put(self.points, _points(np.empty(0), np.empty(0), np.empty(0), {}))
        self.lift()
        self.empty.text = sentence
        self._announce()

    def on_pick(self, callback: Callable[[int], None]) -> None:
        """Call with the row number of a star that was tapped."""
        if not self._picks:
            self.figure.on_event(Tap, self._on_tap)
        self._picks.append(callback)

    def on_hover(self, callback: Callable[[int | None], None]) -> None:
        """Call with the row number of the star under the pointer, and None when it is left."""
        if not self._hovers:
            self.hovered.on_change("data", self._on_hovered)
        self._hovers.append(callback)

    def describe(self) -> str:
        """What is shown, in words."""
        if not self._stars > 0:
            return f"Hertzsprung-Russell diagram of probability. {self.empty.text}".strip()
        count = len(self.points.data["row"])
        return (
            f"Hertzsprung-Russell diagram of probability: the posteriors of {count:,} stars added "
            f"up, {self._stars:.1f} young stars, over {len(self.labels.data['text'])} isochrones."
        )

    def _make_figure(self) -> figure:
        plot = new_figure(
            "probability-hr", self.ink, "effective temperature (K)", "log luminosity (L\u2609)",
            tools="pan,wheel_zoom,box_zoom,reset", active_scroll="wheel_zoom",
            x_range=Range1d(4.22, 3.22), y_range=Range1d(-3.8, 2.65),
        )  # fmt: skip
        plot.grid.visible = False
        texts = [f"{kelvin:,}" for kelvin in _TEMPERATURES]
        fixed_ticks(plot.xaxis[0], [float(np.log10(t)) for t in _TEMPERATURES], texts)
        self.picture = Picture(plot, self.ink, "young stars in 0.01 dex \u00d7 0.1 dex", True)
        for halo in (True, False):
            text = Text(x="x", y="y", text="text", x_offset=4, y_offset=10)
            text.update(text_font_size="10px", text_font=value(FONT))
            if halo:
                text.text_outline_width = 3
            roles = {"text_outline_color": "paper"} if halo else {"text_color": "ink"}
            mark(plot, self.ink, self.labels, text, **roles)
        dot = Scatter(x="x", y="y", size=4.5, fill_alpha=0.7, line_alpha=0.8, line_width=0.5)
        dots = mark(plot, self.ink, self.points, dot, fill_color="points", line_color="paper")
        region = MultiPolygons(xs="xs", ys="ys", fill_alpha=0.28, line_width=1.75)
        roles = {"fill_color": "selection", "line_color": "selection"}
        mark(plot, self.ink, self.lifted, region, level="annotation", **roles)
        rows = [
            ("age", "@age"), ("A_V", "@a_v"), ("P(disk)", "@p_disk"), ("P(young)", "@p_young"),
        ]  # fmt: skip
        code = CustomJS(args={"points": self.points, "hovered": self.hovered}, code=_HOVER)
        plot.add_tools(HoverTool(renderers=[dots], tooltips=tooltip(rows, "@name"), callback=code))
        self.empty = empty_label(plot, self.ink)
        self.said = empty_label(plot, self.ink)
        self.ink.paint(self.said, text_color="selection")
        return plot

    def _add_isochrone(self) -> None:
        source = ColumnDataSource({"x": as_column([]), "y": as_column([])})
        dash = _DASHES[len(self._isochrones) % len(_DASHES)]
        # twice: over an outline in the ground's colour it is seen on any colour of the density
        for width, role, kind in ((2.25, "paper", "solid"), (1.25, "ink", dash)):
            line = Line(x="x", y="y", line_width=width, line_dash=kind)
            line.line_alpha = 0.75 if role == "paper" else 0.9
            mark(self.figure, self.ink, source, line, line_color=role)
        self._isochrones.append(source)

    def _on_tap(self, event: Tap) -> None:
        x, y = (np.asarray(self.points.data[key], dtype=float) for key in ("x", "y"))
        if not len(x):
            return
        plot = self.figure
        scale = [
            size / max(abs(axis.end - axis.start), 1e-12)
            for axis, size in zip((plot.x_range, plot.y_range), self._pixels(), strict=True)
        ]
        distance = np.hypot((x - event.x) * scale[0], (y - event.y) * scale[1])
        best = int(np.argmin(distance))
        if distance[best] <= _REACH:
            for callback in self._picks:
                callback(int(self.points.data["row"][best]))

    def _pixels(self) -> tuple[float, float]:
        from bokeh.core.property.descriptors import UnsetValueError

        try:
            return max(float(self.figure.inner_width), 16), max(
                float(self.figure.inner_height), 16
            )
        except UnsetValueError:
            return _FRAME

    def _on_hovered(self, attribute: str, old: Any, new: Any) -> None:
        row = int(new["row"][0])
        for callback in self._hovers:
            callback(None if row < 0 else row)


def _points(
    teff: np.ndarray, lum: np.ndarray, rows: np.ndarray, tips: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    teff = np.asarray(teff, dtype=float)
    n = len(teff)
    return {
        "x": as_column(np.log10(np.where(teff > 0, teff, np.nan))),
        "y": as_column(lum),
        "row": np.asarray(rows, dtype=np.int32),
        **{key: list(tips.get(key, [""] * n)) for key in TIPS},
    }
