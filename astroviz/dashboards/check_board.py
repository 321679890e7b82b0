"""The board of checks on the page: verdict, p-values, what each sees and is blind to."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import panel as pn
import param

from astroviz.components.sources import module, style
from astroviz.dashboards.live import together

__all__ = ["CheckBoard"]


class CheckBoard(pn.custom.JSComponent):
    """Rows that are chosen by a click, with a box that says whether each is to run.

    Arguments:
        act: Does what a message says: `{"check"}` or `{"run", "on"}`.
    """

    shown = param.String(default='{"rows": [], "verdict": {}}', doc="Rows and verdict, as JSON.")

    _esm = module("check_board")
    _stylesheets = [style("check_board")]  # noqa: RUF012

    def __init__(self, act: Callable[[Mapping[str, Any]], None], **params: Any) -> None:
        super().__init__(**params)
        self._act = act

    def show(self, rows: list[dict[str, Any]], verdict: Mapping[str, Any]) -> None:
        """Show checks; see `accuracy.trial_board`."""
        self.shown = json.dumps({"rows": rows, "verdict": dict(verdict)}, allow_nan=False)

    def _handle_msg(self, message: Any) -> None:
        if isinstance(message, dict) and ("check" in message or "run" in message):
            with together(pn.state.curdoc):
                self._act(message)
