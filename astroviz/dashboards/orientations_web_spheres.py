"""The card of the two spheres: what the model says of an orientation, and what the law says."""

from __future__ import annotations

from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.components.faces import OrientationSphere, sphere_state
from astroviz.dashboards.appearance import card, note
from astroviz.dashboards.room_view import GAP, regret
from astroviz.orientations.explorer import OrientationsExplorer
from astroviz.orientations.web_state import Reading
from astroviz.plots.ellipsoid import quaternion_facing

__all__ = ["SpheresCard"]

_DENSITY, _DRAWS = "density", "draws"
_HALF_TURN = 3.14159265
_TABLE_CSS = """
table { width: auto; margin: 0 auto; } td, th { padding: 1px 14px 1px 0; border: 0; }
td { font-variant-numeric: tabular-nums; } th { white-space: nowrap; }
"""


class SpheresCard:
    r"""Model beside truth; they turn together.

    Arguments:
        explorer: The state of the page.
        dark: Whether the ground is dark.
        turned: Told the view's quaternion when a hand turned the spheres.
    """

    def __init__(self, explorer: OrientationsExplorer, dark: bool, turned: Any) -> None:
        self.explorer = explorer
        self.model = self._sphere("model", dark)
        self.truth = self._sphere("truth", dark)
        self.truth.param.watch(lambda event: turned(event.new), "rotation")
        small = {"size": "small", "margin": (0, 4), "align": "center"}
        self.shown = pmui.CheckButtonGroup(
            options={"Density": _DENSITY, "Draws": _DRAWS}, value=[_DENSITY, _DRAWS],
            description="What is drawn on the spheres", **small,
        )  # fmt: skip
        self.shown.param.watch(lambda _: self._show_kinds(), "value")
        self.folded = self._switch("Fold (D2)", "folded")
        self.messages = self._switch("Messages", "messages")
        self.numbers = note("", margin=(0, 8, 4, 8), height=46)
        self.numbers.stylesheets = [*self.numbers.stylesheets, _TABLE_CSS]
        there = explorer.asks_model
        left = self.model if there else regret(escape(explorer.regret()))
        spheres = pn.Row(left, self.truth, sizing_mode="stretch_both", margin=0, styles=GAP)
        self.layout = card(
            "p(R | environment)", spheres, self.numbers,
            tools=(self.messages, self.folded, self.shown),
        )  # fmt: skip

    def show_truth(self, read: Reading, own: Any) -> None:
        """Draw the exact law, and how the galaxy lies as a ring."""
        self._top = float(read.axis_map.max())
        self._draw(self.truth, read, own)

    def show_model(self, read: Reading, own: Any) -> None:
        """Draw what the model says."""
        self.model.title = "model" if self.explorer.messages else "model without messages"
        self._draw(self.model, read, own)

    def face(self, direction: Any) -> None:
        """Turn the spheres so that a direction lies near the middle."""
        for sphere in (self.model, self.truth):
            sphere.rotation = quaternion_facing(direction)

    def show_numbers(self, rows: list[tuple[str, list[str]]]) -> None:
        """Write the table of figures: a heading and its cells for each row."""
        html = "".join(
            f"<tr><th>{escape(head)}</th>{''.join(f'<td>{escape(c)}</td>' for c in cells)}</tr>"
            for head, cells in rows
        )
        self.numbers.object = f"<table role='status'>{html}</table>"

    def _draw(self, sphere: Any, read: Reading, own: Any) -> None:
        sphere.param.update(
            **sphere_state(
                rotations=read.rotations[:600],
                truth=own,
                density=read.axis_map,
                density_max=1.05 * self._top,
                tilt_period=_HALF_TURN * (2 if self.explorer.folded else 1),
            ),
            projection=self.explorer.projection,
        )

    def _show_kinds(self) -> None:
        for sphere in (self.model, self.truth):
            sphere.param.update(
                show_density=_DENSITY in self.shown.value, show_points=_DRAWS in self.shown.value
            )

    def _sphere(self, name: str, dark: bool) -> Any:
        words = {"model": "The model", "truth": "The exact law"}[name]
        return OrientationSphere(
            title={"model": "model", "truth": "truth (exact law)"}[name],
            caption=f"{words}: density of the galaxy's long axis, and its draws",
            density_label="axis density (uniform = 1)", group="web", dark=dark, point_size=3.0,
            sizing_mode="stretch_both", margin=0,
        )  # fmt: skip

    def _switch(self, label: str, name: str) -> Any:
        explorer = self.explorer
        switch = pmui.Switch(
            label=label, value=getattr(explorer, name), description=explorer.param[name].doc,
            size="small", margin=(0, 4), align="center",
        )  # fmt: skip
        switch.link(explorer, value=name, bidirectional=True)
        return switch
