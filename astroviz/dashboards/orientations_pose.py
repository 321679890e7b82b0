"""The view *Pose* of orientations."""

from __future__ import annotations

from typing import Any

from astroviz.dashboards.orientations_linked import OrientationsView

__all__ = ["PoseView"]


class PoseView(OrientationsView):
    """The view *Pose*."""

    name = "pose"

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        self.layout = self.stack()
        self.start()
