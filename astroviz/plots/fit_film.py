r"""The film of a fit: a distance that falls to its floor; below, blur and noise of each step.

`MeetingClouds` shows the same moment as two clouds: the model's photometry on its way to the data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from bokeh.events import Pan, PanStart, Tap
from bokeh.models import ColumnDataSource, GridPlot, Line, Range1d, Scatter, Span
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, add_legend, mark, new_figure, padded, save_tool

__all__ = ["FitFilm", "MeetingClouds"]

_LEFT, _RIGHT = 62, 10
_UPPER = {
    "distance": ("posterior", "solid"),
    "floor": ("goal", "dashed"),
    "loss": ("excess", "dotted"),
}
_LOWER = {"blur": ("pinned", "solid"), "noise": ("limit", "dashed")}
_LEAST = 1e-4


class FitFilm(Chart):
    r"""Curves over the steps of a fit, with a cursor.

    Arguments:
        name: Short name, of the model and of saved files.
        dark: Whether the ground is dark.

    Example:
        >>> film = FitFilm("film")
        >>> film.update([0, 10], {"distance": [1.0, 0.2], "floor": [0.1, 0.1]}, 1)
        >>> film.describe()
        'A fit of 2 frames. Step 10: distance 0.2, floor 0.1.'
    """

    def __init__(self, name: str, dark: bool = False) -> None:
        super().__init__(dark)
        self.name = name
        self.steps = np.empty(0)
        self.curves: dict[str, np.ndarray] = {}
        self.frame = -1
        self.sources = {key: ColumnDataSource(_xy()) for key in (*_UPPER, *_LOWER)}
        self._scrubs: list[Callable[[int], None]] = []
        self._spans: list[Span] = []
        self._entries: dict[str, Any] = {}
        self._range = Range1d(0, 1)
        self.upper = self._make(f"{name}-upper", "distance over its floor", _UPPER, None)
        self.lower = self._make(f"{name}-lower", "blur, noise", _LOWER, "step of the fit")
        self.layout = self._make_layout()
        self._announce()

    def update(self, steps: Any, curves: Mapping[str, Any], frame: int) -> None:
        r"""Show another fit, or another frame.

        Arguments:
            steps: Steps of the frames, shape :math:`(F,)`, increasing.
            curves: `distance`, `floor`, `loss`, `blur`, `noise`, each :math:`(F,)`; a missing one
                is not drawn.
            frame: Where the cursor is.
        """
        self.steps = np.asarray(steps, dtype=float)
        self.curves = {key: np.asarray(curve, dtype=float) for key, curve in curves.items()}
        for key, source in self.sources.items():
            curve = self.curves.get(key)
            if curve is not None and len(curve) != len(self.steps):
                raise ValueError(f"{key!r} has {len(curve)} values for {len(self.steps)} frames")
            known = curve is not None and bool(np.isfinite(curve).any())
            if known and curve is not None:
                put(source, _xy(self.steps, np.maximum(curve, _LEAST)))
            else:
                put(source, _xy())
            if self._entries[key].visible != known:
                self._entries[key].visible = known
        self._fit()
        self.frame = max(0, min(int(frame), len(self.steps) - 1)) if len(self.steps) else -1
        for span in self._spans:
            at = float(self.steps[self.frame]) if self.frame >= 0 else 0.0
            span.update(location=at, visible=self.frame >= 0)
        self._announce()

    def on_scrub(self, callback: Callable[[int], None]) -> None:
        """Call with the number of the frame nearest to where the figure is tapped or dragged."""
        if not self._scrubs:
            for plot in (self.upper, self.lower):
                for event in (Tap, PanStart, Pan):
                    plot.on_event(event, self._on_scrub)
        self._scrubs.append(callback)

    def describe(self) -> str:
        """The curves at the cursor, in words."""
        if self.frame < 0:
            return "The film of a fit; nothing fitted yet."
        parts = [
            f"{key} {curve[self.frame]:.3g}" for key, curve in self.curves.items()
            if np.isfinite(curve[self.frame])
        ]  # fmt: skip
        at = f"Step {self.steps[self.frame]:,.0f}: {', '.join(parts)}."
        return f"A fit of {len(self.steps)} frames. {at}"

    def _on_scrub(self, event: Any) -> None:
        if event.x is None or not len(self.steps):
            return
        frame = int(np.argmin(np.abs(self.steps - float(event.x))))
        if frame != self.frame:
            for callback in self._scrubs:
                callback(frame)

    def _fit(self) -> None:
        if len(self.steps):
            margin = max(0.015 * float(np.ptp(self.steps)), 0.5)
            ends = float(self.steps.min()) - margin, float(self.steps.max()) + margin
            if (self._range.start, self._range.end) != ends:
                self._range.update(start=ends[0], end=ends[1])
        for plot, names in ((self.upper, _UPPER), (self.lower, _LOWER)):
            shown = [self.curves[key] for key in names if key in self.curves]
            values = np.concatenate([*shown, []])
            values = values[np.isfinite(values) & (values > 0)]
            if len(values):
                low, high = max(float(values.min()) / 1.3, _LEAST), float(values.max()) * 1.4
                if (plot.y_range.start, plot.y_range.end) != (low, high):
                    plot.y_range.update(start=low, end=high)

    def _make(
        self, name: str, label: str, curves: Mapping[str, tuple[str, str]], x_label: str | None
    ) -> figure:
        last = x_label is not None
        plot = new_figure(
            name, self.ink, x_label, label, tools="", save=False, y_axis_type="log",
            x_range=self._range, y_range=Range1d(0.01, 2.0), min_border_left=_LEFT,
            min_border_right=_RIGHT, toolbar_location="above" if not last else None,
        )  # fmt: skip
        if not last:
            plot.xaxis.update(major_label_text_font_size="0px", major_tick_line_alpha=0)
        entries: dict[str, Any] = {}
        for key, (role, dash) in curves.items():
            line = Line(x="x", y="y", line_width=2, line_dash=dash)
            dot = Scatter(x="x", y="y", size=4, line_color=None)
            source = self.sources[key]
            drawn = mark(plot, self.ink, source, line, line_color=role)
            entries[key] = [drawn, mark(plot, self.ink, source, dot, fill_color=role)]
        span = Span(location=0.0, dimension="height", line_width=1.5, visible=False)
        self.ink.paint(span, line_color="current")
        plot.add_layout(span)
        self._spans.append(span)
        legend = add_legend(
            plot, self.ink, entries, location="top_right", orientation="horizontal"
        )
        legend.update(spacing=10, padding=2, glyph_height=12)
        self._entries |= dict(zip(curves, legend.items, strict=True))
        return plot

    def _make_layout(self) -> GridPlot:
        layout = GridPlot(
            children=[(self.upper, 0, 0), (self.lower, 1, 0)],
            cols=["minmax(0, 1fr)"], rows=["minmax(0, 5fr)", "minmax(0, 4fr)"],
            sizing_mode="stretch_both", name=self.name, toolbar_location=None,
        )  # fmt: skip
        self.upper.add_tools(*(save_tool(layout, self.name, kind) for kind in ("png", "svg")))
        self.ink.watch(lambda: layout.update(styles={"background-color": self.ink("paper")}))
        layout.styles = {"background-color": self.ink("paper")}
        return layout


class MeetingClouds(Chart):
    r"""Two clouds of photometry: the data, and the model on its way.

    Arguments:
        name: Short name, of the model and of saved files.
        dark: Whether the ground is dark.
    """

    def __init__(self, name: str, dark: bool = False) -> None:
        super().__init__(dark)
        self.data, self.model = (ColumnDataSource(_xy()) for _ in range(2))
        self.figure = new_figure(name, self.ink, "colour (mag)", "colour (mag)")
        dot = Scatter(x="x", y="y", size=5, fill_alpha=0.55, line_color=None)
        square = Scatter(x="x", y="y", size=5, fill_alpha=0.75, line_color=None, marker="square")
        entries = {
            "survey": mark(self.figure, self.ink, self.data, dot, fill_color="points"),
            "model": mark(self.figure, self.ink, self.model, square, fill_color="posterior"),
        }
        add_legend(self.figure, self.ink, entries)
        self.layout = self.figure
        self._words = "No clouds yet."
        self._held: Any = None
        self._announce()

    def update(
        self, data: np.ndarray, model: np.ndarray, labels: tuple[str, str], words: str
    ) -> None:
        r"""Show other clouds; the frame of the figure follows the data, not the model.

        Arguments:
            data: Places of observed galaxies, shape :math:`(n, 2)`.
            model: Places of draws of the model, shape :math:`(m, 2)`.
            labels: Of both axes, with their units.
            words: What is shown, for people who cannot see it.
        """
        for axis, label in zip((*self.figure.xaxis, *self.figure.yaxis), labels, strict=True):
            if axis.axis_label != label:
                axis.axis_label = label
        key = (labels, data.shape, float(np.nansum(data)))
        if key != self._held:
            self._held = key
            for axis, column in zip((self.figure.x_range, self.figure.y_range), data.T,
                                    strict=True):  # fmt: skip
                known = column[np.isfinite(column)]
                low, high = (
                    padded(np.quantile(known, [0.01, 0.99]), 0.35) if len(known) else (0, 1)
                )
                axis.update(start=low, end=high)
        put(self.data, _xy(*data.T))
        put(self.model, _xy(*model.T))
        self._words = words
        self._announce()

    def describe(self) -> str:
        """What is shown, in words."""
        return self._words


def _xy(x: Any = (), y: Any = ()) -> dict[str, Any]:
    return {"x": as_column(x), "y": as_column(y)}
