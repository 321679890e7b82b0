r"""The state of the view `landscape`; no widgets."""

from __future__ import annotations

from typing import Any

from astroviz.accuracy.view_state import ViewState
from astroviz.core.presets import Preset

__all__ = ["LandscapeState"]


class LandscapeState(ViewState):
    """Parameters of the view *Landscape*, and what it computes."""

    def landscape_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        return ()

    def landscape_surprise(self, random: Any) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        return {}

    def landscape_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        return ""

    def landscape_warnings(self) -> tuple[str, ...]:
        """What one should know before believing it."""
        return ()
