r"""Still pictures of orientations where no widget can live: laws side by side, curves, a pose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from astroviz.widgets.blank_picture import new_figure, png
from astroviz.widgets.sphere_still import draw_sphere

if TYPE_CHECKING:
    from astroviz.orientations.curves import Correlation

__all__ = ["correlations_png", "fewer_points", "pose_png"]

# Okabe & Ito: told apart by people of any colour vision.
_BLUE, _GREY = "#0072B2", "#8b95a1"


def fewer_points(sphere: Any, count: int, **changes: Any) -> dict[str, Any]:
    r"""What a sphere holds, with the first of its points only: a still picture is small.

    Arguments:
        sphere: A sphere's face.
        count: Points that are kept.
        changes: Values to put in place of the sphere's own.
    """
    names = (
        "title", "points", "rings", "density", "density_max", "density_scale", "tilt_period",
        "show_points", "show_density", "show_rings",
    )  # fmt: skip
    state = {name: getattr(sphere, name) for name in names}
    return {**state, "points": state["points"][: 16 * count], **changes}


def correlations_png(
    curves: Mapping[str, Correlation], words: Mapping[str, str], dpi: int = 90
) -> bytes | None:
    r"""Measured correlations over the band of their truth; None without matplotlib.

    Arguments:
        curves: Measurements by kind, with their truths where there are any.
        words: How each compares with its truth, for its title.
        dpi: Pixels per inch.
    """
    figure = new_figure(9.0, 3.4)
    if figure is None or not curves:
        return None
    panels = figure.subplots(1, len(curves), squeeze=False)[0]
    for axes, (kind, one) in zip(panels, curves.items(), strict=True):
        _curve(axes, one)
        axes.set_title(f"{one.label}: {words.get(kind, '')}", fontsize=9)
    panels[0].legend(fontsize=8, frameon=False)
    return png(figure, dpi)


def _curve(axes: Any, one: Correlation) -> None:
    axes.axhline(0.0, color=_GREY, lw=0.8)
    if one.truth is not None:
        value, error = one.truth.value, one.truth.error
        axes.fill_between(one.r, value - error, value + error, color=_GREY, alpha=0.45, lw=0,
                          label="exact law, ± noise of one draw")  # fmt: skip
    axes.errorbar(one.r, one.value, one.error, fmt="o", ms=4, color=_BLUE, lw=1.2,
                  label="measured, jackknife errors")  # fmt: skip
    unit = f" ({one.unit})" if one.unit else ""
    across = "r_p" if one.pi_max is not None else "r"
    axes.set(xscale="log", ylabel=f"{one.label}{unit}")
    axes.set_xlabel(f"{across} (Mpc/h)\n{one.conventions}", fontsize=8)


def pose_png(picture: np.ndarray, sphere: Mapping[str, Any], title: str) -> bytes | None:
    r"""A picture of a solid beside the density of its pose; None without matplotlib.

    Arguments:
        picture: Brightness, top row first, shape :math:`(32, 32)`.
        sphere: What the sphere holds.
        title: What the picture is.
    """
    figure = new_figure(8.0, 3.0)
    if figure is None:
        return None
    left, right = figure.subplots(1, 2, width_ratios=(1, 2.6))
    left.imshow(picture, cmap="gray", vmin=0, vmax=1)
    left.set_axis_off()
    left.set_title(title, fontsize=10)
    draw_sphere(figure, right, sphere)
    return png(figure, 90)
