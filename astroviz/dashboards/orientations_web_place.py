"""The card that says where the galaxy is: the box, its graph, the filament through it."""

from __future__ import annotations

from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import card, figure_pane, framed
from astroviz.dashboards.live import instant
from astroviz.orientations.explorer import OrientationsExplorer
from astroviz.orientations.web_state import POSITION_ANGLES

__all__ = ["PlaceCard"]

_NAMES = {"Box": "box", "Graph": "graph", "Filament": "filament"}


class PlaceCard:
    r"""One of three pictures of where the galaxy sits; each is built when first wanted.

    Arguments:
        explorer: The state of the page.
        dark: Whether the ground is dark.
    """

    def __init__(self, explorer: OrientationsExplorer, dark: bool) -> None:
        self.explorer, self.dark = explorer, dark
        self.box: Any = None
        self.graph: Any = None
        self.filament: Any = None
        self._stale = set(_NAMES.values())
        self._built: dict[str, Any] = {}
        self._truth = self._model = np.zeros((0, len(POSITION_ANGLES)))
        self._bars = np.zeros((0, 2))
        self._fitted: int | None = None
        self.choice = pmui.RadioButtonGroup(
            options=_NAMES, value=explorer.web_panel, size="small", margin=0, align="center",
            description=explorer.param.web_panel.doc,
        )  # fmt: skip
        self.choice.link(explorer, value="web_panel", bidirectional=True)
        self.body = pn.Column(sizing_mode="stretch_both", margin=0)
        self.layout = card(
            "Cosmic web", self.body, tools=(self.choice,), width=452, sizing_mode="stretch_height"
        )

    @property
    def plots(self) -> tuple[Any, ...]:
        """The figures that there are."""
        return tuple(plot for plot in (self.graph, self.filament) if plot is not None)

    def set_dark(self, dark: bool) -> None:
        """Recolour what is built."""
        self.dark = dark
        for plot in self.plots:
            plot.set_dark(dark)
        if self.box is not None:
            self.box.set_dark(dark)

    def show(self, *stale: str) -> None:
        """Draw the picture that is chosen, if it or what it shows has changed."""
        self._stale |= set(stale)
        name = self.explorer.web_panel
        if name not in self._built:
            self._built[name] = getattr(self, f"_make_{name}")()
        if list(self.body) != [self._built[name]]:
            self.body[:] = [self._built[name]]
        if name in self._stale:
            self._stale.discard(name)
            getattr(self, f"_show_{name}")()

    def _pick(self, row: int) -> None:
        self.explorer.galaxy = int(row)

    # The box

    def _make_box(self) -> Any:
        from astroviz.dashboards.orientations_web_box import BoxPicture

        self.box = BoxPicture(self.explorer, self.dark)
        self.box.on_pick(self._pick)
        return self.box.layout

    def _show_box(self) -> None:
        self.box.show()

    # The graph

    def _make_graph(self) -> Any:
        from astroviz.plots.halo_graph import HaloGraph

        self.graph = HaloGraph(dark=self.dark)
        self.graph.on_pick(self._pick)
        return framed(figure_pane(self.graph.layout))

    def _show_graph(self) -> None:
        found = self.explorer.graph()
        self.graph.update(
            found.rows, found.separations, found.central, found.log_mass, found.weights,
            found.directions, found.strengths,
        )  # fmt: skip

    # The filament

    def _make_filament(self) -> Any:
        from astroviz.plots.filament import FilamentPlot

        explorer = self.explorer
        self.filament = FilamentPlot(dark=self.dark)
        self.filament.on_pick(self._pick)
        slider = instant(pmui.FloatSlider)(
            label="smoothing of the tide (Mpc/h)", start=1.0, end=5.0, step=0.05,
            value=explorer.web_scale, size="small", sizing_mode="stretch_width", margin=(4, 24),
        )  # fmt: skip
        slider.link(explorer, value="web_scale", bidirectional=True)
        return pn.Column(
            slider, framed(figure_pane(self.filament.layout)), sizing_mode="stretch_both",
            margin=0,
        )  # fmt: skip

    def _show_filament(self) -> None:
        explorer = self.explorer
        self._truth, bars = explorer.filament_truth()
        self._model = np.zeros((0, len(POSITION_ANGLES)))
        self._bars = bars
        self.filament.set_haloes(*explorer.filament_haloes())
        self._draw_filament(fit=explorer.here != self._fitted)
        self._fitted = explorer.here

    def show_filament_model(self, density: Any) -> None:
        """Draw the model's glyphs, if they are of the filament that is shown."""
        if self.filament is not None and len(density) == len(self._truth):
            self._model = density
            self._draw_filament(fit=False)

    def _draw_filament(self, fit: bool) -> None:
        explorer, way = self.explorer, self.explorer.filament()
        self.filament.update(
            way.rows, *way.plane, POSITION_ANGLES, self._model, self._truth, self._bars,
            f"tide smoothed over {explorer.web_scale:.2g} Mpc/h", explorer.here, fit,
        )  # fmt: skip
