r"""Figures of lensing that a page and a notebook draw alike, curve for curve."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from astroviz.plots.curves import Curve, Curves

__all__ = [
    "chirp_figure",
    "coverage_figure",
    "draw_coverage",
    "flag_figure",
    "power_figure",
    "rounds_figure",
]

_COVERED = {"map": "noise map as it is", "gaussian": "Gaussian noise", "learned": "learned noise"}


def chirp_figure(name: str, dark: bool = False, **options: Any) -> Curves:
    r"""A noisy series with the chirps that fit it.

    Arguments:
        name: Short name, of the model and of saved files.
        dark: Whether the ground is dark.
        options: Of `Curves`.
    """
    curves = [
        Curve("Gaussian, 90 %", "pinned", "band", alpha=0.35),
        Curve("learned, 90 %", "posterior", "band", alpha=0.45),
        Curve("data", "points", width=1.0),
        Curve("true chirp", "truth", dash="dashed", width=1.75),
    ]
    return Curves(name, "time (s)", "strain (whitened)", curves, dark, **options)


def coverage_figure(name: str, dark: bool = False, **options: Any) -> Curves:
    """Truths inside intervals under Gaussian and under learned noise; see `chirp_figure`."""
    curves = [
        Curve("95 % band", "prior", "band", alpha=0.4),
        Curve("exact", "line", dash="dotted", width=1.0),
        Curve("noise map as it is", "excess", dash="dotted"),
        Curve("Gaussian noise", "pinned", dash="dashed"),
        Curve("learned noise", "posterior"),
    ]
    labels = "credibility of the interval", "truths inside (fraction)"
    return Curves(name, *labels, curves, dark, **options)


def flag_figure(name: str, dark: bool = False, **options: Any) -> Curves:
    """PQMass of prior against posterior draws, beside exchanges of their labels."""
    curves = [
        Curve("if prior and posterior were one", "prior", "bars", alpha=0.55),
        Curve("1 % of exchanges lie beyond", "line", dash="dotted", width=1.5),
        Curve("measured", "truth", width=2.5),
    ]
    labels = "PQMass \u03c7\u00b2 / degrees of freedom", "exchanges of labels (fraction per unit)"
    return Curves(name, *labels, curves, dark, **options)


def power_figure(name: str, dark: bool = False, **options: Any) -> Curves:
    """Power of what a model leaves over, beside that of noise."""
    curves = [
        Curve("noise of this frame, 68 %", "prior", "band", alpha=0.45),
        Curve("noise map as it is", "line", dash="dotted", width=1.25),
        Curve("residual, classic fit", "pinned", dash="dashed"),
        Curve("residual, score prior", "posterior"),
    ]
    labels = "spatial frequency (cycles / arcsec)", "power (noise map = 1)"
    return Curves(name, *labels, curves, dark, **options)


def rounds_figure(name: str, dark: bool = False, **options: Any) -> Curves:
    """PQMass from round to round of a prior that learns.

    Example:
        >>> sorted(rounds_figure("rounds").curves)[0]
        'one law, 95 %'
    """
    curves = [
        Curve("one law, 95 %", "prior", "band", alpha=0.4),
        Curve("round that is shown", "selection", dash="dotted", width=1.5),
        Curve("prior / its posterior draws (stop rule)", "pinned", "points", dash="dashed"),
        Curve("posterior draws / truth", "excess", "points", dash="dotted"),
        Curve("prior / truth", "posterior", "points"),
    ]
    labels = "round", "PQMass \u03c7\u00b2 / degrees of freedom"
    return Curves(name, *labels, curves, dark, y_axis_type="log", **options)


def draw_coverage(chart: Curves, found: Mapping[str, Any]) -> None:
    r"""Draw measured coverage into a `coverage_figure`.

    Arguments:
        chart: The figure.
        found: `levels`, `band`, `words`, `title` and the coverage under each kind of noise, as
            arrays; empty where nothing was measured.
    """
    ends = (0.0, 1.0)
    if not found:
        chart.update({}, "Coverage has not been measured.", ends, ends)
        chart.figure.title.text = "not measured yet"
        return
    levels = found["levels"]
    values = {"95 % band": (levels, *found["band"]), "exact": (ends, ends)}
    for name, label in _COVERED.items():
        if found.get(name) is not None:
            values[label] = (levels, found[name])
    chart.update(values, found["words"], ends, ends)
    chart.figure.title.text = found["title"]
