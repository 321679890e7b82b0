"""The board of chips: what is given, what is wanted, what is ignored."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import panel as pn
import param

from astroviz.dashboards.live import together

__all__ = ["QuestionBoard"]

_HERE = Path(__file__).parent


class QuestionBoard(pn.custom.JSComponent):
    """Chips that are dragged, or moved by keys, between three places.

    Arguments:
        act: Does what a message says: `{"name", "to"}`, `{"name", "value"}` or
            `{"name", "within"}`.
    """

    shown = param.String(default="[]", doc="Everything that can be moved, as JSON.")

    _esm = "\n".join(
        (_HERE / name).read_text(encoding="utf-8") for name in ("elements.js", "question_board.js")
    )
    _stylesheets = [(_HERE / "question_board.css").read_text(encoding="utf-8")]  # noqa: RUF012

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
