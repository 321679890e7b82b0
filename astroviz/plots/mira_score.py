r"""MIRA: the score of each model with its error, beside that of a perfect posterior.

The score is a mean over objects and has no other scale than its own error: a model is better only
if its score is nearer to the ideal by more than the errors of both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, FactorRange, Range1d, Scatter, Segment, Span

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, mark, new_figure

__all__ = ["MiraScore"]


class MiraScore(Chart):
    r"""Scores with error bars, one row for each model.

    Arguments:
        label: Horizontal axis, with its unit.
        dark: Whether the ground is dark.

    Example:
        >>> chart = MiraScore()
        >>> chart.update({"names": ["a", "b"], "score": [0.66, 0.6], "error": [0.01, 0.01],
        ...               "expected": 0.667})
        >>> chart.describe()
        'Expected of a perfect posterior: 0.667. a: 0.660 ± 0.010; b: 0.600 ± 0.010.'
    """

    def __init__(self, label: str = "MIRA score (mean probability)", dark: bool = False) -> None:
        super().__init__(dark)
        names = ("name", "score", "low", "high", "fill", "marker")
        self.source = ColumnDataSource({name: [] for name in names})
        self._words = "Scores; nothing measured yet."
        self._far: list[bool] = []
        self.figure = self._make_figure(label)
        self.layout = self.figure
        self.ink.watch(self._recolour)
        self._announce()

    def update(self, curves: Mapping[str, Any], words: str = "") -> None:
        r"""Show other scores.

        Arguments:
            curves: `names` of the :math:`M` models, `score` and its standard `error`, each
                :math:`(M,)`, and `expected`, the score of a perfect posterior.
            words: What is shown, for people who cannot see it; the scores by default.
        """
        names = [str(name) for name in curves["names"]]
        score, error = (np.atleast_1d(np.asarray(curves[k], float)) for k in ("score", "error"))
        error = np.broadcast_to(error, score.shape)
        expected = float(np.asarray(curves["expected"]).ravel()[0])
        self._far = [bool(far) for far in np.abs(score - expected) > 2 * error]
        self.ideal.update(location=expected, visible=bool(np.isfinite(expected)))
        self.figure.y_range.factors = names[::-1]
        ends = np.concatenate([score - 2 * error, score + 2 * error, [expected]])
        ends = ends[np.isfinite(ends)]
        low, high = (float(ends.min()), float(ends.max())) if len(ends) else (0.0, 1.0)
        margin = max(0.15 * (high - low), 1e-6)
        self.figure.x_range.update(start=low - margin, end=high + margin)
        put(self.source, {
            "name": names, "score": as_column(score), "low": as_column(score - error),
            "high": as_column(score + error), **self._looks(),
        })  # fmt: skip
        told = "; ".join(f"{n}: {s:.3f} \u00b1 {e:.3f}"
                         for n, s, e in zip(names, score, error, strict=True))  # fmt: skip
        self._words = words or f"Expected of a perfect posterior: {expected:.3f}. {told}."
        self._announce()

    def describe(self) -> str:
        """The scores in words."""
        return self._words

    def _looks(self) -> dict[str, list[str]]:
        """Colour and shape: what is far from the ideal differs in both."""
        return {
            "fill": [self.ink("truth" if far else "posterior") for far in self._far],
            "marker": ["diamond" if far else "circle" for far in self._far],
        }

    def _recolour(self) -> None:
        self.source.data = {**self.source.data, **self._looks()}

    def _make_figure(self, label: str) -> Any:
        plot = new_figure(
            "mira", self.ink, label, tools="", x_range=Range1d(0.6, 0.7),
            y_range=FactorRange(factors=[], range_padding=0.4),
        )  # fmt: skip
        plot.ygrid.visible = False
        self.ideal = Span(dimension="height", line_width=1.5, line_dash="dashed", location=0.0)
        self.ink.paint(self.ideal, line_color="goal")
        plot.add_layout(self.ideal)
        bar = Segment(x0="low", x1="high", y0="name", y1="name", line_color="fill", line_width=2.5)
        mark(plot, self.ink, self.source, bar)
        point = Scatter(x="score", y="name", size=11, fill_color="fill", marker="marker")
        mark(plot, self.ink, self.source, point, line_color="paper")
        return plot
