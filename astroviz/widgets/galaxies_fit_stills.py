r"""Still pictures of lessons and fits of galaxies, for places where no widget can live."""

from __future__ import annotations

from typing import Any

import numpy as np

from astroviz.widgets.blank_picture import new_figure, png

__all__ = ["cost_png", "fit_png", "stacking_png", "toy_png"]

# Okabe & Ito: told apart by people of any colour vision.
_BLUE, _GREEN, _ORANGE, _GREY, _BLACK = "#0072B2", "#009E73", "#D55E00", "#8B95A1", "#1C2530"


def toy_png(scene: Any) -> bytes | None:
    """Clouds with their plan, the measures over the separation, the descents."""
    figure = new_figure(11, 3.0)
    if figure is None:
        return None
    plan, curves, paths = figure.subplots(1, 3)
    for line, strength in zip(scene.lines, scene.strengths, strict=True):
        plan.plot(*line.T, color=_ORANGE, lw=0.6, alpha=0.7 * float(strength))
    plan.plot(*scene.data.T, "o", color=_BLACK, ms=3, label="data")
    plan.plot(*scene.model.T, "s", color=_BLUE, ms=3, label="model")
    plan.legend(loc="upper right", fontsize=7, frameon=False)
    for name, values in scene.curves.items():
        curves.plot(scene.places, values, label=name)
    curves.set_ylim(0, 3.2)
    curves.set_xlabel("place of the model", fontsize=8)
    curves.legend(loc="upper right", fontsize=7, frameon=False)
    for path in scene.paths.values():
        paths.plot(path)
    paths.set_xlabel("steps of gradient descent", fontsize=8)
    paths.set_ylabel("place of the model", fontsize=8)
    return png(figure)


def stacking_png(scene: Any) -> bytes | None:
    """The populations that are made of a catalogue, over the true one."""
    figure = new_figure(7, 3.0)
    if figure is None:
        return None
    axes = figure.subplots()
    grid, truth = scene.mock.grid, scene.mock.density
    axes.fill_between(grid, truth, color=_GREY, alpha=0.5, label="truth")
    looks = (("stack", _ORANGE, "--"), ("hierarchical", _GREEN, ":"), ("population", _BLUE, "-"))
    for name, colour, dash in looks:
        axes.plot(grid, scene.answers[name].density, dash, color=colour, label=name)
    axes.set_xlabel("log M* / Msun", fontsize=8)
    axes.set_ylabel("galaxies per dex", fontsize=8)
    axes.legend(loc="upper right", fontsize=7, frameon=False)
    return png(figure)


def cost_png(scene: Any) -> bytes | None:
    """Processor time of each way."""
    figure = new_figure(8, 0.8 + 0.5 * len(scene.names))
    if figure is None:
        return None
    axes = figure.subplots()
    for row in range(len(scene.names)):
        for series, colour in (("published", _GREY), ("here", _BLUE)):
            hours = float(scene.hours[series][row])
            if np.isfinite(hours):
                axes.barh(row, hours, color=colour)
    axes.set_yticks(range(len(scene.names)), scene.names, fontsize=8)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlabel("processor hours for the survey", fontsize=8)
    return png(figure)


def fit_png(scene: Any, places: tuple[np.ndarray, np.ndarray], labels: Any) -> bytes | None:
    r"""The film, the clouds and the KS figures of a fit.

    Arguments:
        scene: A `galaxies.fit_scene.FitScene`.
        places: Data and model in the two features that are shown.
        labels: Of their axes.
    """
    figure = new_figure(11, 3.0)
    if figure is None or scene.frame < 0:
        return None
    film, clouds, bars = figure.subplots(1, 3)
    for name in ("distance", "floor"):
        if name in scene.curves:
            film.plot(scene.steps, scene.curves[name], label=name)
    film.axvline(scene.steps[scene.frame], color=_BLACK, lw=0.8)
    film.set_yscale("log")
    film.set_xlabel("step of the fit", fontsize=8)
    film.legend(loc="upper right", fontsize=7, frameon=False)
    data, model = places
    clouds.plot(*data.T, "o", color=_GREY, ms=2, label="survey")
    clouds.plot(*model.T, "s", color=_BLUE, ms=2, label="model")
    clouds.set_xlabel(labels[0], fontsize=8)
    clouds.set_ylabel(labels[1], fontsize=8)
    clouds.legend(loc="upper right", fontsize=7, frameon=False)
    at = np.arange(len(scene.features))
    bars.bar(at - 0.2, scene.ks, 0.4, color=_BLUE, label="the fit")
    bars.bar(at + 0.2, np.nan_to_num(scene.ks_prior), 0.4, color=_GREY, label="the prior alone")
    bars.set_xticks(at, scene.features, fontsize=7)
    bars.set_ylabel("KS", fontsize=8)
    bars.legend(loc="upper right", fontsize=7, frameon=False)
    return png(figure)
