r"""Distances between two domains over the steps of a training, with a cursor to drag."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from bokeh.events import Pan, PanStart, Tap
from bokeh.models import (
    BasicTicker,
    ColumnDataSource,
    GridPlot,
    LegendItem,
    Line,
    Range1d,
    Scatter,
    Span,
)
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, add_legend, fixed_ticks, mark, new_figure, save_tool

__all__ = ["TrainingFilm", "relative"]

_ROLES = ("posterior", "literature", "limit", "pinned", "faint")
_DASHES = ("solid", "dashed", "dotdash", "dotted", "solid")
_LEFT, _RIGHT = 62, 10
_AUC = "auc"
_DECADES = range(-6, 4)
_TICKS = tuple(m * 10.0**e for e in _DECADES for m in (1, 2, 5))


def relative(curve: np.ndarray) -> np.ndarray:
    """A curve over its first positive value; NaN where it is not positive."""
    curve = np.asarray(curve, dtype=float)
    curve = np.where(np.isfinite(curve) & (curve > 0), curve, np.nan)
    known = curve[np.isfinite(curve)]
    return curve / known[0] if len(known) else curve


class TrainingFilm(Chart):
    r"""Relative distances on a logarithmic axis; below, how well a classifier parts the domains.

    Arguments:
        dark: Whether the ground is dark.
    """

    def __init__(self, dark: bool = False) -> None:
        super().__init__(dark)
        self.steps = np.empty(0)
        self.curves: dict[str, np.ndarray] = {}
        self.cursor: float | None = None
        self._frame: int | None = None
        self._scrubs: list[Callable[[int], None]] = []
        self.sources = [ColumnDataSource(_xy()) for _ in _ROLES]
        self.auc = ColumnDataSource(_xy())
        self.dots, self.auc_dot = ColumnDataSource(_xy()), ColumnDataSource(_xy())
        self._spans: list[Span] = []
        self._range = Range1d(0, 1)
        self.figure = self._make_distances()
        self.below = self._make_auc()
        self.layout = self._make_layout()
        self._announce()

    def update(
        self, steps: np.ndarray | Sequence[float], curves: Mapping[str, np.ndarray]
    ) -> None:
        r"""Show another training.

        Arguments:
            steps: Steps of the frames, shape :math:`(F,)`, increasing.
            curves: Name to values, each :math:`(F,)`. The one whose name says AUC is drawn below
                as it is; up to five others above, relative to their first value.
        """
        self.steps = np.asarray(steps, dtype=float)
        for name, curve in curves.items():
            if np.shape(curve) != self.steps.shape:
                raise ValueError(
                    f"{name!r} has shape {np.shape(curve)} for {len(self.steps)} steps: give it "
                    "one value at each"
                )
        self.curves = {name: np.asarray(curve, dtype=float) for name, curve in curves.items()}
        shown = self._distances()
        if len(shown) > len(_ROLES):
            raise ValueError(f"{len(shown)} distances; there is room for {len(_ROLES)}")
        names = list(shown)
        for k, (source, item) in enumerate(zip(self.sources, self._entries, strict=True)):
            known = k < len(names)
            put(source, _xy(self.steps, shown[names[k]]) if known else _xy())
            item.update(visible=known, label={"value": names[k] if known else ""})
        auc = self._auc()
        put(self.auc, _xy() if auc is None else _xy(self.steps, auc))
        self._fit(list(shown.values()))
        self._frame = None
        self.set_cursor(self.steps[0] if self.cursor is None and len(self.steps) else self.cursor)

    def set_cursor(self, step: float | None) -> None:
        """Put the cursor at a step; None hides it."""
        self.cursor = None if step is None else float(step)
        self._frame = None if step is None else self.frame_at(float(step))
        for span in self._spans:
            span.update(visible=self.cursor is not None, location=self.cursor or 0.0)
        known = self._frame is not None
        heights = [curve[self._frame] for curve in self._distances().values()] if known else []
        x = 0.0 if self._frame is None else float(self.steps[self._frame])
        put(self.dots, _xy(np.full(len(heights), x), np.asarray(heights)))
        auc = self._auc() if known else None
        put(self.auc_dot, _xy() if auc is None else _xy([x], [auc[self._frame]]))
        self.figure.title.text = self._reading() or " "
        self._announce()

    def on_scrub(self, callback: Callable[[int], None]) -> None:
        """Call with the number of the frame nearest to where the figure is tapped or dragged."""
        if not self._scrubs:
            for plot in (self.figure, self.below):
                for event in (Tap, PanStart, Pan):
                    plot.on_event(event, self._on_scrub)
        self._scrubs.append(callback)

    def frame_at(self, step: float) -> int | None:
        """Number of the frame nearest to a step; None when there are no frames."""
        return int(np.argmin(np.abs(self.steps - step))) if len(self.steps) else None

    def describe(self) -> str:
        """Names of the curves and their values at the cursor, in words."""
        if not len(self.steps):
            return "Distances between the domains during training; nothing trained yet."
        names = ", ".join(self.curves)
        at = self._reading()
        return f"{names} over {len(self.steps)} frames of a training{'. ' + at if at else ''}."

    def _on_scrub(self, event: Any) -> None:
        frame = None if event.x is None else self.frame_at(float(event.x))
        if frame is None or frame == self._frame:
            return
        self.set_cursor(float(self.steps[frame]))
        for callback in self._scrubs:
            callback(frame)

    def _reading(self) -> str:
        """The curves at the cursor."""
        if self._frame is None:
            return ""
        parts = [f"{name} \u00d7{curve[self._frame]:.2f}"
                 for name, curve in self._distances().items()]  # fmt: skip
        auc = self._auc()
        parts += [] if auc is None else [f"AUC {auc[self._frame]:.2f}"]
        return f"step {self.steps[self._frame]:,.0f}: {', '.join(parts)}"

    def _distances(self) -> dict[str, np.ndarray]:
        return {n: relative(curve) for n, curve in self.curves.items() if _AUC not in n.lower()}

    def _auc(self) -> np.ndarray | None:
        found = [curve for name, curve in self.curves.items() if _AUC in name.lower()]
        return found[0] if found else None

    def _fit(self, curves: Sequence[np.ndarray]) -> None:
        if len(self.steps):
            low, high = float(self.steps.min()), float(self.steps.max())
            margin = max(0.015 * (high - low), 1e-3)
            self._range.update(start=low - margin, end=high + margin)
        values = np.concatenate([*curves, [1.0]])
        values = values[np.isfinite(values)]
        low, high = float(values.min()) / 1.25, float(values.max()) * 1.25
        self.figure.y_range.update(start=low, end=high)
        self.figure.yaxis[0].ticker.ticks = list(_TICKS if high / low < 60 else _TICKS[::3])

    def _make_distances(self) -> figure:
        plot = new_figure(
            "film-distances", self.ink, None, "relative to start", tools="", save=False,
            y_axis_type="log", x_range=self._range, y_range=Range1d(0.05, 1.3), title=" ",
            min_border_left=_LEFT, min_border_right=_RIGHT, min_border_bottom=4,
        )  # fmt: skip
        plot.xaxis.update(major_label_text_font_size="0px", major_tick_line_alpha=0)
        fixed_ticks(plot.yaxis[0], _TICKS, [f"{tick:g}" for tick in _TICKS])
        self.ink.paint(plot.title, text_color="faint")
        entries: dict[str, Any] = {}
        for k, source in enumerate(self.sources):
            line = Line(x="x", y="y", line_width=1.75, line_dash=_DASHES[k])
            entries[f"{k}"] = mark(plot, self.ink, source, line, line_color=_ROLES[k])
        self._add_cursor(plot, self.dots)
        legend = add_legend(
            plot, self.ink, entries, "above", orientation="horizontal", location="left"
        )
        legend.update(spacing=10, padding=0, margin=2, glyph_height=14, background_fill_alpha=0)
        self._entries: list[LegendItem] = legend.items
        for item in self._entries:
            item.visible = False
        return plot

    def _make_auc(self) -> figure:
        plot = new_figure(
            "film-auc", self.ink, "training step", "AUC", tools="", save=False,
            x_range=self._range, y_range=Range1d(0.46, 1.02), toolbar_location=None,
            min_border_left=_LEFT, min_border_right=_RIGHT, min_border_top=4,
        )  # fmt: skip
        plot.yaxis.ticker = BasicTicker(desired_num_ticks=3)
        even = Span(location=0.5, dimension="width", line_dash="dotted", line_width=1.25)
        self.ink.paint(even, line_color="faint")
        plot.add_layout(even)
        line = Line(x="x", y="y", line_width=1.75)
        mark(plot, self.ink, self.auc, line, line_color="truth")
        self._add_cursor(plot, self.auc_dot)
        return plot

    def _add_cursor(self, plot: figure, source: ColumnDataSource) -> None:
        span = Span(location=0.0, dimension="height", line_width=1.5, visible=False)
        self.ink.paint(span, line_color="current")
        plot.add_layout(span)
        self._spans.append(span)
        dot = Scatter(x="x", y="y", size=7, line_width=1)
        mark(plot, self.ink, source, dot, fill_color="current", line_color="paper")

    def _make_layout(self) -> GridPlot:
        layout = GridPlot(
            children=[(self.figure, 0, 0), (self.below, 1, 0)],
            cols=["minmax(0, 1fr)"],
            rows=["minmax(0, 2fr)", "minmax(0, 1fr)"],
            sizing_mode="stretch_both",
            name="training-film",
            toolbar_location=None,
        )
        self.figure.add_tools(*(save_tool(layout, "training-film", k) for k in ("png", "svg")))
        self.ink.watch(lambda: layout.update(styles={"background-color": self.ink("paper")}))
        layout.styles = {"background-color": self.ink("paper")}
        return layout


def _xy(x: Any = (), y: Any = ()) -> dict[str, Any]:
    return {"x": as_column(x), "y": as_column(y)}
