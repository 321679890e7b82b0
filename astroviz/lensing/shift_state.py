r"""The state of the view `shift`; no widgets."""

from __future__ import annotations

from typing import Any

import numpy as np

from astroviz.core.presets import Preset
from astroviz.lensing.view_state import ViewState

__all__ = ["ShiftState"]


class ShiftState(ViewState):
    """Parameters of the view `shift`."""

    def shift_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        return ()

    def shift_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        return {}

    def shift_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        return ""

    def shift_warnings(self) -> tuple[str, ...]:
        """What one should know before believing the view."""
        return ()
