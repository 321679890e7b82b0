r"""One quantity of one object under two priors, with what is known of it from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from astroviz.plots.curves import Curve, Curves
from astroviz.plots.density import Marginal, marginal

__all__ = ["TwoPriors"]

_OURS, _FLAT, _TRUTH = "population as prior", "flat priors", "from the spectrum"
_FEWEST = 10


class TwoPriors(Curves):
    r"""Densities of the draws under both priors.

    Arguments:
        name: Short name, of the model and of saved files.
        label: Text of the horizontal axis, with its unit.
        dark: Whether the ground is dark.
        legend: Where the legend is.
    """

    def __init__(
        self, name: str, label: str, dark: bool = False, legend: str = "top_right"
    ) -> None:
        curves = [
            Curve("_ours", "posterior", "band", alpha=0.25), Curve(_FLAT, "prior", dash="dotdash"),
            Curve(_OURS, "posterior", width=2.5), Curve(_TRUTH, "truth", width=2.5),
        ]  # fmt: skip
        super().__init__(name, label, "probability density", curves, dark, legend)
        self.figure.yaxis.major_label_text_font_size = "0px"
        self._label = label

    def show(
        self,
        ours: np.ndarray,
        flat: np.ndarray,
        truth: float = float("nan"),
        bounds: tuple[float, float] = (-np.inf, np.inf),
    ) -> None:
        r"""Show another object.

        Arguments:
            ours: Draws with the population as prior, shape :math:`(n,)`.
            flat: Draws with flat priors, shape :math:`(m,)`.
            truth: What a spectrum says; NaN for nothing.
            bounds: Hard bounds of the quantity.
        """
        found = {}
        for key, draws in ((_OURS, ours), (_FLAT, flat)):
            if len(draws) >= _FEWEST:
                found[key] = marginal(draws, bounds=bounds)
        if not found:
            self.update({}, f"No draws of {self._label}.")
            return
        values: dict[str, tuple[np.ndarray, ...]] = {
            key: (part.grid, part.density) for key, part in found.items()
        }
        top = 1.25 * max(float(part.density.max()) for part in found.values())
        low = min(float(part.grid[0]) for part in found.values())
        high = max(float(part.grid[-1]) for part in found.values())
        if np.isfinite(truth):
            values[_TRUTH] = (np.array([truth, truth]), np.array([0.0, top]))
            low, high = min(low, truth), max(high, truth)
        shown = dict(values)
        if _OURS in found:
            grid, density = values[_OURS]
            shown["_ours"] = (grid, np.zeros(len(grid)), density)
        margin = 0.03 * (high - low)
        self.update(shown, self._told(found, truth), (low - margin, high + margin), (0.0, top))

    def _told(self, found: Mapping[str, Marginal], truth: float) -> str:
        parts = [f"{part.quantiles[1]:.3g} with {key}" for key, part in found.items()]
        tail = f"; {truth:.3g} from its spectrum" if np.isfinite(truth) else ""
        return f"{self._label}: median {', '.join(parts)}{tail}."
