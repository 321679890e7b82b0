r"""Reduced chi^2 of the residuals of each object, beside what noise alone gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.stats import chi2

from astroviz.plots.curves import Curve, Curves

__all__ = ["ResidualHistogram"]


class ResidualHistogram(Curves):
    r"""Histogram of reduced :math:`\chi^2` with its law for residuals that are noise.

    Arguments:
        bins: Number of bins.
        dark: Whether the ground is dark.

    Example:
        >>> chart = ResidualHistogram()
        >>> chart.update({"reduced": np.ones(50), "dof": np.full(50, 20)})
        >>> chart.describe()
        'Reduced chi^2 of 50 objects: mean 1.000; 1 is noise.'
    """

    def __init__(self, bins: int = 24, dark: bool = False) -> None:
        super().__init__(
            "residuals", "reduced \u03c7\u00b2 (\u03c7\u00b2 / degrees of freedom)",
            "density (1 per unit of reduced \u03c7\u00b2)",
            [
                Curve("measured", "posterior", "bars", alpha=0.5),
                Curve("noise, at the truth", "literature", dash="dashed"),
                Curve("mean", "truth", dash="dotted"),
            ],
            dark, "top_right",
        )  # fmt: skip
        self._bins = bins

    def update(  # type: ignore[override]
        self, curves: Mapping[str, Any], words: str = ""
    ) -> None:
        r"""Show other residuals.

        Arguments:
            curves: `reduced`, mean reduced :math:`\chi^2` of each object, and `dof`, its degrees
                of freedom, each :math:`(N,)`.
            words: What is shown, for people who cannot see it; the mean by default.
        """
        reduced = np.asarray(curves["reduced"], float).ravel()
        dof = np.broadcast_to(np.asarray(curves["dof"], float).ravel(), reduced.shape)
        reach = 4 * np.sqrt(2 / float(dof.min()))
        low = max(0.0, min(float(reduced.min()), 1 - reach))
        high = max(float(np.quantile(reduced, 0.99)), 1 + reach)
        edges = np.linspace(low, high, self._bins + 1)
        heights = np.histogram(np.clip(reduced, low, high), edges, density=True)[0]
        x = np.linspace(low, high, 200)
        kinds, counts = np.unique(dof, return_counts=True)
        shown = np.argsort(-counts)[:50]
        law = sum(counts[k] * kinds[k] * chi2.pdf(x * kinds[k], kinds[k]) for k in shown)
        law = np.asarray(law) / counts[shown].sum()
        mean, top = float(reduced.mean()), 1.1 * max(float(heights.max()), float(law.max()))
        said = words or f"Reduced chi^2 of {len(reduced):,} objects: mean {mean:.3f}; 1 is noise."
        super().update(
            {
                "measured": (edges, heights), "noise, at the truth": (x, law),
                "mean": (np.full(2, np.clip(mean, low, high)), np.array([0.0, top])),
            },
            said, (low, high), (0.0, 1.2 * top),
        )  # fmt: skip
