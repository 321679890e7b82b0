r"""The state of the view `real`; no widgets."""

from __future__ import annotations

from typing import Any

import numpy as np

from astroviz.core.presets import Preset
from astroviz.lensing.view_state import ViewState

__all__ = ["RealState"]


class RealState(ViewState):
    """Parameters of the view `real`."""

    def real_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        return ()

    def real_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        return {}

    def real_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        return ""

    def real_warnings(self) -> tuple[str, ...]:
        """What one should know before believing the view."""
        return ()
