r"""The density of one angle on two sides: learned draws as bars, the true law as a line."""

from __future__ import annotations

import numpy as np
from bokeh.models import BasicTicker, BasicTickFormatter, ColumnDataSource, Quad, Range1d, Step
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, add_legend, fixed_ticks, mark, new_figure

__all__ = ["TwoLaws"]

_EMPTY = np.zeros(0)


class TwoLaws(Chart):
    r"""Histograms of an angle, one over the other, on axes that stand still.

    Arguments:
        name: Short name of the angle, of the model too.
        label: Text of the axis, with its unit.
        dark: Whether the ground is dark.
        legend: Whether it says which is which.
    """

    def __init__(self, name: str, label: str, dark: bool = False, legend: bool = False) -> None:
        super().__init__(dark)
        self.name, self.label = name, label
        self.learned = ColumnDataSource(_bars(_EMPTY, _EMPTY))
        self.true = ColumnDataSource({"x": as_column([]), "y": as_column([])})
        self.figure = self._make_figure(legend)
        self.layout = self.figure
        self._announce()

    def update(self, edges: np.ndarray, learned: np.ndarray, true: np.ndarray, top: float) -> None:
        r"""Show another moment.

        Arguments:
            edges: Degrees, shape :math:`(B + 1,)`.
            learned: Density of the draws, per degree, shape :math:`(B,)`.
            true: Density of the true law, per degree, shape :math:`(B,)`.
            top: What the axis must hold.
        """
        if not len(edges) == len(learned) + 1 == len(true) + 1:
            raise ValueError(
                f"{len(edges)} edges do not fit histograms of {len(learned)} and {len(true)} bins"
            )
        put(self.learned, _bars(np.asarray(edges, float), np.asarray(learned, float)))
        line = {"x": as_column(edges), "y": as_column(np.append(true, true[-1:]))}
        put(self.true, line)
        end = 1.25 * float(top)
        if self.figure.y_range.end != end:
            self.figure.y_range.end = end
        low, high = float(edges[0]), float(edges[-1])
        if (self.figure.x_range.start, self.figure.x_range.end) != (low, high):
            self.figure.x_range.update(start=low, end=high)
            ticks = np.linspace(low, high, 5)
            texts = [f"{tick:g}".replace("-", "\u2212") for tick in ticks]
            fixed_ticks(self.figure.xaxis[0], ticks.tolist(), texts)
        self._announce()

    def describe(self) -> str:
        """How far apart the two sides are."""
        learned, true = np.asarray(self.learned.data["top"]), np.asarray(self.true.data["y"])[:-1]
        if not len(learned):
            return f"Density of the {self.name}; nothing drawn."
        if not learned.any():
            return f"Density of the {self.name} of the true law."
        apart = 0.5 * float(np.abs(learned - true).sum() / max(float(true.sum()), 1e-12))
        return (
            f"Density of the {self.name}, learned and true: {100 * apart:.0f} % of the draws "
            "would have to change their bin for the two to be the same."
        )

    def _make_figure(self, legend: bool) -> figure:
        plot = new_figure(
            f"film-{self.name}", self.ink, self.label, "per \u00b0", tools="",
            x_range=Range1d(-180, 180), y_range=Range1d(0, 0.01),
        )  # fmt: skip
        plot.yaxis[0].update(
            ticker=BasicTicker(desired_num_ticks=3, num_minor_ticks=0),
            formatter=BasicTickFormatter(use_scientific=False),
        )
        bar = Quad(left="left", right="right", bottom=0, top="top", fill_alpha=0.35)
        bar.line_color = None
        bars = mark(plot, self.ink, self.learned, bar, fill_color="posterior")
        step = Step(x="x", y="y", mode="after", line_width=1.75)
        line = mark(plot, self.ink, self.true, step, line_color="truth")
        if legend:
            made = add_legend(
                plot, self.ink, {"learned": [bars], "true": [line]}, orientation="horizontal"
            )
            made.spacing = 12
        return plot


def _bars(edges: np.ndarray, heights: np.ndarray) -> dict[str, np.ndarray]:
    columns = {"left": edges[:-1], "right": edges[1:], "top": heights}
    return {name: as_column(values) for name, values in columns.items()}
