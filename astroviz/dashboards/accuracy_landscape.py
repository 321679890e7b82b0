"""The view *Landscape* of the accuracy lab."""

from __future__ import annotations

from typing import Any

from astroviz.dashboards.room_view import RoomView

__all__ = ["LandscapeView"]


class LandscapeView(RoomView):
    """The view *Landscape*."""

    name = "landscape"
    follows = frozenset({"seed", "tried"})

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        self.layout = self.stack()
        self.start()
