r"""The state of the view of poses: a picture of a solid, and the rotations that it may have."""

from __future__ import annotations

from typing import Any

import numpy as np
import param

from astroviz.orientations.presets import Preset
from astroviz.orientations.view_state import ViewState

__all__ = ["SHAPES", "PoseState"]

SHAPES = ("tetrahedron", "cube", "icosahedron", "cone", "cylinder")


class PoseState(ViewState):
    """Parameters of the view *Pose*."""

    shape: param.Selector[Any] = param.Selector(
        default="cube", objects=list(SHAPES), doc="The solid in the picture."
    )

    def pose_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        return tuple(Preset(f"A {name}", "", {"shape": name}) for name in SHAPES)

    def pose_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        return {"shape": str(random.choice(SHAPES))}

    def pose_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        return f"A {self.shape}: pick another picture."

    def pose_warnings(self) -> tuple[str, ...]:
        """What one should know before believing it."""
        return ()
