r"""A mean score as objects come in, with its error, and where a right posterior would end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from astroviz.plots.curves import Curve, Curves

__all__ = ["RunningScore"]

_BAND = "two standard errors"


class RunningScore(Curves):
    r"""The mean over the first objects, against their number.

    Arguments:
        label: Vertical axis.
        dark: Whether the ground is dark.

    Example:
        >>> chart = RunningScore()
        >>> run = {"count": [1, 2, 4], "running": [0.6, 0.64, 0.66], "running_error": [0.2] * 3}
        >>> chart.update({**run, "expected": 0.667})
        >>> chart.describe()
        'Mean score of 4 objects: 0.660 ± 0.200; 0.667 is expected of a right posterior.'
    """

    def __init__(self, label: str = "mean score (probability)", dark: bool = False) -> None:
        super().__init__(
            "running_score", "objects (count)", label,
            [
                Curve(_BAND, "posterior", "band", alpha=0.25),
                Curve("right posterior", "goal", dash="dashed", width=1.5),
                Curve("measured", "posterior"),
            ],
            dark, "top_right", x_axis_type="log",
        )  # fmt: skip

    def update(  # type: ignore[override]
        self, curves: Mapping[str, Any], words: str = ""
    ) -> None:
        r"""Show another score.

        Arguments:
            curves: `count` of objects, `running` mean and its `running_error`, each :math:`(K,)`,
                and `expected`, a number.
            words: What is shown, for people who cannot see it; the last values by default.
        """
        count, mean, error = (
            np.asarray(curves[k], float) for k in ("count", "running", "running_error")
        )
        expected = float(np.asarray(curves["expected"], float).ravel()[0])
        low, high = mean - 2 * error, mean + 2 * error
        ends = (float(count.min()), float(max(count.max(), count.min() + 1)))
        # the first errors are huge and would press the rest into a line
        late = count >= 0.05 * count.max()
        known = np.concatenate([low[late], high[late], [expected]])
        margin = 0.12 * max(float(np.ptp(known[np.isfinite(known)])), 1e-6)
        said = words or (
            f"Mean score of {count[-1]:,.0f} objects: {mean[-1]:.3f} \u00b1 {error[-1]:.3f}; "
            f"{expected:.3f} is expected of a right posterior."
        )
        super().update(
            {
                _BAND: (count, low, high), "measured": (count, mean),
                "right posterior": (np.array(ends), np.full(2, expected)),
            },
            said, ends, (float(np.nanmin(known)) - margin, float(np.nanmax(known)) + margin),
        )  # fmt: skip
