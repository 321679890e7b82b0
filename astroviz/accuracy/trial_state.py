r"""The state of the view `trial`; no widgets."""

from __future__ import annotations

from typing import Any

from astroviz.accuracy.view_state import ViewState
from astroviz.core.presets import Preset

__all__ = ["TrialState"]


class TrialState(ViewState):
    """Parameters of the view *Trial*, and what it computes."""

    def trial_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        return ()

    def trial_surprise(self, random: Any) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        return {}

    def trial_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        return ""

    def trial_warnings(self) -> tuple[str, ...]:
        """What one should know before believing it."""
        return ()
