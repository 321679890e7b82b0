r"""How round galaxies look: histograms of the size of projected ellipticities."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from bokeh.models import ColumnDataSource, LegendItem, Line, Range1d
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, add_legend, mark, new_figure, stand_in

__all__ = ["EllipticityPlot"]

_LOOKS = (("posterior", "solid"), ("literature", "dashed"), ("truth", "dotdash"))
_EDGES = np.linspace(0.0, 1.0, 41)


class EllipticityPlot(Chart):
    r"""Up to three densities of :math:`|\epsilon|`, as steps.

    Arguments:
        dark: Whether the ground is dark.
    """

    def __init__(self, dark: bool = False) -> None:
        super().__init__(dark)
        empty = {"x": as_column([]), "y": as_column([])}
        self.sources = [ColumnDataSource(dict(empty)) for _ in _LOOKS]
        self.means: dict[str, float] = {}
        self.figure = self._make_figure()
        self.layout = self.figure
        self._announce()

    def update(self, sizes: Mapping[str, np.ndarray]) -> None:
        r"""Show others.

        Arguments:
            sizes: :math:`|\epsilon|` of galaxies by name, 0 to 1, up to three names.
        """
        if len(sizes) > len(_LOOKS):
            raise ValueError(f"{len(sizes)} densities; there is room for {len(_LOOKS)}")
        self.means, top = {}, 1.0
        names = list(sizes)
        for k, (source, item) in enumerate(zip(self.sources, self._entries, strict=True)):
            values = np.asarray(sizes[names[k]], float) if k < len(names) else np.empty(0)
            item.update(visible=k < len(names), label={"value": names[k] if values.size else ""})
            if not values.size:
                put(source, {"x": as_column([]), "y": as_column([])})
                continue
            self.means[names[k]] = float(values.mean())
            density = np.histogram(values, _EDGES)[0] / len(values) / np.diff(_EDGES)
            put(source, {"x": as_column(np.repeat(_EDGES, 2)[1:-1]),
                         "y": as_column(np.repeat(density, 2))})  # fmt: skip
            top = max(top, float(density.max()))
        self.figure.y_range.update(start=0.0, end=1.15 * top)
        self._announce()

    def describe(self) -> str:
        """Means in words."""
        parts = [f"{name}: mean {mean:.3f}" for name, mean in self.means.items()]
        return "Projected ellipticities. " + ("; ".join(parts) or "nothing measured yet") + "."

    def _make_figure(self) -> figure:
        plot = new_figure(
            "ellipticities", self.ink, "|\u03b5| = (1 \u2212 q)/(1 + q)", "density", tools="",
            x_range=Range1d(0, 1), y_range=Range1d(0, 5), min_border_right=12,
        )  # fmt: skip
        entries = {}
        for k, (source, (role, dash)) in enumerate(zip(self.sources, _LOOKS, strict=True)):
            line = Line(x="x", y="y", line_width=1.75, line_dash=dash)
            drawn = mark(plot, self.ink, source, line, line_color=role)
            entries[str(k)] = stand_in(plot, drawn)
        legend = add_legend(plot, self.ink, entries)
        self._entries: list[LegendItem] = legend.items
        for item in self._entries:
            item.visible = False
        return plot
