r"""The state of the view of catalogues: a box that is painted with orientations and shapes."""

from __future__ import annotations

from typing import Any

import numpy as np

from astroviz.orientations.presets import Preset
from astroviz.orientations.view_state import ViewState

__all__ = ["CatalogueState"]


class CatalogueState(ViewState):
    """Parameters of the view *Catalogue*."""

    def catalogue_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        return ()

    def catalogue_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        return {}

    def catalogue_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        return ""

    def catalogue_warnings(self) -> tuple[str, ...]:
        """What one should know before believing it."""
        return ()
