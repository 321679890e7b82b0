r"""Shift and width of the ranks, parameter by parameter, with their errors.

Both are 0 for a right posterior: shift is the mean normal score of the ranks, in posterior
standard deviations; width is drawn as its excess, so that -0.1 means that posteriors are 10 % too
narrow and 0.1 that they are 10 % too wide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from bokeh.models import CustomJSTickFormatter, FixedTicker

from astroviz.plots.curves import Curve, Curves

__all__ = ["BiasWidth"]

_SHIFT, _WIDTH = "shift (posterior standard deviations)", "width \u2212 1 (too narrow below 0)"


class BiasWidth(Curves):
    r"""Two points for each parameter, with error bars of two standard errors.

    Arguments:
        dark: Whether the ground is dark.

    Example:
        >>> chart = BiasWidth()
        >>> one = {"bias": [0.3, 0.0], "bias_error": [0.05, 0.05]}
        >>> chart.update({**one, "width": [1.0, 1.0], "width_error": 0.04, "names": ["a", "b"]})
        >>> chart.describe()
        '2 parameters: shift beyond two errors for a; width for none.'
    """

    def __init__(self, dark: bool = False) -> None:
        super().__init__(
            "bias_width", "parameter", "deviation (0 for a right posterior)",
            [
                Curve("exact", "line", dash="dotted", width=1),
                Curve(_SHIFT, "posterior", "points", width=0),
                Curve(_WIDTH, "truth", "points", width=0),
            ],
            dark, "top_right",
        )  # fmt: skip
        self.figure.xgrid.visible = False
        self._names: list[str] = []

    def update(  # type: ignore[override]
        self, curves: Mapping[str, Any], words: str = ""
    ) -> None:
        r"""Show other parameters.

        Arguments:
            curves: `bias`, `width` (1 where right) and their standard errors `bias_error`,
                `width_error`, each :math:`(d,)` or one number for all; maybe `names`, :math:`d`
                texts.
            words: What is shown, for people who cannot see it; counted by default.
        """
        bias = np.atleast_1d(np.asarray(curves["bias"], float))
        size = len(bias)
        parts = {
            name: np.broadcast_to(np.asarray(curves[name], float), size)
            for name in ("bias", "bias_error", "width", "width_error")
        }
        parts["width"] = parts["width"] - 1
        names = [str(n) for n in curves.get("names", ())] or [str(k) for k in range(size)]
        place = np.arange(size, dtype=float)
        self._name_ticks(names)
        far = {
            "shift": np.abs(parts["bias"]) > 2 * parts["bias_error"],
            "width": np.abs(parts["width"]) > 2 * parts["width_error"],
        }
        told = {k: ", ".join(np.array(names)[v].tolist()[:6]) or "none" for k, v in far.items()}
        said = words or (
            f"{size} parameters: shift beyond two errors for {told['shift']}; "
            f"width for {told['width']}."
        )
        tops = [np.abs(parts[k]) + 2 * parts[f"{k}_error"] for k in ("bias", "width")]
        reach = 1.3 * max(float(np.nanmax(tops)), 1e-3)
        super().update(
            {
                "exact": (np.array([-0.6, size - 0.4]), np.zeros(2)),
                _SHIFT: (place - 0.12, parts["bias"], 2 * parts["bias_error"]),
                _WIDTH: (place + 0.12, parts["width"], 2 * parts["width_error"]),
            },
            said, (-0.6, size - 0.4), (-reach, reach),
        )  # fmt: skip

    def _name_ticks(self, names: list[str]) -> None:
        if names == self._names:
            return
        self._names = names
        axis, step = self.figure.xaxis[0], max(1, len(names) // 12)
        axis.ticker = FixedTicker(ticks=list(range(0, len(names), step)))
        axis.formatter = CustomJSTickFormatter(args={"names": names}, code="return names[tick];")
        longest = max(map(len, names), default=0)
        axis.major_label_orientation = 0.6 if longest * len(names) > 60 else "horizontal"
