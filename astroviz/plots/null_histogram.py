r"""A measured statistic beside what the null hypothesis gives: a test as one sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from astroviz.plots.curves import Curve, Curves

__all__ = ["NullHistogram"]


class NullHistogram(Curves):
    r"""The statistic under the null hypothesis as bars, the measured one as a line.

    Arguments:
        label: Horizontal axis.
        bins: Number of bins.
        dark: Whether the ground is dark.

    Example:
        >>> chart = NullHistogram()
        >>> chart.update({"null": np.linspace(0, 1, 99), "value": 2.0})
        >>> chart.describe()
        'Measured 2; of 99 repeats of the null hypothesis, 0 are as large.'
    """

    def __init__(self, label: str = "statistic", bins: int = 24, dark: bool = False) -> None:
        super().__init__(
            "null", label, "repeats (count)",
            [
                Curve("null hypothesis", "prior", "bars", alpha=0.6),
                Curve("measured", "truth"),
                Curve("expected", "goal", dash="dashed", width=1.5),
            ],
            dark, "top_right",
        )  # fmt: skip
        self._bins = bins

    def update(  # type: ignore[override]
        self, curves: Mapping[str, Any], words: str = ""
    ) -> None:
        r"""Show another test.

        Arguments:
            curves: `null`, the statistic of each repeat, :math:`(P,)`; `value`, the measured one;
                maybe `expected`.
            words: What is shown, for people who cannot see it; counted by default.
        """
        null = np.asarray(curves["null"], float).ravel()
        null = null[np.isfinite(null)]
        value = float(np.asarray(curves["value"]).ravel()[0])
        expected = float(np.asarray(curves.get("expected", np.nan)).ravel()[0])
        known = np.append(null, [v for v in (value, expected) if np.isfinite(v)])
        margin = max(0.06 * float(np.ptp(known)), 1e-9) if len(known) else 1.0
        low, high = (known.min() - margin, known.max() + margin) if len(known) else (0.0, 1.0)
        edges = np.linspace(null.min(), max(null.max(), null.min() + 1e-9), self._bins + 1) \
            if len(null) else np.linspace(low, high, self._bins + 1)  # fmt: skip
        heights = np.histogram(null, edges)[0].astype(float)
        top = max(float(heights.max(initial=0.0)), 1.0)
        values: dict[str, tuple[Any, ...]] = {"null hypothesis": (edges, heights)}
        for name, place in (("measured", value), ("expected", expected)):
            if np.isfinite(place):
                values[name] = (np.full(2, place), np.array([0.0, 1.1 * top]))
        said = words or (
            f"Measured {value:.4g}; of {len(null)} repeats of the null hypothesis, "
            f"{int((null >= value).sum())} are as large."
        )
        super().update(values, said, (float(low), float(high)), (0.0, 1.3 * top))
