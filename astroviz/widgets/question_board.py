r"""The board of chips in a notebook: what is given, what is wanted, what is ignored."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import anywidget
import ipywidgets as ui
import traitlets

from astroviz.components.sources import module, style

__all__ = ["QuestionBoard"]


class QuestionBoard(anywidget.AnyWidget):
    """Chips that are dragged, or moved by keys, between three places; the same as on the page.

    Arguments:
        act: Does what a message says: `{"name", "to"}`, `{"name", "value"}` or
            `{"name", "within"}`.
    """

    _esm = module("question_board")
    _css = style("question_board")
    shown = traitlets.Unicode("[]", help="Everything that can be moved, as JSON.").tag(sync=True)

    def __init__(self, act: Callable[[Mapping[str, Any]], None], **layout: str) -> None:
        super().__init__(layout=ui.Layout(**layout))
        self.on_msg(lambda _, message, buffers: self._heard(message))
        self._act = act

    def show(self, rows: list[dict[str, Any]]) -> None:
        """Show where everything stands; see `ConditionalView.places`."""
        self.shown = json.dumps(rows, allow_nan=False)

    def take_back(self) -> None:
        """Let the browser show everything as it was before the hand's last move."""
        self.send({"again": True})

    def _heard(self, message: Any) -> None:
        if isinstance(message, dict) and "name" in message:
            self._act(message)
