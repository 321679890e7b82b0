r"""Expected coverage against credibility: the diagonal, its band, and what was measured.

One figure for highest-density regions, random reference points and likelihood ranks: each gives
one number between 0 and 1 for each object, which is uniform for a right posterior.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from astroviz.plots.curves import Curve, Curves

__all__ = ["ExpectedCoverage"]

_BAND, _ERROR = "95 % band of a right posterior", "bootstrap error"


class ExpectedCoverage(Curves):
    r"""Expected coverage, with the band in which a right posterior stays.

    Arguments:
        dark: Whether the ground is dark.

    Example:
        >>> chart = ExpectedCoverage()
        >>> z = np.linspace(0, 1, 5)
        >>> chart.update({"credibility": z, "coverage": z**2, "lower": z - 0.1, "upper": z + 0.1})
        >>> chart.describe()
        'Expected coverage: outside its 95 % band, 0.250 from the diagonal.'
    """

    def __init__(self, dark: bool = False) -> None:
        super().__init__(
            "expected_coverage", "credibility level (probability)",
            "expected coverage (fraction)",
            [
                Curve(_BAND, "prior", "band", alpha=0.3),
                Curve(_ERROR, "posterior", "band", alpha=0.2),
                Curve("exact", "line", dash="dotted", width=1),
                Curve("measured", "posterior"),
            ],
            dark, "top_left",
        )  # fmt: skip

    def update(  # type: ignore[override]
        self, curves: Mapping[str, Any], words: str = ""
    ) -> None:
        r"""Show another test.

        Arguments:
            curves: `credibility` and `coverage`, each :math:`(K,)`; maybe `lower` and `upper`,
                the band of a right posterior, and `bootstrap`, a standard deviation of the
                coverage, likewise.
            words: What is shown, for people who cannot see it; measured by default.
        """
        level = np.asarray(curves["credibility"], float)
        found = np.asarray(curves["coverage"], float)
        values: dict[str, tuple[Any, ...]] = {
            "exact": (np.array([0.0, 1.0]), np.array([0.0, 1.0])),
            "measured": (level, found),
        }
        if "lower" in curves:
            values[_BAND] = (level, np.clip(curves["lower"], 0, 1), np.clip(curves["upper"], 0, 1))
        if "bootstrap" in curves:
            error = np.asarray(curves["bootstrap"], float)
            values[_ERROR] = (level, np.clip(found - error, 0, 1), np.clip(found + error, 0, 1))
        super().update(values, words or _words(level, found, curves))


def _words(level: np.ndarray, found: np.ndarray, curves: Mapping[str, Any]) -> str:
    far = float(np.max(np.abs(found - level), initial=0.0))
    if "lower" not in curves:
        return f"Expected coverage: {far:.3f} from the diagonal."
    low, high = np.asarray(curves["lower"]) - 1e-6, np.asarray(curves["upper"]) + 1e-6
    where = "inside" if np.all((found >= low) & (found <= high)) else "outside"
    return f"Expected coverage: {where} its 95 % band, {far:.3f} from the diagonal."
