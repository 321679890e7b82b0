r"""The state of the view `compare`; no widgets."""

from __future__ import annotations

from typing import Any

from astroviz.accuracy.view_state import ViewState
from astroviz.core.presets import Preset

__all__ = ["CompareState"]


class CompareState(ViewState):
    """Parameters of the view *Compare*, and what it computes."""

    def compare_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        return ()

    def compare_surprise(self, random: Any) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        return {}

    def compare_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        return ""

    def compare_warnings(self) -> tuple[str, ...]:
        """What one should know before believing it."""
        return ()
