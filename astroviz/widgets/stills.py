r"""Still pictures of questions, surveys, maps and adaptations, where no widget can live."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from astroviz.plots.ridgelines import ridges, scale_of
from astroviz.stars.adaptation_scores import SHOWN
from astroviz.stars.conditional_view import LARGEST
from astroviz.widgets.blank_picture import new_figure, png

if TYPE_CHECKING:
    from astroviz.core.draws import Draws
    from astroviz.stars.adaptation_explorer import AdaptationExplorer
    from astroviz.stars.adaptation_shown import Recovered
    from astroviz.stars.explorer import StarsExplorer
    from astroviz.stars.information import Gain
    from astroviz.stars.maps_view import Shown, StarMaps
    from astroviz.stars.parameters import Parameter

__all__ = ["adaptation_png", "maps_png", "question_png", "surveys_png"]

# Okabe & Ito: told apart by people of any colour vision.
_BLUE, _ORANGE, _BLACK = "#0072B2", "#E69F00", "#000000"
_SHOWN = 2000  # draws; more are dots upon dots


def question_png(explorer: StarsExplorer, draws: Draws | None) -> bytes | None:
    """The corner plot of what is wanted, the question above it."""
    figure = new_figure(7, 6)
    if figure is None:
        return None
    kind, question = explorer.asked_words()
    said = "" if draws is None else f"\n{explorer.answer_words(draws)}"
    figure.suptitle(f"{explorer.title()}: {kind}\n{question}{said}", fontsize=8)
    if draws is not None and len(draws):
        _corner(figure, draws, list(draws.names[:LARGEST]))
    return png(figure, 100)


def _corner(figure: Any, draws: Draws, names: Sequence[str]) -> None:
    axes = figure.subplots(len(names), len(names), squeeze=False)
    labels = [f"{n} ({u})" if u else n for n, u in zip(draws.names, draws.units, strict=True)]
    for i, below in enumerate(names):
        for j, left in enumerate(names):
            panel = axes[i, j]
            panel.set_visible(j <= i)
            column = draws[left]
            if i == j:
                panel.hist(column[np.isfinite(column)], 40, color=_BLUE, alpha=0.6)
                panel.set_yticks([])
            elif j < i:
                few = slice(0, _SHOWN)
                panel.scatter(column[few], draws[below][few], 1.5, color=_BLUE, alpha=0.4)
            panel.tick_params(labelsize=6, labelbottom=i == len(names) - 1, labelleft=0 == j < i)
            if i == len(names) - 1:
                panel.set_xlabel(labels[j], fontsize=7)
            if j == 0 and i > 0:
                panel.set_ylabel(labels[i], fontsize=7)


def surveys_png(
    explorer: StarsExplorer,
    arrived: Sequence[str],
    columns: Sequence[np.ndarray | None],
    axis: Any,
    gain: Gain | None,
) -> bytes | None:
    """Ridges of one parameter while surveys arrive, and the bars of the gain if it is known."""
    figure = new_figure(11, 4.8)
    if figure is None:
        return None
    figure.suptitle(f"{explorer.title()}: the posterior while surveys arrive", fontsize=9)
    left, right = figure.subplots(1, 2, width_ratios=(1.2, 1))
    scale = scale_of(axis)
    for k, ridge in enumerate(ridges(columns, scale)):
        if len(ridge.grid):
            base, height = -float(k), 0.86 * ridge.density / ridge.density.max()
            left.fill_between(ridge.grid, base, base + height, color=_BLUE, alpha=0.5)
    left.set_yticks([-float(k) for k in range(len(arrived))], list(arrived), fontsize=8)
    if scale.ticks:
        ticks = np.log10(np.array(scale.ticks))
        left.set_xticks(ticks, [f"{tick:g}" for tick in scale.ticks], fontsize=7)
    left.set(xlabel=scale.label, xlim=scale.bounds)
    _gain_bars(right, gain)
    return png(figure, 100)


def _gain_bars(axes: Any, gain: Gain | None) -> None:
    axes.set_xlabel("expected information gain (bits)")
    if gain is None:
        axes.set_yticks([])
        return
    names = [f"{p}: {s}" for p in gain.parameters for s in gain.surveys]
    places = -np.arange(len(names))
    axes.barh(places, gain.bits.T.ravel(), xerr=gain.errors.T.ravel(), color=_ORANGE)
    axes.set_yticks(places, names, fontsize=7)


def maps_png(maps: StarMaps, shown: Shown | None) -> bytes | None:
    """The map from above and the posteriors over isochrones."""
    figure = new_figure(11, 4.8)
    if figure is None:
        return None
    label = maps.explorer.catalogue.label
    count = 0 if shown is None else len(shown.rows)
    figure.suptitle(f"{label}: {count:,} stars", fontsize=9)
    left, right = figure.subplots(1, 2)
    left.set(xlabel="X, towards the Galactic centre (pc)",
             ylabel="Y, in the direction of rotation (pc)")  # fmt: skip
    if shown is not None and shown.above is not None:
        half = shown.above.half_width
        left.imshow(_dark(shown.above.stars), origin="lower", extent=(-half, half, -half, half),
                    cmap="Blues", aspect="equal")  # fmt: skip
        left.plot(0, 0, "o", color=_BLACK, ms=4)
    if shown is not None:
        density = shown.density
        right.imshow(_dark(density.stars), origin="lower", cmap="Blues", aspect="auto",
                     extent=(*density.log_teff, *density.log_luminosity))  # fmt: skip
    for text, teff, lum in maps.isochrones():
        right.plot(np.log10(teff), lum, color=_BLACK, lw=0.8, alpha=0.7, label=text)
    right.set(xlim=(4.22, 3.22), ylim=(-3.8, 2.65), xlabel="log10 effective temperature (K)",
              ylabel="log luminosity (solar)")  # fmt: skip
    return png(figure, 100)


def adaptation_png(explorer: AdaptationExplorer) -> bytes | None:
    """The latent space, and truth against posterior mean without and with the adaptation."""
    figure = new_figure(12, 4.2)
    if figure is None:
        return None
    figure.suptitle(f"{explorer.title()}\n{explorer.sentence()}", fontsize=9)
    place, *sides = figure.subplots(1, 3)
    latent = explorer.latent()
    looks = ((0, "o", _BLUE, "simulated"), (1, "D", _ORANGE, "real"))
    for domain, marker, colour, label in looks:
        here = latent.domain == domain
        place.plot(latent.x[here], latent.y[here], marker, ms=3.5, color=colour, label=label,
                   mfc="none" if domain == 0 else colour)  # fmt: skip
    place.set(xlim=latent.x_range, ylim=latent.y_range)
    place.set_xlabel(latent.x_label, fontsize=8)
    place.set_ylabel(latent.y_label, fontsize=8)
    place.legend(fontsize=7, frameon=False)
    axis = next(p for p in SHOWN if p.name == explorer.parameter)
    for panel, name in zip(sides, ("left", "right"), strict=True):
        _recovered(panel, explorer.recovery(name), axis)
    return png(figure, 100)


def _recovered(axes: Any, found: Recovered, axis: Parameter) -> None:
    real = (found.domain == 1) & np.isfinite(found.truth)
    ends = (axis.lower, axis.upper)
    spread = np.stack([found.mean - found.low, found.high - found.mean])[:, real].clip(0)
    axes.errorbar(found.truth[real], found.mean[real], spread, fmt="D", ms=2.5, color=_ORANGE,
                  elinewidth=0.5)  # fmt: skip
    axes.plot(ends, ends, "--", color=_BLACK, lw=0.8)
    axes.set_title(f"{found.title}\n{found.text}", fontsize=7)
    label = f"{axis.label} ({axis.unit})" if axis.unit else axis.label
    axes.set(xlim=ends, ylim=ends)
    axes.set_xlabel(f"true {label}", fontsize=8)
    axes.set_ylabel(f"posterior mean of {label}", fontsize=8)


def _dark(stars: np.ndarray) -> np.ndarray:
    """The logarithm, from a three-hundredth of the peak on; NaN below, which is left clear."""
    share = stars / max(float(stars.max()), 1e-12)
    found: np.ndarray = np.log(np.where(share > 1 / 300, share, np.nan))
    return found
