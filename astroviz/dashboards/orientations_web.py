"""The view *Web* of orientations."""

from __future__ import annotations

from typing import Any

from astroviz.dashboards.orientations_linked import OrientationsView

__all__ = ["WebView"]


class WebView(OrientationsView):
    """The view *Web*."""

    name = "web"

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        self.layout = self.stack()
        self.start()
