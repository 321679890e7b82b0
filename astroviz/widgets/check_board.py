r"""The board of checks in a notebook: verdict, p-values, what each check sees and does not."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import anywidget
import ipywidgets as ui
import traitlets

from astroviz.components.sources import module, style

__all__ = ["CheckBoard"]


class CheckBoard(anywidget.AnyWidget):
    """Rows that are chosen by a click, with a box that says whether each is to run.

    Arguments:
        act: Does what a message says: `{"check"}` or `{"run", "on"}`.
    """

    _esm = module("check_board")
    _css = style("check_board")
    shown = traitlets.Unicode(
        '{"rows": [], "verdict": {}}', help="Rows and verdict, as JSON."
    ).tag(sync=True)

    def __init__(self, act: Callable[[Mapping[str, Any]], None], **layout: str) -> None:
        super().__init__(layout=ui.Layout(**layout))
        self.on_msg(lambda _, message, buffers: self._heard(message))
        self._act = act

    def show(self, rows: list[dict[str, Any]], verdict: Mapping[str, Any]) -> None:
        """Show checks; see `accuracy.trial_board`."""
        self.shown = json.dumps({"rows": rows, "verdict": dict(verdict)}, allow_nan=False)

    def _heard(self, message: Any) -> None:
        if isinstance(message, dict) and ("check" in message or "run" in message):
            self._act(message)
