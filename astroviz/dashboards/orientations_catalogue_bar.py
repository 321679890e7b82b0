"""The bar that selects galaxies by what they are, and chooses what is asked of them."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import note, spacer
from astroviz.orientations.box import WEB_TYPES
from astroviz.orientations.explorer import OrientationsExplorer

__all__ = ["SelectionBar"]

_SMALL = {"size": "small", "margin": 0, "align": "center"}
_WHICH = {"All": "all", "Centrals": "centrals", "Satellites": "satellites"}
_PANELS = {"Correlations": "correlations", "GAN": "gan", "Why\u00a0it\u00a0matters": "forecast",
           "Shift": "shift"}  # fmt: skip


class SelectionBar:
    r"""Mass, diskyness, place in the web, kind; and the panels on the right.

    Arguments:
        explorer: The state of the page.
    """

    def __init__(self, explorer: OrientationsExplorer) -> None:
        self.explorer = explorer
        self._writing = False
        self.mass = pmui.RangeSlider(
            label="log\u00a0mass", start=8.0, end=12.5, step=0.1, value=(8.0, 12.5), width=150,
            **_SMALL,
        )  # fmt: skip
        self.disky = pmui.RangeSlider(
            label="diskyness", start=0.0, end=1.0, step=0.05, value=(0.0, 1.0), width=130,
            **_SMALL,
        )  # fmt: skip
        self.web = pmui.CheckButtonGroup(
            options=list(WEB_TYPES), value=list(explorer.web_types),
            description=explorer.param.web_types.doc, **_SMALL,
        )  # fmt: skip
        self.which = pmui.RadioButtonGroup(
            options=_WHICH, value=explorer.which, description=explorer.param.which.doc, **_SMALL
        )
        self.everything = pmui.Button(label="Select\u00a0all", variant="text", **_SMALL)
        self.everything.on_click(lambda _: explorer.select_all())
        self.panel = pmui.RadioButtonGroup(
            options=_PANELS, value=explorer.catalogue_panel,
            description=explorer.param.catalogue_panel.doc, **_SMALL,
        )  # fmt: skip
        self.which.link(explorer, value="which", bidirectional=True)
        self.panel.link(explorer, value="catalogue_panel", bidirectional=True)
        self.mass.param.watch(self._on_mass, "value_throttled")
        self.disky.param.watch(self._on_disky, "value_throttled")
        self.web.param.watch(self._on_web, "value")
        self.layout = pn.Row(
            note('<span class="faint">Select</span>', sizing_mode=None, align="center"),
            pn.Spacer(width=10), self.mass, pn.Spacer(width=18), self.disky,
            pn.Spacer(width=18), self.web, pn.Spacer(width=10), self.which, self.everything,
            spacer(), self.panel,
            height=44, sizing_mode="stretch_width", margin=(0, 0, 6, 0),
        )  # fmt: skip

    def follow(self) -> None:
        """Show the state: a preset, undo or a link may have changed it."""
        self._writing = True
        try:
            low, high = self.explorer.mass_range
            self.mass.value = (max(low, self.mass.start), min(high, self.mass.end))
            self.disky.value = tuple(self.explorer.disky_range)
            if list(self.web.value) != list(self.explorer.web_types):
                self.web.value = list(self.explorer.web_types)
        finally:
            self._writing = False

    def _on_mass(self, event: Any) -> None:
        if not self._writing and event.new is not None:
            low, high = (float(value) for value in event.new)
            # the ends of the slider leave nobody out
            low = 7.0 if low <= self.mass.start else low
            high = 13.0 if high >= self.mass.end else high
            self.explorer.mass_range = [low, high]

    def _on_disky(self, event: Any) -> None:
        if not self._writing and event.new is not None:
            self.explorer.disky_range = [float(value) for value in event.new]

    def _on_web(self, event: Any) -> None:
        if not self._writing:
            self.explorer.web_types = [name for name in WEB_TYPES if name in event.new]
