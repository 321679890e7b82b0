r"""The spectrum of a galaxy with and without its dust, filters under it, magnitudes upon it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, HoverTool, Line, Patches, Range1d, Scatter
from bokeh.palettes import Plasma256
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import (
    Chart,
    add_legend,
    fixed_ticks,
    mark,
    new_figure,
    stand_in,
    tooltip,
)

__all__ = ["GalaxySpectrum", "SCALES", "band_colours"]  # noqa: RUF022 (plain order)

SCALES = {
    "magnitude": "AB magnitude",
    "flux": "F\u03bb (10\u207b\u00b9\u2077 erg s\u207b\u00b9 cm\u207b\u00b2 \u00c5\u207b\u00b9)",
}
"""What stands on the upright axis, and its label."""

_MICRONS = (0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0)
_CURVES = ("seen", "bare")
_POINTS = ("tables", "bare", "emulator")
_BLUE, _RED = 1500.0, 24000.0  # Angstrom, ends of the colours of bands
_STEPS = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0)
_ROOM = 0.3  # part of the frame that the filters take


def band_colours(wavelength: Sequence[float] | np.ndarray) -> list[str]:
    r"""A colour for each band, from its wavelength in Angstrom; alike on light and dark ground.

    Example:
        >>> band_colours([1500.0, 24000.0])
        ['#5901A4', '#FCA735']
    """
    place = np.log(np.clip(np.asarray(wavelength, float), _BLUE, _RED) / _BLUE)
    index = 40 + np.rint(165 * place / math.log(_RED / _BLUE)).astype(int)
    return [str(Plasma256[k]) for k in index]


class GalaxySpectrum(Chart):
    r"""Spectrum, dust-free spectrum, filter curves, magnitudes of tables and emulator.

    The upright range is held while it still fits, so that the frame stands still in a drag.

    Arguments:
        dark: Whether the ground is dark.
    """

    def __init__(self, dark: bool = False) -> None:
        super().__init__(dark)
        self.sources = {name: ColumnDataSource(_xy([], [])) for name in _CURVES}
        self.points = {name: ColumnDataSource(_places([], [], [])) for name in _POINTS}
        self.filters = ColumnDataSource({"xs": [], "ys": [], "colour": [], "band": []})
        self.scale = "magnitude"
        self._held: tuple[Any, ...] = ()
        self._words = "The spectrum of a galaxy; nothing drawn yet."
        self.figure = self._make_figure()
        self.layout = self.figure
        self._announce()

    def update(
        self,
        wavelength: np.ndarray,
        seen: np.ndarray,
        bare: np.ndarray | None,
        scale: str = "magnitude",
        frame: str = "observed",
    ) -> None:
        r"""Show another galaxy.

        Arguments:
            wavelength: Angstrom, increasing, shape :math:`(L,)`.
            seen: AB magnitudes, or :math:`F_\lambda` in 1e-17 erg/s/cm2/A, :math:`(L,)`.
            bare: The same without dust; None for nothing.
            scale: Key of `SCALES`.
            frame: `observed` or `rest`: whose wavelengths these are.
        """
        if scale not in SCALES:
            raise KeyError(f"no scale named {scale!r}; there are {', '.join(SCALES)}")
        micron = np.asarray(wavelength, float) / 1e4
        for name, values in (("seen", seen), ("bare", bare)):
            given = np.zeros(0) if values is None else np.asarray(values, float)
            put(self.sources[name], _xy(micron if len(given) else [], given))
        self.scale = scale
        drawn = [np.asarray(v, float) for v in (seen, bare) if v is not None]
        self._fit(np.concatenate(drawn), (float(micron[0]), float(micron[-1])))
        self._label(scale, frame)
        self._show_entries()
        self._words = (
            f"Spectrum of a galaxy, {frame} wavelengths from {micron[0]:.2f} to "
            f"{micron[-1]:.2f} micron, {'with' if bare is not None else 'without'} the spectrum "
            "that it has without dust beside it."
        )
        self._announce()

    def show_bands(self, curves: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> None:
        r"""Show these filters.

        Arguments:
            curves: Band to wavelengths, Angstrom, and throughput of any scale.
        """
        centres = [float(np.average(w, weights=t)) for w, t in curves.values()]
        xs = [np.concatenate([w[:1], w, w[-1:]]) / 1e4 for w, _ in curves.values()]
        ys = [np.concatenate([[0.0], t / max(t.max(), 1e-30), [0.0]]) for _, t in curves.values()]
        put(
            self.filters,
            {"xs": [as_column(x) for x in xs], "ys": [as_column(y) for y in ys],
             "colour": band_colours(centres), "band": list(curves)},
        )  # fmt: skip

    def show_points(self, name: str, bands: Sequence[str], wavelength: Any, values: Any) -> None:
        r"""Place what the filters measure.

        Arguments:
            name: `tables`, `bare` (without dust) or `emulator`.
            bands: Names, :math:`B` of them.
            wavelength: Of each band, Angstrom, shape :math:`(B,)`.
            values: On the scale of the spectrum, shape :math:`(B,)`.
        """
        put(self.points[name], _places(np.asarray(wavelength, float), values, bands))
        self._show_entries()

    def describe(self) -> str:
        """What is shown, in words."""
        return self._words

    # Parts

    def _fit(self, values: np.ndarray, ends: tuple[float, float]) -> None:
        x_range, y_range = self.figure.x_range, self.figure.y_range
        if (x_range.start, x_range.end) != ends:
            x_range.update(start=ends[0], end=ends[1], reset_start=ends[0], reset_end=ends[1])
        values = values[np.isfinite(values)]
        if not len(values):
            return
        wanted = self._wanted(values)
        if not self._still_fits(wanted):
            self._held = (self.scale, *wanted)
            low, high = wanted
            # The filters stand below: their part of the frame is kept free.
            if self.scale == "magnitude":
                start, end = high + _ROOM / (1 - _ROOM) * (high - low), low
            else:
                start, end = -_ROOM / (1 - _ROOM) * high, high
            y_range.update(start=start, end=end, reset_start=start, reset_end=end)

    def _wanted(self, values: np.ndarray) -> tuple[float, float]:
        """Ends of the upright axis, in round numbers: least and largest value of the scale."""
        if self.scale == "magnitude":
            low = float(math.floor(float(values.min()) - 0.8))
            high = float(math.ceil(float(np.quantile(values, 0.97)) + 0.5))
            return low, max(high, low + 4)
        top = max(1.2 * float(values.max()), 1e-30)
        step = 10.0 ** math.floor(math.log10(top))
        return 0.0, next(k for k in _STEPS if k * step >= top * (1 - 1e-9)) * step

    def _still_fits(self, wanted: tuple[float, float]) -> bool:
        if not self._held or self._held[0] != self.scale:
            return False
        _, low, high = self._held
        if self.scale == "flux":
            return bool(0.45 * high <= wanted[1] <= high)
        return bool(low <= wanted[0] <= low + 1 and high - 1.5 <= wanted[1] <= high)

    def _label(self, scale: str, frame: str) -> None:
        texts = (f"{frame} wavelength (\u00b5m)", SCALES[scale])
        for axis, text in zip((self.figure.xaxis[0], self.figure.yaxis[0]), texts, strict=True):
            if axis.axis_label != text:
                axis.axis_label = text

    def _make_figure(self) -> figure:
        plot = new_figure(
            "galaxy-spectrum", self.ink, "observed wavelength (\u00b5m)", SCALES["magnitude"],
            x_axis_type="log", x_range=Range1d(0.1, 2.5), y_range=Range1d(26, 14),
            tools="pan,box_zoom,wheel_zoom,reset",
        )  # fmt: skip
        fixed_ticks(plot.xaxis[0], _MICRONS, [f"{one:g}" for one in _MICRONS])
        plot.extra_y_ranges = {"throughput": Range1d(0.0, 1.06 / _ROOM)}
        patch = Patches(xs="xs", ys="ys", fill_color="colour", fill_alpha=0.3, line_color="colour")
        curves = plot.add_glyph(self.filters, patch, y_range_name="throughput")
        plot.add_tools(HoverTool(renderers=[curves], tooltips=tooltip([("band", "@band")])))
        bare = Line(x="x", y="y", line_width=1.25, line_alpha=0.9)
        seen = Line(x="x", y="y", line_width=1.75)
        lines = {
            "without dust": mark(plot, self.ink, self.sources["bare"], bare, line_color="goal"),
            "spectrum": mark(plot, self.ink, self.sources["seen"], seen, line_color="posterior"),
        }
        dots = self._make_points(plot)
        entries = {label: stand_in(plot, found) for label, found in (lines | dots).items()}
        self.legend = add_legend(
            plot, self.ink, entries, location="top_left", orientation="horizontal"
        )
        self.legend.spacing = 14
        return plot

    def _show_entries(self) -> None:
        """The legend names what is drawn."""
        drawn = [self.sources["bare"], self.sources["seen"],
                 *(self.points[name] for name in ("bare", "tables", "emulator"))]  # fmt: skip
        for item, source in zip(self.legend.items, drawn, strict=True):
            there = len(source.data["x"]) > 0
            if item.visible != there:
                item.visible = there

    def _make_points(self, plot: figure) -> dict[str, Any]:
        hollow = Scatter(x="x", y="y", size=9, marker="circle", fill_alpha=0.0, line_width=1.5)
        solid = Scatter(x="x", y="y", size=10, marker="circle")
        cross = Scatter(x="x", y="y", size=13, marker="x", line_width=1.75)
        found = {
            "without dust, in filters": mark(
                plot, self.ink, self.points["bare"], hollow, line_color="goal"
            ),
            "in filters": mark(plot, self.ink, self.points["tables"], solid,
                               fill_color="posterior", line_color="paper"),
            "emulator": mark(plot, self.ink, self.points["emulator"], cross, line_color="truth"),
        }  # fmt: skip
        rows = [("band", "@band"), ("value", "@y{0.000}")]
        plot.add_tools(HoverTool(renderers=list(found.values()), tooltips=tooltip(rows)))
        return found


def _xy(x: Any, y: Any) -> dict[str, Any]:
    return {"x": as_column(x), "y": as_column(y)}


def _places(wavelength: Any, values: Any, bands: Sequence[str]) -> dict[str, Any]:
    if not len(wavelength) == len(values) == len(bands):
        raise ValueError(
            f"{len(bands)} bands, {len(wavelength)} wavelengths and {len(values)} values do not "
            "go together; give one of each per band"
        )
    return {**_xy(np.asarray(wavelength, float) / 1e4, values), "band": list(bands)}
