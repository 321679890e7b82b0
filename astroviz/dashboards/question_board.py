"""The board of chips on the page: what is given, what is wanted, what is ignored."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import panel as pn
import param

from astroviz.components.sources import module, style
from astroviz.dashboards.live import together

__all__ = ["QuestionBoard"]


class QuestionBoard(pn.custom.JSComponent):
    """Chips that are dragged, or moved by keys, between three places.

    Arguments:
        act: Does what a message says: `{"name", "to"}`, `{"name", "value"}` or
            `{"name", "within"}`.
    """

    shown = param.String(default="[]", doc="Everything that can be moved, as JSON.")

    _esm = module("question_board")
    _stylesheets = [style("question_board")]  # noqa: RUF012

    def __init__(self, act: Callable[[Mapping[str, Any]], None], **params: Any) -> None:
        super().__init__(**params)
        self._act = act

    def show(self, rows: list[dict[str, Any]]) -> None:
        """Show where everything stands; see `ConditionalView.places`."""
        self.shown = json.dumps(rows, allow_nan=False)

    def _handle_msg(self, message: Any) -> None:
        if isinstance(message, dict) and "name" in message:
            with together(pn.state.curdoc):
                self._act(message)
