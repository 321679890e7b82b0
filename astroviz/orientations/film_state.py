r"""The state of the diffusion film: a density on SO(3), a network, a moment between the two."""

from __future__ import annotations

from typing import Any

import numpy as np
import param

from astroviz.orientations.presets import Preset
from astroviz.orientations.view_state import ViewState

__all__ = ["DENSITIES", "FilmState"]

DENSITIES = {
    "checkerboard": "Checkerboard",
    "gauss4": "Four Gaussians",
    "stripes": "Three stripes",
}


class FilmState(ViewState):
    """Parameters of the view *Film*."""

    density: param.Selector[Any] = param.Selector(
        default="checkerboard", objects=list(DENSITIES), doc="The density that is learned."
    )

    def film_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        return tuple(Preset(title, "", {"density": name}) for name, title in DENSITIES.items())

    def film_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        return {"density": str(random.choice(list(DENSITIES)))}

    def film_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        return f"{DENSITIES[self.density]}: drag the time, or press play."

    def film_warnings(self) -> tuple[str, ...]:
        """What one should know before believing it."""
        return ()
