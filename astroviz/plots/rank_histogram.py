r"""Histogram of ranks, each bin against what chance allows: its shape names the fault.

A cup says that posteriors are too narrow, a hill that they are too wide, a slope that they are
shifted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from astroviz.plots.coverage import pit_marks
from astroviz.plots.curves import Curve, Curves

__all__ = ["RankHistogram"]

_BAND = "95 % band of a bin"


class RankHistogram(Curves):
    r"""Where truths, or measurements, fall among their draws.

    Arguments:
        bins: Number of bins.
        label: Horizontal axis.
        dark: Whether the ground is dark.

    Example:
        >>> chart = RankHistogram()
        >>> chart.update({"ranks": np.linspace(0.001, 0.999, 400)})
        >>> chart.describe()
        'Histogram of 400 ranks: 0 of 20 bins outside the 95 % band of a uniform one.'
    """

    def __init__(
        self, bins: int = 20, label: str = "rank of the truth among the draws (probability)",
        dark: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(
            "rank_histogram", label, "density (uniform = 1)",
            [
                Curve(_BAND, "prior", "band", alpha=0.3),
                Curve("measured", "posterior", "bars", alpha=0.5),
                Curve("exact", "line", dash="dotted", width=1),
            ],
            dark, "top_right",
        )  # fmt: skip
        self._bins = bins

    def update(  # type: ignore[override]
        self, curves: Mapping[str, Any], words: str = ""
    ) -> None:
        r"""Show other ranks.

        Arguments:
            curves: `ranks` in 0 to 1, of any shape; what is not finite is left out.
            words: What is shown, for people who cannot see it; counted by default.
        """
        ranks = np.asarray(curves["ranks"], float)
        # with several dimensions the band is that of one: they are not independent
        each = ranks.reshape(len(ranks), -1)
        marks = pit_marks(each.ravel(), self._bins)
        band = pit_marks(each[:, 0], self._bins)
        low, high = float(band["lower"]), float(band["upper"])
        ends = np.array([0.0, 1.0])
        outside = int(((marks["density"] < low) | (marks["density"] > high)).sum())
        values = {
            _BAND: (ends, np.full(2, low), np.full(2, high)),
            "measured": (np.append(marks["left"], 1.0), marks["density"]),
            "exact": (ends, np.ones(2)),
        }
        said = words or (
            f"Histogram of {int(marks['count'].sum()):,} ranks: {outside} of {self._bins} bins "
            "outside the 95 % band of a uniform one."
        )
        top = 1.25 * max(float(marks["density"].max(initial=0.0)), high)
        super().update(values, said, (0.0, 1.0), (0.0, top))
