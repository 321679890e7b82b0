r"""The corner plot: marginals on the diagonal, joint regions below, all patched in place.

Contours bound the regions of highest density that hold 39 and 86 % of the draws, which are one and
two standard deviations of a normal distribution in two dimensions. Draws are points outside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from bokeh.models import Axis as BokehAxis
from bokeh.models import (
    BasicTicker,
    ColumnDataSource,
    GlyphRenderer,
    GridPlot,
    HSpan,
    Line,
    MultiPolygons,
    Scatter,
    Segment,
    VArea,
    VSpan,
)
from bokeh.models import Range1d as Range
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.density import Joint, Marginal, joint, marginal, thin
from astroviz.plots.frame import Chart, add_legend, mark, new_figure, pretty_unit, save_tool

__all__ = ["Corner", "CornerMarks", "axis_title", "corner_marks", "format_interval"]

LARGEST = 4
_HEADROOM = 1.12
_LEFT, _BOTTOM, _TOP, _RIGHT = 66, 46, 20, 5
_EMPTY_REGION: dict[str, list[Any]] = {"xs": [[], []], "ys": [[], []]}


@dataclass(frozen=True)
class CornerMarks:
    r"""All that a corner plot of one set of draws shows.

    Arguments:
        marginals: One per parameter.
        joints: By the columns of the horizontal and the vertical parameter, horizontal first;
            None where too few draws have both.
        points: Draws that are shown as points, shape :math:`(p, d)`.
    """

    marginals: tuple[Marginal, ...]
    joints: dict[tuple[int, int], Joint | None]
    points: np.ndarray


def corner_marks(
    values: np.ndarray,
    axes: Sequence[Any],
    weights: np.ndarray | None = None,
    points: int = 500,
) -> CornerMarks:
    r"""Compute a corner plot without drawing it.

    Arguments:
        values: Draws, shape :math:`(n, d)`, in the order of `axes`.
        axes: Name, label, unit and bounds of the :math:`d` parameters.
        weights: Of each draw, shape :math:`(n,)`; equal by default.
        points: Largest number of draws to show as points.

    Returns:
        Marginals, joint regions and points.

    Example:
        >>> from astroviz.plots.density import Axis
        >>> draws = np.random.default_rng(0).normal(size=(2000, 2))
        >>> marks = corner_marks(draws, [Axis("a", "a"), Axis("b", "b")])
        >>> bool(abs(marks.marginals[0].quantiles[1]) < 0.1)
        True
    """
    values = np.asarray(values)
    if values.ndim != 2 or values.shape[1] != len(axes):
        raise ValueError(
            f"draws of shape {values.shape} do not fit {len(axes)} parameters; "
            f"give one column for each of {', '.join(axis.name for axis in axes)}"
        )
    marginals = tuple(
        marginal(values[:, k], weights, (axis.lower, axis.upper)) for k, axis in enumerate(axes)
    )
    joints = {
        (i, j): joint(marginals[i], marginals[j], weights)
        for j in range(len(axes))
        for i in range(j)
    }
    return CornerMarks(marginals, joints, values[thin(weights, len(values), points)])


def axis_title(axis: Any) -> str:
    """Label and unit, as `A_V (mag)` or `log age (yr)`."""
    unit = pretty_unit(axis.label, axis.unit)
    return f"{axis.label} ({unit})" if unit else str(axis.label)


def format_interval(quantiles: tuple[float, float, float]) -> str:
    """Median and 68 % interval with as many digits as the interval deserves."""
    low, middle, high = quantiles
    if not np.isfinite(middle):
        return "no value"
    smaller = max(min(middle - low, high - middle), abs(middle) * 1e-6, 1e-12)
    digits = int(np.clip(1 - np.floor(np.log10(smaller)), 0, 6))
    digits = digits - 1 if smaller >= 2 * 10.0 ** (1 - digits) and digits > 2 else digits
    up, down = f"{high - middle:.{digits}f}", f"{middle - low:.{digits}f}"
    return f"{middle:.{digits}f} +{up} -{down}".replace("-", "\u2212")


class Corner(Chart):
    r"""A corner plot of one to four parameters.

    Arguments:
        parameters: What to show: objects with `name`, `label`, `unit`, `lower`, `upper`.
        dark: Whether the ground is dark.
        points: Largest number of draws to show as points.
    """

    def __init__(self, parameters: Sequence[Any], dark: bool = False, points: int = 500) -> None:
        if not 1 <= len(parameters) <= LARGEST:
            raise ValueError(
                f"a corner plot shows 1 to {LARGEST} parameters, not {len(parameters)}; "
                "choose fewer"
            )
        super().__init__(dark)
        self.axes = tuple(parameters)
        self.names = tuple(axis.name for axis in parameters)
        self._points = points
        self._sets: dict[str, CornerMarks] = {}
        self._values: dict[str, Mapping[str, Any]] = {}
        self._peaks = [1.0] * len(self.axes)
        self.sources = self._make_sources()
        self._renderers: dict[str, list[GlyphRenderer]] = {}
        self.figures: dict[tuple[int, int], figure] = {}
        self._ranges = [Range(0, 1) for _ in self.axes]
        for j in range(len(self.axes)):
            self.figures[j, j] = self._make_diagonal(j)
            for i in range(j):
                self.figures[i, j] = self._make_panel(i, j)
        self.layout = self._make_layout()
        self._show_roles()
        self._announce()

    def update(
        self, values: np.ndarray, weights: np.ndarray | None = None, fit: bool = True
    ) -> CornerMarks:
        r"""Show other draws.

        Arguments:
            values: Draws, shape :math:`(n, d)`, columns in the order of `names`; NaN where a
                draw has no such parameter.
            weights: Of each draw, shape :math:`(n,)`; equal by default.
            fit: Whether ranges may move; not during a drag.

        Returns:
            What is drawn.
        """
        marks = corner_marks(values, self.axes, weights, self._points)
        self._sets["posterior"] = marks
        put(
            self.sources["points"],
            {name: as_column(marks.points[:, k]) for k, name in enumerate(self.names)},
        )
        for (i, j), region in marks.joints.items():
            x, y = marks.points[:, [i, j]].T
            kept = np.ones(len(x), bool) if region is None else region.outside(x, y)
            put(
                self.sources[f"points:{i}:{j}"], {"x": as_column(x[kept]), "y": as_column(y[kept])}
            )
        for k, part in enumerate(marks.marginals):
            self.figures[k, k].title.text = format_interval(part.quantiles)
        self._draw("posterior")
        if fit:
            self.fit()
        self._announce()
        return marks

    def overlay(
        self, role: str, values: np.ndarray | None = None, weights: np.ndarray | None = None
    ) -> None:
        r"""Draw outlines of other draws over the posterior, or remove them with None.

        Arguments:
            role: `prior` or `pinned`.
            values: Draws, shape :math:`(n, d)`.
            weights: Of each draw, shape :math:`(n,)`.
        """
        if role not in ("prior", "pinned"):
            raise ValueError(f"no overlay {role!r}; there are prior, pinned")
        if values is None:
            self._sets.pop(role, None)
        else:
            self._sets[role] = corner_marks(values, self.axes, weights, 0)
        self._draw(role)
        self._announce()

    def mark(
        self,
        role: str,
        values: Mapping[str, Any] | None = None,
        errors: Mapping[str, Any] | None = None,
    ) -> None:
        r"""Mark single values, or remove the marks with None.

        Arguments:
            role: `truth` or `literature`.
            values: Parameter to its value, or to several values of different works.
            errors: Parameter to the error of each value.
        """
        if role not in ("truth", "literature"):
            raise ValueError(f"no mark {role!r}; there are truth, literature")
        self._values[role] = {k: v for k, v in (values or {}).items() if k in self.names}
        put(self.sources[role], _mark_columns(self.names, self._values[role], errors or {}))
        self._show_roles()
        self._announce()

    def fit(self) -> None:
        """Move the ranges to hold the posterior, the pinned one and marks that are not far."""
        for k in range(len(self.axes)):
            low, high = self._span(k)
            if np.isfinite(low) and high > low:
                self._ranges[k].update(start=low, end=high, reset_start=low, reset_end=high)

    def describe(self) -> str:
        """Medians and 68 % intervals in words."""
        marks = self._sets.get("posterior")
        names = ", ".join(str(axis.label) for axis in self.axes)
        if marks is None:
            return f"Corner plot of {names}; no draws yet."
        parts = [
            f"{axis.label} {format_interval(part.quantiles)} {axis.unit}".strip()
            for axis, part in zip(self.axes, marks.marginals, strict=True)
        ]
        over = [role for role in self._shown() if role != "posterior"]
        tail = f" Overlaid: {', '.join(over)}." if over else ""
        return f"Corner plot. Median and 68 % interval: {'; '.join(parts)}.{tail}"

    def _make_sources(self) -> dict[str, ColumnDataSource]:
        def nothing() -> dict[str, Any]:
            return {"x": as_column([]), "y": as_column([])}

        # All draws that may be points, for who wants them; panels hold those outside the regions.
        sources = {"points": ColumnDataSource({name: as_column([]) for name in self.names})}
        for role in ("truth", "literature"):
            sources[role] = ColumnDataSource(_mark_columns(self.names, {}, {}))
        for role in ("posterior", "prior", "pinned"):
            for j in range(len(self.axes)):
                sources[f"{role}:{j}"] = ColumnDataSource(nothing())
                for i in range(j):
                    sources[f"{role}:{i}:{j}"] = ColumnDataSource(dict(_EMPTY_REGION))
        for j in range(len(self.axes)):
            for i in range(j):
                sources[f"points:{i}:{j}"] = ColumnDataSource(nothing())
                sources[f"posterior:{i}:{j}"].data["alpha"] = [0.22, 0.5]
        return sources

    def _frame(self, i: int, j: int, **options: Any) -> figure:
        last = len(self.axes) - 1
        plot = new_figure(
            f"corner-{self.names[i]}-{self.names[j]}",
            self.ink,
            axis_title(self.axes[i]) if j == last else None,
            axis_title(self.axes[j]) if i == 0 and j > 0 else None,
            tools="",
            save=False,
            x_range=self._ranges[i],
            toolbar_location=None,
            min_border_left=_LEFT if i == 0 else _RIGHT,
            min_border_right=_RIGHT,
            min_border_top=_TOP,
            min_border_bottom=_BOTTOM if j == last else 4,
            **options,
        )
        # four narrow panels have room for two or three labels each
        plot.xaxis.ticker = BasicTicker(desired_num_ticks=2 if last > 1 else 4)
        if j != last:
            _hide_labels(plot.xaxis[0])
        plot.xgrid.visible = plot.ygrid.visible = False
        return plot

    def _mark(self, role: str, plot: figure, key: str, glyph: Any, **roles: str) -> GlyphRenderer:
        """Draw a glyph that is there only while its role is."""
        renderer = mark(plot, self.ink, self.sources[key], glyph, **roles)
        self._renderers.setdefault(role, []).append(renderer)
        return renderer

    def _make_diagonal(self, k: int) -> figure:
        plot = self._frame(k, k, y_range=Range(0, _HEADROOM), title=" ")
        plot.yaxis.visible = False
        plot.title.update(align="center", text_font_size="11px")
        for role, width, dash in (("prior", 1.5, "dotted"), ("posterior", 2, "solid"),
                                  ("pinned", 2, "dashed")):  # fmt: skip
            if role == "posterior":
                area = VArea(x="x", y1=0, y2="y", fill_alpha=0.22)
                self._mark(role, plot, f"{role}:{k}", area, fill_color=role)
            line = Line(x="x", y="y", line_width=width, line_dash=dash)
            self._mark(role, plot, f"{role}:{k}", line, line_color=role)
        for role, dash in (("literature", "dashed"), ("truth", "solid")):
            span = VSpan(x=self.names[k], line_width=2, line_dash=dash)
            self._mark(role, plot, role, span, line_color=role)
        return plot

    def _make_panel(self, i: int, j: int) -> figure:
        plot = self._frame(i, j, y_range=self._ranges[j])
        plot.yaxis.ticker = BasicTicker(desired_num_ticks=3)
        if i > 0:
            _hide_labels(plot.yaxis[0])
        x, y, key = self.names[i], self.names[j], f"{i}:{j}"
        points = Scatter(x="x", y="y", size=2.5, line_color=None, fill_alpha=0.55)
        self._mark("posterior", plot, f"points:{key}", points, fill_color="posterior")
        region = MultiPolygons(xs="xs", ys="ys", fill_alpha="alpha", line_width=1)
        colours = {"fill_color": "posterior", "line_color": "posterior"}
        self._mark("posterior", plot, f"posterior:{key}", region, **colours)
        for role, dash in (("prior", "dotted"), ("pinned", "dashed")):
            outline = MultiPolygons(
                xs="xs", ys="ys", fill_color=None, line_width=1.5, line_dash=dash
            )
            self._mark(role, plot, f"{role}:{key}", outline, line_color=role)
        self._add_marks(plot, x, y)
        return plot

    def _add_marks(self, plot: figure, x: str, y: str) -> None:
        across = Segment(x0=f"{x}_low", x1=f"{x}_high", y0=y, y1=y, line_width=1.5)
        along = Segment(x0=x, x1=x, y0=f"{y}_low", y1=f"{y}_high", line_width=1.5)
        for bar in (across, along):
            self._mark("literature", plot, "literature", bar, line_color="literature")
        square = Scatter(x=x, y=y, marker="square", size=8)
        colours = {"fill_color": "literature", "line_color": "paper"}
        self._mark("literature", plot, "literature", square, **colours)
        for span in (VSpan(x=x, line_alpha=0.55), HSpan(y=y, line_alpha=0.55)):
            self._mark("truth", plot, "truth", span, line_color="truth")
        star = Scatter(x=x, y=y, marker="star", size=13)
        colours = {"fill_color": "truth", "line_color": "paper"}
        self._mark("truth", plot, "truth", star, **colours)

    def _make_layout(self) -> GridPlot:
        """Cells of equal frames: the first column and the last row also hold the labels."""
        count = len(self.axes)
        children: list[tuple[Any, ...]] = [
            # the track of the labels is part of the first column and of the last row
            (plot, j, 0 if i == 0 else i + 1, 2 if j == count - 1 else 1, 2 if i == 0 else 1)
            for (i, j), plot in self.figures.items()
        ]
        layout = GridPlot(
            children=children,
            cols=[f"{_LEFT - _RIGHT}px", *["minmax(0, 1fr)"] * count],
            rows=[*["minmax(0, 1fr)"] * count, f"{_BOTTOM - 4}px"],
            sizing_mode="stretch_both",
            name="corner",
            toolbar_location=None,
        )
        if count > 1:
            legend = self._make_legend()
            layout.children = [*layout.children, (legend, 0, 2, 1, count - 1)]
        # The buttons sit in the empty corner; a single panel has none and carries them itself.
        host = legend if count > 1 else self.figures[0, 0]
        host.toolbar_location = "left" if count > 1 else "above"
        host.add_tools(*(save_tool(layout, "corner", kind) for kind in ("png", "svg")))
        self.ink.watch(lambda: layout.update(styles={"background-color": self.ink("paper")}))
        layout.styles = {"background-color": self.ink("paper")}
        return layout

    def _make_legend(self) -> figure:
        """What each colour stands for, in the empty corner."""
        plot = new_figure("corner-legend", self.ink, tools="", save=False, min_border=0)
        plot.axis.visible = plot.grid.visible = False
        plot.outline_line_alpha = 0
        source = ColumnDataSource({"x": [np.nan], "y": [np.nan]})
        entries: dict[str, Any] = {}
        for role, dash in (("posterior", "solid"), ("pinned", "dashed"), ("prior", "dotted")):
            line = Line(x="x", y="y", line_width=2, line_dash=dash)
            entries[role] = mark(plot, self.ink, source, line, line_color=role)
        for role, marker, size in (("truth", "star", 14), ("literature", "square", 9)):
            point = Scatter(x="x", y="y", marker=marker, size=size)
            entries[role] = mark(
                plot, self.ink, source, point, fill_color=role, line_color="paper"
            )
        self.legend = add_legend(plot, self.ink, entries, location="top_right")
        self._roles = list(entries)
        return plot

    def _shown(self) -> list[str]:
        marks = [role for role, values in self._values.items() if values]
        order = ("posterior", "pinned", "prior", "truth", "literature")
        return [role for role in order if role in self._sets or role in marks]

    def _show_roles(self) -> None:
        """Show what is there: what is hidden costs the browser nothing."""
        shown = self._shown()
        for role, renderers in self._renderers.items():
            for renderer in renderers:
                if renderer.visible != (role in shown):
                    renderer.visible = role in shown
        if not hasattr(self, "legend"):
            return
        for role, item in zip(self._roles, self.legend.items, strict=True):
            if item.visible != (role in shown):
                item.visible = role in shown

    def _draw(self, role: str) -> None:
        """Write one set of draws into its sources, and the heights of all marginals."""
        marks = self._sets.get(role)
        for j in range(len(self.axes)):
            for i in range(j):
                region = marks.joints[i, j] if marks else None
                xs, ys = region.polygons() if region else ([[], []], [[], []])
                data: dict[str, Any] = {"xs": xs, "ys": ys}
                if role == "posterior":
                    data["alpha"] = [0.22, 0.5]
                put(self.sources[f"{role}:{i}:{j}"], data)
        self._draw_marginals(role)
        self._show_roles()

    def _draw_marginals(self, role: str) -> None:
        """Curves of equal area; the highest of posterior and pinned reaches the top."""
        for k in range(len(self.axes)):
            tall = [self._sets[r].marginals[k] for r in ("posterior", "pinned") if r in self._sets]
            peak = max((float(part.density.max()) for part in tall), default=0.0)
            peak = peak or 1.0
            moved = peak != self._peaks[k]
            self._peaks[k] = peak
            for name in self._sets if moved else [role]:
                part = self._sets[name].marginals[k] if name in self._sets else None
                put(
                    self.sources[f"{name}:{k}"],
                    {
                        "x": as_column(part.grid if part else []),
                        "y": as_column(part.density / peak if part else []),
                    },
                )
            if role not in self._sets:
                empty = {"x": as_column([]), "y": as_column([])}
                put(self.sources[f"{role}:{k}"], empty)

    def _span(self, k: int) -> tuple[float, float]:
        """Range of one axis."""
        parts = [self._sets[r].marginals[k] for r in ("posterior", "pinned") if r in self._sets]
        ends = [(part.grid[0], part.grid[-1]) for part in parts if len(part.values)]
        if not ends:
            return np.nan, np.nan
        low, high = min(e[0] for e in ends), max(e[1] for e in ends)
        reach = 1.5 * (high - low)
        for marks in self._values.values():
            for value in np.atleast_1d(np.asarray(marks.get(self.names[k], []), dtype=float)):
                # A value far away would squeeze the posterior into a line.
                if low - reach < value < high + reach:
                    low, high = min(low, value), max(high, value)
        margin = 0.04 * (high - low)
        return float(low - margin), float(high + margin)


def _hide_labels(axis: BokehAxis) -> None:
    """Keep the ticks of an inner panel, drop their texts."""
    axis.major_label_text_font_size = "0px"
    axis.major_label_standoff = 0


def _mark_columns(
    names: Sequence[str], values: Mapping[str, Any], errors: Mapping[str, Any]
) -> dict[str, np.ndarray]:
    """Values and ends of their error bars, padded with NaN to one length."""
    given = {name: np.atleast_1d(np.asarray(values.get(name, []), dtype=float)) for name in names}
    rows = max((len(found) for found in given.values()), default=0)
    columns: dict[str, np.ndarray] = {}
    for name in names:
        value, error = np.full(rows, np.nan), np.full(rows, np.nan)
        value[: len(given[name])] = given[name]
        if name in values and name in errors:
            error[: len(given[name])] = np.asarray(errors[name], dtype=float)
        columns[name] = as_column(value)
        columns[f"{name}_low"] = as_column(value - error)
        columns[f"{name}_high"] = as_column(value + error)
    return columns
