r"""The state of the view `objects`; no widgets."""

from __future__ import annotations

from typing import Any

import numpy as np

from astroviz.core.presets import Preset
from astroviz.galaxies.view_state import ViewState

__all__ = ["ObjectsState"]


class ObjectsState(ViewState):
    """Parameters of the view `objects`."""

    def objects_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        return ()

    def objects_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        return {}

    def objects_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        return ""

    def objects_warnings(self) -> tuple[str, ...]:
        """What one should know before believing the view."""
        return ()
