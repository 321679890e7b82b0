r"""What draws claim against what truths show, pair by pair: on the diagonal where both agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from astroviz.plots.curves import Curve, Curves

__all__ = ["ClaimedFound"]


class ClaimedFound(Curves):
    r"""Points with error bars of two standard errors around the diagonal.

    Arguments:
        what: What is compared, with its unit.
        dark: Whether the ground is dark.

    Example:
        >>> chart = ClaimedFound()
        >>> pairs = {"claimed": [0.5, 0.0], "found": [0.1, 0.02], "error": [0.05, 0.05]}
        >>> chart.update({**pairs, "names": ["a, b", "a, c"]})
        >>> chart.describe()
        '2 pairs, beyond two errors: a, b (claimed +0.50, found +0.10).'
    """

    def __init__(self, what: str = "correlation", dark: bool = False) -> None:
        super().__init__(
            "claimed_found", f"{what}, claimed by draws", f"{what}, found in truths",
            [
                Curve("exact", "line", dash="dotted", width=1),
                Curve("agrees", "posterior", "points", width=0),
                Curve("beyond two errors", "truth", "points", width=0),
            ],
            dark, "top_left",
        )  # fmt: skip

    def update(  # type: ignore[override]
        self, curves: Mapping[str, Any], words: str = ""
    ) -> None:
        r"""Show other pairs.

        Arguments:
            curves: `claimed`, `found` and the standard `error` of their difference, each
                :math:`(k,)`; maybe `names`, :math:`k` texts.
            words: What is shown, for people who cannot see it; the far pairs by default.
        """
        claimed, found = (np.asarray(curves[k], float) for k in ("claimed", "found"))
        error = np.broadcast_to(np.asarray(curves["error"], float), claimed.shape)
        far = np.abs(found - claimed) > 2 * error
        names = list(curves.get("names", ())) or [str(k) for k in range(len(claimed))]
        told = "; ".join(
            f"{names[k]} (claimed {claimed[k]:+.2f}, found {found[k]:+.2f})"
            for k in np.flatnonzero(far)[:5]
        )
        known = np.concatenate([claimed, found - 2 * error, found + 2 * error])
        low, high = float(known.min(initial=0.0)), float(known.max(initial=0.0))
        margin = 0.1 * max(high - low, 0.1)
        ends = (low - margin, high + margin)
        said = words or f"{len(claimed)} pairs, beyond two errors: {told or 'none'}."
        super().update(
            {
                "exact": (np.array(ends), np.array(ends)),
                "agrees": (claimed[~far], found[~far], 2 * error[~far]),
                "beyond two errors": (claimed[far], found[far], 2 * error[far]),
            },
            said, ends, ends,
        )  # fmt: skip
