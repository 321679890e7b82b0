r"""What was asked, over what is known: one plane, the strangest objects in strong colours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from astroviz.plots.coloured import REAL, SIMULATED, ColouredMap, ColourScale
from astroviz.plots.frame import new_figure

__all__ = ["ShiftPlane"]

_TAIL = 0.5  # per cent of the points that may lie outside of the frame, on each side


class ShiftPlane(ColouredMap):
    r"""Known objects as open grey circles, asked ones as diamonds coloured by their score.

    Arguments:
        name: Short name, of the model and of saved files.
        dark: Whether the ground is dark.

    Example:
        >>> chart = ShiftPlane()
        >>> chart.update(np.zeros((4, 2)), np.ones((3, 2)), np.arange(3.0), ("x", "y"), "Two.")
        >>> chart.describe(), chart.asked_row(5)
        ('Two.', 1)
    """

    size = (5.0, 8.5)

    def __init__(self, name: str = "shift-plane", dark: bool = False) -> None:
        super().__init__(dark)
        self._score, self._known, self._words = np.empty(0), 0, "Nothing drawn yet."
        self.figure = new_figure(name, self.ink, "x", "y", tools="pan,wheel_zoom,reset")
        self.layout = self.figure
        self.scale = ColourScale(self.figure, self.ink)
        self._draw_rows(self.figure)
        self._announce()

    def update(
        self,
        known: np.ndarray,
        asked: np.ndarray,
        score: np.ndarray,
        labels: tuple[str, str],
        words: str,
        names: Sequence[str] | None = None,
    ) -> None:
        r"""Show other populations.

        Arguments:
            known: Places of what is known, shape :math:`(M, 2)`; those with a gap are not drawn.
            asked: Places of what was asked, shape :math:`(N, 2)`.
            score: How strange each asked object is, 1 at the edge of what is known.
            labels: Of the axes, with units.
            words: What is shown, for people who cannot see it.
            names: Names of the asked objects.
        """
        self._known, self._words = len(known), words
        self._score = np.concatenate([np.full(len(known), np.nan), np.asarray(score, float)])
        self.domain = np.repeat([SIMULATED, REAL], [len(known), len(asked)])
        both = np.concatenate([known, asked])
        every = [f"known {k + 1}" for k in range(len(known))]
        every += list(names or (f"asked {k + 1}" for k in range(len(asked))))
        rows = np.arange(len(both))
        there = np.isfinite(both).all(1)
        self._set_rows(both[:, 0], both[:, 1], rows, names=every)
        self.scale.fit(np.clip(self._score, 0, 2), "ood_score of what was asked (1: the edge)")
        plot = self.figure
        for axis, column in ((plot.x_range, both[there, 0]), (plot.y_range, both[there, 1])):
            low, high = np.percentile(column, [_TAIL, 100 - _TAIL]) if len(column) else (0.0, 1.0)
            margin = 0.08 * max(high - low, 1e-6)
            axis.update(start=float(low - margin), end=float(high + margin))
        plot.xaxis[0].axis_label, plot.yaxis[0].axis_label = labels
        self.redraw()
        self._announce()

    def asked_row(self, row: int) -> int | None:
        """Which asked object a row of the plane is; None for a known one."""
        return row - self._known if row >= self._known else None

    def point_at(self, asked: int) -> None:
        """Ring an asked object."""
        self.select([], current=self._known + asked)

    def describe(self) -> str:
        """What is shown, in words."""
        return self._words

    def _colours(self) -> Sequence[str]:
        return self.scale.colours(self._score)
