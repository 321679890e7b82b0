"""Drawing a mask on a picture: boxes, lassos and a brush, which mask or open again."""

from __future__ import annotations

from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui

from astroviz.plots.image import ImagePlot

__all__ = ["MaskTools"]

_TOOLS = {"look": "", "box": "box", "lasso": "lasso", "brush": "brush"}
_BRUSH_ARCSEC = 0.12


class MaskTools:
    r"""Tools over a picture whose drags become strokes of a mask.

    Arguments:
        explorer: `add_stroke` takes a stroke, `sample_mask` holds them.
        plot: The picture, with a layer `stroke` for what is being drawn.
        say: Shows a sentence on the page.
    """

    def __init__(self, explorer: Any, plot: ImagePlot, say: Any) -> None:
        self.explorer, self.plot, self.say = explorer, plot, say
        self.path: list[tuple[float, float]] = []
        self.tool = pmui.RadioButtonGroup(
            options=_TOOLS, value="", size="small", margin=(0, 4), align="center",
            description="Draw a mask on the picture: drag a box, a lasso, or a brush",
        )  # fmt: skip
        self.opens = pmui.Switch(
            label="erase", value=False, size="small", align="center", margin=(0, 2),
        )  # fmt: skip
        self.clear = pmui.Button(
            label="clear", variant="text", size="small", align="center", margin=0, width=54,
            description="Take all strokes away",
        )  # fmt: skip
        self.clear.on_click(lambda _: setattr(explorer, "sample_mask", []))
        self.layout = pn.Row(
            self.tool, self.opens, self.clear, margin=(0, 8, 4, 8), height=34,
            sizing_mode="stretch_width",
        )  # fmt: skip
        plot.on_drag(self.drag)

    def drag(self, x: float, y: float, phase: str) -> None:
        """A drag on the picture: collect its path, and at its end make it a stroke."""
        if not self.tool.value:
            return
        if phase == "start":
            self.path = []
        self.path.append((x, y))
        if phase != "end":
            self.plot.set_layer("stroke", self._outline())
            return
        path, self.path = np.array(self.path), []
        self.plot.set_layer("stroke", [])
        self._finish(path)

    def _finish(self, path: np.ndarray) -> None:
        kind = str(self.tool.value)
        if kind == "box":
            path = path[[0, -1]]
        try:
            self.explorer.add_stroke(
                kind, not self.opens.value, path[:, 0], path[:, 1], _BRUSH_ARCSEC
            )
        except ValueError as error:
            self.say(str(error)[:1].upper() + str(error)[1:] + ".", "warning")

    def _outline(self) -> list[np.ndarray]:
        """What the stroke looks like so far."""
        path = np.array(self.path)
        if self.tool.value == "box":
            (x0, y0), (x1, y1) = path[0], path[-1]
            return [np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]])]
        if self.tool.value == "lasso":
            return [np.concatenate([path, path[:1]])]
        turn = np.linspace(0, 2 * np.pi, 25)
        ring = _BRUSH_ARCSEC * np.stack([np.cos(turn), np.sin(turn)], -1)
        return [path, path[-1] + ring]
