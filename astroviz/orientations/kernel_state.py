r"""The state of the kernel lab: the isotropic Gaussian on SO(3) at one scale, of one symmetry."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import param

from astroviz.core.presets import Preset
from astroviz.orientations.view_state import ViewState

if TYPE_CHECKING:
    from astropy.table import QTable

    from astroviz.core.draws import Draws
    from astroviz.core.request import Request
    from astroviz.orientations.kernel_answers import Kernel

__all__ = ["GROUPS", "MEASURES", "SCALES", "KernelState", "leach"]

_ROUND = np.array([0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.8, 1.0, 1.5, 2.0])


def _stops() -> tuple[float, ...]:
    """Even in their logarithm, but for round numbers in the place of their neighbours."""
    stops = np.geomspace(0.02, 3.0, 161)
    stops[np.abs(np.log(stops[:, None] / _ROUND)).argmin(0)] = _ROUND
    return tuple(float(f"{stop:.4g}") for stop in stops)


SCALES = _stops()
"""Stops of the slider, rad: the scale sigma, whose square is the diffusion time."""
GROUPS = {"C1": "none", "D2": "triaxial galaxy", "T": "tetrahedron", "O": "cube",
          "I": "icosahedron"}  # fmt: skip
MEASURES = {"haar": "Haar measure", "8pi2": "volume 8\u03c0\u00b2", "pi2": "volume \u03c0\u00b2"}


def leach(sigma: float) -> float:
    r"""The same scale as Leach et al. (2022) and Nikolayev & Savyolov write it, rad.

    .. math:: \epsilon = \sigma / \sqrt 2
    """
    return sigma / math.sqrt(2.0)


class KernelState(ViewState):
    """Parameters of the view *Kernel*, and the question that it asks."""

    _dragged = frozenset({"sigma"})

    sigma = param.Number(
        default=0.5, bounds=(SCALES[0], SCALES[-1]), doc="Scale of the kernel, rad; its square "
        "is the diffusion time.",
    )  # fmt: skip
    group: param.Selector[Any] = param.Selector(
        default="C1", objects=list(GROUPS), doc="Finite group that the kernel is symmetrised with."
    )
    measure: param.Selector[Any] = param.Selector(
        default="haar", objects=list(MEASURES), doc="Measure that densities refer to."
    )
    kernel_draws = param.Integer(default=2000, bounds=(100, 20_000), doc="Draws of the kernel.")
    arrows = param.Boolean(default=True, doc="Show the score as arrows on the sphere.")

    def kernel_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        return (
            Preset("A narrow kernel", "Near its mean the kernel is a Gaussian of the tangents.",
                   {"sigma": 0.1, "group": "C1"}),
            Preset("Half a radian", "Half a radian: wide enough to feel that SO(3) is curved.",
                   {"sigma": 0.5, "group": "C1"}),
            Preset("Nearly uniform", "At three radians the kernel has forgotten its mean.",
                   {"sigma": 3.0, "group": "C1"}),
            Preset("A triaxial galaxy", "Turning a triaxial galaxy half way round an axis changes "
                   "nothing: four modes.", {"sigma": 0.35, "group": "D2"}),
            Preset("A cube", "A cube looks the same in 24 orientations.",
                   {"sigma": 0.15, "group": "O"}),
        )  # fmt: skip

    def kernel_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        return {
            "sigma": SCALES[int(random.integers(20, len(SCALES)))],
            "group": str(random.choice(list(GROUPS))),
        }

    def kernel_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        symmetry = "" if self.group == "C1" else f", symmetrised by {self.group}"
        degrees = f"{math.degrees(self.sigma):.3g}\u00b0"
        return (
            f"IG-SO(3) at \u03c3 = {self.sigma:.3g} rad ({degrees}), which is Leach's \u03b5 = "
            f"{leach(self.sigma):.3g}{symmetry}. Drag the scale, or turn the sphere."
        )

    def kernel_warnings(self) -> tuple[str, ...]:
        """What one should know before believing it."""
        return ()

    def kernel_request(self) -> Request:
        """Draws of the kernel, with its curves and its score field."""
        from astroviz.orientations.kernel_answers import kernel_request

        return kernel_request(
            self.sigma, self.group, self.measure, self.kernel_draws, self.seed, self.arrows
        )

    def kernel(self, draws: Draws) -> Kernel:
        """What there is to draw of an answer."""
        from astroviz.orientations.kernel_answers import Kernel

        return Kernel.of(draws)

    def kernel_table(self, draws: Draws) -> QTable:
        """The curves of an answer: angle, log density, score, density of the angle."""
        from astropy import units as u
        from astropy.table import QTable

        kernel = self.kernel(draws)
        table = QTable(
            {
                "angle": kernel.angle * u.deg,
                "log_density": kernel.log_density,
                "score": kernel.score / u.rad,
                "angle_density": kernel.marginal / u.deg,
            }
        )
        table.meta.update(sigma_rad=kernel.sigma, group=self.group, measure=self.measure)
        return table
