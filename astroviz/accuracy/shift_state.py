r"""The state of the view `shift`; no widgets."""

from __future__ import annotations

from typing import Any

from astroviz.accuracy.view_state import ViewState
from astroviz.core.presets import Preset

__all__ = ["ShiftState"]


class ShiftState(ViewState):
    """Parameters of the view *Shift*, and what it computes."""

    def shift_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        return ()

    def shift_surprise(self, random: Any) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        return {}

    def shift_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        return ""

    def shift_warnings(self) -> tuple[str, ...]:
        """What one should know before believing it."""
        return ()
