r"""Bokeh figures in a notebook: BokehJS from the package, many changes in one message."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bokeh.document.events import DocumentPatchedEvent
from bokeh.models import LayoutDOM
from bokeh.protocol import Protocol
from jupyter_bokeh.widgets import BokehModel

__all__ = ["Canvas", "load_bokehjs"]

_LOADED: list[bool] = []


def load_bokehjs() -> None:
    """Put BokehJS into the notebook, once per kernel; nothing to do outside of a notebook."""
    if _LOADED or not _in_notebook():
        return
    from bokeh.io import output_notebook
    from bokeh.resources import INLINE

    output_notebook(INLINE, hide_banner=True)
    _LOADED.append(True)


def _in_notebook() -> bool:
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    shell = get_ipython()
    return shell is not None and getattr(shell, "kernel", None) is not None


class Canvas(BokehModel):
    """Bokeh figures as a widget that can send many changes as one message.

    `jupyter_bokeh` sends four messages for every property that changes; an answer changes dozens.

    Arguments:
        layout: The figures.
    """

    def __init__(self, layout: LayoutDOM) -> None:
        self._held: list[DocumentPatchedEvent] | None = None
        super().__init__(layout)
        self.layout.width = "100%"

    @contextmanager
    def together(self) -> Iterator[None]:
        """Changes inside are sent as one message at the end."""
        if self._held is not None:
            yield
            return
        self._held = []
        try:
            yield
        finally:
            events, self._held = self._held, None
            if events:
                self._send_events(events)

    def _document_patched(self, event: DocumentPatchedEvent) -> None:
        if event.setter is self:
            return
        if self._held is None:
            self._send_events([event])
        elif not any(earlier.combine(event) for earlier in self._held):
            self._held.append(event)

    def _send_events(self, events: list[DocumentPatchedEvent]) -> None:
        message: Any = Protocol().create("PATCH-DOC", events)
        for part in (message.header_json, message.metadata_json, message.content_json):
            self.send({"msg": "patch", "payload": part})
        for buffer in message.buffers:
            self.send({"msg": "patch", "payload": json.dumps(buffer.ref)})
            self.send({"msg": "patch"}, [buffer.to_bytes()])
