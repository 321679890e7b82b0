r"""The state of the view `fit`; no widgets."""

from __future__ import annotations

from typing import Any

import numpy as np

from astroviz.core.presets import Preset
from astroviz.galaxies.view_state import ViewState

__all__ = ["FitState"]


class FitState(ViewState):
    """Parameters of the view `fit`."""

    def fit_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        return ()

    def fit_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        return {}

    def fit_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        return ""

    def fit_warnings(self) -> tuple[str, ...]:
        """What one should know before believing the view."""
        return ()
