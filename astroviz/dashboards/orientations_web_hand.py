"""The card in which a hand holds the surroundings of a galaxy: by dragging, or by numbers."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import card, figure_pane, framed, note
from astroviz.orientations.explorer import OrientationsExplorer
from astroviz.plots.ellipsoid import view_of
from astroviz.plots.tidal import TidalPlot

__all__ = ["HandCard"]

_DRAG, _NUMBERS = "drag", "numbers"
_AXES = ("slowest collapse", "middle axis", "fastest collapse")
_DIRECTIONS = ("x", "y", "z")

_HOW = (
    "Turns are rotation vectors in the axes of the box; eigenvalues are added at all smoothing "
    "scales."
)


def _slider(label: str, low: float, high: float, step: float, value: float = 0.0) -> Any:
    return pmui.FloatSlider(
        label=label, start=low, end=high, step=step, value=value, size="small",
        sizing_mode="stretch_width", margin=(0, 6),
    )  # fmt: skip


class HandCard:
    r"""The tidal ellipsoid and the neighbours, both to be moved.

    Arguments:
        explorer: The state of the page.
        dark: Whether the ground is dark.
    """

    def __init__(self, explorer: OrientationsExplorer, dark: bool) -> None:
        self.explorer = explorer
        self.plot = TidalPlot(dark=dark)
        self.plot.on_drag(self._dragged)
        self._writing = False
        small = {"size": "small", "margin": 0, "align": "center"}
        self.alone = pmui.Switch(
            label="No neighbours", value=explorer.alone,
            description="Take all neighbours away", **small,
        )  # fmt: skip
        self.alone.link(explorer, value="alone", bidirectional=True)
        self.home = pmui.Button(
            label="Let go", icon="restart_alt", variant="text",
            description="Everything as it is in the box", **small,
        )  # fmt: skip
        self.home.on_click(lambda _: explorer.let_go())
        self.how = pmui.RadioButtonGroup(
            options={"Drag": _DRAG, "Numbers": _NUMBERS}, value=_DRAG,
            description="By the pointer, or by sliders that keys move", **small,
        )  # fmt: skip
        self.how.param.watch(lambda _: self._swap(), "value")
        self._drawing = framed(figure_pane(self.plot.layout))
        self._numbers: Any = None
        self.body = pn.Column(self._drawing, sizing_mode="stretch_both", margin=0)
        self.layout = card("Surroundings", self.body, tools=(self.alone, self.home, self.how))

    def show(self) -> None:
        """Show the surroundings as they are."""
        around = self.explorer.surroundings()
        self.plot.update(
            around.frame, around.lengths, around.neighbours, around.weights, around.pull,
            around.radius,
        )  # fmt: skip
        self.home.disabled = self.explorer.changes.none
        if self._numbers is not None:
            self._show_numbers()

    def turn_view(self, rotation: Any) -> None:
        """Look from where the spheres look."""
        self.plot.view = view_of(rotation)
        self.show()

    def _dragged(self, what: str, which: int, value: Any, ends: bool) -> None:
        if ends:
            return
        if what == "turn":
            self.explorer.turn_tide(value)
        elif what == "neighbours":
            self.explorer.swing_neighbours(value)
        else:
            self.explorer.stretch_tide(which, float(value[0]))

    # By numbers, for keys and for exact values

    def _swap(self) -> None:
        if self.how.value == _DRAG:
            self.body[:] = [self._drawing]
            return
        if self._numbers is None:
            self._numbers = self._make_numbers()
        self._show_numbers()
        self.body[:] = [self._numbers]

    def _make_numbers(self) -> pn.Column:
        self.turns = [_slider(f"tide about {axis} (deg)", -180, 180, 1) for axis in _DIRECTIONS]
        self.swings = [
            _slider(f"neighbours about {axis} (deg)", -180, 180, 1) for axis in _DIRECTIONS
        ]
        self.stretches = [_slider(f"eigenvalue, {axis}", -1.5, 1.5, 0.01) for axis in _AXES]
        self.distance = _slider("distances of neighbours \u00d7", 0.4, 2.5, 0.01, 1.0)
        for sliders, name, unit in self._triples():
            for slider in sliders:
                slider.param.watch(
                    lambda _, s=sliders, n=name, u=unit: self._take(s, n, u), "value"
                )
        self.distance.param.watch(self._take_distance, "value")
        rows = [
            pn.Row(*row, sizing_mode="stretch_width", margin=0)
            for row in zip(self.turns, self.swings, self.stretches, strict=True)
        ]
        words = note(f"<p class='faint'>{_HOW}</p>", margin=(4, 8, 0, 8))
        return pn.Column(
            *rows, self.distance, words, sizing_mode="stretch_both", margin=(0, 6), scroll="y-auto"
        )

    def _triples(self) -> Any:
        return (
            (self.turns, "tide_turn", 57.29577951),
            (self.swings, "swing", 57.29577951),
            (self.stretches, "tide_stretch", 1.0),
        )

    def _take(self, sliders: Any, name: str, unit: float) -> None:
        if not self._writing:
            values = [round(float(slider.value) / unit, 6) for slider in sliders]
            setattr(self.explorer, name, values)

    def _take_distance(self, event: Any) -> None:
        if not self._writing:
            self.explorer.distance = float(event.new)

    def _show_numbers(self) -> None:
        self._writing = True
        try:
            for sliders, name, unit in self._triples():
                values = getattr(self.explorer, name)
                for slider, value in zip(sliders, values, strict=True):
                    shown = min(max(value * unit, slider.start), slider.end)
                    if abs(slider.value - shown) > 1e-3 * max(abs(unit), 1):
                        slider.value = shown
            if abs(self.distance.value - self.explorer.distance) > 1e-6:
                self.distance.value = self.explorer.distance
        finally:
            self._writing = False
