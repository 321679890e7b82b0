r"""Figures of a fit that a page and a notebook draw alike."""

from __future__ import annotations

from typing import Any

import numpy as np

from astroviz.plots.fit_film import FitFilm, MeetingClouds
from astroviz.plots.named_bars import NamedBars

__all__ = ["draw_fit", "ensemble_figure", "gain_figure", "ks_figure"]


def ks_figure(name: str, dark: bool = False) -> NamedBars:
    r"""KS of each band and colour, of the fit and of the prior alone.

    Arguments:
        name: Short name, of the model and of saved files.
        dark: Whether the ground is dark.
    """
    series = {"the fit": "posterior", "the prior alone": "prior"}
    return NamedBars(name, "KS of the two distributions", series, dark)


def gain_figure(name: str, dark: bool = False) -> NamedBars:
    """What the data told of each parameter."""
    return NamedBars(
        name, "information gained over the prior (bits)", {"gain": "posterior"}, dark,
        horizontal=True, texts=True,
    )  # fmt: skip


def ensemble_figure(name: str, dark: bool = False) -> NamedBars:
    """How far each member of an ensemble is from the data."""
    series = {"kept": "posterior", "left out": "excess", "the prior alone": "prior"}
    return NamedBars(
        name, "distance over its sampling floor", series, dark, log=True, foot=0.5, texts=True,
        overlap=True,
    )  # fmt: skip


def draw_fit(
    film: FitFilm,
    clouds: MeetingClouds,
    bars: NamedBars,
    scene: Any,
    places: tuple[np.ndarray, np.ndarray],
    labels: tuple[str, str],
) -> None:
    r"""Draw a moment of a fit.

    Arguments:
        film: Its curves.
        clouds: Its photometry.
        bars: A `ks_figure`.
        scene: With `steps`, `curves`, `frame`, `features`, `ks` and `ks_prior`.
        places: Data and model in the two features that are shown, (n, 2) each.
        labels: Of their axes.
    """
    film.update(scene.steps, scene.curves, scene.frame)
    data, model = places
    step = f" at step {scene.steps[scene.frame]:,.0f}" if scene.frame >= 0 else ""
    clouds.update(
        data, model, labels, f"{len(model)} draws of the model and {len(data)} galaxies{step}."
    )
    known = np.concatenate([scene.ks, scene.ks_prior, [0.05]])
    top = 1.15 * float(np.nanmax(known))
    bars.update(
        [name.replace("-", "\u2212") for name in scene.features],
        {"the fit": scene.ks, "the prior alone": scene.ks_prior},
        f"KS of each feature{step}.", top=max(top, 0.1),
    )  # fmt: skip
