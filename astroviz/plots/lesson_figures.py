r"""Figures of the lessons of galaxies that a page and a notebook draw alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from astroviz.plots.curves import Curve, Curves
from astroviz.plots.named_bars import NamedBars

__all__ = [
    "cost_figure",
    "descent_figure",
    "distance_figure",
    "draw_descent",
    "draw_distances",
    "draw_stacking",
    "singles_figure",
    "stacking_bars",
    "stacking_figure",
]

_LOOKS = {
    "Kullback-Leibler": ("truth", "dashed"),
    "Jensen-Shannon": ("excess", "dotdash"),
    "Sinkhorn": ("posterior", "solid"),
    "Wasserstein": ("pinned", "dotted"),  # on top of the one that it often coincides with
}
_TOP = 3.2


def distance_figure(name: str, dark: bool = False) -> Curves:
    r"""Each measure over the separation, with the present one marked.

    Arguments:
        name: Short name, of the model and of saved files.
        dark: Whether the ground is dark.

    Example:
        >>> sorted(distance_figure("toy").curves)[0]
        'Jensen-Shannon'
    """
    curves = [Curve("_here", "selection", dash="dotted", width=1.5), *_measures()]
    labels = "place of the model", "distance, or divergence (nats)"
    return Curves(name, *labels, curves, dark, legend="top_left")


def descent_figure(name: str, dark: bool = False) -> Curves:
    """Where gradient descent on each measure goes."""
    curves = [Curve("there", "goal", dash="dashed", width=1.25), *_measures()]
    return Curves(name, "steps of gradient descent", "place of the model", curves, dark)


def cost_figure(name: str, dark: bool = False) -> NamedBars:
    """Processor time of each way for a whole survey."""
    series = {"published": "prior", "here": "posterior"}
    return NamedBars(
        name, "processor time for the survey (hours)", series, dark, horizontal=True, log=True,
        foot=1e-3, texts=True, overlap=True,
    )  # fmt: skip


def stacking_figure(name: str, dark: bool = False) -> Curves:
    """The populations that are made of a catalogue, over the true one."""
    curves = [
        Curve("truth", "prior", "band", alpha=0.4),
        Curve("multiplied (not to scale)", "limit", dash="dotdash", width=1.5),
        Curve("stacked", "truth", dash="dashed"),
        Curve("hierarchical", "literature", dash="dotted"),
        Curve("population", "posterior"),
    ]
    return Curves(name, "stellar mass, log M* / Msun", "galaxies per dex (fraction)", curves, dark)


def singles_figure(name: str, dark: bool = False, count: int = 40) -> Curves:
    """Posteriors of single galaxies."""
    curves = [Curve(f"_{k}", "points", width=0.75) for k in range(count)]
    labels = "stellar mass, log M* / Msun", "posterior density (1 / dex)"
    return Curves(name, *labels, curves, dark, legend="")


def stacking_bars(name: str, dark: bool = False) -> NamedBars:
    """How far each of them is from the truth."""
    return NamedBars(
        name, "Wasserstein distance to the truth (dex)", {"distance": "posterior"}, dark,
        texts=True,
    )  # fmt: skip


def draw_stacking(
    populations: Curves, singles: Curves, bars: NamedBars, scene: Any, names: Mapping[str, str]
) -> None:
    r"""Draw a catalogue and its populations.

    Arguments:
        populations: A `stacking_figure`.
        singles: A `singles_figure`.
        bars: A `stacking_bars`.
        scene: With `mock`, `answers` and `singles`, as arrays.
        names: Method to what it is called.
    """
    grid, truth, answers = scene.mock.grid, scene.mock.density, scene.answers
    top = 1.9 * float(truth.max())
    seen = np.flatnonzero(truth > 1e-3 * truth.max())
    ends = (float(grid[seen[0]]) - 0.5, float(grid[seen[-1]]) + 0.5)
    spike = answers["multiply"].density
    values: dict[str, tuple[Any, ...]] = {
        "truth": (grid, np.zeros(len(grid)), truth),
        "multiplied (not to scale)": (grid, 0.95 * top * spike / spike.max()),
    }
    values |= {name: (grid, answers[name].density) for name in answers if name != "multiply"}
    values = {("stacked" if name == "stack" else name): found for name, found in values.items()}
    parts = ", ".join(f"{names[name]} {one.distance:.3f}" for name, one in answers.items())
    words = (
        f"Populations of {len(scene.mock.seen):,} galaxies; distance to the truth: {parts} dex."
    )
    populations.update(values, words, ends, (0.0, top))
    found = {f"_{k}": (grid, one) for k, one in enumerate(scene.singles)}
    height = 1.08 * float(scene.singles.max())
    singles.update(
        found, f"Posteriors of {len(scene.singles)} single galaxies.", ends, (0.0, height)
    )
    bars.update(
        [names[name] for name in answers],
        {"distance": [one.distance for one in answers.values()]},
        "Distance of each population to the truth, dex.",
    )  # fmt: skip


def draw_distances(
    chart: Curves, places: np.ndarray, curves: Mapping[str, np.ndarray], apart: float
) -> None:
    """Draw measures over the separation into a `distance_figure`."""
    values: dict[str, tuple[Any, ...]] = {name: (places, curve) for name, curve in curves.items()}
    values["_here"] = ([apart, apart], [0.0, _TOP])
    at = {name: float(np.interp(apart, places, curve)) for name, curve in curves.items()}
    words = ", ".join(f"{name} {number:.3g}" for name, number in at.items())
    ends = (float(places[0]), float(places[-1]))
    chart.update(values, f"At {apart:.2f}: {words}.", ends, (-0.06, _TOP))


def draw_descent(
    chart: Curves, paths: Mapping[str, np.ndarray], goal: float, farthest: float
) -> None:
    """Draw descents into a `descent_figure`."""
    steps = np.arange(max(len(path) for path in paths.values()), dtype=float)
    values: dict[str, tuple[Any, ...]] = {name: (steps, path) for name, path in paths.items()}
    values["there"] = ([0.0, steps[-1]], [goal, goal])
    ends = {name: path[np.isfinite(path)][-1] for name, path in paths.items()}
    words = ", ".join(f"{name} ends at {place:.2f}" for name, place in ends.items())
    chart.update(values, f"Descent: {words}.", (0.0, float(steps[-1])), (-0.5, farthest + 0.1))


def _measures() -> list[Curve]:
    return [Curve(name, role, dash=dash) for name, (role, dash) in _LOOKS.items()]
