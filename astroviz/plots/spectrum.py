r"""The spectral energy distribution: what was seen, what is predicted, what is left over.

Above, :math:`\log_{10} \nu F_\nu` (or magnitudes) against wavelength; below, measurement minus
prediction in units of both uncertainties together. A point is a quantity: tap it to choose it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from bokeh.models import (
    ColumnDataSource,
    CustomJSTickFormatter,
    GridPlot,
    HoverTool,
    Line,
    Quad,
    Range1d,
    Scatter,
    Segment,
    Span,
    TapTool,
)
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import (
    Chart,
    add_legend,
    fixed_ticks,
    mark,
    new_figure,
    save_tool,
    stand_in,
    tooltip,
)
from astroviz.plots.observed_spectra import ObservedSpectra
from astroviz.plots.sed import CURVES, LIMIT, OBSERVED, QUANTILES, SpectrumMarks, spectrum_marks
from astroviz.plots.theme import STATES, colour, survey_colour, survey_marker

__all__ = ["Spectrum"]

_CURVE_LABELS = {
    "photosphere": "photosphere, no dust",
    "dusty": "with dust",
    "excess": "infrared excess",
}
_HALF_WIDTH = 1.055  # a band is drawn from 5 % below to 5 % above its wavelength
_LARGEST_RESIDUAL = 5.0
_SUPERSCRIPT = """
const digits = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079";
const whole = Math.abs(tick % 1) < 1e-6;
if (magnitudes[0]) { return tick.toFixed(whole ? 0 : 1).replace("-", "\u2212"); }
if (!whole) { return ""; }
const text = String(Math.abs(Math.round(tick))).split("").map((d) => digits[+d]).join("");
return "10" + (tick < 0 ? "\u207b" : "") + text;
"""


class Spectrum(Chart):
    r"""The SED panel with its residuals.

    Arguments:
        bands: The :math:`B` bands: objects with `name`, `label`, `survey`, `wavelength` (micron).
        zero_flux: :math:`\nu F_\nu` of Vega magnitude 0, erg/s/cm2, shape :math:`(B,)`; needed
            to show magnitudes.
        magnitudes: Whether to start with magnitudes.
        dark: Whether the ground is dark.
        spectra: Labels of the kinds of spectra that can be drawn.
    """

    def __init__(
        self,
        bands: Sequence[Any],
        zero_flux: np.ndarray | None = None,
        magnitudes: bool = False,
        dark: bool = False,
        spectra: Sequence[str] = (),
    ) -> None:
        super().__init__(dark)
        self.bands = tuple(bands)
        self._spectra = tuple(spectra)
        self._zero_flux = zero_flux
        self._magnitudes = False
        self._parts: Mapping[str, Any] = {}
        self._picks: list[Callable[[str], None]] = []
        self._quiet = False
        nothing = np.full(len(self.bands), np.nan)
        self._marks = SpectrumMarks(
            nothing, nothing, nothing, np.tile(nothing, (5, 1)), nothing, {}
        )
        self.source = ColumnDataSource(self._point_columns())
        self.predicted = ColumnDataSource(self._band_columns())
        self.curves = ColumnDataSource({name: as_column([]) for name in ("x", *CURVES)})
        self.figure = self._make_figure()
        self.residuals = self._make_residuals()
        self.layout = self._make_layout()
        self.ink.watch(self._recolour)
        if magnitudes:
            self.show_magnitudes(True)
        self._announce()

    def update(self, parts: Mapping[str, Any], fit: bool = True) -> SpectrumMarks:
        r"""Show another star or another answer.

        Arguments:
            parts: See `spectrum_marks`.
            fit: Whether the vertical range may move; not during a drag.
        """
        self._parts = parts
        marks = self._marks = spectrum_marks(parts, self._zero_flux, self._magnitudes)
        put(self.source, self._point_columns())
        put(self.predicted, self._band_columns())
        grid = np.asarray(parts.get("curve_wavelength", []), dtype=float)
        empty = np.full(len(grid), np.nan)
        put(
            self.curves,
            {
                "x": as_column(grid),
                **{name: as_column(marks.curves.get(name, empty)) for name in CURVES},
            },
        )
        # a spectrum has no magnitude of its own
        self.lines.update([] if self._magnitudes else parts.get("spectra", []))
        self._show_legend()
        if fit:
            self.fit()
        self._announce()
        return marks

    def show_magnitudes(self, magnitudes: bool) -> None:
        """Change between flux and Vega magnitudes."""
        if magnitudes and self._zero_flux is None:
            raise ValueError("magnitudes need `zero_flux`, the flux of magnitude 0 in each band")
        self._magnitudes = bool(magnitudes)
        self.figure.yaxis.axis_label = _label(self._magnitudes)
        self.figure.yaxis.formatter.args = {"magnitudes": [int(self._magnitudes)]}
        # where no star has points: faint and blue in flux, faint and red in magnitudes
        self.legend.location = "bottom_right" if self._magnitudes else "bottom_left"
        if self._parts:
            self.update(self._parts)

    def select(self, name: str | None) -> None:
        """Show which quantity is chosen."""
        names = [band.name for band in self.bands]
        self._quiet = True
        try:
            self.source.selected.indices = [names.index(name)] if name in names else []
        finally:
            self._quiet = False
        self._show_selected()

    def on_pick(self, callback: Callable[[str], None]) -> None:
        """Call with the name of a quantity when its point is tapped."""
        if not self._picks:
            self.source.selected.on_change("indices", self._on_tap)
        self._picks.append(callback)

    def fit(self) -> None:
        """Move the vertical range to what is drawn."""
        marks = self._marks
        heights = [marks.y, marks.low, marks.high, *marks.bands]
        heights += [curve for name, curve in marks.curves.items() if name == "dusty"]
        ends = np.concatenate(heights)
        ends = ends[np.isfinite(ends)]
        if len(ends) == 0:
            return
        reach = 5.0 if not self._magnitudes else 12.5
        brightest = ends.min() if self._magnitudes else ends.max()
        # Curves fall without end in the ultraviolet and beyond: points decide how deep we look.
        points = np.concatenate([marks.y, marks.low, marks.high, marks.bands[1], marks.bands[3]])
        points = points[np.isfinite(points)] if np.isfinite(points).any() else ends
        margin = 0.35 if not self._magnitudes else 0.8
        if self._magnitudes:
            low, high = brightest - margin, min(points.max(), brightest + reach) + margin
            self._set_range(high, low)
        else:
            low, high = max(points.min(), brightest - reach) - margin, brightest + margin
            self._set_range(low, high)

    def describe(self) -> str:
        """What is seen and how well it is predicted, in words."""
        states = np.asarray(self._parts.get("state", []), dtype=int)
        if len(states) == 0:
            return "Spectral energy distribution; no star yet."
        counts = ", ".join(
            f"{int((states == code).sum())} {style.label}"
            for code, style in enumerate(STATES)
            if (states == code).any()
        )
        text = f"Spectral energy distribution of {len(self.bands)} bands: {counts}."
        worst = np.abs(np.nan_to_num(self._marks.residual))
        if worst.max() > 0:
            band = self.bands[int(worst.argmax())]
            size = self._marks.residual[worst.argmax()]
            text += f" Largest residual: {band.label}, {size:.1f} sigma."
        return text

    def _set_range(self, start: float, end: float) -> None:
        self.figure.y_range.update(start=start, end=end, reset_start=start, reset_end=end)

    def _make_figure(self) -> figure:
        plot = new_figure(
            "spectrum-flux",
            self.ink,
            y_label=_label(False),
            tools="pan,xwheel_zoom,ywheel_zoom,box_zoom,reset",
            save=False,
            x_axis_type="log",
            x_range=Range1d(0.38, 31, bounds=None),
            y_range=Range1d(-13, -8),
            min_border_left=64,
            min_border_bottom=4,
        )
        plot.yaxis.formatter = CustomJSTickFormatter(args={"magnitudes": [0]}, code=_SUPERSCRIPT)
        plot.yaxis.ticker.desired_num_ticks = 5
        plot.xgrid.visible = False
        plot.xaxis.major_label_text_font_size = "0px"
        _wavelength_ticks(plot)
        self._legend_parts = self._draw_predictions(plot)
        self.lines = ObservedSpectra(plot, self.ink, self._spectra)
        self._draw_points(plot)
        entries = {label: stand_in(plot, part) for label, part in self._legend_parts.items()}
        self.legend = add_legend(plot, self.ink, entries, location="bottom_left")
        self.legend.background_fill_alpha = 0.6
        self._add_survey_legend(plot)
        self._show_legend()
        return plot

    def _draw_predictions(self, plot: figure) -> dict[str, Any]:
        ink, found = self.ink, {}
        for name, role in CURVES.items():
            dash = {"photosphere": "dashed", "dusty": "solid", "excess": "dotted"}[name]
            line = Line(x="x", y=name, line_width=1.5, line_dash=dash)
            found[_CURVE_LABELS[name]] = mark(plot, ink, self.curves, line, line_color=role)
        for low, high, alpha in (("q025", "q975", 0.16), ("q16", "q84", 0.3)):
            box = Quad(left="left", right="right", bottom=low, top=high, line_color=None)
            box.fill_alpha = alpha
            band = mark(plot, ink, self.predicted, box, fill_color="posterior")
        middle = Segment(x0="left", x1="right", y0="q50", y1="q50", line_width=1.5)
        found["predicted: 68 and 95 %"] = band
        mark(plot, ink, self.predicted, middle, line_color="posterior")
        return found

    def _draw_points(self, plot: figure) -> None:
        bar = Segment(x0="x", x1="x", y0="low", y1="high", line_color="edge", line_width=1.5)
        mark(plot, self.ink, self.source, bar)
        halo = Scatter(x="x", y="halo", size=20, fill_color=None, line_width=2)
        mark(plot, self.ink, self.source, halo, line_color="selection")
        point = Scatter(
            x="x", y="y", marker="marker", size="size", fill_color="fill", line_color="rim"
        )
        point.line_width = 1.25
        dots = mark(plot, self.ink, self.source, point)
        plot.add_tools(
            TapTool(renderers=[dots]),
            HoverTool(
                renderers=[dots],
                tooltips=tooltip(
                    [
                        ("wavelength", "@x{0.00} \u00b5m"),
                        ("measured", "@value"),
                        ("residual", "@residual{0.0} \u03c3"),
                    ],
                    "@label (@survey), @state",
                ),
            ),
        )

    def _add_survey_legend(self, plot: figure) -> None:
        """One row above the frame: which marker is which survey."""
        nowhere, entries = ColumnDataSource({"x": [np.nan], "y": [np.nan]}), {}
        for survey in dict.fromkeys(band.survey for band in self.bands):
            point = Scatter(x="x", y="y", marker=survey_marker(survey), size=10, line_color=None)
            role = f"survey:{survey}"
            entries[survey] = mark(plot, self.ink, nowhere, point, fill_color=role)
        limit = Scatter(x="x", y="y", marker="inverted_triangle", size=10, line_color=None)
        entries["limit"] = mark(plot, self.ink, nowhere, limit, fill_color="faint")
        unused = Scatter(x="x", y="y", marker="circle", size=10, fill_color=None)
        entries["not used"] = mark(plot, self.ink, nowhere, unused, line_color="faint")
        legend = add_legend(
            plot, self.ink, entries, place="above", orientation="horizontal", location="left"
        )
        legend.update(spacing=4, padding=0, margin=2, background_fill_alpha=0.0)

    def _make_residuals(self) -> figure:
        plot = new_figure(
            "spectrum-residuals",
            self.ink,
            "wavelength (\u00b5m)",
            "\u0394 (\u03c3)",
            tools="",
            save=False,
            x_axis_type="log",
            x_range=self.figure.x_range,
            y_range=Range1d(-_LARGEST_RESIDUAL - 0.8, _LARGEST_RESIDUAL + 0.8),
            toolbar_location=None,
            min_border_left=64,
            min_border_top=2,
        )
        _wavelength_ticks(plot)
        fixed_ticks(plot.yaxis[0], (-4, 0, 4), ("\u22124", "0", "4"))
        plot.xgrid.visible = plot.ygrid.visible = False
        for height, dash in ((0, "solid"), (-2, "dotted"), (2, "dotted")):
            line = Span(location=height, dimension="width", line_width=1, line_dash=dash)
            self.ink.paint(line, line_color="line" if height == 0 else "hairline")
            plot.add_layout(line)
        stem = Segment(x0="x", x1="x", y0=0, y1="shown", line_color="edge", line_width=1.5)
        mark(plot, self.ink, self.source, stem)
        point = Scatter(x="x", y="shown", marker="residual_marker", size=7, fill_color="edge")
        point.line_color = None
        dots = mark(plot, self.ink, self.source, point)
        plot.add_tools(TapTool(renderers=[dots]))
        return plot

    def _make_layout(self) -> GridPlot:
        layout = GridPlot(
            children=[(self.figure, 0, 0), (self.residuals, 1, 0)],
            rows=["minmax(0, 1fr)", "92px"],
            cols=["minmax(0, 1fr)"],
            sizing_mode="stretch_both",
            name="spectrum",
            toolbar_location=None,
        )
        self.figure.update(toolbar_location="above", toolbar_inner=True)
        self.figure.add_tools(*(save_tool(layout, "spectrum", kind) for kind in ("png", "svg")))
        layout.styles = {"background-color": self.ink("paper")}
        self.ink.watch(lambda: layout.update(styles={"background-color": self.ink("paper")}))
        return layout

    def _point_columns(self) -> dict[str, Any]:
        marks, dark = self._marks, self.ink.dark
        states = np.asarray(self._parts.get("state", np.ones(len(self.bands))), dtype=int)
        own = [survey_colour(band.survey, dark) for band in self.bands]
        grey, paper = colour("faint", dark), colour("paper", dark)
        used = [state in (OBSERVED, LIMIT) for state in states]
        clipped = np.clip(marks.residual, -_LARGEST_RESIDUAL, _LARGEST_RESIDUAL)
        return {
            "x": as_column([band.wavelength for band in self.bands]),
            "y": as_column(marks.y),
            "low": as_column(marks.low),
            "high": as_column(marks.high),
            "halo": as_column(self._halo()),
            "residual": as_column(marks.residual),
            "shown": as_column(clipped),
            "size": as_column(
                [_size(band.survey, state) for band, state in zip(self.bands, states, strict=True)]
            ),
            "fill": [c if u else paper for c, u in zip(own, used, strict=True)],
            "rim": [paper if u else grey for u in used],
            "edge": [c if u else grey for c, u in zip(own, used, strict=True)],
            "marker": [_marker(b.survey, s) for b, s in zip(self.bands, states, strict=True)],
            "residual_marker": _residual_markers(self.bands, marks.residual),
            "label": [band.label for band in self.bands],
            "survey": [band.survey for band in self.bands],
            "state": [STATES[state].label for state in states],
            "value": self._texts(states),
        }

    def _texts(self, states: np.ndarray) -> list[str]:
        """Measured values in words."""
        size = len(self.bands)
        value = np.asarray(self._parts.get("observed", np.full(size, np.nan)), dtype=float)
        error = np.asarray(self._parts.get("observed_error", np.full(size, np.nan)), dtype=float)
        return [
            "none"
            if not np.isfinite(v)
            else (f"fainter than {v:.2f}" if s == LIMIT else f"{v:.3f}")
            + (f" \u00b1 {e:.3f}" if np.isfinite(e) and s != LIMIT else "")
            + " Vega mag"
            for v, e, s in zip(value, error, states, strict=True)
        ]

    def _band_columns(self) -> dict[str, np.ndarray]:
        wavelength = np.array([band.wavelength for band in self.bands])
        columns = {"left": wavelength / _HALF_WIDTH, "right": wavelength * _HALF_WIDTH}
        names = [name.removeprefix("band_") for name in QUANTILES]
        columns |= dict(zip(names, self._marks.bands, strict=True))
        return {name: as_column(column) for name, column in columns.items()}

    def _halo(self) -> np.ndarray:
        """Height of the ring around the chosen point."""
        chosen = np.zeros(len(self.bands), dtype=bool)
        if hasattr(self, "source"):
            chosen[list(self.source.selected.indices)] = True
        return np.where(chosen, self._marks.y, np.nan)

    def _on_tap(self, _attribute: str, _old: Any, new: list[int]) -> None:
        self._show_selected()
        if new and not self._quiet:
            for callback in self._picks:
                callback(self.bands[int(new[0])].name)

    def _show_selected(self) -> None:
        self.source.data["halo"] = as_column(self._halo())

    def _show_legend(self) -> None:
        if not hasattr(self, "legend"):
            return
        marks = self._marks
        for item, key in zip(self.legend.items, (*CURVES, "bands"), strict=True):
            drawn = marks.bands if key == "bands" else marks.curves.get(key, np.array([np.nan]))
            item.visible = bool(np.isfinite(drawn).any())

    def _recolour(self) -> None:
        put(self.source, self._point_columns())


def _label(magnitudes: bool) -> str:
    return (
        "magnitude (Vega mag)"
        if magnitudes
        else "\u03bdF\u03bd (erg s\u207b\u00b9 cm\u207b\u00b2)"
    )


def _wavelength_ticks(plot: figure) -> None:
    places = (0.5, 1, 2, 5, 10, 20)
    minor = [0.4, 0.6, 0.7, 0.8, 0.9, 3, 4, 6, 7, 8, 9, 30]
    fixed_ticks(plot.xaxis[0], places, [f"{place:g}" for place in places], minor)


def _marker(survey: str, state: int) -> str:
    """A survey's marker; limits point down; values that are no use are crossed."""
    if state == LIMIT:
        return "inverted_triangle"
    return survey_marker(survey, crossed=STATES[state].label == "unusable")


def _size(survey: str, state: int) -> float:
    """Markers of equal weight: diamonds and hexagons look smaller than they are."""
    return {"diamond": 12.0, "hex": 11.0, "square": 9.0}.get(_marker(survey, state), 10.0)


def _residual_markers(bands: Sequence[Any], residual: np.ndarray) -> list[str]:
    """Points beyond the strip become triangles that point out of it."""
    return [
        survey_marker(band.survey)
        if not abs(value) > _LARGEST_RESIDUAL
        else ("triangle" if value > 0 else "inverted_triangle")
        for band, value in zip(bands, residual, strict=True)
    ]
