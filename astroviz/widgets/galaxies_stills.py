r"""Still pictures of a galaxy's light and of a selection, for places where no widget can live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from astroviz.widgets.blank_picture import new_figure, png

__all__ = ["sed_png", "selection_png"]

# Okabe & Ito: told apart by people of any colour vision.
_BLUE, _GREEN, _ORANGE, _GREY = "#0072B2", "#009E73", "#D55E00", "#8B95A1"


def sed_png(sed: Any) -> bytes | None:
    """Spectrum, magnitudes and history of a `galaxies.sed_answers.Sed`."""
    figure = new_figure(9.5, 3.2)
    if figure is None:
        return None
    left, right = figure.subplots(1, 2, width_ratios=(2, 1))
    micron = sed.wavelength / 1e4
    if sed.question.dust:
        left.plot(micron, sed.shown(bare=True), color=_GREEN, lw=0.8, label="without dust")
    left.plot(micron, sed.shown(), color=_BLUE, lw=1, label="spectrum")
    left.plot(sed.centre / 1e4, sed.points(sed.magnitudes), "o", color=_BLUE, ms=5)
    left.set_xscale("log")
    magnitude = sed.question.scale == "magnitude"
    if magnitude:
        left.invert_yaxis()
    left.set_xlabel(f"{sed.question.frame} wavelength (\u00b5m)", fontsize=8)
    left.set_ylabel("AB magnitude" if magnitude else "flux", fontsize=8)
    left.legend(fontsize=7, frameon=False)
    right.fill_between(sed.lookback, sed.rate, color=_BLUE, alpha=0.3)
    if sed.burst is not None:
        right.axvline(sed.burst[0], color=_ORANGE, lw=2)
    right.invert_xaxis()
    right.set_xlabel("lookback time (Gyr)", fontsize=8)
    right.set_ylabel("SFR (Msun/yr)", fontsize=8)
    return png(figure)


def selection_png(seen: Any, labels: Mapping[str, str]) -> bytes | None:
    r"""All and selected galaxies of a `galaxies.selection_answers.Seen`.

    Arguments:
        seen: The answer.
        labels: Name of a quantity to the label of its axis.
    """
    figure = new_figure(9.5, 3.2)
    if figure is None:
        return None
    axes: Any = figure.subplots(1, 3)
    extent = seen.extent
    for counts, colours, alpha in ((seen.everyone, "Greys", 1.0), (seen.chosen, "Blues", 0.8)):
        shown = np.log1p(np.ma.masked_less_equal(counts, 0.0))
        axes[0].imshow(shown, origin="lower", extent=extent, cmap=colours, alpha=alpha,
                       aspect="auto")  # fmt: skip
    a, b, c = (band.rpartition("_")[2] for band in seen.question.plane)
    axes[0].set_xlabel(f"{a} \u2212 {b} (mag)", fontsize=8)
    axes[0].set_ylabel(f"{b} \u2212 {c} (mag)", fontsize=8)
    for axis, name in zip(axes[1:], ("redshift", "log_mass"), strict=True):
        counted = seen.counted[name]
        for heights, colour in zip(counted.densities(), (_GREY, _BLUE), strict=True):
            axis.stairs(heights, counted.edges, color=colour, fill=True, alpha=0.5)
        axis.set_xlabel(labels[name], fontsize=8)
    return png(figure)
