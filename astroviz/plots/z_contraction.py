r"""How far off the answers are, against how much was learnt: z-score over contraction.

A posterior that only repeats the prior sits at contraction 0; one that is too sure of itself has
z-scores far beyond 2 at contraction near 1.

References:
    | Towards a principled Bayesian workflow (Betancourt 2018; Schad, Betancourt & Vasishth 2021),
    | https://arxiv.org/abs/1904.12765
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from bokeh.models import BoxAnnotation, ColumnDataSource, Range1d, Scatter

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, add_legend, mark, new_figure

__all__ = ["ZContraction"]

_MOST = 4000  # points that are drawn
_LOOKS = (("posterior", "circle"), ("truth", "diamond"), ("literature", "square"),
          ("pinned", "triangle"))  # fmt: skip


class ZContraction(Chart):
    r"""One point for each object and parameter.

    Arguments:
        dark: Whether the ground is dark.

    Example:
        >>> chart = ZContraction()
        >>> chart.update({"z": np.zeros((50, 1)), "contraction": np.full((50, 1), 0.9)})
        >>> chart.describe()
        '50 objects: median contraction 0.90, 0.0 % of z-scores beyond 2 (4.6 % expected).'
    """

    def __init__(self, dark: bool = False) -> None:
        super().__init__(dark)
        self.sources = [ColumnDataSource({"x": [], "y": []}) for _ in _LOOKS]
        self._words = "z-score against contraction; nothing measured yet."
        self.figure = self._make_figure()
        self.layout = self.figure
        self._announce()

    def update(self, curves: Mapping[str, Any], words: str = "") -> None:
        r"""Show other objects.

        Arguments:
            curves: `z`, (posterior mean - truth) / posterior standard deviation, and
                `contraction`, 1 - posterior variance / prior variance, each :math:`(N, d)`;
                maybe `names`, :math:`d` texts. The fourth colour has all parameters from the
                fourth on.
            words: What is shown, for people who cannot see it; counted by default.
        """
        z, contraction = (np.asarray(curves[k], float) for k in ("z", "contraction"))
        z, contraction = (a.reshape(len(a), -1) for a in (z, contraction))
        contraction = np.broadcast_to(contraction, z.shape)
        names = [str(n) for n in curves.get("names", ())] or [str(k) for k in range(z.shape[1])]
        step = max(1, z.size // _MOST)
        last = len(_LOOKS) - 1
        for k, source in enumerate(self.sources):
            columns = slice(k, k + 1) if k < last else slice(last, None)
            x, y = contraction[::step, columns].ravel(), z[::step, columns].ravel()
            put(source, {"x": as_column(x), "y": as_column(np.clip(y, -6, 6))})
            label = names[k] if k < len(names) else ""
            if k == last and len(names) > len(_LOOKS):
                label = f"{len(names) - last} others"
            self.legend.items[k].update(label={"value": label}, visible=bool(label))
        finite = contraction[np.isfinite(contraction)]
        low = float(finite.min(initial=0.0))
        self.figure.x_range.update(start=max(low, -1.0) - 0.05, end=1.05)
        beyond = 100 * float(np.mean(np.abs(z[np.isfinite(z)]) > 2)) if z.size else 0.0
        middle = float(np.median(finite)) if len(finite) else float("nan")
        self._words = words or (
            f"{len(z):,} objects: median contraction {middle:.2f}, {beyond:.1f} % of z-scores "
            "beyond 2 (4.6 % expected)."
        )
        self._announce()

    def describe(self) -> str:
        """How much was learnt and how far off the answers are, in words."""
        return self._words

    def _make_figure(self) -> Any:
        plot = new_figure(
            "z_contraction", self.ink, "contraction: 1 \u2212 posterior / prior variance",
            "z-score (posterior standard deviations)", tools="",
            x_range=Range1d(-0.05, 1.05), y_range=Range1d(-6.3, 6.3),
        )  # fmt: skip
        box = BoxAnnotation(bottom=-2, top=2, fill_alpha=0.16, level="underlay", line_color=None)
        self.ink.paint(box, fill_color="prior")
        plot.add_layout(box)
        entries: dict[str, Any] = {}
        for k, ((role, marker), source) in enumerate(zip(_LOOKS, self.sources, strict=True)):
            point = Scatter(x="x", y="y", size=5, marker=marker, fill_alpha=0.5, line_color=None)
            entries[f"points {k}"] = mark(plot, self.ink, source, point, fill_color=role)
        self.legend = add_legend(plot, self.ink, entries, location="top_left")
        for item in self.legend.items:
            item.visible = False
        return plot
