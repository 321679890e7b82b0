r"""Small multiples: what several models say of one star, in the plane of two of its parameters.

All panels share both ranges. A model with a posterior shows the regions of highest density that
hold 39 and 86 % of its draws, and the draws outside; a regression shows its point; a model that
cannot be asked about the star shows why.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from bokeh.core.properties import value
from bokeh.models import (
    BasicTicker,
    ColumnDataSource,
    GridPlot,
    HSpan,
    MultiPolygons,
    Range1d,
    Scatter,
    Text,
    VSpan,
)
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.corner import axis_title, format_interval
from astroviz.plots.density import joint, marginal, thin
from astroviz.plots.frame import Chart, add_legend, mark, new_figure, padded, save_tool
from astroviz.plots.theme import FONT

__all__ = ["Panel", "RoadPlot"]

_LEFT, _RIGHT, _BOTTOM, _TOP = 58, 5, 46, 24
_KEY = 34  # height of what says what the marks mean
_POINTS = 500
_LINE = 26  # letters of a line of a sentence in a panel
_TAIL = (0.005, 0.995)


@dataclass(frozen=True)
class Panel:
    r"""What one model says.

    Arguments:
        draws: Draws of the two parameters, shape :math:`(n, 2)`; None where there are none.
        point: One point, for a model that gives no more.
        sentence: Why there is no answer; empty where there is one.
    """

    draws: np.ndarray | None = None
    point: tuple[float, float] | None = None
    sentence: str = ""


class RoadPlot(Chart):
    r"""Panels side by side, one for each model.

    Arguments:
        titles: Names of the models.
        axes: The two parameters: name, label, unit, lower and upper.
        height: Of the whole figure, pixels; its width is what there is.
        dark: Whether the ground is dark.
    """

    def __init__(
        self, titles: Sequence[str], axes: Sequence[Any], height: int = 360, dark: bool = False
    ) -> None:
        super().__init__(dark)
        self.titles = tuple(titles)
        self._ranges = (Range1d(0, 1), Range1d(0, 1))
        self._panels: tuple[Panel, ...] = ()
        self._words = [f"{title}: nothing yet" for title in self.titles]
        self.regions = [ColumnDataSource(_region()) for _ in titles]
        self.draws, self.points, self.truths = ([_places() for _ in titles] for _ in range(3))
        self.sentences = [ColumnDataSource({"x": [], "y": [], "text": []}) for _ in titles]
        self.figures = [self._make_panel(k) for k in range(len(self.titles))]
        self.layout = self._make_layout(height)
        self.set_axes(axes)
        self.highlight(0)

    def set_axes(self, axes: Sequence[Any]) -> None:
        """Show two other parameters; empty until `update`."""
        self.axes = tuple(axes)
        for k, plot in enumerate(self.figures):
            plot.xaxis.axis_label = axis_title(self.axes[0])
            plot.yaxis.axis_label = axis_title(self.axes[1]) if k == 0 else None
        self.update([Panel() for _ in self.titles])

    def update(
        self,
        panels: Sequence[Panel],
        truth: tuple[float, float] | None = None,
        fit: bool = True,
    ) -> None:
        r"""Show other answers.

        Arguments:
            panels: One for each model.
            truth: The true values, where they are known.
            fit: Whether the ranges may become smaller; they always grow to hold the answers.
        """
        if len(panels) != len(self.titles):
            raise ValueError(f"{len(panels)} panels for {len(self.titles)} models: give each one")
        self._panels = tuple(panels)
        for source, panel in zip(self.truths, panels, strict=True):
            # a sentence has the frame to itself
            put(source, _columns(None if truth is None or panel.sentence else [truth]))
        self._fit(truth, fit)
        self._words = [self._draw(k, panel) for k, panel in enumerate(panels)]
        self._announce()

    def highlight(self, chosen: int) -> None:
        """Frame the panel of one model."""
        for k, plot in enumerate(self.figures):
            here = k == chosen
            plot.outline_line_width = 2.5 if here else 1
            plot.title.text_font_style = "bold" if here else "normal"
            plot.outline_line_color = self.ink("posterior" if here else "hairline")
        self._chosen = chosen

    def describe(self) -> str:
        """Each model's answer, in words."""
        names = " and ".join(str(axis.label) for axis in self.axes)
        return f"{names} of one star by {len(self.titles)} models. {'; '.join(self._words)}."

    def _draw(self, k: int, panel: Panel) -> str:
        """Write one panel into its sources; returns it in words."""
        region, outside, words = _region(), None, "nothing yet"
        if panel.draws is not None:
            values = np.asarray(panel.draws, dtype=float)
            sides = [marginal(values[:, j], None, (axis.lower, axis.upper))
                     for j, axis in enumerate(self.axes)]  # fmt: skip
            found = joint(sides[0], sides[1])
            few = values[thin(None, len(values), _POINTS)]
            if found is not None:
                xs, ys = found.polygons()
                region = {"xs": xs, "ys": ys, "alpha": [0.22, 0.5]}
                few = few[found.outside(few[:, 0], few[:, 1])]
            outside = few
            words = ", ".join(f"{axis.label} {format_interval(side.quantiles)}"
                              for axis, side in zip(self.axes, sides, strict=True))  # fmt: skip
        elif panel.point is not None:
            words = ", ".join(f"{axis.label} {number:.2f}" for axis, number in
                              zip(self.axes, panel.point, strict=True)) + ", a point"  # fmt: skip
        put(self.regions[k], region)
        put(self.draws[k], _columns(outside))
        put(self.points[k], _columns(None if panel.point is None else [panel.point]))
        middle = [0.5 * (axis.start + axis.end) for axis in self._ranges]
        text = {"x": middle[:1], "y": middle[1:], "text": [textwrap.fill(panel.sentence, _LINE)]}
        put(self.sentences[k], text if panel.sentence else {name: [] for name in text})
        return f"{self.titles[k]}: {panel.sentence or words}".rstrip(".")

    def _fit(self, truth: tuple[float, float] | None, shrink: bool) -> None:
        for j, (axis, held) in enumerate(zip(self.axes, self._ranges, strict=True)):
            ends = [np.quantile(p.draws[:, j], _TAIL) for p in self._panels if p.draws is not None]
            ends += [np.array([p.point[j]]) for p in self._panels if p.point is not None]
            if truth is not None:
                ends.append(np.array([truth[j]]))
            if not ends:
                continue
            if not shrink:
                ends.append(np.array([held.start, held.end]))
            margin = 0.06 if shrink else 0.0
            low, high = padded(np.concatenate(ends), margin, 0.02 if shrink else 0.0)
            low, high = max(low, axis.lower), min(high, axis.upper)
            held.update(start=low, end=high, reset_start=low, reset_end=high)

    def _make_panel(self, k: int) -> figure:
        first = k == 0
        plot = new_figure(
            f"road-{k + 1}", self.ink, tools="pan,wheel_zoom,reset", save=False,
            title=self.titles[k], x_range=self._ranges[0], y_range=self._ranges[1],
            toolbar_location=None, min_border_left=_LEFT if first else _RIGHT,
            min_border_right=_RIGHT, min_border_top=_TOP, min_border_bottom=_BOTTOM,
        )  # fmt: skip
        plot.xaxis.ticker = BasicTicker(desired_num_ticks=4)
        if not first:
            plot.yaxis.update(major_label_text_font_size="0px", major_tick_line_alpha=0)
        dots = Scatter(x="x", y="y", size=2.5, line_color=None, fill_alpha=0.55)
        mark(plot, self.ink, self.draws[k], dots, fill_color="posterior")
        region = MultiPolygons(xs="xs", ys="ys", fill_alpha="alpha", line_width=1)
        colours = {"fill_color": "posterior", "line_color": "posterior"}
        mark(plot, self.ink, self.regions[k], region, **colours)
        for span in (VSpan(x="x", line_alpha=0.55), HSpan(y="y", line_alpha=0.55)):
            mark(plot, self.ink, self.truths[k], span, line_color="truth")
        mark(plot, self.ink, self.truths[k], _star(), fill_color="truth", line_color="paper")
        mark(plot, self.ink, self.points[k], _diamond(), fill_color="posterior",
             line_color="paper")  # fmt: skip
        text = Text(
            x="x", y="y", text="text", text_align="center", text_baseline="middle",
            text_font=value(FONT), text_font_size="12px",
        )  # fmt: skip
        mark(plot, self.ink, self.sentences[k], text, text_color="faint")
        return plot

    def _make_layout(self, height: int) -> GridPlot:
        """Equal frames: the first column also holds the labels; what marks mean is below."""
        count = len(self.titles)
        panels: list[Any] = [
            (plot, 0, 0 if k == 0 else k + 1, 1, 2 if k == 0 else 1)
            for k, plot in enumerate(self.figures)
        ]
        layout = GridPlot(
            children=[*panels, (self._make_legend(), 1, 0, 1, count + 1)],
            cols=[f"{_LEFT - _RIGHT}px", *["minmax(0, 1fr)"] * count],
            rows=[f"{height - _KEY}px", f"{_KEY}px"],
            height=height,
            sizing_mode="stretch_width",
            name="road",
            toolbar_location=None,
        )
        last = self.figures[-1]
        last.update(toolbar_location="above", toolbar_inner=True)
        last.add_tools(*(save_tool(layout, "road", kind) for kind in ("png", "svg")))
        self.ink.watch(lambda: layout.update(styles={"background-color": self.ink("paper")}))
        self.ink.watch(lambda: self.highlight(self._chosen))
        layout.styles = {"background-color": self.ink("paper")}
        return layout

    def _make_legend(self) -> figure:
        plot = new_figure("road-legend", self.ink, tools="", save=False, min_border=0)
        plot.axis.visible = plot.grid.visible = False
        plot.outline_line_alpha = 0
        source = ColumnDataSource({"x": [np.nan], "y": [np.nan]})
        dots = Scatter(x="x", y="y", size=10, line_color=None, fill_alpha=0.5)
        entries = {
            "regions of 39 and 86 % of the draws": mark(plot, self.ink, source, dots,
                                                        fill_color="posterior"),
            "the regression's point": mark(plot, self.ink, source, _diamond(),
                                           fill_color="posterior", line_color="paper"),
            "truth": mark(plot, self.ink, source, _star(), fill_color="truth",
                          line_color="paper"),
        }  # fmt: skip
        legend = add_legend(plot, self.ink, entries, orientation="horizontal", location="center")
        legend.update(glyph_height=30, glyph_width=30, spacing=18, padding=0, margin=0)
        return plot


def _star() -> Scatter:
    return Scatter(x="x", y="y", marker="star", size=14)


def _diamond() -> Scatter:
    return Scatter(x="x", y="y", marker="diamond", size=14)


def _columns(places: Any) -> dict[str, Any]:
    """Two columns of points, shape (k, 2); none for None."""
    points = np.empty((0, 2)) if places is None else np.asarray(places, dtype=float)
    return {"x": as_column(points[:, 0]), "y": as_column(points[:, 1])}


def _places() -> ColumnDataSource:
    return ColumnDataSource(_columns(None))


def _region() -> dict[str, list[Any]]:
    return {"xs": [[], []], "ys": [[], []], "alpha": [0.22, 0.5]}
