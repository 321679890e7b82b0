r"""The state of the view `traps`; no widgets."""

from __future__ import annotations

from typing import Any

from astroviz.accuracy.view_state import ViewState
from astroviz.core.presets import Preset

__all__ = ["TrapsState"]


class TrapsState(ViewState):
    """Parameters of the view *Traps*, and what it computes."""

    def traps_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        return ()

    def traps_surprise(self, random: Any) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        return {}

    def traps_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        return ""

    def traps_warnings(self) -> tuple[str, ...]:
        """What one should know before believing it."""
        return ()
