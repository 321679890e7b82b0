r"""Where on the sky the answers are off: bias of real stars over Galactic coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.models import AdaptiveTicker, CustomJSTickFormatter, Range1d
from bokeh.plotting import figure

from astroviz.plots.coloured import REAL, ColouredMap, ColourScale
from astroviz.plots.columns import as_column
from astroviz.plots.frame import new_figure, padded

__all__ = ["BiasSky", "unwrapped"]

_DEGREES = (
    "const turn = ((tick % 360) + 360) % 360;"
    " return parseFloat(turn.toFixed(4)).toString().replace('-', '\\u2212');"
)
_TOGETHER = 0.3  # length of the mean unit vector: 0 all round, 1 in one direction


def unwrapped(longitude: np.ndarray) -> np.ndarray:
    r"""Longitudes without a jump among the stars.

    Arguments:
        longitude: Degrees, shape :math:`(n,)`; NaN where it is not known.

    Returns:
        The same directions within 180 degrees of the mean direction, or of that of the Galactic
        centre where they have no direction in common, shape :math:`(n,)`.
    """
    longitude = np.asarray(longitude, dtype=float)
    angle = np.radians(longitude[np.isfinite(longitude)])
    if not len(angle):
        return longitude
    east, ahead = float(np.sin(angle).mean()), float(np.cos(angle).mean())
    together = np.hypot(east, ahead) > _TOGETHER
    mean = np.degrees(np.arctan2(east, ahead)) % 360 if together else 0.0
    return mean + (longitude - mean + 180) % 360 - 180


class BiasSky(ColouredMap):
    r"""Real stars by Galactic l and b, coloured by posterior mean minus truth.

    Arguments:
        dark: Whether the ground is dark.
    """

    size = (6.5, 12.0)

    def __init__(self, dark: bool = False) -> None:
        self.bias = np.empty(0)
        super().__init__(dark)
        self.label = ""
        self.figure = self._make_figure()
        self.layout = self.figure
        self._announce()

    def update(
        self,
        l: np.ndarray | Sequence[float],  # noqa: E741 (the name of the coordinate)
        b: np.ndarray | Sequence[float],
        bias: np.ndarray | Sequence[float],
        label: str,
        unit: str,
    ) -> None:
        r"""Show other stars; the ranges move to them.

        Arguments:
            l: Galactic longitude, degrees, shape :math:`(n,)`; NaN where unknown.
            b: Galactic latitude, degrees, shape :math:`(n,)`.
            bias: Posterior mean minus truth, shape :math:`(n,)`; NaN is hollow and grey.
            label: What was inferred.
            unit: Of the bias: `dex`, `mag`.
        """
        if not len(l) == len(b) == len(bias):
            raise ValueError(
                f"{len(l)} l, {len(b)} b and {len(bias)} biases do not go together; "
                "give one of each per star"
            )
        self.bias, self.label = np.asarray(bias, dtype=float), label
        self.domain = np.full(len(self.bias), REAL, dtype=np.intp)
        title = f"posterior mean \u2212 truth of {label}" + (f" ({unit})" if unit else "")
        hollow = "" if np.isfinite(self.bias).all() else "; hollow: truth not known"
        self.scale.fit(self.bias, title + hollow)
        names = [
            f"star {row}: {value:+.2f} {unit}".replace("-", "\u2212") if np.isfinite(value)
            else f"star {row}: truth not known" for row, value in enumerate(self.bias)
        ]  # fmt: skip
        self._set_rows(unwrapped(np.asarray(l)), np.asarray(b, dtype=float), None, names=names)
        self._fit()
        self.redraw()
        self._announce()

    def describe(self) -> str:
        """Counts and the mean bias in words."""
        known = self.bias[np.isfinite(self.bias)]
        mean = f", mean {known.mean():+.2f}" if len(known) else ""
        chosen = int(np.isin(self.rows, self.selection).sum())
        return (
            f"Bias of {self.label or 'a parameter'} over Galactic l and b: {len(self.rows)} real "
            f"stars{mean}, {chosen} selected."
        )

    def _colours(self) -> list[str]:
        return self.scale.colours(self.bias)

    def _columns(self, colours: Sequence[str]) -> dict[str, Any]:
        """Hollow where the truth is not known: grey is also the colour of no bias."""
        columns = super()._columns(colours)
        unknown = ~np.isfinite(self.bias[self.rows])
        outline = zip(unknown, columns["fill"], columns["line"], strict=True)
        return {
            **columns,
            "line": [fill if hollow else line for hollow, fill, line in outline],
            "fill_alpha": as_column(np.where(unknown, 0.0, columns["fill_alpha"])),
            "width": as_column(np.where(unknown, 1.0, columns["width"])),
        }

    def _fit(self) -> None:
        """Longitude grows to the left, as on the sky."""
        if not len(self.x):
            return
        west, east = padded(self.x, 0.05, 0.1)
        low, high = padded(self.y, 0.06, 0.1)
        low, high = max(low, -90.0), min(high, 90.0)
        self.figure.x_range.update(start=east, end=west, reset_start=east, reset_end=west)
        # over much of a circle its natural parts are 30 and 60 degrees
        self.ticker.mantissas = [1, 3, 6] if east - west > 60 else [1, 2, 5]
        self.figure.y_range.update(start=low, end=high, reset_start=low, reset_end=high)

    def _make_figure(self) -> figure:
        plot = new_figure(
            "bias-sky", self.ink, "Galactic longitude l (deg)", "Galactic latitude b (deg)",
            tools="pan,wheel_zoom,box_zoom,reset", active_scroll="wheel_zoom",
            x_range=Range1d(360, 0), y_range=Range1d(-90, 90),
        )  # fmt: skip
        plot.xaxis.formatter = CustomJSTickFormatter(code=_DEGREES)
        self.ticker = AdaptiveTicker(desired_num_ticks=6, num_minor_ticks=0)
        plot.xaxis.ticker = self.ticker
        self._draw_rows(plot)
        self.scale = ColourScale(plot, self.ink, centred=True)
        return plot
