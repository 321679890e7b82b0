"""The card of the lens that is assumed: a slider for each number, and ways to the true one."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import card
from astroviz.dashboards.live import instant

__all__ = ["LensCard"]

# Name, label with unit, start, end, step, factor from what is shown to the parameter
_SLIDERS = (
    ("einstein_radius", "\u03b8_E (arcsec)", 0.05, 3.0, 0.005, 1.0),
    ("axis_ratio", "axis ratio", 0.2, 1.0, 0.01, 1.0),
    ("position_angle", "angle (\u00b0)", -90.0, 90.0, 1.0, math.pi / 180),
    ("slope", "slope", 0.5, 1.5, 0.01, 1.0),
    ("x0", "x (arcsec)", -1.0, 1.0, 0.01, 1.0),
    ("y0", "y (arcsec)", -1.0, 1.0, 0.01, 1.0),
    ("shear1", "shear \u03b3\u2081", -0.3, 0.3, 0.005, 1.0),
    ("shear2", "shear \u03b3\u2082", -0.3, 0.3, 0.005, 1.0),
)


class LensCard:
    r"""Sliders on the assumed lens.

    Arguments:
        explorer: The state, a `SampleState`.
        act: Called by the button that observes anew with the assumed lens.
    """

    def __init__(self, explorer: Any, act: Callable[[], None]) -> None:
        self.explorer = explorer
        self._writing = False
        slider = instant(pmui.FloatSlider)
        self.sliders: dict[str, Any] = {}
        for name, label, start, end, step, factor in _SLIDERS:
            made = slider(
                label=label, start=start, end=end, step=step, value=self._shown(name, factor),
                size="small", margin=(0, 10, 0, 8), sizing_mode="stretch_width", height=42,
            )  # fmt: skip
            made.param.watch(lambda e, n=name, f=factor: self._set(n, e.new * f), "value")
            self.sliders[name] = made
        names = list(self.sliders)
        columns = [
            pn.Column(*(self.sliders[n] for n in names[k::2]), margin=0,
                      sizing_mode="stretch_width")
            for k in range(2)
        ]  # fmt: skip
        self.true = self._button(
            "true lens", "Assume the lens that made the image", explorer.assume_truth
        )
        self.again = self._button("observe with it", "Simulate anew through the assumed lens", act)
        self.layout = card(
            "Assumed lens", pn.Row(*columns, margin=(0, 2, 4, 2), sizing_mode="stretch_width"),
            tools=(self.true, self.again), height=222, sizing_mode="stretch_width",
        )  # fmt: skip

    def follow(self) -> None:
        """Show the assumed lens of the state."""
        self._writing = True
        try:
            for name, _, start, end, _, factor in _SLIDERS:
                value = min(max(self._shown(name, factor), start), end)
                if abs(self.sliders[name].value - value) > 1e-9:
                    self.sliders[name].value = value
        finally:
            self._writing = False
        known = self.explorer.sample_sky != "mine"
        self.true.disabled = not known or list(self.explorer.sample_lens()) == list(
            self.explorer.sample_truth
        )
        self.again.disabled = self.true.disabled or self.explorer.sample_sky != "simulated"

    def _shown(self, name: str, factor: float) -> float:
        return round(float(getattr(self.explorer, f"sample_{name}")) / factor, 4)

    def _set(self, name: str, value: float) -> None:
        if not self._writing:
            setattr(self.explorer, f"sample_{name}", float(value))

    def _button(self, label: str, words: str, act: Callable[[], None]) -> pmui.Button:
        button = pmui.Button(
            label=label, variant="text", size="small", align="center", margin=(0, 2),
            description=words,
        )  # fmt: skip
        button.on_click(lambda _: act())
        return button
