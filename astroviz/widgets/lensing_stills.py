r"""Still pictures of views of lensing, for places where no widget can live: mail, PDF, GitHub."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from astroviz.plots.image import ImagePlot

__all__ = ["Still", "images_png", "still_of"]

Still = tuple[str, np.ndarray, tuple[float, float] | None, str]
"""Title, picture (row 0 at the bottom), ends of the colours or None, name of a colour map."""

_INCHES = 2.3
_MAPS = {"flux": "magma", "spread": "viridis", "signed": "RdBu_r"}


def still_of(plot: ImagePlot, title: str = "") -> Still:
    """What a picture shows at present."""
    words = title or str(plot.figure.title.text).strip() or plot.name
    return words, plot.image, plot.limits, _MAPS[plot.scale.colours]


def images_png(stills: Sequence[Still], columns: int = 4, dpi: int = 70) -> bytes | None:
    r"""Pictures side by side as PNG; None without matplotlib.

    Arguments:
        stills: What each shows.
        columns: Pictures in a row.
        dpi: Dots an inch; a picture is 2.3 inches wide.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return None
    if not stills:
        return None
    across = min(columns, len(stills))
    rows = -(-len(stills) // across)
    figure = Figure(figsize=(_INCHES * across, (_INCHES + 0.15) * rows), layout="constrained")
    FigureCanvasAgg(figure)
    axes: Any = figure.subplots(rows, across, squeeze=False)
    for axis in axes.ravel():
        axis.set_axis_off()
    for axis, (title, picture, limits, colours) in zip(axes.ravel(), stills, strict=False):
        low, high = limits or (float(np.nanmin(picture)), float(np.nanmax(picture)))
        axis.imshow(picture, origin="lower", cmap=colours, vmin=low, vmax=high)
        axis.set_title(title, fontsize=8)
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=dpi)
    return out.getvalue()
