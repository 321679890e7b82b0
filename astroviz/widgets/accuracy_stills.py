r"""Still pictures of maps, comparisons and shifts, for places where no widget can live."""

from __future__ import annotations

from typing import Any

import numpy as np

from astroviz.widgets.blank_picture import new_figure, png

__all__ = ["compare_png", "landscape_png", "shift_png"]

# Okabe & Ito: told apart by people of any colour vision.
_BLUE, _PURPLE, _GREEN, _GREY = "#0072B2", "#CC79A7", "#009E73", "#8B95A1"


def landscape_png(scene: Any, place: int) -> bytes | None:
    r"""The map, and where truths rank about a place of it.

    Arguments:
        scene: An `accuracy.landscape_scene.LandscapeScene`.
        place: The place that is looked at.
    """
    figure = new_figure(9, 3.6)
    if figure is None:
        return None
    land, near = scene.land, scene.valley(place)
    plane, ranks = figure.subplots(1, 2, width_ratios=(1.4, 1))
    end = float(np.nanpercentile(np.abs(scene.tint), 98)) or 1.0
    dots = plane.scatter(*land.places.T, c=scene.tint, s=9, cmap="PuOr", vmin=-end, vmax=end)
    plane.scatter(*land.places[near].T, s=22, facecolors="none", edgecolors="k", linewidths=0.6)
    figure.colorbar(dots, ax=plane).set_label(scene.tint_words, fontsize=8)
    plane.set_xlabel(scene.x, fontsize=8)
    plane.set_ylabel(scene.y, fontsize=8)
    if scene.sky:
        plane.invert_xaxis()
    if scene.y.startswith(("G (", "absolute")):
        plane.invert_yaxis()
    ranks.hist(scene.ranks[near], np.linspace(0, 1, 11), density=True, color=_BLUE, alpha=0.6)
    ranks.axhline(1, color=_GREY, ls=":")
    ranks.set_xlabel("rank of the truth among the draws, in the valley", fontsize=8)
    return png(figure)


def compare_png(scene: Any) -> bytes | None:
    """Scores as objects come in, and their difference (a `compare_scene.CompareScene`)."""
    figure = new_figure(9, 3.2)
    if figure is None:
        return None
    found = scene.found
    growth, apart = figure.subplots(1, 2)
    for k, (which, colour) in enumerate((("A", _BLUE), ("B", _PURPLE))):
        mean, error = found.running[k], found.running_error[k]
        growth.fill_between(found.count, mean - error, mean + error, color=colour, alpha=0.3)
        growth.plot(found.count, mean, color=colour, label=which)
    growth.axhline(found.expected, color=_GREEN, ls="--", label="a right posterior")
    growth.set(xscale="log", ylim=(found.running.min() - 0.02, found.running.max() + 0.02))
    growth.set_xlabel("objects that are in", fontsize=8)
    growth.set_ylabel("MIRA score", fontsize=8)
    growth.legend(fontsize=7, frameon=False)
    apart.hist(found.repeats, 40, color=_GREY)
    apart.axvline(0, color=_GREEN, ls="--")
    apart.set_xlabel("|A \u2212 right| \u2212 |B \u2212 right|, score", fontsize=8)
    return png(figure)


def shift_png(found: Any, x: int, y: int) -> bytes | None:
    r"""The plane of two columns, PQMass, importance of columns.

    Arguments:
        found: An `accuracy.shift_case.ShiftFound`.
        x: Number of the horizontal column.
        y: Number of the vertical column.
    """
    figure = new_figure(11, 3.2)
    if figure is None:
        return None
    case, pqm, told = found.case, found.population, found.classifier
    plane, cells, bars = figure.subplots(1, 3)
    plane.scatter(case.known[:, x], case.known[:, y], 8, facecolors="none", edgecolors=_GREY)
    plane.scatter(case.asked[:, x], case.asked[:, y], 9, c=found.objects.ood_scores,
                  cmap="cividis_r", vmin=0, vmax=1.5)  # fmt: skip
    plane.set_xlabel(case.labels[x], fontsize=8)
    plane.set_ylabel(case.labels[y], fontsize=8)
    cells.hist(pqm.chi_square / pqm.dof, 24, color=_BLUE, alpha=0.6, density=True)
    cells.hist(pqm.permuted / pqm.dof, 24, color=_GREY, alpha=0.6, density=True)
    cells.set_xlabel("PQMass chi\u00b2 / degrees of freedom", fontsize=8)
    if told is not None:
        order = np.argsort(told.importance)[-8:]
        bars.barh([case.names[k] for k in order], told.importance[order],
                  xerr=told.importance_error[order], color=_BLUE, alpha=0.7)  # fmt: skip
        bars.tick_params(labelsize=7)
    bars.set_xlabel("fall of the area when shuffled", fontsize=8)
    return png(figure)
