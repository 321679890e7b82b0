r"""Galaxy rain: draws fall through synthesis, noise and selection onto the plane of colours.

The browser moves the drops itself; the server sends where each one begins, turns and ends.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from bokeh.models import ColumnDataSource, CustomJS, Range1d, Scatter, Segment, Text
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, mark, new_figure
from astroviz.plots.theme import FONT

__all__ = ["FLOORS", "GalaxyRain"]

FLOORS: Final = (
    "population: by redshift",
    "SPS: true colour",
    "noise: measured colour",
    "selection",
)
"""What a drop falls through, from above."""

_HEIGHTS: Final = (0.93, 0.68, 0.41, 0.14)  # of the floors, in parts of the figure
_CODE = (Path(__file__).parent / "galaxy_rain.js").read_text(encoding="utf-8")
_COLUMNS = ("start", "true_x", "true_y", "seen_x", "seen_y", "kept", "delay")


class GalaxyRain(Chart):
    r"""A figure of four floors above a plane of colours, and the drops that land on the plane.

    Arguments:
        plane: The figure of the plane; its horizontal range is this one's too.
        dark: Whether the ground is dark.
    """

    def __init__(self, plane: figure, dark: bool = False) -> None:
        super().__init__(dark)
        self.plane = plane
        self.drops = ColumnDataSource({name: as_column([]) for name in _COLUMNS})
        self.high = ColumnDataSource(_resting(0))
        self.low = ColumnDataSource(_resting(0))
        self.control = ColumnDataSource({"playing": [0]})
        self._words = "Rain of galaxies; nothing falls yet."
        self._dots: list[Any] = []
        self.figure = self._make_figure()
        self.layout = self.figure
        self._draw(self.figure, self.high, 6)
        self._draw(plane, self.low, 6)
        self._listen()
        self._announce()

    @property
    def playing(self) -> bool:
        """Whether drops fall."""
        return bool(self.control.data["playing"][0])

    def play(self, playing: bool) -> None:
        """Let the drops fall, or hold them where they are."""
        put(self.control, {"playing": [int(playing)]})
        self._announce()

    def show(self, shown: bool) -> None:
        """Show the floors and the drops, or hide them."""
        for model in (self.figure, *self._dots):
            if model.visible != shown:
                model.visible = shown

    def update(
        self,
        redshift: np.ndarray,
        true: np.ndarray,
        seen: np.ndarray,
        kept: np.ndarray,
        seed: int = 0,
    ) -> None:
        r"""Let other galaxies fall.

        Arguments:
            redshift: Place of each drop on the uppermost floor, from 0 to 1, shape :math:`(n,)`.
            true: Both colours before noise, mag, shape :math:`(n, 2)`.
            seen: With noise, likewise.
            kept: Whether it is selected, bool, shape :math:`(n,)`.
            seed: Of the order in which they fall.
        """
        if not len(redshift) == len(true) == len(seen) == len(kept):
            raise ValueError(
                f"{len(redshift)} redshifts, {len(true)} and {len(seen)} colours and {len(kept)} "
                "choices do not go together; give one of each per galaxy"
            )
        order = np.random.default_rng(seed).permutation(len(redshift))
        delay = (order + 0.5) / max(len(order), 1)
        true, seen = np.asarray(true, float), np.asarray(seen, float)
        columns = (redshift, true[:, 0], true[:, 1], seen[:, 0], seen[:, 1], kept, delay)
        put(self.drops, dict(zip(_COLUMNS, map(as_column, columns), strict=True)))
        put(self.high, _resting(len(kept)))
        # Where the browser moves nothing the selected lie where they land.
        rest = np.asarray(kept, float)
        lying = {"x": seen[:, 0], "y": seen[:, 1], "lit": rest, "grey": np.zeros(len(rest))}
        put(self.low, {name: as_column(values) for name, values in lying.items()})
        self._words = (
            f"{len(kept)} galaxies fall through {', '.join(FLOORS)}; "
            f"{int(np.sum(np.asarray(kept, bool)))} land on the plane of colours."
        )
        self._announce()

    def describe(self) -> str:
        """What falls, in words."""
        return self._words

    # Parts

    def _make_figure(self) -> figure:
        plot = new_figure(
            "galaxy-rain", self.ink, tools="", save=False, x_range=self.plane.x_range,
            y_range=Range1d(0, 1), min_border_left=58, min_border_bottom=0, toolbar_location=None,
        )  # fmt: skip
        plot.axis.visible = False
        plot.grid.visible = False
        heights = as_column(_HEIGHTS)
        floors = ColumnDataSource(
            {"y": heights, "x0": as_column([-50.0] * 4), "x1": as_column([50.0] * 4)}
        )
        line = Segment(x0="x0", x1="x1", y0="y", y1="y", line_dash="dotted", line_width=1)
        mark(plot, self.ink, floors, line, line_color="faint")
        self.names = ColumnDataSource({"x": [0.0] * 4, "y": list(_HEIGHTS), "text": list(FLOORS)})
        words = Text(x="x", y="y", text="text", x_offset=6, y_offset=-3, text_align="left")
        words.update(text_font={"value": FONT}, text_font_size="11px")
        mark(plot, self.ink, self.names, words, text_color="faint")
        keep = CustomJS(
            args={"names": self.names, "range": plot.x_range},
            code="const x = range.start; if (names.data.x[0] !== x) {"
            " names.data.x = names.data.x.map(() => x); names.change.emit(); }",
        )
        plot.js_on_change("inner_width", keep)
        plot.x_range.js_on_change("start", keep)
        return plot

    def _draw(self, plot: figure, source: ColumnDataSource, size: float) -> None:
        for column, role in (("grey", "prior"), ("lit", "truth")):
            dot = Scatter(x="x", y="y", size=size, fill_alpha=column, line_color=None)
            self._dots.append(mark(plot, self.ink, source, dot, fill_color=role))

    def _listen(self) -> None:
        arguments: dict[str, Any] = {
            "floors": self.figure, "plane": self.plane, "drops": self.drops, "high": self.high,
            "low": self.low, "control": self.control, "heights": list(_HEIGHTS),
        }  # fmt: skip
        run = CustomJS(args=arguments, code=_CODE)
        self.control.js_on_change("data", run)
        self.figure.js_on_change("inner_width", run)


def _resting(count: int) -> dict[str, Any]:
    return {
        name: as_column(np.full(count, value))
        for name, value in (("x", np.nan), ("y", np.nan), ("lit", 0.0), ("grey", 0.0))
    }
