r"""Where an array of dishes looks: baselines in the plane of spatial frequencies."""

from __future__ import annotations

import numpy as np
from bokeh.models import ColumnDataSource, Scatter
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, mark, new_figure
from astroviz.plots.steady import Window

__all__ = ["UvPlot"]


class UvPlot(Chart):
    r"""Coverage of the plane of spatial frequencies; each baseline is seen from both its ends.

    Arguments:
        name: Short name: of the model, and of the files it is saved as.
        dark: Whether the ground is dark.
        unit: Of the frequencies.

    Example:
        >>> plot = UvPlot("uv")
        >>> plot.update(np.array([1.0, 2.0]), np.array([0.0, 1.0]))
        >>> plot.describe()
        '2 baselines, from 1 to 2.24 cycles per arcsec.'
    """

    def __init__(
        self, name: str, dark: bool = False, unit: str = "cycles per arcsec"
    ) -> None:  # fmt: skip
        super().__init__(dark)
        self.name, self.unit = name, unit
        self.source = ColumnDataSource({"u": as_column([]), "v": as_column([])})
        self.mirror = ColumnDataSource({"u": as_column([]), "v": as_column([])})
        self.figure = self._make_figure()
        self.window = Window(self.figure, 1.0, 1.0)
        self.layout = self.figure
        self._announce()

    def update(self, u: np.ndarray, v: np.ndarray) -> None:
        r"""Show other baselines.

        Arguments:
            u: Frequencies along x, shape :math:`(K,)`.
            v: Frequencies along y, likewise.
        """
        u, v = np.asarray(u, dtype=float), np.asarray(v, dtype=float)
        put(self.source, {"u": as_column(u), "v": as_column(v)})
        put(self.mirror, {"u": as_column(-u), "v": as_column(-v)})
        reach = 1.08 * float(max(np.abs(u).max(initial=0.0), np.abs(v).max(initial=0.0))) or 1.0
        self.window.show((0.0, 0.0), reach, reach)
        self._announce()

    def describe(self) -> str:
        """How many baselines there are and how long they are, in words."""
        u, v = (np.asarray(self.source.data[key], dtype=float) for key in ("u", "v"))
        if not len(u):
            return "Coverage of the plane of frequencies; no baselines yet."
        length = np.hypot(u, v)
        return f"{len(u)} baselines, from {length.min():.3g} to {length.max():.3g} {self.unit}."

    def _make_figure(self) -> figure:
        plot = new_figure(
            self.name, self.ink, f"u ({self.unit})", f"v ({self.unit})", tools="",
            match_aspect=True, title="baselines",
        )  # fmt: skip
        for source, role in ((self.mirror, "prior"), (self.source, "posterior")):
            point = Scatter(x="u", y="v", size=3.5, line_color=None, fill_alpha=0.8)
            mark(plot, self.ink, source, point, fill_color=role)
        return plot
