r"""A corner plot of any posterior, with a choice of parameters and a button to draw again."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import ipywidgets as ui
import numpy as np
import traitlets
from jupyter_bokeh.widgets import BokehModel

from astroviz.plots.corner import Corner
from astroviz.plots.density import Axis
from astroviz.widgets.bokehjs import load_bokehjs

if TYPE_CHECKING:
    from astroviz.core.draws import Draws

__all__ = ["DrawsWidget"]

_MOST = 4  # parameters in one corner plot
_HEIGHT = 520


class DrawsWidget(ui.VBox):
    r"""What a posterior says, for posteriors that no explorer knows.

    Arguments:
        posterior: Anything with `sample(n, seed=...)` that returns `Draws`.
        n: Number of draws.
        seed: Seed of the first draws; "Draw again" takes the next one.

    Example:
        >>> astroviz.wrap(array, names=["a", "b"]).explore()  # doctest: +SKIP
    """

    draws = traitlets.Any(help="The draws that are shown.")

    def __init__(self, posterior: Any, n: int = 2000, seed: int = 0) -> None:
        super().__init__()
        self.posterior, self.n, self.seed = posterior, n, seed
        self.draws = posterior.sample(n, seed=seed)
        names = self.draws.names
        self.parameters = ui.SelectMultiple(
            options=names, value=names[:_MOST], description="Parameters", rows=min(8, len(names))
        )
        self.again = ui.Button(description="Draw again", tooltip="The next seed")
        self._status = ui.HTML()
        self.corner = self._new_corner()
        load_bokehjs()
        self._canvas = BokehModel(self.corner.layout)
        self.parameters.observe(self._choose, "value")
        self.again.on_click(lambda _: self.redraw(self.seed + 1))
        self._show()

    def redraw(self, seed: int) -> None:
        """Draw with another seed."""
        self.seed = seed
        self.draws = self.posterior.sample(self.n, seed=seed)
        self.corner.update(self._matrix())
        self._say()

    def _choose(self, change: Any) -> None:
        if not 1 <= len(change["new"]) <= _MOST:
            self._say(f"Choose 1 to {_MOST} parameters.")
            return
        self.corner = self._new_corner()
        self._canvas = BokehModel(self.corner.layout)
        self._show()

    def _new_corner(self) -> Corner:
        draws: Draws = self.draws
        names = self.parameters.value
        corner = Corner([Axis(name, name, draws.unit(name)) for name in names])
        corner.layout.update(height=_HEIGHT, sizing_mode="stretch_width")
        corner.update(self._matrix(corner.names))
        return corner

    def _matrix(self, names: Any = None) -> np.ndarray:
        return self.draws[list(names or self.corner.names)]

    def _show(self) -> None:
        self._canvas.layout.width = "100%"
        head = ui.HBox([self.parameters, self.again])
        self.children = [head, self._canvas, self._status]
        self._say()

    def _say(self, problem: str = "") -> None:
        text = problem or f"{len(self.draws)} draws, seed {self.seed}"
        role = "alert" if problem else "status"
        self._status.value = f'<div role="{role}">{html.escape(text)}</div>'
