r"""The view *Compare* of the accuracy lab in a notebook."""

from __future__ import annotations

from typing import Any

from astroviz.widgets.accuracy import AccuracyWidget

__all__ = ["CompareWidget"]


class CompareWidget(AccuracyWidget):
    """The view *Compare*."""

    name = "compare"
    title = "Compare"
    follows = frozenset({"seed", "tried"})

    def build(self) -> list[Any]:
        """Controls and pictures."""
        return []

    def refresh(self, names: set[str]) -> None:
        """Draw what depends on these parameters."""
