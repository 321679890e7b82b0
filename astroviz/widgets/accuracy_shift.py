r"""The view *Shift* of the accuracy lab in a notebook."""

from __future__ import annotations

from typing import Any

from astroviz.widgets.accuracy import AccuracyWidget

__all__ = ["ShiftWidget"]


class ShiftWidget(AccuracyWidget):
    """The view *Shift*."""

    name = "shift"
    title = "Shift"
    follows = frozenset({"seed", "tried"})

    def build(self) -> list[Any]:
        """Controls and pictures."""
        return []

    def refresh(self, names: set[str]) -> None:
        """Draw what depends on these parameters."""
