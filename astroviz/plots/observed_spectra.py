r"""Observed spectra over the SED panel: a line with its error for each kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, HoverTool, Line, Text, VArea
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import mark, tooltip
from astroviz.plots.theme import Ink

__all__ = ["ObservedSpectra", "spectrum_line"]


def spectrum_line(spectrum: dict[str, Any]) -> dict[str, np.ndarray]:
    r"""One spectrum as it is drawn: :math:`\log_{10} \nu F_\nu` and its error each way.

    Arguments:
        spectrum: `wavelength` (micron), `flux` and `error` (erg/s/cm2), each of shape
            :math:`(px,)`. Bins whose flux is not above its error are left out.

    Returns:
        `x`, `y`, `low`, `high`, each of shape :math:`(px,)`; NaN breaks the line.
    """
    wavelength, flux, error = (
        np.asarray(spectrum[key], dtype=float) for key in ("wavelength", "flux", "error")
    )
    clear = np.isfinite(flux) & (flux > error)
    safe = np.where(clear, flux, 1.0)
    part = np.where(clear, error / safe, 0.0)
    y = np.where(clear, np.log10(safe), np.nan)
    return {
        "x": wavelength,
        "y": y,
        "low": np.where(clear, np.log10(safe * (1 - np.minimum(part, 0.99))), np.nan),
        "high": np.where(clear, np.log10(safe * (1 + part)), np.nan),
    }


class ObservedSpectra:
    r"""Lines of observed spectra on a panel whose height is :math:`\log_{10} \nu F_\nu`.

    Arguments:
        plot: The panel.
        ink: Its colours.
        labels: Kinds of spectra, in the order of `update`.
    """

    def __init__(self, plot: figure, ink: Ink, labels: Sequence[str]) -> None:
        self.labels = tuple(labels)
        empty = {key: as_column([]) for key in ("x", "y", "low", "high")}
        self.sources = {label: ColumnDataSource(dict(empty)) for label in self.labels}
        lines = []
        for label, source in self.sources.items():
            area = VArea(x="x", y1="low", y2="high", fill_alpha=0.35)
            mark(plot, ink, source, area, fill_color=f"survey:{label}")
            line = Line(x="x", y="y", line_width=1.5)
            lines.append(mark(plot, ink, source, line, line_color=f"survey:{label}"))
            lines[-1].name = label
        self.names = ColumnDataSource({"x": [], "y": [], "below": [], "text": []})
        text = Text(x="x", y="y", y_offset="below", text="text", text_baseline="top")
        text.text_font_size = "11px"
        mark(plot, ink, self.names, text, text_color="ink")
        hover = tooltip([("wavelength", "@x{0.000} \u00b5m")], "$name")
        plot.add_tools(HoverTool(renderers=lines, tooltips=hover, mode="vline"))

    def update(self, spectra: Sequence[dict[str, Any]]) -> None:
        r"""Show the spectra of another star.

        Arguments:
            spectra: Each with `label` and what `spectrum_line` takes; kinds that are not among
                them are taken away.
        """
        found = {str(spectrum["label"]): spectrum_line(spectrum) for spectrum in spectra}
        for label, source in self.sources.items():
            columns = found.get(label, {key: np.zeros(0) for key in ("x", "y", "low", "high")})
            put(source, {key: as_column(value) for key, value in columns.items()})
        self._name(found)

    def _name(self, found: dict[str, dict[str, np.ndarray]]) -> None:
        """Write each kind's name under its line, one below the other where they overlap."""
        drawn = [label for label in self.labels
                 if label in found and np.isfinite(found[label]["y"]).any()]  # fmt: skip
        places = []
        for label in drawn:
            clear = np.flatnonzero(np.isfinite(found[label]["y"]))
            k = clear[len(clear) // 2]
            places.append((found[label]["x"][k], found[label]["low"][k]))
        put(self.names, {
            "x": as_column([x for x, _ in places]),
            "y": as_column([y for _, y in places]),
            "below": as_column([12 + 18 * k for k in range(len(places))]),
            "text": drawn,
        })  # fmt: skip
