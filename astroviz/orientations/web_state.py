r"""The state of the view of the cosmic web: a galaxy, its surroundings, its p(R | environment)."""

from __future__ import annotations

from typing import Any

import numpy as np

from astroviz.orientations.presets import Preset
from astroviz.orientations.view_state import ViewState

__all__ = ["WebState"]


class WebState(ViewState):
    """Parameters of the view *Web*."""

    def web_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        return ()

    def web_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        return {}

    def web_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        return ""

    def web_warnings(self) -> tuple[str, ...]:
        """What one should know before believing it."""
        return ()
