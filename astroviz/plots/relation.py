r"""A relation of a population: its density, its ridge with the ensemble's band, what others found.

One figure for the main sequence, the mass function, n(z), colours and metallicities: the parts
that one of them does not have are not drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, ImageRGBA, Line, Quad, Scatter, VArea
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.draw_matrix import SUBSET_ROLES
from astroviz.plots.frame import Chart, add_legend, mark, new_figure
from astroviz.plots.raster import shade

__all__ = ["RelationMarks", "RelationPlot"]

Pair = tuple[np.ndarray, np.ndarray]
_DASHES = ("dashed", "dotted", "dotdash", "solid")


@dataclass(frozen=True, eq=False)
class RelationMarks:
    r"""What one relation shows; all arrays are in the units of the axes.

    Arguments:
        labels: Of the axes, with units.
        x_range: Ends of the horizontal axis.
        y_range: Likewise.
        words: What it shows, for people who cannot see it.
        counts: Weight in the cells of a grid over both ranges, shape (H, W), the lowest y first.
        line: The population's ridge, mean or number, :math:`(x, y)`; NaN breaks it.
        band: :math:`(x, low, high)` between which the members of the ensemble lie.
        other: The same line for the prior, or for whatever it is compared with.
        truth: The same line for what was put into a mock.
        subsets: Lines of the named subsets, with their names.
        literature: Lines of others, with the names of their works.
        hidden: Ranges of x where the survey is too incomplete to say anything.
        guide: A boundary, such as that of quiet galaxies.
        points: Single values, such as the medians of a catalogue.
    """

    labels: tuple[str, str]
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    words: str
    counts: np.ndarray | None = None
    line: Pair | None = None
    band: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
    other: Pair | None = None
    truth: Pair | None = None
    subsets: tuple[tuple[str, Pair], ...] = ()
    literature: tuple[tuple[str, Pair], ...] = ()
    hidden: tuple[tuple[float, float], ...] = ()
    guide: Pair | None = None
    points: Pair | None = None


class RelationPlot(Chart):
    r"""One relation, patched in place.

    Arguments:
        name: Short name, of the model and of saved files.
        dark: Whether the ground is dark.
        words: Legend of the line, of the band, of the line it is compared with, of points.
    """

    def __init__(
        self,
        name: str,
        dark: bool = False,
        words: tuple[str, str, str, str] = (
            "population",
            "5\u201395 %",
            "prior",
            "single galaxies",
        ),
    ) -> None:
        super().__init__(dark)
        self._marks: Any = None
        self._legend_words = words
        self.image = ColumnDataSource(_picture(None))
        self.sources = {
            key: ColumnDataSource(_xy(None))
            for key in ("line", "other", "truth", "guide", "points")
        }  # fmt: skip
        self.sources |= {f"subset{k}": ColumnDataSource(_xy(None)) for k in range(3)}
        self.sources |= {f"work{k}": ColumnDataSource(_xy(None)) for k in range(len(_DASHES))}
        self.band = ColumnDataSource(_band(None))
        self.hidden = ColumnDataSource(_quads((), (0, 1)))
        self.figure = self._make_figure(name)
        self.layout = self.figure
        self.ink.watch(self._paint)
        self._announce()

    def update(self, marks: Any) -> None:
        r"""Show another relation, or the same of other draws.

        Arguments:
            marks: `RelationMarks`, or anything that has its attributes, as rooms make it.
        """
        self._marks = marks
        plot = self.figure
        if plot.xaxis.axis_label != marks.labels[0] or plot.yaxis.axis_label != marks.labels[1]:
            plot.xaxis.axis_label, plot.yaxis.axis_label = marks.labels
        for axis, (low, high) in (
            (plot.x_range, marks.x_range), (plot.y_range, marks.y_range)
        ):  # fmt: skip
            if (axis.start, axis.end) != (low, high):
                axis.update(start=low, end=high, reset_start=low, reset_end=high)
        for key in ("line", "other", "truth", "guide", "points"):
            put(self.sources[key], _xy(getattr(marks, key)))
        put(self.band, _band(marks.band))
        put(self.hidden, _quads(marks.hidden, marks.y_range))
        self._name_lines("subset", marks.subsets)
        self._name_lines("work", marks.literature)
        for key in ("line", "other", "truth", "band", "points"):
            self._show(key, getattr(marks, key) is not None)
        self._show("hidden", bool(marks.hidden))
        self._paint()
        self._announce()

    def describe(self) -> str:
        """What is shown, in words."""
        return self._marks.words if self._marks else "A relation of a population; no draws yet."

    def _make_figure(self, name: str) -> figure:
        plot = new_figure(name, self.ink, " ", " ", tools="")
        mark(plot, self.ink, self.image, ImageRGBA(image="image", x="x", y="y", dw="dw", dh="dh"))
        area = VArea(x="x", y1="low", y2="high", fill_alpha=0.3)
        found: dict[str, Any] = {"band": mark(plot, self.ink, self.band, area,
                                              fill_color="posterior")}  # fmt: skip
        hatched = Quad(left="left", right="right", bottom="bottom", top="top", fill_alpha=0.35,
                       line_color=None, hatch_pattern="right_diagonal_line", hatch_scale=10.0,
                       hatch_weight=1.0, hatch_alpha=0.9)  # fmt: skip
        found["hidden"] = mark(
            plot, self.ink, self.hidden, hatched, fill_color="paper", hatch_color="prior"
        )
        for key, role, width, dash in self._lines():
            if key in ("line", *(f"subset{k}" for k in range(3))):
                halo = Line(x="x", y="y", line_width=width + 2.5, line_alpha=0.8)
                mark(plot, self.ink, self.sources[key], halo, line_color="paper")
            line = Line(x="x", y="y", line_width=width, line_dash=dash)
            found[key] = mark(plot, self.ink, self.sources[key], line, line_color=role)
        dot = Scatter(x="x", y="y", size=4.5, fill_alpha=0.75, line_width=0.5)
        found["points"] = mark(
            plot, self.ink, self.sources["points"], dot, fill_color="pinned", line_color="paper"
        )
        found.pop("guide")
        line, band, other, points = self._legend_words
        words = {"line": line, "band": band, "other": other, "points": points,
                 "hidden": "< 10 % complete"}  # fmt: skip
        entries = {words.get(key, key): made for key, made in found.items()}
        # Above the frame: inside it would lie on some relation or other.
        self.legend = add_legend(
            plot, self.ink, entries, "above", orientation="horizontal", location="left", ncols=4
        )
        self.legend.update(spacing=7, padding=0, margin=2, background_fill_alpha=0)
        self._items = dict(zip(found, self.legend.items, strict=True))
        for item in self.legend.items:
            item.visible = False
        return plot

    @staticmethod
    def _lines() -> list[tuple[str, str, float, str]]:
        """Key, colour, width and dash of every line, the lowest first."""
        works = [(f"work{k}", "literature", 2.0, dash) for k, dash in enumerate(_DASHES)]
        subsets = [(f"subset{k}", role, 2.0, "solid") for k, (role, _) in enumerate(SUBSET_ROLES)]
        return [
            ("guide", "ink", 1.25, "solid"), ("other", "prior", 2.0, "dotdash"),
            ("truth", "observed", 2.25, "dotted"), *works,
            *subsets, ("line", "posterior", 2.5, "solid"),
        ]  # fmt: skip

    def _name_lines(self, kind: str, given: Sequence[tuple[str, Pair]]) -> None:
        for k in range(len(SUBSET_ROLES) if kind == "subset" else len(_DASHES)):
            key = f"{kind}{k}"
            one = given[k] if k < len(given) else None
            put(self.sources[key], _xy(one[1] if one else None))
            if one is not None and self._items[key].label.value != one[0]:
                self._items[key].label = {"value": one[0]}
            self._show(key, one is not None)

    def _show(self, key: str, there: bool) -> None:
        if self._items[key].visible != there:
            self._items[key].visible = there

    def _paint(self) -> None:
        """The density in the colours of the present ground."""
        marks = self._marks
        if marks is None or marks.counts is None:
            put(self.image, _picture(None))
            return
        picture = shade(marks.counts, self.ink.dark)
        put(self.image, _picture(picture, marks.x_range, marks.y_range))


def _xy(pair: Pair | None) -> dict[str, Any]:
    x, y = pair or ([], [])
    return {"x": as_column(x), "y": as_column(y)}


def _band(band: tuple[np.ndarray, np.ndarray, np.ndarray] | None) -> dict[str, Any]:
    x, low, high = band or ([], [], [])
    good = np.isfinite(np.asarray(low, float)) & np.isfinite(np.asarray(high, float))
    columns: dict[str, Any] = {"x": x, "low": low, "high": high}
    return {key: as_column(np.asarray(value, float)[good]) for key, value in columns.items()}


def _quads(ranges: Sequence[tuple[float, float]], ends: tuple[float, float]) -> dict[str, Any]:
    lows, highs = [low for low, _ in ranges], [high for _, high in ranges]
    return {
        "left": as_column(lows), "right": as_column(highs),
        "bottom": as_column([ends[0]] * len(lows)), "top": as_column([ends[1]] * len(lows)),
    }  # fmt: skip


def _picture(
    image: np.ndarray | None,
    x_range: tuple[float, float] = (0, 1),
    y_range: tuple[float, float] = (0, 1),
) -> dict[str, Any]:
    if image is None:
        return {key: [] for key in ("image", "x", "y", "dw", "dh")}
    return {
        "image": [image], "x": [x_range[0]], "y": [y_range[0]],
        "dw": [x_range[1] - x_range[0]], "dh": [y_range[1] - y_range[0]],
    }  # fmt: skip
