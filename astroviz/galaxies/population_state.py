r"""The state of the view `population`; no widgets."""

from __future__ import annotations

from typing import Any

import numpy as np

from astroviz.core.presets import Preset
from astroviz.galaxies.view_state import ViewState

__all__ = ["PopulationState"]


class PopulationState(ViewState):
    """Parameters of the view `population`."""

    def population_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        return ()

    def population_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        return {}

    def population_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        return ""

    def population_warnings(self) -> tuple[str, ...]:
        """What one should know before believing the view."""
        return ()
