r"""Answers on galaxies drawn into their figures, in one place for the page and the notebook."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np

from astroviz.plots.colour_plane import ColourPlane
from astroviz.plots.curves import Curve, Curves
from astroviz.plots.galaxy_history import GalaxyHistory
from astroviz.plots.galaxy_rain import GalaxyRain
from astroviz.plots.galaxy_spectrum import GalaxySpectrum, band_colours

__all__ = [
    "SeenFigures",
    "magnitudes_html",
    "numbers_html",
    "show_sed",
]

_ALL, _KEPT = "all", "selected"
_STEPS = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0)


def show_sed(sed: Any, spectrum: GalaxySpectrum, history: GalaxyHistory) -> None:
    """Draw the light of one galaxy (a `galaxies.sed_answers.Sed`) into its figures."""
    asked = sed.question
    bare = sed.shown(bare=True) if asked.dust else None
    spectrum.update(sed.wavelength, sed.shown(), bare, asked.scale, asked.frame)
    spectrum.show_bands(sed.curves)
    none: tuple[list[str], Any, Any] = ([], [], [])
    everything = (list(sed.bands), sed.centre)
    spectrum.show_points("tables", *everything, sed.points(sed.magnitudes))
    without = (*everything, sed.points(sed.bare_magnitudes)) if asked.dust else none
    spectrum.show_points("bare", *without)
    emulated = none if sed.emulator is None else (*everything, sed.points(sed.emulator))
    spectrum.show_points("emulator", *emulated)
    history.update(sed.lookback, sed.rate, sed.formed, sed.age, sed.burst)


def magnitudes_html(sed: Any) -> str:
    """Magnitudes of the tables, what dust takes, and what the emulator says, band by band."""
    emulated = sed.emulator is not None
    emulator = sed.emulator if emulated else np.full(len(sed.bands), np.nan)
    kind = "AB mag" if sed.question.frame == "observed" else "absolute AB mag"
    head = ["band", "\u00b5m", kind, "dust dims by"] + ["emulator \u2212 tables"] * emulated
    rows = []
    for k, colour in enumerate(band_colours(sed.centre)):
        seen, bare = float(sed.magnitudes[k]), float(sed.bare_magnitudes[k])
        numbers = [_text(sed.centre[k] / 1e4, 3), _text(seen, 3), _text(seen - bare, 3)]
        if emulated:
            numbers.append(f"{_text(1000 * (float(emulator[k]) - seen), 1)} mmag")
        cells = "".join(f"<td class='number'>{number}</td>" for number in numbers)
        name = escape(sed.bands[k].replace("_", " "))
        rows.append(f"<tr><td><span style='color:{colour}'>\u25cf</span> {name}</td>{cells}</tr>")
    right = " style='text-align:right'"
    heads = "".join(f"<th{right if k else ''}>{one}</th>" for k, one in enumerate(head))
    return f"<table><tr>{heads}</tr>{''.join(rows)}</table>"


def numbers_html(figures: Mapping[str, tuple[str, str]]) -> str:
    """Names, values and units side by side."""
    cells = "".join(
        f"<div><span class='faint'>{escape(name)}</span><br>"
        f"<b>{escape(value)}</b> <small>{escape(unit)}</small></div>"
        for name, (value, unit) in figures.items()
    )
    return (
        "<div style='display:flex;justify-content:space-between;gap:10px;white-space:nowrap;"
        f"font-size:12px'>{cells}</div>"
    )


class SeenFigures:
    r"""What a survey sees of a population: plane of colours with its rain, and three curves.

    Arguments:
        labels: Name of a quantity to the label of its axis.
        dark: Whether the ground is dark.
    """

    def __init__(self, labels: Mapping[str, str], dark: bool = False) -> None:
        self.labels = labels
        self.plane = ColourPlane("colour-plane", dark)
        self.rain = GalaxyRain(self.plane.figure, dark)
        self.redshift = self._histogram("selection-redshift", labels["redshift"], dark)
        self.mass = self._histogram("selection-mass", labels["log_mass"], dark)
        self.completeness = Curves(
            "selection-completeness", labels["log_mass"], "part selected",
            [Curve("_spread", "posterior", "band"), Curve("_line", "posterior")],
            dark, legend="", y_range=(0.0, 1.04),
        )  # fmt: skip
        self._tops: dict[str, float] = {}

    @property
    def plots(self) -> tuple[Any, ...]:
        """All of them."""
        return (self.plane, self.rain, self.redshift, self.mass, self.completeness)

    def show(self, seen: Any, quantity: str, counts: bool, colours: tuple[str, str]) -> None:
        r"""Draw an answer.

        Arguments:
            seen: A `galaxies.selection_answers.Seen`.
            quantity: What completeness is shown over.
            counts: Numbers of draws instead of shapes.
            colours: Names of both colours.
        """
        labels = (f"{colours[0]} (AB mag)", f"{colours[1]} (AB mag)")
        self.plane.update(seen.everyone, seen.chosen, seen.extent, labels)
        drops = seen.drops
        self.rain.update(drops.redshift, drops.true, drops.seen, drops.kept)
        for name, chart in (("redshift", self.redshift), ("log_mass", self.mass)):
            self._show_histogram(chart, name, seen.counted[name], counts)
        self._show_completeness(seen.counted[quantity], quantity)

    # Parts

    @staticmethod
    def _histogram(name: str, label: str, dark: bool) -> Curves:
        shown = [Curve(_ALL, "prior", "bars", alpha=0.4), Curve(_KEPT, "posterior", "bars",
                                                                alpha=0.6)]  # fmt: skip
        return Curves(name, label, "density", shown, dark)

    def _show_histogram(self, chart: Curves, name: str, counted: Any, counts: bool) -> None:
        everyone, chosen = (counted.everyone, counted.chosen) if counts else counted.densities()
        top = self._top(f"{name} {counts}", max(float(everyone.max()), float(chosen.max())))
        label = "draws in a bin" if counts else "density"
        if chart.figure.yaxis[0].axis_label != label:
            chart.figure.yaxis[0].axis_label = label
        share = float(counted.chosen.sum()) / max(float(counted.everyone.sum()), 1e-30)
        edges = counted.edges
        chart.update(
            {_ALL: (edges, everyone), _KEPT: (edges, chosen)},
            f"Histogram over {self.labels[name]} of all and of the selected galaxies, "
            f"{100 * share:.1f} % of them.",
            x_range=(float(edges[0]), float(edges[-1])),
            y_range=(0.0, top),
        )

    def _show_completeness(self, counted: Any, quantity: str) -> None:
        part, edges = counted.completeness, counted.edges
        known = np.isfinite(part)
        middle = 0.5 * (edges[1:] + edges[:-1])[known]
        line, spread = part[known], counted.spread[known]
        label = self.labels[quantity]
        if self.completeness.figure.xaxis[0].axis_label != label:
            self.completeness.figure.xaxis[0].axis_label = label
        words = f"Part of the galaxies that is selected, over {label}"
        if len(line):
            words += f": from {100 * line.min():.0f} to {100 * line.max():.0f} %"
        self.completeness.update(
            {"_spread": (middle, np.maximum(line - spread, 0), np.minimum(line + spread, 1)),
             "_line": (middle, line)},
            f"{words}.",
            x_range=(float(edges[0]), float(edges[-1])),
        )  # fmt: skip

    def _top(self, key: str, highest: float) -> float:
        """Top of an axis, which stands still while it fits."""
        top = self._tops.get(key, 0.0)
        if not 0.4 * top <= 1.08 * highest <= top:
            wanted = max(1.08 * highest, 1e-9)
            step = 10.0 ** math.floor(math.log10(wanted))
            top = next(k * step for k in _STEPS if k * step >= wanted * (1 - 1e-9))
        self._tops[key] = top
        return top


def _text(value: float, places: int) -> str:
    if not math.isfinite(value):
        return "\u2013"
    return f"{value:.{places}f}".replace("-", "\u2212")
