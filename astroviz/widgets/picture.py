r"""A still picture of a view of stars, for places where no widget can live: mail, PDF, GitHub."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from astroviz.core.draws import Draws
    from astroviz.plots.road import Panel
    from astroviz.stars.explorer import StarsExplorer

__all__ = ["road_png", "star_png"]

# Okabe & Ito: told apart by people of any colour vision.
_BLUE, _ORANGE, _GREY, _BLACK = "#0072B2", "#E69F00", "#999999", "#000000"
_SHOWN = 2000  # draws; more are dots upon dots


def road_png(
    titles: Sequence[str],
    labels: tuple[str, str],
    panels: Sequence[Panel],
    truth: tuple[float, float] | None,
    dpi: int = 100,
) -> bytes | None:
    """What each model says of a star, side by side, as PNG; None without matplotlib."""
    figure = _new_figure((11, 3.2))
    if figure is None:
        return None
    axes = figure.subplots(1, len(panels), sharex=True, sharey=True, squeeze=False)[0]
    for one, title, panel in zip(axes, titles, panels, strict=True):
        one.set_title(title, fontsize=9)
        one.set_xlabel(labels[0], fontsize=8)
        if panel.draws is not None:
            one.scatter(*panel.draws[:_SHOWN].T, 1.5, color=_BLUE, alpha=0.4)
        if panel.point is not None:
            one.plot(*panel.point, "D", ms=7, color=_BLUE, label="point")
        if panel.sentence:
            words = textwrap.fill(panel.sentence, 28)
            one.text(0.5, 0.5, words, fontsize=8, ha="center", va="center",
                     transform=one.transAxes)  # fmt: skip
        if truth is not None and not panel.sentence:
            one.plot(*truth, "*", ms=10, color=_ORANGE, label="truth")
    axes[0].set_ylabel(labels[1], fontsize=8)
    if axes[0].get_legend_handles_labels()[0]:
        axes[0].legend(fontsize=7, frameon=False)
    return _saved(figure, dpi)


def star_png(explorer: StarsExplorer, draws: Draws | None, dpi: int = 100) -> bytes | None:
    """SED and corner plot of the current star as PNG; None where matplotlib is not there."""
    figure = _new_figure((11, 4.8))
    if figure is None:
        return None
    halves: Any = figure.subfigures(1, 2, width_ratios=(1, 1.1))
    left, right = halves
    _sed(left.add_subplot(), explorer.sed(draws))
    if draws is not None and len(draws):
        _corner(right, explorer, draws)
        figure.suptitle(f"{explorer.title()}\n{explorer.summary(draws).text()}", fontsize=9)
    else:
        figure.suptitle(explorer.title(), fontsize=9)
    return _saved(figure, dpi)


def _new_figure(size: tuple[float, float]) -> Any:
    """An empty picture; None where matplotlib is not there."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return None
    # A Figure of its own, not pyplot: the user's own figures and backend are left alone.
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _saved(figure: Any, dpi: int) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=dpi)
    return out.getvalue()


def _sed(axes: Any, parts: dict[str, np.ndarray]) -> None:
    """Fluxes that were seen, limits, the predicted band and the curves."""
    wavelength = parts["wavelength"]
    order = np.argsort(wavelength)
    if "band_q50" in parts:
        edges = parts["band_q025"][order], parts["band_q975"][order]
        axes.fill_between(wavelength[order], *edges, color=_BLUE, alpha=0.2, lw=0, label="95 %")
    for name, colour, style in (
        ("photosphere", _GREY, "--"),
        ("dusty", _BLUE, "-"),
        ("excess", _ORANGE, ":"),
    ):
        if name in parts and (parts[name] > 0).any():
            line = np.where(parts[name] > 0, parts[name], np.nan)
            axes.plot(parts["curve_wavelength"], line, style, color=colour, lw=1, label=name)
    seen = parts["used"] & ~parts["limit"]
    spread = np.abs(np.stack([parts["flux"] - parts["flux_lower"], parts["flux_upper"]
                              - parts["flux"]]))  # fmt: skip
    axes.errorbar(
        wavelength[seen], parts["flux"][seen], spread[:, seen], fmt="o", ms=4, color=_BLACK
    )
    limit = parts["used"] & parts["limit"]
    axes.plot(wavelength[limit], parts["flux"][limit], "v", ms=6, color=_BLACK, label="limit")
    axes.set(xscale="log", yscale="log", xlabel="wavelength (micron)")
    axes.set_ylabel(r"$\nu F_\nu$ (erg s$^{-1}$ cm$^{-2}$)")
    flux = parts["flux"][parts["used"]]
    if len(flux):
        axes.set_ylim(flux.min() / 10, flux.max() * 5)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=7, frameon=False)


def _corner(figure: Any, explorer: StarsExplorer, draws: Draws) -> None:
    """Histograms and clouds of the chosen parameters, the truth as lines."""
    names = list(explorer.corner)
    weights, truth = explorer.reweight(draws).weights, explorer.truth()
    axes = figure.subplots(len(names), len(names), squeeze=False)
    for i, below in enumerate(names):
        for j, left in enumerate(names):
            panel = axes[i, j]
            if j > i:
                panel.set_visible(False)
                continue
            if i == j:
                column = draws[left]
                here = np.isfinite(column)
                panel.hist(column[here], 40, weights=weights[here], color=_BLUE, alpha=0.6)
                panel.set_yticks([])
            else:
                few = slice(0, _SHOWN)
                size = 1.5 * weights[few] / max(weights[few].max(), 1e-12)
                panel.scatter(draws[left][few], draws[below][few], size, color=_BLUE, alpha=0.4)
                if below in truth and "truth" in explorer.overlays:
                    panel.axhline(truth[below], color=_ORANGE, lw=1)
            if left in truth and "truth" in explorer.overlays:
                panel.axvline(truth[left], color=_ORANGE, lw=1)
            panel.tick_params(labelsize=6, labelbottom=i == len(names) - 1, labelleft=0 == j < i)
            if i == len(names) - 1:
                panel.set_xlabel(_label(draws, left), fontsize=7)
            if j == 0 and i > 0:
                panel.set_ylabel(_label(draws, below), fontsize=7)


def _label(draws: Draws, name: str) -> str:
    unit = draws.units[draws.names.index(name)]
    return f"{name} ({unit})" if unit else name
