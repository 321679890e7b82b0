r"""How old is the star: its age posterior over the prior, and the chances that people ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from bokeh.core.properties import value
from bokeh.models import (
    ColumnDataSource,
    FactorRange,
    GridPlot,
    HBar,
    Line,
    Range1d,
    Span,
    Text,
    VArea,
    VSpan,
)
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.density import marginal
from astroviz.plots.frame import (
    Chart,
    add_legend,
    fixed_ticks,
    mark,
    new_figure,
    save_tool,
    stand_in,
)
from astroviz.plots.theme import FONT

__all__ = ["AgePlot", "age_chances"]

_MYR = 6.0  # log10 of a million years
_TICKS = (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_YOUNG = (10.0, 60.0)  # Myr: the limits that the bars are about
_MARKS = {"pinned": "dashed", "literature": "dashed", "truth": "solid"}


def age_chances(
    log_age: np.ndarray, weights: np.ndarray | None = None, limits: tuple[float, ...] = _YOUNG
) -> dict[str, float]:
    r"""Chance to be younger than each limit, given that the star is of the model's young kind.

    Arguments:
        log_age: Draws of log10 of the age in years, shape :math:`(n,)`.
        weights: Of each draw, shape :math:`(n,)`.
        limits: Ages, Myr.

    Returns:
        Text to chance; NaN when there are no draws.

    Example:
        >>> age_chances(np.array([6.0, 6.5, 7.5, 8.0]))
        {'P(age < 10 Myr)': 0.5, 'P(age < 60 Myr)': 0.75}
    """
    log_age = np.asarray(log_age, dtype=float)
    weights = np.ones(len(log_age)) if weights is None else np.asarray(weights, dtype=float)
    good = np.isfinite(log_age)
    total = weights[good].sum()
    return {
        f"P(age < {limit:g} Myr)": float(weights[good & (log_age < np.log10(limit) + _MYR)].sum())
        / float(total)
        if total > 0
        else float("nan")
        for limit in limits
    }


class AgePlot(Chart):
    r"""Age posterior with prior, and bars of chances below it.

    Arguments:
        dark: Whether the ground is dark.
        bounds: Range of log10 of the age in years.
        bars: Whether there are bars; a page may show the chances otherwise.
    """

    def __init__(
        self, dark: bool = False, bounds: tuple[float, float] = (5.7, 8.0), bars: bool = True
    ) -> None:
        super().__init__(dark)
        self.bounds = bounds
        self._peak = 1.0
        self._prior: tuple[np.ndarray, np.ndarray] | None = None
        self._quantiles = (np.nan, np.nan, np.nan)
        nothing = {"x": as_column([]), "y": as_column([])}
        self.posterior = ColumnDataSource(dict(nothing))
        self.prior = ColumnDataSource(dict(nothing))
        self.interval = ColumnDataSource(dict(nothing))
        self.marks = {role: ColumnDataSource({"x": as_column([])}) for role in _MARKS}
        self.bars = ColumnDataSource({"name": [], "chance": [], "length": [], "text": []})
        self.figure = self._make_strip(112 if bars else 12)
        self.chances = self._make_bars() if bars else None
        self.layout = self._make_layout()
        self._announce()

    def update(
        self,
        log_age: np.ndarray,
        weights: np.ndarray | None = None,
        chances: Mapping[str, float] | None = None,
    ) -> dict[str, float]:
        r"""Show other draws.

        Arguments:
            log_age: Draws of log10 of the age in years, shape :math:`(n,)`.
            weights: Of each draw, shape :math:`(n,)`; equal by default.
            chances: Text to chance, drawn as bars; `age_chances` of the draws by default. A page
                that knows the chance of being young at all puts its own here.

        Returns:
            The chances that are drawn.
        """
        found = marginal(log_age, weights, self.bounds)
        self._quantiles = found.quantiles
        density = found.density if len(found.values) else np.empty(0)
        grid = found.grid[: len(density)]
        self._peak = float(density.max()) if len(density) else 1.0
        put(self.posterior, {"x": as_column(grid), "y": as_column(density / self._peak)})
        low, _, high = found.quantiles
        inside = (grid >= low) & (grid <= high)
        put(
            self.interval,
            {
                "x": as_column(grid[inside]),
                "y": as_column(density[inside] / self._peak),
            },
        )
        self._draw_prior()
        drawn = dict(age_chances(log_age, weights) if chances is None else chances)
        names = list(drawn)
        put(
            self.bars,
            {
                "name": names,
                "chance": as_column(list(drawn.values())),
                "length": as_column(0.88 * np.nan_to_num(list(drawn.values()))),
                "text": [f"{chance:.2f}" for chance in drawn.values()],
            },
        )
        if self.chances is not None and list(self.chances.y_range.factors) != names[::-1]:
            self.chances.y_range.factors = names[::-1]
        self._announce()
        return drawn

    def set_prior(
        self, log_age: np.ndarray | None = None, weights: np.ndarray | None = None
    ) -> None:
        """Draw the density of other draws as the prior, or remove it with None."""
        if log_age is None:
            self._prior = None
        else:
            found = marginal(log_age, weights, self.bounds)
            self._prior = found.grid, found.density
        self._draw_prior()

    def mark(self, role: str, places: Any = None) -> None:
        r"""Mark ages, or remove the marks with None.

        Arguments:
            role: `truth`, `literature` or `pinned`.
            places: log10 of ages in years: a number or several.
        """
        if role not in self.marks:
            raise ValueError(f"no mark {role!r}; there are {', '.join(self.marks)}")
        places = [] if places is None else np.atleast_1d(np.asarray(places, dtype=float))
        put(self.marks[role], {"x": as_column(places)})

    def describe(self) -> str:
        """Age and chances in words."""
        low, middle, high = (10.0 ** (q - _MYR) for q in self._quantiles)
        if not np.isfinite(middle):
            return "Age of the star; no draws yet."
        pairs = zip(self.bars.data["name"], self.bars.data["text"], strict=True)
        chances = ", ".join(f"{name} {text}" for name, text in pairs)
        return f"Age {middle:.3g} Myr, 68 % interval {low:.3g} to {high:.3g} Myr. {chances}."

    def _draw_prior(self) -> None:
        grid, density = self._prior or (np.empty(0), np.empty(0))
        # equal areas: how far the posterior rises above the prior is what the data taught
        put(self.prior, {"x": as_column(grid), "y": as_column(density / self._peak)})
        self.legend.items[1].visible = self._prior is not None

    def _make_strip(self, left: int) -> figure:
        plot = new_figure(
            "age", self.ink, "age (Myr)", tools="", save=False, min_border_left=left,
            x_range=Range1d(*self.bounds), y_range=Range1d(0, 1.15), toolbar_location=None,
        )  # fmt: skip
        plot.yaxis.visible = plot.ygrid.visible = False
        places = [float(np.log10(t) + _MYR) for t in _TICKS]
        fixed_ticks(plot.xaxis[0], places, [f"{t:g}" for t in _TICKS])
        plot.xgrid.visible = False
        for limit in _YOUNG:
            line = Span(location=np.log10(limit) + _MYR, dimension="height", line_dash="dotted")
            self.ink.paint(line, line_color="line")
            plot.add_layout(line)
        line = Line(x="x", y="y", line_width=1.5, line_dash="dotted")
        prior = mark(plot, self.ink, self.prior, line, line_color="prior")
        for source, alpha in ((self.posterior, 0.18), (self.interval, 0.3)):
            area = VArea(x="x", y1=0, y2="y", fill_alpha=alpha)
            mark(plot, self.ink, source, area, fill_color="posterior")
        line = Line(x="x", y="y", line_width=2)
        posterior = mark(plot, self.ink, self.posterior, line, line_color="posterior")
        for role, dash in _MARKS.items():
            span = VSpan(x="x", line_width=2, line_dash=dash)
            mark(plot, self.ink, self.marks[role], span, line_color=role)
        lines = {"posterior": posterior, "prior": prior}
        entries = {label: stand_in(plot, line) for label, line in lines.items()}
        self.legend = legend = add_legend(plot, self.ink, entries, location="top_right")
        legend.background_fill_alpha = 0.4
        return plot

    def _make_bars(self) -> figure:
        plot = new_figure(
            "age-chances", self.ink, tools="", save=False, min_border_left=112,
            x_range=Range1d(0, 1), y_range=FactorRange(factors=[], range_padding=0.1),
            toolbar_location=None, min_border_right=12,
        )  # fmt: skip
        plot.grid.visible = plot.xaxis.visible = False
        plot.outline_line_alpha = 0
        plot.yaxis.update(axis_line_color=None, major_tick_line_color=None)
        rail = HBar(y="name", left=0, right=0.88, height=0.55, line_color=None)
        mark(plot, self.ink, self.bars, rail, fill_color="grid")
        bar = HBar(y="name", left=0, right="length", height=0.55, line_color=None)
        mark(plot, self.ink, self.bars, bar, fill_color="posterior")
        text = Text(x=0.9, y="name", text="text", text_baseline="middle")
        text.update(text_font_size="12px", text_font=value(FONT))
        mark(plot, self.ink, self.bars, text, text_color="ink")
        return plot

    def _make_layout(self) -> GridPlot:
        layout = GridPlot(
            children=[(self.figure, 0, 0)],
            rows=["minmax(0, 1fr)"],
            cols=["minmax(0, 1fr)"],
            sizing_mode="stretch_both",
            name="age",
            toolbar_location=None,
        )
        if self.chances is not None:
            layout.children = [*layout.children, (self.chances, 1, 0)]
            layout.rows = ["minmax(0, 1fr)", "64px"]
        self.figure.update(toolbar_location="above", toolbar_inner=True)
        self.figure.add_tools(*(save_tool(layout, "age", kind) for kind in ("png", "svg")))
        self.ink.watch(lambda: layout.update(styles={"background-color": self.ink("paper")}))
        layout.styles = {"background-color": self.ink("paper")}
        return layout
