r"""What was simulated against what is there: histograms of age and of mass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, LegendItem, Line, Range1d, VArea
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, mark, new_figure
from astroviz.plots.panels import arrange, fill_legend, legend_row

__all__ = ["PriorShift", "stairs"]

PARAMETERS = {"log_age": "log age (yr)", "log_mass": "log mass (M\u2609)"}
_LOOKS = (("prior", "solid", 0.3), ("posterior", "solid", 0.12), ("truth", "dashed", 0.0))
_LEFT, _RIGHT = 56, 12


def stairs(edges: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Outline of a histogram as a density.

    Arguments:
        edges: Ends of the bins, increasing, shape :math:`(B + 1,)`.
        counts: Stars in each, shape :math:`(B,)`; weights do as well.

    Returns:
        Places and densities, whose integral is one, each :math:`(2 B + 2,)`, zero at both ends;
        densities are zero where there is nothing.
    """
    edges, counts = np.asarray(edges, dtype=float), np.asarray(counts, dtype=float)
    if counts.shape != (len(edges) - 1,):
        raise ValueError(f"{counts.shape} counts for {len(edges)} edges: give one for each bin")
    total = counts.sum()
    density = counts / np.diff(edges) / (total if total > 0 else 1.0)
    return np.repeat(edges, 2), np.concatenate([[0.0], np.repeat(density, 2), [0.0]])


class PriorShift(Chart):
    r"""Two panels of up to three histograms: simulated, inferred for the target, and its truth.

    Arguments:
        dark: Whether the ground is dark.
    """

    def __init__(self, dark: bool = False) -> None:
        super().__init__(dark)
        self.shown: dict[str, dict[str, float]] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        self.sources = {
            name: [ColumnDataSource(_columns()) for _ in _LOOKS] for name in PARAMETERS
        }
        self.figures = tuple(self._make_panel(name) for name in PARAMETERS)
        self.legend = legend_row("prior-shift", self.ink)
        self._entries = self._make_entries()
        self.layout = arrange("prior-shift", self.ink, self.figures, self.legend)
        self._announce()

    def update(
        self, name: str, edges: np.ndarray | Sequence[float], series: Mapping[str, np.ndarray]
    ) -> None:
        r"""Show other histograms in one panel.

        Arguments:
            name: `log_age` (edges in log10 yr) or `log_mass` (log10 solar masses).
            edges: Ends of the bins, increasing, shape :math:`(B + 1,)`.
            series: Up to three names with counts, each :math:`(B,)`: what is simulated, what is
                inferred for the target, and its truth. Both panels have the same names.
        """
        if name not in PARAMETERS:
            raise ValueError(f"no panel named {name!r}; there are {', '.join(PARAMETERS)}")
        if len(series) > len(_LOOKS):
            raise ValueError(f"{len(series)} histograms; there is room for {len(_LOOKS)}")
        edges = np.asarray(edges, dtype=float)
        outlines = {text: stairs(edges, counts) for text, counts in series.items()}
        titles = list(series)
        for k, source in enumerate(self.sources[name]):
            put(source, _columns(*outlines[titles[k]]) if k < len(titles) else _columns())
        self.shown[name] = {text: _mean(*outline) for text, outline in outlines.items()}
        self._names[name] = tuple(titles)
        self._fit(name, edges, [y for _, y in outlines.values()])
        self._name_entries()
        self._announce()

    def describe(self) -> str:
        """Mean of every histogram in words."""
        if not self.shown:
            return "Histograms of simulated and real stars; nothing counted yet."
        parts = [
            f"{PARAMETERS[name]}: " + ", ".join(f"{t} {mean:.2f}" for t, mean in means.items())
            for name, means in self.shown.items()
        ]
        return f"Histograms of simulated and real stars, means of {'; '.join(parts)}."

    def _fit(self, name: str, edges: np.ndarray, densities: Sequence[np.ndarray]) -> None:
        plot = self.figures[list(PARAMETERS).index(name)]
        margin = 0.02 * (edges[-1] - edges[0])
        plot.x_range.update(start=float(edges[0] - margin), end=float(edges[-1] + margin))
        top = max((float(density.max()) for density in densities), default=0.0)
        plot.y_range.update(start=0.0, end=1.08 * top if top > 0 else 1.0)

    def _name_entries(self) -> None:
        """The legend has the names of the panel that has most."""
        names = max(self._names.values(), key=len)
        for k, item in enumerate(self._entries):
            known = k < len(names)
            item.update(visible=known, label={"value": names[k] if known else ""})

    def _make_panel(self, name: str) -> figure:
        label = PARAMETERS[name]
        plot = new_figure(
            f"prior-shift-{name}", self.ink, label, "density (1/dex)", tools="",
            save=False, y_range=Range1d(0, 1), min_border_left=_LEFT, min_border_right=_RIGHT,
            min_border_top=8,
        )  # fmt: skip
        plot.xgrid.visible = False
        for k, source in enumerate(self.sources[name]):
            self._draw(plot, source, k)
        return plot

    def _draw(self, plot: figure, source: ColumnDataSource, k: int) -> list[Any]:
        role, dash, alpha = _LOOKS[k]
        area = VArea(x="x", y1="floor", y2="y", fill_alpha=alpha)
        line = Line(x="x", y="y", line_width=1.75, line_dash=dash)
        return [
            mark(plot, self.ink, source, area, fill_color=role),
            mark(plot, self.ink, source, line, line_color=role),
        ]

    def _make_entries(self) -> list[LegendItem]:
        nowhere = ColumnDataSource({name: [np.nan] for name in _columns()})
        drawn = {f"{k}": self._draw(self.legend, nowhere, k) for k in range(len(_LOOKS))}
        items: list[LegendItem] = fill_legend(self.legend, self.ink, drawn).items
        for item in items:
            item.visible = False
        return items


def _columns(x: Any = (), y: Any = ()) -> dict[str, Any]:
    return {"x": as_column(x), "y": as_column(y), "floor": as_column(np.zeros(len(x)))}


def _mean(x: np.ndarray, density: np.ndarray) -> float:
    """Mean of a histogram from its outline; NaN when it is empty."""
    edges, heights = x[::2], density[1:-1:2]
    part = heights * np.diff(edges)
    middle = 0.5 * (edges[1:] + edges[:-1])
    return float((part * middle).sum() / part.sum()) if part.sum() > 0 else float("nan")
