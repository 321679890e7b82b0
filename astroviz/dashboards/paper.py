"""Pictures that lie on the page's own ground, where what is beyond their edges is not sky."""

from __future__ import annotations

from functools import partial
from typing import Any

__all__ = ["on_paper"]


def on_paper(*plots: Any) -> None:
    """Give pictures (`plots.image.ImagePlot`) the ground of the page, in light and in dark."""
    for plot in plots:
        paint = partial(_paint, plot)
        paint()
        plot.ink.watch(paint)


def _paint(plot: Any) -> None:
    plot.figure.update(background_fill_color=plot.ink("paper"), outline_line_alpha=0)
