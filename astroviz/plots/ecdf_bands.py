r"""Rank distributions of many parameters at once against the band of a right posterior.

With ten dimensions ten colours say nothing: all curves are drawn quietly, and the few that stray
farthest, which are what one looks for, have colour, dash and name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, Line, MultiLine, Span, VArea

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, add_legend, mark, new_figure

__all__ = ["EcdfBands"]

_LOUD = (("truth", "solid"), ("posterior", "dashed"), ("literature", "dotted"))


class EcdfBands(Chart):
    r"""Empirical distribution of ranks minus the uniform one.

    Arguments:
        dark: Whether the ground is dark.

    Example:
        >>> chart = EcdfBands()
        >>> z = np.linspace(0, 1, 5)
        >>> flat = {"levels": z, "lower": -0.1 * np.ones(5), "upper": 0.1 * np.ones(5)}
        >>> chart.update({**flat, "difference": {"age": np.zeros(5)}})
        >>> chart.describe()
        'Rank distributions of 1 parameter against the 95 % band: all stay inside.'
    """

    def __init__(self, dark: bool = False) -> None:
        super().__init__(dark)
        self.band = ColumnDataSource({"level": [], "lower": [], "upper": []})
        self.quiet = ColumnDataSource({"xs": [], "ys": []})
        self.loud = [ColumnDataSource({"x": [], "y": []}) for _ in _LOUD]
        self.outside: list[str] = []
        self._count = 0
        self._words = ""
        self.figure = new_figure(
            "ranks", self.ink, "rank of the truth among the draws (probability)",
            "ECDF \u2212 uniform (probability)", tools="",
        )  # fmt: skip
        self._draw()
        self.layout = self.figure
        self._announce()

    def update(self, curves: Mapping[str, Any], words: str = "") -> None:
        r"""Show other ranks.

        Arguments:
            curves: `levels`, `lower`, `upper`, each :math:`(K,)`, and `difference`: name to
                :math:`\hat F(z) - z`, :math:`(K,)`.
            words: What is shown, for people who cannot see it; counted by default.
        """
        levels, low, high = (np.asarray(curves[k], float) for k in ("levels", "lower", "upper"))
        named = {str(k): np.asarray(v, float) for k, v in dict(curves["difference"]).items()}
        slack = 1e-9
        self.outside = [
            name for name, y in named.items()
            if np.any((y < low - slack) | (y > high + slack))
        ]  # fmt: skip
        far = {name: float(np.nanmax(np.abs(y), initial=0.0)) for name, y in named.items()}
        loudest = sorted(named, key=lambda name: -far[name])[: len(_LOUD)]
        put(self.band, {"level": as_column(levels), "lower": as_column(low),
                        "upper": as_column(high)})  # fmt: skip
        rest = [y for name, y in named.items() if name not in loudest]
        put(self.quiet, {"xs": [as_column(levels) for _ in rest],
                         "ys": [as_column(y) for y in rest]})  # fmt: skip
        for k, source in enumerate(self.loud):
            there = k < len(loudest)
            values = named[loudest[k]] if there else np.zeros(0)
            put(source, {"x": as_column(levels if there else []), "y": as_column(values)})
            item = self.legend.items[k]
            item.update(label={"value": loudest[k] if there else ""}, visible=there)
        self._count, self._words = len(named), words
        edges = float(np.max(np.abs(np.concatenate([low, high])), initial=0.01))
        reach = 1.25 * max(edges, *far.values()) if far else 1.25 * edges
        # room for the legend above the curves
        self.figure.y_range.update(start=-reach, end=1.7 * reach)
        self._announce()

    def describe(self) -> str:
        """Which parameters leave the band, in words."""
        if self._words:
            return self._words
        if not self._count:
            return "Rank distributions; nothing measured yet."
        found = f"outside for {', '.join(self.outside)}" if self.outside else "all stay inside"
        many = f"{self._count} parameter" + "s" * (self._count > 1)
        return f"Rank distributions of {many} against the 95 % band: {found}."

    def _draw(self) -> None:
        plot = self.figure
        area = VArea(x="level", y1="lower", y2="upper", fill_alpha=0.3)
        band = mark(plot, self.ink, self.band, area, fill_color="prior")
        zero = Span(location=0, dimension="width", line_width=1, line_dash="dotted")
        self.ink.paint(zero, line_color="line")
        plot.add_layout(zero)
        many = MultiLine(xs="xs", ys="ys", line_width=1, line_alpha=0.6)
        mark(plot, self.ink, self.quiet, many, line_color="points")
        entries: dict[str, Any] = {}
        for k, ((role, dash), source) in enumerate(zip(_LOUD, self.loud, strict=True)):
            line = Line(x="x", y="y", line_width=2, line_dash=dash)
            entries[f"curve {k}"] = mark(plot, self.ink, source, line, line_color=role)
        entries["95 % band of a right posterior"] = band
        self.legend = add_legend(plot, self.ink, entries, location="top_right")
        for item in self.legend.items[: len(_LOUD)]:
            item.visible = False
