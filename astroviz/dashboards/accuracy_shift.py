"""The view *Shift* of the accuracy lab."""

from __future__ import annotations

from typing import Any

from astroviz.dashboards.room_view import RoomView

__all__ = ["ShiftView"]


class ShiftView(RoomView):
    """The view *Shift*."""

    name = "shift"
    follows = frozenset({"seed", "tried"})

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        self.layout = self.stack()
        self.start()
