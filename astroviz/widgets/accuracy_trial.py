r"""The view *Trial* of the accuracy lab in a notebook."""

from __future__ import annotations

from typing import Any

from astroviz.widgets.accuracy import AccuracyWidget

__all__ = ["TrialWidget"]


class TrialWidget(AccuracyWidget):
    """The view *Trial*."""

    name = "trial"
    title = "Trial"
    follows = frozenset({"seed", "tried"})

    def build(self) -> list[Any]:
        """Controls and pictures."""
        return []

    def refresh(self, names: set[str]) -> None:
        """Draw what depends on these parameters."""
