r"""PQMass: the chi^2 of many tessellations beside its law for two samples of one distribution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.stats import chi2

from astroviz.plots.curves import Curve, Curves

__all__ = ["PQMassHistogram"]


class PQMassHistogram(Curves):
    r"""Histogram of :math:`\chi^2` over tessellations, with the density of :math:`\chi^2_{K-1}`.

    Arguments:
        bins: Number of bins.
        dark: Whether the ground is dark.

    Example:
        >>> chart = PQMassHistogram()
        >>> chi_square = np.random.default_rng(0).chisquare(49, 200)
        >>> chart.update({"chi_square": chi_square, "dof": 49})
        >>> chart.describe().startswith("PQMass over 200 tessellations: mean chi^2 ")
        True
    """

    def __init__(self, bins: int = 24, dark: bool = False) -> None:
        super().__init__(
            "pqmass", "\u03c7\u00b2 of a tessellation", "density (1 per unit of \u03c7\u00b2)",
            [
                Curve("measured", "posterior", "bars", alpha=0.5),
                Curve("labels exchanged", "prior", "bars", alpha=0.4),
                Curve("law of one distribution", "literature", dash="dashed"),
                Curve("mean", "truth", dash="dotted"),
            ],
            dark, "top_right",
        )  # fmt: skip
        self._bins = bins

    def update(  # type: ignore[override]
        self, curves: Mapping[str, Any], words: str = ""
    ) -> None:
        r"""Show another comparison.

        Arguments:
            curves: `chi_square` of each tessellation, :math:`(R,)`; `dof`, a number; maybe
                `permuted`, mean :math:`\chi^2` of each exchange of labels, :math:`(P,)`.
            words: What is shown, for people who cannot see it; measured by default.
        """
        found = np.asarray(curves["chi_square"], float).ravel()
        dof = float(np.asarray(curves["dof"]).ravel()[0])
        spread = np.sqrt(2 * dof)
        low = max(0.0, min(float(found.min()), dof - 4 * spread))
        high = max(float(found.max()), dof + 4 * spread)
        edges = np.linspace(low, high, self._bins + 1)
        x = np.linspace(low, high, 200)
        law = chi2.pdf(x, dof)
        heights = np.histogram(found, edges, density=True)[0]
        mean = float(found.mean())
        tops = [float(law.max()), float(heights.max())]
        values: dict[str, tuple[Any, ...]] = {
            "measured": (edges, heights), "law of one distribution": (x, law),
        }  # fmt: skip
        permuted = np.asarray(curves.get("permuted", ()), float).ravel()
        if len(permuted):
            # means vary less than single tessellations: bars as high as the law, not an area of 1
            shown = np.histogram(permuted, edges)[0].astype(float)
            values["labels exchanged"] = (edges, shown * tops[0] / max(shown.max(), 1.0))
        values["mean"] = (np.full(2, mean), np.array([0.0, 1.1 * max(tops)]))
        said = words or (
            f"PQMass over {len(found)} tessellations: mean chi^2 {mean:.1f}, expected {dof:.0f}."
        )
        super().update(values, said, (low, high), (0.0, 1.3 * max(tops)))
