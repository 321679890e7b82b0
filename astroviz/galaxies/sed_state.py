r"""The state of the view `sed`; no widgets."""

from __future__ import annotations

from typing import Any

import numpy as np

from astroviz.core.presets import Preset
from astroviz.galaxies.view_state import ViewState

__all__ = ["SedState"]


class SedState(ViewState):
    """Parameters of the view `sed`."""

    def sed_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        return ()

    def sed_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        return {}

    def sed_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        return ""

    def sed_warnings(self) -> tuple[str, ...]:
        """What one should know before believing the view."""
        return ()
