"""The kernel lab: the Gaussian of rotations at one scale, in both conventions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui

from astroviz.components.faces import OrientationSphere, sphere_state
from astroviz.dashboards.appearance import CARD_STYLE, card, figure_pane, framed, note
from astroviz.dashboards.room_view import GAP, RoomView, choice
from astroviz.dashboards.scale_slider import ScaleSlider
from astroviz.orientations.kernel_state import GROUPS, MEASURES, SCALES, leach
from astroviz.plots.kernel import AngleDensity, TurnDensity, TurnScore

__all__ = ["KernelView"]

_ASKED = frozenset({"sigma", "group", "measure", "seed", "kernel_draws", "arrows"})
_GROUPS = {
    f"{name}: {what}" if name != "C1" else "no symmetry": name for name, what in GROUPS.items()
}
_MEASURES = {words: name for name, words in MEASURES.items()}
_CONVENTIONS = (
    ("here, FrameDiff, FoldFlow", "e<sup>\u2212l(l+1)\u03c3\u00b2/2</sup>", "\u03c3"),
    ("Leach+ 2022", "e<sup>\u2212l(l+1)\u03b5\u00b2</sup>", "\u03b5"),
    ("diffusion time", "e<sup>\u2212l(l+1)t/2</sup>", "t"),
)


class KernelView(RoomView):
    """Draws and score field on the sphere; density, score and angle as curves; read-outs."""

    name = "kernel"
    follows = _ASKED | {"projection"}

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        dark = self.shell.dark
        self.draws: Any = None
        self.kernel: Any = None
        self.sphere = OrientationSphere(
            dark=dark, sizing_mode="stretch_both", margin=0, point_size=3.5, vector_scale=0.11,
            density_scale="sqrt",
        )  # fmt: skip
        self.density, self.score = TurnDensity(dark), TurnScore(dark)
        self.angle = AngleDensity(dark)
        self.plots, self.spheres = (self.density, self.score, self.angle), (self.sphere,)
        self.slider = ScaleSlider(self._move, label="Scale of the kernel")
        self.numbers = note("", margin=(0, 14, 4, 14))
        self.answers = self.live("kernel", self._show)
        self.layout = self._make_layout()
        self.sphere.param.watch(self._on_projection, "projection")
        self.start()

    # --- building ---------------------------------------------------------------------------

    def _make_layout(self) -> pn.Column:
        explorer = self.explorer
        group = choice(explorer, "group", _GROUPS, "Symmetry of the body", 150)
        measure = choice(explorer, "measure", _MEASURES, "Measure of the density", 120)
        arrows = pmui.Switch(
            label="Score field", value=explorer.arrows, size="small", align="center",
            description="Where the score would turn the first axis of a rotation",
        )  # fmt: skip
        arrows.param.watch(lambda event: setattr(explorer, "arrows", event.new), "value")
        explorer.param.watch(lambda event: setattr(arrows, "value", event.new), "arrows")
        left = card(
            "First axis on the sphere", framed(self.sphere), tools=(arrows, group), min_width=420
        )
        curves = pn.Column(
            framed(figure_pane(self.density.layout)), framed(figure_pane(self.score.layout)),
            sizing_mode="stretch_both", margin=0,
        )  # fmt: skip
        middle = card("Density and score along a turn", curves, tools=(measure,))
        upper = card("Angle of the draws", framed(figure_pane(self.angle.layout)))
        lower = card("Formulas, draws, conventions", self.numbers, height=276,
                     sizing_mode="stretch_width")  # fmt: skip
        right = pn.Column(upper, lower, sizing_mode="stretch_both", margin=0, styles=GAP)
        for part, share in ((left, 10), (middle, 9), (right, 9)):
            part.styles = {**part.styles, "flex": f"{share} 1 0px"}
        panels = pn.Row(left, middle, right, sizing_mode="stretch_both", margin=0, styles=GAP)
        bar = pn.Column(
            self.slider, styles={**CARD_STYLE, "margin-top": "10px"}, height=78,
            sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        return self.stack(panels, bar)

    # --- questions and answers ----------------------------------------------------------------

    def follow(self, names: set[str]) -> None:
        """Ask for what has changed."""
        if "projection" in names and self.sphere.projection != self.explorer.projection:
            self.sphere.projection = self.explorer.projection
        if names & {"sigma"}:
            stops, sigma = list(SCALES), self.explorer.sigma
            nearest = int(np.argmin(np.abs(np.log(np.asarray(stops) / sigma))))
            stops[nearest] = sigma
            self.slider.show(stops, nearest)
        if names & _ASKED:
            self.answers.ask(self.explorer.kernel_request)

    def step(self, by: int) -> None:
        """The next or the previous scale."""
        self._move(self.slider.stop + by)

    def tables(self) -> Mapping[str, Callable[[], Any]]:
        """Draws and curves."""
        return {
            "Draws of the kernel": lambda: self.draws.to_table(),
            "Curves along a turn": lambda: self.explorer.kernel_table(self.draws),
        }

    def _move(self, stop: int) -> None:
        self.explorer.sigma = SCALES[max(0, min(stop, len(SCALES) - 1))]

    def _on_projection(self, event: Any) -> None:
        self.explorer.projection = event.new

    def _show(self, draws: Any, complete: bool) -> None:
        self.draws = draws
        self.kernel = kernel = self.explorer.kernel(draws)
        self.density.update(kernel.angle, kernel.log_density, kernel.uniform)
        self.score.update(kernel.angle, kernel.score, kernel.sigma)
        self.angle.update(
            kernel.angle, kernel.marginal, kernel.edges, kernel.counted, kernel.limit
        )
        self._show_sphere()
        self._show_numbers()

    def _show_sphere(self) -> None:
        kernel, words = self.kernel, "no symmetry"
        if self.explorer.group != "C1":
            words = f"the symmetry of {self.explorer.group}"
        caption = (
            f"{len(self.draws):,} draws of the kernel of scale {kernel.sigma:.3g} rad with "
            f"{words}, around the identity"
        )
        places: Any = {
            name: np.deg2rad(self.draws[name]) for name in ("longitude", "latitude", "tilt")
        }
        arrows = kernel.arrows
        state = sphere_state(
            axes=places, density=kernel.density, caption=caption,
            density_max=float(kernel.density.max()),
        )  # fmt: skip
        if len(arrows):
            state |= sphere_state(places=arrows[:, :3], directions=arrows[:, 3:])
        self.sphere.param.update(**{"vectors": b"", **state})

    def _show_numbers(self) -> None:
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td class='number'>{_number(formula)}</td>"
            f"<td class='number'>{_number(found)} \u00b1 {error:.2g}</td></tr>"
            for name, (formula, found, error) in self.kernel.readings.items()
        )
        sigma = self.kernel.sigma
        values = (f"{sigma:.4g}", f"{leach(sigma):.4g}", f"{sigma**2:.4g}")
        conventions = "".join(
            f"<tr><td>{who}</td><td>{law}</td><td class='number'>{scale} = {value}</td></tr>"
            for (who, law, scale), value in zip(_CONVENTIONS, values, strict=True)
        )
        self.numbers.object = (
            f"<table><tr><th></th><th class='number'>formula</th><th class='number'>"
            f"{len(self.draws):,} draws</th></tr>{rows}</table>"
            f"<table style='margin-top:8px'><tr><th>convention</th><th>order l decays as</th>"
            f"<th class='number'>scale</th></tr>{conventions}</table>"
        )


def _number(value: float) -> str:
    shown = 0.0 if math.isclose(value, 0.0, abs_tol=5e-5) else value
    return f"{shown:.4g}".replace("-", "\u2212")
