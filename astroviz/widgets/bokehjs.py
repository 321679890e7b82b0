r"""Bokeh figures in a notebook: BokehJS from the package, many changes in one message."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bokeh.document.events import ColumnDataChangedEvent, DocumentPatchedEvent
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
    from bokeh.resources import Resources

    # The core alone: every notebook that is saved keeps a copy of what is loaded here.
    output_notebook(Resources(mode="inline", components=["bokeh"]), hide_banner=True)
    _LOADED.append(True)


def _in_notebook() -> bool:
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    shell = get_ipython()
    return shell is not None and getattr(shell, "kernel", None) is not None


class Canvas(BokehModel):
    """Bokeh figures as a widget: many changes in one message, and no change lost.

    `jupyter_bokeh` sends four messages for every property that changes; an answer changes dozens.
    It also draws a new view as the figures were when the widget was made, and changes on the way
    to a view that is not there yet are lost: here a view that is ready is told what it missed.

    Arguments:
        layout: The figures.
    """

    def __init__(self, layout: LayoutDOM) -> None:
        self._held: list[DocumentPatchedEvent] | None = None
        self._stale = False
        super().__init__(layout)
        self._document.on_event("document_ready", lambda _: self.refresh())
        self.layout.width = "100%"

    def refresh(self) -> None:
        """Let every view be drawn as the figures are now, if they have changed."""
        if self._stale:
            self._stale = False
            self.render_bundle = self._model_to_traits(self._model)

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
            return
        self._held = [earlier for earlier in self._held if not _replaces(event, earlier)]
        if not any(earlier.combine(event) for earlier in self._held):
            self._held.append(event)

    def _send_events(self, events: list[DocumentPatchedEvent]) -> None:
        self._stale = True
        message: Any = Protocol().create("PATCH-DOC", events)
        for part in (message.header_json, message.metadata_json, message.content_json):
            self.send({"msg": "patch", "payload": part})
        for buffer in message.buffers:
            self.send({"msg": "patch", "payload": json.dumps(buffer.ref)})
            self.send({"msg": "patch"}, [buffer.to_bytes()])


def _replaces(new: DocumentPatchedEvent, old: DocumentPatchedEvent) -> bool:
    """Whether all columns of a source are changed again: Bokeh itself would send both."""
    if not isinstance(new, ColumnDataChangedEvent) or not isinstance(old, ColumnDataChangedEvent):
        return False
    return new.model is old.model and new.attr == old.attr and new.cols is None
