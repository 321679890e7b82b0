r"""A still picture of a sphere, for places where no widget can live: mail, PDF, GitHub."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from astroviz.plots.orientation_colours import cyclic, density_ramp
from astroviz.plots.sphere import mollweide, mollweide_grid

__all__ = ["draw_sphere", "sphere_png", "spheres_png"]


def sphere_png(
    state: Mapping[str, Any] | Any, size: tuple[float, float] = (7.0, 4.0), dpi: int = 110
) -> bytes | None:
    r"""What a sphere holds, as a Mollweide map seen from outside; None without matplotlib.

    Arguments:
        state: The result of `sphere_state`, or a sphere's face.
        size: Inches.
        dpi: Pixels per inch.
    """
    return spheres_png([state], size, dpi)


def spheres_png(
    states: Sequence[Mapping[str, Any] | Any], size: tuple[float, float], dpi: int = 110
) -> bytes | None:
    r"""Several spheres side by side; None without matplotlib.

    Arguments:
        states: Results of `sphere_state`, or faces.
        size: Inches, of the whole picture.
        dpi: Pixels per inch.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return None
    # A Figure of its own, not pyplot: the user's own figures and backend are left alone.
    drawn = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(drawn)
    for state, axes in zip(states, drawn.subplots(1, len(states), squeeze=False)[0], strict=True):
        draw_sphere(drawn, axes, state)
    out = io.BytesIO()
    drawn.savefig(out, format="png", dpi=dpi)
    return out.getvalue()


def draw_sphere(drawn: Any, axes: Any, state: Mapping[str, Any] | Any) -> None:
    r"""Draw what a sphere holds into axes of a matplotlib figure.

    Arguments:
        drawn: The figure.
        axes: The axes.
        state: The result of `sphere_state`, or a sphere's face.
    """

    def get(name: str, default: Any) -> Any:
        found = state.get(name) if isinstance(state, Mapping) else getattr(state, name, None)
        return default if found is None else found

    axes.set_aspect("equal")
    axes.set_axis_off()
    if title := get("title", ""):
        axes.set_title(title, fontsize=10)
    if get("show_density", True):
        quiet = bool(get("points", b"")) and bool(get("show_points", True))
        values = np.frombuffer(get("density", b""), "<f4")
        top = float(get("density_max", 0.0)) or float(values.max(initial=0.0))
        power = 0.5 if get("density_scale", "linear") == "sqrt" else 1.0
        _density(drawn, axes, values, top, power, quiet)
    _graticule(axes)
    period = np.degrees(get("tilt_period", 2 * np.pi))
    points = np.frombuffer(get("points", b""), "<f4").reshape(-1, 4)
    rings = np.frombuffer(get("rings", b""), "<f4").reshape(-1, 3)
    if get("show_points", True):
        _points(drawn, axes, points, period)
    if get("show_rings", True):
        _rings(axes, rings, period)


def _tints(tilt: np.ndarray, period: float) -> list[str]:
    place = np.floor(256 * ((np.degrees(tilt) / period) % 1.0)).astype(int) % 256
    return [cyclic()[k] for k in place]


def _density(
    drawn: Any, axes: Any, values: np.ndarray, top: float, power: float, quiet: bool
) -> None:
    if values.size == 0:
        return
    from healpy import get_interp_val
    from matplotlib.colors import ListedColormap, PowerNorm

    longitude, latitude = mollweide_grid(800, 400)
    inside = np.isfinite(longitude)
    image = np.full(longitude.shape, np.nan)
    image[inside] = get_interp_val(
        values.astype(float), np.pi / 2 - latitude[inside], longitude[inside]
    )
    ramp = ListedColormap(density_ramp(quiet=quiet))
    picture = axes.imshow(
        image, origin="lower", extent=(-2, 2, -1, 1), cmap=ramp,
        norm=PowerNorm(power, vmin=0, vmax=max(top, 1e-12)),
    )  # fmt: skip
    bar = drawn.colorbar(picture, ax=axes, orientation="horizontal", shrink=0.4, aspect=30)
    bar.set_label("density relative to uniform", fontsize=8)
    bar.ax.tick_params(labelsize=7)


def _graticule(axes: Any) -> None:
    along = np.radians(np.linspace(-90, 90, 91))
    across = np.radians(np.linspace(-179.999, 179.999, 181))
    for level in range(-150, 180, 30):
        axes.plot(*mollweide(np.full(91, np.radians(level)), along), color="#8b95a1", lw=0.5)
    for level in (-60, -30, 0, 30, 60):
        axes.plot(*mollweide(across, np.full(181, np.radians(level))), color="#8b95a1", lw=0.5)
        if level:
            x, y = mollweide(np.array([-np.pi]), np.array([np.radians(level)]))
            axes.text(x[0] - 0.04, y[0], f"{level}°", fontsize=7, ha="right", va="center")
    turn = np.linspace(0, 2 * np.pi, 181)
    axes.plot(2 * np.cos(turn), np.sin(turn), color="#6b7785", lw=1)


def _points(drawn: Any, axes: Any, points: np.ndarray, period: float) -> None:
    if not len(points):
        return
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize

    x, y = mollweide(points[:, 0], points[:, 1])
    size = 6 * np.minimum(points[:, 3] / max(float(points[:, 3].mean()), 1e-12), 9)
    axes.scatter(x, y, size, c=_tints(points[:, 2], period), alpha=0.8, lw=0, zorder=2)
    tints = ScalarMappable(Normalize(0, period), ListedColormap(cyclic()))
    bar = drawn.colorbar(tints, ax=axes, shrink=0.6, aspect=22)
    bar.set_ticks([period * k / 4 for k in range(5)])
    bar.set_label("tilt (degrees)", fontsize=8)
    bar.ax.tick_params(labelsize=7)


def _rings(axes: Any, rings: np.ndarray, period: float) -> None:
    if not len(rings):
        return
    x, y = mollweide(rings[:, 0], rings[:, 1])
    axes.scatter(x, y, 110, facecolors="none", edgecolors="#1c2530", lw=3.5, zorder=3)
    tints = _tints(rings[:, 2], period)
    axes.scatter(x, y, 110, facecolors="none", edgecolors=tints, lw=1.8, zorder=3)
