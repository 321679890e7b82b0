"""The view *Trial* of the accuracy lab."""

from __future__ import annotations

from typing import Any

from astroviz.dashboards.room_view import RoomView

__all__ = ["TrialView"]


class TrialView(RoomView):
    """The view *Trial*."""

    name = "trial"
    follows = frozenset({"seed", "tried"})

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        self.layout = self.stack()
        self.start()
