r"""The kernel lab in a notebook: the Gaussian of rotations at one scale, in both conventions."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as ui
import numpy as np
from bokeh.layouts import column, row

from astroviz.components.faces import sphere_state
from astroviz.orientations.kernel_state import GROUPS, MEASURES, SCALES, leach
from astroviz.plots.kernel import AngleDensity, TurnDensity, TurnScore
from astroviz.widgets.orientations import OrientationsWidget, show_sphere
from astroviz.widgets.orientations_stills import fewer_points
from astroviz.widgets.sphere_still import spheres_png

if TYPE_CHECKING:
    from astroviz.core.draws import Draws

__all__ = ["KernelWidget"]

_ASKED = frozenset({"sigma", "group", "measure", "seed", "kernel_draws", "arrows"})


class KernelWidget(OrientationsWidget):
    """Draws and score field on a sphere; density, score and angle as curves; read-outs."""

    name = "kernel"
    follows = _ASKED

    def build(self) -> list[Any]:
        """The slider, the sphere, three curves and the read-outs."""
        slider = ui.SelectionSlider(
            description="scale \u03c3 (rad)", options=SCALES, layout=ui.Layout(width="420px"),
            style={"description_width": "initial"},
        )  # fmt: skip
        nearest = lambda value: min(SCALES, key=lambda stop: abs(math.log(stop / value)))  # noqa: E731
        self.scale = self.control("sigma", slider, to_control=nearest)
        groups = [(f"{name}: {what}", name) for name, what in GROUPS.items()]
        measures = [(words, name) for name, words in MEASURES.items()]
        controls = self.row(
            self.scale, self.dropdown("group", "symmetry", groups, "250px"),
            self.dropdown("measure", "measure", measures), self.switch("arrows", "score field"),
            *self.usual(),
        )  # fmt: skip
        self.globe = self.sphere("first axis of the draws", 430, point_size=3.5,
                                 vector_scale=0.11, density_scale="sqrt")  # fmt: skip
        self.hear_selection(self.globe)
        self.density, self.score, self.angle = TurnDensity(), TurnScore(), AngleDensity()
        left = column(self.density.layout, self.score.layout, sizing_mode="stretch_both")
        canvas = self._make_canvas(
            row(left, self.angle.layout, height=430, sizing_mode="stretch_width")
        )
        self.numbers = ui.HTML()
        canvas.layout.flex = "2 1 480px"
        return [controls, self.row(self.globe, canvas), self.numbers]

    def refresh(self, names: set[str]) -> None:
        """Ask for the kernel that is set."""
        if names & _ASKED:
            self._asker.ask(self.explorer.kernel_request())

    def show(self, draws: Draws) -> None:
        """Draw the kernel of an answer."""
        kernel = self.explorer.kernel(draws)
        with self._canvas.together():
            self.density.update(kernel.angle, kernel.log_density, kernel.uniform)
            self.score.update(kernel.angle, kernel.score, kernel.sigma)
            self.angle.update(
                kernel.angle, kernel.marginal, kernel.edges, kernel.counted, kernel.limit
            )
        places: Any = {name: np.deg2rad(draws[name]) for name in ("longitude", "latitude", "tilt")}
        state = sphere_state(
            axes=places, density=kernel.density, density_max=float(kernel.density.max()),
            caption=f"{len(draws):,} draws of the kernel of scale {kernel.sigma:.3g} rad",
        )  # fmt: skip
        if len(kernel.arrows):
            state |= sphere_state(places=kernel.arrows[:, :3], directions=kernel.arrows[:, 3:])
        show_sphere(self.globe, **{"vectors": b"", **state})
        self._show_numbers(kernel)

    def stills(self) -> Any:
        """The sphere."""
        return self.globe

    def picture(self) -> bytes | None:
        """Some of the draws on a map of the density of their first axis."""
        self.wait()
        scale = f"first axis of the draws, \u03c3 = {self.explorer.sigma:.3g} rad"
        return spheres_png([fewer_points(self.globe, 250, title=scale)], (6.0, 2.9), 80)

    def _show_numbers(self, kernel: Any) -> None:
        cells = [f"\u03c3 = {kernel.sigma:.4g} rad", f"Leach's ε = {leach(kernel.sigma):.4g}",
                 f"time t = {kernel.sigma**2:.4g}"]  # fmt: skip
        cells += [
            f"{escape(name)}: formula {formula:.4g}, draws {found:.4g} ± {error:.2g}"
            for name, (formula, found, error) in kernel.readings.items()
        ]
        self.numbers.value = " &middot; ".join(cells)
