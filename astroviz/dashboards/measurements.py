"""The table of what was measured: survey switches, states, sliders on values and errors."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import panel as pn
import param

from astroviz.components.sources import elements
from astroviz.dashboards.live import together

__all__ = ["Measurements", "cell_row"]

_HERE = Path(__file__).parent


def cell_row(cell: Any) -> dict[str, Any]:
    """A cell of the explorer as the browser wants it: JSON, no NaN."""
    return {
        "name": cell.name,
        "label": cell.label,
        "unit": cell.unit,
        "survey": cell.survey,
        "value": _number(cell.value),
        "error": _number(cell.error),
        "state": cell.state.name.lower(),
        "lower": float(cell.lower),
        "upper": float(cell.upper),
        "step": float(cell.step),
        "error_lower": float(cell.error_lower),
        "error_upper": float(cell.error_upper),
        "edited": bool(cell.edited),
        "help": cell.help,
    }


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


class Measurements(pn.custom.JSComponent):
    """Plain inputs in one component: sixty Panel widgets would take a second to paint.

    Its messages reach Python at once (messages are not debounced), so that it must feed a live
    loop that keeps the newest question only.

    Arguments:
        act: Does what a message says; True when it will call `hear` itself, soon.
    """

    shown = param.String(default="{}", doc="Rows (see `cell_row`) and survey switches, as JSON.")
    heard = param.Integer(default=0, doc="Number of the last message that was acted on.")
    picture = param.Integer(default=0, doc="Number of the last picture; `painted` is the answer.")

    _esm = elements() + "\n" + (_HERE / "measurements.js").read_text(encoding="utf-8")
    _stylesheets = [(_HERE / "measurements.css").read_text(encoding="utf-8")]  # noqa: RUF012

    def __init__(self, act: Callable[[Mapping[str, Any]], bool], **params: Any) -> None:
        super().__init__(**params)
        self._act = act
        self._number = 0
        self.rows: list[dict[str, Any]] = []

    def show(self, rows: list[dict[str, Any]], surveys: Mapping[str, bool]) -> None:
        """Show quantities and which surveys are on.

        As one text: Bokeh looks into each value of a list for models, which takes longer.
        """
        self.rows = rows
        switches = [{"name": name, "on": on} for name, on in surveys.items()]
        self.shown = json.dumps({"rows": rows, "surveys": switches}, allow_nan=False)

    def hear(self) -> None:
        """Tell the browser that what it said last was acted on: it may say more."""
        self.heard = self._number

    def _handle_msg(self, message: Any) -> None:
        if not isinstance(message, dict):
            return
        if "painted" in message:
            self._act(message)
            return
        self._number = int(message.pop("number", 0))
        with together(pn.state.curdoc):
            answered = False
            try:
                answered = bool(self._act(message))
            finally:
                if not answered:
                    self.hear()
