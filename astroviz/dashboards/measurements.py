"""The table of what was measured: survey switches, states, sliders on values and errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import panel as pn
import param

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
    """

    rows = param.List(default=[], doc="One mapping for each quantity, see `cell_row`.")
    surveys = param.List(default=[], doc="Name and `on` of each survey.")

    _esm = (_HERE / "measurements.js").read_text(encoding="utf-8")
    _stylesheets = [(_HERE / "measurements.css").read_text(encoding="utf-8")]  # noqa: RUF012

    def __init__(self, act: Callable[[Mapping[str, Any]], None], **params: Any) -> None:
        super().__init__(**params)
        self._act = act

    def _handle_msg(self, message: Any) -> None:
        if isinstance(message, dict):
            self._act(message)
