r"""A window of the plane that is shown whole and undistorted, whatever the shape of its frame."""

from __future__ import annotations

from bokeh.models import ColumnDataSource, CustomJS
from bokeh.plotting import figure

from astroviz.plots.sky import _KEEP_SCALE

__all__ = ["Window"]


class Window:
    r"""Keeps a figure's ranges on a window of the plane, with equal scales on both axes.

    Arguments:
        plot: The figure, whose ranges are `Range1d`.
        half_width: Half of the window's width, in data units.
        half_height: Half of its height.
    """

    def __init__(self, plot: figure, half_width: float, half_height: float) -> None:
        self.plot = plot
        self.box = ColumnDataSource(_columns((0.0, 0.0), half_width, half_height))
        keep = CustomJS(args={"plot": plot, "box": self.box}, code=_KEEP_SCALE)
        plot.js_on_change("inner_width", keep)
        plot.js_on_change("inner_height", keep)
        self.box.js_on_change("data", keep)
        plot.js_on_event("reset", keep)
        self.show((0.0, 0.0), half_width, half_height)

    def show(self, centre: tuple[float, float], half_width: float, half_height: float) -> None:
        """Show another window."""
        new = _columns(centre, half_width, half_height)
        if self.box.data != new:
            self.box.data = new
        # a first guess; the browser corrects it to the shape of the frame
        x, y = centre
        self.plot.x_range.update(start=x - half_width, end=x + half_width)
        self.plot.y_range.update(start=y - half_height, end=y + half_height)


def _columns(centre: tuple[float, float], width: float, height: float) -> dict[str, list[float]]:
    x, y = centre
    return {"x": [float(x)], "y": [float(y)], "half_width": [width], "half_height": [height]}
