r"""The state of the view `selection`; no widgets."""

from __future__ import annotations

from typing import Any

import numpy as np

from astroviz.core.presets import Preset
from astroviz.galaxies.view_state import ViewState

__all__ = ["SelectionState"]


class SelectionState(ViewState):
    """Parameters of the view `selection`."""

    def selection_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        return ()

    def selection_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        return {}

    def selection_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        return ""

    def selection_warnings(self) -> tuple[str, ...]:
        """What one should know before believing the view."""
        return ()
